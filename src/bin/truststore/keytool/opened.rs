//! A store as keytool sees it.

use std::collections::HashSet;

use truststore::{Certificate, Entry, EntryKind, Format, StoreFile, TrustStore};

use super::session::Session;
use super::trouble::Trouble;

/// A store that was read.
pub(crate) struct Opened {
    file: Option<StoreFile>,
    /// What keytool takes it for.
    pub(crate) shown: Format,
    /// The certificates are sealed and nobody gave a password: keytool does not see them.
    sealed: bool,
    /// As the command line names it.
    path: String,
    trusted: HashSet<Certificate>,
}

impl Opened {
    pub(crate) fn new(file: Option<StoreFile>, shown: Format, sealed: bool, path: String) -> Self {
        let mut opened = Self { file, shown, sealed, path, trusted: HashSet::new() };
        let trusted = opened.entries().into_iter().filter(|(_, entry)| entry.is_trusted());
        opened.trusted = trusted.filter_map(|(_, entry)| entry.certificate().cloned()).collect();
        opened
    }

    /// The entries that a JVM sees, in the order of their aliases.
    pub(crate) fn entries(&self) -> Vec<(String, &Entry)> {
        let all = self.file.as_ref().map_or(&[][..], |file| file.store().entries());
        let mut seen: Vec<(String, &Entry)> = all
            .iter()
            .filter(|entry| !(self.sealed && entry.is_certificate()))
            .filter_map(|entry| Some((entry.java_alias()?, entry)))
            .collect();
        // As `java.lang.String` compares.
        seen.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
        seen
    }

    /// The entry of this alias.
    pub(crate) fn find(&self, alias: &str) -> Result<(String, &Entry), Trouble> {
        let wanted = alias.to_lowercase();
        let mut entries = self.entries().into_iter();
        entries.find(|(alias, _)| alias.to_lowercase() == wanted).ok_or_else(|| no_such_alias(alias))
    }

    /// The store itself; `None` if it could not be opened without a password.
    pub(crate) fn store(&self) -> Option<&TrustStore> {
        self.file.as_ref().map(StoreFile::store)
    }

    /// The certificates of an entry that keytool sees.
    pub(crate) fn chain<'a>(&self, entry: &'a Entry) -> &'a [Certificate] {
        if self.sealed { &[] } else { entry.certificates() }
    }

    /// Whether this is a trusted certificate of the store.
    pub(crate) fn trusts(&self, certificate: &Certificate) -> bool {
        self.trusted.contains(certificate)
    }

    /// The trusted certificates of the store.
    pub(crate) fn trusted(&self) -> impl Iterator<Item = &Certificate> {
        self.trusted.iter()
    }

    /// Keeps the JDK's advice on stores with keys that are not PKCS#12.
    pub(crate) fn warn_of_keys(&self, session: &mut Session) {
        if self.entries().iter().any(|(_, entry)| !entry.is_certificate()) {
            let format = self.store().map_or(self.shown, TrustStore::format);
            session.warn_of_format(format, &self.path);
        }
    }

    /// How many entries a JVM does not see.
    pub(crate) fn hidden(&self) -> usize {
        let all = self.file.as_ref().map_or(&[][..], |file| file.store().entries());
        all.iter().filter(|entry| entry.java_alias().is_none()).count()
    }

    /// What an entry is called.
    pub(crate) fn kind(entry: &Entry) -> &'static str {
        match entry.kind() {
            EntryKind::PrivateKey(_) => "PrivateKeyEntry",
            EntryKind::SecretKey => "SecretKeyEntry",
            _ => "trustedCertEntry",
        }
    }
}

/// The entry of a store that a JVM sees under this alias.
pub(crate) fn visible<'a>(store: &'a TrustStore, alias: &str) -> Option<&'a Entry> {
    let wanted = alias.to_lowercase();
    store.entries().iter().find(|entry| entry.java_alias().is_some_and(|own| own.to_lowercase() == wanted))
}

pub(crate) fn no_such_alias(alias: &str) -> Trouble {
    Trouble::exception(format!("Alias <{alias}> does not exist"))
}
