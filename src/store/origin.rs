//! What a store was read from.

use std::path::PathBuf;

use bytes::Bytes;

/// What a file held, to tell whether it still does.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// Its bytes, which are in memory anyway: to compare them costs less than a digest.
    Bytes(Bytes),
    /// Its length and digest, of a file that was not read into memory.
    Digest { len: u64, sha256: [u8; 32] },
}

/// The file that a store was read from or saved to, and what it held then.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// Absolute and without symbolic links, so that two spellings of one file are equal.
    pub(crate) path: PathBuf,
    pub(crate) seen: Seen,
}
