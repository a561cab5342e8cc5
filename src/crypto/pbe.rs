//! Password-based encryption: PBES1 of PKCS#12 (RFC 7292, appendix C) and PBES2 (RFC 8018).

use super::Hash;

/// A password-based encryption scheme without its per-use parameters (salt, IV).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 7292, appendix C: `pbeWithSHAAnd…`.
    Pkcs12(Pkcs12Cipher),
    /// RFC 8018, section 6.2, with PBKDF2.
    Pbes2 { prf: Hash, cipher: Cipher },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pkcs12Cipher {
    Rc2_40,
    Rc2_128,
    TwoKeyTripleDes,
    ThreeKeyTripleDes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128Cbc,
    Aes192Cbc,
    Aes256Cbc,
    TripleDesCbc,
}

/// What is kept of an encryption when its content is sealed again: everything but salt and IV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) scheme: Scheme,
    pub(crate) iterations: u64,
    /// In octets; the fresh salt has the same length.
    pub(crate) salt_len: usize,
}

impl Seal {
    /// What current JDKs write (`PKCS12KeyStore`: PBEWithHmacSHA256AndAES_256, 10,000 iterations).
    pub(crate) const JDK_DEFAULT: Self = Self {
        scheme: Scheme::Pbes2 { prf: Hash::Sha256, cipher: Cipher::Aes256Cbc },
        iterations: 10_000,
        salt_len: 20,
    };
}
