//! A trust store in memory: ordered entries, and what its format needs to be written as it was read.

pub(crate) mod alias;
pub(crate) mod entry;
mod index;
mod kind;
mod names;
pub(crate) mod origin;
pub(crate) mod pkcs12;
pub(crate) mod residue;

use std::collections::HashSet;
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::bag::Bag;
use crate::cert::Certificate;
use crate::crypto::mac::MacScheme;
use crate::crypto::pbe::Seal;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;

use alias::Alias;
use entry::Parts;
pub use entry::{Entry, EntryId, EntryKind, HiddenReason, JavaView};
use index::Index;
pub use kind::{Format, Integrity};
use origin::Origin;
use pkcs12::{Pfx, Protection};
use residue::Residue;

/// A trust store: ordered entries of which nothing is lost when the store is written again.
///
/// ```
/// use truststore::{Certificate, Format, Limits, Password, SystemRandom, TrustStore, Unlock};
///
/// let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
/// let certificate = Certificate::from_der(vec![0x30, 0x00]);
/// store.insert("corp-ca", certificate, 1_700_000_000_000)?;
///
/// let bytes = store.to_bytes(&mut SystemRandom)?;
/// let password = Password::new("changeit");
/// let read = TrustStore::from_bytes(bytes, Unlock::With(&password), &Limits::default())?;
/// assert_eq!(read.get("CORP-CA").map(|entry| entry.name()), Some("corp-ca"));
/// # Ok::<(), truststore::Error>(())
/// ```
pub struct TrustStore {
    pub(crate) format: Format,
    pub(crate) entries: Vec<Entry>,
    pub(crate) residue: Residue,
    pub(crate) integrity: Integrity,
    /// What opened the store and seals it again; `None` for a store without any protection.
    pub(crate) password: Option<Password>,
    pub(crate) limits: Limits,
    /// The file as read; what an unmodified store is written as.
    pub(crate) original: Option<Bytes>,
    /// The file that was opened; `None` for a store that was made in memory.
    pub(crate) origin: Option<Origin>,
    next_id: u32,
    index: OnceLock<Index>,
    /// The issuers of the certificates in private keys' chains; made when it is asked for.
    issuers: OnceLock<HashSet<Box<[u8]>>>,
}

impl TrustStore {
    /// An empty store to be written under this password.
    ///
    /// A PKCS#12 store gets the JDK's present defaults: PBES2 with HMAC-SHA256 and AES-256-CBC, and an
    /// HMAC-SHA256 MAC, 10,000 iterations each.
    #[must_use]
    pub fn new(format: Format, password: Password) -> Self {
        Self::empty(format, Some(password))
    }

    /// An empty PKCS#12 store without encryption and without MAC, as the JDK writes it with
    /// `keystore.pkcs12.certProtectionAlgorithm=NONE` and `macAlgorithm=NONE`.
    #[must_use]
    pub fn new_without_password() -> Self {
        Self::empty(Format::Pkcs12, None)
    }

    fn empty(format: Format, password: Option<Password>) -> Self {
        let limits = Limits::default();
        let residue = match format {
            Format::Jks | Format::Jceks => Residue::Records { version: 2, trailing: Bytes::new() },
            Format::Pkcs12 => {
                let mac = password.is_some().then_some(MacScheme::JDK_DEFAULT);
                Residue::Pkcs12(Box::new(Pfx::new(mac, limits.max_depth)))
            }
        };
        let integrity = if password.is_some() { Integrity::Verified } else { Integrity::None };
        Self::assemble(format, Vec::new(), residue, integrity, password, limits, None)
    }

    /// Puts together what a codec has read; names the entries.
    pub(crate) fn assemble(
        format: Format,
        entries: Vec<Entry>,
        residue: Residue,
        integrity: Integrity,
        password: Option<Password>,
        limits: Limits,
        original: Option<Bytes>,
    ) -> Self {
        let mut store = Self {
            format,
            next_id: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            entries,
            residue,
            integrity,
            password,
            limits,
            original,
            origin: None,
            index: OnceLock::new(),
            issuers: OnceLock::new(),
        };
        store.name_entries();
        store
    }

    /// The container format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// What is known of the store's integrity.
    #[must_use]
    pub fn integrity(&self) -> Integrity {
        self.integrity
    }

    /// The entries in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// True if something differs from the file that was read.
    #[must_use]
    pub fn is_modified(&self) -> bool {
        self.original.is_none()
    }

