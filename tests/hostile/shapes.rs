//! Many of everything: what is linear for one is linear for all. A quadratic reader would need minutes
//! for these, so that the tests need no clock.

use crate::build;
use crate::common::changeit;
use truststore::{Certificate, EntryId, Limits, Policy, TrustStore, Unlock, read_bytes, roots_of, verify};

const MANY: usize = 10_000;

fn open(blocks: &[&[u8]]) -> TrustStore {
    let bytes = build::pfx(blocks, build::no_mac);
    TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap()
}

fn ids(store: &TrustStore) -> Vec<EntryId> {
    store.entries().iter().map(truststore::Entry::id).collect()
}

fn slices(items: &[Vec<u8>]) -> Vec<&[u8]> {
    items.iter().map(Vec::as_slice).collect()
}

#[test]
fn many_keys_of_one_local_key_id_with_many_certificates() {
    let id = build::local_key_id(b"1");
    let mut bags = Vec::new();
    for number in 0..MANY {
        let name = build::friendly_name(&format!("key-{number}"));
        bags.push(build::bag(2, &build::sealed_key(&build::pbes2(1)), Some(&[&name, &id])));
        let der = build::certificate(number as u64, &build::common_name("leaf"), &build::common_name("none"));
        bags.push(build::certificate_bag(&der, &[&build::friendly_name(&format!("c-{number}")), &id]));
    }
    let mut store = open(&[&build::plain_block(&slices(&bags))]);
    let keys = store.entries().iter().filter(|entry| entry.kind().code() == "private-key").count();
    assert_eq!(keys, MANY);
    store.remove(&ids(&store)).unwrap();
    assert!(store.entries().is_empty());
}

#[test]
fn many_keys_that_share_a_long_chain_are_refused_by_the_limit() {
    let id = |number: usize| build::local_key_id(&number.to_be_bytes());
    let mut bags = Vec::new();
    for number in 0..600 {
        let subject = build::common_name(&number.to_string());
        let issuer = build::common_name(&(number + 1).to_string());
        bags.push(build::certificate_bag(&build::certificate(1, &subject, &issuer), &[&id(number)]));
        bags.push(build::bag(2, &build::sealed_key(&build::pbes2(1)), Some(&[&id(number)])));
    }
    let bytes = build::pfx(&[&build::plain_block(&slices(&bags))], build::no_mac);
    // 600 · 601 / 2 certificates of chains, from a small file.
    let limits = Limits { max_entries: 180_299, ..Limits::default() };
    let error = TrustStore::from_bytes(bytes.clone(), Unlock::Defaults, &limits).unwrap_err();
    assert!(error.is_limit_exceeded() && error.message().contains("--max-entries"), "{error}");
    let limits = Limits { max_entries: 180_300, ..Limits::default() };
    let store = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits).unwrap();
    assert_eq!(store.entries()[0].certificates().len(), 600);
}

#[test]
fn many_equal_aliases_and_many_that_differ_in_case() {
    let der = build::certificate(1, b"", b"");
    let mut bags = Vec::new();
    for number in 0..MANY {
        // 16 letters, each in one of two cases.
        let alias: String = (0..16).map(|bit| if number >> bit & 1 == 1 { 'A' } else { 'a' }).collect();
        bags.push(build::certificate_bag(&der, &[&build::friendly_name(&alias)]));
        bags.push(build::certificate_bag(&der, &[&build::friendly_name("same")]));
        bags.push(build::certificate_bag(&der, &[]));
    }
    let mut store = open(&[&build::plain_block(&slices(&bags))]);
    assert_eq!(store.trust(&ids(&store)).unwrap().len(), 3 * MANY);
    let seen = store.entries().iter().filter(|entry| entry.java_alias().is_some()).count();
    assert_eq!(seen, 3 * MANY, "each is seen by Java under a name of its own");
    assert!(store.entries().iter().all(|entry| store.get(entry.name()).unwrap().id() == entry.id()));
}

#[test]
fn many_blocks_many_attributes_and_many_additions() {
    let der = build::certificate(1, b"", b"");
    let block = build::plain_block(&[&build::certificate_bag(&der, &[])]);
    let mut store = open(&vec![&block[..]; MANY]);
    for number in 0..MANY {
        store.insert(&format!("new-{number}"), Certificate::from_der(der.clone()), 0).unwrap();
    }
    assert_eq!(store.entries().len(), 2 * MANY);

    let unknown = build::attribute(&[0x2a], &[]);
    let attributes = vec![&unknown[..]; 200_000];
    let bag = build::certificate_bag(&der, &attributes);
    let mut store = open(&[&build::plain_block(&[&bag])]);
    store.trust(&ids(&store)).unwrap();
    let written = store.to_bytes(&mut truststore::SystemRandom).unwrap();
    assert!(written.len() > bag.len());
}

