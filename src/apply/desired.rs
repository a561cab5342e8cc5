//! What a store must hold: the manifest's words with every file read and every fingerprint checked.

use std::path::Path;

use super::manifest::{
    Absent, CertificateSource, DeclaredBundle, DeclaredCertificate, DeclaredStore, Manifest, PasswordSource,
};
use super::place::Place;
use super::table::invalid;
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::format::Unlock;
use crate::input::{
    Found, FoundCertificate, InputKind, Note, read_bytes, read_file, read_path, read_store, sniff,
};
use crate::limits::Limits;
use crate::password::Password;
use crate::store::Integrity;

/// What a store must hold and must not.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Desired {
    /// The certificates that must be there under an alias.
    pub certificates: Vec<Wanted>,
    /// What must not be there.
    pub absent: Vec<Absent>,
    /// The certificates that must be there under any alias.
    pub bundled: Vec<Bundled>,
    /// What was passed over in the files.
    pub notes: Vec<Note>,
}

/// A certificate that must be there under an alias.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Wanted {
    /// The alias.
    pub alias: String,
    /// The certificate.
    pub certificate: Certificate,
    /// Where it comes from, for the report.
    pub source: String,
}

/// A certificate that must be there under any alias.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Bundled {
    /// The certificate.
    pub certificate: Certificate,
    /// Its alias in the store that it comes from.
    pub alias: Option<String>,
    /// What stands before its alias if it is added.
    pub prefix: Option<String>,
    /// Its creation date in milliseconds since 1970-01-01 UTC, from a store that has one.
    pub created: Option<i64>,
    /// Where it comes from, for the report.
    pub source: String,
}

impl Desired {
    /// Reads everything that a declared store names; relative paths begin at `folder`, the manifest's own.
    ///
    /// `password` is asked for the passwords of bundles that are stores; where the manifest names none,
    /// Java's default and the empty one are tried.
    ///
    /// # Errors
    /// `ManifestInvalid` for a `file` or `pem` of several certificates of which no `sha256` picks one, and for
    /// a certificate that is declared and `absent`; `FingerprintMismatch`; `NoCertificate`; `Refused` for a
    /// bundle that is a store without a verified MAC; those of reading files; what `password` says.
    pub fn gather<E: From<Error>>(
        manifest: &Manifest,
        store: &DeclaredStore,
        folder: &Path,
        limits: &Limits,
        mut password: impl FnMut(&PasswordSource) -> Result<Password, E>,
    ) -> Result<Self, E> {
        let mut desired = Self { absent: store.absent.clone(), ..Self::default() };
        let of_manifest = |e: Error| e.at_path(manifest.name.as_ref());
        for declared in &store.certificates {
            let found = content(manifest, declared, folder, limits)?;
            let one = pick(declared, found.certificates).map_err(of_manifest)?;
            desired.notes.extend(found.notes);
            let absent =
                |absent: &&Absent| absent.alias.is_none() && absent.sha256 == Some(one.certificate.sha256());
            if let Some(absent) = store.absent.iter().find(absent) {
                let message = format!("the certificate is declared `absent` in line {}", absent.place.line);
                return Err(of_manifest(invalid(declared.place, message)).into());
            }
            desired.certificates.push(Wanted {
                alias: declared.alias.clone(),
                source: one.origin.to_string(),
                certificate: one.certificate,
            });
        }
        for bundle in &store.bundles {
            let password = bundle.password.as_ref().map(&mut password).transpose()?;
            let found = members(manifest, bundle, folder, limits, password.as_ref())?;
            desired.notes.extend(found.notes);
            desired.bundled.extend(found.certificates.into_iter().map(|found| Bundled {
                source: found.origin.to_string(),
                certificate: found.certificate,
                alias: found.alias,
                prefix: bundle.alias_prefix.clone(),
                created: found.created,
            }));
        }
        Ok(desired)
    }

    /// Whether the manifest forbids this certificate, whatever its alias.
    pub(super) fn forbids(&self, sha256: &Fingerprint) -> bool {
        self.absent.iter().any(|absent| absent.alias.is_none() && absent.sha256.as_ref() == Some(sha256))
    }
}

