//! What two sides hold differently.

use std::collections::{HashMap, HashSet};

use super::action::{Action, ActionKind, CertificateFacts, Plan};
use crate::cert::Certificate;
use crate::ops::alias_for;
use crate::store::{Entry, EntryKind, HiddenReason, JavaView, TrustStore};

/// One of two sides that are compared.
#[derive(Debug)]
#[non_exhaustive]
pub enum Side<'a> {
    /// A store: entries under names.
    Store(&'a TrustStore),
    /// Certificates without names.
    Certificates(&'a [Certificate]),
}

/// Something that the two sides hold differently.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Difference {
    /// Where it is, or that it differs.
    pub difference: DifferenceKind,
    /// The entry's name, of a certificate without one an alias made from its subject.
    pub alias: String,
    /// [`EntryKind::code`](crate::EntryKind::code), of the first side that has it.
    pub kind: &'static str,
    /// What the first side has.
    pub a: Option<CertificateFacts>,
    /// What the second side has.
    pub b: Option<CertificateFacts>,
    /// In what they differ, where the certificates do not say it.
    pub note: Option<String>,
}

/// Where something is that is not on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum DifferenceKind {
    /// On both sides, and not the same.
    Different,
    /// On the first side only.
    OnlyInA,
    /// On the second side only.
    OnlyInB,
}

/// Compares two stores by the names of their entries, or a store and certificates by the certificates.
///
/// Of private and secret keys the certificates are compared and not what is sealed; dates of creation and
/// formats are not compared at all.
#[must_use]
pub fn diff(a: &Side<'_>, b: &Side<'_>) -> Vec<Difference> {
    match (a, b) {
        (Side::Store(a), Side::Store(b)) => stores(a, b),
        (a, b) => contents(a, b),
    }
}

impl Difference {
    /// What a plan would change, as differences between the store that it is for, which is the first side, and
    /// what is declared.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Vec<Self> {
        plan.actions.iter().map(Self::of_action).collect()
    }

    /// The same with the sides exchanged.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.difference = match self.difference {
            DifferenceKind::Different => DifferenceKind::Different,
            DifferenceKind::OnlyInA => DifferenceKind::OnlyInB,
            DifferenceKind::OnlyInB => DifferenceKind::OnlyInA,
        };
        std::mem::swap(&mut self.a, &mut self.b);
        self
    }

    fn of_action(action: &Action) -> Self {
        let certificate = Some(action.certificate.clone());
        let (difference, a, b) = match action.action {
            ActionKind::Add => (DifferenceKind::OnlyInB, None, certificate),
            ActionKind::Remove => (DifferenceKind::OnlyInA, certificate, None),
            ActionKind::Replace => (DifferenceKind::Different, action.previous.clone(), certificate),
            ActionKind::Trust => (DifferenceKind::Different, certificate.clone(), certificate),
        };
        let note = action.note.clone().filter(|_| action.action == ActionKind::Trust);
        Self { difference, alias: action.alias.clone(), kind: "trusted-certificate", a, b, note }
    }

    fn one_sided(difference: DifferenceKind, entry: &Entry) -> Self {
        let facts = entry.certificate().map(|certificate| CertificateFacts::of(Some(certificate)));
        let facts = facts.unwrap_or_else(|| CertificateFacts::of(None));
        Self::of(difference, entry.name(), entry.kind().code(), facts)
    }

    fn of(difference: DifferenceKind, alias: &str, kind: &'static str, facts: CertificateFacts) -> Self {
        let (a, b) = match difference {
            DifferenceKind::OnlyInB => (None, Some(facts)),
            _ => (Some(facts), None),
        };
        Self { difference, alias: alias.to_owned(), kind, a, b, note: None }
    }
}

