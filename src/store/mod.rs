//! A trust store in memory: ordered entries, and what its format needs to be written as it was read.

pub(crate) mod alias;
mod edit;
pub(crate) mod entry;
mod index;
pub(crate) mod keys;
mod kind;
mod names;
pub(crate) mod origin;
pub(crate) mod pkcs12;
pub(crate) mod residue;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;

use crate::crypto::mac::MacScheme;
use crate::limits::Limits;
use crate::password::Password;

pub(crate) use edit::NewCertificate;
use entry::Parts;
pub use entry::{Entry, EntryId, EntryKind, HiddenReason, JavaView};
use index::Index;
pub use kind::{Format, Integrity};
use origin::Origin;
use pkcs12::Pfx;
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
    /// Under what passwords private keys were put in here, to compare them with those of a file.
    pub(crate) key_passwords: HashMap<EntryId, Password>,
    next_id: u32,
    index: OnceLock<Index>,
    /// The issuers of the certificates in private keys' chains; made when it is asked for.
    issuers: OnceLock<HashSet<Box<[u8]>>>,
    /// The entries that Java lists under a number; made when it is asked for.
    numbered: OnceLock<HashMap<u32, EntryId>>,
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
            Format::Jks | Format::Jceks => {
                Residue::Records { version: 2, trailing: Bytes::new(), source: Bytes::new() }
            }
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
            key_passwords: HashMap::new(),
            index: OnceLock::new(),
            issuers: OnceLock::new(),
            numbered: OnceLock::new(),
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
        let bag = match (&self.residue, entry.parts()) {
            (Residue::Pkcs12(pfx), Parts::Bag(bag) | Parts::Key { key: bag, .. }) => pfx.bag(bag),
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
        self.issuers = OnceLock::new();
        self.numbered = OnceLock::new();
        self.original = None;
    }

    fn name_entries(&mut self) {
        self.index = OnceLock::new();
        if self.entries.iter().all(|entry| entry.alias().is_some()) {
            let records = matches!(self.residue, Residue::Records { .. });
            for entry in &mut self.entries {
                entry.label.give(None);
                if records {
                    entry.java = JavaView::ByAlias;
                }
            }
            // As in nearly every store: nothing is hidden, and every name is an alias.
            if let Some(index) = Index::of_unique(&self.entries) {
                self.index = index.into();
                return;
            }
        }
        match self.residue {
            Residue::Records { .. } => names::shadow_records(&mut self.entries),
            Residue::Pkcs12(_) => pkcs12::view::shadow(&mut self.entries),
        }
        names::assign(&mut self.entries, &self.residue);
    }

    fn position(&self, id: EntryId) -> Option<usize> {
        self.index().position(id)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.entries))
    }
}

/// The tag of a trusted certificate entry in JKS and JCEKS (JDK `JavaKeyStore.engineStore`).
pub(crate) const TRUSTED_RECORD: u32 = 2;
/// That of a private key.
pub(crate) const PRIVATE_KEY_RECORD: u32 = 1;
/// That of a secret key, in JCEKS (JDK `JceKeyStore.engineStore`).
pub(crate) const SECRET_KEY_RECORD: u32 = 3;

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
