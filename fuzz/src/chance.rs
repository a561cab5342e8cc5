//! Pseudo-random choices from a seed of libFuzzer's, so that a mutation can be repeated.

/// A xorshift generator.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u32) -> Self {
        Self(u64::from(seed) << 1 | 1)
    }

    /// A number below `end`, or 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % end.max(1)
    }

    pub fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// A number that depends on every byte: choices for a target whose input is to be a plain file.
pub fn digest(bytes: &[u8]) -> usize {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash >> 24).unwrap_or(0)
}

/// Names that mean something to a reader, or to a terminal.
pub const NAMES: &[&str] = &[
    "",
    "a",
    "A",
    "changeit",
    "ca #2",
    "unnamed-1a2b3c4d",
    "ca#1a2b3c4d",
    "\u{0}",
    "\u{1b}[2J",
    "\u{202e}gpj",
    "line\nline",
    "<b>",
    "\u{130}",
    "\u{df}",
    "\u{1f600}",
    " ",
    "'; rm -rf /",
    "--all",
];
