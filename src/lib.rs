//! Java trust stores without a JDK: PKCS#12, JKS and JCEKS files, read, edited and written so that
//! nothing in them is lost.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod bag;
mod ber;
mod cert;
mod crypto;
mod error;
mod file;
mod format;
mod input;
mod limits;
mod ops;
mod password;
mod store;
mod text;
mod verify;

#[cfg(feature = "signatures")]
pub use cert::SignatureCheck;
pub use cert::{
    Certificate, Details, Extension, ExtensionDetails, ExtensionValue, Fingerprint, HashAlgorithm,
    KeyAlgorithm, Name, PublicKey, View, rfc3339, rfc3339_date,
};
pub use crypto::{Random, SystemRandom};
pub use error::{Error, ErrorKind, Result};
pub use format::{Unlock, detect};
pub use input::{
    Found, FoundCertificate, FoundError, InputKind, Note, Origin, read_bytes, read_path, read_store, sniff,
};
pub use limits::Limits;
pub use password::Password;
pub use store::{Entry, EntryId, EntryKind, Format, HiddenReason, Integrity, JavaView, TrustStore};
pub use text::printable;
pub use verify::{
    ChainHint, Finding, FindingCode, LeafChain, LegacyPart, Policy, Report, Severity, check_certificate,
    container_findings, roots_of, verify,
};
