//! Putting sealed private keys into a store. How they are sealed is the format's affair.

use bytes::Bytes;

use super::TrustStore;
use super::alias::{self, Label};
use super::edit::protection_of_new_block;
use super::entry::{Entry, EntryId, EntryKind, Home, JavaView, Parts, Rest};
use super::residue::Residue;
use crate::cert::Certificate;
use crate::error::{Error, ErrorKind, Result};

/// A private key as its store's format holds it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SealedKey<'a> {
    /// The body of a JKS or JCEKS record, from the date on.
    Record(&'a Bytes),
    /// An EncryptedPrivateKeyInfo for PKCS#12.
    Info(&'a [u8]),
}

impl TrustStore {
    /// Adds a sealed private key, in the place of the entry `instead`, whose alias may be the same.
    ///
    /// # Errors
    /// `AliasInvalid`, `AliasTaken`; `AliasUnknown` if `instead` is not there; `CannotKeep` if a PKCS#12
    /// store would show the key with another chain; `LimitExceeded`. Then nothing is changed.
    pub(crate) fn add_sealed_key(
        &mut self,
        alias: &str,
        sealed: SealedKey<'_>,
        chain: &[Certificate],
        created: i64,
        instead: Option<EntryId>,
    ) -> Result<EntryId> {
        self.require_free(alias, instead)?;
        for link in chain {
            self.limits.check_certificate(link.der().len())?;
        }
        match (sealed, &self.residue) {
            (SealedKey::Record(body), Residue::Records { .. }) => {
                let label = Label::for_record(alias)?;
                let kind = EntryKind::PrivateKey(chain.to_vec());
                self.put_record(label, kind, Some(created.to_be_bytes()), body.clone(), instead)
            }
            (SealedKey::Info(info), Residue::Pkcs12(pfx)) => {
                self.limits.check_alias(alias)?;
                let (before, original) = (pfx.clone(), self.original.clone());
                let added = self.add_key_bags(alias::checked(alias)?, info, chain, created, instead);
                if added.is_err() {
                    self.residue = Residue::Pkcs12(before);
                    self.refresh();
                    self.original = original;
                }
                added
            }
            _ => Err(Error::unsupported("a private key sealed for another format")),
        }
    }

    /// Adds a copy of a secret key's entry of another JCEKS store, sealed as it is.
    ///
    /// # Errors
    /// `AliasInvalid`, `AliasTaken`; `AliasUnknown` if `instead` is not there; `CannotKeep` between other
    /// formats. Then nothing is changed.
    pub(crate) fn add_sealed_secret(
        &mut self,
        alias: &str,
        entry: &Entry,
        instead: Option<EntryId>,
    ) -> Result<EntryId> {
        self.require_free(alias, instead)?;
        match (entry.parts(), self.format) {
            (Parts::Record { body: Some(body) }, super::Format::Jceks)
                if entry.kind == EntryKind::SecretKey =>
            {
                let label = Label::for_record(alias)?;
                let (kind, created) = (entry.kind.clone(), entry.created);
                self.put_record(label, kind, created, body.clone(), instead)
            }
            _ => Err(Error::new(ErrorKind::CannotKeep, "secret keys move from JCEKS to JCEKS only")
                .at_entry(entry.name())),
        }
    }

    fn put_record(
        &mut self,
        label: Label,
        kind: EntryKind,
        created: Option<[u8; 8]>,
        body: Bytes,
        instead: Option<EntryId>,
    ) -> Result<EntryId> {
        let at = instead.map(|id| self.require(id)).transpose()?;
        let id = self.new_id();
        let (java, home, rest) = (JavaView::ByAlias, Home::Record, Some(Box::new(Rest::Body(body))));
        let entry = Entry { id, label, kind, created, java, home, rest };
        match at.and_then(|at| self.entries.get_mut(at)) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
        self.renamed();
        Ok(id)
    }

    fn add_key_bags(
        &mut self,
        alias: &str,
        info: &[u8],
        chain: &[Certificate],
        created: i64,
        instead: Option<EntryId>,
    ) -> Result<EntryId> {
        if let Some(old) = instead {
            self.remove(&[old])?;
        }
        let Residue::Pkcs12(pfx) = &mut self.residue else {
            return Err(Error::unsupported("bags in a store of records"));
        };
        let protection = protection_of_new_block(pfx);
        let id = EntryId(pfx.add_key(info, chain, alias, created, protection).0);
        self.refresh();
        let found = self.entry(id).map_or(&[][..], Entry::certificates);
        // Where the issuer of the last is in the store, the chain goes on there, as Java has it.
        if found.starts_with(chain) {
            return Ok(id);
        }
        Err(Error::new(
            ErrorKind::CannotKeep,
            "PKCS#12 finds a key's chain by the names of its issuers, and would find other certificates: \
             expected a chain in the order of its issuers, and no other certificate of their names in the \
             store",
        )
        .at_entry(alias))
    }
}
