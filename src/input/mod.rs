//! Any source of certificates: files, folders, standard input, other stores.
//!
//! Partial success is a value: what could be read and what could not stand side by side in [`Found`],
//! and the caller decides whether one broken certificate refuses the whole.

mod collect;
mod der;
mod describe;
mod folder;
mod kind;
mod note;
mod path;
mod pem;
mod pkcs7;
mod store;
mod text;

use std::fmt;

use bytes::Bytes;

pub use kind::{InputKind, sniff};
pub use note::Note;
pub use path::{read_file, read_path, read_path_watched};
pub use store::read_store;

use crate::cert::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::store::Integrity;
use crate::text::printable;

use collect::Collector;

/// What was found in a source: certificates, what should have been one and is not, and remarks.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Found {
    /// The certificates in the order of the source.
    pub certificates: Vec<FoundCertificate>,
    /// What claims to be a certificate and cannot be read as one.
    pub errors: Vec<FoundError>,
    /// What was passed over, and why.
    pub notes: Vec<Note>,
    /// The integrity of the source if it is a store.
    pub integrity: Option<Integrity>,
}

/// A certificate and where it was found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FoundCertificate {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it was found.
    pub origin: Origin,
    /// Its alias, from another store.
    pub alias: Option<String>,
    /// Its creation date in milliseconds since 1970-01-01 UTC, from another store that has one.
    pub created: Option<i64>,
}

/// Something that should have been a certificate.
#[derive(Debug)]
#[non_exhaustive]
pub struct FoundError {
    /// Where it was found.
    pub origin: Origin,
    /// What is wrong with it.
    pub error: Error,
}

/// A place in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Origin {
    /// The path, or `standard input`.
    pub source: String,
    /// Which of the candidates of the source this is, from 1.
    pub number: usize,
    /// How many candidates the source has.
    pub of: usize,
    /// The line on which it begins, from 1, in a source made of text.
    pub line: Option<usize>,
}

/// Reads the certificates of a source that is not a store; `source` names it in messages.
///
/// PEM with any text around it, DER (one certificate or several, one after the other), PKCS#7, and
/// Base64 without armour; text in UTF-8 or UTF-16.
///
/// ```
/// use truststore::{ErrorKind, Limits, read_bytes};
///
/// let page = "<!DOCTYPE html><title>Sign in</title>";
/// let error = read_bytes("ca.pem", page.into(), &Limits::default()).expect_err("no certificate");
/// assert_eq!(error.kind(), ErrorKind::NoCertificate);
/// assert!(error.message().contains("an HTML page"));
/// ```
///
/// # Errors
/// `NoCertificate` if nothing in the bytes is or claims to be a certificate, with what they are
/// instead; `Refused` if they are a store, which [`read_store`] takes; `LimitExceeded`.
pub fn read_bytes(source: &str, bytes: Bytes, limits: &Limits) -> Result<Found> {
    let found = scan(source, bytes, limits).map_err(|e| e.at_path(source.as_ref()))?;
    if found.certificates.is_empty() && found.errors.is_empty() {
        return Err(nothing_found(&found.notes).at_path(source.as_ref()));
    }
    Ok(found)
}

/// As [`read_bytes`], but notes alone are a result too.
fn scan(source: &str, bytes: Bytes, limits: &Limits) -> Result<Found> {
    limits.check_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    scan_as(sniff(&bytes), source, bytes, limits)
}

/// As [`scan`], of bytes that are known to be of this kind.
fn scan_as(kind: InputKind, source: &str, bytes: Bytes, limits: &Limits) -> Result<Found> {
    let mut collector = Collector::new(source, limits);
    match kind {
        InputKind::Store(format) => {
            return Err(Error::new(
                ErrorKind::Refused,
                format!("expected certificates, found a {format} store: its password is needed to read it"),
            ));
        }
        InputKind::Pem => pem::scan(&text::normalize(bytes), &mut collector)?,
        InputKind::Der | InputKind::Pkcs7 => der::scan(&bytes, der::Framing::Several, None, &mut collector)?,
        InputKind::Base64 => pem::scan_bare(&text::normalize(bytes), &mut collector)?,
        InputKind::Empty | InputKind::Unknown => return Err(describe::unusable(&bytes)),
    }
    Ok(collector.finish())
}

/// Certificates that are at hand one by one, each taken once, in the order of their octets.
#[cfg(any(feature = "mozilla-roots", feature = "system-roots"))]
pub(crate) fn collect_der(source: &str, mut ders: Vec<Bytes>, limits: &Limits) -> Result<Found> {
    ders.sort_unstable();
    ders.dedup();
    let mut collector = Collector::new(source, limits);
    for der in ders {
        collector.candidate(der, None)?;
    }
    Ok(collector.finish())
}

/// The error for a source in which everything was passed over.
fn nothing_found(notes: &[Note]) -> Error {
    let mut labels: Vec<&str> = Vec::new();
    for note in notes {
        let label = note.what();
        if labels.len() < 5 && !labels.contains(&label) {
            labels.push(label);
        }
    }
    let advice = notes.iter().find_map(Note::advice).unwrap_or("give the file that has the certificate");
    let found = if labels.is_empty() { "none".to_owned() } else { format!("only {}", labels.join(", ")) };
    Error::new(ErrorKind::NoCertificate, format!("expected a certificate, found {found}: {advice}"))
}

#[cfg(feature = "system-roots")]
impl Found {
    /// Adds what could not be read of a source.
    pub(crate) fn fail(&mut self, source: &str, error: Error) {
        let origin = Origin { source: source.to_owned(), number: 1, of: 1, line: None };
        self.errors.push(FoundError { origin, error });
    }
}

impl Origin {
    /// `line 12`, `certificate 3 of 5`, both or nothing: the place without the source's name.
    fn place(&self) -> Option<String> {
        match (self.line, self.of) {
            (Some(line), 0 | 1) => Some(format!("line {line}")),
            (Some(line), of) => Some(format!("certificate {} of {of}, line {line}", self.number)),
            (None, 0 | 1) => None,
            (None, of) => Some(format!("certificate {} of {of}", self.number)),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.source))?;
        match self.place() {
            Some(place) => write!(f, " ({place})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for FoundError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error.path() {
            // The error names its file itself.
            Some(_) => write!(f, "{}", self.error),
            None => write!(f, "{}: {}", self.origin, self.error),
        }
    }
}

#[cfg(test)]
mod tests;
