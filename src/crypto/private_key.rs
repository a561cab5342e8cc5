//! A private key in memory, as PKCS#8 has it.
//!
//! ```text
//! PrivateKeyInfo ::= SEQUENCE {                            -- RFC 5208, section 5
//!     version INTEGER, privateKeyAlgorithm AlgorithmIdentifier, privateKey OCTET STRING,
//!     attributes [0] IMPLICIT Attributes OPTIONAL }        -- and a public key, RFC 5958
//! ```

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
use crate::ber::{self, Reader};
use crate::error::Result;

/// Deeper than any key's frame; what is inside the key is not looked at.
const MAX_DEPTH: u8 = 8;

/// A private key in the clear: wiped when dropped, never shown.
///
/// Not `Clone`: every copy is visible in the code. It comes out of
/// [`TrustStore::private_key`](crate::TrustStore::private_key) and goes into
/// [`TrustStore::insert_private_key`](crate::TrustStore::insert_private_key).
///
/// ```
/// use truststore::PrivateKey;
///
/// // A SEQUENCE of version 0, the algorithm Ed25519, and the key.
/// let mut der = vec![0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
/// der.extend([7; 32]);
/// let key = PrivateKey::from_pkcs8(der)?;
/// assert_eq!(format!("{key:?}"), "PrivateKey(48 bytes)");
/// # Ok::<(), truststore::Error>(())
/// ```
pub struct PrivateKey(Zeroizing<Vec<u8>>);

impl PrivateKey {
    /// A key from its PKCS#8 encoding (RFC 5208, PrivateKeyInfo), whose frame is checked: whether the key
    /// inside is one, and belongs to a certificate, is not.
    ///
    /// # Errors
    /// `Damaged` if it is no such encoding, or if something stands behind it.
    pub fn from_pkcs8(der: Vec<u8>) -> Result<Self> {
        Self::from_clear(Zeroizing::new(der))
    }

    /// As [`PrivateKey::from_pkcs8`].
    pub(crate) fn from_clear(der: Zeroizing<Vec<u8>>) -> Result<Self> {
        let mut reader = Reader::new(&der, MAX_DEPTH);
        let mut info = reader.expect(ber::SEQUENCE, "PrivateKeyInfo")?.children()?;
        reader.finish("PrivateKeyInfo")?;
        info.expect(ber::INTEGER, "PrivateKeyInfo version")?;
        Algorithm::read(&mut info, "privateKeyAlgorithm")?;
        info.octet_string("privateKey")?;
        Ok(Self(der))
    }

    /// The PKCS#8 encoding. Copies of it are the caller's to wipe.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same octets, in a time that does not tell where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.as_slice().ct_eq(other.0.as_slice()).into()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({} bytes)", self.0.len())
    }
}
