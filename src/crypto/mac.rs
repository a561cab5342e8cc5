//! The MAC over a PKCS#12 store: HMAC with the PKCS#12 key derivation (RFC 7292, appendix B) or PBMAC1
//! (RFC 9579).
//!
//! ```text
//! MacData ::= SEQUENCE {                                   -- RFC 7292, section 4
//!     mac        SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING },
//!     macSalt    OCTET STRING,
//!     iterations INTEGER DEFAULT 1 }
//! PBMAC1-params ::= SEQUENCE {                             -- RFC 8018, appendix A.5
//!     keyDerivationFunc AlgorithmIdentifier, messageAuthScheme AlgorithmIdentifier }
//! ```

use hmac::{Hmac, KeyInit, Mac};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::algorithm::{self, Algorithm};
use super::hash::with_hash;
use super::kdf::{Derivation, Function, Purpose};
use super::pbkdf2::Pbkdf2;
use super::{Hash, Random, Sealing, Secret, fresh};
use crate::ber::{self, Element, Reader};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::parallel;
use crate::password::Password;

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

/// Lengths of a PBMAC1 key: RFC 9579, section 5, asks for 20 octets at least; no HMAC of ours has more
/// than 64 of output.
const PBMAC1_KEY_LENGTHS: std::ops::RangeInclusive<u64> = 20..=64;
/// The fields that PBMAC1 does not use are filled as in RFC 9579, appendix A.
const NOT_USED: &[u8] = b"NOT USED";

impl MacKind {
    /// As files and people name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Pkcs12(hash) => format!("HMAC-{} (PKCS#12 key derivation)", hash.name()),
            Self::Pbmac1 { prf, hash, .. } => {
                format!("PBMAC1 (PBKDF2 HMAC-{}, HMAC-{})", prf.name(), hash.name())
            }
        }
    }

    /// Of the HMAC over the content.
    fn hash(self) -> Hash {
        let (Self::Pkcs12(hash) | Self::Pbmac1 { hash, .. }) = self;
        hash
    }

    /// True where SHA-1 is used.
    pub(crate) fn is_legacy(&self) -> bool {
        match self {
            Self::Pkcs12(hash) => *hash == Hash::Sha1,
            Self::Pbmac1 { prf, hash, .. } => *prf == Hash::Sha1 || *hash == Hash::Sha1,
        }
    }
}

impl MacScheme {
    /// What current JDKs write (`PKCS12KeyStore`: HmacPBESHA256, 10,000 iterations).
    pub(crate) const JDK_DEFAULT: Self =
        Self { kind: MacKind::Pkcs12(Hash::Sha256), iterations: 10_000, salt_len: 20 };

    /// True if moving to [`MacScheme::JDK_DEFAULT`] would make it no stronger.
    pub(crate) fn is_current(&self) -> bool {
        !self.kind.is_legacy() && self.iterations >= Self::JDK_DEFAULT.iterations
    }

