//! The MAC over a PKCS#12 store: HMAC with the PKCS#12 key derivation (RFC 7292, appendix B) or PBMAC1
//! (RFC 9579).

use super::Hash;

/// What is kept of a MAC when it is computed again: everything but the salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MacScheme {
    pub(crate) kind: MacKind,
    pub(crate) iterations: u64,
    /// In octets; the fresh salt has the same length.
    pub(crate) salt_len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MacKind {
    /// RFC 7292: HMAC keyed by the PKCS#12 key derivation, both with this hash.
    Pkcs12(Hash),
    /// RFC 9579: PBKDF2 with `prf`, then HMAC with `hash` and a key of `key_len` octets.
    Pbmac1 { prf: Hash, hash: Hash, key_len: usize },
}

impl MacScheme {
    /// What current JDKs write (`PKCS12KeyStore`: HmacPBESHA256, 10,000 iterations).
    pub(crate) const JDK_DEFAULT: Self =
        Self { kind: MacKind::Pkcs12(Hash::Sha256), iterations: 10_000, salt_len: 20 };
}
