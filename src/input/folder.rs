//! A folder as a source: its files are read on every core and taken in the order of their names.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use super::path::content;
use super::{Found, FoundError, InputKind, Note, Origin, nothing_found, scan_as, sniff};
use crate::cert::Fingerprint;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::parallel::{Progress, in_order};

/// Extensions under which a file is expected to hold a certificate.
const EXTENSIONS: [&str; 7] = ["pem", "crt", "cer", "der", "p7b", "p7c", "cert"];
/// So many files are read before what they gave is taken: what is held of them is bounded.
const BATCH: usize = 2_048;

pub(super) fn read(path: &Path, limits: &Limits, watch: &(dyn Fn(Progress) + Sync)) -> Result<Found> {
    let io = |e| Error::io("list", path, e);
    // Names are compared as they are; paths would be taken apart for every comparison.
    let mut names: Vec<OsString> = Vec::new();
    for member in fs::read_dir(path).map_err(io)? {
        names.push(member.map_err(io)?.file_name());
        check_count(names.len(), limits).map_err(|e| e.at_path(path))?;
    }
    names.sort_unstable();
    let members: Vec<PathBuf> = names.into_iter().map(|name| path.join(name)).collect();
    let mut folder = Folder { limits, found: Found::default(), first: HashMap::with_capacity(members.len()) };
    folder.found.certificates.reserve(members.len());
    let mut bytes_left = limits.max_file_size;
    for (number, batch) in members.chunks(BATCH).enumerate() {
        let files = in_order(batch, &|_| {}, |member| fs::metadata(member).ok());
        // The files share the limit, in their order: what is left for each is known before any is read.
        let files: Vec<Member<'_>> = batch
            .iter()
            .zip(files)
            .map(|(path, metadata)| {
                let left = bytes_left;
                let len = metadata.as_ref().filter(|file| file.is_file()).map_or(0, Metadata::len);
                bytes_left = bytes_left.saturating_sub(len);
                Member { path, metadata, left }
            })
            .collect();
        let watch = |batch: Progress| {
            watch(Progress { done: number * BATCH + batch.done, total: members.len() });
        };
        for (file, gave) in files.iter().zip(in_order(&files, &watch, |file| file.read(limits))) {
            folder.take(file.path, gave)?;
        }
    }
    let found = folder.found;
    if found.certificates.is_empty() && found.errors.is_empty() {
        return Err(nothing_found(&found.notes).at_path(path));
    }
    Ok(found)
}

/// A member of a folder, before it is read.
struct Member<'a> {
    path: &'a Path,
    /// `None` where it cannot be looked at.
    metadata: Option<Metadata>,
    /// How many bytes of the folder's limit the members before it leave.
    left: u64,
}

/// What a member gave.
enum Gave {
    /// It should have been a certificate.
    Failure(Error),
    /// With the fingerprint of each certificate, by which it is taken once.
    Found(Found, Vec<Fingerprint>),
    /// It is none, and does not claim to be.
    Nothing(String),
    /// The folder as a whole goes beyond a limit.
    TooMuch(Error),
}

impl Member<'_> {
    fn read(&self, limits: &Limits) -> Gave {
        let metadata = match self.metadata.clone().map_or_else(|| fs::metadata(self.path), Ok) {
            Ok(metadata) if metadata.is_file() => metadata,
            Ok(metadata) if metadata.is_dir() => {
                return Gave::Nothing("a folder inside the folder is not read".to_owned());
            }
            Ok(_) => return Gave::Nothing("neither a file nor a folder".to_owned()),
            Err(e) => return Gave::Failure(Error::io("read", self.path, e)),
        };
        let bytes = match content(self.path, &metadata, self.left) {
            Ok(bytes) => bytes,
            Err(e) if e.is_limit_exceeded() => return Gave::TooMuch(e),
            Err(e) => return Gave::Failure(e),
        };
        let kind = sniff(&bytes);
        if let InputKind::Store(format) = kind {
            let reason = format!("a {format} store, which is imported on its own, with its password");
            return Gave::Nothing(reason);
        }
        match scan_as(kind, &self.path.to_string_lossy(), bytes, limits) {
            Ok(found) => {
                let fingerprints =
                    found.certificates.iter().map(|found| found.certificate.sha256()).collect();
                Gave::Found(found, fingerprints)
            }
            Err(e) if e.is_limit_exceeded() => Gave::TooMuch(e.at_path(self.path)),
            Err(e) if claims_certificate(self.path) => Gave::Failure(e),
            Err(e) => Gave::Nothing(e.message().to_owned()),
        }
    }
}

/// What the members of a folder have given so far.
struct Folder<'a> {
    limits: &'a Limits,
    found: Found,
    /// Where in what was found each certificate is.
    first: HashMap<Fingerprint, usize>,
}

impl Folder<'_> {
    fn take(&mut self, path: &Path, gave: Gave) -> Result<()> {
        match gave {
            Gave::Failure(error) => {
                let source = path.to_string_lossy().into_owned();
                let origin = Origin { source, number: 1, of: 1, line: None };
                self.found.errors.push(FoundError { origin, error });
                Ok(())
            }
            Gave::Found(found, fingerprints) => self.merge(path, found, fingerprints),
            Gave::Nothing(reason) => {
                self.skip(path, reason);
                Ok(())
            }
            Gave::TooMuch(error) => Err(error),
        }
    }

    fn merge(&mut self, path: &Path, found: Found, fingerprints: Vec<Fingerprint>) -> Result<()> {
        if found.certificates.is_empty()
            && !claims_certificate(path)
            && let Some(fault) = found.errors.first()
        {
            self.skip(path, fault.error.message().to_owned());
            return Ok(());
        }
        for (certificate, fingerprint) in found.certificates.into_iter().zip(fingerprints) {
            match self.first.entry(fingerprint) {
                Entry::Occupied(first) => {
                    let first = self.found.certificates.get(*first.get());
                    let first = first.map(|first| first.origin.source.clone()).unwrap_or_default();
                    self.found.notes.push(Note::Repeated { source: certificate.origin.source, first });
                }
                Entry::Vacant(place) => {
                    place.insert(self.found.certificates.len());
                    self.found.certificates.push(certificate);
                }
            }
        }
        self.found.errors.extend(found.errors);
        self.found.notes.extend(found.notes);
        let count = self.found.certificates.len() + self.found.errors.len() + self.found.notes.len();
        check_count(count, self.limits).map_err(|e| e.at_path(path))
    }

    fn skip(&mut self, path: &Path, reason: String) {
        let path = path.to_string_lossy().into_owned();
        self.found.notes.push(Note::Skipped { path, reason });
    }
}

fn check_count(count: usize, limits: &Limits) -> Result<()> {
    limits.check_entries(u64::try_from(count).unwrap_or(u64::MAX))
}

fn claims_certificate(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
}
