//! What edits do to the entries, and what names and lookups make of odd stores.

use super::alias::Label;
use super::pkcs12::Protection;
use super::*;
use crate::bag::oid;
use crate::bag::{Bag, Fresh};
use crate::ber::{self, der};
use crate::cert::Certificate;
use crate::error::ErrorKind;
use crate::{SystemRandom, Unlock};

fn certificate(number: u8) -> Certificate {
    Certificate::from_der(vec![0x30, 1, number])
}

/// A JKS store with these aliases as they are, which `insert` would refuse or fold.
fn records(aliases: &[&str]) -> TrustStore {
    let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
    for (number, alias) in (0..).zip(aliases) {
        store.insert(&format!("placeholder-{number}"), certificate(number), 0).unwrap();
        store.entries.last_mut().unwrap().label = Label::alias_as_read(alias, None);
    }
    store.renamed();
    store
}

/// A PKCS#12 store of certificate bags with these names, trusted or not.
fn bags(names: &[(Option<&str>, bool)]) -> TrustStore {
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    let Residue::Pkcs12(pfx) = &mut store.residue else { unreachable!() };
    pfx.blocks.push(pkcs12::Block {
        raw: None,
        protection: Protection::Plain,
        contents: Default::default(),
        bags: Vec::new(),
    });
    for (number, (name, trusted)) in (0..).zip(names) {
        let bag = match name {
            Some(name) => Bag::certificate(&certificate(number), Fresh::named(name, *trusted)),
            None => bag(3, &certificate_value(&certificate(number)), if *trusted { &[TRUSTED] } else { &[] }),
        };
        pfx.push(0, None, &bag);
    }
    store.refresh();
    store
}

impl TrustStore {
    /// Appends a bag to a PKCS#12 store, as a file may have it.
    pub(crate) fn push_untrusted(&mut self, name: &str, certificate: Certificate) {
        self.push_bag(Bag::certificate(&certificate, Fresh::named(name, false)));
    }

    pub(crate) fn push_trusted(&mut self, name: &str, certificate: Certificate) {
        self.push_bag(Bag::certificate(&certificate, Fresh::named(name, true)));
    }

    fn push_bag(&mut self, bag: Bag) {
        let Residue::Pkcs12(pfx) = &mut self.residue else { unreachable!() };
        if pfx.blocks.is_empty() {
            pfx.blocks.push(pkcs12::Block {
                raw: None,
                protection: Protection::Plain,
                contents: Default::default(),
                bags: Vec::new(),
            });
        }
        pfx.push(0, None, &bag);
        self.refresh();
    }
}

/// An attribute that names no usage.
const TRUSTED: (&[u8], &[u8]) = (oid::TRUSTED_KEY_USAGE, &[]);
/// An OCTET STRING.
const KEY_ID: (&[u8], &[u8]) = (oid::LOCAL_KEY_ID, &[4, 1, 7]);

fn bag(last_arc: u8, value: &[u8], attributes: &[(&[u8], &[u8])]) -> Bag {
    let attributes: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(id, value)| der(ber::SEQUENCE, &[&der(ber::OID, &[id]), &der(ber::SET, &[value])]))
        .collect();
    let set = der(ber::SET, &attributes.iter().map(|a| &a[..]).collect::<Vec<_>>());
    let kind = der(ber::OID, &[oid::BAG_TYPES, &[last_arc]]);
    Bag::parse(der(ber::SEQUENCE, &[&kind, &der(ber::CONTEXT_0, &[value]), &set]).into(), 16).unwrap()
}

fn certificate_value(certificate: &Certificate) -> Vec<u8> {
    let octets = der(ber::OCTET_STRING, &[certificate.der()]);
    let kind = der(ber::OID, &[oid::X509_CERTIFICATE]);
    der(ber::SEQUENCE, &[&kind, &der(ber::CONTEXT_0, &[&octets])])
}

/// A private key whose chain is `server`, `issuing`, `corp-root`, and the bags of the root.
fn key_store(roots: &[&[(&[u8], &[u8])]]) -> TrustStore {
    let input = |name: &str| {
        let path = format!("{}/testdata/inputs/{name}.pem", env!("CARGO_MANIFEST_DIR"));
        Certificate::from_der(pem_rfc7468::decode_vec(&std::fs::read(path).unwrap()).unwrap().1)
    };
    let mut store = bags(&[]);
    let Residue::Pkcs12(pfx) = &mut store.residue else { unreachable!() };
    pfx.push(0, None, &bag(2, &der(ber::SEQUENCE, &[]), &[KEY_ID]));
    pfx.push(0, None, &bag(3, &certificate_value(&input("server")), &[KEY_ID]));
    pfx.push(0, None, &bag(3, &certificate_value(&input("issuing")), &[]));
    for attributes in roots {
        pfx.push(0, None, &bag(3, &certificate_value(&input("corp-root")), attributes));
    }
    store.refresh();
    store
}

