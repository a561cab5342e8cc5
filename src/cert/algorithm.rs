//! Signature algorithms by their identifiers: names, digests, parameters.

use std::fmt;

use super::oid;
use super::view::{MAX_DEPTH, View};
use crate::ber::{self, Element, Reader};

/// A digest algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlgorithm {
    /// MD2 (RFC 1319): broken.
    Md2,
    /// MD4 (RFC 1320): broken.
    Md4,
    /// MD5 (RFC 1321): collisions in seconds.
    Md5,
    /// SHA-1: collisions have been made.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a signature was made, as far as its identifier is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    Dsa(HashAlgorithm),
    Ecdsa(HashAlgorithm),
    Ed25519,
    Ed448,
    RsaPkcs1(HashAlgorithm),
    RsaPss(PssParameters),
}

/// `RSASSA-PSS-params` (RFC 4055, section 3.1), the digest of the mask being this one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PssParameters {
    pub(super) hash: HashAlgorithm,
    pub(super) mask_hash: HashAlgorithm,
    pub(super) salt_len: u64,
}

impl View<'_> {
    /// The name of the signature algorithm, as OpenSSL and RFC 3279 write it
    /// (`sha256WithRSAEncryption`), or its dotted identifier.
    #[must_use]
    pub fn signature_algorithm_name(&self) -> String {
        let Some((id, _)) = identifier(self.signature_algorithm) else { return "unreadable".to_owned() };
        let name = match id {
            RSA_PSS => Some("rsassaPss"),
            _ => NAMED.iter().find(|row| row.0 == id).map(|row| row.1),
        };
        name.map_or_else(|| oid::dotted(id), str::to_owned)
    }

    /// The digest that was signed; `None` where the algorithm has none of its own (Ed25519) or is
    /// not known.
    #[must_use]
    pub fn signature_hash(&self) -> Option<HashAlgorithm> {
        match self.scheme()? {
            Scheme::Dsa(hash) | Scheme::Ecdsa(hash) | Scheme::RsaPkcs1(hash) => Some(hash),
            Scheme::RsaPss(parameters) => Some(parameters.hash),
            Scheme::Ed25519 | Scheme::Ed448 => None,
        }
    }

    pub(super) fn scheme(&self) -> Option<Scheme> {
        let (id, parameters) = identifier(self.signature_algorithm)?;
        match id {
            RSA_PSS => pss_parameters(parameters).map(Scheme::RsaPss),
            _ => NAMED.iter().find(|row| row.0 == id).map(|row| row.2),
        }
    }
}

/// 1.2.840.113549.1.1.10 id-RSASSA-PSS.
const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];

/// Signature algorithms: RFC 3279, RFC 4055, RFC 5758, RFC 8410; OIW for the old one with SHA-1.
const NAMED: [(&[u8], &str, Scheme); 20] = {
    use HashAlgorithm::{Md2, Md4, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    use Scheme::{Dsa, Ecdsa, Ed448, Ed25519, RsaPkcs1};
    [
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2], "md2WithRSAEncryption", RsaPkcs1(Md2)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 3], "md4WithRSAEncryption", RsaPkcs1(Md4)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], "md5WithRSAEncryption", RsaPkcs1(Md5)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], "sha1WithRSAEncryption", RsaPkcs1(Sha1)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 14], "sha224WithRSAEncryption", RsaPkcs1(Sha224)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], "sha256WithRSAEncryption", RsaPkcs1(Sha256)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12], "sha384WithRSAEncryption", RsaPkcs1(Sha384)),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13], "sha512WithRSAEncryption", RsaPkcs1(Sha512)),
        (&[0x2b, 0x0e, 0x03, 0x02, 0x1d], "sha1WithRSA", RsaPkcs1(Sha1)),
        (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], "ecdsa-with-SHA1", Ecdsa(Sha1)),
        (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 1], "ecdsa-with-SHA224", Ecdsa(Sha224)),
        (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], "ecdsa-with-SHA256", Ecdsa(Sha256)),
        (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3], "ecdsa-with-SHA384", Ecdsa(Sha384)),
        (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4], "ecdsa-with-SHA512", Ecdsa(Sha512)),
        (&[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3], "dsa-with-SHA1", Dsa(Sha1)),
        (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1], "dsa-with-SHA224", Dsa(Sha224)),
        (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2], "dsa-with-SHA256", Dsa(Sha256)),
        (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 3], "dsa-with-SHA384", Dsa(Sha384)),
        (&[0x2b, 0x65, 0x70], "Ed25519", Ed25519),
        (&[0x2b, 0x65, 0x71], "Ed448", Ed448),
    ]
};

/// The identifier and the parameters of an AlgorithmIdentifier.
fn identifier(algorithm: &[u8]) -> Option<(&[u8], Option<Element<'_>>)> {
    let mut fields =
        Reader::new(algorithm, MAX_DEPTH).expect(ber::SEQUENCE, "algorithm").ok()?.children().ok()?;
    let id = fields.expect(ber::OID, "algorithm").ok()?.content;
    Some((id, fields.next().ok()?))
}

/// Absent fields have the defaults SHA-1, MGF1 with SHA-1, 20.
fn pss_parameters(parameters: Option<Element<'_>>) -> Option<PssParameters> {
    let mut found = PssParameters { hash: HashAlgorithm::Sha1, mask_hash: HashAlgorithm::Sha1, salt_len: 20 };
    let mut fields = parameters?.children().ok()?;
    while let Some(field) = fields.next().ok()? {
        let value = field.children().ok()?.next().ok()??;
        match field.tag {
            0xa0 => found.hash = digest(identifier(value.raw)?.0)?,
            // The parameter of MGF1 is an AlgorithmIdentifier itself.
            0xa1 => found.mask_hash = digest(identifier(identifier(value.raw)?.1?.raw)?.0)?,
            0xa2 => found.salt_len = value.unsigned("saltLength").ok()?,
            _ => {}
        }
    }
    Some(found)
}

fn digest(id: &[u8]) -> Option<HashAlgorithm> {
    Some(match id {
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => HashAlgorithm::Sha1,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1] => HashAlgorithm::Sha256,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2] => HashAlgorithm::Sha384,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3] => HashAlgorithm::Sha512,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 4] => HashAlgorithm::Sha224,
        _ => return None,
    })
}

impl fmt::Display for HashAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for HashAlgorithm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
