//! Open, edit, commit: the way of every change to a store file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::atomic::Replacement;
use super::backup::Backup;
use super::check::{check, put_checked};
use super::content::{self, Look, READ_PATIENCE};
use super::lock::Lock;
use super::target::Target;
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{Ahead, Known, ReadBack, Unlock};
use crate::limits::Limits;
use crate::octets::Octets;
use crate::parallel::{self, Follower, Thing};
use crate::password::Password;
use crate::store::origin::{Origin, Seen};
use crate::store::{EntryKind, Format, TrustStore};

/// A store and the file that it is in.
///
/// ```
/// use truststore::{
///     Certificate, EditOptions, Format, Limits, NewStore, Password, StoreFile, SystemRandom, Unlock,
/// };
///
/// # let folder = tempfile::tempdir().map_err(|e| truststore::Error::io("make", "".as_ref(), e))?;
/// # let path = folder.path().join("ssl-truststore");
/// let new = NewStore { format: Format::Jks, password: Some(Password::new("changeit")) };
/// let options = EditOptions { create: Some(new), ..EditOptions::default() };
/// let mut file = StoreFile::edit(&path, Unlock::Defaults, &Limits::default(), options)?;
/// file.store_mut().insert("corp-ca", Certificate::from_der(vec![0x30, 0x00]), 1_700_000_000_000)?;
/// let committed = file.commit(&mut SystemRandom)?;
/// assert!(committed.written && committed.created);
///
/// let file = StoreFile::read(&path, Unlock::Defaults, &Limits::default())?;
/// assert!(file.store().get("corp-ca").is_some());
/// # Ok::<(), truststore::Error>(())
/// ```
#[derive(Debug)]
pub struct StoreFile {
    store: TrustStore,
    target: Target,
    seen: Option<Seen>,
    look: Option<Look>,
    lock: Option<Lock>,
    lock_timeout: Duration,
    dry_run: bool,
    backup: Option<Backup>,
    read_back: bool,
}

/// How a store file is to be edited.
#[derive(Debug)]
pub struct EditOptions {
    /// How long to wait for another writer, and on Windows for processes that have the file open.
    /// Default: 10 s.
    pub lock_timeout: Duration,
    /// What to make if there is no file. Default: nothing, and it is an error.
    pub create: Option<NewStore>,
    /// Do everything but write; no lock is taken, so that the folder need not be writable. Default: false.
    pub dry_run: bool,
    /// Where to keep the previous file. Default: nowhere.
    pub backup: Option<Backup>,
    /// Let the independent reader of PKCS#12 read what is to be written (feature `readback`). Default:
    /// true.
    pub read_back: bool,
}

/// The store that is made where there is no file.
#[derive(Debug)]
pub struct NewStore {
    /// Its format.
    pub format: Format,
    /// Its password; `None` for a PKCS#12 store without MAC and encryption.
    pub password: Option<Password>,
}

/// What a commit did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Committed {
    /// The store is not what the file held; a dry run says this too.
    pub changed: bool,
    /// The file was written.
    pub written: bool,
    /// There was no file before.
    pub created: bool,
    /// The file that was kept.
    pub backup: Option<PathBuf>,
    /// The file had other names, which still name the old content.
    pub hard_link_broken: bool,
    /// What of the old file could not be given to the new one: `owner`, `group` or an extended attribute.
    /// Who could read the old file can read the new one.
    pub not_kept: Vec<String>,
    /// What the independent reader said; `None` if it was not asked.
    pub read_back: Option<ReadBack>,
}

impl Default for EditOptions {
    fn default() -> Self {
        Self {
            lock_timeout: super::DEFAULT_LOCK_TIMEOUT,
            create: None,
            dry_run: false,
            backup: None,
            read_back: true,
        }
    }
}

impl StoreFile {
    /// Reads a store file without locking it. It can be edited and committed nevertheless: then the lock
    /// is taken for the commit, which fails with `ChangedOnDisk` if another writer was faster.
    ///
    /// # Errors
    /// `NotFound`; `Io` if it is not a regular file; and those of [`TrustStore::from_bytes`].
    pub fn read(path: impl AsRef<Path>, unlock: Unlock<'_>, limits: &Limits) -> Result<Self> {
        let options = EditOptions { dry_run: true, ..EditOptions::default() };
        Ok(Self { dry_run: false, ..Self::edit(path, unlock, limits, options)? })
    }

