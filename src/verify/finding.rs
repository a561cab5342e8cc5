//! What a check says, and what the caller makes of it.

use std::fmt;
use std::str::FromStr;

use super::lint::{RULES, Rule, Said};
use crate::error::{Error, ErrorKind};
use crate::text::printable;

/// One thing that a check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Finding {
    /// Its stable code.
    pub code: FindingCode,
    /// How bad it is, after the policy.
    pub severity: Severity,
    /// The name of the entry concerned; `None` for the whole store, or a certificate not yet in one.
    pub entry: Option<String>,
    /// What was found, as one clause.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing; nothing need be done.
    Info,
    /// Probably not what was meant, or will be a problem.
    Warning,
    /// Wrong now: something does not work, or must not be trusted.
    Error,
}

/// The stable codes of findings, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingCode {
    /// The file has no MAC.
    IntegrityNone,
    /// No password was given that fits.
    IntegrityUnchecked,
    /// The container's encryption or MAC is a legacy one.
    WeakContainer,
    /// The certificate cannot be read, or a strict parser refuses it.
    Unparsable,
    /// The certificate's validity is over.
    Expired,
    /// The certificate's validity has not begun.
    NotYetValid,
    /// The certificate's validity is over soon.
    Expiring,
    /// The certificate cannot vouch for others.
    NotACa,
    /// The certificate is a CA's, but may not sign certificates.
    KeyCertSignAbsent,
    /// A server's certificate is a CA's too.
    ServerCanIssue,
    /// The certificate claims to be signed by itself and is not.
    SelfSignatureInvalid,
    /// The key is too short.
    WeakKey,
    /// The signature is over a broken digest.
    WeakDigest,
    /// Another entry has the same certificate.
    Duplicate,
    /// A later entry has the same alias.
    ShadowedAlias,
    /// Java does not see the certificate.
    NoTrustAttribute,
    /// Java does not see the entry for another reason.
    NotSeenByJava,
    /// A private key in a trust store.
    PrivateKeyInStore,
}

/// What to check against, and which findings matter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// The time of the check, in seconds since 1970-01-01 UTC; the library reads no clock.
    pub now: i64,
    /// A certificate that expires within so many days is a finding. Default: 30.
    pub warn_days: u32,
    /// Findings that are errors, whatever their own severity.
    pub deny: Vec<FindingCode>,
    /// Findings that are dropped, unless they are denied as well.
    pub allow: Vec<FindingCode>,
}

/// The findings about a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The findings: of the store, then of each entry in the order of the file.
    pub findings: Vec<Finding>,
    /// How many entries were checked.
    pub checked: usize,
}

impl Policy {
    /// The default policy at this time, in seconds since 1970-01-01 UTC.
    #[must_use]
    pub fn at(now: i64) -> Self {
        Self { now, warn_days: 30, deny: Vec::new(), allow: Vec::new() }
    }

    /// The finding that a rule's words become under this policy.
    pub(super) fn finding(&self, rule: &Rule, said: Said, entry: Option<&str>) -> Option<Finding> {
        let denied = self.deny.contains(&rule.code);
        if self.allow.contains(&rule.code) && !denied {
            return None;
        }
        let severity = if denied { Severity::Error } else { said.severity.unwrap_or(rule.severity) };
        Some(Finding {
            code: rule.code,
            severity,
            entry: entry.map(str::to_owned),
            message: said.message,
            remedy: said.remedy,
        })
    }
}

impl Report {
    /// How many findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// True if a finding is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }
}

impl FindingCode {
    /// Every code, in the order of the checks.
    pub fn all() -> impl Iterator<Item = Self> {
        RULES.iter().map(|rule| rule.code)
    }

    /// The code as it is written: `not-yet-valid`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IntegrityNone => "integrity-none",
            Self::IntegrityUnchecked => "integrity-unchecked",
            Self::WeakContainer => "weak-container",
            Self::Unparsable => "unparsable",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::Expiring => "expiring",
            Self::NotACa => "not-a-ca",
            Self::KeyCertSignAbsent => "key-cert-sign-absent",
            Self::ServerCanIssue => "server-can-issue",
            Self::SelfSignatureInvalid => "self-signature-invalid",
            Self::WeakKey => "weak-key",
            Self::WeakDigest => "weak-digest",
            Self::Duplicate => "duplicate",
            Self::ShadowedAlias => "shadowed-alias",
            Self::NoTrustAttribute => "no-trust-attribute",
            Self::NotSeenByJava => "not-seen-by-java",
            Self::PrivateKeyInStore => "private-key-in-store",
        }
    }

    /// The severity that the finding usually has.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.rule().map_or(Severity::Warning, |rule| rule.severity)
    }

    /// What the finding means and why it has its severity, as a sentence.
    #[must_use]
    pub fn description(self) -> &'static str {
        self.rule().map_or("", |rule| rule.description)
    }

    fn rule(self) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.code == self)
    }
}

impl FromStr for FindingCode {
    type Err = Error;

    /// # Errors
    /// `Unsupported` for an unknown code; the message lists the known ones.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::all().find(|code| code.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::all().map(Self::as_str).collect();
            let message = format!("\"{text}\" is no finding; expected one of {}", known.join(", "));
            Error::new(ErrorKind::Unsupported, message)
        })
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FindingCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: ", self.severity, self.code)?;
        if let Some(entry) = &self.entry {
            write!(f, "entry \"{}\": ", printable(entry))?;
        }
        f.write_str(&printable(&self.message))
    }
}
