//! Edits of a store, each of which leaves everything else as it was.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::alias::{self, Label};
use super::entry::{Entry, EntryId, EntryKind, Home, JavaView, Parts};
use super::pkcs12::{self, Pfx, Protection};
use super::residue::Residue;
use super::{TrustStore, names};
use crate::bag::{Bag, CertificateFrame, Fresh};
use crate::cert::Certificate;
use crate::crypto::pbe::Seal;
use crate::error::{Error, ErrorKind, Result};

/// A trusted certificate entry that is to be added.
pub(crate) struct NewCertificate<'a> {
    pub(crate) alias: &'a str,
    pub(crate) certificate: &'a Certificate,
    /// Milliseconds since 1970-01-01 UTC.
    pub(crate) created: i64,
}

/// For how many new entries memory is had at a time.
const PIECE: usize = 64;

impl TrustStore {
    /// Adds a trusted certificate entry at the end; `created` is in milliseconds since 1970-01-01 UTC
    /// and is kept by formats that have dates. JKS and JCEKS lower-case the alias, as the JDK does.
    ///
    /// # Errors
    /// `AliasInvalid`; `AliasTaken` if an entry has this alias already, whatever it is; `LimitExceeded` for
    /// what could not be read again under the store's [`Limits`](crate::Limits).
    pub fn insert(&mut self, alias: &str, certificate: Certificate, created: i64) -> Result<EntryId> {
        self.insert_made(&NewCertificate { alias, certificate: &certificate, created }, None)
    }