    /// Locks a store file against other writers and reads it. The lock is held until the commit, or
    /// until this is dropped.
    ///
    /// # Errors
    /// `NotFound` if there is no file, or no folder for it; `Locked`; `Refused` for a symbolic link or a
    /// lock file that somebody else planted in a shared folder; `Io` if it is not a regular file or the
    /// folder cannot be written; and those of [`TrustStore::from_bytes`].
    pub fn edit(
        path: impl AsRef<Path>,
        unlock: Unlock<'_>,
        limits: &Limits,
        options: EditOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        let target = Target::resolve(path)?;
        // No lock file beside a file that is not there.
        if options.create.is_none() && content::open(&target.resolved, READ_PATIENCE)?.is_none() {
            return Err(absent(&target));
        }
        let lock = match options.dry_run {
            true => None,
            false => Some(Lock::acquire(&target, options.lock_timeout)?),
        };
        target.require_unmoved()?;
        let ahead = |first: &[u8], len| {
            let ahead = Arc::new(Ahead::of(first, len, unlock, limits)?);
            let same = Arc::clone(&ahead);
            let work = move |parts: content::Parts<'_, '_>| ahead.work(parts);
            Some((work, move |parts: &[&[u8]], other: &Follower<'_>| same.meanwhile(parts, other)))
        };
        let clock = lock.as_ref().and_then(Lock::metadata);
        let found = content::read_beside(&target.resolved, limits, options.lock_timeout, ahead)?;
        let (store, seen, look) = match found {
            Some((bytes, opened, known)) => {
                let look = clock.map(|clock| Look::of_read(opened, clock));
                let seen = Seen::Bytes(bytes.clone());
                let known = known.map_or(Known::Nothing, |(known, begun)| known.with(begun));
                let store = TrustStore::from_known(bytes, unlock, limits, known);
                (store.map_err(|e| e.at_path(path))?, Some(seen), look)
            }
            None => match options.create {
                Some(new) => (new.store(limits).map_err(|e| e.at_path(path))?, None, None),
                None => return Err(absent(&target)),
            },
        };
        let EditOptions { lock_timeout, dry_run, backup, read_back, .. } = options;
        Ok(Self { store, target, seen, look, lock, lock_timeout, dry_run, backup, read_back })
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &TrustStore {
        &self.store
    }

    /// The store, to be changed.
    pub fn store_mut(&mut self) -> &mut TrustStore {
        &mut self.store
    }

    /// True if there was no file, and a commit makes one.
    #[must_use]
    pub fn created(&self) -> bool {
        self.seen.is_none()
    }

    /// The path as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.target.given
    }

    /// The file itself, after symbolic links.
    #[must_use]
    pub fn resolved(&self) -> &Path {
        &self.target.resolved
    }

    /// Writes the store, if it is not what the file holds: the new file takes the old one's place in one
    /// step, with its mode, owner, ACL and labels. A new file can be read as umask has it, one with keys
    /// by its owner only.
    ///
    /// # Errors
    /// `ChangedOnDisk` if another program changed the file; `Disagreement` if the bytes do not read back
    /// as the store; `Locked`; `Refused` if the old file's owner cannot be kept and others would lose
    /// access; `Io`; and those of [`TrustStore::to_bytes`]. The file is then what it was, but for an `Io`
    /// error which says that the new file is in place.
    pub fn commit(mut self, random: &mut dyn Random) -> Result<Committed> {
        let Some(octets) = self.encode(random).map_err(|e| e.at_path(self.path()))? else {
            return Ok(Committed::default());
        };
        let created = self.seen.is_none();
        let mut committed = Committed { changed: true, created, ..Committed::default() };
        if self.dry_run {
            committed.read_back =
                check(&octets, &self.store, self.read_back).map_err(|e| e.at_path(self.path()))?;
            return Ok(committed);
        }
        if self.lock.is_none() {
            self.lock = Some(Lock::acquire(&self.target, self.lock_timeout)?);
        }
        let replacement = Replacement {
            target: &self.target,
            octets: &octets,
            expected: self.seen.as_ref(),
            look: self.look.as_ref(),
            private: created && holds_secrets(&self.store),
            model: None,
            backup: self.backup == Some(Backup::Beside),
            patience: self.lock_timeout,
        };
        let (placed, checked) = put_checked(&replacement, &octets, &self.store, self.read_back)?;
        committed.read_back = checked.read_back;
        committed.written = true;
        committed.backup = placed.backup;
        committed.hard_link_broken = placed.hard_link_broken;
        committed.not_kept = placed.not_kept;
        let len = octets.len();
        // Others may have it.
        drop(self.lock.take());
        // Each takes a while, if there is much of it: giving back the disk space of the old file, and memory.
        let memory: [Thing; 4] =
            [Box::new(self.store), Box::new(checked.made), Box::new(self.seen), Box::new(octets)];
        parallel::give_back(len, placed.replaced, memory);
        Ok(committed)
    }

    /// The new file; `None` if there is nothing to write.
    fn encode(&self, random: &mut dyn Random) -> Result<Option<Octets<'static>>> {
        if self.seen.is_some() && !self.store.is_modified() {
            return Ok(None);
        }
        let octets = self.store.to_octets(random)?;
        // Changed and changed back.
        if matches!(&self.seen, Some(Seen::Bytes(before)) if octets.are(before)) {
            return Ok(None);
        }
        Ok(Some(octets))
    }

    /// Takes the store out, which then knows its file.
    pub(super) fn into_store(mut self) -> Result<TrustStore> {
        self.store.origin = match self.seen {
            Some(seen) => Some(Origin { path: self.target.canonical()?, seen }),
            None => None,
        };
        Ok(self.store)
    }
}

impl NewStore {
    fn store(self, limits: &Limits) -> Result<TrustStore> {
        let mut store = match (self.password, self.format) {
            (Some(password), format) => TrustStore::new(format, password),
            (None, Format::Pkcs12) => TrustStore::new_without_password(),
            (None, format) => {
                return Err(Error::new(ErrorKind::Refused, format!("a {format} store needs a password")));
            }
        };
        store.limits = limits.clone();
        Ok(store)
    }
}

/// Whether a new file is for its owner alone; of what we do not know, we assume so.
pub(super) fn holds_secrets(store: &TrustStore) -> bool {
    let harmless = |kind: &EntryKind| {
        matches!(kind, EntryKind::TrustedCertificate(_) | EntryKind::Certificate(_) | EntryKind::Crl)
    };
    store.entries().iter().any(|entry| !harmless(entry.kind()))
}

fn absent(target: &Target) -> Error {
    let message = if target.given == target.resolved {
        "the file does not exist".to_owned()
    } else {
        format!("the symbolic link leads to {}, which does not exist", target.resolved.display())
    };
    Error::new(ErrorKind::NotFound, message).at_path(&target.given)
}
