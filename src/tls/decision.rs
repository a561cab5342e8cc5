//! Whether a chain is trusted, as data.

use std::fmt;

use crate::cert::rfc3339;

/// What the verifier decides of a chain, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Decision {
    /// The entry that anchors the chain; `None` if it is refused.
    pub anchor: Option<AnchorMatch>,
    /// Why the chain is refused; `None` if it is trusted.
    pub refusal: Option<Refusal>,
    /// What the server sent, end-entity first.
    pub chain: Vec<Member>,
    /// What Java decides of the same chain with the same store, where that is known to differ.
    pub java: Option<JavaDiffers>,
}

impl Decision {
    /// True if the verifier accepts the chain.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.refusal.is_none()
    }
}

/// The entry of the store that a chain ends at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AnchorMatch {
    /// The entry's name.
    pub alias: String,
    /// As what it is trusted.
    pub role: AnchorRole,
    /// Its subject (RFC 4514).
    pub subject: String,
    /// The SHA-256 of its DER, in hexadecimal with colons.
    pub sha256: String,
}

/// As what an entry is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AnchorRole {
    /// It issued the server's certificate, or one above it.
    Ca,
    /// It is the server's certificate, octet for octet.
    Pin,
}

impl fmt::Display for AnchorRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ca => "CA",
            Self::Pin => "pin",
        })
    }
}

/// One certificate of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Member {
    /// The subject (RFC 4514).
    pub subject: String,
    /// The issuer (RFC 4514).
    pub issuer: String,
    /// Seconds since 1970-01-01 UTC.
    pub not_before: i64,
    /// Seconds since 1970-01-01 UTC.
    pub not_after: i64,
    /// The SHA-256 of its DER, in hexadecimal with colons.
    pub sha256: String,
    /// True if it may issue certificates (CA:TRUE, and keyCertSign where there is a key usage).
    pub ca: bool,
    /// True if subject and issuer are the same.
    pub self_issued: bool,
    /// The host names and addresses that it is for (subjectAltName), in its order.
    pub names: Vec<String>,
}

/// Why a chain is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "code", rename_all = "kebab-case", rename_all_fields = "snake_case")
)]
#[non_exhaustive]
pub enum Refusal {
    /// The certificate of a CA is neither in the store nor among what the server sent.
    MissingRoot(MissingIssuer),
    /// The server did not send an intermediate certificate that it should have sent.
    MissingIntermediate(MissingIssuer),
    /// The store has the issuer, but may not use it.
    UnusableIssuer {
        /// The entry's name.
        alias: String,
        /// Why it is not used.
        reason: String,
        /// What to do.
        remedy: String,
    },
    /// The server's certificate is self-signed, and not in the store.
    SelfSigned {
        /// The certificate's subject.
        subject: String,
    },
    /// The certificate is for other names.
    NameMismatch {
        /// The name that was asked for.
        expected: String,
        /// The names that it is for.
        presented: Vec<String>,
        /// The subject's common name, which is no host name here.
        common_name: Option<String>,
    },
    /// A certificate is past its last day.
    Expired {
        /// Its place in the chain, from 0, where the end-entity is 0.
        member: usize,
        /// Its subject.
        subject: String,
        /// Seconds since 1970-01-01 UTC.
        not_after: i64,
    },
    /// A certificate is not valid yet.
    NotYetValid {
        /// Its place in the chain, from 0, where the end-entity is 0.
        member: usize,
        /// Its subject.
        subject: String,
        /// Seconds since 1970-01-01 UTC.
        not_before: i64,
    },
    /// A key or signature is of an algorithm, or a size, that the provider does not check.
    UnsupportedAlgorithm {
        /// The signed certificate's subject.
        subject: String,
        /// The signature's algorithm.
        algorithm: String,
        /// The issuer's key.
        key: Option<String>,
    },
    /// The issuer's key did not make a signature.
    BadSignature {
        /// The signed certificate's subject.
        subject: String,
    },
    /// A certificate that may not issue others issued one of the chain.
    IssuerNotCa {
        /// Its subject.
        subject: String,
    },
    /// The server's certificate is a CA's, and not in the store.
    CaAsServer {
        /// Its subject.
        subject: String,
    },
    /// The certificate is not for TLS servers (extended key usage).
    WrongPurpose {
        /// What it is for.
        presented: Vec<String>,
    },
    /// A CA of the chain is limited to other names (name constraints).
    NameConstraint,
    /// The chain is longer than a CA of it allows.
    PathLength,
    /// A certificate cannot be read.
    Malformed {
        /// Its place in the chain, from 0, where the end-entity is 0.
        member: usize,
        /// What is wrong.
        reason: String,
    },
    /// Something else that the path validation refuses.
    Other {
        /// What it said.
        reason: String,
    },
}

/// An issuer that is neither in the store nor among what the server sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MissingIssuer {
    /// Its distinguished name (RFC 4514).
    pub issuer: String,
    /// The identifier of its key (RFC 5280, section 4.2.1.1), in hexadecimal with colons.
    pub key_id: Option<String>,
    /// The subject of the certificate that it issued.
    pub issued: String,
    /// What else is known of it: what speaks for an intermediate, or who else has the name.
    pub evidence: Option<String>,
    /// False if it is a guess from names that it is an intermediate rather than a root.
    pub certain: bool,
}

/// What Java decides otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct JavaDiffers {
    /// Whether Java accepts the chain.
    pub trusted: bool,
    /// Why.
    pub reason: String,
}

