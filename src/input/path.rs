//! A path as a source.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::Path;

use bytes::Bytes;

use super::{Found, folder, read_bytes};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::parallel::Progress;

/// Reads the certificates of a file, or of the files of a folder.
///
/// A FIFO or a device is read as a file. Of a folder the regular files are read, in the order of their
/// names; folders inside it are not. A member that is no certificate gives a note, one that claims to
/// be (by its extension or its content) and is not gives an error item. A certificate that several
/// members have, as in OpenSSL's hashed folders, is taken once.
///
/// # Errors
/// `NotFound`, `Io`; `LimitExceeded`, for a folder by the sum of its files; as [`read_bytes`].
pub fn read_path(path: &Path, limits: &Limits) -> Result<Found> {
    read_path_watched(path, limits, &|_| {})
}

/// As [`read_path`]; `watch` hears, from any thread, how many files of a folder are read.
///
/// # Errors
/// As [`read_path`].
pub fn read_path_watched(path: &Path, limits: &Limits, watch: &(dyn Fn(Progress) + Sync)) -> Result<Found> {
    let metadata = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
    if metadata.is_dir() {
        return folder::read(path, limits, watch);
    }
    let bytes = content(path, &metadata, limits.max_file_size)?;
    read_bytes(&path.to_string_lossy(), bytes, limits).map_err(|e| e.at_path(path))
}

/// The content of a file, whatever it is, for [`sniff`](super::sniff) to tell.
///
/// # Errors
/// `NotFound`, `Io`, `LimitExceeded`.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Bytes> {
    let metadata = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
    content(path, &metadata, limits.max_file_size)
}

/// The file's content, of at most so many bytes; its size is checked before, and while it is read where it is
/// not known.
pub(super) fn content(path: &Path, metadata: &Metadata, most: u64) -> Result<Bytes> {
    Limits::check_file(metadata.len(), most).map_err(|e| e.at_path(path))?;
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    content_of(file, path, metadata, most)
}

/// As [`content`], of a file that is open.
pub(super) fn content_of(file: File, path: &Path, metadata: &Metadata, most: u64) -> Result<Bytes> {
    Limits::check_file(metadata.len(), most).map_err(|e| e.at_path(path))?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| Error::io("read", path, e))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Limits::check_file(size, most).map_err(|e| e.at_path(path))?;
    Ok(bytes.into())
}
