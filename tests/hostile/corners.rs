//! What a lossless editor meets only in files that no ordinary program writes.

use crate::build::{self, seq};
use crate::common::{changeit, read};
use truststore::{Certificate, EntryKind, Integrity, Limits, SystemRandom, TrustStore, Unlock};

fn open(bytes: impl Into<bytes::Bytes>) -> TrustStore {
    TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap()
}

fn written(store: &TrustStore) -> bytes::Bytes {
    store.to_bytes(&mut SystemRandom).unwrap()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn der(number: u64) -> Vec<u8> {
    build::certificate(number, &build::common_name("root"), &build::common_name("root"))
}

#[test]
fn attributes_in_deeply_nested_ber_are_replaced_and_removed_like_others() {
    let attributes = [build::friendly_name_ber("old"), build::trusted_ber()];
    let bag = build::certificate_bag(&der(1), &[&attributes[0], &attributes[1]]);
    let mut store = open(build::pfx(&[&build::plain_block(&[&bag])], build::no_mac));
    let id = store.get("old").unwrap().id();
    assert!(store.get("old").unwrap().is_trusted());
    store.rename(id, "new").unwrap();
    assert_eq!(store.entry(id).unwrap().name(), "new");
    let read = open(written(&store));
    assert!(read.get("new").is_some_and(|entry| entry.is_trusted()), "{:?}", read.entries());
    assert!(contains(&written(&store), &attributes[1]), "the other attribute keeps its BER");
}

#[test]
fn trust_in_ber_is_taken_from_a_certificate_that_stays_in_a_chain() {
    let id = build::local_key_id(b"1");
    let leaf = build::certificate(1, &build::common_name("leaf"), &build::common_name("root"));
    let key = build::bag(2, &build::sealed_key(&build::pbes2(1)), Some(&[&build::friendly_name("key"), &id]));
    let leaf = build::certificate_bag(&leaf, &[&id]);
    let root = build::certificate_bag(&der(2), &[&build::friendly_name("root"), &build::trusted_ber()]);
    let mut store = open(build::pfx(&[&build::plain_block(&[&key, &leaf, &root])], build::no_mac));
    assert_eq!(store.get("key").unwrap().certificates().len(), 2);
    store.remove(&[store.get("root").unwrap().id()]).unwrap();
    let read = open(written(&store));
    assert!(read.entries().iter().all(|entry| !entry.is_trusted()), "{:?}", read.entries());
    assert_eq!(read.get("key").unwrap().certificates().len(), 2, "the chain stays whole");
}

#[test]
fn unknown_attributes_stay_however_often_they_occur_and_the_last_friendly_name_counts() {
    let unknown = build::attribute(&[0x2a, 3], &[&build::octets(b"value")]);
    let first = build::friendly_name("first");
    let bag = build::certificate_bag(
        &der(1),
        &[&unknown, &first, &unknown, &build::friendly_name("second"), &build::trusted(), &unknown],
    );
    let mut store = open(build::pfx(&[&build::plain_block(&[&bag])], build::no_mac));
    let id = store.get("second").unwrap().id();
    assert!(store.get("first").is_none());
    store.rename(id, "third").unwrap();
    let expected =
        [&unknown[..], &first, &unknown, &build::friendly_name("third"), &build::trusted(), &unknown];
    assert!(contains(&written(&store), &expected.concat()));
    assert!(open(written(&store)).get("third").is_some());
}

#[test]
fn an_empty_set_of_attributes_or_of_values_is_no_fault() {
    let nameless = build::attribute(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14], &[]);
    let empty = build::bag(3, &build::certificate_value(&der(1)), Some(&[]));
    let no_value = build::certificate_bag(&der(2), &[&nameless]);
    let named = build::certificate_bag(&der(3), &[&build::friendly_name("named")]);
    let mut store = open(build::pfx(&[&build::plain_block(&[&empty, &no_value, &named])], build::no_mac));
    store.rename(store.get("named").unwrap().id(), "renamed").unwrap();
    let bytes = written(&store);
    assert!(contains(&bytes, &empty) && contains(&bytes, &no_value), "the others as they were");
    let ids: Vec<_> = store.entries().iter().map(truststore::Entry::id).collect();
    assert_eq!(store.trust(&ids).unwrap().len(), 3);
    let read = open(written(&store));
    assert!(read.entries().iter().all(|entry| entry.java_alias().is_some()), "{:?}", read.entries());
}

#[test]
fn ber_bags_stay_ber_in_a_block_that_is_written_anew() {
    let kind = build::oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 3]);
    let ber =
        build::indefinite(0x30, &[&kind, &build::indefinite(0xa0, &[&build::certificate_value(&der(1))])]);
    let other = build::certificate_bag(&der(2), &[&build::friendly_name("other")]);
    let mut store = open(build::pfx(&[&build::plain_block(&[&ber, &other])], build::no_mac));
    store.remove(&[store.get("other").unwrap().id()]).unwrap();
    assert!(contains(&written(&store), &ber));
    assert_eq!(open(written(&store)).entries().len(), 1);
}

