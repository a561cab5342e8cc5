//! What a JVM sees of the bags of a PKCS#12 store, as entries.
//!
//! Follows `sun.security.pkcs12.PKCS12KeyStore.engineLoad` and `loadSafeContents` of JDK 17: which
//! bags become entries, under which alias, and which certificates form a private key's chain.

use std::collections::{HashMap, HashSet};

use super::{BagId, Pfx, Role};
use crate::bag::{Bag, BagKind};
use crate::cert::Certificate;
use crate::store::alias::{Label, fold};
use crate::store::entry::{Entry, EntryId, EntryKind, HiddenReason, Home, JavaView, Parts, Rest};

/// The localKeyId that the JDK gives to a store's only private key, and its certificate, without one.
const ONLY_KEY_ID: &[u8] = b"01";

/// The entries of a store in the order of its bags. Certificates of a private key's chain belong to
/// the key's entry and are none of their own.
pub(crate) fn entries(pfx: &Pfx) -> Vec<Entry> {
    entries_within(pfx, usize::MAX).unwrap_or_default()
}

/// As [`entries`]; `None` if the chains of all keys have more than `most` certificates together: keys that
/// share a long chain cost the square of the file's size.
fn entries_within(pfx: &Pfx, most: usize) -> Option<Vec<Entry>> {
    let mut entries = Vec::with_capacity(pfx.len());
    let mut numbers = 0;
    if !pfx.in_order().any(|id| has_chain(pfx.role(id), pfx.is_nested(id))) {
        // One after the other: all bags at once would take as much memory as the file.
        entries.extend(seen(pfx).map(|bag| entry(&bag, None, &mut numbers)));
        return Some(entries);
    }
    let bags: Vec<Seen> = seen(pfx).collect();
    let chains = chains(&bags, most)?;
    let in_chains: HashSet<BagId> = chains.values().flatten().map(|link| link.id).collect();
    let own = |bag: &Seen| bag.bag.attributes().is_trusted() || !in_chains.contains(&bag.id);
    let own = bags.iter().filter(|bag| own(bag));
    entries.extend(own.map(|bag| entry(bag, chains.get(&bag.id), &mut numbers)));
    Some(entries)
}

/// Java does not see a key in the clear, but its certificates are no more roots than others'.
fn has_chain(role: Role, nested: bool) -> bool {
    matches!(role, Role::Key | Role::ShroudedKey) && !nested
}

/// The entries of bags while they are read, so that none is read twice.
#[derive(Default)]
pub(crate) struct Arriving {
    entries: Vec<Entry>,
    numbers: u32,
    /// There is a key, whose chain may take up any of the entries.
    given_up: bool,
}

impl Arriving {
    /// Takes up the next bag in the order of the file.
    pub(crate) fn push(&mut self, pfx: &Pfx, id: BagId, bag: Bag) {
        let nested = pfx.is_nested(id);
        if self.given_up || has_chain(pfx.role(id), nested) {
            *self = Self { given_up: true, ..Self::default() };
            return;
        }
        self.entries.push(entry(&Seen { id, bag, nested, implied_key_id: false }, None, &mut self.numbers));
    }

    /// All entries; `None` as in [`entries_within`].
    pub(crate) fn finish(self, pfx: &Pfx, most: usize) -> Option<Vec<Entry>> {
        if self.given_up { entries_within(pfx, most) } else { Some(self.entries) }
    }
}

/// The entry of a single new bag with a certificate that Java trusts, and an alias that no other entry has.
pub(crate) fn new_entry(id: BagId, alias: &str, certificate: &Certificate) -> Entry {
    Entry {
        id: EntryId(id.0),
        label: Label::alias_as_read(alias, None),
        kind: EntryKind::TrustedCertificate(certificate.clone()),
        created: None,
        java: JavaView::ByAlias,
        home: Home::Bag,
        rest: None,
    }
}

/// Where the entry of a bag that is the last of its block belongs among the others, which are in the order
/// of their bags.
pub(crate) fn place_of_new(pfx: &Pfx, id: EntryId, entries: &[Entry]) -> usize {
    let block = pfx.block_of(BagId(id.0));
    let behind = entries.iter().rev().take_while(|entry| pfx.block_of(BagId(entry.id.0)) > block);
    entries.len() - behind.count()
}

