//! What a store was read from.

use std::path::PathBuf;

/// A file's content, by length and digest: enough to tell whether it is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) len: u64,
    pub(crate) sha256: [u8; 32],
}

/// The file that a store was read from or saved to, and what it held then.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Absolute and without symbolic links, so that two spellings of one file are equal.
    pub(crate) path: PathBuf,
    pub(crate) seen: Seen,
}
