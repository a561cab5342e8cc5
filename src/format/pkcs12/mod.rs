//! PKCS#12 (RFC 7292).
//!
//! ```text
//! PFX ::= SEQUENCE {                                       -- section 4
//!     version  INTEGER {v3(3)},
//!     authSafe ContentInfo,
//!     macData  MacData OPTIONAL }
//! AuthenticatedSafe ::= SEQUENCE OF ContentInfo            -- a "block" here
//! SafeContents ::= SEQUENCE OF SafeBag
//! ContentInfo ::= SEQUENCE {                               -- RFC 5652, section 3
//!     contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY DEFINED BY contentType }
//! EncryptedData ::= SEQUENCE {                             -- RFC 5652, section 8
//!     version INTEGER, encryptedContentInfo EncryptedContentInfo }
//! EncryptedContentInfo ::= SEQUENCE {
//!     contentType OBJECT IDENTIFIER, contentEncryptionAlgorithm AlgorithmIdentifier,
//!     encryptedContent [0] IMPLICIT OCTET STRING OPTIONAL }
//! ```

mod checking;
mod contents;
mod opening;
mod read;
#[cfg(feature = "readback")]
pub(super) mod readback;
pub(super) mod reseal;
pub(super) mod sealed_bag;
mod trial;
mod write;

#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::{Codec, Known, Unlock};
use crate::ber;
use crate::crypto::Random;
use crate::error::Result;
use crate::limits::Limits;
use crate::octets::Octets;
use crate::store::TrustStore;

pub(crate) use checking::Begun;
use contents::Hints;
pub(crate) use opening::{Opened, Opening};

/// The codec of PKCS#12 stores.
pub(super) struct Pkcs12;

/// 1.2.840.113549.1.7: the content types of CMS by their last arc (RFC 5652).
const CONTENT_TYPES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
const DATA: u8 = 1;
const ENVELOPED_DATA: u8 = 3;
const ENCRYPTED_DATA: u8 = 6;

impl Codec for Pkcs12 {
    /// A SEQUENCE that begins with a version above those of PKCS#1 and PKCS#8 keys (0 and 1).
    fn detect(&self, bytes: &[u8]) -> bool {
        matches!(ber::behind_header(bytes, ber::SEQUENCE), Some([ber::INTEGER, 1, version, ..]) if *version > 1)
    }

    fn decode(&self, file: Bytes, unlock: Unlock<'_>, limits: &Limits, known: Known) -> Result<TrustStore> {
        let hints = Hints::of_file(&file, known);
        read::decode(file, unlock, limits, hints)
    }

    fn decode_written(
        &self,
        octets: &Octets<'_>,
        store: &TrustStore,
        unlock: Unlock<'_>,
        limits: &Limits,
    ) -> Result<TrustStore> {
        let joined = octets.joined();
        let hints = Hints::of_written(&joined, octets.mac(), store);
        read::decode(joined, unlock, limits, hints)
    }

    fn encode(&self, store: &TrustStore, random: &mut dyn Random) -> Result<Octets<'static>> {
        write::encode(store, random)
    }
}
