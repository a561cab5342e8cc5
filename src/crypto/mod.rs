//! Key derivation, ciphers and MACs of PKCS#12 stores, named and with their parameters; the protections
//! of private keys in JKS and JCEKS.

pub(crate) mod algorithm;
pub(crate) mod cipher;
pub(crate) mod hash;
pub(crate) mod kdf;
pub(crate) mod key_protector;
pub(crate) mod mac;
pub(crate) mod pbe;
mod pbkdf2;
pub(crate) mod private_key;

use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::password::Password;

pub(crate) use hash::Hash;
pub use private_key::PrivateKey;

/// A source of random octets for salts and initialization vectors.
///
/// The library draws no randomness of its own accord: whoever writes a store says where it comes from.
pub trait Random {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// If the source has nothing to give.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()>;
}

/// The operating system's random number generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        getrandom::fill(bytes)
            .map_err(|e| Error::new(crate::ErrorKind::Io, format!("the system has no random numbers: {e}")))
    }
}

/// `len` fresh octets.
pub(crate) fn fresh(random: &mut dyn Random, len: usize) -> Result<Vec<u8>> {
    let mut octets = vec![0; len];
    random.fill(&mut octets)?;
    Ok(octets)
}

/// A password in the form in which one file uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret<'a> {
    pub(crate) password: &'a Password,
    /// An empty password is no octets at all (Windows and NSS write such files), where RFC 7292 and the
    /// JDK have a terminator of two.
    pub(crate) null: bool,
}

impl<'a> Secret<'a> {
    /// The forms a password may have been used in, the likelier first.
    pub(crate) fn forms(password: &'a Password, null_first: bool) -> Vec<Self> {
        if password.is_empty() {
            vec![Self { password, null: null_first }, Self { password, null: !null_first }]
        } else {
            vec![Self { password, null: false }]
        }
    }

    /// A BMPString with its terminator (RFC 7292, appendix B.1). Characters outside the BMP are written
    /// as surrogate pairs, as OpenSSL does; the JDK refuses all but ASCII.
    pub(crate) fn bmp(&self) -> Zeroizing<Vec<u8>> {
        let mut octets = self.password.utf16_be();
        if !(self.null && self.password.is_empty()) {
            octets.extend_from_slice(&[0, 0]);
        }
        octets
    }

    /// UTF-8 octets without a terminator: what PBES2 and PBMAC1 take (RFC 9579, section 4).
    pub(crate) fn utf8(&self) -> &'a [u8] {
        self.password.as_str().as_bytes()
    }
}
