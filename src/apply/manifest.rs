//! What a manifest says, checked for everything that can be checked without another file.

use std::path::PathBuf;

use super::place::Place;
use crate::cert::Fingerprint;
use crate::store::Format;

/// Stores, and what each must hold; made by [`Manifest::from_toml`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Manifest {
    /// What the manifest is called in messages: its path, or `standard input`.
    pub name: String,
    /// The stores in the order of the manifest.
    pub stores: Vec<DeclaredStore>,
}

/// A `[[store]]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeclaredStore {
    /// `name`: how the store is called on a command line.
    pub name: Option<String>,
    /// `path`, relative to the manifest's folder; `None` for the store that the caller means.
    pub path: Option<PathBuf>,
    /// `format` of a store that is made; one that is there must have it.
    pub format: Option<Format>,
    /// Where the store's password comes from; `None` for the caller's way.
    pub password: Option<PasswordSource>,
    /// The certificates that must be there under an alias.
    pub certificates: Vec<DeclaredCertificate>,
    /// The certificates that must not be there.
    pub absent: Vec<Absent>,
    /// Sources of which every certificate must be there.
    pub bundles: Vec<DeclaredBundle>,
    /// Where the store's table begins.
    pub place: Place,
}

/// Where a password comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordSource {
    /// `password-env`: a variable of the environment.
    Env(String),
    /// `password-file`, relative to the manifest's folder.
    File(PathBuf),
    /// `no-password = true`: the PKCS#12 store has neither encryption nor MAC.
    NoPassword,
}

/// A `[[store.certificate]]` that must be there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeclaredCertificate {
    /// `alias`.
    pub alias: String,
    /// `file` or `pem`.
    pub source: CertificateSource,
    /// `sha256`: the certificate's fingerprint.
    pub sha256: Option<Fingerprint>,
    /// Where its table begins.
    pub place: Place,
}

/// Where a declared certificate is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CertificateSource {
    /// `file`, relative to the manifest's folder.
    File(PathBuf),
    /// `pem`, in the manifest itself.
    Pem(String),
}

/// A `[[store.certificate]]` with `absent = true`: no certificate entry may have both what is given.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Absent {
    /// `alias`.
    pub alias: Option<String>,
    /// `sha256`.
    pub sha256: Option<Fingerprint>,
    /// Where its table begins.
    pub place: Place,
}

/// A `[[store.bundle]]`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeclaredBundle {
    /// `file`, relative to the manifest's folder: certificates, a folder of them, or another store.
    pub file: PathBuf,
    /// `alias-prefix`, before the aliases of certificates that are added.
    pub alias_prefix: Option<String>,
    /// Where the password of another store comes from.
    pub password: Option<PasswordSource>,
    /// Where its table begins.
    pub place: Place,
}

impl DeclaredStore {
    /// How the store is called: its name, else its path as written.
    #[must_use]
    pub fn label(&self) -> Option<String> {
        self.name.clone().or_else(|| self.path.as_ref().map(|path| path.display().to_string()))
    }

    /// True if there is more to it than what must not be there, so that a missing store is made.
    #[must_use]
    pub fn wants_store(&self) -> bool {
        self.absent.is_empty() || !self.certificates.is_empty() || !self.bundles.is_empty()
    }
}
