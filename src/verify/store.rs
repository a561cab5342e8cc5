//! The checks of a store, and of its entries among each other.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::finding::Severity;
use super::lint::Said;
use crate::cert::Certificate;
use crate::format::ContainerInfo;
use crate::parallel::in_order;
use crate::store::{Entry, EntryId, EntryKind, HiddenReason, Integrity, JavaView, TrustStore};
use crate::text::shell_word;

/// A part of a container that is sealed with a legacy algorithm.
pub(super) struct LegacyPart {
    /// What it is, for a person: `the MAC`, `block 1`.
    part: String,
    /// The algorithm's name.
    algorithm: String,
}

/// The parts of a container whose algorithms are legacy ones.
pub(super) fn legacy_parts(container: &ContainerInfo) -> Vec<LegacyPart> {
    let mac = container.mac.iter().filter(|mac| mac.legacy);
    let mac = mac.map(|mac| LegacyPart { part: "the MAC".to_owned(), algorithm: mac.algorithm.clone() });
    let blocks = container.blocks.iter().enumerate().filter(|(_, block)| block.legacy);
    let blocks = blocks.map(|(at, block)| LegacyPart {
        part: format!("block {}", at + 1),
        algorithm: block.algorithm.clone().unwrap_or_default(),
    });
    mac.chain(blocks).collect()
}

impl LegacyPart {
    pub(super) fn say(&self) -> Said {
        Said::new(
            format!("{} uses {}, a legacy algorithm", self.part, self.algorithm),
            "any edit with `--upgrade` writes the store with today's algorithms",
        )
    }
}

/// An entry under check.
pub(super) struct Inspected<'a> {
    pub(super) entry: &'a Entry,
    pub(super) neighbours: &'a Neighbours<'a>,
}

/// What the entries of a store have in common.
pub(super) struct Neighbours<'a> {
    /// Of each entry whose certificate stands before it too, the first with that certificate.
    first: HashMap<EntryId, &'a Entry>,
}

impl<'a> Neighbours<'a> {
    pub(super) fn of(store: &'a TrustStore) -> Self {
        // Keyed at random: the certificates are somebody else's. On every core, since all of them are hashed.
        let keys = RandomState::new();
        let hashed = in_order(store.entries(), &|_| {}, |entry| {
            anchor(entry).map(|certificate| (keys.hash_one(certificate), certificate, entry))
        });
        let mut seen = HashTable::with_capacity(hashed.len());
        let mut first = HashMap::new();
        for (hash, certificate, entry) in hashed.into_iter().flatten() {
            match seen.entry(hash, |&(_, other, _)| certificate == other, |&(hash, ..)| hash) {
                Slot::Vacant(slot) => {
                    slot.insert((hash, certificate, entry));
                }
                Slot::Occupied(slot) => {
                    first.insert(entry.id(), slot.get().2);
                }
            }
        }
        Self { first }
    }
}

pub(super) fn integrity_none(store: &TrustStore) -> Option<Said> {
    (store.integrity() == Integrity::None).then(|| {
        Said::new(
            "the file has no MAC: nothing tells whether it was altered",
            "compare the fingerprints with a trusted copy; `truststore convert --to pkcs12 --out FILE \
             --new-password-file FILE` makes a copy with a password and a MAC",
        )
    })
}

pub(super) fn integrity_unchecked(store: &TrustStore) -> Option<Said> {
    (store.integrity() == Integrity::Unchecked).then(|| {
        Said::new(
            "the file's digest was not checked: none of the default passwords fits",
            "give the store's password, with `--password-file`, `--password-env` or `TRUSTSTORE_PASSWORD`",
        )
    })
}

pub(super) fn duplicate(inspected: &Inspected<'_>) -> Option<Said> {
    let entry = inspected.entry;
    let first = inspected.neighbours.first.get(&entry.id())?;
    let remedy = format!("`truststore remove {}` removes this one", shell_word(entry.name()));
    Some(Said::new(format!("the same certificate as entry \"{}\"", first.name()), remedy))
}

pub(super) fn shadowed_alias(inspected: &Inspected<'_>) -> Option<Said> {
    if inspected.entry.java_view() != &JavaView::Hidden(HiddenReason::Shadowed) {
        return None;
    }
    let name = inspected.entry.name();
    let message = match inspected.entry.alias() {
        Some(alias) => format!("a later entry has the alias \"{alias}\" too: Java sees that one only"),
        None => "a later entry has the same alias: Java sees that one only".to_owned(),
    };
    Some(Said::new(message, format!("`truststore rename {} NEW-ALIAS` makes it visible", shell_word(name))))
}

pub(super) fn no_trust_attribute(inspected: &Inspected<'_>) -> Option<Said> {
    if inspected.entry.java_view() != &JavaView::Hidden(HiddenReason::NoTrustAttribute) {
        return None;
    }
    let name = inspected.entry.name();
    Some(Said::new(
        "not trusted by Java: the certificate lacks the trust attribute, and keytool deletes it at its next write",
        format!("`truststore trust {}` adds it", shell_word(name)),
    ))
}

pub(super) fn not_seen_by_java(inspected: &Inspected<'_>) -> Option<Said> {
    let why = match inspected.entry.java_view() {
        JavaView::Hidden(HiddenReason::Nested) => "it is nested where Java does not look",
        JavaView::Hidden(HiddenReason::NotSupported) => "Java skips entries of this kind",
        _ => return None,
    };
    let entry = inspected.entry;
    let said = Said::new(
        format!("Java does not see this {}: {why}", entry.kind().code()),
        "export it and import it again if Java is to trust it; it is kept as it is otherwise",
    );
    // What is no certificate is no trust that somebody misses.
    Some(if anchor(entry).is_some() { said } else { said.with(Severity::Info) })
}

pub(super) fn private_key_in_store(inspected: &Inspected<'_>) -> Option<Said> {
    matches!(inspected.entry.kind(), EntryKind::PrivateKey(_)).then(|| {
        let name = shell_word(inspected.entry.name());
        Said::new(
            "a private key in a trust store, where whoever verifies certificates can read it",
            format!("keep it in a key store of its own; `truststore remove {name}` then removes it here"),
        )
    })
}

fn anchor(entry: &Entry) -> Option<&Certificate> {
    match entry.kind() {
        EntryKind::TrustedCertificate(certificate) | EntryKind::Certificate(certificate) => Some(certificate),
        _ => None,
    }
}
