//! The paved path: a store from a file, and back.

use std::path::Path;
use std::time::Duration;

use super::atomic::Replacement;
use super::check::put_checked;
use super::content::{self, READ_PATIENCE};
use super::edit::{Committed, StoreFile, holds_secrets};
use super::lock::Lock;
use super::target::Target;
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Unlock;
use crate::limits::Limits;
use crate::store::TrustStore;
use crate::store::origin::{Origin, Seen};

const PATIENCE: Duration = super::DEFAULT_LOCK_TIMEOUT;

impl TrustStore {
    /// Reads a store file.
    ///
    /// Between this and [`TrustStore::save`] the file is not locked; [`StoreFile::edit`] does that.
    ///
    /// # Errors
    /// `NotFound`; `Io` if it is not a regular file; and those of [`TrustStore::from_bytes`].
    pub fn open(path: impl AsRef<Path>, unlock: Unlock<'_>, limits: &Limits) -> Result<Self> {
        StoreFile::read(path, unlock, limits)?.into_store()
    }

    /// Writes the store to a file, as [`StoreFile::commit`] does: to the one it was opened from or last
    /// saved to, or to a new one. An unchanged store is not written over its own file.
    ///
    /// ```
    /// use truststore::{Certificate, Format, Limits, Password, SystemRandom, TrustStore, Unlock};
    ///
    /// # let folder = tempfile::tempdir().map_err(|e| truststore::Error::io("make", "".as_ref(), e))?;
    /// # let path = folder.path().join("ssl-truststore");
    /// # TrustStore::new(Format::Jks, Password::new("changeit")).save(&path, &mut SystemRandom)?;
    /// let mut store = TrustStore::open(&path, Unlock::Defaults, &Limits::default())?;
    /// store.insert("corp-ca", Certificate::from_der(vec![0x30, 0x00]), 1_700_000_000_000)?;
    /// store.save(&path, &mut SystemRandom)?;
    /// # Ok::<(), truststore::Error>(())
    /// ```
    ///
    /// # Errors
    /// `ChangedOnDisk` if the file is not what was opened; `Exists` if it is another file, which is never
    /// overwritten; and those of [`StoreFile::commit`].
    pub fn save(&mut self, path: impl AsRef<Path>, random: &mut dyn Random) -> Result<Committed> {
        let target = Target::resolve(path.as_ref())?;
        let canonical = target.canonical()?;
        let expected = self.origin.as_ref().filter(|origin| origin.path == canonical).map(|o| o.seen.clone());
        if expected.is_none() && content::open(&target.resolved, READ_PATIENCE)?.is_some() {
            let message = "the file exists and is not the one that the store was read from";
            return Err(Error::new(ErrorKind::Exists, message).at_path(&target.given));
        }
        if expected.is_some() && !self.is_modified() {
            content::require_unchanged(&target, expected.as_ref(), READ_PATIENCE)?;
            return Ok(Committed::default());
        }
        let octets = self.to_octets(random).map_err(|e| e.at_path(&target.given))?;
        let _lock = Lock::acquire(&target, PATIENCE)?;
        let replacement = Replacement {
            target: &target,
            octets: &octets,
            expected: expected.as_ref(),
            look: None,
            private: expected.is_none() && holds_secrets(self),
            model: None,
            backup: false,
            patience: PATIENCE,
        };
        let (placed, checked) = put_checked(&replacement, &octets, self, true)?;
        let bytes = octets.joined();
        self.origin = Some(Origin { path: canonical, seen: Seen::Bytes(bytes.clone()) });
        self.original = Some(bytes);
        Ok(Committed {
            changed: true,
            written: true,
            created: expected.is_none(),
            hard_link_broken: placed.hard_link_broken,
            not_kept: placed.not_kept,
            read_back: checked.read_back,
            ..Committed::default()
        })
    }
}