#[test]
fn many_additions_beside_a_private_key() {
    let id = build::local_key_id(b"1");
    let der = |n: usize, name: &str| {
        build::certificate(n as u64, &build::common_name(name), &build::common_name("x"))
    };
    let trusted = build::certificate_bag(&der(0, "t"), &[&build::friendly_name("t"), &build::trusted()]);
    let leaf = build::certificate_bag(&der(1, "leaf"), &[&id]);
    let key = build::bag(2, &build::sealed_key(&build::pbes2(1)), Some(&[&id]));
    // The key stands behind the certificates, as OpenSSL writes it.
    let mut store = open(&[&build::plain_block(&[&trusted, &leaf]), &build::plain_block(&[&key])]);
    for number in 0..MANY {
        let certificate = Certificate::from_der(der(number + 2, "another"));
        store.insert(&format!("new-{number}"), certificate, 0).unwrap();
    }
    // One of them is what the chain lacked.
    store.insert("issuer", Certificate::from_der(der(9, "x")), 0).unwrap();
    assert_eq!(store.entries().len(), MANY + 3);
    let bytes = store.to_bytes(&mut truststore::SystemRandom).unwrap();
    let read = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
    for entry in read.entries() {
        let kept = store.get(entry.name()).unwrap();
        assert_eq!(kept.kind(), entry.kind(), "{}", entry.name());
    }
    assert_eq!(read.entries().iter().map(|e| e.certificates().len()).max(), Some(2), "leaf and issuer");
}

#[test]
fn many_pem_markers_without_anything_between() {
    for line in ["-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-BEGIN \n", "-----BEGIN "] {
        let text = line.repeat(200_000);
        let found = read_bytes("bomb", text.into(), &Limits::default());
        assert!(found.is_err() || found.unwrap().certificates.is_empty(), "{line}");
    }
    let blanks = format!("-----BEGIN CERTIFICATE-----\n{}", " -".repeat(200_000));
    assert_eq!(read_bytes("bomb", blanks.into(), &Limits::default()).unwrap().errors.len(), 1);
}

#[test]
fn a_hundred_thousand_certificates_of_one_issuer() {
    let issuer = build::common_name("issuer");
    let ders: Vec<u8> =
        (0..100_000u64).flat_map(|n| build::certificate(n, &build::common_name("leaf"), &issuer)).collect();
    let found = read_bytes("many", build::pkcs7(&ders).into(), &Limits::default()).unwrap();
    let certificates: Vec<Certificate> =
        found.certificates.into_iter().map(|found| found.certificate).collect();
    assert_eq!(certificates.len(), 100_000);
    assert_eq!(roots_of(&certificates).leaves.len(), 100_000);
}

#[test]
fn giant_names_and_identifiers_are_shown_and_checked() {
    let name = build::common_name(&"n".repeat(400_000));
    let long_id = build::seq(&[&build::oid(&[0x81; 400_000]), &build::tlv(0x0c, &[b"x"])]);
    let many = build::common_name("rdn").repeat(30_000);
    for subject in [name, build::set(&[&long_id]), many] {
        let certificate = Certificate::from_der(build::certificate(1, &subject, &subject));
        let view = certificate.view().unwrap();
        assert!(view.subject.to_string().len() > 100_000);
        let mut store = TrustStore::new(truststore::Format::Jks, changeit());
        store.insert("giant", certificate, 0).unwrap();
        assert!(!verify(&store, &Policy::at(0)).findings.is_empty());
    }
}

#[test]
fn aliases_of_digits_cost_no_more_than_others() {
    // Java lists bags without a name under numbers, which no new alias may be.
    let nameless = build::certificate_bag(&build::certificate(0, b"", b""), &[&build::trusted()]);
    let bytes = build::pfx(&[&build::plain_block(&vec![&nameless[..]; 30_000])], build::no_mac);
    let mut store = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
    let certificate = || Certificate::from_der(build::certificate(1, b"", b""));
    let taken = (0..60_000).filter(|n| store.insert(&n.to_string(), certificate(), 0).is_err()).count();
    assert_eq!(taken, 30_000);
    assert!(store.insert("007", certificate(), 0).is_err() && store.insert("+7", certificate(), 0).is_ok());
}
