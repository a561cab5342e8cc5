//! A folder as a source: its files are read by many threads and taken in the order of their names.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::path::{content, content_of};
use super::{Found, FoundError, InputKind, Note, Origin, nothing_found, scan_as, sniff};
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::parallel::{Progress, take_in_order};

/// Extensions under which a file is expected to hold a certificate.
const EXTENSIONS: [&str; 7] = ["pem", "crt", "cer", "der", "p7b", "p7c", "cert"];
/// So many files are read before all that they gave is taken: what is held of them is bounded.
const BATCH: usize = 4_096;
/// So many threads read a large folder at least, however few cores there are: one that waits for the disk needs none.
const READERS: usize = 16;

pub(super) fn read(path: &Path, limits: &Limits, watch: &(dyn Fn(Progress) + Sync)) -> Result<Found> {
    let members = members(path, limits)?;
    let reader = Reader { folder: path, limits, begun: AtomicU64::new(0) };
    let mut folder = Folder {
        reader: &reader,
        left: limits.max_file_size,
        found: Found::default(),
        first: HashMap::with_capacity(members.len()),
    };
    folder.found.certificates.reserve(members.len());
    for (number, batch) in members.chunks(BATCH).enumerate() {
        let watch = |batch: Progress| {
            watch(Progress { done: number * BATCH + batch.done, total: members.len() });
        };
        take_in_order(
            batch,
            READERS,
            &watch,
            |members| reader.read_all(members),
            |member, answer| folder.take(member, answer),
        )?;
    }
    let found = folder.found;
    if found.certificates.is_empty() && found.errors.is_empty() {
        return Err(nothing_found(&found.notes).at_path(path));
    }
    Ok(found)
}

/// A member of a folder, before it is read.
struct Member {
    name: OsString,
    /// The folder says that it is a regular file; else it may be one, behind a link.
    is_file: bool,
}

/// In the order of their names, compared as they are.
fn members(path: &Path, limits: &Limits) -> Result<Vec<Member>> {
    let io = |e| Error::io("list", path, e);
    let mut members = Vec::new();
    for member in fs::read_dir(path).map_err(io)? {
        let member = member.map_err(io)?;
        let is_file = member.file_type().is_ok_and(|kind| kind.is_file());
        members.push(Member { name: member.file_name(), is_file });
        check_count(members.len(), limits).map_err(|e| e.at_path(path))?;
    }
    members.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

/// What a member gave, and how many bytes it has.
struct Answer {
    gave: Gave,
    size: u64,
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
    /// The files that are read at the same time are too much together. Which one of them is, is known in its turn.
    Unread,
}

/// Reads members, several at a time.
struct Reader<'a> {
    folder: &'a Path,
    limits: &'a Limits,
    /// The bytes of the files that were begun: no more are held than the folder's limit.
    begun: AtomicU64,
}

impl Reader<'_> {
    fn path(&self, member: &Member) -> PathBuf {
        self.folder.join(&member.name)
    }

    /// Reads members out of turn.
    fn read_all(&self, members: &[Member]) -> Vec<Answer> {
        let mut answers: Vec<Answer> = members.iter().map(|member| self.read(member)).collect();
        gather(&mut answers);
        answers
    }

    /// Reads a member out of turn.
    fn read(&self, member: &Member) -> Answer {
        let answer = self.read_within(member, |size| {
            let add = |begun: u64| Some(begun.saturating_add(size));
            let before = self.begun.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
            self.limits.max_file_size.saturating_sub(before.unwrap_or(u64::MAX))
        });
        match answer.gave {
            Gave::TooMuch(_) => Answer { gave: Gave::Unread, size: 0 },
            _ => answer,
        }
    }

    /// Reads a member, if it has no more bytes than `permitted` says when it is told how many they are.
    fn read_within(&self, member: &Member, permitted: impl FnOnce(u64) -> u64) -> Answer {
        let path = self.path(member);
        match content_within(&path, member.is_file, permitted) {
            Ok(bytes) => {
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                Answer { gave: self.scan(&path, bytes), size }
            }
            Err(gave) => Answer { gave, size: 0 },
        }
    }

    fn scan(&self, path: &Path, bytes: Bytes) -> Gave {
        let kind = sniff(&bytes);
        if let InputKind::Store(format) = kind {
            let reason = format!("a {format} store, which is imported on its own, with its password");
            return Gave::Nothing(reason);
        }
        match scan_as(kind, &path.to_string_lossy(), bytes, self.limits) {
            Ok(found) => {
                let fingerprints =
                    found.certificates.iter().map(|found| found.certificate.sha256()).collect();
                Gave::Found(found, fingerprints)
            }
            Err(e) if e.is_limit_exceeded() => Gave::TooMuch(e.at_path(path)),
            Err(e) if claims_certificate(path) => Gave::Failure(e),
            Err(e) => Gave::Nothing(e.message().to_owned()),
        }
    }
}

