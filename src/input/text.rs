//! Text as Windows and others write it, made into octets whose ASCII is ASCII.

use bytes::Bytes;

/// How much of a file decides whether it is text in UTF-16.
const PROBE: usize = 64;

/// The text without a byte order mark, UTF-16 turned into UTF-8; UTF-8 and Latin-1 stay as they are,
/// since all that matters in them is ASCII.
pub(super) fn normalize(bytes: Bytes) -> Bytes {
    let unit: fn([u8; 2]) -> u16 = match utf16(&bytes) {
        Some(Endian::Little) => u16::from_le_bytes,
        Some(Endian::Big) => u16::from_be_bytes,
        None if bytes.starts_with(b"\xef\xbb\xbf") => return bytes.slice(3..),
        None => return bytes,
    };
    let units = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair)).filter(|&unit| unit != 0xfeff);
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Bytes::from(text)
}

enum Endian {
    Big,
    Little,
}

/// UTF-16 by its byte order mark, or by the zeros that ASCII has in it.
fn utf16(bytes: &[u8]) -> Option<Endian> {
    match bytes {
        [0xff, 0xfe, ..] => return Some(Endian::Little),
        [0xfe, 0xff, ..] => return Some(Endian::Big),
        _ => {}
    }
    let pairs = bytes.get(..bytes.len().min(PROBE))?.as_chunks::<2>().0;
    if pairs.len() < 8 {
        return None;
    }
    if pairs.iter().all(|&[low, high]| is_text(low) && high == 0) {
        return Some(Endian::Little);
    }
    pairs.iter().all(|&[high, low]| is_text(low) && high == 0).then_some(Endian::Big)
}

/// True if the beginning has no octet that only binary data has.
pub(super) fn looks_like_text(bytes: &[u8]) -> bool {
    utf16(bytes).is_some() || bytes.iter().take(PROBE).all(|&b| is_text(b) || b >= 0x80)
}

fn is_text(b: u8) -> bool {
    matches!(b, b'\t' | b'\n' | 0x0b | 0x0c | b'\r' | 0x1b | 0x20..0x7f)
}
