//! Key derivation of PKCS#12 (RFC 7292, appendix B) and PBKDF2 (RFC 8018, section 5.2).

use sha1::Digest;
use zeroize::{Zeroize, Zeroizing};

use super::hash::with_hash;
use super::{Hash, Secret};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// What derived octets are for (RFC 7292, appendix B.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// One derivation of a key, or of an initialization vector, with all that goes into it but the password.
pub(crate) struct Derivation<'a> {
    pub(crate) function: Function,
    pub(crate) hash: Hash,
    pub(crate) salt: &'a [u8],
    pub(crate) iterations: u64,
    /// Of what is derived, in octets.
    pub(crate) len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Pkcs12(Purpose),
    Pbkdf2,
}

impl Derivation<'_> {
    /// The octets, after the work has been booked.
    ///
    /// # Errors
    /// `LimitExceeded` before anything is derived.
    pub(crate) fn octets(&self, secret: Secret<'_>, limits: &Limits) -> Result<Zeroizing<Vec<u8>>> {
        limits.spend_iterations(self.iterations, self.hash.work(self.len))?;
        self.booked(secret)
    }

    /// The octets, for who has booked the work.
    ///
    /// # Errors
    /// `LimitExceeded` for more iterations than PBKDF2 takes.
    pub(super) fn booked(&self, secret: Secret<'_>) -> Result<Zeroizing<Vec<u8>>> {
        let Self { function, hash, salt, iterations, len } = *self;
        secret.password.derived(&self.name(secret), || match function {
            Function::Pkcs12(purpose) => Ok(pkcs12(hash, purpose, &secret.bmp(), salt, iterations, len)),
            Function::Pbkdf2 => pbkdf2(hash, secret.utf8(), salt, iterations, len),
        })
    }

    /// Whether the octets are known, so that they cost nothing.
    pub(crate) fn is_known(&self, secret: Secret<'_>) -> bool {
        secret.password.known(&self.name(secret)).is_some()
    }

    /// What tells it from every other derivation with the same password. All but the salt, which stands last, has a
    /// length of its own.
    fn name(&self, secret: Secret<'_>) -> Vec<u8> {
        let function = match self.function {
            Function::Pkcs12(purpose) => purpose as u8,
            Function::Pbkdf2 => 0,
        };
        let len = u64::try_from(self.len).unwrap_or(u64::MAX);
        let mut name = vec![function, self.hash as u8, secret.null.into()];
        name.extend_from_slice(&self.iterations.to_be_bytes());
        name.extend_from_slice(&len.to_be_bytes());
        name.extend_from_slice(self.salt);
        name
    }
}

/// The PKCS#12 key derivation; `password` is a BMPString with its terminator, or no octets.
fn pkcs12(
    hash: Hash,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    len: usize,
) -> Zeroizing<Vec<u8>> {
    with_hash!(hash, D => derive::<D>(hash.block_len(), purpose as u8, password, salt, iterations, len))
}

/// RFC 7292, appendix B.2; the variables have their names from there.
fn derive<D: Digest>(v: usize, id: u8, password: &[u8], salt: &[u8], r: u64, n: usize) -> Zeroizing<Vec<u8>> {
    let d = vec![id; v];
    let filled = |octets: &[u8]| octets.len().div_ceil(v) * v;
    // All capacity at once: growing would leave unwiped copies behind.
    let mut i = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
    i.extend(salt.iter().cycle().take(filled(salt)));
    i.extend(password.iter().cycle().take(filled(password)));
    let mut derived = Zeroizing::new(Vec::with_capacity(n + <D as Digest>::output_size()));
    while derived.len() < n {
        let mut a = D::new().chain_update(&d).chain_update(i.as_slice()).finalize();
        for _ in 1..r {
            a = D::digest(&a);
        }
        derived.extend_from_slice(&a);
        let b: Zeroizing<Vec<u8>> = Zeroizing::new(a.iter().cycle().take(v).copied().collect());
        for block in i.chunks_mut(v) {
            add_and_one(block, &b);
        }
        a.as_mut_slice().zeroize();
    }
    derived.truncate(n);
    derived
}