#[test]
fn what_is_enveloped_is_kept_by_every_edit() {
    let enveloped =
        seq(&[&build::oid(build::OID_ENVELOPED), &build::tlv(0xa0, &[&seq(&[&build::integer(0)])])]);
    let bag = build::certificate_bag(&der(1), &[&build::friendly_name("a")]);
    let blocks = [&enveloped[..], &build::plain_block(&[&bag]), &enveloped];
    let mut store = open(build::pfx(&blocks, |safe| build::pbmac1(safe, 1)));
    store.remove(&[store.get("a").unwrap().id()]).unwrap();
    store.insert("b", Certificate::from_der(der(2)), 0).unwrap();
    store.upgrade(&mut SystemRandom).unwrap();
    let bytes = written(&store);
    assert_eq!(bytes.windows(enveloped.len()).filter(|window| *window == enveloped).count(), 2);
    assert_eq!(open(bytes).entries().len(), 1);
}

#[test]
fn an_encrypted_content_with_the_tag_of_another_field_is_damage() {
    let mut block = build::encrypted_block(&build::pbes2(1), &[0x55; 32]);
    let tag = block.len() - 34;
    assert_eq!(block[tag..tag + 2], [0x80, 32]);
    block[tag] = 0x81;
    let file = build::pfx(&[&block], build::no_mac);
    let error = TrustStore::from_bytes(file, Unlock::Defaults, &Limits::default()).unwrap_err();
    assert!(error.is_damaged() && error.message().contains("found 0x81"), "{error}");
}

#[test]
fn what_stands_behind_the_digest_of_records_stays_however_long() {
    let behind = [7; 1_000];
    let mut store = open([&build::records(build::JKS, 0, &[])[..], &behind].concat());
    store.insert("a", Certificate::from_der(der(1)), 0).unwrap();
    let bytes = written(&store);
    assert!(bytes.ends_with(&behind));
    assert_eq!(open(bytes).entries().len(), 1);
}

#[test]
fn every_store_keeps_its_kind_of_protection_when_it_is_edited() {
    for name in [
        "stores/keytool/no-mac.p12",
        "stores/odd/mac-null-password.p12",
        "stores/odd/mac-empty-password.p12",
        "stores/odd/pbmac1-sha256.p12",
        "stores/odd/pbmac1-sha512.p12",
        "stores/odd/several-safes.p12",
        "stores/odd/trailing-bytes.p12",
        "stores/odd/no-mac-plain.p12",
        "stores/openssl/one-iteration.p12",
    ] {
        let mut store = open(read(name));
        let before = (store.integrity(), store.container().mac, store.entries().len());
        let blocks = store.container().blocks.len();
        store.insert("one more", Certificate::from_der(der(1)), 0).unwrap();
        let after = open(written(&store));
        assert_eq!((after.integrity(), after.container().mac, after.entries().len() - 1), before, "{name}");
        assert!(after.container().blocks.len() <= blocks.max(1), "{name}");
    }
}

#[test]
fn an_encrypted_store_without_mac_is_sealed_again_with_the_password_that_opened_it() {
    let mut store = open(read("stores/keytool/no-mac.p12"));
    assert_eq!(store.integrity(), Integrity::None);
    assert!(store.container().blocks.iter().any(|block| block.algorithm.is_some()));
    let ids: Vec<_> = store.entries().iter().map(truststore::Entry::id).collect();
    store.remove(&ids).unwrap();
    store.insert("new", Certificate::from_der(der(1)), 0).unwrap();
    let bytes = written(&store);
    let password = changeit();
    assert!(TrustStore::from_bytes(bytes.clone(), Unlock::With(&password), &Limits::default()).is_err());
    let read = TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &Limits::default()).unwrap();
    assert!(matches!(read.get("new").unwrap().kind(), EntryKind::TrustedCertificate(_)));
}

#[test]
fn a_nameless_safe_contents_has_the_name_it_is_read_under_when_a_bag_inside_is_edited() {
    let inner = build::certificate_bag(&der(1), &[&build::friendly_name("inner")]);
    let other = build::certificate_bag(&der(2), &[&build::friendly_name("other")]);
    let nested = build::bag(6, &seq(&[&inner, &other]), None);
    let around = build::bag(6, &seq(&[&nested]), None);
    let original = build::pfx(&[&build::plain_block(&[&around])], build::no_mac);
    let edits: [fn(&mut TrustStore, truststore::EntryId); 3] = [
        |store, id| store.rename(id, "renamed").unwrap(),
        |store, id| store.replace(id, Certificate::from_der(der(3)), 0).unwrap(),
        |store, id| store.remove(&[id]).unwrap(),
    ];
    for edit in edits {
        let mut store = open(original.clone());
        let id = store.get("inner").unwrap().id();
        edit(&mut store, id);
        let names = |store: &TrustStore| -> Vec<String> {
            store.entries().iter().map(|entry| entry.name().to_owned()).collect()
        };
        assert_eq!(names(&open(written(&store))), names(&store));
    }
}