    /// The forms of a password that give different keys: PBKDF2 takes octets without a terminator.
    pub(crate) fn forms<'a>(&self, password: &'a Password) -> Vec<Secret<'a>> {
        match self.kind {
            MacKind::Pkcs12(_) => Secret::forms(password, false),
            MacKind::Pbmac1 { .. } => vec![Secret { password, null: false }],
        }
    }

    /// How long it takes to derive a key, as a number of octets for [`parallel::both`].
    pub(crate) fn work(&self) -> usize {
        parallel::of_iterations(self.iterations)
    }

    /// A fresh salt; `None` if it is to depend on the content.
    ///
    /// # Errors
    /// Of `random`.
    pub(crate) fn salt_ahead(&self, random: &mut dyn Random) -> Result<Option<Vec<u8>>> {
        let mut salt = vec![0; self.salt_len];
        Ok(random.fill_ahead(&mut salt)?.then_some(salt))
    }

    /// The salt for the MAC of `content`.
    pub(crate) fn salt_for(
        &self,
        secret: Secret<'_>,
        content: &[u8],
        limits: &Limits,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>> {
        let sealing = Sealing {
            purpose: &self.kind.name(),
            password: secret.password,
            content: &[content],
            iterations: self.iterations,
            limits,
        };
        fresh(random, self.salt_len, &sealing)
    }

    /// Derives the key of a MAC with this salt.
    ///
    /// # Errors
    /// `LimitExceeded` before it is derived.
    pub(crate) fn key(&self, secret: Secret<'_>, salt: &[u8], limits: &Limits) -> Result<MacKey> {
        let octets = self.derivation(salt).octets(secret, limits)?;
        Ok(MacKey { scheme: *self, salt: salt.to_vec(), octets })
    }

    /// How long the MacData is that [`MacKey::make`] gives.
    pub(crate) fn encoded_len(&self) -> usize {
        self.encode(&vec![0; self.salt_len], &vec![0; self.kind.hash().output_len()]).len()
    }

    fn encode(&self, salt: &[u8], value: &[u8]) -> Vec<u8> {
        let (algorithm, mac_salt, iterations) = match self.kind {
            MacKind::Pkcs12(hash) => (hash.digest_algorithm(), salt, self.iterations),
            MacKind::Pbmac1 { hash, .. } => {
                let kdf = self.pbkdf2(salt).map(|kdf| kdf.encode()).unwrap_or_default();
                let parameters = ber::der(ber::SEQUENCE, &[&kdf, &hash.hmac_algorithm()]);
                let id = ber::der(ber::OID, &[algorithm::PBMAC1]);
                (ber::der(ber::SEQUENCE, &[&id, &parameters]), NOT_USED, 1)
            }
        };
        let info = ber::der(ber::SEQUENCE, &[&algorithm, &ber::der(ber::OCTET_STRING, &[value])]);
        let mac_salt = ber::der(ber::OCTET_STRING, &[mac_salt]);
        // DER leaves out the default.
        let iterations = if iterations == 1 { Vec::new() } else { ber::der_unsigned(iterations) };
        ber::der(ber::SEQUENCE, &[&info, &mac_salt, &iterations])
    }

    fn derivation<'a>(&self, salt: &'a [u8]) -> Derivation<'a> {
        let (function, hash, len) = match self.kind {
            MacKind::Pkcs12(hash) => (Function::Pkcs12(Purpose::Mac), hash, hash.output_len()),
            MacKind::Pbmac1 { prf, key_len, .. } => (Function::Pbkdf2, prf, key_len),
        };
        Derivation { function, hash, salt, iterations: self.iterations, len }
    }

    fn pbkdf2(&self, salt: &[u8]) -> Option<Pbkdf2> {
        let MacKind::Pbmac1 { prf, key_len, .. } = self.kind else { return None };
        let key_len = u64::try_from(key_len).ok();
        Some(Pbkdf2 { salt: salt.to_vec(), iterations: self.iterations, key_len, prf })
    }
}

/// A MAC as a file has it.
#[derive(Clone, Debug)]
pub(crate) struct MacData {
    pub(crate) scheme: MacScheme,
    salt: Vec<u8>,
    value: Vec<u8>,
}

impl MacData {
    /// Reads a MacData element.
    ///
    /// # Errors
    /// `Unsupported`, naming the algorithm; `Damaged`.
    pub(crate) fn read(element: &Element<'_>) -> Result<Self> {
        let mut fields = element.children()?;
        let mut info = fields.expect(ber::SEQUENCE, "MacData's mac")?.children()?;
        let algorithm = Algorithm::read(&mut info, "MAC algorithm")?;
        let value = info.octet_string("MAC value")?.into_owned();
        info.finish("MacData's mac")?;
        let salt = fields.octet_string("macSalt")?.into_owned();
        let iterations = if fields.is_empty() { 1 } else { algorithm::iterations(&mut fields)? };
        fields.finish("MacData")?;
        let (scheme, salt) = if algorithm.id == algorithm::PBMAC1 {
            pbmac1(algorithm.fields("PBMAC1")?)?
        } else {
            let hash = Hash::of_digest(algorithm.id)
                .ok_or_else(|| algorithm.unsupported("a MAC with", "SHA-1, a member of SHA-2, or PBMAC1"))?;
            (MacScheme { kind: MacKind::Pkcs12(hash), iterations, salt_len: salt.len() }, salt)
        };
        let (found, expected) = (value.len(), scheme.kind.hash().output_len());
        if found != expected {
            return Err(Error::damaged(format!("a MAC of {found} bytes, expected {expected}"))
                .at_offset(element.offset));
        }
        Ok(Self { scheme, salt, value })
    }

