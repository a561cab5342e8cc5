//! The formats of stores, and what is known of a store's integrity.

use std::fmt;

/// The container format of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Format {
    /// SunJCE's extension of JKS by secret keys (JDK `com.sun.crypto.provider.JceKeyStore`).
    Jceks,
    /// Sun's own format (JDK `sun.security.provider.JavaKeyStore`).
    Jks,
    /// PKCS#12 (RFC 7292), the JDK's default since version 9.
    Pkcs12,
}

/// What is known of a store's integrity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Integrity {
    /// The digest or MAC was checked with a password, or the store was made here.
    Verified,
    /// The file has no MAC: nothing says who wrote it.
    None,
    /// The file has a digest, but no password that fits: it can be read, and not written.
    Unchecked,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::Jceks, Self::Jks, Self::Pkcs12];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jceks => "JCEKS",
            Self::Jks => "JKS",
            Self::Pkcs12 => "PKCS#12",
        })
    }
}
