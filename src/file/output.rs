//! Files that are not edited but made: what `--out` names.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::atomic::Replacement;
use super::edit::holds_secrets;
use super::lock::Lock;
use super::platform;
use super::target::Target;
use super::{check, content};
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Unlock;
use crate::limits::Limits;
use crate::octets::Octets;
use crate::parallel::{self, Thing};
use crate::store::TrustStore;
use crate::store::origin::Seen;

/// How [`write_output`] is to be done.
#[derive(Clone, Debug)]
pub struct OutputOptions {
    /// Replace a file that is there. Default: false.
    pub force: bool,
    /// The content is for its owner alone (a private key): mode 0600, also of a file that is replaced.
    /// Default: false, a new file's mode is umask's and a replaced one keeps its own.
    pub private: bool,
    /// The file is to have the very octets: [`write_store`] does not leave alone a file that has the same entries
    /// under other salts and dates, but replaces it, with `force`. Default: false.
    pub exact: bool,
    /// Only say what would be done. Default: false.
    pub dry_run: bool,
    /// How long to wait for another writer, or for somebody who reads a named pipe. Default: 10 s.
    pub lock_timeout: Duration,
    /// Let the independent reader of PKCS#12 read what [`write_store`] is to write (feature `readback`).
    /// Default: true.
    pub read_back: bool,
}

/// What [`write_output`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Written {
    /// There was no file.
    Created,
    /// Another content was replaced.
    Replaced,
    /// The bytes went into a device or a pipe.
    Streamed,
    /// The file holds these bytes already and was not touched.
    Unchanged,
}

impl Default for OutputOptions {
    fn default() -> Self {
        Self {
            force: false,
            private: false,
            exact: false,
            dry_run: false,
            lock_timeout: super::DEFAULT_LOCK_TIMEOUT,
            read_back: true,
        }
    }
}

/// Writes a file in one step, so that nobody sees half of it; into a device or a pipe that is there
/// (`/dev/stdout`) the bytes are written as they come.
///
/// # Errors
/// `Exists` if there is a file with another content and `force` is not set; `Locked`, `ChangedOnDisk`;
/// `Io`, and then a file that was there is unchanged.
pub fn write_output(path: impl AsRef<Path>, bytes: &[u8], options: &OutputOptions) -> Result<Written> {
    write_approved(path.as_ref(), &bytes.into(), options, || Ok(()))
}

/// As [`write_output`], if `approve` does not refuse it; nothing is to be seen of the bytes before that.
fn write_approved(
    path: &Path,
    octets: &Octets<'_>,
    options: &OutputOptions,
    approve: impl FnOnce() -> Result<()>,
) -> Result<Written> {
    if is_stream(path) {
        approve()?;
        if !options.dry_run {
            stream(path, octets, options.lock_timeout)?;
        }
        return Ok(Written::Streamed);
    }
    let target = Target::resolve(path)?;
    // Refused before the lock, so that a folder where nothing is to be written is not written to.
    if let Some(answer) = decide(&target, octets, options)? {
        return approve().map(|()| answer);
    }
    let _lock = Lock::acquire(&target, options.lock_timeout)?;
    let Some(found) = content::open(&target.resolved, options.lock_timeout)? else {
        return put(&target, octets, None, options, approve).map(|()| Written::Created);
    };
    if content::holds(&target.resolved, &found.file, octets)? {
        return Ok(Written::Unchanged);
    }
    if !options.force {
        return Err(exists(&target));
    }
    let seen = content::seen(&target.resolved, &found)?;
    // Windows would have to replace a file that we have open ourselves.
    drop(found);
    put(&target, octets, Some(&seen), options, approve).map(|()| Written::Replaced)
}

