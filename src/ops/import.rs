//! Putting certificates into a store.

use std::collections::{HashMap, HashSet};

use super::alias::alias_for;
use super::report::{EditReport, Failure, Item};
use crate::cert::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Entry, EntryId, TrustStore};

/// A certificate to be imported.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The certificate.
    pub certificate: Certificate,
    /// The alias that it has in another store, to be kept.
    pub alias: Option<String>,
    /// Creation date in milliseconds since 1970-01-01 UTC, of an entry of another store.
    pub created: Option<i64>,
    /// Where it comes from, for the report.
    pub source: String,
}

/// How certificates are imported.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The alias; the second certificate gets `-2` behind it and so on. Without, each certificate's own.
    pub alias: Option<String>,
    /// Put the certificate in the place of another one under the same alias.
    pub replace: bool,
    /// Leave out a certificate that is in the store under another alias.
    pub skip_duplicates: bool,
    /// Report what cannot be imported and go on.
    pub keep_going: bool,
    /// Creation date of new entries in milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// Imports certificates as trusted certificate entries.
///
/// The same certificate under the same alias is left as it is, so that a repeated import changes
/// nothing; if it lacks Java's trust attribute, it is given that. Where certificates are numbered or named by us, one that is there already under any of the
/// numbers is found again, whatever the order of the input.
///
/// # Errors
/// `AliasTaken` if another certificate has the alias and `replace` is not set; `AliasInvalid`;
/// `CannotKeep` if a private key has the alias. The store is then to be discarded.
///
/// ```
/// use truststore::{Candidate, Certificate, Format, ImportOptions, Password, TrustStore, import};
///
/// let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
/// let certificate = Certificate::from_der(vec![0x30, 0x00]);
/// let candidate = Candidate { certificate, alias: None, created: None, source: "root.der".into() };
/// let options = ImportOptions { alias: Some("corp-ca".into()), ..ImportOptions::default() };
///
/// let report = import(&mut store, &[candidate.clone()], &options)?;
/// assert_eq!(report.added[0].alias, "corp-ca");
/// let again = import(&mut store, &[candidate], &options)?;
/// assert!(!again.changed);
/// # Ok::<(), truststore::Error>(())
/// ```
pub fn import(
    store: &mut TrustStore,
    candidates: &[Candidate],
    options: &ImportOptions,
) -> Result<EditReport> {
    store.reserve(candidates.len());
    let mut import = Import::new(store, candidates, options);
    let aliases = import.plan(candidates);
    for (candidate, alias) in candidates.iter().zip(aliases) {
        match import.one(candidate, &alias) {
            Err(error) if options.keep_going => import.report.failed.push(Failure::of(&error)),
            other => other?,
        }
    }
    let mut report = import.report;
    report.changed = [&report.added, &report.replaced, &report.trusted].iter().any(|items| !items.is_empty());
    Ok(report)
}

struct Import<'a> {
    store: &'a mut TrustStore,
    options: &'a ImportOptions,
    report: EditReport,
    /// Of each certificate to be imported, the entries that were in the store, and that were added.
    by_content: HashMap<Certificate, Vec<EntryId>>,
    names: HashMap<EntryId, String>,
}

impl<'a> Import<'a> {
    fn new(store: &'a mut TrustStore, candidates: &[Candidate], options: &'a ImportOptions) -> Self {
        let mut by_content: HashMap<Certificate, Vec<EntryId>> =
            candidates.iter().map(|candidate| (candidate.certificate.clone(), Vec::new())).collect();
        // Few entries share their end with a candidate, so that few are hashed as a whole.
        let ends: HashSet<&[u8]> = candidates.iter().map(|candidate| end(&candidate.certificate)).collect();
        let mut names = HashMap::new();
        for entry in store.entries() {
            let certificate = entry_certificate(entry).filter(|certificate| ends.contains(end(certificate)));
            if let Some(ids) = certificate.and_then(|certificate| by_content.get_mut(certificate)) {
                ids.push(entry.id());
                names.insert(entry.id(), entry.name().to_owned());
            }
        }
        Self { store, options, report: EditReport::default(), by_content, names }
    }

