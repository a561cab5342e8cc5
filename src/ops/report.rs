//! What an edit did, as data.

use crate::cert::{Certificate, Fingerprint};
use crate::error::Error;
use crate::store::Entry;

/// What an edit did to a store, or would do.
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EditReport {
    /// Whether the store differs from what it was.
    pub changed: bool,
    /// Whether the store was created.
    pub created: bool,
    /// New entries.
    pub added: Vec<Item>,
    /// Entries with another certificate than before.
    pub replaced: Vec<Item>,
    /// Entries that are gone.
    pub removed: Vec<Item>,
    /// Entries with another alias than before.
    pub renamed: Vec<Item>,
    /// Certificates that Java trusts from now on.
    pub trusted: Vec<Item>,
    /// What was asked for and was so already.
    pub unchanged: Vec<Item>,
    /// What was left out on request, or has no place in the store.
    pub skipped: Vec<Item>,
    /// What could not be done, where the rest was done nevertheless.
    pub failed: Vec<Failure>,
}

/// One entry or certificate in an [`EditReport`].
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Item {
    /// The entry's name in the store.
    pub alias: String,
    /// The subject, as far as it can be read.
    pub subject: Option<String>,
    /// The SHA-256 fingerprint of the certificate, if there is one.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub sha256: Option<Fingerprint>,
    /// What was there before.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub previous: Option<Previous>,
    /// Where the certificate comes from.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub source: Option<String>,
    /// Why it was skipped, or what is to be known about it.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub note: Option<String>,
}

/// What an entry was before.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Previous {
    /// The entry's former name.
    pub alias: String,
    /// The SHA-256 fingerprint of the former certificate.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub sha256: Option<Fingerprint>,
}

/// Something that could not be done.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Failure {
    /// The code of the error's kind.
    pub code: String,
    /// The error, with its place.
    pub message: String,
}

impl Item {
    pub(super) fn of(entry: &Entry) -> Self {
        Self::new(entry.name(), entry.certificate())
    }

    pub(super) fn new(alias: &str, certificate: Option<&Certificate>) -> Self {
        Self {
            alias: alias.to_owned(),
            subject: certificate.and_then(subject),
            sha256: certificate.map(Certificate::sha256),
            previous: None,
            source: None,
            note: None,
        }
    }

    pub(super) fn with_source(mut self, source: &str) -> Self {
        self.source = Some(source.to_owned());
        self
    }

    pub(super) fn named(mut self, alias: &str) -> Self {
        alias.clone_into(&mut self.alias);
        self
    }

    pub(super) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    pub(super) fn instead_of(mut self, entry: &Entry) -> Self {
        self.previous = Some(Previous {
            alias: entry.name().to_owned(),
            sha256: entry.certificate().map(Certificate::sha256),
        });
        self
    }
}

impl Failure {
    /// Keeps an error as data.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        Self { code: error.kind().code().to_owned(), message: error.to_string() }
    }
}

/// The subject of a certificate, if its frame can be read.
pub(super) fn subject(certificate: &Certificate) -> Option<String> {
    certificate.view().ok().map(|view| view.subject.to_string())
}

#[cfg(feature = "serde")]
fn as_text<S: serde::Serializer>(value: &Option<Fingerprint>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(fingerprint) => serializer.collect_str(fingerprint),
        None => serializer.serialize_none(),
    }
}
