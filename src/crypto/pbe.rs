//! Password-based encryption: PBES1 of PKCS#12 (RFC 7292, appendix C) and PBES2 (RFC 8018).
//!
//! ```text
//! pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
//! PBES2-params ::= SEQUENCE {                              -- RFC 8018, appendix A.4
//!     keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }
//! ```

use zeroize::Zeroizing;

use super::algorithm::{self, Algorithm};
use super::cipher::Cipher;
use super::kdf::{Derivation, Function, Purpose};
use super::pbkdf2::Pbkdf2;
use super::{Hash, Random, Sealing, Secret, fresh};
use crate::ber::{self, Reader};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::password::Password;

/// A password-based encryption scheme without its per-use parameters (salt, IV).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 7292, appendix C: `pbeWithSHAAnd…`.
    Pkcs12(Cipher),
    /// RFC 8018, section 6.2, with PBKDF2.
    Pbes2 {
        prf: Hash,
        cipher: Cipher,
        /// The optional keyLength is written, as the JDK does and OpenSSL does not.
        key_len: bool,
    },
}

/// What is kept of an encryption when its content is sealed again: everything but salt and IV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) scheme: Scheme,
    pub(crate) iterations: u64,
    /// In octets; the fresh salt has the same length.
    pub(crate) salt_len: usize,
}

/// The last arc of each PKCS#12 scheme that is supported, and its name in RFC 7292.
const PKCS12_SCHEMES: [(Cipher, u8, &str); 4] = [
    (Cipher::TripleDes, 3, "pbeWithSHA1And3-KeyTripleDES-CBC"),
    (Cipher::TwoKeyTripleDes, 4, "pbeWithSHA1And2-KeyTripleDES-CBC"),
    (Cipher::Rc2_128, 5, "pbeWithSHA1And128BitRC2-CBC"),
    (Cipher::Rc2_40, 6, "pbeWithSHA1And40BitRC2-CBC"),
];

/// 2.16.840.1.101.3.4.1.{2, 22, 42} and 1.2.840.113549.3.7.
const PBES2_CIPHERS: [(Cipher, &[u8], &str); 4] = [
    (Cipher::Aes128, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02], "AES-128-CBC"),
    (Cipher::Aes192, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16], "AES-192-CBC"),
    (Cipher::Aes256, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a], "AES-256-CBC"),
    (Cipher::TripleDes, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07], "DES-EDE3-CBC"),
];

const SUPPORTED: &str = "PBES2, or pbeWithSHA1And with RC2-CBC or TripleDES-CBC";

impl Scheme {
    /// As files and people name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Pkcs12(cipher) => PKCS12_SCHEMES
                .iter()
                .find(|(known, ..)| known == cipher)
                .map_or("PKCS#12 encryption", |(.., name)| name)
                .to_owned(),
            Self::Pbes2 { prf, cipher, .. } => {
                let cipher = PBES2_CIPHERS.iter().find(|(known, ..)| known == cipher);
                format!("PBES2 (PBKDF2 HMAC-{}, {})", prf.name(), cipher.map_or("?", |(.., name)| name))
            }
        }
    }

    fn iv_len(&self) -> usize {
        match self {
            Self::Pkcs12(_) => 0,
            Self::Pbes2 { cipher, .. } => cipher.block_len(),
        }
    }

    /// True for RC2 and triple DES, which nobody should choose today.
    pub(crate) fn is_legacy(&self) -> bool {
        !matches!(self, Self::Pbes2 { cipher: Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256, .. })
    }

    /// The forms of a password that give different keys: PBKDF2 takes octets without a terminator.
    pub(crate) fn forms<'a>(&self, password: &'a Password, null_first: bool) -> Vec<Secret<'a>> {
        match self {
            Self::Pkcs12(_) => Secret::forms(password, null_first),
            Self::Pbes2 { .. } => vec![Secret { password, null: null_first }],
        }
    }

    /// Of the cipher, in octets.
    pub(crate) fn block_len(&self) -> usize {
        self.cipher().block_len()
    }

    fn cipher(&self) -> Cipher {
        match self {
            Self::Pkcs12(cipher) | Self::Pbes2 { cipher, .. } => *cipher,
        }
    }
}

impl Seal {
    /// What current JDKs write (`PKCS12KeyStore`: PBEWithHmacSHA256AndAES_256, 10,000 iterations).
    pub(crate) const JDK_DEFAULT: Self = Self {
        scheme: Scheme::Pbes2 { prf: Hash::Sha256, cipher: Cipher::Aes256, key_len: true },
        iterations: 10_000,
        salt_len: 20,
    };

