//! Java trust stores without a JDK: PKCS#12, JKS and JCEKS files, read, edited and written so that
//! nothing in them is lost.
//!
//! ```
//! use truststore::{
//!     Certificate, EditOptions, Format, Limits, NewStore, Password, StoreFile, SystemRandom, Unlock,
//! };
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("ssl-truststore");
//! # let der = vec![0x30, 0x00];
//! let create = NewStore { format: Format::Pkcs12, password: Some(Password::new("changeit")) };
//! let options = EditOptions { create: Some(create), ..EditOptions::default() };
//! let mut file = StoreFile::edit(&path, Unlock::Defaults, &Limits::default(), options)?;
//! file.store_mut().insert("corp-ca", Certificate::from_der(der), 1_700_000_000_000)?;
//! assert!(file.commit(&mut SystemRandom)?.written);
//!
//! let file = StoreFile::read(&path, Unlock::Defaults, &Limits::default())?;
//! assert!(file.store().get("CORP-CA").is_some_and(|entry| entry.is_trusted()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Overview
//!
//! - [`TrustStore`] is a store in memory: [`from_bytes`](TrustStore::from_bytes), its
//!   [`entries`](TrustStore::entries), edits, [`to_bytes`](TrustStore::to_bytes). An untouched store is
//!   written as the identical bytes, and an edited one keeps every part that was not edited.
//! - [`StoreFile`] is a store on disk: locked, checked and replaced in one step.
//!   [`TrustStore::open`] and [`TrustStore::save`] are the short form.
//! - [`Certificate`] is its DER. [`Certificate::view`] reads a few fields, leniently;
//!   [`Certificate::details`] reads everything.
//! - [`read_path`] and [`read_bytes`] find certificates in PEM, DER, PKCS#7 and folders, [`read_store`] in
//!   other stores.
//! - [`sources`] has the roots of the system, of Mozilla and of JDKs, and finds the stores of a machine.
//! - [`import`], [`remove`], [`rename`], [`trust`], [`convert`], [`transfer`] and [`export`] are what the
//!   command does; [`verify`] finds what is wrong.
//! - [`Error`] has a [`kind`](Error::kind) to match, and the place of the fault. [`Limits`] bounds what a
//!   hostile file may cost. [`Password`] is wiped after use.
//!
//! The library never prints, prompts, reads the clock, or draws randomness of its own accord: `now` and
//! [`Random`] are parameters.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `cli` (default) | the command and everything it needs; a library user writes `default-features = false` |
//! | `rustls` | [`tls`]: a store as a rustls configuration, and why a chain is trusted or not |
//! | `aws-lc-rs`, `ring` | `rustls` with that cryptography |
//! | `reload` | a verifier that follows the file |
//! | `mail` | [`mail`]: the settings of a mail sender, sending, probing |
//! | `manifest` | [`apply`]: what a manifest declares of stores, and the way there |
//! | `readback` | `p12-keystore` reads every rewritten PKCS#12 store before it replaces the old one |
//! | `system-roots`, `mozilla-roots` | [`sources`]: the roots that this system, that Mozilla trusts |
//! | `serde` | reports, findings and summaries serialize |
//! | `signatures` | signatures of certificates are checked, with `aws-lc-rs` |

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

#[cfg(feature = "manifest")]
pub mod apply;
mod bag;
mod ber;
mod cert;
mod crypto;
mod error;
mod file;
mod format;
mod input;
mod limits;
#[cfg(feature = "mail")]
pub mod mail;
mod octets;
mod ops;
mod parallel;
mod password;
pub mod sources;
mod store;
mod text;
#[cfg(feature = "rustls")]
pub mod tls;
mod verify;
mod wiped;

#[cfg(feature = "signatures")]
pub use cert::SignatureCheck;
pub use cert::{
    Certificate, Details, Extension, ExtensionDetails, ExtensionValue, Fingerprint, HashAlgorithm,
    KeyAlgorithm, Name, PublicKey, View, rfc3339, rfc3339_date,
};
pub use crypto::{PrivateKey, Random, Reproducible, Sealing, SystemRandom};
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
    read_path_watched, read_store, sniff,
};
pub use limits::Limits;
pub use ops::{
    Candidate, CertificateSummary, Conversion, ConvertOptions, EditReport, EntrySummary, Existing,
    ExportFormat, Failure, Glob, ImportOptions, Item, Loss, Previous, RemoveOptions, TransferOptions,
    TransferOutcome, TransferReport, Transferred, alias_for, compare, convert, export, find, import,
    near_matches, remove, rename, summarize, to_pem, transfer, trust,
};
pub use parallel::Progress;
/// For the rows of the command's tables; no part of what this crate promises.
#[doc(hidden)]
pub use parallel::in_pieces;
pub use password::Password;
pub use store::{Entry, EntryId, EntryKind, Format, HiddenReason, Integrity, JavaView, TrustStore};
pub use text::printable;
pub use verify::{
    ChainHint, Finding, FindingCode, LeafChain, Place, Policy, Report, Severity, Survey, SurveyedCertificate,
    SurveyedStore, Surveyor, check_certificate, check_certificates, roots_of, verify, verify_watched,
};

/// The README's example is compiled with the tests.
#[cfg(all(doctest, feature = "aws-lc-rs"))]
#[doc = include_str!("../README.md")]
struct Readme;
