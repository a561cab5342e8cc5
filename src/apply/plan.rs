//! From a store to what is declared of it, by the operations that every command uses.

use std::collections::{HashMap, HashSet};

use super::action::{Action, ActionKind, Kept, Plan};
use super::desired::{Bundled, Desired, Wanted};
use super::manifest::Absent;
use crate::cert::{Certificate, Fingerprint};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::{
    Candidate, EditReport, ImportOptions, Item, RemoveOptions, alias_for, import, remove, trust,
};
use crate::store::{Entry, EntryId, HiddenReason, JavaView, TrustStore};

/// How far a plan goes.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// Remove the certificate entries that are not declared, also those that Java does not see. Private
    /// and secret keys, and what is not known, stay.
    pub prune: bool,
    /// Let pruning remove the last certificate.
    pub allow_empty: bool,
    /// Creation date of new entries in milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// Makes a store hold what is declared, in memory, and says how: of what is so already, nothing is touched.
///
/// A declared alias gets its certificate, in the place of another one if need be. A bundle's certificate
/// that Java sees under any alias is there; else it is added, under the alias that it has in its own store
/// or one made from its subject, with a number where that is taken.
///
/// # Errors
/// `CannotKeep` if a declared alias is that of a private key or another entry that is no certificate, and
/// `Refused` if one that must be absent is; `Refused` if pruning would leave no certificate; `AliasInvalid`.
/// The store is then to be discarded.
pub fn plan(store: &mut TrustStore, desired: &Desired, options: &PlanOptions) -> Result<Plan> {
    let mut planner = Planner { store, desired, options, plan: Plan::default() };
    for absent in &desired.absent {
        planner.absent(absent)?;
    }
    let certificates: Vec<&Wanted> = desired.certificates.iter().collect();
    planner.certificates(&certificates)?;
    planner.bundles()?;
    if options.prune {
        planner.prune()?;
    }
    let mut plan = planner.plan;
    plan.changed = !plan.actions.is_empty();
    Ok(plan)
}

struct Planner<'a> {
    store: &'a mut TrustStore,
    desired: &'a Desired,
    options: &'a PlanOptions,
    plan: Plan,
}