    /// The entry of this name: the exact name, else the alias without regard to case, as the JDK
    /// compares; of aliases equal but for case the last that Java sees. A name made from the content
    /// (`alias#1a2b3c4d`) finds its entry also where the alias alone would do.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        match self.index().find(name, &self.entries) {
            Some(at) => self.entries.get(at),
            None => names::by_content(name, &self.entries, &self.residue),
        }
    }

    /// The entry of this identifier.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.position(id).and_then(|at| self.entries.get(at))
    }

    /// Adds a trusted certificate entry at the end; `created` is in milliseconds since 1970-01-01 UTC
    /// and is kept by formats that have dates. JKS and JCEKS lower-case the alias, as the JDK does.
    ///
    /// # Errors
    /// `AliasInvalid`; `AliasTaken` if an entry has this alias already, whatever it is.
    pub fn insert(&mut self, alias: &str, certificate: Certificate, created: i64) -> Result<EntryId> {
        self.require_free(alias, None)?;
        let entry = match &mut self.residue {
            Residue::Records { .. } => {
                let alias = Alias::for_record(alias)?;
                self.next_id += 1;
                Entry {
                    id: EntryId(self.next_id),
                    alias: Some(alias),
                    given_name: None,
                    kind: EntryKind::TrustedCertificate(certificate),
                    created: Some(created),
                    java: JavaView::ByAlias,
                    parts: Parts::Record { tag: TRUSTED_RECORD, body: None },
                }
            }
            Residue::Pkcs12(pfx) => {
                let protection = protection_of_new_block(pfx);
                let bag = pfx.add_certificate(certificate, alias::checked(alias)?, protection);
                let new = pkcs12::view::new_entry(pfx, bag);
                let new = new.ok_or_else(|| Error::damaged("the new bag is not there"))?;
                if new.certificate().is_some_and(|certificate| self.may_be_in_chain(certificate)) {
                    self.refresh();
                    return Ok(EntryId(bag.0));
                }
                new
            }
        };
        let id = entry.id;
        // A new bag may stand in a block before others.
        let at = match &self.residue {
            Residue::Records { .. } => self.entries.len(),
            Residue::Pkcs12(pfx) => pkcs12::view::place_of_new(pfx, id, &self.entries),
        };
        if let Some(index) = self.index.get_mut() {
            index.add(&entry, at, self.entries.get(at..).unwrap_or_default());
        }
        self.entries.insert(at, entry);
        self.original = None;
        Ok(id)
    }

    /// Puts another certificate into a certificate entry, which keeps its place, alias and attributes.
    ///
    /// # Errors
    /// `AliasUnknown`; `CannotKeep` if the entry is not a certificate, whose content would be lost.
    pub fn replace(&mut self, id: EntryId, certificate: Certificate, created: i64) -> Result<()> {
        let at = self.require(id)?;
        let Some(entry) = self.entries.get_mut(at) else { return Err(unknown(id)) };
        if !matches!(entry.kind, EntryKind::TrustedCertificate(_) | EntryKind::Certificate(_)) {
            let found = entry.kind.code();
            return Err(Error::new(
                ErrorKind::CannotKeep,
                format!("expected a certificate entry, found {found}: replacing it would lose it"),
            )
            .at_entry(entry.name()));
        }
        match (&mut self.residue, &mut entry.parts) {
            (Residue::Pkcs12(pfx), Parts::Bag(bag)) => {
                pfx.edit(*bag, |bag, depth| bag.replace_certificate(certificate.clone(), depth))?;
                let old = match &mut entry.kind {
                    EntryKind::TrustedCertificate(old) | EntryKind::Certificate(old) => {
                        std::mem::replace(old, certificate.clone())
                    }
                    _ => return Err(unknown(id)),
                };
                self.original = None;
                // Else nothing but this entry has changed, whose name was not made from its content.
                let renamed = entry.given_name.is_some() || pfx.is_nested(*bag);
                if renamed || self.may_be_in_chain(&old) || self.may_be_in_chain(&certificate) {
                    self.refresh();
                }
                Ok(())
            }
            (_, Parts::Record { body, .. }) => {
                *body = None;
                entry.kind = EntryKind::TrustedCertificate(certificate);
                entry.created = Some(created);
                self.original = None;
                if entry.given_name.is_some() {
                    // The name was made from the content.
                    self.renamed();
                }
                Ok(())
            }
            _ => Err(unknown(id)),
        }
    }

    /// Removes entries; of a private key also the certificates that belong to its chain alone. A trusted
    /// certificate that a private key's chain needs stays in the chain, and is trusted no more.
    ///
    /// # Errors
    /// `AliasUnknown`; `CannotKeep` for a bag with other entries inside. Then nothing is removed.
    pub fn remove(&mut self, ids: &[EntryId]) -> Result<()> {
        let gone: HashSet<EntryId> = ids.iter().copied().collect();
        let present = self.entries.iter().filter(|entry| gone.contains(&entry.id)).count();
        if present < gone.len() {
            let missing = ids.iter().copied().find(|&id| self.position(id).is_none());
            return Err(missing.map_or_else(|| Error::damaged("two entries share an identifier"), unknown));
        }
        if gone.is_empty() {
            return Ok(());
        }
        if let Residue::Pkcs12(pfx) = &mut self.residue {
            let bags = pkcs12::view::bags_of(&self.entries, &gone);
            let orphans = pfx.orphans(&bags);
            if orphans > 0 {
                return Err(Error::new(
                    ErrorKind::CannotKeep,
                    format!("{orphans} other entries stand inside what is to be removed: remove these too"),
                ));
            }
            for entry in self.entries.iter().filter(|entry| gone.contains(&entry.id)) {
                if let Parts::Bag(bag) = entry.parts
                    && !bags.contains(&bag)
                {
                    pfx.edit(bag, Bag::distrust)?;
                }
            }
            pfx.remove_all(&bags);
            self.refresh();
            return Ok(());
        }
        self.entries.retain(|entry| !gone.contains(&entry.id));
        self.renamed();
        Ok(())
    }

    /// Gives an entry another alias; everything else of it stays. JKS and JCEKS lower-case the alias.
    ///
    /// # Errors
    /// `AliasUnknown`, `AliasInvalid`, `AliasTaken`.
    pub fn rename(&mut self, id: EntryId, alias: &str) -> Result<()> {
        let at = self.require(id)?;
        self.require_free(alias, Some(id))?;
        let Some(entry) = self.entries.get_mut(at) else { return Err(unknown(id)) };
        match &mut self.residue {
            Residue::Records { .. } => {
                entry.alias = Some(Alias::for_record(alias)?);
                entry.given_name = None;
                self.renamed();
                Ok(())
            }
            Residue::Pkcs12(pfx) => {
                let alias = alias::checked(alias)?;
                let bags = match &entry.parts {
                    // As the JDK does, the key and its own certificate bear the name.
                    Parts::Key { key, chain } => chain.first().into_iter().chain([key]).copied().collect(),
                    Parts::Bag(bag) => vec![*bag],
                    Parts::Record { .. } => Vec::new(),
                };
                for bag in bags {
                    pfx.edit(bag, |bag, depth| bag.rename(alias, depth))?;
                }
                self.refresh();
                Ok(())
            }
        }
    }

    /// Adds Java's trusted key usage attribute to certificates of a PKCS#12 store; one without an alias
    /// of its own gets its [`Entry::name`] as alias, so that Java sees it beside the others. Returns
    /// those that lacked it.
    ///
    /// # Errors
    /// `AliasUnknown`; `Refused` if an entry is not a certificate. Then nothing is changed.
    pub fn trust(&mut self, ids: &[EntryId]) -> Result<Vec<EntryId>> {
        let asked: HashSet<EntryId> = ids.iter().copied().collect();
        if let Some(&missing) = ids.iter().find(|&&id| self.position(id).is_none()) {
            return Err(unknown(missing));
        }
        let mut lacking = Vec::new();
        for entry in self.entries.iter().filter(|entry| asked.contains(&entry.id)) {
            match (&entry.kind, &entry.parts) {
                (EntryKind::TrustedCertificate(_), _) => {}
                (EntryKind::Certificate(_), Parts::Bag(bag)) => lacking.push((entry.id, *bag)),
                (kind, _) => {
                    let message = format!("only a certificate can be trusted, this is a {}", kind.code());
                    return Err(Error::new(ErrorKind::Refused, message).at_entry(entry.name()));
                }
            }
        }
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        let lacking_ids = lacking.iter().map(|(id, _)| *id).collect();
        let aliases = names::aliases_once_trusted(&self.entries, &lacking_ids, &self.residue);
        if let Residue::Pkcs12(pfx) = &mut self.residue {
            for (id, bag) in &lacking {
                pfx.edit(*bag, |bag, depth| {
                    if let Some(alias) = aliases.get(id) {
                        bag.rename(alias, depth)?;
                    }
                    bag.trust(depth)
                })?;
            }
        }
        self.refresh();
        Ok(lacking.into_iter().map(|(id, _)| id).collect())
    }

    /// Whether this is the password that opened the store, or that a new one gets.
    #[must_use]
    pub fn has_password(&self, password: &Password) -> bool {
        self.password().is_some_and(|own| own.as_str() == password.as_str())
    }

    /// A copy of the password that opened the store, to write another one under it.
    #[must_use]
    pub fn duplicate_password(&self) -> Option<Password> {
        self.password().map(Password::duplicate)
    }

    /// True if the entry's bag has attributes other than its name, key identifier and trust.
    pub(crate) fn has_further_attributes(&self, entry: &Entry) -> bool {
        let bag = match (&self.residue, &entry.parts) {
            (Residue::Pkcs12(pfx), Parts::Bag(bag) | Parts::Key { key: bag, .. }) => pfx.bag(*bag),
            _ => None,
        };
        bag.is_some_and(|bag| bag.attributes().has_others())
    }

    /// The password that opened the store or that a new one gets.
    pub(crate) fn password(&self) -> Option<&Password> {
        self.password.as_ref()
    }

    /// Marks the store as different from the file that was read.
    pub(crate) fn touch(&mut self) {
        self.original = None;
    }

    /// Reads the entries of a PKCS#12 store anew from its bags after an edit.
    pub(crate) fn refresh(&mut self) {
        if let Residue::Pkcs12(pfx) = &mut self.residue {
            // What cannot be encoded fails when it is written.
            let _ = pfx.settle();
            self.entries = pkcs12::view::entries(pfx);
        }
        self.renamed();
    }

    fn renamed(&mut self) {
        self.name_entries();
        self.index = OnceLock::new();
        self.issuers = OnceLock::new();
        self.original = None;
    }

    /// True if a certificate in a private key's chain names this one as its issuer, so that it is a link
    /// of that chain, or would be in this store.
    fn may_be_in_chain(&self, certificate: &Certificate) -> bool {
        let issuers = self.issuers.get_or_init(|| {
            let keys = self.entries.iter().filter(|entry| matches!(entry.kind, EntryKind::PrivateKey(_)));
            keys.flat_map(Entry::certificates)
                .filter_map(|link| link.view().ok())
                .map(|view| Box::from(view.issuer.raw()))
                .collect()
        });
        !issuers.is_empty() && certificate.view().is_ok_and(|view| issuers.contains(view.subject.raw()))
    }

    fn name_entries(&mut self) {
        if let Residue::Records { .. } = self.residue {
            names::shadow_records(&mut self.entries);
        }
        names::assign(&mut self.entries, &self.residue);
    }

    fn position(&self, id: EntryId) -> Option<usize> {
        self.index().position(id)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.entries))
    }

    fn require(&self, id: EntryId) -> Result<usize> {
        self.position(id).ok_or_else(|| unknown(id))
    }

    fn require_free(&self, alias: &str, except: Option<EntryId>) -> Result<()> {
        // Java lists an entry without name under a number.
        let by_number = |entry: &&Entry| match entry.java {
            JavaView::ByNumber(number) => alias.parse() == Ok(number),
            _ => false,
        };
        let digits = alias.bytes().all(|b| b.is_ascii_digit());
        let numbered = if digits { self.entries.iter().find(by_number) } else { None };
        match self.get(alias).or(numbered) {
            Some(entry) if Some(entry.id) != except => Err(Error::new(
                ErrorKind::AliasTaken,
                format!("the alias is taken by a {} entry", entry.kind.code()),
            )
            .at_entry(entry.name())),
            _ => Ok(()),
        }
    }
}

/// The tag of a trusted certificate entry in JKS and JCEKS (JDK `JavaKeyStore.engineStore`).
pub(crate) const TRUSTED_RECORD: u32 = 2;

/// A block for the first certificate is sealed if the store is protected at all.
fn protection_of_new_block(pfx: &Pfx) -> Protection {
    let sealed = |block: &pkcs12::Block| matches!(block.protection, Protection::Sealed(_));
    if pfx.mac.is_some() || pfx.blocks.iter().any(sealed) {
        Protection::Sealed(Seal::JDK_DEFAULT)
    } else {
        Protection::Plain
    }
}

fn unknown(id: EntryId) -> Error {
    Error::new(ErrorKind::AliasUnknown, format!("no entry {} in this store", id.0))
}

impl fmt::Debug for TrustStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustStore")
            .field("format", &self.format)
            .field("entries", &self.entries.len())
            .field("integrity", &self.integrity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
