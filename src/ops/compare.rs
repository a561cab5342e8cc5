//! What lies between two states of a store.

use super::report::{EditReport, Item};
use crate::store::TrustStore;

/// The entries of `after` that are new or different, and those of `before` that are gone, by name;
/// without a `before` all are new. What is sealed (private and secret keys) is not looked into.
#[must_use]
pub fn compare(before: Option<&TrustStore>, after: &TrustStore) -> EditReport {
    let mut report = EditReport::default();
    for entry in after.entries() {
        match before.and_then(|before| before.get(entry.name())) {
            None => report.added.push(Item::of(entry)),
            Some(old) if old.kind() == entry.kind() => report.unchanged.push(Item::of(entry)),
            Some(old) => report.replaced.push(Item::of(entry).instead_of(old)),
        }
    }
    for entry in before.into_iter().flat_map(TrustStore::entries) {
        if after.get(entry.name()).is_none() {
            report.removed.push(Item::of(entry));
        }
    }
    report.created = before.is_none();
    report.changed = [&report.added, &report.replaced, &report.removed].iter().any(|items| !items.is_empty());
    report
}
