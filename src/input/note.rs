//! Remarks about what was passed over in a source.

use std::fmt;

use crate::text::printable;

/// Something in a source that was passed over, and why; `Display` is a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "code", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Note {
    /// An entry of another store that is neither a certificate nor a private key.
    EntryIgnored {
        /// The store.
        source: String,
        /// The entry's name.
        entry: String,
        /// What it is: [`EntryKind::code`](crate::EntryKind::code).
        kind: String,
    },
    /// A private key entry of another store: the certificates of its chain are not trusted ones.
    KeyChainIgnored {
        /// The store.
        source: String,
        /// The entry's name.
        entry: String,
        /// How many certificates its chain has.
        certificates: usize,
    },
    /// A certificate of another store that Java does not see; it was taken.
    NoTrustAttribute {
        /// The store.
        source: String,
        /// The entry's name.
        entry: String,
    },
    /// A PEM block that is neither a certificate nor a private key.
    OtherPemIgnored {
        /// The file.
        source: String,
        /// Where the block begins, from 1.
        line: Option<usize>,
        /// The block's label.
        label: String,
    },
    /// A private key; it was not read, let alone kept.
    PrivateKeyIgnored {
        /// The file.
        source: String,
        /// Where the key begins, from 1.
        line: Option<usize>,
        /// The block's label.
        label: String,
    },
    /// A certificate that another file of the same folder has too; it was taken once.
    Repeated {
        /// The file.
        source: String,
        /// The file from which it was taken.
        first: String,
    },
    /// An entry of another store that a later one of the same alias hides from Java; it was taken.
    Shadowed {
        /// The store.
        source: String,
        /// The entry's name.
        entry: String,
    },
    /// A member of a folder that was not read.
    Skipped {
        /// The member.
        path: String,
        /// Why, as a clause.
        reason: String,
    },
    /// The settings that OpenSSL adds to a `TRUSTED CERTIFICATE`; the certificate itself was taken.
    TrustSettingsIgnored {
        /// The file.
        source: String,
        /// Where the block begins, from 1.
        line: Option<usize>,
    },
}

impl Note {
    /// A stable kebab-case code for scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EntryIgnored { .. } => "entry-ignored",
            Self::KeyChainIgnored { .. } => "key-chain-ignored",
            Self::NoTrustAttribute { .. } => "no-trust-attribute",
            Self::OtherPemIgnored { .. } => "other-pem-ignored",
            Self::PrivateKeyIgnored { .. } => "private-key-ignored",
            Self::Repeated { .. } => "repeated",
            Self::Shadowed { .. } => "shadowed",
            Self::Skipped { .. } => "skipped",
            Self::TrustSettingsIgnored { .. } => "trust-settings-ignored",
        }
    }

    /// What was passed over, as the object of "found only …".
    pub(super) fn what(&self) -> &str {
        match self {
            Self::EntryIgnored { kind, .. } => kind,
            Self::KeyChainIgnored { .. } => "private keys with their chains",
            Self::OtherPemIgnored { label, .. } => known_label(label).map_or(label, |(what, _)| what),
            Self::PrivateKeyIgnored { .. } => "a private key",
            Self::Skipped { .. } => "files that are none",
            Self::NoTrustAttribute { .. }
            | Self::Repeated { .. }
            | Self::Shadowed { .. }
            | Self::TrustSettingsIgnored { .. } => "a certificate",
        }
    }

    /// What to do about it, as a clause.
    pub(super) fn advice(&self) -> Option<&'static str> {
        match self {
            Self::OtherPemIgnored { label, .. } => known_label(label).map(|(_, advice)| advice),
            Self::PrivateKeyIgnored { .. } => {
                Some("a trust store needs the certificate, never the key, which should stay where it is")
            }
            Self::KeyChainIgnored { .. } => {
                Some("the certificates of a key's chain are not imported; export the one to trust first")
            }
            _ => None,
        }
    }
}

/// The labels of RFC 7468 and OpenSSL that a user may take for a certificate.
fn known_label(label: &str) -> Option<(&'static str, &'static str)> {
    Some(match label {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => (
            "a certificate request",
            "send it to the certificate authority and import the certificate of that authority",
        ),
        "X509 CRL" => ("a revocation list", "a trust store holds certificates, not revocation lists"),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => {
            ("a bare public key", "ask for the certificate that contains this key")
        }
        "SSH2 PUBLIC KEY" => ("an SSH key", "SSH keys are not used for TLS; ask for the CA's certificate"),
        "PGP PUBLIC KEY BLOCK" => {
            ("a PGP key", "PGP keys are not used for TLS; ask for the CA's certificate")
        }
        "DH PARAMETERS" | "X9.42 DH PARAMETERS" | "EC PARAMETERS" | "DSA PARAMETERS" => {
            ("key parameters", "give the file that has the certificate")
        }
        "ATTRIBUTE CERTIFICATE" => ("an attribute certificate", "it cannot be a trust anchor"),
        _ => return None,
    })
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EntryIgnored { source, entry, kind } => {
                let (source, entry) = (printable(source), printable(entry));
                write!(
                    f,
                    "{source}: entry \"{entry}\" is a {}, not a certificate; not imported",
                    printable(kind)
                )
            }
            Self::KeyChainIgnored { source, entry, certificates } => {
                let (source, entry) = (printable(source), printable(entry));
                write!(
                    f,
                    "{source}: entry \"{entry}\" is a private key; neither it nor its chain of {certificates} \
                     was imported"
                )
            }
            Self::NoTrustAttribute { source, entry } => {
                let (source, entry) = (printable(source), printable(entry));
                write!(
                    f,
                    "{source}: certificate \"{entry}\" has no trust attribute, so Java did not see it there"
                )
            }
            Self::OtherPemIgnored { source, line, label } => {
                let label = printable(label);
                write!(f, "{}: a block \"{label}\" is not a certificate; not imported", Place(source, *line))
            }
            Self::PrivateKeyIgnored { source, line, label } => {
                let label = printable(label);
                write!(
                    f,
                    "{}: a private key (\"{label}\") was not imported: a trust store needs none, and this file \
                     should not be passed around",
                    Place(source, *line)
                )
            }
            Self::Repeated { source, first } => {
                let (source, first) = (printable(source), printable(first));
                write!(f, "{source}: the same certificate is in {first}; taken once")
            }
            Self::Shadowed { source, entry } => {
                let (source, entry) = (printable(source), printable(entry));
                write!(f, "{source}: entry \"{entry}\" is hidden from Java by a later one of the same alias")
            }
            Self::Skipped { path, reason } => {
                write!(f, "{}: skipped: {}", printable(path), printable(reason))
            }
            Self::TrustSettingsIgnored { source, line } => {
                write!(
                    f,
                    "{}: OpenSSL's trust settings beside the certificate were dropped; Java has none",
                    Place(source, *line)
                )
            }
        }
    }
}

struct Place<'a>(&'a str, Option<usize>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(self.0))?;
        match self.1 {
            Some(line) => write!(f, " (line {line})"),
            None => Ok(()),
        }
    }
}
