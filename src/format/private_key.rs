//! Private keys of a store: out of it, into it, and under another password.

use super::key_record;
use super::pkcs12::sealed_bag::{SealedBag, sealed_info};
use crate::bag::BagKind;
use crate::cert::Certificate;
use crate::crypto::pbe::Seal;
use crate::crypto::{PrivateKey, Random, Secret};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;
use crate::store::entry::{Parts, Rest};
use crate::store::keys::SealedKey;
use crate::store::residue::Residue;
use crate::store::{Entry, EntryId, EntryKind, TrustStore};

impl TrustStore {
    /// Opens the private key of an entry. Its password need not be the store's; in a PKCS#12 store that
    /// Java wrote it is.
    ///
    /// Read are Sun's key protector and PBEWithMD5AndTripleDES in JKS and JCEKS, and in PKCS#12 what
    /// certificates may be encrypted with, and keys in the clear.
    ///
    /// # Errors
    /// `AliasUnknown`; `Refused` if the entry is no private key; `WrongPassword`, which of a key that has
    /// whole blocks may also mean damage; `Damaged`; `Unsupported`, naming the algorithm; `LimitExceeded`.
    pub fn private_key(&self, id: EntryId, password: &Password) -> Result<PrivateKey> {
        self.open_key(id, password, &self.limits)
    }

    /// Adds a private key and its certificate chain, end-entity first, sealed under `password`; `created`
    /// is in milliseconds since 1970-01-01 UTC.
    ///
    /// The protection is the JDK's present default: in PKCS#12 PBES2 with HMAC-SHA256, AES-256-CBC and
    /// 10,000 iterations, in JCEKS PBEWithMD5AndTripleDES with 200,000, in JKS Sun's key protector. Java
    /// opens a PKCS#12 key with the store's password; give that unless you know better. Whether the key
    /// belongs to the certificate is not checked.
    ///
    /// # Errors
    /// `AliasInvalid`, `AliasTaken`; `Refused` for a password beyond ASCII in JCEKS; `CannotKeep` if a
    /// PKCS#12 store would show the key with other certificates; `LimitExceeded`. Then nothing is changed.
    ///
    /// ```
    /// use truststore::{Certificate, Format, Password, PrivateKey, SystemRandom, TrustStore};
    ///
    /// # let mut der = vec![0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
    /// # der.extend([7; 32]);
    /// let key = PrivateKey::from_pkcs8(der)?;
    /// let chain = [Certificate::from_der(vec![0x30, 0x00])];
    /// let password = Password::new("changeit");
    /// let mut store = TrustStore::new(Format::Jks, password.duplicate());
    /// let id = store.insert_private_key("server", &key, &chain, &password, 0, &mut SystemRandom)?;
    /// assert_eq!(store.private_key(id, &password)?.pkcs8(), key.pkcs8());
    /// assert!(store.private_key(id, &Password::new("other")).unwrap_err().is_wrong_password());
    /// # Ok::<(), truststore::Error>(())
    /// ```
    pub fn insert_private_key(
        &mut self,
        alias: &str,
        key: &PrivateKey,
        chain: &[Certificate],
        password: &Password,
        created: i64,
        random: &mut dyn Random,
    ) -> Result<EntryId> {
        self.put_private_key(alias, key, chain, password, created, None, random)
    }

    /// As [`TrustStore::insert_private_key`], in the place of the entry `instead`, whatever it is.
    #[expect(clippy::too_many_arguments, reason = "what an entry consists of, and where it goes")]
    pub(crate) fn put_private_key(
        &mut self,
        alias: &str,
        key: &PrivateKey,
        chain: &[Certificate],
        password: &Password,
        created: i64,
        instead: Option<EntryId>,
        random: &mut dyn Random,
    ) -> Result<EntryId> {
        let id = match &self.residue {
            Residue::Records { version, .. } => {
                let sealed = key_record::seal(self.format(), key, password, &self.limits, random)?;
                let body = key_record::write(&sealed, chain, created, *version)?;
                self.add_sealed_key(alias, SealedKey::Record(&body), chain, created, instead)?
            }
            Residue::Pkcs12(_) => {
                let secret = Secret { password, null: false };
                let info = sealed_info(key.pkcs8(), Seal::JDK_DEFAULT, secret, &self.limits, random)?;
                self.add_sealed_key(alias, SealedKey::Info(&info), chain, created, instead)?
            }
        };
        self.key_passwords.insert(id, password.duplicate());
        Ok(id)
    }