/// The certificates of a `file` or a `pem`.
fn content(
    manifest: &Manifest,
    declared: &DeclaredCertificate,
    folder: &Path,
    limits: &Limits,
) -> Result<Found> {
    let found = match &declared.source {
        CertificateSource::Pem(text) => {
            let source = format!("{} ({})", manifest.name, declared.place);
            let found = read_bytes(&source, text.clone().into_bytes().into(), limits);
            let mut found = found.map_err(|e| {
                invalid(declared.place, format!("`pem`: {}", e.message())).at_path(manifest.name.as_ref())
            })?;
            for certificate in &mut found.certificates {
                // The lines of the value are not those of the manifest.
                certificate.origin.line = None;
            }
            found
        }
        CertificateSource::File(file) => {
            let path = folder.join(file);
            read(&path, None, limits, declared.sha256.is_some())
                .map_err(|e| named(e, &path, manifest, declared.place))?
        }
    };
    whole(found).map_err(|e| named(e, manifest.name.as_ref(), manifest, declared.place))
}

fn members(
    manifest: &Manifest,
    bundle: &DeclaredBundle,
    folder: &Path,
    limits: &Limits,
    password: Option<&Password>,
) -> Result<Found> {
    let path = folder.join(&bundle.file);
    let found = read(&path, password, limits, false).and_then(whole);
    found.map_err(|e| named(e, &path, manifest, bundle.place))
}

/// The certificates of a path, whatever it is.
fn read(path: &Path, password: Option<&Password>, limits: &Limits, pinned: bool) -> Result<Found> {
    if path.is_dir() {
        return read_path(path, limits);
    }
    let name = path.display().to_string();
    let bytes = read_file(path, limits)?;
    if !matches!(sniff(&bytes), InputKind::Store(_)) {
        return read_bytes(&name, bytes, limits);
    }
    let found = read_store(&name, bytes, password.map_or(Unlock::Defaults, Unlock::With), limits)?;
    if found.integrity != Some(Integrity::Verified) && !pinned {
        let message = match found.integrity {
            Some(Integrity::None) => {
                "this store has no MAC that proves its integrity: pin its certificates with `sha256`"
            }
            _ => "the integrity of this store was not checked, for want of its password",
        };
        return Err(Error::new(ErrorKind::Refused, message));
    }
    Ok(found)
}

/// What claims to be a certificate and is none fails the whole.
fn whole(found: Found) -> Result<Found> {
    match found.errors.first() {
        Some(first) => {
            Err(Error::new(first.error.kind(), format!("{}: {}", first.origin, first.error.message())))
        }
        None => Ok(found),
    }
}

/// The certificate that is meant.
fn pick(declared: &DeclaredCertificate, mut found: Vec<FoundCertificate>) -> Result<FoundCertificate> {
    let place = declared.place;
    if let Some(sha256) = declared.sha256 {
        let fingerprints: Vec<String> =
            found.iter().take(SHOWN).map(|found| found.certificate.sha256().to_string()).collect();
        let picked = found.into_iter().find(|found| found.certificate.sha256() == sha256);
        return picked.ok_or_else(|| {
            let message = format!("{place}: expected SHA-256 {sha256}, found {}", fingerprints.join(", "));
            Error::new(ErrorKind::FingerprintMismatch, message).at_entry(&declared.alias)
        });
    }
    let first = found.first().map(|found| found.certificate.clone());
    found.dedup_by(|a, b| a.certificate == b.certificate);
    let count = found.len();
    match found.into_iter().next() {
        Some(only) if count == 1 => Ok(only),
        _ => {
            let first = first.map(|first| first.sha256().to_string()).unwrap_or_default();
            let message = format!(
                "expected one certificate for \"{}\", found {count}: `sha256` picks one (the first is {first}), \
                 [[store.bundle]] takes all",
                declared.alias
            );
            Err(invalid(place, message))
        }
    }
}

/// Of the certificates that are not the expected one.
const SHOWN: usize = 5;

/// An error of a file, with the place that names it.
fn named(error: Error, path: &Path, manifest: &Manifest, place: Place) -> Error {
    if error.path() == Some(manifest.name.as_ref()) {
        return error;
    }
    let path = error.path().unwrap_or(path).to_owned();
    let message = format!("{} (named in {}, line {})", error.message(), manifest.name, place.line);
    Error::new(error.kind(), message).at_path(&path).because(error)
}
