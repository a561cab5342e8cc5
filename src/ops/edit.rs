//! Removing, renaming and trusting entries.

use std::collections::HashSet;

use super::report::{EditReport, Item};
use super::select::near_matches;
use crate::cert::Fingerprint;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{Entry, EntryId, HiddenReason, JavaView, TrustStore};

/// Which entries [`remove`] removes.
#[derive(Debug, Clone, Default)]
pub struct RemoveOptions {
    /// By name; a missing one is an error unless `if_present`.
    pub names: Vec<String>,
    /// Certificate entries with one of these fingerprints; as with names, one must be there.
    pub fingerprints: Vec<Fingerprint>,
    /// Certificate entries whose validity ended before this time, in seconds since 1970-01-01 UTC.
    pub expired_at: Option<i64>,
    /// Accept that there is no such entry.
    pub if_present: bool,
}

/// Removes entries.
///
/// # Errors
/// `AliasUnknown`, with similar names suggested, if a named entry is not there and `if_present` is not
/// set; then nothing is removed.
pub fn remove(store: &mut TrustStore, options: &RemoveOptions) -> Result<EditReport> {
    let mut report = EditReport::default();
    let mut ids: Vec<EntryId> = Vec::new();
    for name in &options.names {
        match store.get(name) {
            Some(entry) => ids.push(entry.id()),
            None if options.if_present => {
                report.unchanged.push(Item::new(name, None).with_note("not in the store"));
            }
            None => return Err(unknown(store, name)),
        }
    }
    for fingerprint in &options.fingerprints {
        let before = ids.len();
        ids.extend(store.entries().iter().filter(|entry| has(entry, fingerprint)).map(Entry::id));
        if ids.len() > before {
            continue;
        }
        if !options.if_present {
            let message = format!("no certificate entry has the SHA-256 fingerprint {fingerprint}");
            return Err(Error::new(ErrorKind::AliasUnknown, message));
        }
        let mut item = Item::new("", None).with_note("not in the store");
        item.sha256 = Some(*fingerprint);
        report.unchanged.push(item);
    }
    if let Some(now) = options.expired_at {
        ids.extend(store.entries().iter().filter(|entry| is_expired(entry, now)).map(Entry::id));
    }
    ids.sort_unstable();
    ids.dedup();
    report.removed =
        store.entries().iter().filter(|e| ids.binary_search(&e.id()).is_ok()).map(Item::of).collect();
    let hidden = shadowed(store);
    store.remove(&ids)?;
    for alias in uncovered(store, &hidden) {
        if let Some(item) = report.removed.iter_mut().find(|item| item.alias.to_lowercase() == alias) {
            item.note = Some(UNCOVERED.to_owned());
        }
    }
    report.changed = !report.removed.is_empty();
    Ok(report)
}

/// Gives the entry `old` the alias `new`. Where `old` is gone and `new` is there, it was done before.
///
/// # Errors
/// `AliasUnknown`, `AliasInvalid`, `AliasTaken`.
pub fn rename(store: &mut TrustStore, old: &str, new: &str) -> Result<EditReport> {
    let mut report = EditReport::default();
    let Some(entry) = store.get(old) else {
        let Some(done) = store.get(new) else { return Err(unknown(store, old)) };
        let note = format!("there is no \"{old}\" any more");
        report.unchanged.push(Item::of(done).with_note(note));
        return Ok(report);
    };
    let (id, before) = (entry.id(), entry.clone());
    if entry.alias() == Some(new) {
        report.unchanged.push(Item::of(entry));
        return Ok(report);
    }
    let hidden = shadowed(store);
    store.rename(id, new)?;
    let Some(after) = store.entry(id) else { return Err(unknown(store, new)) };
    if after.alias() == before.alias() {
        // The format folds case, so that nothing is left of the difference.
        report.unchanged.push(Item::of(after));
        return Ok(report);
    }
    let mut item = Item::of(after).instead_of(&before);
    if uncovered(store, &hidden).contains(&before.name().to_lowercase()) {
        item.note = Some(UNCOVERED.to_owned());
    }
    report.renamed.push(item);
    report.changed = true;
    Ok(report)
}

/// Adds Java's trust attribute to the named certificates, or to all that lack it.
///
/// # Errors
/// `AliasUnknown`; `Refused` for an entry that is no certificate.
pub fn trust(store: &mut TrustStore, names: &[String], all: bool) -> Result<EditReport> {
    let mut report = EditReport::default();
    let mut ids = Vec::new();
    for name in names {
        ids.push(find(store, name)?.id());
    }
    if all {
        ids.extend(store.entries().iter().filter(|entry| lacks_trust(entry)).map(Entry::id));
    }
    let mut once = HashSet::new();
    ids.retain(|&id| once.insert(id));
    let lacking: HashSet<EntryId> = store.trust(&ids)?.into_iter().collect();
    for id in ids {
        let Some(entry) = store.entry(id) else { continue };
        if lacking.contains(&id) {
            let item = Item::of(entry);
            report.trusted.push(match entry.java_view() {
                JavaView::Hidden(HiddenReason::Nested) => {
                    item.with_note("it stands in a nested SafeContents, where Java does not look")
                }
                _ => item,
            });
        } else {
            report.unchanged.push(Item::of(entry));
        }
    }
    report.changed = !report.trusted.is_empty();
    Ok(report)
}

/// The entry of this name.
///
/// # Errors
/// `AliasUnknown`, with similar names suggested.
pub fn find<'a>(store: &'a TrustStore, name: &str) -> Result<&'a Entry> {
    store.get(name).ok_or_else(|| unknown(store, name))
}

const UNCOVERED: &str = "another entry had the same alias: Java sees that one from now on";

/// The entries that a later one of the same alias hides from Java.
fn shadowed(store: &TrustStore) -> Vec<EntryId> {
    let hidden = JavaView::Hidden(HiddenReason::Shadowed);
    store.entries().iter().filter(|entry| *entry.java_view() == hidden).map(Entry::id).collect()
}

/// The aliases, in lower case, of those of these entries that Java sees now.
fn uncovered(store: &TrustStore, hidden: &[EntryId]) -> HashSet<String> {
    let seen = hidden.iter().filter_map(|&id| store.entry(id)?.java_alias());
    seen.map(|alias| alias.to_lowercase()).collect()
}

/// The error for a name that is not there, with those that look like it.
fn unknown(store: &TrustStore, name: &str) -> Error {
    let near = near_matches(store.entries().iter().map(Entry::name), name);
    let message = match near.as_slice() {
        [] => {
            let count = store.entries().len();
            let entries = if count == 1 { "entry" } else { "entries" };
            format!("no entry has this alias; the store has {count} {entries}")
        }
        near => format!("no entry has this alias; similar ones are \"{}\"", near.join("\", \"")),
    };
    Error::new(ErrorKind::AliasUnknown, message).at_entry(name)
}

fn has(entry: &Entry, fingerprint: &Fingerprint) -> bool {
    entry.is_certificate() && entry.certificate().is_some_and(|c| c.sha256() == *fingerprint)
}

fn is_expired(entry: &Entry, now: i64) -> bool {
    let view = entry.certificate().map(|certificate| certificate.view());
    entry.is_certificate() && matches!(view, Some(Ok(view)) if view.not_after < now)
}

fn lacks_trust(entry: &Entry) -> bool {
    entry.is_certificate() && !entry.is_trusted()
}