fn names(store: &TrustStore) -> Vec<&str> {
    store.entries().iter().map(Entry::name).collect()
}

fn java_aliases(store: &TrustStore) -> Vec<Option<String>> {
    store.entries().iter().map(Entry::java_alias).collect()
}

fn id(store: &TrustStore, at: usize) -> EntryId {
    store.entries()[at].id()
}

#[test]
#[cfg(target_pointer_width = "64")]
fn an_entry_is_small_since_there_may_be_a_million() {
    assert_eq!(size_of::<Entry>(), 96);
}

#[test]
fn removing_an_alias_uncovers_the_entry_that_it_hid() {
    let mut store = records(&["twin", "twin"]);
    assert_eq!(java_aliases(&store), [None, Some("twin".to_owned())]);
    assert!(names(&store)[0].starts_with("twin#"), "{:?}", names(&store));
    store.remove(&[id(&store, 1)]).unwrap();
    assert_eq!(java_aliases(&store), [Some("twin".to_owned())]);

    let mut store = records(&["twin", "twin"]);
    store.rename(id(&store, 0), "other").unwrap();
    assert_eq!(java_aliases(&store), [Some("other".to_owned()), Some("twin".to_owned())]);
}

#[test]
fn a_lookup_in_another_case_finds_what_java_finds() {
    // The JDK looks up the lower-cased alias in the table of aliases as written.
    let store = records(&["mixed", "MiXeD"]);
    assert_eq!(store.get("MIXED").unwrap().name(), "mixed");
    assert_eq!(store.get("MiXeD").unwrap().name(), "MiXeD");
}

#[test]
fn a_rename_cannot_hide_an_entry_of_the_same_alias_but_for_case() {
    let mut store = records(&["mixed", "MiXeD"]);
    // To its own alias too, which is lower-cased.
    for alias in ["MIXED", "MiXeD", "mixed"] {
        let error = store.rename(id(&store, 1), alias).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AliasTaken);
    }
    store.rename(id(&store, 0), "MIXED").unwrap();
    assert_eq!(java_aliases(&store), [Some("mixed".to_owned()), Some("MiXeD".to_owned())]);
}

#[test]
fn an_alias_that_the_format_cannot_hold_is_refused_at_once() {
    let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
    // Three octets each in Modified UTF-8.
    store.insert(&"中".repeat(21_845), certificate(1), 0).unwrap();
    let error = store.insert(&"中".repeat(21_846), certificate(2), 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AliasInvalid);
    assert_eq!(store.entries().len(), 1);
}

#[test]
fn what_java_sees_keeps_its_alias() {
    let store = bags(&[(Some("twin"), true), (Some("twin"), false)]);
    assert_eq!(java_aliases(&store), [Some("twin".to_owned()), None]);
    assert_eq!(store.entries()[0].name(), "twin");
    assert!(store.get("twin").unwrap().is_trusted());
    assert!(store.get("TWIN").unwrap().is_trusted());
}

#[test]
fn java_lists_aliases_of_pkcs12_in_lower_case() {
    assert_eq!(java_aliases(&bags(&[(Some("Corp CA"), true)])), [Some("corp ca".to_owned())]);
    assert_eq!(java_aliases(&records(&["Corp CA"])), [Some("Corp CA".to_owned())]);
}

#[test]
fn a_new_alias_cannot_hide_a_nameless_entry() {
    // Java lists it as `1`, and of two entries under one alias sees the last.
    let mut store = bags(&[(None, true)]);
    assert_eq!(java_aliases(&store), [Some("1".to_owned())]);
    let error = store.insert("1", certificate(9), 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AliasTaken);
    store.insert("2", certificate(9), 0).unwrap();
    store.rename(id(&store, 0), "1").unwrap();
}

#[test]
fn trusting_certificates_of_one_name_hides_none_of_them() {
    let mut store =
        bags(&[(Some("Root"), true), (Some("root"), false), (Some("root"), false), (None, false)]);
    let before: Vec<String> = names(&store).into_iter().map(str::to_owned).collect();
    let ids: Vec<EntryId> = store.entries().iter().map(Entry::id).collect();
    assert_eq!(store.trust(&ids).unwrap().len(), 3);
    assert!(java_aliases(&store).iter().all(Option::is_some), "{store:?} {:?}", java_aliases(&store));
    assert_eq!(names(&store)[0], "Root");
    assert_eq!(names(&store)[1], before[1]);
    assert_eq!(names(&store)[3], before[3]);
    let folded: HashSet<_> = names(&store).into_iter().map(alias::fold).collect();
    assert_eq!(folded.len(), 4);
}