    /// True if moving to [`Seal::JDK_DEFAULT`] would make it no stronger.
    pub(crate) fn is_current(&self) -> bool {
        matches!(self.scheme, Scheme::Pbes2 { prf, .. } if prf != Hash::Sha1)
            && !self.scheme.is_legacy()
            && self.iterations >= Self::JDK_DEFAULT.iterations
    }
}

/// An encryption with all its parameters, as an AlgorithmIdentifier holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encryption {
    pub(crate) seal: Seal,
    salt: Vec<u8>,
    /// PBES2 only; PBES1 derives it.
    iv: Vec<u8>,
}

impl Encryption {
    /// Reads the next element of `fields`, an AlgorithmIdentifier.
    ///
    /// # Errors
    /// `Unsupported`, naming the algorithm; `Damaged`.
    pub(crate) fn read(fields: &mut Reader<'_>) -> Result<Self> {
        let algorithm = Algorithm::read(fields, "encryption algorithm")?;
        if algorithm.id == algorithm::PBES2 {
            return Self::pbes2(algorithm.fields("PBES2")?);
        }
        let known = PKCS12_SCHEMES
            .iter()
            .find(|(_, arc, _)| algorithm.id.strip_prefix(algorithm::PKCS12_PBE) == Some(&[*arc]));
        let Some((cipher, _, name)) = known else {
            return Err(algorithm.unsupported("the encryption", SUPPORTED));
        };
        let mut fields = algorithm.fields(name)?;
        let salt = fields.octet_string("salt")?.into_owned();
        let iterations = algorithm::iterations(&mut fields)?;
        fields.finish(name)?;
        let seal = Seal { scheme: Scheme::Pkcs12(*cipher), iterations, salt_len: salt.len() };
        Ok(Self { seal, salt, iv: Vec::new() })
    }

    fn pbes2(mut fields: Reader<'_>) -> Result<Self> {
        let kdf = Pbkdf2::read(&mut fields, "PBES2")?;
        let algorithm = Algorithm::read(&mut fields, "encryption scheme")?;
        fields.finish("PBES2")?;
        let known = PBES2_CIPHERS.iter().find(|(_, id, _)| *id == algorithm.id);
        let Some(&(cipher, _, name)) = known else {
            return Err(algorithm.unsupported("PBES2 with the cipher", "AES-CBC or DES-EDE3-CBC"));
        };
        let iv = algorithm.octets(name)?;
        if iv.len() != cipher.block_len() {
            let (found, expected) = (iv.len(), cipher.block_len());
            return Err(Error::damaged(format!("{name}: an IV of {found} bytes, expected {expected}")));
        }
        let key_len = u64::try_from(cipher.key_len()).unwrap_or(u64::MAX);
        if let Some(found) = kdf.key_len.filter(|&found| found != key_len) {
            return Err(Error::damaged(format!("{name}: a keyLength of {found}, expected {key_len}")));
        }
        let scheme = Scheme::Pbes2 { prf: kdf.prf, cipher, key_len: kdf.key_len.is_some() };
        let seal = Seal { scheme, iterations: kdf.iterations, salt_len: kdf.salt.len() };
        Ok(Self { seal, salt: kdf.salt, iv })
    }

    /// The same algorithm and count with a fresh salt and IV, for `clear` and nothing else.
    pub(crate) fn fresh(
        seal: Seal,
        secret: Secret<'_>,
        clear: &[u8],
        limits: &Limits,
        random: &mut dyn Random,
    ) -> Result<Self> {
        let sealing = Sealing {
            purpose: &seal.scheme.name(),
            password: secret.password,
            content: &[clear],
            iterations: seal.iterations,
            limits,
        };
        let mut salt = fresh(random, seal.salt_len + seal.scheme.iv_len(), &sealing)?;
        let iv = salt.split_off(seal.salt_len);
        Ok(Self { seal, salt, iv })
    }

    /// As [`fresh`](Self::fresh), before it is known for what; `None` if the source must know that.
    pub(crate) fn ahead(seal: Seal, random: &mut dyn Random) -> Result<Option<Self>> {
        let Self { mut salt, mut iv, .. } = Self::blank(seal);
        let filled = random.fill_ahead(&mut salt)? && random.fill_ahead(&mut iv)?;
        Ok(filled.then_some(Self { seal, salt, iv }))
    }

    /// The same algorithm and count, and zeros for salt and IV: as long as a [`fresh`](Self::fresh) one.
    pub(crate) fn blank(seal: Seal) -> Self {
        Self { seal, salt: vec![0; seal.salt_len], iv: vec![0; seal.scheme.iv_len()] }
    }