/// Writes a store into a file of its own, which is its owner's alone if there are keys in it; a file that
/// holds the same entries under the same passwords is left alone, though its salts and dates are others, unless
/// `exact` is set.
///
/// # Errors
/// As [`write_output`]; `Disagreement` if the bytes do not read back as the store; and those of
/// [`TrustStore::to_bytes`].
pub fn write_store(
    path: impl AsRef<Path>,
    store: &TrustStore,
    options: &OutputOptions,
    random: &mut dyn Random,
) -> Result<Written> {
    let path = path.as_ref();
    if !options.exact && !is_stream(path) && holds(path, store) {
        return Ok(Written::Unchanged);
    }
    let octets = store.to_octets(random).map_err(|e| e.at_path(path))?;
    let options = OutputOptions { private: options.private || holds_secrets(store), ..options.clone() };
    let mut made = None;
    let written = thread::scope(|scope| {
        let (is_read, finish) = check::begin(scope, &octets, store, options.read_back);
        let approve = || {
            made = finish().map_err(|e| e.at_path(path))?.made;
            Ok(())
        };
        parallel::beside_one(is_read, || write_approved(path, &octets, &options, approve))
    });
    parallel::give_back(octets.len(), octets, [Box::new(made) as Thing]);
    written
}

/// Whether the file is a store of this format that the password opens, with these entries.
fn holds(path: &Path, store: &TrustStore) -> bool {
    let limits = Limits { spent: Default::default(), ..store.limits.clone() };
    let unlock = store.password().map_or(Unlock::Defaults, Unlock::With);
    let Ok(found) = TrustStore::open(path, unlock, &limits) else { return false };
    found.format() == store.format()
        && found.integrity() == store.integrity()
        && found.entries().len() == store.entries().len()
        && found.entries().iter().all(|entry| {
            store
                .get(entry.name())
                .is_some_and(|own| own.name() == entry.name() && own.kind() == entry.kind())
        })
        && store.keys_are_in(&found)
}

/// The answer, if it does not take a write.
fn decide(target: &Target, octets: &Octets<'_>, options: &OutputOptions) -> Result<Option<Written>> {
    match content::open(&target.resolved, options.lock_timeout)? {
        Some(found) if content::holds(&target.resolved, &found.file, octets)? => Ok(Some(Written::Unchanged)),
        Some(_) if !options.force => Err(exists(target)),
        Some(_) => Ok(options.dry_run.then_some(Written::Replaced)),
        None => Ok(options.dry_run.then_some(Written::Created)),
    }
}

fn put(
    target: &Target,
    octets: &Octets<'_>,
    expected: Option<&Seen>,
    options: &OutputOptions,
    approve: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let replacement = Replacement {
        target,
        octets,
        expected,
        look: None,
        private: options.private,
        model: None,
        backup: false,
        patience: options.lock_timeout,
    };
    replacement.put(approve).map(drop)
}

/// A device or a pipe, or a descriptor of this process: what the shell opened for us, even if it is a
/// file, has to be written to and not replaced.
fn is_stream(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    platform::is_stream(metadata.file_type()) || (metadata.is_file() && is_descriptor(path))
}

fn is_descriptor(path: &Path) -> bool {
    let mut at = path.to_owned();
    // /dev/stdout leads to /proc/self/fd/1, and that to the file.
    for _ in 0..8 {
        let folder = at.parent().and_then(|folder| fs::canonicalize(folder).ok());
        if folder.as_ref().is_some_and(|f| f.starts_with("/proc") || f.starts_with("/dev/fd")) {
            return true;
        }
        match (folder, fs::read_link(&at)) {
            (Some(folder), Ok(next)) => at = folder.join(next),
            _ => return false,
        }
    }
    false
}

fn stream(path: &Path, octets: &Octets<'_>, patience: Duration) -> Result<()> {
    let mut file = platform::open_stream(path, patience)?;
    let written = octets.write_parts(&mut file).and_then(|()| octets.write_end(&mut file));
    written.and_then(|()| file.flush()).map_err(|e| Error::io("write", path, e))
}

fn exists(target: &Target) -> Error {
    let message = "the file exists and has another content: it is not overwritten without --force";
    Error::new(ErrorKind::Exists, message).at_path(&target.given)
}