    /// How long [`fits`](Self::fits) takes with so many octets of content, for [`parallel::both`].
    pub(crate) fn work(&self, secret: Secret<'_>, content: usize) -> usize {
        match self.scheme.derivation(&self.salt).is_known(secret) {
            true => content,
            false => content.saturating_add(self.scheme.work()),
        }
    }

    /// True if this is the MAC of `content` under this password; compared in constant time.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn fits(&self, secret: Secret<'_>, content: &[u8], limits: &Limits) -> Result<bool> {
        Ok(self.fits_with(self.begin(secret, limits)?, content))
    }

    /// Begins to compute what [`fits`](Self::fits) asks, of content that comes in parts.
    ///
    /// # Errors
    /// `LimitExceeded` before the key is derived.
    pub(crate) fn begin(&self, secret: Secret<'_>, limits: &Limits) -> Result<Box<dyn Running>> {
        let key = self.scheme.derivation(&self.salt).octets(secret, limits)?;
        running(self.scheme.kind.hash(), &key)
    }

    /// True if this is the MAC of what was put into `running`, and of `rest`.
    pub(crate) fn fits_with(&self, mut running: Box<dyn Running>, rest: &[u8]) -> bool {
        running.put(rest);
        bool::from(running.value().as_slice().ct_eq(&self.value))
    }

    /// True if both are computed in the same way, whatever their values.
    pub(crate) fn is_computed_as(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.salt == other.salt
    }
}

/// The key of one MAC, and the salt that it was derived with.
pub(crate) struct MacKey {
    scheme: MacScheme,
    salt: Vec<u8>,
    octets: Zeroizing<Vec<u8>>,
}

impl MacKey {
    /// Computes the MAC of a content that comes in parts, and encodes it as MacData.
    pub(crate) fn make(&self, content: &mut dyn Iterator<Item = &[u8]>) -> Result<Vec<u8>> {
        let mut running = running(self.scheme.kind.hash(), &self.octets)?;
        content.for_each(|part| running.put(part));
        Ok(self.scheme.encode(&self.salt, &running.value()))
    }
}

fn pbmac1(mut fields: Reader<'_>) -> Result<(MacScheme, Vec<u8>)> {
    let kdf = Pbkdf2::read(&mut fields, "PBMAC1")?;
    let algorithm = Algorithm::read(&mut fields, "PBMAC1's MAC")?;
    fields.finish("PBMAC1")?;
    let hash = Hash::of_hmac(algorithm.id)
        .ok_or_else(|| algorithm.unsupported("PBMAC1 with", "HMAC with SHA-1 or a member of SHA-2"))?;
    let (least, most) = (PBMAC1_KEY_LENGTHS.start(), PBMAC1_KEY_LENGTHS.end());
    let key_len = match kdf.key_len {
        Some(len) if PBMAC1_KEY_LENGTHS.contains(&len) => usize::try_from(len).unwrap_or(64),
        Some(len) => {
            return Err(Error::damaged(format!("PBMAC1: a keyLength of {len}, expected {least} to {most}")));
        }
        // RFC 9579, section 5: it must be there.
        None => return Err(Error::damaged("PBMAC1: keyLength: missing")),
    };
    let kind = MacKind::Pbmac1 { prf: kdf.prf, hash, key_len };
    let scheme = MacScheme { kind, iterations: kdf.iterations, salt_len: kdf.salt.len() };
    Ok((scheme, kdf.salt))
}

/// A MAC whose content comes in parts.
pub(crate) trait Running: Send {
    /// Goes on with the next part.
    fn put(&mut self, part: &[u8]);

    /// The MAC of all parts.
    fn value(self: Box<Self>) -> Zeroizing<Vec<u8>>;
}

impl<M: Mac + Send> Running for M {
    fn put(&mut self, part: &[u8]) {
        self.update(part);
    }

    fn value(self: Box<Self>) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.finalize().into_bytes().to_vec())
    }
}

