//! Unique names for entries whose alias is none or is not unique.

use std::collections::{HashMap, HashSet};

use super::alias::fold;
use super::entry::{Entry, EntryId, EntryKind, HiddenReason, JavaView, Parts};
use super::residue::Residue;
use crate::cert::Fingerprint;

/// Hides the entries of a JKS or JCEKS store whose alias a later one has: the JDK keeps entries in a
/// table by alias as written, so the last of two equal ones wins.
pub(super) fn shadow_records(entries: &mut [Entry]) {
    let mut seen: HashSet<&str> = HashSet::with_capacity(entries.len());
    for Entry { label, java, .. } in entries.iter_mut().rev() {
        let first = seen.insert(label.alias().unwrap_or_default());
        *java = if first { JavaView::ByAlias } else { JavaView::Hidden(HiddenReason::Shadowed) };
    }
}

/// Gives every entry a name that no other has and that stays when other entries come and go: made from
/// the content, not from a number, so that a command repeated cannot hit another entry.
pub(super) fn assign(entries: &mut [Entry], residue: &Residue) {
    let mut taken: HashSet<Box<str>> = HashSet::with_capacity(entries.len());
    let mut copies: HashMap<String, u64> = HashMap::new();
    // What Java sees keeps its alias; of the rest, the last does.
    let passes: [fn(&Entry) -> bool; 2] = [|entry| !is_hidden(entry), is_hidden];
    for pass in passes {
        for entry in entries.iter_mut().rev().filter(|entry| pass(entry)) {
            let name = match entry.alias() {
                Some(alias) if !taken.contains(alias) => {
                    let name = Box::from(alias);
                    entry.label.give(None);
                    name
                }
                alias => {
                    let base = match alias {
                        Some(alias) => format!("{alias}#{}", digest(entry, residue)),
                        None => entry
                            .label
                            .given_name()
                            .map_or_else(|| format!("unnamed-{}", digest(entry, residue)), str::to_owned),
                    };
                    let name = unique(base, &taken, &mut copies);
                    entry.label.give(Some(&name));
                    name
                }
            };
            taken.insert(name);
        }
    }
}

/// The entry that has, or had beside another of its alias, the name `alias#1a2b3c4d`.
pub(super) fn by_content<'a>(name: &str, entries: &'a [Entry], residue: &Residue) -> Option<&'a Entry> {
    let (alias, wanted) = name.rsplit_once('#')?;
    let alias = fold(alias);
    if wanted.len() != DIGITS {
        return None;
    }
    let mut named = entries.iter().rev().filter(|entry| entry.alias().is_some_and(|own| fold(own) == alias));
    named.find(|entry| digest(entry, residue).eq_ignore_ascii_case(wanted))
}

fn is_hidden(entry: &Entry) -> bool {
    matches!(entry.java, JavaView::Hidden(_))
}

/// The new aliases that these entries need so that Java sees each of them, and no other entry less,
/// once they are trusted: the entry's name where the alias is none or another's.
pub(super) fn aliases_once_trusted(
    entries: &[Entry],
    ids: &HashSet<EntryId>,
    residue: &Residue,
) -> HashMap<EntryId, Box<str>> {
    let mut seen: HashSet<String> =
        entries.iter().filter_map(Entry::java_alias).map(|a| fold(&a).into_owned()).collect();
    // Counted on, so that many copies do not each count from the start.
    let mut copies: HashMap<String, u64> = HashMap::new();
    let mut aliases = HashMap::new();
    for entry in entries.iter().filter(|entry| ids.contains(&entry.id)) {
        let mut alias = entry.name().to_owned();
        if !seen.insert(fold(&alias).into_owned()) {
            let base = format!("{}#{}", entry.name(), digest(entry, residue));
            let number = copies.entry(fold(&base).into_owned()).or_insert(0);
            loop {
                *number += 1;
                alias = if *number == 1 { base.clone() } else { format!("{base}.{number}") };
                if seen.insert(fold(&alias).into_owned()) {
                    break;
                }
            }
        }
        if entry.alias() != Some(&alias) {
            aliases.insert(entry.id, alias.into());
        }
    }
    aliases
}

/// Only copies of one content under one alias need a number, and these are interchangeable.
fn unique(base: String, taken: &HashSet<Box<str>>, copies: &mut HashMap<String, u64>) -> Box<str> {
    let mut name = base.clone();
    while taken.contains(name.as_str()) {
        // Counted on, so that many copies do not each count from the start.
        let number = copies.entry(base.clone()).or_insert(1);
        *number += 1;
        name = format!("{base}.{number}");
    }
    name.into()
}

fn digest(entry: &Entry, residue: &Residue) -> String {
    let raw;
    let octets: &[u8] = match (&entry.kind, entry.parts(), residue) {
        (EntryKind::TrustedCertificate(certificate) | EntryKind::Certificate(certificate), ..) => {
            certificate.der()
        }
        (_, Parts::Record { body: Some(body) }, _) => body,
        (EntryKind::PrivateKey(chain), Parts::Key { .. }, _) if !chain.is_empty() => {
            chain.first().map_or(&[], |certificate| certificate.der())
        }
        (_, Parts::Bag(id) | Parts::Key { key: id, .. }, Residue::Pkcs12(pfx)) => {
            raw = pfx.raw(id).unwrap_or_default();
            &raw
        }
        _ => &[],
    };
    Fingerprint::of(octets).to_hex().chars().take(DIGITS).collect()
}

/// Enough to tell apart what bears one alias.
const DIGITS: usize = 8;
