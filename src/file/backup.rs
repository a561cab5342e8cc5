//! The previous file, kept as `NAME.bak` beside it, and put back.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::atomic::{RANDOM_LEN, Replacement, require_written, stage};
use super::content::{self, Opened, READ_PATIENCE};
use super::lock::Lock;
use super::platform;
use super::target::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{Unlock, detect};
use crate::limits::Limits;
use crate::store::{Format, TrustStore};

/// Where the previous file is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backup {
    /// As `NAME.bak` in the folder of the file itself (of a symbolic link: of the file it leads to), with
    /// its mode and owner, in the place of an earlier one.
    Beside,
}

/// How [`restore`] is to be done.
#[derive(Clone, Debug)]
pub struct RestoreOptions {
    /// How long to wait for another writer. Default: 10 s.
    pub lock_timeout: Duration,
    /// Only say what would be done; no lock is taken. Default: false.
    pub dry_run: bool,
}

/// What [`restore`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Restored {
    /// The file differs from the backup (a dry run changes nothing, but says this too).
    pub changed: bool,
    /// The file had gone, and is there again.
    pub created: bool,
    /// The backup, which stays where it is.
    pub backup: PathBuf,
    /// What the backup is.
    pub format: Format,
    /// What of the file's owner, group and attributes could not be kept.
    pub not_kept: Vec<String>,
}

impl Default for RestoreOptions {
    fn default() -> Self {
        Self { lock_timeout: super::DEFAULT_LOCK_TIMEOUT, dry_run: false }
    }
}

/// Puts the backup that [`Backup::Beside`] made in the file's place again. The file keeps its present mode
/// and owner; no password is needed, since the bytes are taken as they are.
///
/// # Errors
/// `NotFound` without a backup; `NotAStore`, `Damaged` if the backup is not a store; `Locked`,
/// `ChangedOnDisk`, `LimitExceeded`, `Io`.
pub fn restore(path: impl AsRef<Path>, limits: &Limits, options: &RestoreOptions) -> Result<Restored> {
    let target = Target::resolve(path.as_ref())?;
    let backup = target.backup();
    let _lock = match options.dry_run {
        true => None,
        false => Some(Lock::acquire(&target, options.lock_timeout)?),
    };
    let Some((bytes, model)) = content::read(&backup, limits, READ_PATIENCE)? else {
        let message = "expected a backup as --backup makes one, found none";
        return Err(Error::new(ErrorKind::NotFound, message).at_path(&backup));
    };
    let format = require_store(bytes.clone(), limits).map_err(|e| e.at_path(&backup))?;
    let octets = bytes.into();
    let (changed, seen) = match content::open(&target.resolved, READ_PATIENCE)? {
        Some(opened) => (
            !content::holds(&target.resolved, &opened.file, &octets)?,
            Some(content::seen(&target.resolved, &opened)?),
        ),
        None => (true, None),
    };
    let mut restored = Restored { changed, created: seen.is_none(), backup, format, not_kept: Vec::new() };
    if changed && !options.dry_run {
        let replacement = Replacement {
            target: &target,
            octets: &octets,
            expected: seen.as_ref(),
            look: None,
            private: false,
            model: Some(&model),
            backup: false,
            patience: options.lock_timeout,
        };
        restored.not_kept = replacement.put(|| Ok(()))?.0.not_kept;
    }
    Ok(restored)
}

/// Refuses what is no store, as far as can be told without its password.
fn require_store(bytes: bytes::Bytes, limits: &Limits) -> Result<Format> {
    let format = detect(&bytes);
    let damage = match TrustStore::from_bytes(bytes, Unlock::Defaults, limits) {
        Err(e) if matches!(e.kind(), ErrorKind::Damaged | ErrorKind::NotAStore) => Some(e),
        _ => None,
    };
    match (format, damage) {
        (Some(format), None) => Ok(format),
        (_, Some(damage)) => Err(damage),
        (None, None) => Err(Error::new(ErrorKind::NotAStore, "expected a PKCS#12, JKS or JCEKS store")),
    }
}

/// A backup that is in its place, while the file itself is not replaced yet: dropped, the earlier backup
/// comes back.
pub(super) struct Kept {
    path: PathBuf,
    earlier: Earlier,
}

enum Earlier {
    /// There was one, by a second name now.
    Beside(NamedTempFile<()>),
    /// There was one, and this file system has no second names.
    Lost,
    None,
    /// The new one stays.
    Confirmed,
}

impl Kept {
    /// Copies the old file; a copy and not a second name, since keytool writes into the file it finds.
    pub(super) fn put(target: &Target, old: &Opened, patience: Duration) -> Result<Self> {
        let path = target.backup();
        let exists = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                let message = "expected the place of a backup, found a folder";
                return Err(Error::new(ErrorKind::Io, message).at_path(&path));
            }
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(Error::io("look at the backup", &path, error)),
        };
        let temp = stage(target, true)?;
        let bytes = copy(old, &temp).map_err(|e| Error::io("write the backup", &path, e))?;
        platform::keep_attributes(old, temp.as_file(), false).map_err(|e| e.at_path(&path))?;
        temp.as_file().sync_all().map_err(|e| Error::io("write the backup", &path, e))?;
        require_written(&temp, &bytes.as_slice().into())?;
        let earlier = if exists { keep_earlier(target, &path) } else { Earlier::None };
        platform::replace(temp, &path, exists, Instant::now() + patience)
            .map_err(|e| Error::io("put the backup in its place", &path, e))?;
        Ok(Self { path, earlier })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The new backup stays; the earlier one goes.
    pub(super) fn confirm(mut self) -> PathBuf {
        self.earlier = Earlier::Confirmed;
        self.path.clone()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.earlier, Earlier::Confirmed) {
            Earlier::Beside(earlier) => drop(earlier.persist(&self.path)),
            Earlier::None => drop(fs::remove_file(&self.path)),
            Earlier::Lost | Earlier::Confirmed => {}
        }
    }
}

/// By hand: `io::copy` gives up when a signal interrupts it.
fn copy(old: &Opened, new: &NamedTempFile<File>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    (&old.file).read_to_end(&mut bytes)?;
    new.as_file().write_all(&bytes)?;
    Ok(bytes)
}

fn keep_earlier(target: &Target, backup: &Path) -> Earlier {
    tempfile::Builder::new()
        .prefix(&target.name_with(".", "."))
        .suffix(".tmp")
        .rand_bytes(RANDOM_LEN)
        .make_in(&target.folder, |path| fs::hard_link(backup, path))
        .map_or(Earlier::Lost, Earlier::Beside)
}
