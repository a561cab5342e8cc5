//! A file or a folder as a source.

use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::{Found, FoundError, InputKind, Note, Origin, nothing_found, read_bytes, scan, sniff};
use crate::cert::Certificate;
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Extensions under which a file is expected to hold a certificate.
const EXTENSIONS: [&str; 7] = ["pem", "crt", "cer", "der", "p7b", "p7c", "cert"];

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
    let metadata = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
    if metadata.is_dir() {
        return folder(path, limits);
    }
    let bytes = content(path, &metadata, limits)?;
    read_bytes(&path.to_string_lossy(), bytes, limits).map_err(|e| e.at_path(path))
}

/// The content of a file, whatever it is, for [`sniff`] to tell.
///
/// # Errors
/// `NotFound`, `Io`, `LimitExceeded`.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Bytes> {
    let metadata = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
    content(path, &metadata, limits)
}

/// The file's content; its size is checked before, and while it is read where it is not known.
fn content(path: &Path, metadata: &Metadata, limits: &Limits) -> Result<Bytes> {
    limits.check_size(metadata.len()).map_err(|e| e.at_path(path))?;
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(limits.max_file_size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| Error::io("read", path, e))?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    limits.check_size(size).map_err(|e| e.at_path(path))?;
    Ok(bytes.into())
}

fn folder(path: &Path, limits: &Limits) -> Result<Found> {
    let io = |e| Error::io("list", path, e);
    let mut members: Vec<PathBuf> = Vec::new();
    for member in fs::read_dir(path).map_err(io)? {
        members.push(member.map_err(io)?.path());
        check_count(members.len(), limits).map_err(|e| e.at_path(path))?;
    }
    members.sort();
    let mut folder =
        Folder { limits, bytes_left: limits.max_file_size, found: Found::default(), first: HashMap::new() };
    for member in &members {
        folder.take(member)?;
    }
    let found = folder.found;
    if found.certificates.is_empty() && found.errors.is_empty() {
        return Err(nothing_found(&found.notes).at_path(path));
    }
    Ok(found)
}

/// What the members of a folder have given so far.
struct Folder<'a> {
    limits: &'a Limits,
    bytes_left: u64,
    found: Found,
    /// The source of each certificate, to take it once.
    first: HashMap<Certificate, String>,
}

impl Folder<'_> {
    fn take(&mut self, path: &Path) -> Result<()> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(metadata) if metadata.is_dir() => {
                return self.skip(path, "a folder inside the folder is not read");
            }
            Ok(_) => return self.skip(path, "neither a file nor a folder"),
            Err(e) => return self.fail(path, Error::io("read", path, e)),
        };
        let left = Limits { max_file_size: self.bytes_left, ..self.limits.clone() };
        let bytes = match content(path, &metadata, &left) {
            Ok(bytes) => bytes,
            Err(e) if e.is_limit_exceeded() => return Err(e),
            Err(e) => return self.fail(path, e),
        };
        self.bytes_left = self.bytes_left.saturating_sub(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if let InputKind::Store(format) = sniff(&bytes) {
            return self
                .skip(path, &format!("a {format} store, which is imported on its own, with its password"));
        }
        match scan(&path.to_string_lossy(), bytes, self.limits) {
            Ok(found) => self.merge(path, found),
            Err(e) if e.is_limit_exceeded() => Err(e.at_path(path)),
            Err(e) if claims_certificate(path) => self.fail(path, e),
            Err(e) => self.skip(path, e.message()),
        }
    }

    fn merge(&mut self, path: &Path, found: Found) -> Result<()> {
        if found.certificates.is_empty()
            && !claims_certificate(path)
            && let Some(fault) = found.errors.first()
        {
            return self.skip(path, fault.error.message());
        }
        for certificate in found.certificates {
            let source = certificate.origin.source.clone();
            if let Some(first) = self.first.get(&certificate.certificate) {
                let note = Note::Repeated { source, first: first.clone() };
                self.found.notes.push(note);
                continue;
            }
            self.first.insert(certificate.certificate.clone(), source);
            self.found.certificates.push(certificate);
        }
        self.found.errors.extend(found.errors);
        self.found.notes.extend(found.notes);
        let count = self.found.certificates.len() + self.found.errors.len() + self.found.notes.len();
        check_count(count, self.limits).map_err(|e| e.at_path(path))
    }

    fn fail(&mut self, path: &Path, error: Error) -> Result<()> {
        let origin = Origin { source: path.to_string_lossy().into_owned(), number: 1, of: 1, line: None };
        self.found.errors.push(FoundError { origin, error });
        Ok(())
    }

    fn skip(&mut self, path: &Path, reason: &str) -> Result<()> {
        let path = path.to_string_lossy().into_owned();
        self.found.notes.push(Note::Skipped { path, reason: reason.to_owned() });
        Ok(())
    }
}

fn check_count(count: usize, limits: &Limits) -> Result<()> {
    limits.check_entries(u64::try_from(count).unwrap_or(u64::MAX))
}

fn claims_certificate(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}