    /// The AlgorithmIdentifier.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (id, parameters) = match self.seal.scheme {
            Scheme::Pkcs12(cipher) => {
                let known = PKCS12_SCHEMES.iter().find(|(known, ..)| *known == cipher);
                let arc = known.map_or(0, |&(_, arc, _)| arc);
                let salt = ber::der(ber::OCTET_STRING, &[&self.salt]);
                let iterations = ber::der_unsigned(self.seal.iterations);
                ([algorithm::PKCS12_PBE, &[arc]].concat(), ber::der(ber::SEQUENCE, &[&salt, &iterations]))
            }
            Scheme::Pbes2 { cipher, .. } => {
                let known = PBES2_CIPHERS.iter().find(|(known, ..)| *known == cipher);
                let id = ber::der(ber::OID, &[known.map_or(&[][..], |(_, id, _)| *id)]);
                let iv = ber::der(ber::OCTET_STRING, &[&self.iv]);
                let scheme = ber::der(ber::SEQUENCE, &[&id, &iv]);
                let kdf = self.pbkdf2().encode();
                (algorithm::PBES2.to_vec(), ber::der(ber::SEQUENCE, &[&kdf, &scheme]))
            }
        };
        ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[&id]), &parameters])
    }

    /// Decrypts; `None` if it does not fit, which a wrong password is the likeliest cause of.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn decrypt(
        &self,
        secret: Secret<'_>,
        sealed: &[u8],
        limits: &Limits,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.decrypt_parts(secret, sealed.len(), &mut std::iter::once(sealed), limits)
    }

    /// As [`decrypt`](Self::decrypt): `len` octets that come in parts.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn decrypt_parts(
        &self,
        secret: Secret<'_>,
        len: usize,
        parts: &mut dyn Iterator<Item = &[u8]>,
        limits: &Limits,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let KeyAndIv { key, iv } = self.key(secret, limits)?;
        self.seal.scheme.cipher().decrypt(&key, &iv, len, parts)
    }

    /// Decrypts, and gives what is in the clear to `take`, part by part, while that returns true; false if it did not,
    /// or if the octets do not fit.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn decrypt_to(
        &self,
        secret: Secret<'_>,
        sealed: &[u8],
        limits: &Limits,
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool> {
        let KeyAndIv { key, iv } = self.key(secret, limits)?;
        self.seal.scheme.cipher().decrypt_to(&key, &iv, sealed, take)
    }

    /// Encrypts the buffer, which grows to [`sealed_len`](Self::sealed_len), for which there should be room, lest
    /// what is in the clear be moved and left behind.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn encrypt(&self, secret: Secret<'_>, buffer: &mut Vec<u8>, limits: &Limits) -> Result<()> {
        let KeyAndIv { key, iv } = self.key(secret, limits)?;
        self.seal.scheme.cipher().encrypt(&key, &iv, buffer)
    }

    /// Encrypts `len` octets that come in [`Cipher::parts`] of [`sealed_len`](Self::sealed_len) octets; every part that
    /// is done is handed to `done`.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn encrypt_parts<'b>(
        &self,
        secret: Secret<'_>,
        parts: &mut dyn Iterator<Item = &'b mut [u8]>,
        len: usize,
        limits: &Limits,
        done: &mut dyn FnMut(&'b [u8]),
    ) -> Result<()> {
        let KeyAndIv { key, iv } = self.key(secret, limits)?;
        self.seal.scheme.cipher().encrypt_parts(&key, &iv, parts, len, done)
    }

    /// How long `len` octets are when they are encrypted.
    pub(crate) fn sealed_len(&self, len: usize) -> usize {
        self.seal.scheme.cipher().sealed_len(len)
    }

    fn key(&self, secret: Secret<'_>, limits: &Limits) -> Result<KeyAndIv> {
        match self.seal.scheme {
            Scheme::Pkcs12(cipher) => {
                let iterations = self.seal.iterations;
                let work =
                    [cipher.key_len(), cipher.block_len()].map(|len| Hash::Sha1.work(len)).iter().sum();
                limits.spend_iterations(iterations, work)?;
                let derive = |purpose, len| {
                    let function = Function::Pkcs12(purpose);
                    Derivation { function, hash: Hash::Sha1, salt: &self.salt, iterations, len }
                        .booked(secret)
                };
                let key = derive(Purpose::Key, cipher.key_len())?;
                Ok(KeyAndIv { key, iv: derive(Purpose::Iv, cipher.block_len())? })
            }
            Scheme::Pbes2 { cipher, .. } => {
                let key = self.pbkdf2().derive(secret, cipher.key_len(), limits)?;
                Ok(KeyAndIv { key, iv: Zeroizing::new(self.iv.clone()) })
            }
        }
    }

    fn pbkdf2(&self) -> Pbkdf2 {
        let (prf, key_len) = match self.seal.scheme {
            Scheme::Pbes2 { prf, cipher, key_len } => (prf, key_len.then_some(cipher.key_len())),
            Scheme::Pkcs12(_) => (Hash::Sha1, None),
        };
        Pbkdf2 {
            salt: self.salt.clone(),
            iterations: self.seal.iterations,
            key_len: key_len.and_then(|len| u64::try_from(len).ok()),
            prf,
        }
    }
}