impl Refusal {
    /// The stable code, in kebab case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingRoot(_) => "missing-root",
            Self::MissingIntermediate(_) => "missing-intermediate",
            Self::UnusableIssuer { .. } => "unusable-issuer",
            Self::SelfSigned { .. } => "self-signed",
            Self::NameMismatch { .. } => "name-mismatch",
            Self::Expired { .. } => "expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::UnsupportedAlgorithm { .. } => "unsupported-algorithm",
            Self::BadSignature { .. } => "bad-signature",
            Self::IssuerNotCa { .. } => "issuer-not-ca",
            Self::CaAsServer { .. } => "ca-as-server",
            Self::WrongPurpose { .. } => "wrong-purpose",
            Self::NameConstraint => "name-constraint",
            Self::PathLength => "path-length",
            Self::Malformed { .. } => "malformed",
            Self::Other { .. } => "other",
        }
    }

    /// What to do about it, one sentence without a full stop.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::MissingRoot(_) => "get that CA's certificate from who runs it, compare its SHA-256, and import it",
            Self::MissingIntermediate(_) => {
                "have the server send it (its certificate file holds its own certificate first, then the \
                 intermediates); until then, importing the intermediate works too"
            }
            Self::UnusableIssuer { remedy, .. } => remedy,
            Self::SelfSigned { .. } => {
                "compare its SHA-256 with the server's administrator, then import it: it is then trusted as a \
                 pin, for this server only"
            }
            Self::NameMismatch { .. } => "use one of the names of the certificate, or have it issued for this one",
            Self::Expired { member: 0, .. } => "have the server's certificate renewed; a new one that is pinned must be imported",
            Self::Expired { .. } => "have the server send the CA's current certificate",
            Self::NotYetValid { .. } => "wait until then, or check this machine's clock",
            Self::UnsupportedAlgorithm { .. } => {
                "have the certificate issued with RSA of 2048 bits or more, or EC P-256 or P-384, and SHA-256"
            }
            Self::BadSignature { .. } => {
                "another CA may have the same name: get the certificate of the one that issued this, or have \
                 the server send the right chain"
            }
            Self::IssuerNotCa { .. } => "have the certificate issued by a CA; one that is pinned vouches for itself only",
            Self::CaAsServer { .. } => "give the server a certificate of its own, or import this one as a pin",
            Self::WrongPurpose { .. } => "have the certificate issued for TLS servers (extended key usage serverAuth)",
            Self::NameConstraint => "have the certificate issued by a CA that may issue for this name",
            Self::PathLength => "have the certificate issued by a CA that stands nearer to the root",
            Self::Malformed { .. } => "have the server's certificate issued again",
            Self::Other { .. } => "show the chain to who runs the CA; `truststore show` prints its certificates",
        }
        .to_owned()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingRoot(missing) => write!(f, "the store lacks the issuing CA: {missing}"),
            Self::MissingIntermediate(missing) => {
                let probably = if missing.certain { "" } else { "probably " };
                write!(f, "the server {probably}forgot to send an intermediate certificate: {missing}")
            }
            Self::UnusableIssuer { alias, reason, .. } => {
                write!(f, "the issuer is in the store as \"{alias}\", but {reason}")
            }
            Self::SelfSigned { subject } => {
                write!(f, "the server's certificate is self-signed ({subject}) and not in the store")
            }
            Self::NameMismatch { expected, presented, common_name } => {
                write!(f, "the certificate is not for {expected}")?;
                match (presented.as_slice(), common_name) {
                    ([], Some(name)) => {
                        write!(f, ": it has no host names (its common name \"{name}\" is none)")
                    }
                    ([], None) => f.write_str(": it has no host names"),
                    (names, _) => write!(f, " but for {}", names.join(", ")),
                }
            }
            Self::Expired { member, subject, not_after } => {
                write!(f, "{} ({subject}) expired on {}", place(*member), rfc3339(*not_after))
            }
            Self::NotYetValid { member, subject, not_before } => {
                write!(f, "{} ({subject}) is valid only from {} on", place(*member), rfc3339(*not_before))
            }
            Self::UnsupportedAlgorithm { subject, algorithm, key } => {
                write!(f, "the signature of {subject} cannot be checked: {algorithm}")?;
                key.iter().try_for_each(|key| write!(f, " by a key {key}"))
            }
            Self::BadSignature { subject } => {
                write!(f, "the signature of {subject} does not fit the key of its issuer")
            }
            Self::IssuerNotCa { subject } => {
                write!(f, "{subject} issued a certificate of the chain, but may not issue any")
            }
            Self::CaAsServer { subject } => {
                write!(f, "the server's certificate ({subject}) is a CA's, and not in the store itself")
            }
            Self::WrongPurpose { presented } if presented.is_empty() => {
                f.write_str("the certificate is not for TLS servers")
            }
            Self::WrongPurpose { presented } => {
                write!(f, "the certificate is not for TLS servers but for {}", presented.join(", "))
            }
            Self::NameConstraint => {
                f.write_str("a CA of the chain may not issue for this name (name constraints)")
            }
            Self::PathLength => f.write_str("the chain is longer than a CA of it allows (path length)"),
            Self::Malformed { member, reason } => write!(f, "{} cannot be read: {reason}", place(*member)),
            Self::Other { reason } => f.write_str(reason),
        }
    }
}

impl fmt::Display for MissingIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.issuer)?;
        self.key_id.iter().try_for_each(|id| write!(f, " (key id {id})"))?;
        write!(f, ", which issued {}", self.issued)?;
        self.evidence.iter().try_for_each(|evidence| write!(f, "; {evidence}"))
    }
}

/// Which certificate of the chain is meant.
fn place(member: usize) -> &'static str {
    match member {
        0 => "the server's certificate",
        _ => "a certificate above the server's",
    }
}