impl Planner<'_> {
    fn absent(&mut self, absent: &Absent) -> Result<()> {
        let before = self.plan.actions.len();
        match (&absent.alias, &absent.sha256) {
            (Some(alias), sha256) => {
                // One that was hidden by another of its alias appears when that is gone.
                while let Some(entry) = self.store.get(alias) {
                    let Some(certificate) = entry.certificate().filter(|_| entry.is_certificate()) else {
                        return Err(not_a_certificate(entry));
                    };
                    if sha256.is_some_and(|sha256| certificate.sha256() != sha256) {
                        break;
                    }
                    let name = entry.name().to_owned();
                    self.remove(&[name], None)?;
                }
            }
            (None, Some(sha256)) => {
                let has = |entry: &&Entry| {
                    let certificate = entry.certificate().filter(|_| entry.is_certificate());
                    certificate.is_some_and(|certificate| certificate.sha256() == *sha256)
                };
                let names: Vec<String> =
                    self.store.entries().iter().filter(has).map(|entry| entry.name().to_owned()).collect();
                self.remove(&names, None)?;
            }
            (None, None) => {}
        }
        if self.plan.actions.len() == before {
            self.plan.unchanged += 1;
        }
        Ok(())
    }

    fn certificates(&mut self, wanted: &[&Wanted]) -> Result<()> {
        let candidates: Vec<Candidate> = wanted
            .iter()
            .map(|wanted| Candidate {
                certificate: wanted.certificate.clone(),
                alias: Some(wanted.alias.clone()),
                created: None,
                source: wanted.source.clone(),
            })
            .collect();
        self.import(&candidates)
    }

    /// Every candidate has an alias.
    fn import(&mut self, candidates: &[Candidate]) -> Result<()> {
        let mut known: HashMap<Fingerprint, Certificate> = HashMap::new();
        for candidate in candidates {
            known.insert(candidate.certificate.sha256(), candidate.certificate.clone());
            let there = candidate.alias.as_ref().and_then(|alias| self.store.get(alias));
            if let Some(there) = there.and_then(Entry::certificate) {
                known.insert(there.sha256(), there.clone());
            }
        }
        let options = ImportOptions { replace: true, now: self.options.now, ..ImportOptions::default() };
        let report = import(self.store, candidates, &options)?;
        let EditReport { added, replaced, trusted, unchanged, .. } = report;
        self.plan.unchanged += unchanged.len();
        for (kind, items) in
            [(ActionKind::Add, added), (ActionKind::Replace, replaced), (ActionKind::Trust, trusted)]
        {
            self.plan.actions.extend(items.into_iter().map(|item| {
                let new = item.sha256.and_then(|sha256| known.get(&sha256));
                let previous = item.previous.as_ref().and_then(|previous| previous.sha256);
                let previous = previous.and_then(|sha256| known.get(&sha256));
                Action::new(kind, item, new).instead_of(previous)
            }));
        }
        Ok(())
    }

    fn bundles(&mut self) -> Result<()> {
        let mut there: HashMap<Fingerprint, Vec<EntryId>> = HashMap::new();
        for entry in self.store.entries().iter().filter(|entry| entry.is_certificate()) {
            if let Some(certificate) = entry.certificate() {
                there.entry(certificate.sha256()).or_default().push(entry.id());
            }
        }
        let mut once = HashSet::new();
        let mut claimed: HashSet<String> = self
            .desired
            .absent
            .iter()
            .filter_map(|absent| Some(absent.alias.as_ref()?.to_lowercase()))
            .collect();
        let mut next = HashMap::new();
        let mut new = Vec::new();
        let mut untrusted = Vec::new();
        for bundled in &self.desired.bundled {
            let sha256 = bundled.certificate.sha256();
            if self.desired.forbids(&sha256) || !once.insert(sha256) {
                continue;
            }
            let entries = there.get(&sha256).into_iter().flatten().filter_map(|id| self.store.entry(*id));
            let entries: Vec<&Entry> = entries.collect();
            if entries.iter().any(|entry| !matches!(entry.java_view(), JavaView::Hidden(_))) {
                self.plan.unchanged += 1;
                continue;
            }
            let lacks_trust = JavaView::Hidden(HiddenReason::NoTrustAttribute);
            if let Some(entry) = entries.iter().find(|entry| *entry.java_view() == lacks_trust) {
                untrusted.push((entry.name().to_owned(), bundled));
                continue;
            }
            let alias = self.free_alias(bundled, &mut claimed, &mut next);
            new.push(Candidate {
                certificate: bundled.certificate.clone(),
                alias: Some(alias),
                created: bundled.created,
                source: bundled.source.clone(),
            });
        }
        self.trust(&untrusted)?;
        self.import(&new)
    }

    /// The first of `alias`, `alias-2`, … that no entry has and that is not to be absent.
    /// `next` has the number to go on with for each alias, since many certificates may be of one name.
    fn free_alias(
        &self,
        bundled: &Bundled,
        claimed: &mut HashSet<String>,
        next: &mut HashMap<String, u64>,
    ) -> String {
        let own = bundled.alias.clone().unwrap_or_else(|| alias_for(&bundled.certificate));
        let base = format!("{}{own}", bundled.prefix.as_deref().unwrap_or_default());
        let number = next.entry(base.clone()).or_insert(1);
        loop {
            let alias = if *number == 1 { base.clone() } else { format!("{base}-{number}") };
            *number += 1;
            if self.store.get(&alias).is_none() && claimed.insert(alias.to_lowercase()) {
                return alias;
            }
        }
    }

    fn trust(&mut self, entries: &[(String, &Bundled)]) -> Result<()> {
        let names: Vec<String> = entries.iter().map(|(name, _)| name.clone()).collect();
        let known: HashMap<Fingerprint, &Bundled> =
            entries.iter().map(|(_, bundled)| (bundled.certificate.sha256(), *bundled)).collect();
        let report = trust(self.store, &names, false)?;
        for item in report.trusted {
            let bundled = item.sha256.and_then(|sha256| known.get(&sha256));
            let mut action =
                Action::new(ActionKind::Trust, item, bundled.map(|bundled| &bundled.certificate));
            action.source = bundled.map(|bundled| bundled.source.clone());
            action.note.get_or_insert_with(|| UNTRUSTED.to_owned());
            self.plan.actions.push(action);
        }
        Ok(())
    }

    fn prune(&mut self) -> Result<()> {
        let declared: HashSet<EntryId> = self
            .desired
            .certificates
            .iter()
            .filter_map(|wanted| self.store.get(&wanted.alias).map(Entry::id))
            .collect();
        let bundled: HashSet<&Certificate> =
            self.desired.bundled.iter().map(|bundled| &bundled.certificate).collect();
        let mut names = Vec::new();
        for entry in self.store.entries() {
            if !entry.is_certificate() {
                self.plan.kept.push(Kept::of(entry));
            } else if !declared.contains(&entry.id())
                && !entry.certificate().is_some_and(|certificate| bundled.contains(certificate))
            {
                names.push(entry.name().to_owned());
            }
        }
        let certificates = self.store.entries().iter().filter(|entry| entry.is_certificate()).count();
        if !names.is_empty() && names.len() == certificates && !self.options.allow_empty {
            let message = format!(
                "pruning would remove all certificates of the store ({certificates}): the manifest declares \
                 none of them"
            );
            return Err(Error::new(ErrorKind::Refused, message));
        }
        self.remove(&names, Some("not in the manifest"))
    }

    fn remove(&mut self, names: &[String], why: Option<&str>) -> Result<()> {
        let gone: HashMap<String, Certificate> = names
            .iter()
            .filter_map(|name| Some((name.clone(), self.store.get(name)?.certificate()?.clone())))
            .collect();
        let options = RemoveOptions { names: names.to_vec(), ..RemoveOptions::default() };
        for Item { alias, note, .. } in remove(self.store, &options)?.removed {
            let certificate = gone.get(&alias);
            let facts = super::action::CertificateFacts::of(certificate);
            self.plan.actions.push(Action {
                action: ActionKind::Remove,
                alias,
                certificate: facts,
                previous: None,
                source: None,
                note: note.or_else(|| why.map(str::to_owned)),
            });
        }
        Ok(())
    }
}

const UNTRUSTED: &str = "it was there without Java's trust attribute";

fn not_a_certificate(entry: &Entry) -> Error {
    let message = format!(
        "a {} entry has the alias that is to be absent; a manifest removes certificates only",
        entry.kind().code()
    );
    Error::new(ErrorKind::Refused, message).at_entry(entry.name())
}
