//! How JKS and JCEKS seal a private key: Sun's key protector and SunJCE's.
//!
//! ```text
//! EncryptedPrivateKeyInfo ::= SEQUENCE {                   -- RFC 5208, section 6
//!     encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
//! ```
//!
//! JKS (`sun.security.provider.KeyProtector`): `encryptedData = salt[20] || key ^ stream || digest[20]`,
//! `stream = d1 || d2 || …` with `d0 = salt` and `di = SHA-1(password || di-1)`,
//! `digest = SHA-1(password || key)`; the password in UTF-16BE.
//!
//! JCEKS (`com.sun.crypto.provider.KeyProtector`): PBEWithMD5AndTripleDES, in CBC mode with the padding of
//! RFC 8018; the password in ASCII. JCEKS files from before it hold keys as JKS does.

use md5::Md5;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::algorithm::{self, Algorithm};
use super::cipher::Cipher;
use super::private_key::PrivateKey;
use super::{Random, Sealing, fresh};
use crate::ber::{self, Reader};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;

/// 1.3.6.1.4.1.42.2.17.1.1.
const SUN: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x11, 0x01, 0x01];
/// 1.3.6.1.4.1.42.2.19.1.
const SUN_JCE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x13, 0x01];

const SUPPORTED: &str = "Sun's key protector (1.3.6.1.4.1.42.2.17.1.1) or PBEWithMD5AndTripleDES \
                         (1.3.6.1.4.1.42.2.19.1)";
const DIGEST_LEN: usize = 20;
const SALT_LEN: usize = 8;
/// An iteration hashes each half of the salt once, which costs what one of PBKDF2 with HMAC does.
const WORK: u64 = 1;
/// JDK `com.sun.crypto.provider.KeyProtector`, `jdk.jceks.iterationCount`.
const JDK_ITERATIONS: u64 = 200_000;

/// A sealed private key of a JKS or JCEKS file.
pub(crate) struct ProtectedKey {
    protection: Protection,
    sealed: Vec<u8>,
}

enum Protection {
    Sun,
    SunJce { salt: [u8; SALT_LEN], iterations: u64 },
}

impl ProtectedKey {
    /// Reads an EncryptedPrivateKeyInfo.
    ///
    /// # Errors
    /// `Unsupported`, naming the algorithm; `Damaged`.
    pub(crate) fn read(der: &[u8], max_depth: u8) -> Result<Self> {
        let mut reader = Reader::new(der, max_depth);
        let mut fields = reader.expect(ber::SEQUENCE, "EncryptedPrivateKeyInfo")?.children()?;
        reader.finish("EncryptedPrivateKeyInfo")?;
        let algorithm = Algorithm::read(&mut fields, "encryptionAlgorithm")?;
        let sealed = fields.octet_string("encryptedData")?.into_owned();
        fields.finish("EncryptedPrivateKeyInfo")?;
        let protection = match algorithm.id {
            SUN => Protection::Sun,
            SUN_JCE => {
                let name = "PBEWithMD5AndTripleDES";
                let mut fields = algorithm.fields(name)?;
                let salt = fields.octet_string("salt")?;
                let salt = <[u8; SALT_LEN]>::try_from(&salt[..]).map_err(|_| {
                    Error::damaged(format!("{name}: a salt of {} bytes, expected {SALT_LEN}", salt.len()))
                })?;
                let iterations = algorithm::iterations(&mut fields)?;
                fields.finish(name)?;
                Protection::SunJce { salt, iterations }
            }
            _ => return Err(algorithm.unsupported("the key protection", SUPPORTED)),
        };
        Ok(Self { protection, sealed })
    }

    /// Opens it.
    ///
    /// # Errors
    /// `WrongPassword`; `Damaged` for what no password opens; `LimitExceeded` before the key is derived.
    pub(crate) fn recover(&self, password: &Password, limits: &Limits) -> Result<PrivateKey> {
        match &self.protection {
            // The digest is over the key, so what fits it is what was sealed.
            Protection::Sun => PrivateKey::from_clear(self.recover_sun(password)?),
            Protection::SunJce { salt, iterations } => {
                let block = Cipher::TripleDes.block_len();
                if self.sealed.is_empty() || !self.sealed.len().is_multiple_of(block) {
                    let len = self.sealed.len();
                    return Err(Error::damaged(format!(
                        "a sealed key of {len} bytes, expected a multiple of {block}"
                    )));
                }
                if !is_ascii(password) {
                    return Err(wrong_password());
                }
                limits.spend_iterations(*iterations, WORK)?;
                let derived = derive(password.as_str().as_bytes(), *salt, *iterations);
                let (key, iv) = derived.split_at(Cipher::TripleDes.key_len());
                let clear = Cipher::TripleDes
                    .decrypt(key, iv, self.sealed.len(), &mut std::iter::once(&*self.sealed))?
                    .ok_or_else(wrong_password)?;
                PrivateKey::from_clear(clear).map_err(|_| wrong_password())
            }
        }
    }