fn running(hash: Hash, key: &[u8]) -> Result<Box<dyn Running>> {
    with_hash!(hash, D => {
        let mac = Hmac::<D>::new_from_slice(key).map_err(|_| Error::damaged("a MAC key of no use"))?;
        Ok(Box::new(mac))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SystemRandom;

    #[test]
    fn every_kind_reads_and_checks_what_it_makes() {
        let password = Password::new("\u{1f600}");
        let (secret, limits) = (Secret { password: &password, null: false }, Limits::default());
        let hashes = [Hash::Sha1, Hash::Sha224, Hash::Sha256, Hash::Sha384, Hash::Sha512, Hash::Sha512_256];
        for hash in hashes {
            let pbmac1 = MacKind::Pbmac1 { prf: Hash::Sha512, hash, key_len: 20 };
            for (kind, iterations) in [(MacKind::Pkcs12(hash), 1), (pbmac1, 2)] {
                let scheme = MacScheme { kind, iterations, salt_len: 33 };
                let salt = scheme.salt_ahead(&mut SystemRandom).unwrap().unwrap();
                let made = scheme
                    .key(secret, &salt, &limits)
                    .unwrap()
                    .make(&mut [&b"con"[..], b"tent"].into_iter())
                    .unwrap();
                assert_eq!(made.len(), scheme.encoded_len());
                let element = Reader::new(&made, 8).next().unwrap().unwrap();
                let read = MacData::read(&element).unwrap();
                assert_eq!(read.scheme, scheme);
                assert!(read.fits(secret, b"content", &limits).unwrap());
                assert!(!read.fits(secret, b"contenT", &limits).unwrap());
                let other = Password::new("other");
                let other = Secret { password: &other, null: false };
                assert!(!read.fits(other, b"content", &limits).unwrap());
            }
        }
    }

    #[test]
    fn a_key_of_pbmac1_has_twenty_to_sixty_four_octets() {
        let password = Password::new("changeit");
        let secret = Secret { password: &password, null: false };
        for (key_len, taken) in [(19, false), (20, true), (64, true), (65, false)] {
            let kind = MacKind::Pbmac1 { prf: Hash::Sha256, hash: Hash::Sha256, key_len };
            let scheme = MacScheme { kind, iterations: 1, salt_len: 8 };
            let made = scheme
                .key(secret, &[0; 8], &Limits::default())
                .unwrap()
                .make(&mut std::iter::once(&b"x"[..]))
                .unwrap();
            let read = MacData::read(&Reader::new(&made, 8).next().unwrap().unwrap());
            assert_eq!(read.is_ok(), taken, "{key_len}");
        }
    }

    #[test]
    fn sha1_makes_it_legacy_wherever_it_stands() {
        let pbmac1 = |prf, hash| MacKind::Pbmac1 { prf, hash, key_len: 32 };
        for (kind, legacy) in [
            (MacKind::Pkcs12(Hash::Sha1), true),
            (MacKind::Pkcs12(Hash::Sha256), false),
            (pbmac1(Hash::Sha1, Hash::Sha256), true),
            (pbmac1(Hash::Sha256, Hash::Sha1), true),
            (pbmac1(Hash::Sha256, Hash::Sha512), false),
        ] {
            assert_eq!(kind.is_legacy(), legacy, "{kind:?}");
        }
    }

    #[test]
    fn names_are_those_people_know() {
        assert_eq!(MacScheme::JDK_DEFAULT.kind.name(), "HMAC-SHA256 (PKCS#12 key derivation)");
        let kind = MacKind::Pbmac1 { prf: Hash::Sha256, hash: Hash::Sha512, key_len: 64 };
        assert_eq!(kind.name(), "PBMAC1 (PBKDF2 HMAC-SHA256, HMAC-SHA512)");
    }

    #[test]
    fn the_null_and_the_empty_password_differ() {
        let password = Password::new("");
        let limits = Limits::default();
        let [null, empty] = [true, false].map(|null| Secret { password: &password, null });
        let made = MacScheme::JDK_DEFAULT
            .key(null, &[0; 20], &limits)
            .unwrap()
            .make(&mut std::iter::once(&b"x"[..]))
            .unwrap();
        let read = MacData::read(&Reader::new(&made, 8).next().unwrap().unwrap()).unwrap();
        assert!(read.fits(null, b"x", &limits).unwrap());
        assert!(!read.fits(empty, b"x", &limits).unwrap());
    }
}
