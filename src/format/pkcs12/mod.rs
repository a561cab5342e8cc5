//! PKCS#12 (RFC 7292).

use bytes::Bytes;

use super::{Codec, Unlock};
use crate::crypto::Random;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::store::TrustStore;

/// The codec of PKCS#12 stores.
pub(super) struct Pkcs12;

impl Codec for Pkcs12 {
    fn detect(&self, _bytes: &[u8]) -> bool {
        false
    }

    fn decode(&self, _bytes: Bytes, _unlock: Unlock<'_>, _limits: &Limits) -> Result<TrustStore> {
        Err(Error::unsupported("PKCS#12"))
    }

    fn encode(&self, _store: &TrustStore, _random: &mut dyn Random) -> Result<Vec<u8>> {
        Err(Error::unsupported("PKCS#12"))
    }
}