/// `block = block + other + 1`, both big endian, without the carry out.
fn add_and_one(block: &mut [u8], other: &[u8]) {
    let mut carry = 1;
    for (octet, &add) in block.iter_mut().zip(other).rev() {
        let sum = u16::from(*octet) + u16::from(add) + carry;
        let [high, low] = sum.to_be_bytes();
        *octet = low;
        carry = high.into();
    }
}

/// PBKDF2 with HMAC.
///
/// # Errors
/// `LimitExceeded` for more iterations than fit 32 bits, whatever the limits say.
pub(crate) fn pbkdf2(
    prf: Hash,
    password: &[u8],
    salt: &[u8],
    iterations: u64,
    len: usize,
) -> Result<Zeroizing<Vec<u8>>> {
    let rounds = u32::try_from(iterations).map_err(|_| {
        Error::new(ErrorKind::LimitExceeded, format!("{iterations} iterations: PBKDF2 takes 4294967295"))
    })?;
    let mut key = Zeroizing::new(vec![0; len]);
    with_hash!(prf, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, rounds, &mut key));
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::Password;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|b| format!("{b:02x}")).collect()
    }

    fn bmp(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect()
    }

    // Computed by `openssl kdf -keylen N -kdfopt digest:… -kdfopt hexpass:… -kdfopt hexsalt:…
    // -kdfopt iter:… -kdfopt id:… PKCS12KDF` of OpenSSL 3.0.19.
    #[test]
    fn the_pkcs12_derivation_gives_what_openssl_gives() {
        #[rustfmt::skip]
        let rows = [
            (Hash::Sha1, Purpose::Key, "smeg", b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f".to_vec(), 1, 24, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
            (Hash::Sha1, Purpose::Mac, "queeg", b"\x05\xde\xc9\x59\xac\xff\x72\xf7".repeat(9), 1000, 100, "2bf1c85075215d2da94b3673d175449bf9e3b676f9db1e26dafdff726d38b7621828950fe576de428312aa10854dc6a5aac51084f9f4dc84cc8bea0a86f7e4d2d8783a84b2cbab9dceb6daef1cd98ebc6455ef63c40e1fa72761e18451da0deb8a94216d"),
            (Hash::Sha1, Purpose::Iv, "", b"\xde\xad\xbe\xef".to_vec(), 7, 8, "21fcaa40a03b0bf7"),
            (Hash::Sha224, Purpose::Key, "smeg", b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f".to_vec(), 1, 24, "9622b087ffe5dcb2a6e1673a4411500067e710b4e6634dcf"),
            (Hash::Sha224, Purpose::Mac, "queeg", b"\x05\xde\xc9\x59\xac\xff\x72\xf7".repeat(9), 1000, 100, "49e1cc23727bf21ad9d0e92dfe1cfc90740e33612cc00e0b084a01aee76d1b2f868145d755a07017865152c7977ed5b489709bfbd2f2b645c11c167edb9fc885b74517ae2d5a7c4a4d1b706798e248df1e200fd6448fb69b61ea7451cdb49a65caeecab1"),
            (Hash::Sha224, Purpose::Iv, "", b"\xde\xad\xbe\xef".to_vec(), 7, 8, "1f10fb609e7b25b6"),
            (Hash::Sha256, Purpose::Key, "smeg", b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f".to_vec(), 1, 24, "27e90d7ed5a1c411ba878bc090f5cebe5e9d5fe3d62b73aa"),
            (Hash::Sha256, Purpose::Mac, "queeg", b"\x05\xde\xc9\x59\xac\xff\x72\xf7".repeat(9), 1000, 100, "0b8c3c3eb86b74b1db1d997cd82a669f6ada7748147884b5416c0f6d1c4ffb2898c1153a15af6336bb4907f06395d262d9c51c224e93e53a940293212ed1607082370563090646be20a121d4bc0e0bda6682de12bbae1dd616a8e46061fb65f5509e7309"),
            (Hash::Sha256, Purpose::Iv, "", b"\xde\xad\xbe\xef".to_vec(), 7, 8, "838df7863fae938c"),
            (Hash::Sha384, Purpose::Key, "smeg", b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f".to_vec(), 1, 24, "17d50f1f218a3bc96e1041baecf0a1f2119956552bd03880"),
            (Hash::Sha384, Purpose::Mac, "queeg", b"\x05\xde\xc9\x59\xac\xff\x72\xf7".repeat(9), 1000, 100, "31663c7b6c0584ba23eb34bf4850b5953bcc64edd2279d13a0176afd9e71aa3593d198a8e2f4b18db81f68ce7bb321b0669c938301f3c4a3bc5f24443f66cdbc6d453e23468b38d6eb1e0b68042f8f97a9b31b67402fbafc95b7bb591cf506d254ce39b0"),
            (Hash::Sha384, Purpose::Iv, "", b"\xde\xad\xbe\xef".to_vec(), 7, 8, "8c71aeaf77c7e135"),
            (Hash::Sha512, Purpose::Key, "smeg", b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f".to_vec(), 1, 24, "1304a9f00153742524127d51d598bc047e64090309ca84eb"),
            (Hash::Sha512, Purpose::Mac, "queeg", b"\x05\xde\xc9\x59\xac\xff\x72\xf7".repeat(9), 1000, 100, "b2587204c6cbda975c143740c4d3309850ac282bf83fb0e44f0fb90f2f76ae37ed6f81cfe5b0709a7920bc5dee028715c7e18dd0da540d7baf112a4a7f08878b3147a66d211a2da922123f1d4ba1df0a7fead9c9b1f18cfca8bda6e10604a9d78d1a1b95"),
            (Hash::Sha512, Purpose::Iv, "", b"\xde\xad\xbe\xef".to_vec(), 7, 8, "6189d84cd5874916"),
        ];
        for (hash, purpose, password, salt, iterations, len, expected) in rows {
            let key = pkcs12(hash, purpose, &bmp(password), &salt, iterations, len);
            assert_eq!(hex(&key), expected, "{hash:?} {purpose:?}");
        }
    }

    #[test]
    fn pbkdf2_gives_what_rfc_6070_says() {
        let key = pbkdf2(Hash::Sha1, b"password", b"salt", 4096, 20).unwrap();
        assert_eq!(hex(&key), "4b007901b765489abead49d926f721d065a429c1");
        assert!(pbkdf2(Hash::Sha1, b"", b"", u64::MAX, 20).unwrap_err().is_limit_exceeded());
    }

    #[test]
    fn what_is_known_is_told_from_all_else_and_booked_like_it() {
        let base = || Derivation {
            function: Function::Pkcs12(Purpose::Key),
            hash: Hash::Sha256,
            salt: b"salt",
            iterations: 2,
            len: 32,
        };
        let derivations = [
            base(),
            Derivation { function: Function::Pkcs12(Purpose::Iv), ..base() },
            Derivation { function: Function::Pkcs12(Purpose::Mac), ..base() },
            Derivation { function: Function::Pbkdf2, ..base() },
            Derivation { hash: Hash::Sha512_256, ..base() },
            Derivation { salt: b"sal", ..base() },
            Derivation { iterations: 3, ..base() },
            Derivation { len: 33, ..base() },
        ];
        let limits = Limits { max_iterations: 10_000, ..Limits::default() };
        let octets = |derivation: &Derivation<'_>, password: &Password, null| {
            derivation.octets(Secret { password, null }, &limits).unwrap()
        };
        let shared = Password::new("");
        for null in [false, true, false, true] {
            for derivation in &derivations {
                let fresh = octets(derivation, &Password::new(""), null);
                assert_eq!(octets(derivation, &shared, null), fresh);
                assert!(derivation.is_known(Secret { password: &shared, null }));
            }
        }
        let poor = Limits { max_iterations: 3, ..Limits::default() };
        let secret = Secret { password: &shared, null: true };
        base().octets(secret, &poor).unwrap();
        assert!(base().octets(secret, &poor).unwrap_err().is_limit_exceeded());
    }
}
