//! Putting certificates into a store.

use std::collections::{HashMap, HashSet};

use super::alias::alias_of;
use super::report::{EditReport, Failure, Item};
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::in_order;
use crate::store::alias::fold;
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
    let news = in_order(candidates, &|_| {}, |candidate| New::of(candidate, options));
    let mut import = Import::new(store, &news, options);
    let aliases = import.plan(&news);
    for (new, alias) in news.into_iter().zip(aliases) {
        match import.one(new, &alias) {
            Err(error) if options.keep_going => import.report.failed.push(Failure::of(&error)),
            other => other?,
        }
    }
    let mut report = import.report;
    report.changed = [&report.added, &report.replaced, &report.trusted].iter().any(|items| !items.is_empty());
    Ok(report)
}

/// A candidate and what its certificate says, which is worked out once, for many on every core.
struct New<'a> {
    candidate: &'a Candidate,
    sha256: Fingerprint,
    /// For the report, under the alias that the certificate gets if it is free.
    item: Item,
}

impl<'a> New<'a> {
    fn of(candidate: &'a Candidate, options: &ImportOptions) -> Self {
        let view = candidate.certificate.view().ok();
        let sha256 = candidate.certificate.sha256();
        let named = candidate.alias.as_ref().or(options.alias.as_ref());
        let item = Item {
            alias: named.cloned().unwrap_or_else(|| alias_of(view.as_ref(), || sha256)),
            subject: view.map(|view| view.subject.to_string()),
            sha256: Some(sha256),
            previous: None,
            source: Some(candidate.source.clone()),
            note: None,
        };
        Self { candidate, sha256, item }
    }
}

struct Import<'a> {
    store: &'a mut TrustStore,
    options: &'a ImportOptions,
    report: EditReport,
    /// Of each certificate to be imported, the entries that were in the store, and that were added.
    by_content: HashMap<Fingerprint, Vec<EntryId>>,
    /// No certificate was in the store or comes again, as in nearly every bulk: none is looked for by its content.
    is_fresh: bool,
}

