//! What is known of a store as a file: its algorithms, counts and MAC.

use crate::store::pkcs12::{Block, Pfx, Protection};
use crate::store::residue::Residue;
use crate::store::{Format, Integrity, TrustStore};

/// What is known of a store as a file; its entries are in [`TrustStore::entries`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ContainerInfo {
    /// The container format.
    pub format: Format,
    /// The version of a JKS or JCEKS file.
    pub version: Option<u32>,
    /// What is known of the store's integrity.
    pub integrity: Integrity,
    /// The keyed digest of a JKS or JCEKS file.
    pub digest: Option<&'static str>,
    /// The MAC of a PKCS#12 file.
    pub mac: Option<MacInfo>,
    /// The blocks of a PKCS#12 file (RFC 7292 calls each a SafeContents), in their order.
    pub blocks: Vec<BlockInfo>,
    /// All entries, those included that Java does not see.
    pub entries: usize,
    /// All certificates, those of private keys' chains included.
    pub certificates: usize,
    /// Bytes behind the end of the store, which no reader looks at; they are kept.
    pub trailing_bytes: usize,
}

/// The MAC of a PKCS#12 file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct MacInfo {
    /// Such as `HMAC-SHA256 (PKCS#12 key derivation)`.
    pub algorithm: String,
    /// Iterations of the key derivation.
    pub iterations: u64,
    /// In bytes.
    pub salt_len: usize,
    /// SHA-1, which `upgrade` replaces.
    pub legacy: bool,
}

/// One block of a PKCS#12 file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BlockInfo {
    /// `plain`, `encrypted` or `enveloped` (with somebody's public key: kept, never opened).
    pub protection: &'static str,
    /// Such as `PBES2 (PBKDF2 HMAC-SHA256, AES-256-CBC)`.
    pub algorithm: Option<String>,
    /// Iterations of the key derivation.
    pub iterations: Option<u64>,
    /// In bytes.
    pub salt_len: Option<usize>,
    /// RC2 or triple DES, which `upgrade` replaces.
    pub legacy: bool,
    /// The bags in it, without those in nested SafeContents.
    pub bags: usize,
}

impl TrustStore {
    /// What is known of the store as a file, with every change made since it was read.
    #[must_use]
    pub fn container(&self) -> ContainerInfo {
        let mut info = ContainerInfo {
            format: self.format(),
            version: None,
            integrity: self.integrity(),
            digest: None,
            mac: None,
            blocks: Vec::new(),
            entries: self.entries().len(),
            certificates: self.entries().iter().map(|entry| entry.certificates().len()).sum(),
            trailing_bytes: 0,
        };
        match &self.residue {
            Residue::Records { version, trailing, .. } => {
                info.version = Some(*version);
                info.digest = Some("SHA-1 keyed (Mighty Aphrodite)");
                info.trailing_bytes = trailing.len();
            }
            Residue::Pkcs12(pfx) => describe(&mut info, pfx),
        }
        info
    }
}

fn describe(info: &mut ContainerInfo, pfx: &Pfx) {
    // Two keys may share a certificate in their chains.
    info.certificates = pfx.in_order().filter(|&id| pfx.role(id).is_certificate()).count();
    info.trailing_bytes = pfx.trailing.len();
    info.blocks = pfx.blocks.iter().filter(|b| b.raw.is_some() || !b.bags.is_empty()).map(block).collect();
    info.mac = pfx.mac.map(|mac| MacInfo {
        algorithm: mac.kind.name(),
        iterations: mac.iterations,
        salt_len: mac.salt_len,
        legacy: mac.kind.is_legacy(),
    });
}

fn block(block: &Block) -> BlockInfo {
    let (protection, seal) = match block.protection {
        Protection::Plain => ("plain", None),
        Protection::Sealed(seal) => ("encrypted", Some(seal)),
        Protection::Enveloped => ("enveloped", None),
    };
    BlockInfo {
        protection,
        algorithm: seal.map(|seal| seal.scheme.name()),
        iterations: seal.map(|seal| seal.iterations),
        salt_len: seal.map(|seal| seal.salt_len),
        legacy: seal.is_some_and(|seal| seal.scheme.is_legacy()),
        bags: block.bags.len(),
    }
}