    /// Seals the private key of an entry under another password; a PKCS#12 key keeps its algorithm and
    /// count. Date, chain and attributes stay.
    ///
    /// # Errors
    /// As [`TrustStore::private_key`]; `Refused` for a key in the clear, and for a password beyond ASCII
    /// in JCEKS. Then nothing is changed.
    pub fn set_key_password(
        &mut self,
        id: EntryId,
        old: &Password,
        new: &Password,
        random: &mut dyn Random,
    ) -> Result<()> {
        let key = self.private_key(id, old)?;
        let (format, limits) = (self.format(), self.limits.clone());
        let at = self.require(id)?;
        let Some(entry) = self.entries.get_mut(at) else { return Err(no_key(id)) };
        match (entry.parts(), &mut self.residue) {
            (Parts::Record { body: Some(body) }, _) => {
                let sealed = key_record::seal(format, &key, new, &limits, random)?;
                entry.rest = Some(Box::new(Rest::Body(key_record::with_key(body, &sealed)?)));
            }
            (Parts::Bag(bag) | Parts::Key { key: bag, .. }, Residue::Pkcs12(pfx)) => {
                let own = pfx.bag(bag).ok_or_else(|| no_key(id))?;
                let sealed = SealedBag::of(&own, limits.max_depth)?.ok_or_else(in_the_clear)?;
                let secret = Secret { password: new, null: false };
                let value = sealed.seal_again(key.pkcs8(), sealed.seal(), secret, &limits, random)?;
                pfx.edit(bag, |bag, depth| bag.replace_value(&value, depth))?;
            }
            _ => return Err(no_key(id)),
        }
        self.key_passwords.insert(id, new.duplicate());
        self.changed_content();
        Ok(())
    }

    /// Whether the keys that were put in here are in `other` under the same names and passwords; false if
    /// there is a key or secret of which this cannot be told.
    pub(crate) fn keys_are_in(&self, other: &Self) -> bool {
        // Accounts of their own: these are files that this program wrote.
        let fresh = |limits: &Limits| Limits { spent: Default::default(), ..limits.clone() };
        let limits = (fresh(&self.limits), fresh(&other.limits));
        self.entries().iter().filter(|entry| !entry.is_certificate()).all(|entry| {
            let Some(found) = other.get(entry.name()) else { return false };
            if let (Parts::Record { body: own }, Parts::Record { body }) = (entry.parts(), found.parts())
                && own == body
            {
                return true;
            }
            let Some(password) = self.key_passwords.get(&entry.id()) else { return false };
            let own = self.open_key(entry.id(), password, &limits.0);
            let found = other.open_key(found.id(), password, &limits.1);
            matches!((own, found), (Ok(own), Ok(found)) if own.is(&found))
        })
    }

    fn open_key(&self, id: EntryId, password: &Password, limits: &Limits) -> Result<PrivateKey> {
        let entry = self.entry(id).ok_or_else(|| no_key(id))?;
        self.open_key_of(entry, password, limits).map_err(|e| e.at_entry(entry.name()))
    }

    fn open_key_of(&self, entry: &Entry, password: &Password, limits: &Limits) -> Result<PrivateKey> {
        if !matches!(entry.kind(), EntryKind::PrivateKey(_)) {
            let message = format!("expected a private key, found a {}", entry.kind().code());
            return Err(Error::new(ErrorKind::Refused, message));
        }
        match (entry.parts(), &self.residue) {
            (Parts::Record { body: Some(body) }, _) => key_record::open(body, password, limits),
            (Parts::Bag(bag) | Parts::Key { key: bag, .. }, Residue::Pkcs12(pfx)) => {
                let bag = pfx.bag(bag).ok_or_else(|| no_key(entry.id()))?;
                if *bag.kind() == BagKind::Key {
                    return PrivateKey::from_pkcs8(bag.value(limits.max_depth)?.to_vec());
                }
                let sealed = SealedBag::of(&bag, limits.max_depth)?.ok_or_else(|| no_key(entry.id()))?;
                sealed.require_whole()?;
                let secrets = sealed.seal().scheme.forms(password, pfx.null_password);
                let clear = sealed.open(&secrets, limits)?.ok_or_else(|| {
                    Error::new(
                        ErrorKind::WrongPassword,
                        "the password does not open the key, or the key is damaged",
                    )
                })?;
                PrivateKey::from_clear(clear)
            }
            _ => Err(no_key(entry.id())),
        }
    }
}

fn in_the_clear() -> Error {
    Error::new(ErrorKind::Refused, "the key is in the clear, so it has no password to change")
}

fn no_key(id: EntryId) -> Error {
    Error::new(ErrorKind::AliasUnknown, format!("no private key {} in this store", id.0))
}