/// Puts the certificates of files that have one each behind each other in one buffer. Those in which they were made are
/// the next ones' then, instead of fresh memory, which costs more than the copies.
fn gather(answers: &mut [Answer]) {
    let mut certificates: Vec<&mut Certificate> = answers
        .iter_mut()
        .filter_map(|answer| match &mut answer.gave {
            Gave::Found(Found { certificates, .. }, _) => match certificates.as_mut_slice() {
                [one] if one.certificate.der().len() <= SMALL => Some(&mut one.certificate),
                _ => None,
            },
            _ => None,
        })
        .collect();
    let len = certificates.iter().map(|certificate| certificate.der().len()).sum();
    let mut octets = Vec::with_capacity(len);
    certificates.iter().for_each(|certificate| octets.extend_from_slice(certificate.der()));
    let mut octets = Bytes::from(octets);
    for certificate in &mut certificates {
        let der = octets.split_to(certificate.der().len());
        **certificate = Certificate::from_der(der);
    }
}

/// Larger certificates are left where they are.
const SMALL: usize = 4_096;

/// The content of a member, if it is a file or leads to one.
fn content_within(
    path: &Path,
    is_file: bool,
    permitted: impl FnOnce(u64) -> u64,
) -> std::result::Result<Bytes, Gave> {
    // A file that is open is looked at without going its way again. What else there may be is not opened.
    let open = if is_file { File::open(path).ok() } else { None };
    let metadata = match &open {
        Some(file) => file.metadata(),
        None => fs::metadata(path),
    };
    let metadata = match metadata {
        Ok(metadata) if metadata.is_file() => metadata,
        Ok(metadata) if metadata.is_dir() => {
            return Err(Gave::Nothing("a folder inside the folder is not read".to_owned()));
        }
        Ok(_) => return Err(Gave::Nothing("neither a file nor a folder".to_owned())),
        Err(e) => return Err(Gave::Failure(Error::io("read", path, e))),
    };
    let most = permitted(metadata.len());
    let bytes = match open {
        Some(file) => content_of(file, path, &metadata, most),
        None => content(path, &metadata, most),
    };
    bytes.map_err(|e| if e.is_limit_exceeded() { Gave::TooMuch(e) } else { Gave::Failure(e) })
}

/// What the members of a folder have given so far.
struct Folder<'a> {
    reader: &'a Reader<'a>,
    /// How many bytes of the folder's limit the members so far leave.
    left: u64,
    found: Found,
    /// Where in what was found each certificate is.
    first: HashMap<Fingerprint, usize>,
}

impl Folder<'_> {
    fn take(&mut self, member: &Member, answer: Answer) -> Result<()> {
        let path = || self.reader.path(member);
        let answer = match answer.gave {
            Gave::Unread => self.reader.read_within(member, |_| self.left),
            _ => answer,
        };
        Limits::check_file(answer.size, self.left).map_err(|e| e.at_path(&path()))?;
        self.left = self.left.saturating_sub(answer.size);
        match answer.gave {
            Gave::Failure(error) => {
                let source = path().to_string_lossy().into_owned();
                let origin = Origin { source, number: 1, of: 1, line: None };
                self.found.errors.push(FoundError { origin, error });
            }
            Gave::Found(found, fingerprints) => self.merge(member, found, fingerprints)?,
            Gave::Nothing(reason) => self.skip(member, reason),
            Gave::TooMuch(error) => return Err(error),
            // It was read above.
            Gave::Unread => {}
        }
        Ok(())
    }

    fn merge(&mut self, member: &Member, found: Found, fingerprints: Vec<Fingerprint>) -> Result<()> {
        if found.certificates.is_empty()
            && !claims_certificate(member.name.as_ref())
            && let Some(fault) = found.errors.first()
        {
            self.skip(member, fault.error.message().to_owned());
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
        check_count(count, self.reader.limits).map_err(|e| e.at_path(&self.reader.path(member)))
    }

    fn skip(&mut self, member: &Member, reason: String) {
        let path = self.reader.path(member).to_string_lossy().into_owned();
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
