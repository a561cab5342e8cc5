//! What lies between a store and what is declared, as data.

use crate::cert::{Certificate, Fingerprint};
use crate::ops::Item;
use crate::store::Entry;

/// The way from a store to what a manifest declares of it; made by [`plan`](super::plan()).
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Plan {
    /// Whether there is anything to do.
    pub changed: bool,
    /// What is to be done, in this order.
    pub actions: Vec<Action>,
    /// How many certificates are there, or absent, as declared.
    pub unchanged: usize,
    /// What pruning leaves, since it is no certificate entry.
    pub kept: Vec<Kept>,
}

/// One change of a store.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Action {
    /// What is done.
    pub action: ActionKind,
    /// The entry's name in the store.
    pub alias: String,
    /// The certificate that is added, put in the place of another, trusted, or removed.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub certificate: CertificateFacts,
    /// The certificate that was there.
    pub previous: Option<CertificateFacts>,
    /// Where the certificate comes from.
    pub source: Option<String>,
    /// What is to be known about it.
    pub note: Option<String>,
}

/// What is done to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ActionKind {
    /// A new entry.
    Add,
    /// The entry is removed.
    Remove,
    /// The entry gets another certificate.
    Replace,
    /// The entry's certificate gets Java's trust attribute.
    Trust,
}

/// What identifies a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CertificateFacts {
    /// `None` where the certificate cannot be read, as in the dates.
    pub subject: Option<String>,
    /// The SHA-256 fingerprint; `None` where there is no certificate.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub sha256: Option<Fingerprint>,
    /// Seconds since 1970-01-01 UTC.
    pub not_before: Option<i64>,
    /// Seconds since 1970-01-01 UTC.
    pub not_after: Option<i64>,
}

/// An entry that pruning leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Kept {
    /// The entry's name in the store.
    pub alias: String,
    /// [`EntryKind::code`](crate::EntryKind::code).
    pub kind: &'static str,
}

impl Action {
    pub(super) fn new(action: ActionKind, item: Item, certificate: Option<&Certificate>) -> Self {
        let certificate = CertificateFacts::of(certificate);
        Self { action, alias: item.alias, certificate, previous: None, source: item.source, note: item.note }
    }

    pub(super) fn instead_of(mut self, previous: Option<&Certificate>) -> Self {
        self.previous = previous.map(|previous| CertificateFacts::of(Some(previous)));
        self
    }
}

impl CertificateFacts {
    pub(super) fn of(certificate: Option<&Certificate>) -> Self {
        let view = certificate.and_then(|certificate| certificate.view().ok());
        Self {
            subject: view.as_ref().map(|view| view.subject.to_string()),
            sha256: certificate.map(Certificate::sha256),
            not_before: view.as_ref().map(|view| view.not_before),
            not_after: view.as_ref().map(|view| view.not_after),
        }
    }
}

impl Kept {
    pub(super) fn of(entry: &Entry) -> Self {
        Self { alias: entry.name().to_owned(), kind: entry.kind().code() }
    }
}

#[cfg(feature = "serde")]
fn as_text<S: serde::Serializer>(value: &Option<Fingerprint>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(fingerprint) => serializer.collect_str(fingerprint),
        None => serializer.serialize_none(),
    }
}
