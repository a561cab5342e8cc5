//! What a list shows of an entry.

use crate::cert::{Certificate, Fingerprint};
use crate::store::{Entry, HiddenReason, JavaView};

/// What a list shows of an entry.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct EntrySummary {
    /// The name by which every command finds the entry.
    pub alias: String,
    /// The alias as the file has it, where that is not `alias`.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub stored_alias: Option<String>,
    /// `trusted-certificate`, `certificate`, `private-key`, `secret-key`, `crl`, `other`.
    pub kind: &'static str,
    /// The alias that a JVM lists; `None` for an entry that it does not see.
    pub java_alias: Option<String>,
    /// Why a JVM does not see the entry.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub hidden: Option<&'static str>,
    /// Creation date in milliseconds since 1970-01-01 UTC.
    pub created: Option<i64>,
    /// The certificate, of a private key the first of its chain.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub certificate: Option<CertificateSummary>,
    /// How many certificates the entry has.
    pub certificates: usize,
    /// What is known of an entry that is kept but not understood.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub detail: Option<String>,
}

/// What a list shows of a certificate.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CertificateSummary {
    /// `None` where the certificate cannot be read, as in the other fields.
    pub subject: Option<String>,
    /// The issuer.
    pub issuer: Option<String>,
    /// Seconds since 1970-01-01 UTC.
    pub not_before: Option<i64>,
    /// Seconds since 1970-01-01 UTC.
    pub not_after: Option<i64>,
    /// Whole days from now to `not_after`, negative after it.
    pub expires_in_days: Option<i64>,
    /// Whether it may issue certificates.
    pub ca: Option<bool>,
    /// The SHA-256 fingerprint.
    #[cfg_attr(feature = "serde", serde(serialize_with = "as_text"))]
    pub sha256: Fingerprint,
}

/// Summarizes an entry; `now` is in seconds since 1970-01-01 UTC.
#[must_use]
pub fn summarize(entry: &Entry, now: i64) -> EntrySummary {
    let hidden = match entry.java_view() {
        JavaView::Hidden(reason) => Some(*reason),
        _ => None,
    };
    let detail = match entry.kind() {
        crate::store::EntryKind::Other(what) => Some(what.clone()),
        _ => None,
    };
    EntrySummary {
        alias: entry.name().to_owned(),
        stored_alias: entry.alias().filter(|alias| *alias != entry.name()).map(str::to_owned),
        kind: entry.kind().code(),
        java_alias: entry.java_alias(),
        hidden: hidden.map(HiddenReason::code),
        created: entry.created(),
        certificate: entry.certificate().map(|certificate| CertificateSummary::of(certificate, now)),
        certificates: entry.certificates().len(),
        detail,
    }
}

impl CertificateSummary {
    /// Summarizes a certificate; `now` is in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn of(certificate: &Certificate, now: i64) -> Self {
        let view = certificate.view().ok();
        Self {
            subject: view.as_ref().map(|view| view.subject.to_string()),
            issuer: view.as_ref().map(|view| view.issuer.to_string()),
            not_before: view.as_ref().map(|view| view.not_before),
            not_after: view.as_ref().map(|view| view.not_after),
            expires_in_days: view.as_ref().map(|view| (view.not_after - now).div_euclid(86_400)),
            ca: view.as_ref().map(|view| view.may_issue()),
            sha256: certificate.sha256(),
        }
    }
}

#[cfg(feature = "serde")]
fn as_text<S: serde::Serializer>(value: &Fingerprint, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
