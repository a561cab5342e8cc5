//! What the fuzz targets share: what must hold, and how valid files are mutated and signed again.

pub mod chance;
pub mod checks;
pub mod der;
pub mod records;
pub mod sign;

use chance::Chance;

/// A custom mutator of libFuzzer: `inside` in three cases of four, else `plain`, the mutation of bytes.
pub fn mutated(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    inside: fn(&mut Vec<u8>, &mut Chance, der::Mutate<'_>),
    plain: fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mut chance = Chance::new(seed);
    if chance.below(4) == 0 {
        return plain(data, size, max_size);
    }
    let mut file = data[..size].to_vec();
    let mut bytes = |content: &mut Vec<u8>, room: usize| {
        let len = content.len();
        content.resize((len + room).max(1), 0);
        let most = content.len();
        let len = plain(content, len, most);
        content.truncate(len);
    };
    inside(&mut file, &mut chance, &mut bytes);
    if file.len() > max_size {
        return plain(data, size, max_size);
    }
    data[..file.len()].copy_from_slice(&file);
    file.len()
}