    /// Adds trusted certificate entries, each as [`TrustStore::insert`] does, but with little memory for what is new in
    /// the bags of a PKCS#12 store. Returns their identifiers.
    ///
    /// # Errors
    /// As of the first that cannot be added, which is named; those before it are added then.
    pub(crate) fn insert_all<'a>(&mut self, new: &[NewCertificate<'a>]) -> Result<Vec<EntryId>> {
        let has_bags = matches!(self.residue, Residue::Pkcs12(_));
        let named = |new: &NewCertificate<'a>| (new.certificate, Fresh::named(new.alias, true));
        let mut ids = Vec::with_capacity(new.len());
        // Not on every core: all would count references to the same octets, for which one waits for the other.
        for piece in new.chunks(PIECE) {
            let frames =
                if has_bags { CertificateFrame::of_each(piece.iter().map(named)) } else { Vec::new() };
            let frames = frames.into_iter().map(Some).chain(std::iter::repeat(None));
            for (new, frame) in piece.iter().zip(frames) {
                ids.push(self.insert_made(new, frame).map_err(|e| e.at_entry(new.alias))?);
            }
        }
        Ok(ids)
    }

    /// Adds an entry; `frame` is its bag's, if it was made already.
    fn insert_made(&mut self, new: &NewCertificate<'_>, frame: Option<CertificateFrame>) -> Result<EntryId> {
        let &NewCertificate { alias, certificate, created } = new;
        self.require_free(alias, None)?;
        self.limits.check_certificate(certificate.der().len())?;
        let entry = match &mut self.residue {
            Residue::Records { .. } => {
                let label = Label::for_record(alias)?;
                let id = self.new_id();
                Entry {
                    id,
                    label,
                    kind: EntryKind::TrustedCertificate(certificate.clone()),
                    created: Some(created.to_be_bytes()),
                    java: JavaView::ByAlias,
                    home: Home::Record,
                    rest: None,
                }
            }
            Residue::Pkcs12(pfx) => {
                let protection = protection_of_new_block(pfx);
                self.limits.check_alias(alias)?;
                let fresh = Fresh::named(alias::checked(alias)?, true);
                let frame = frame.unwrap_or_else(|| CertificateFrame::new(certificate, fresh));
                let id = pfx.add_trusted(&frame, certificate, protection);
                if self.may_be_in_chain(certificate) {
                    self.refresh();
                    return Ok(EntryId(id.0));
                }
                pkcs12::view::new_entry(id, alias, certificate)
            }
        };
        let id = entry.id;
        // A new bag may stand in a block before others.
        let at = match &self.residue {
            Residue::Records { .. } => self.entries.len(),
            Residue::Pkcs12(pfx) => pkcs12::view::place_of_new(pfx, id, &self.entries),
        };
        self.entries.insert(at, entry);
        if let Some(index) = self.index.get_mut() {
            index.add(at, &self.entries);
        }
        self.original = None;
        Ok(id)
    }

    /// An identifier that no entry of records has had.
    pub(super) fn new_id(&mut self) -> EntryId {
        let id = EntryId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Makes room for so many more entries.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.entries.reserve(more);
        if let Some(index) = self.index.get_mut() {
            index.reserve(more, &self.entries);
        }
    }

    /// Puts another certificate into a certificate entry, which keeps its place, alias and attributes.
    ///
    /// # Errors
    /// `AliasUnknown`; `CannotKeep` if the entry is not a certificate, whose content would be lost;
    /// `LimitExceeded`.
    pub fn replace(&mut self, id: EntryId, certificate: Certificate, created: i64) -> Result<()> {
        let at = self.require(id)?;
        self.limits.check_certificate(certificate.der().len())?;
        let Some(entry) = self.entries.get_mut(at) else { return Err(unknown(id)) };
        if !entry.is_certificate() {
            let found = entry.kind.code();
            return Err(Error::new(
                ErrorKind::CannotKeep,
                format!("expected a certificate entry, found {found}: replacing it would lose it"),
            )
            .at_entry(entry.name()));
        }
        match (&mut self.residue, entry.parts()) {
            (Residue::Pkcs12(pfx), Parts::Bag(bag)) => {
                pfx.edit(bag, |bag, depth| bag.replace_certificate(certificate.clone(), depth))?;
                let old = match &mut entry.kind {
                    EntryKind::TrustedCertificate(old) | EntryKind::Certificate(old) => {
                        std::mem::replace(old, certificate.clone())
                    }
                    _ => return Err(unknown(id)),
                };
                self.original = None;
                // Else nothing but this entry has changed, whose name was not made from its content.
                let renamed = entry.label.given_name().is_some() || pfx.is_nested(bag);
                if renamed || self.may_be_in_chain(&old) || self.may_be_in_chain(&certificate) {
                    self.refresh();
                }
                Ok(())
            }
            (_, Parts::Record { .. }) => {
                entry.rest = None;
                entry.kind = EntryKind::TrustedCertificate(certificate);
                entry.created = Some(created.to_be_bytes());
                self.original = None;
                if entry.label.given_name().is_some() {
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
                if let Parts::Bag(bag) = entry.parts()
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
    /// `AliasUnknown`, `AliasInvalid`, `AliasTaken`, `LimitExceeded`.
    pub fn rename(&mut self, id: EntryId, alias: &str) -> Result<()> {
        let at = self.require(id)?;
        self.require_free(alias, Some(id))?;
        let Some(entry) = self.entries.get_mut(at) else { return Err(unknown(id)) };
        match &mut self.residue {
            Residue::Records { .. } => {
                entry.label = Label::for_record(alias)?;
                self.renamed();
                Ok(())
            }
            Residue::Pkcs12(pfx) => {
                self.limits.check_alias(alias)?;
                let alias = alias::checked(alias)?;
                let bags = match entry.parts() {
                    // As the JDK does, the key and its own certificate bear the name.
                    Parts::Key { key, chain } => chain.first().copied().into_iter().chain([key]).collect(),
                    Parts::Bag(bag) => vec![bag],
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
            match (&entry.kind, entry.parts()) {
                (EntryKind::TrustedCertificate(_), _) => {}
                (EntryKind::Certificate(_), Parts::Bag(bag)) => lacking.push((entry.id, bag)),
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

    /// The entries without name, by the number under which Java lists them.
    fn numbered(&self) -> &HashMap<u32, EntryId> {
        let number = |entry: &Entry| match entry.java {
            JavaView::ByNumber(number) => Some((number, entry.id)),
            _ => None,
        };
        self.numbered.get_or_init(|| self.entries.iter().filter_map(number).collect())
    }

    pub(crate) fn require(&self, id: EntryId) -> Result<usize> {
        self.position(id).ok_or_else(|| unknown(id))
    }

    pub(super) fn require_free(&self, alias: &str, except: Option<EntryId>) -> Result<()> {
        let by_number = || {
            let number = alias.parse().ok().filter(|_| alias.bytes().all(|b| b.is_ascii_digit()))?;
            let id = self.numbered().get(&number)?;
            self.entries.get(self.position(*id)?)
        };
        // JKS and JCEKS lower-case it, and then it may be another entry's than that of this very name.
        let folded = match alias::fold(alias) {
            Cow::Owned(folded) if matches!(self.residue, Residue::Records { .. }) => self.get(&folded),
            _ => None,
        };
        let mut found = self.get(alias).or_else(by_number).into_iter().chain(folded);
        match found.find(|entry| Some(entry.id) != except) {
            Some(entry) => Err(Error::new(
                ErrorKind::AliasTaken,
                format!("the alias is taken by a {} entry", entry.kind.code()),
            )
            .at_entry(entry.name())),
            None => Ok(()),
        }
    }
}

/// A block for the first certificate is sealed if the store is protected at all.
pub(super) fn protection_of_new_block(pfx: &Pfx) -> Protection {
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
