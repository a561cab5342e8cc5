//! Key derivation, ciphers and MACs of PKCS#12 stores, named and with their parameters.

pub(crate) mod mac;
pub(crate) mod pbe;

use crate::error::{Error, Result};

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

/// A hash function, as PKCS#12 files name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}
