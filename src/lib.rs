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
pub use file::{
    Backup, Committed, EditOptions, NewStore, OutputOptions, RestoreOptions, Restored, StoreFile, Written,
    restore, write_output, write_store,
};
#[cfg(feature = "readback")]
pub use format::read_back;
pub use format::{BlockInfo, ContainerInfo, MacInfo, PasswordChange, ReadBack, Unlock, detect};
pub use input::{
    Found, FoundCertificate, FoundError, InputKind, Note, Origin, read_bytes, read_file, read_path,
    read_store, sniff,
};
pub use limits::Limits;
pub use ops::{
    Candidate, CertificateSummary, Conversion, ConvertOptions, EditReport, EntrySummary, ExportFormat,
    Failure, Glob, ImportOptions, Item, Loss, Previous, RemoveOptions, alias_for, convert, export, find,
    import, near_matches, remove, rename, summarize, trust,
};
pub use password::Password;
pub use store::{Entry, EntryId, EntryKind, Format, HiddenReason, Integrity, JavaView, TrustStore};
pub use text::printable;
pub use verify::{
    ChainHint, Finding, FindingCode, LeafChain, Policy, Report, Severity, check_certificate, roots_of, verify,
};

/// The README's example is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
