//! The hash functions of PKCS#12 files, by their object identifiers.

use crate::ber;

/// A hash function, as PKCS#12 files name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    Sha512_224,
    Sha512_256,
}

/// Runs `$body` with the type `$D` of a hash function.
macro_rules! with_hash {
    ($hash:expr, $D:ident => $body:expr) => {
        match $hash {
            $crate::crypto::Hash::Sha1 => {
                type $D = sha1::Sha1;
                $body
            }
            $crate::crypto::Hash::Sha224 => {
                type $D = sha2::Sha224;
                $body
            }
            $crate::crypto::Hash::Sha256 => {
                type $D = sha2::Sha256;
                $body
            }
            $crate::crypto::Hash::Sha384 => {
                type $D = sha2::Sha384;
                $body
            }
            $crate::crypto::Hash::Sha512 => {
                type $D = sha2::Sha512;
                $body
            }
            $crate::crypto::Hash::Sha512_224 => {
                type $D = sha2::Sha512_224;
                $body
            }
            $crate::crypto::Hash::Sha512_256 => {
                type $D = sha2::Sha512_256;
                $body
            }
        }
    };
}
pub(crate) use with_hash;

/// 1.2.840.113549.2: `hmacWith…` by their last arc (RFC 8018, appendix B.1).
const HMACS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02];
/// 2.16.840.1.101.3.4.2: the SHA-2 family by its last arc (RFC 8017, appendix B.1).
const SHA2: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
/// 1.3.14.3.2.26.
const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];

/// Each with the last arc of its HMAC and, but for SHA-1, of its digest.
const ARCS: [(Hash, u8, u8); 7] = [
    (Hash::Sha1, 7, 0),
    (Hash::Sha224, 8, 4),
    (Hash::Sha256, 9, 1),
    (Hash::Sha384, 10, 2),
    (Hash::Sha512, 11, 3),
    (Hash::Sha512_224, 12, 5),
    (Hash::Sha512_256, 13, 6),
];

impl Hash {
    /// As files and people write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
            Self::Sha512_224 => "SHA512/224",
            Self::Sha512_256 => "SHA512/256",
        }
    }

    /// In octets.
    pub(crate) fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 | Self::Sha512_224 => 28,
            Self::Sha256 | Self::Sha512_256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// In octets: `v` of RFC 7292, appendix B.2.
    pub(crate) fn block_len(self) -> usize {
        match self {
            Self::Sha1 | Self::Sha224 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 | Self::Sha512_224 | Self::Sha512_256 => 128,
        }
    }

    /// What one iteration of a derivation costs that gives `len` octets: 1 for every block of output, and for
    /// the hashes of 64-bit words, for which processors have no instructions, 3.
    pub(crate) fn work(self, len: usize) -> u64 {
        let blocks = u64::try_from(len.div_ceil(self.output_len()).max(1)).unwrap_or(u64::MAX);
        blocks.saturating_mul(if self.block_len() > 64 { 3 } else { 1 })
    }

    /// The hash of an `hmacWith…` object identifier.
    pub(crate) fn of_hmac(id: &[u8]) -> Option<Self> {
        let arc = last_arc(id, HMACS)?;
        ARCS.iter().find(|(_, hmac, _)| *hmac == arc).map(|(hash, ..)| *hash)
    }

    /// The hash of a digest's object identifier.
    pub(crate) fn of_digest(id: &[u8]) -> Option<Self> {
        if id == SHA1 {
            return Some(Self::Sha1);
        }
        let arc = last_arc(id, SHA2)?;
        ARCS.iter().find(|(_, _, digest)| *digest == arc && arc != 0).map(|(hash, ..)| *hash)
    }

    /// `hmacWith…` with NULL parameters (RFC 8018, appendix B.1.2).
    pub(crate) fn hmac_algorithm(self) -> Vec<u8> {
        algorithm(&[HMACS, &[self.arcs().0]])
    }

    /// The digest with NULL parameters, as the JDK and OpenSSL write it.
    pub(crate) fn digest_algorithm(self) -> Vec<u8> {
        match self {
            Self::Sha1 => algorithm(&[SHA1]),
            _ => algorithm(&[SHA2, &[self.arcs().1]]),
        }
    }

    fn arcs(self) -> (u8, u8) {
        ARCS.iter().find(|(hash, ..)| *hash == self).map_or((0, 0), |&(_, hmac, digest)| (hmac, digest))
    }
}

fn last_arc(id: &[u8], prefix: &[u8]) -> Option<u8> {
    match id.strip_prefix(prefix)? {
        [arc] => Some(*arc),
        _ => None,
    }
}

fn algorithm(id: &[&[u8]]) -> Vec<u8> {
    ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, id), &ber::der(ber::NULL, &[])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_lead_back_to_their_hash() {
        for (hash, ..) in ARCS {
            let id = |algorithm: &[u8]| algorithm[4..algorithm.len() - 2].to_vec();
            assert_eq!(Hash::of_hmac(&id(&hash.hmac_algorithm())), Some(hash));
            assert_eq!(Hash::of_digest(&id(&hash.digest_algorithm())), Some(hash));
        }
    }

    #[test]
    fn an_iteration_costs_one_for_each_block_and_three_with_words_of_64_bits() {
        for (hash, len, work) in [
            (Hash::Sha1, 20, 1),
            (Hash::Sha1, 32, 2),
            (Hash::Sha256, 32, 1),
            (Hash::Sha256, 0, 1),
            (Hash::Sha384, 48, 3),
            (Hash::Sha512, 65, 6),
        ] {
            assert_eq!(hash.work(len), work, "{hash:?} {len}");
        }
    }
}