    fn recover_sun(&self, password: &Password) -> Result<Zeroizing<Vec<u8>>> {
        let too_short = || {
            let found = self.sealed.len();
            Error::damaged(format!("a sealed key of {found} bytes, expected at least {}", 2 * DIGEST_LEN))
        };
        let (salt, rest) = self.sealed.split_at_checked(DIGEST_LEN).ok_or_else(too_short)?;
        let len = rest.len().checked_sub(DIGEST_LEN).ok_or_else(too_short)?;
        let (sealed, digest) = rest.split_at(len);
        let password = password.utf16_be();
        let mut clear = Zeroizing::new(sealed.to_vec());
        mask(&mut clear, &password, salt);
        match bool::from(sun_digest(&password, &clear).as_slice().ct_eq(digest)) {
            true => Ok(clear),
            false => Err(wrong_password()),
        }
    }
}

/// The key as a JKS file holds it.
///
/// # Errors
/// If there are no random numbers; `LimitExceeded`.
pub(crate) fn protect_for_jks(
    key: &PrivateKey,
    password: &Password,
    limits: &Limits,
    random: &mut dyn Random,
) -> Result<Vec<u8>> {
    let sealing = Sealing { purpose: "JKS key", password, content: &[key.pkcs8()], iterations: 1, limits };
    let salt = fresh(random, DIGEST_LEN, &sealing)?;
    let password = password.utf16_be();
    let mut sealed = Zeroizing::new(key.pkcs8().to_vec());
    mask(&mut sealed, &password, &salt);
    let digest = sun_digest(&password, key.pkcs8());
    let algorithm = ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[SUN]), &ber::der(ber::NULL, &[])]);
    Ok(ber::der(ber::SEQUENCE, &[&algorithm, &ber::der(ber::OCTET_STRING, &[&salt, &sealed, &digest])]))
}

/// The key as a JCEKS file holds it.
///
/// # Errors
/// `Refused` for a password that is not ASCII, as in the JDK; `LimitExceeded`.
pub(crate) fn protect_for_jceks(
    key: &PrivateKey,
    password: &Password,
    limits: &Limits,
    random: &mut dyn Random,
) -> Result<Vec<u8>> {
    if !is_ascii(password) {
        return Err(Error::new(
            ErrorKind::Refused,
            "the password has characters beyond ASCII, with which JCEKS cannot protect a key; \
             --new-key-password-file gives another",
        ));
    }
    limits.spend_iterations(JDK_ITERATIONS, WORK)?;
    let sealing = Sealing {
        purpose: "JCEKS key",
        password,
        content: &[key.pkcs8()],
        iterations: JDK_ITERATIONS,
        limits,
    };
    let salt = fresh(random, SALT_LEN, &sealing)?;
    let octets = <[u8; SALT_LEN]>::try_from(salt.as_slice()).unwrap_or_default();
    let derived = derive(password.as_str().as_bytes(), octets, JDK_ITERATIONS);
    let (cipher_key, iv) = derived.split_at(Cipher::TripleDes.key_len());
    // Encrypting happens in place; with the room for the padding nothing is moved and left behind.
    let mut buffer = Vec::with_capacity(key.pkcs8().len() + Cipher::TripleDes.block_len());
    buffer.extend_from_slice(key.pkcs8());
    Cipher::TripleDes.encrypt(cipher_key, iv, &mut buffer)?;
    let salt = ber::der(ber::OCTET_STRING, &[&salt]);
    let parameters = ber::der(ber::SEQUENCE, &[&salt, &ber::der_unsigned(JDK_ITERATIONS)]);
    let algorithm = ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[SUN_JCE]), &parameters]);
    Ok(ber::der(ber::SEQUENCE, &[&algorithm, &ber::der(ber::OCTET_STRING, &[&buffer])]))
}

fn wrong_password() -> Error {
    Error::new(ErrorKind::WrongPassword, "the password does not open the key, or the key is damaged")
}