fn stores(a: &TrustStore, b: &TrustStore) -> Vec<Difference> {
    let mut differences = Vec::new();
    for entry in a.entries() {
        let Some(other) = b.get(entry.name()) else {
            differences.push(Difference::one_sided(DifferenceKind::OnlyInA, entry));
            continue;
        };
        if entry.certificates() == other.certificates() && alike(entry, other) && sight(entry) == sight(other)
        {
            continue;
        }
        let mut difference = Difference::one_sided(DifferenceKind::Different, entry);
        difference.b = Some(CertificateFacts::of(other.certificate()));
        difference.note = note(entry, other);
        differences.push(difference);
    }
    let gone = b.entries().iter().filter(|entry| a.get(entry.name()).is_none());
    differences.extend(gone.map(|entry| Difference::one_sided(DifferenceKind::OnlyInB, entry)));
    differences
}

/// Whether two entries are of a kind; what a bag of another type is called differs by format.
fn alike(a: &Entry, b: &Entry) -> bool {
    match (a.kind(), b.kind()) {
        (EntryKind::Other(a), EntryKind::Other(b)) => a == b,
        (a, b) => a.code() == b.code(),
    }
}

/// Why Java does not see the entry, if it does not.
fn sight(entry: &Entry) -> Option<HiddenReason> {
    match entry.java_view() {
        JavaView::Hidden(reason) => Some(*reason),
        _ => None,
    }
}

fn note(a: &Entry, b: &Entry) -> Option<String> {
    if !alike(a, b) {
        return Some(format!("a {} entry, and a {} entry", a.kind().code(), b.kind().code()));
    }
    if sight(a) != sight(b) {
        let words = |entry| {
            sight(entry).map_or_else(|| "seen by Java".to_owned(), |why| format!("hidden ({})", why.code()))
        };
        return Some(format!("{}, and {}", words(a), words(b)));
    }
    let same_own = a.certificate() == b.certificate();
    same_own.then(|| "the certificates behind the key's own differ".to_owned())
}

/// A certificate of a side, as it is there.
struct Held {
    alias: String,
    kind: &'static str,
    certificate: Certificate,
    seen: bool,
}

/// Every certificate once, where Java sees it if it does anywhere.
fn held(side: &Side<'_>) -> Vec<Held> {
    let mut held: Vec<Held> = match side {
        Side::Store(store) => store
            .entries()
            .iter()
            .filter(|entry| entry.is_certificate())
            .filter_map(|entry| {
                Some(Held {
                    alias: entry.name().to_owned(),
                    kind: entry.kind().code(),
                    certificate: entry.certificate()?.clone(),
                    seen: sight(entry).is_none(),
                })
            })
            .collect(),
        Side::Certificates(certificates) => certificates
            .iter()
            .map(|certificate| Held {
                alias: alias_for(certificate),
                kind: "certificate",
                certificate: certificate.clone(),
                seen: true,
            })
            .collect(),
    };
    // A stable sort: those of one kind stay in their order.
    held.sort_by_key(|held| !held.seen);
    let mut once = HashSet::new();
    held.retain(|held| once.insert(held.certificate.clone()));
    held
}

fn contents(a: &Side<'_>, b: &Side<'_>) -> Vec<Difference> {
    let (a, b) = (held(a), held(b));
    let by_content = |held: &[Held]| -> HashMap<Certificate, bool> {
        held.iter().map(|held| (held.certificate.clone(), held.seen)).collect()
    };
    let (in_a, in_b) = (by_content(&a), by_content(&b));
    let mut differences = Vec::new();
    for one in &a {
        let facts = CertificateFacts::of(Some(&one.certificate));
        match in_b.get(&one.certificate) {
            None => differences.push(Difference::of(DifferenceKind::OnlyInA, &one.alias, one.kind, facts)),
            Some(seen) if *seen != one.seen => {
                let mut difference =
                    Difference::of(DifferenceKind::Different, &one.alias, one.kind, facts.clone());
                difference.b = Some(facts);
                difference.note = Some("Java sees it on one side only".to_owned());
                differences.push(difference);
            }
            Some(_) => {}
        }
    }
    let gone = b.iter().filter(|one| !in_a.contains_key(&one.certificate));
    differences.extend(gone.map(|one| {
        let facts = CertificateFacts::of(Some(&one.certificate));
        Difference::of(DifferenceKind::OnlyInB, &one.alias, one.kind, facts)
    }));
    differences
}