impl<'a> Import<'a> {
    fn new(store: &'a mut TrustStore, news: &[New<'_>], options: &'a ImportOptions) -> Self {
        let by_content: HashMap<_, _> = news.iter().map(|new| (new.sha256, Vec::new())).collect();
        let is_fresh = store.entries().is_empty() && by_content.len() == news.len();
        let mut report = EditReport::default();
        if is_fresh {
            report.added.reserve(news.len());
        }
        let mut import = Self { store, options, report, by_content, is_fresh };
        import.note_what_is_there(news);
        import
    }

    /// Takes up the entries whose certificates are to be imported.
    fn note_what_is_there(&mut self, news: &[New<'_>]) {
        if self.store.entries().is_empty() {
            return;
        }
        // Few entries share length and end with a candidate, so that few are looked at, and fewer hashed, as a whole.
        let candidates = || news.iter().map(|new| &new.candidate.certificate);
        let mut lengths: Vec<usize> = candidates().map(|certificate| certificate.der().len()).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let ends: HashSet<&[u8]> = candidates().map(end).collect();
        for entry in self.store.entries() {
            let certificate = entry_certificate(entry)
                .filter(|certificate| lengths.binary_search(&certificate.der().len()).is_ok())
                .filter(|certificate| ends.contains(end(certificate)));
            let ids = certificate.and_then(|certificate| self.by_content.get_mut(&certificate.sha256()));
            if let Some(ids) = ids {
                ids.push(entry.id());
            }
        }
    }

    /// The alias of each candidate, before anything is changed.
    fn plan(&self, news: &[New<'_>]) -> Vec<String> {
        let many = news.len() > 1;
        // Aliases that stay with a certificate of this input: found again, or just given.
        let mut claimed: HashSet<String> = HashSet::with_capacity(news.len());
        let mut found: Vec<Option<String>> = Vec::with_capacity(news.len());
        for new in news {
            let kept =
                (!self.is_fresh && new.candidate.alias.is_none() && (many || self.options.alias.is_none()))
                    .then(|| self.found_again(new))
                    .flatten();
            claimed.extend(kept.iter().map(|alias| fold(alias).into_owned()));
            found.push(kept);
        }
        let mut next: HashMap<&str, u64> = HashMap::with_capacity(news.len());
        // Where in the answer the alias of a certificate is.
        let mut given: HashMap<Fingerprint, usize> = HashMap::new();
        let mut aliases: Vec<String> = Vec::with_capacity(news.len());
        for (new, found) in news.iter().zip(found) {
            let (base, named) = (new.item.alias.as_str(), new.candidate.alias.is_some());
            let generated = !named && self.options.alias.is_none();
            if named || !(many || generated) {
                aliases.push(base.to_owned());
                continue;
            }
            let before = || given.get(&new.sha256).and_then(|&at| aliases.get(at)).cloned();
            let alias = found.or_else(before).unwrap_or_else(|| {
                let number = next.entry(base).or_insert(1);
                self.next_number(base, number, &mut claimed, generated && !self.is_fresh)
            });
            if !self.is_fresh {
                given.insert(new.sha256, aliases.len());
            }
            aliases.push(alias);
        }
        aliases
    }

    /// The alias under which the certificate is there already: the one it is to have, or that with a number.
    fn found_again(&self, new: &New<'_>) -> Option<String> {
        let mut names = self.by_content.get(&new.sha256)?.iter().filter_map(|&id| self.name(id));
        names.find(|name| is_numbered(name, &new.item.alias)).map(str::to_owned)
    }

    fn name(&self, id: EntryId) -> Option<&str> {
        self.store.entry(id).map(Entry::name)
    }

    /// The first of `base`, `base-2`, … from `number` on that no certificate of this input has, which is claimed
    /// now; of those that are `ours` to choose, also none that a foreign entry has.
    fn next_number(&self, base: &str, number: &mut u64, claimed: &mut HashSet<String>, ours: bool) -> String {
        loop {
            let alias = if *number == 1 { base.to_owned() } else { format!("{base}-{number}") };
            *number += 1;
            let foreign = ours && !self.options.replace && self.store.get(&alias).is_some();
            if !foreign && claimed.insert(fold(&alias).into_owned()) {
                return alias;
            }
        }
    }

    fn one(&mut self, new: New<'_>, alias: &str) -> Result<()> {
        let New { candidate, sha256, item } = new;
        let certificate = &candidate.certificate;
        if let Some(entry) = self.store.get(alias) {
            if entry_certificate(entry) != Some(certificate) {
                return self.take_over(entry.id(), New { candidate, sha256, item }, alias);
            }
            let same = item.named(entry.name());
            if entry.is_trusted() {
                self.report.unchanged.push(same);
                return Ok(());
            }
            let id = entry.id();
            self.store.trust(&[id])?;
            self.report.trusted.push(same.with_note("it was there without Java's trust attribute"));
            return Ok(());
        }
        let ids = if self.is_fresh { None } else { self.by_content.get(&sha256) };
        let elsewhere = ids.and_then(|ids| ids.first()).and_then(|&id| self.name(id));
        if let Some(other) = elsewhere.filter(|_| self.options.skip_duplicates) {
            let note = format!("the same certificate is in the store as \"{other}\"");
            self.report.skipped.push(item.named(alias).with_note(note));
            return Ok(());
        }
        let note = elsewhere.map(|other| format!("the same certificate is also in the store as \"{other}\""));
        let created = candidate.created.unwrap_or(self.options.now);
        let id = self.store.insert(alias, certificate.clone(), created).map_err(|e| e.at_entry(alias))?;
        if !self.is_fresh {
            self.by_content.entry(sha256).or_default().push(id);
        }
        let added = item.named(self.name(id).unwrap_or(alias));
        self.report.added.push(Item { note, ..added });
        Ok(())
    }

    /// Another entry has the alias: it is replaced on request, else the import is refused.
    fn take_over(&mut self, id: EntryId, new: New<'_>, alias: &str) -> Result<()> {
        let New { candidate, sha256, item } = new;
        let Some(entry) = self.store.entry(id) else { return Ok(()) };
        if !self.options.replace {
            let there = entry.certificate().map_or_else(
                || format!("a {} entry", entry.kind().code()),
                |other| format!("another {} (SHA-256 {})", entry.kind().code(), other.sha256()),
            );
            return Err(Error::new(
                ErrorKind::AliasTaken,
                format!("the alias is taken by {there}; the certificate to import has SHA-256 {sha256}"),
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
        let item = item.named(self.name(id).unwrap_or(alias));
        self.report.replaced.push(item.instead_of(&before));
        if let Some(ids) = entry_certificate(&before).and_then(|old| self.by_content.get_mut(&old.sha256())) {
            ids.retain(|&other| other != id);
        }
        self.by_content.entry(sha256).or_default().push(id);
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