    /// The alias of each candidate, before anything is changed.
    fn plan(&self, candidates: &[Candidate]) -> Vec<String> {
        let many = candidates.len() > 1;
        // Aliases that stay with a certificate of this input: found again, or just given.
        let mut claimed: HashSet<String> = HashSet::with_capacity(candidates.len());
        let mut found: Vec<(String, Option<String>)> = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let base = self.base(candidate);
            let kept = (candidate.alias.is_none() && (many || self.options.alias.is_none()))
                .then(|| self.found_again(&candidate.certificate, &base))
                .flatten();
            claimed.extend(kept.iter().map(|alias| alias.to_lowercase()));
            found.push((base, kept));
        }
        let mut next: HashMap<String, u64> = HashMap::new();
        let mut given: HashMap<&Certificate, String> = HashMap::with_capacity(candidates.len());
        candidates
            .iter()
            .zip(found)
            .map(|(candidate, (base, found))| {
                let generated = candidate.alias.is_none() && self.options.alias.is_none();
                if candidate.alias.is_some() || !(many || generated) {
                    return base;
                }
                let content = &candidate.certificate;
                let alias = found.or_else(|| given.get(content).cloned()).unwrap_or_else(|| {
                    let number = next.entry(base.clone()).or_insert(1);
                    let alias = self.next_number(&base, number, &claimed, generated);
                    claimed.insert(alias.to_lowercase());
                    alias
                });
                given.insert(content, alias.clone());
                alias
            })
            .collect()
    }

    fn base(&self, candidate: &Candidate) -> String {
        let named = candidate.alias.as_ref().or(self.options.alias.as_ref());
        named.cloned().unwrap_or_else(|| alias_for(&candidate.certificate))
    }

    /// The alias under which the certificate is there already: `base`, or `base` with a number.
    fn found_again(&self, certificate: &Certificate, base: &str) -> Option<String> {
        let ids = self.by_content.get(certificate)?;
        ids.iter().filter_map(|id| self.names.get(id)).find(|name| is_numbered(name, base)).cloned()
    }

    /// The first of `base`, `base-2`, … from `number` on that no certificate of this input has; where
    /// the alias is ours to choose, also none that a foreign entry has.
    fn next_number(
        &self,
        base: &str,
        number: &mut u64,
        claimed: &HashSet<String>,
        generated: bool,
    ) -> String {
        loop {
            let alias = if *number == 1 { base.to_owned() } else { format!("{base}-{number}") };
            *number += 1;
            let foreign = generated && !self.options.replace && self.store.get(&alias).is_some();
            if !claimed.contains(&alias.to_lowercase()) && !foreign {
                return alias;
            }
        }
    }

    fn one(&mut self, candidate: &Candidate, alias: &str) -> Result<()> {
        let certificate = &candidate.certificate;
        let item = |alias: &str| Item::new(alias, Some(certificate)).with_source(&candidate.source);
        if let Some(entry) = self.store.get(alias) {
            if entry_certificate(entry) == Some(certificate) {
                let same = item(entry.name());
                if entry.is_trusted() {
                    self.report.unchanged.push(same);
                    return Ok(());
                }
                let id = entry.id();
                self.store.trust(&[id])?;
                self.report.trusted.push(same.with_note("it was there without Java's trust attribute"));
                return Ok(());
            }
            return self.take_over(entry.id(), candidate, alias);
        }
        let elsewhere =
            self.by_content.get(certificate).and_then(|ids| ids.first()).and_then(|id| self.names.get(id));
        if let Some(other) = elsewhere.filter(|_| self.options.skip_duplicates) {
            let note = format!("the same certificate is in the store as \"{other}\"");
            self.report.skipped.push(item(alias).with_note(note));
            return Ok(());
        }
        let note = elsewhere.map(|other| format!("the same certificate is also in the store as \"{other}\""));
        let created = candidate.created.unwrap_or(self.options.now);
        let id = self.store.insert(alias, certificate.clone(), created).map_err(|e| e.at_entry(alias))?;
        let name = self.store.entry(id).map_or(alias, Entry::name).to_owned();
        let added = item(&name);
        self.by_content.entry(certificate.clone()).or_default().push(id);
        self.names.insert(id, name);
        self.report.added.push(match note {
            Some(note) => added.with_note(note),
            None => added,
        });
        Ok(())
    }

    /// Another entry has the alias: it is replaced on request, else the import is refused.
    fn take_over(&mut self, id: EntryId, candidate: &Candidate, alias: &str) -> Result<()> {
        let Some(entry) = self.store.entry(id) else { return Ok(()) };
        if !self.options.replace {
            let there = entry.certificate().map_or_else(
                || format!("a {} entry", entry.kind().code()),
                |other| format!("another {} (SHA-256 {})", entry.kind().code(), other.sha256()),
            );
            let found = candidate.certificate.sha256();
            return Err(Error::new(
                ErrorKind::AliasTaken,
                format!("the alias is taken by {there}; the certificate to import has SHA-256 {found}"),
            )
            .at_entry(alias));
        }
        let before = entry.clone();
        let created = candidate.created.unwrap_or(self.options.now);
        self.store.replace(id, candidate.certificate.clone(), created)?;
        if !before.is_trusted() {
            // What is imported is trusted, also in the place of what was not.
            self.store.trust(&[id])?;
        }
        let name = self.store.entry(id).map_or(alias, Entry::name).to_owned();
        let item = Item::new(&name, Some(&candidate.certificate)).with_source(&candidate.source);
        self.report.replaced.push(item.instead_of(&before));
        if let Some(ids) = entry_certificate(&before).and_then(|old| self.by_content.get_mut(old)) {
            ids.retain(|&other| other != id);
        }
        self.by_content.entry(candidate.certificate.clone()).or_default().push(id);
        self.names.insert(id, name);
        Ok(())
    }
}

/// The certificate of a certificate entry; a private key's own does not count.
fn entry_certificate(entry: &Entry) -> Option<&Certificate> {
    entry.certificate().filter(|_| entry.is_certificate())
}

/// The last octets of a certificate, which belong to its signature and so tell most certificates apart.
fn end(certificate: &Certificate) -> &[u8] {
    let der = certificate.der();
    der.get(der.len().saturating_sub(16)..).unwrap_or_default()
}

/// True for `base` itself, and for `base` with a number as [`import`] gives them.
fn is_numbered(name: &str, base: &str) -> bool {
    let (name, base) = (name.to_lowercase(), base.to_lowercase());
    name.strip_prefix(&base).is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('-').is_some_and(|number| {
                !number.starts_with('0') && number.parse::<u64>().is_ok_and(|number| number > 1)
            })
    })
}
