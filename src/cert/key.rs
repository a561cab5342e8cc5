//! The public key of a certificate: its algorithm and size.
//!
//! ```text
//! SubjectPublicKeyInfo ::= SEQUENCE {            -- RFC 5280, section 4.1.2.7
//!     algorithm         AlgorithmIdentifier,
//!     subjectPublicKey  BIT STRING }
//! ```

use std::fmt;

use super::oid;
use super::view::{MAX_DEPTH, View};
use crate::ber::{self, Element, Reader};

/// What is known of a public key; `Display` writes `RSA 2048`, `EC P-256`, `Ed25519`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PublicKey {
    /// The algorithm.
    pub algorithm: KeyAlgorithm,
    /// The size by which its strength is judged: of an RSA modulus, a DSA prime, a curve's field.
    pub bits: Option<u32>,
}

/// The algorithm of a public key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// DSA (RFC 3279, section 2.3.2).
    Dsa,
    /// An elliptic curve (RFC 5480) by its name, or by its identifier where it has none here.
    Ec(String),
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// Ed448 (RFC 8410).
    Ed448,
    /// Another, by its identifier, or by its name where it has one here.
    Other(String),
    /// RSA (RFC 3279, section 2.3.1).
    Rsa,
    /// RSA restricted to PSS signatures (RFC 4055).
    RsaPss,
}

/// The parts of a `SubjectPublicKeyInfo`.
pub(super) struct KeyParts<'a> {
    pub(super) algorithm: &'a [u8],
    pub(super) parameters: Option<Element<'a>>,
    /// The octets of the key's BIT STRING.
    pub(super) key: &'a [u8],
}

impl<'a> KeyParts<'a> {
    pub(super) fn read(public_key_info: &'a [u8]) -> Option<Self> {
        let mut fields =
            Reader::new(public_key_info, MAX_DEPTH).expect(ber::SEQUENCE, "key").ok()?.children().ok()?;
        let mut identifier = fields.expect(ber::SEQUENCE, "algorithm").ok()?.children().ok()?;
        let algorithm = identifier.expect(ber::OID, "algorithm").ok()?.content;
        let parameters = identifier.next().ok()?;
        let key = fields.expect(ber::BIT_STRING, "key").ok()?.content.get(1..)?;
        Some(Self { algorithm, parameters, key })
    }
}

impl View<'_> {
    /// The algorithm and size of the public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        let Some(parts) = KeyParts::read(self.public_key_info) else {
            return PublicKey { algorithm: KeyAlgorithm::Other("unreadable".to_owned()), bits: None };
        };
        match parts.algorithm {
            RSA => PublicKey { algorithm: KeyAlgorithm::Rsa, bits: first_integer_bits(parts.key) },
            RSA_PSS => PublicKey { algorithm: KeyAlgorithm::RsaPss, bits: first_integer_bits(parts.key) },
            DSA => {
                let bits = parts.parameters.and_then(|dss| first_integer_bits(dss.raw));
                PublicKey { algorithm: KeyAlgorithm::Dsa, bits }
            }
            EC => curve(parts.parameters),
            [0x2b, 0x65, 0x70] => PublicKey { algorithm: KeyAlgorithm::Ed25519, bits: Some(256) },
            [0x2b, 0x65, 0x71] => PublicKey { algorithm: KeyAlgorithm::Ed448, bits: Some(456) },
            other => PublicKey { algorithm: KeyAlgorithm::Other(other_name(other)), bits: None },
        }
    }
}

/// 1.2.840.113549.1.1.1 rsaEncryption.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.113549.1.1.10 id-RSASSA-PSS.
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
/// 1.2.840.10040.4.1 id-dsa.
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
/// 1.2.840.10045.2.1 id-ecPublicKey.
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// The bits of the first INTEGER of a SEQUENCE: an RSA modulus, a DSA prime.
fn first_integer_bits(der: &[u8]) -> Option<u32> {
    let mut fields = Reader::new(der, 4).expect(ber::SEQUENCE, "key").ok()?.children().ok()?;
    let content = fields.expect(ber::INTEGER, "modulus").ok()?.content;
    let significant = content.get(content.iter().position(|&b| b != 0)?..)?;
    let bits = significant.len() * 8 - usize::try_from(significant.first()?.leading_zeros()).ok()?;
    u32::try_from(bits).ok()
}

/// The curve by its identifier (RFC 5480, section 2.1.1.1; RFC 5639; SEC 2).
fn curve(parameters: Option<Element<'_>>) -> PublicKey {
    let Some(id) = parameters.filter(|parameters| parameters.tag == ber::OID) else {
        // A curve written out in full, which RFC 5480 forbids.
        return PublicKey { algorithm: KeyAlgorithm::Ec("explicit parameters".to_owned()), bits: None };
    };
    let (name, bits) = match id.content {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01] => ("P-192", 192),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => ("P-256", 256),
        [0x2b, 0x81, 0x04, 0x00, 0x0a] => ("secp256k1", 256),
        [0x2b, 0x81, 0x04, 0x00, 0x21] => ("P-224", 224),
        [0x2b, 0x81, 0x04, 0x00, 0x22] => ("P-384", 384),
        [0x2b, 0x81, 0x04, 0x00, 0x23] => ("P-521", 521),
        [0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07] => ("brainpoolP256r1", 256),
        [0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b] => ("brainpoolP384r1", 384),
        [0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d] => ("brainpoolP512r1", 512),
        other => {
            return PublicKey { algorithm: KeyAlgorithm::Ec(oid::dotted(other)), bits: None };
        }
    };
    PublicKey { algorithm: KeyAlgorithm::Ec(name.to_owned()), bits: Some(bits) }
}

fn other_name(id: &[u8]) -> String {
    match id {
        // 2.16.840.1.101.3.4.3.17 to .19 (FIPS 204).
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 17] => "ML-DSA-44".to_owned(),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 18] => "ML-DSA-65".to_owned(),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 19] => "ML-DSA-87".to_owned(),
        [0x2b, 0x65, 0x6e] => "X25519".to_owned(),
        [0x2b, 0x65, 0x6f] => "X448".to_owned(),
        other => oid::dotted(other),
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.algorithm, self.bits) {
            (KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa, Some(bits)) => {
                write!(f, "{} {bits}", self.algorithm)
            }
            (algorithm, _) => write!(f, "{algorithm}"),
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dsa => f.write_str("DSA"),
            Self::Ec(curve) => write!(f, "EC {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Ed448 => f.write_str("Ed448"),
            Self::Other(name) => f.write_str(name),
            Self::Rsa => f.write_str("RSA"),
            Self::RsaPss => f.write_str("RSA-PSS"),
        }
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for KeyAlgorithm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
