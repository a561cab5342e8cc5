//! Salts and initialization vectors that the same content and password give again.
//!
//! ```text
//! name   = HMAC-SHA-256("truststore reproducible salts 1", frame(purpose) || frame(part)…)
//! seed   = PBKDF2-HMAC-SHA-256(password, name, iterations, 32)
//! octets = HMAC-SHA-256(seed, 1) || HMAC-SHA-256(seed, 2) || …
//! frame(x) = the length of x in 8 octets, big endian, then x;  the counter is 8 octets too
//! ```
//!
//! The name depends on every octet that is sealed, so that other content never gets the same salt, IV and key
//! stream. The password goes in, and slowly: a quick hash of password and content would let a guess be tested
//! without the derivation that the store makes so expensive on purpose.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Hash, Random, kdf};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;

/// What a salt is drawn for: the content that is about to be sealed, or a MAC computed over.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The algorithm, which tells uses of the same content apart.
    pub(crate) purpose: &'a str,
    pub(crate) password: &'a Password,
    pub(crate) content: &'a [&'a [u8]],
    /// Of the algorithm's own key derivation.
    pub(crate) iterations: u64,
    pub(crate) limits: &'a Limits,
}

/// Salts and initialization vectors derived from what is sealed and the password: the same edit of the same
/// store gives the same octets, on every machine.
///
/// What is given up against [`SystemRandom`](super::SystemRandom): who sees two stores can tell that they hold
/// the same under the same password, and who knows the content (public roots) can compute passwords' salts
/// beforehand, once for every store with this content. A guess costs as much as before, no salt is used for
/// two contents, and a private key's octets are not to be guessed. The time of writing doubles about.
///
/// ```
/// use truststore::{Certificate, Format, Password, Reproducible, TrustStore};
///
/// let write = |alias: &str| {
///     let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
///     store.insert(alias, Certificate::from_der(vec![0x30, 0x00]), 0)?;
///     store.to_bytes(&mut Reproducible)
/// };
/// assert_eq!(write("corp-ca")?, write("corp-ca")?);
/// assert_ne!(write("corp-ca")?, write("corp-cb")?);
/// # Ok::<(), truststore::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Reproducible;

/// The key of the names; another one would change every reproducible store.
const LABEL: &[u8] = b"truststore reproducible salts 1";
/// Where a format has fewer iterations, or none.
const MIN_ITERATIONS: u64 = 10_000;
const SEED_LEN: usize = 32;

impl Random for Reproducible {
    /// # Errors
    /// Always: octets that depend on nothing would be the same for every content.
    fn fill(&mut self, _: &mut [u8]) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "a reproducible salt depends on what it is for"))
    }

    /// # Errors
    /// `LimitExceeded` before the derivation is begun.
    fn fill_for(&mut self, bytes: &mut [u8], sealing: &Sealing<'_>) -> Result<()> {
        let mut name = keyed(LABEL)?;
        for part in [sealing.purpose.as_bytes()].iter().chain(sealing.content) {
            name.update(&length(part).to_be_bytes());
            name.update(part);
        }
        let name = name.finalize().into_bytes();
        let iterations = sealing.iterations.max(MIN_ITERATIONS);
        sealing.limits.spend_iterations(iterations, Hash::Sha256.work(SEED_LEN))?;
        let password = sealing.password.as_str().as_bytes();
        let seed = kdf::pbkdf2(Hash::Sha256, password, &name, iterations, SEED_LEN)?;
        for (number, block) in (1_u64..).zip(bytes.chunks_mut(Hash::Sha256.output_len())) {
            let mut expanded = keyed(&seed)?;
            expanded.update(&number.to_be_bytes());
            let octets = Zeroizing::new(<[u8; SEED_LEN]>::from(expanded.finalize().into_bytes()));
            for (to, from) in block.iter_mut().zip(octets.iter()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>> {
    Hmac::new_from_slice(key).map_err(|_| Error::damaged("a MAC key of no use"))
}

fn length(part: &[u8]) -> u64 {
    u64::try_from(part.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(purpose: &str, password: &str, content: &[&[u8]], len: usize) -> Vec<u8> {
        let (password, limits) = (Password::new(password), Limits::default());
        let sealing = Sealing { purpose, password: &password, content, iterations: 1, limits: &limits };
        let mut octets = vec![0; len];
        Reproducible.fill_for(&mut octets, &sealing).unwrap();
        octets
    }

    #[test]
    fn the_octets_are_those_of_the_recipe() {
        // Computed by Python's hmac and hashlib.pbkdf2_hmac from the recipe above.
        let hex: String =
            octets("mac", "changeit", &[b"con", b"tent"], 40).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, "64f6a1dc32902d8228329577e7cddefb4d3266bec70c26435d9d03e283bfa1e708f480f8a00f0ccf");
    }

    #[test]
    fn everything_that_goes_in_changes_the_octets() {
        let one = octets("mac", "changeit", &[b"content"], 20);
        assert_eq!(one, octets("mac", "changeit", &[b"content"], 20));
        for other in [
            octets("seal", "changeit", &[b"content"], 20),
            octets("mac", "changeme", &[b"content"], 20),
            octets("mac", "changeit", &[b"contenu"], 20),
            octets("mac", "changeit", &[b"con", b"tent"], 20),
            octets("mac", "changeit", &[b"content", b""], 20),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn nothing_is_derived_from_nothing_or_beyond_the_limits() {
        Reproducible.fill(&mut [0; 8]).unwrap_err();
        let (password, limits) = (Password::new("x"), Limits { max_iterations: 9_999, ..Limits::default() });
        let sealing =
            Sealing { purpose: "mac", password: &password, content: &[], iterations: 1, limits: &limits };
        assert!(Reproducible.fill_for(&mut [0; 8], &sealing).unwrap_err().is_limit_exceeded());
    }
}
