//! Another password for a store, and today's algorithms for an old one.

use std::collections::HashSet;

use super::pkcs12::reseal::{self, Resealed};
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::password::Password;
use crate::store::entry::Parts;
use crate::store::pkcs12::BagId;
use crate::store::residue::Residue;
use crate::store::{Entry, EntryId, EntryKind, Integrity, TrustStore};

/// What [`TrustStore::set_password`] did with the entries that are sealed on their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PasswordChange {
    /// Names of the private keys and secrets that are under the new password now.
    pub resealed: Vec<String>,
    /// Names of those that stay under the password they had.
    pub kept: Vec<String>,
}

impl TrustStore {
    /// Gives the store another password, as `keytool -storepasswd` does.
    ///
    /// PKCS#12: certificates and MAC get it, and so do private keys and secrets that opened with the old
    /// one, each with its own algorithm and count. JKS and JCEKS: only the digest depends on the store's
    /// password, keys and secrets keep theirs.
    ///
    /// # Errors
    /// `Refused` for a PKCS#12 store that has neither MAC nor encrypted certificates: there is nothing
    /// that a password would protect. `ReadOnly` if the store was read without its integrity being
    /// checked. `LimitExceeded`. Then nothing is changed.
    ///
    /// # Examples
    /// ```
    /// use truststore::{Format, Limits, Password, SystemRandom, TrustStore, Unlock};
    ///
    /// let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    /// store.set_password(Password::new("better"), &mut SystemRandom)?;
    /// let bytes = store.to_bytes(&mut SystemRandom)?;
    /// let error = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap_err();
    /// assert!(error.is_wrong_password());
    /// # Ok::<(), truststore::Error>(())
    /// ```
    pub fn set_password(&mut self, new: Password, random: &mut dyn Random) -> Result<PasswordChange> {
        if self.integrity() == Integrity::Unchecked {
            return Err(Error::new(
                ErrorKind::ReadOnly,
                "the store was read without a password that fits: expected the store's password",
            ));
        }
        let resealed = match &mut self.residue {
            Residue::Pkcs12(pfx) => {
                reseal::change_password(pfx, self.password.as_ref(), &new, &self.limits, random)?
            }
            Residue::Records { .. } => Resealed::default(),
        };
        let change = match &self.residue {
            Residue::Pkcs12(_) => {
                PasswordChange { resealed: self.names(&resealed.again), kept: self.names(&resealed.kept) }
            }
            Residue::Records { .. } => PasswordChange { resealed: Vec::new(), kept: self.sealed_records() },
        };
        for bag in &resealed.again {
            if let Some(known) = self.key_passwords.get_mut(&EntryId(bag.0)) {
                *known = new.duplicate();
            }
        }
        self.password = Some(new);
        self.changed_content();
        Ok(change)
    }

    /// Moves a PKCS#12 store from older algorithms and lower counts to what current JDKs write; true if
    /// something changed. What is not encrypted stays so, a private key under a password of its own stays
    /// as it is, and algorithms at least as strong as the JDK's are left alone: HMAC with a member of
    /// SHA-2 and AES-CBC, 10,000 iterations or more.
    ///
    /// # Errors
    /// `LimitExceeded`, and then nothing is changed.
    pub fn upgrade(&mut self, random: &mut dyn Random) -> Result<bool> {
        let changed = match &mut self.residue {
            Residue::Pkcs12(pfx) => reseal::upgrade(pfx, self.password.as_ref(), &self.limits, random)?,
            Residue::Records { .. } => false,
        };
        if changed {
            self.changed_content();
        }
        Ok(changed)
    }

    /// Reads the entries anew: names made from the content of a bag change with it.
    pub(super) fn changed_content(&mut self) {
        match &self.residue {
            Residue::Pkcs12(_) => self.refresh(),
            Residue::Records { .. } => self.touch(),
        }
    }

    fn names(&self, bags: &[BagId]) -> Vec<String> {
        let bags: HashSet<&BagId> = bags.iter().collect();
        let is_one = |entry: &&Entry| match entry.parts() {
            Parts::Bag(bag) | Parts::Key { key: bag, .. } => bags.contains(&bag),
            Parts::Record { .. } => false,
        };
        self.entries().iter().filter(is_one).map(|entry| entry.name().to_owned()).collect()
    }

    fn sealed_records(&self) -> Vec<String> {
        let is_sealed =
            |entry: &&Entry| matches!(entry.kind(), EntryKind::PrivateKey(_) | EntryKind::SecretKey);
        self.entries().iter().filter(is_sealed).map(|entry| entry.name().to_owned()).collect()
    }
}
