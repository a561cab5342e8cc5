//! One certificate: its DER, which is its identity, and views of it that may be absent.

mod algorithm;
mod details;
mod extension;
mod fingerprint;
mod general_name;
mod key;
mod name;
pub(crate) mod oid;
mod plain;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(feature = "signatures")]
mod signature;
mod string;
#[cfg(test)]
mod tests;
mod time;
mod view;

use std::fmt;
use std::hash::{Hash, Hasher};

use bytes::Bytes;

pub use algorithm::HashAlgorithm;
pub use details::Details;
pub use extension::{ExtensionDetails, ExtensionValue};
pub use fingerprint::Fingerprint;
pub use key::{KeyAlgorithm, PublicKey};
pub use name::Name;
#[cfg(feature = "rustls")]
pub(crate) use oid::colons;
#[cfg(feature = "signatures")]
pub use signature::SignatureCheck;
pub use time::{rfc3339, rfc3339_date};
pub use view::{Extension, View};

use crate::error::Result;

/// A certificate: the DER octets exactly as they were found.
///
/// Nothing is parsed until it is asked for, and octets that no parser accepts are still a certificate
/// that can be kept, compared and exported. Equality is equality of the octets.
#[derive(Clone)]
pub struct Certificate {
    der: Bytes,
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        // Many are compared with themselves, when what was written is compared with what was meant.
        std::ptr::eq(&*self.der, &*other.der) || self.der == other.der
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der.hash(state);
    }
}

impl Certificate {
    /// Takes the octets as they are; cheap for [`Bytes`] that share a buffer.
    pub fn from_der(der: impl Into<Bytes>) -> Self {
        Self { der: der.into() }
    }

    /// The DER encoding.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The DER encoding, to be shared.
    pub(crate) fn octets(&self) -> &Bytes {
        &self.der
    }

    /// The SHA-256 digest of the DER encoding.
    #[must_use]
    pub fn sha256(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// The certificate's fields, leniently read.
    ///
    /// # Errors
    /// `Damaged` if the octets do not have the frame of a certificate.
    pub fn view(&self) -> Result<View<'_>> {
        View::parse(&self.der)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate(sha256 {})", self.sha256())
    }
}