/// A bag with what the JDK's loader knows of it.
struct Seen {
    id: BagId,
    bag: Bag,
    nested: bool,
    /// It has the localKeyId of the store's only private key if it has none.
    implied_key_id: bool,
}

impl Seen {
    fn key_id(&self) -> Option<&[u8]> {
        self.bag.attributes().local_key_id().or_else(|| self.implied_key_id.then_some(ONLY_KEY_ID))
    }
}

/// A certificate of a chain.
#[derive(Clone, Copy)]
struct Link<'a> {
    id: BagId,
    certificate: &'a Certificate,
}

fn seen(pfx: &Pfx) -> impl Iterator<Item = Seen> {
    let mut private_keys = 0;
    let first_of_block: HashSet<BagId> = pfx.blocks.iter().filter_map(|b| b.bags.first()).copied().collect();
    pfx.in_order().filter_map(move |id| {
        let bag = pfx.bag(id)?;
        let nested = pfx.is_nested(id);
        if *bag.kind() == BagKind::ShroudedKey && !nested {
            private_keys += 1;
        }
        let implied_key_id = match bag.kind() {
            BagKind::ShroudedKey => private_keys == 1,
            BagKind::Certificate(_) => private_keys == 1 && first_of_block.contains(&id),
            _ => false,
        };
        Some(Seen { id, bag, nested, implied_key_id })
    })
}

/// The chain of each private key that has a localKeyId; `None` if they have more than `most` links.
fn chains(bags: &[Seen], most: usize) -> Option<HashMap<BagId, Vec<Link<'_>>>> {
    let is_key = |bag: &&Seen| matches!(bag.bag.kind(), BagKind::Key | BagKind::ShroudedKey) && !bag.nested;
    let certificates: Vec<(&Seen, Link<'_>)> = bags
        .iter()
        .filter(|bag| !bag.nested)
        .filter_map(|bag| match bag.bag.kind() {
            BagKind::Certificate(certificate) => Some((bag, Link { id: bag.id, certificate })),
            _ => None,
        })
        .collect();
    let untrusted = || certificates.iter().filter(|(seen, _)| !seen.bag.attributes().is_trusted());
    // Java takes the first of a subject. keytool writes a root that is trusted as well as in a chain
    // twice: then the copy without trust is the chain's.
    let mut copies: HashMap<&[u8], Link<'_>> = HashMap::new();
    // A key's own certificate: the first of its localKeyId and name, else the last of its localKeyId.
    let mut named: HashMap<(&[u8], String), Link<'_>> = HashMap::new();
    let mut last: HashMap<&[u8], Link<'_>> = HashMap::new();
    for (seen, link) in untrusted() {
        copies.entry(link.certificate.der()).or_insert(*link);
        let Some(key_id) = seen.key_id() else { continue };
        if let Some(name) = seen.bag.attributes().friendly_name() {
            named.entry((key_id, fold(name).into_owned())).or_insert(*link);
        }
        last.insert(key_id, *link);
    }
    let mut by_subject: HashMap<&[u8], Link<'_>> = HashMap::new();
    for (_, link) in &certificates {
        if let Ok(view) = link.certificate.view() {
            let link = copies.get(link.certificate.der()).unwrap_or(link);
            by_subject.entry(view.subject.raw()).or_insert(*link);
        }
    }
    let mut left = most;
    let mut chains = HashMap::new();
    for key in bags.iter().filter(is_key) {
        let Some(key_id) = key.key_id() else { continue };
        let name = key.bag.attributes().friendly_name().map(|name| fold(name).into_owned());
        let own = name.and_then(|name| named.get(&(key_id, name))).or_else(|| last.get(key_id));
        let chain = match own {
            Some(own) => chain_from(*own, &by_subject, left)?,
            None => Vec::new(),
        };
        left -= chain.len();
        chains.insert(key.id, chain);
    }
    Some(chains)
}