#[test]
fn a_bag_around_others_is_not_removed_with_them() {
    let mut store = bags(&[(Some("outer"), true)]);
    let Residue::Pkcs12(pfx) = &mut store.residue else { unreachable!() };
    let outer = pfx.push(0, None, &bag(6, &der(ber::SEQUENCE, &[]), &[]));
    pfx.push(0, Some(outer), &Bag::certificate(&certificate(7), Fresh::named("inner", true)));
    store.refresh();
    let nest = store.entries()[1].id();
    let inner = store.get("inner").unwrap().id();
    let error = store.remove(&[nest]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CannotKeep);
    store.remove(&[nest, inner]).unwrap();
    assert_eq!(names(&store), ["outer"]);
}

#[test]
fn a_root_trusted_and_in_a_chain_leaves_the_trust_and_stays_in_the_chain() {
    let mut store = key_store(&[&[TRUSTED]]);
    let [key, root] = store.entries() else { panic!("{:?}", store.entries()) };
    assert_eq!((key.certificates().len(), root.is_trusted()), (3, true));
    store.remove(&[root.id()]).unwrap();
    let [key] = store.entries() else { panic!("{:?}", store.entries()) };
    assert_eq!(key.certificates().len(), 3);
}

#[test]
fn of_two_copies_of_a_root_the_one_without_trust_is_the_chains() {
    for roots in [[&[TRUSTED][..], &[]], [&[], &[TRUSTED][..]]] {
        let mut store = key_store(&roots);
        let [_, root] = store.entries() else { panic!("{:?}", store.entries()) };
        store.remove(&[root.id()]).unwrap();
        let [key] = store.entries() else { panic!("{:?}", store.entries()) };
        assert_eq!(key.certificates().len(), 3);
        store.remove(&[key.id()]).unwrap();
        assert_eq!(store.entries().len(), 0);
    }
}

#[test]
fn entries_stand_in_the_order_of_the_bags() {
    let mut store = key_store(&[&[TRUSTED]]);
    let Residue::Pkcs12(pfx) = &mut store.residue else { unreachable!() };
    pfx.blocks.push(pkcs12::Block {
        raw: None,
        protection: Protection::Plain,
        contents: Default::default(),
        bags: Vec::new(),
    });
    pfx.push(1, None, &bag(5, &der(ber::SEQUENCE, &[]), &[KEY_ID]));
    store.refresh();
    store.insert("new", certificate(1), 0).unwrap();
    let inserted: Vec<String> = names(&store).into_iter().map(str::to_owned).collect();
    store.refresh();
    assert_eq!(names(&store), inserted);
    assert_eq!(names(&store)[2], "new");
}

#[test]
fn an_identifier_finds_its_entry_while_others_come_and_go() {
    for mut store in
        [records(&["a", "b", "c"]), bags(&[(Some("a"), true), (Some("b"), true), (Some("c"), true)])]
    {
        let ids: Vec<EntryId> = store.entries().iter().map(Entry::id).collect();
        let name = |store: &TrustStore, id| store.entry(id).map(|entry| entry.name().to_owned());
        let found = |store: &TrustStore| ids.iter().map(|&id| name(store, id)).collect::<Vec<_>>();
        let some = |names: [&str; 3]| names.map(|name| (name != "-").then(|| name.to_owned())).to_vec();
        assert_eq!(found(&store), some(["a", "b", "c"]));
        let d = store.insert("d", certificate(9), 0).unwrap();
        assert_eq!((found(&store), name(&store, d)), (some(["a", "b", "c"]), Some("d".to_owned())));
        store.remove(&[ids[1]]).unwrap();
        assert_eq!((found(&store), name(&store, d)), (some(["a", "-", "c"]), Some("d".to_owned())));
        let e = store.insert("e", certificate(10), 0).unwrap();
        assert!(!ids.contains(&e) && e != d);
        assert_eq!((found(&store), name(&store, e)), (some(["a", "-", "c"]), Some("e".to_owned())));
    }
}

/// Of a bag that is new, and one that was read: nothing of the certificate before is kept, in memory or in the file.
#[test]
fn a_certificate_that_was_replaced_is_gone() {
    for is_read in [false, true] {
        let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
        let old = Bytes::from(certificate(1).der().to_vec());
        let certificates = [certificate(0), Certificate::from_der(old.clone()), certificate(2)];
        for (certificate, alias) in certificates.into_iter().zip(["a", "b", "c"]) {
            store.insert(alias, certificate, 0).unwrap();
        }
        if is_read {
            let bytes = store.to_bytes(&mut SystemRandom).unwrap();
            store = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
        }
        let b = store.get("b").unwrap().id();
        store.replace(b, certificate(7), 0).unwrap();
        store.rename(b, "d").unwrap();
        store.replace(b, certificate(8), 0).unwrap();
        assert!(old.is_unique());
        let bytes = store.to_bytes(&mut SystemRandom).unwrap();
        let read = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
        let found: Vec<_> =
            read.entries().iter().map(|e| (e.name(), e.certificate().unwrap().clone())).collect();
        assert_eq!(found, [("a", certificate(0)), ("d", certificate(8)), ("c", certificate(2))]);
    }
}