/// What a cipher is set up with.
struct KeyAndIv {
    key: Zeroizing<Vec<u8>>,
    iv: Zeroizing<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SystemRandom;

    fn schemes() -> Vec<Scheme> {
        let mut all: Vec<Scheme> =
            PKCS12_SCHEMES.iter().map(|&(cipher, ..)| Scheme::Pkcs12(cipher)).collect();
        for &(cipher, ..) in &PBES2_CIPHERS {
            for prf in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
                all.push(Scheme::Pbes2 { prf, cipher, key_len: prf == Hash::Sha256 });
            }
        }
        all
    }

    #[test]
    fn every_scheme_reads_what_it_writes_and_opens_what_it_seals() {
        let password = Password::new("pässwörd");
        let secret = Secret { password: &password, null: false };
        let limits = Limits::default();
        for scheme in schemes() {
            let seal = Seal { scheme, iterations: 3, salt_len: 64 };
            let encryption = Encryption::fresh(seal, secret, b"content", &limits, &mut SystemRandom).unwrap();
            let encoded = encryption.encode();
            let read = Encryption::read(&mut Reader::new(&encoded, 8)).unwrap();
            assert_eq!(read, encryption, "{}", scheme.name());
            let mut sealed = b"content".to_vec();
            encryption.encrypt(secret, &mut sealed, &limits).unwrap();
            assert_eq!(**read.decrypt(secret, &sealed, &limits).unwrap().unwrap(), *b"content");
        }
    }

    #[test]
    fn names_are_those_people_know() {
        assert_eq!(Seal::JDK_DEFAULT.scheme.name(), "PBES2 (PBKDF2 HMAC-SHA256, AES-256-CBC)");
        assert_eq!(Scheme::Pkcs12(Cipher::Rc2_40).name(), "pbeWithSHA1And40BitRC2-CBC");
        assert!(Scheme::Pkcs12(Cipher::TripleDes).is_legacy());
        assert!(!Seal::JDK_DEFAULT.scheme.is_legacy());
    }

    #[test]
    fn iterations_are_booked_before_they_are_done() {
        let seal = Seal { iterations: u64::MAX, ..Seal::JDK_DEFAULT };
        let password = Password::new("");
        let secret = Secret { password: &password, null: false };
        let limits = Limits::default();
        let encryption = Encryption::fresh(seal, secret, &[], &limits, &mut SystemRandom).unwrap();
        assert!(encryption.decrypt(secret, &[], &limits).unwrap_err().is_limit_exceeded());
    }

    #[test]
    fn key_and_initialization_vector_are_booked_before_either_is_derived() {
        let seal = Seal { scheme: Scheme::Pkcs12(Cipher::TripleDes), iterations: 1_000, salt_len: 8 };
        let password = Password::new("changeit");
        let secret = Secret { password: &password, null: false };
        // Two blocks of SHA-1 for the key, and one for the IV.
        for (max_iterations, is_enough) in [(2_999, false), (3_000, true)] {
            let limits = Limits { max_iterations, ..Limits::default() };
            let decrypted = Encryption::blank(seal).decrypt(secret, &[], &limits);
            assert_eq!(decrypted.is_ok(), is_enough);
            let salt = vec![0; 8];
            let key = Derivation {
                function: Function::Pkcs12(Purpose::Key),
                hash: Hash::Sha1,
                salt: &salt,
                iterations: 1_000,
                len: 24,
            };
            assert_eq!(key.is_known(secret), is_enough);
        }
    }

    #[test]
    fn unsupported_schemes_are_refused_by_name() {
        let rc4 = ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[algorithm::PKCS12_PBE, &[1]])]);
        let error = Encryption::read(&mut Reader::new(&rc4, 8)).unwrap_err();
        assert!(error.is_unsupported());
        assert!(error.message().contains("pbeWithSHAAnd128BitRC4 (1.2.840.113549.1.12.1.1)"), "{error}");
    }
}