fn chain_from<'a>(
    end_entity: Link<'a>,
    by_subject: &HashMap<&[u8], Link<'a>>,
    most: usize,
) -> Option<Vec<Link<'a>>> {
    let mut chain = vec![end_entity];
    let mut members = HashSet::from([end_entity.id]);
    let mut last = end_entity;
    while chain.len() <= most {
        let Ok(view) = last.certificate.view() else { return Some(chain) };
        match by_subject.get(view.issuer.raw()) {
            Some(issuer) if !view.is_self_issued() && members.insert(issuer.id) => {
                chain.push(*issuer);
                last = *issuer;
            }
            _ => return Some(chain),
        }
    }
    None
}

fn entry(seen: &Seen, chain: Option<&Vec<Link<'_>>>, numbers: &mut u32) -> Entry {
    let attributes = seen.bag.attributes();
    let mut kind = EntryKind::of_bag(seen.bag.kind(), attributes.is_trusted());
    let mut rest = None;
    if let (EntryKind::PrivateKey(certificates), Some(chain)) = (&mut kind, chain) {
        *certificates = chain.iter().map(|link| link.certificate.clone()).collect();
        rest = Some(Box::new(Rest::Chain(chain.iter().map(|link| link.id).collect())));
    }
    let alias = attributes.friendly_name();
    let label = match alias {
        Some(alias) => Label::alias_as_read(alias, None),
        None => Label::given(&format!("unnamed-{}", content_digest(&seen.bag))),
    };
    let java = match (&kind, seen.bag.kind()) {
        _ if seen.nested => JavaView::Hidden(HiddenReason::Nested),
        (EntryKind::Certificate(_), _) => JavaView::Hidden(HiddenReason::NoTrustAttribute),
        (_, BagKind::ShroudedKey) if seen.key_id().is_none() => JavaView::Hidden(HiddenReason::NotSupported),
        (_, BagKind::ShroudedKey | BagKind::Secret | BagKind::Certificate(_)) if alias.is_some() => {
            JavaView::ByAlias
        }
        (_, BagKind::ShroudedKey | BagKind::Secret | BagKind::Certificate(_)) => {
            *numbers += 1;
            JavaView::ByNumber(*numbers)
        }
        _ => JavaView::Hidden(HiddenReason::NotSupported),
    };
    let created = match kind {
        EntryKind::PrivateKey(_) | EntryKind::SecretKey => attributes.local_key_id().and_then(java_date),
        _ => None,
    }
    .map(i64::to_be_bytes);
    Entry { id: EntryId(seen.id.0), label, kind, created, java, home: Home::Bag, rest }
}

/// The date that the JDK writes into a key's localKeyId: `Time ` and milliseconds since 1970.
fn java_date(local_key_id: &[u8]) -> Option<i64> {
    std::str::from_utf8(local_key_id).ok()?.strip_prefix("Time ")?.parse().ok()
}

/// Hides entries whose alias a later one has.
pub(crate) fn shadow(entries: &mut [Entry]) {
    let mut visible: HashSet<String> = HashSet::new();
    for entry in entries.iter_mut().rev() {
        if matches!(entry.java, JavaView::Hidden(_)) {
            continue;
        }
        if entry.java_alias().is_some_and(|alias| !visible.insert(fold(&alias).into_owned())) {
            entry.java = JavaView::Hidden(HiddenReason::Shadowed);
        }
    }
}

/// The bags that go with these entries: of a key the chain as well, but for bags that another entry needs.
pub(crate) fn bags_of(entries: &[Entry], gone: &HashSet<EntryId>) -> HashSet<BagId> {
    let bags = |entry: &Entry| match entry.parts() {
        Parts::Bag(bag) => vec![bag],
        Parts::Key { key, chain } => chain.iter().copied().chain([key]).collect(),
        Parts::Record { .. } => Vec::new(),
    };
    let kept: HashSet<BagId> =
        entries.iter().filter(|entry| !gone.contains(&entry.id)).flat_map(bags).collect();
    entries
        .iter()
        .filter(|entry| gone.contains(&entry.id))
        .flat_map(bags)
        .filter(|bag| !kept.contains(bag))
        .collect()
}

/// Eight hexadecimal digits that stay with the content wherever it stands.
pub(crate) fn content_digest(bag: &Bag) -> String {
    let digest = match bag.kind() {
        BagKind::Certificate(certificate) => certificate.sha256(),
        _ => crate::cert::Fingerprint::of(&bag.octets()),
    };
    digest.to_hex().chars().take(8).collect()
}