/// What the JDK takes (`com.sun.crypto.provider.PBEKey`).
fn is_ascii(password: &Password) -> bool {
    password.as_str().bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// Applies Sun's key stream, in both directions.
fn mask(octets: &mut [u8], password: &[u8], salt: &[u8]) {
    let mut block = Zeroizing::new(salt.to_vec());
    for chunk in octets.chunks_mut(DIGEST_LEN) {
        let mut digest = Sha1::new().chain_update(password).chain_update(block.as_slice()).finalize();
        block.copy_from_slice(&digest);
        digest.as_mut_slice().zeroize();
        for (octet, key) in chunk.iter_mut().zip(block.iter()) {
            *octet ^= key;
        }
    }
}

fn sun_digest(password: &[u8], clear: &[u8]) -> [u8; DIGEST_LEN] {
    Sha1::new().chain_update(password).chain_update(clear).finalize().into()
}

/// The key and the initialization vector of PBEWithMD5AndTripleDES (JDK
/// `com.sun.crypto.provider.PBES1Core.deriveCipherKey`): each half of the salt is digested on its own.
fn derive(password: &[u8], salt: [u8; SALT_LEN], iterations: u64) -> Zeroizing<Vec<u8>> {
    let [a, b, c, d, e, f, g, h] = salt;
    let (first, second) = ([a, b, c, d], [e, f, g, h]);
    // Of two equal halves one is turned around.
    let first = if first == second { [d, c, b, a] } else { first };
    let mut derived = Zeroizing::new(Vec::with_capacity(32));
    for half in [first, second] {
        let mut digest = Md5::new().chain_update(half).chain_update(password).finalize();
        for _ in 1..iterations {
            digest = Md5::new().chain_update(digest).chain_update(password).finalize();
        }
        derived.extend_from_slice(&digest);
        digest.as_mut_slice().zeroize();
    }
    derived
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SystemRandom;

    // Computed by `javax.crypto.Cipher` "PBEWithMD5AndTripleDES" of OpenJDK 17 with the password
    // "changeit" on the octets "private".
    #[test]
    fn the_derivation_gives_what_the_jdk_gives() {
        for (salt, iterations, expected) in [
            ([1, 2, 3, 4, 5, 6, 7, 8], 1, 0xde6f_ae95_ced5_f67d_u64),
            ([1, 2, 3, 4, 5, 6, 7, 8], 1000, 0x3b50_2408_47b9_55f2),
            ([1, 2, 3, 4, 1, 2, 3, 4], 1, 0x4299_d5b2_c06d_fc54),
            ([1, 2, 3, 4, 1, 2, 3, 4], 1000, 0x4146_0d75_c876_5e02),
            ([9, 8, 7, 6, 9, 8, 7, 6], 1000, 0xd604_bd8e_eb83_fd1c),
        ] {
            let derived = derive(b"changeit", salt, iterations);
            let (key, iv) = derived.split_at(24);
            let mut sealed = b"private".to_vec();
            Cipher::TripleDes.encrypt(key, iv, &mut sealed).unwrap();
            assert_eq!(sealed, expected.to_be_bytes(), "{salt:?} {iterations}");
        }
    }

    #[test]
    fn what_no_password_opens_is_damaged_and_the_rest_a_wrong_password() {
        let info =
            [&[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32][..], &[7; 32]].concat();
        let key = PrivateKey::from_pkcs8(info).unwrap();
        let (right, wrong) = (Password::new("right"), Password::new("wrong"));
        let limits = Limits::default();
        for der in [
            protect_for_jks(&key, &right, &limits, &mut SystemRandom).unwrap(),
            protect_for_jceks(&key, &right, &limits, &mut SystemRandom).unwrap(),
        ] {
            let mut protected = ProtectedKey::read(&der, 8).unwrap();
            assert!(protected.recover(&right, &limits).unwrap().is(&key));
            assert!(protected.recover(&wrong, &limits).unwrap_err().is_wrong_password());
            protected.sealed.truncate(39);
            assert!(protected.recover(&right, &limits).unwrap_err().is_damaged());
        }
    }

    #[test]
    fn iterations_are_booked_before_they_are_done() {
        let protection = Protection::SunJce { salt: [0; 8], iterations: u64::MAX };
        let protected = ProtectedKey { protection, sealed: vec![0; 8] };
        let error = protected.recover(&Password::new(""), &Limits::default()).unwrap_err();
        assert!(error.is_limit_exceeded(), "{error}");
    }

    #[test]
    fn other_protections_are_refused_by_name() {
        let rc4 = ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[algorithm::PKCS12_PBE, &[1]])]);
        let info = ber::der(ber::SEQUENCE, &[&rc4, &ber::der(ber::OCTET_STRING, &[])]);
        let Err(error) = ProtectedKey::read(&info, 8) else { panic!("read") };
        assert!(error.is_unsupported() && error.message().contains("RC4"), "{error}");
    }
}
