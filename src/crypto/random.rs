//! Where salts and initialization vectors come from.

use super::reproducible::Sealing;
use crate::error::{Error, ErrorKind, Result};

/// A source of octets for salts and initialization vectors.
///
/// The library draws no randomness of its own accord: whoever writes a store says where it comes from.
pub trait Random {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// If the source has nothing to give.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()>;

    /// Fills `bytes`, with which `sealing` is about to be done. The library calls this one; a source of random
    /// numbers need not look at what they are for, and leaves it as it is.
    ///
    /// # Errors
    /// As [`Random::fill`].
    fn fill_for(&mut self, bytes: &mut [u8], sealing: &Sealing<'_>) -> Result<()> {
        let _ = sealing;
        self.fill(bytes)
    }

    /// Fills `bytes` before it is known what they are for, so that a key can be derived while the content is made;
    /// false, and nothing is filled, for a source that must know. So does every source that does not say otherwise.
    ///
    /// # Errors
    /// As [`Random::fill`].
    fn fill_ahead(&mut self, bytes: &mut [u8]) -> Result<bool> {
        let _ = bytes;
        Ok(false)
    }
}

/// The operating system's random number generator.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        getrandom::fill(bytes)
            .map_err(|e| Error::new(ErrorKind::Io, format!("the system has no random numbers: {e}")))
    }

    fn fill_ahead(&mut self, bytes: &mut [u8]) -> Result<bool> {
        self.fill(bytes).map(|()| true)
    }
}

/// `len` octets for one use.
pub(crate) fn fresh(random: &mut dyn Random, len: usize, sealing: &Sealing<'_>) -> Result<Vec<u8>> {
    let mut octets = vec![0; len];
    random.fill_for(&mut octets, sealing)?;
    Ok(octets)
}
