//! Any bytes as a sealed private key of each format: it opens or it does not, and what opens is sealed
//! and opened again.
#![no_main]

use truststore::{Entry, Format, Limits, Password, PrivateKey, SystemRandom, TrustStore, Unlock};

const OID_DATA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.12.10.1.2 and .1: a shrouded key and one in the clear.
const OID_BAG: [&[u8]; 2] = [
    &[0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02],
    &[0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01],
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The content of the SEQUENCE: no mutation can damage its length.
    let info = element(0x30, &[bytes]);
    for magic in [[0xfe, 0xed, 0xfe, 0xed], [0xce; 4]] {
        open(&record(magic, &info));
    }
    for id in OID_BAG {
        open(&pfx(&element(0x30, &[id, &element(0xa0, &[&info])])));
    }
    let Ok(key) = PrivateKey::from_pkcs8(info) else { return };
    // JCEKS costs 200,000 iterations.
    for format in [Format::Jks, Format::Pkcs12] {
        let password = Password::new("changeit");
        let mut store = TrustStore::new(format, password.duplicate());
        let id =
            store.insert_private_key("k", &key, &[], &password, 0, &mut SystemRandom).expect("a new key");
        assert_eq!(store.private_key(id, &password).expect("its password").pkcs8(), key.pkcs8());
    }
});

fn open(file: &[u8]) {
    let limits = Limits { max_iterations: 20_000, max_iterations_each: 2_000, ..Limits::default() };
    let store = TrustStore::from_bytes(file.to_vec(), Unlock::Defaults, &limits).expect("a sound frame");
    let password = Password::new("changeit");
    for id in store.entries().iter().map(Entry::id) {
        if let Ok(key) = store.private_key(id, &password) {
            assert!(PrivateKey::from_pkcs8(key.pkcs8().to_vec()).is_ok());
        }
    }
}

/// A JKS or JCEKS file of one private key without a chain; the digest fits nothing.
fn record(magic: [u8; 4], info: &[u8]) -> Vec<u8> {
    let len = u32::try_from(info.len()).expect("a short input").to_be_bytes();
    let head = [0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b'k', 0, 0, 0, 0, 0, 0, 0, 0];
    [&magic[..], &head, &len, info, &[0; 4], &[0; 20]].concat()
}

/// A PKCS#12 file of one bag, without MAC and encryption.
fn pfx(bag: &[u8]) -> Vec<u8> {
    let block = element(0x30, &[OID_DATA, &element(0xa0, &[&element(0x04, &[&element(0x30, &[bag])])])]);
    let safe = element(0x04, &[&element(0x30, &[&block])]);
    element(0x30, &[&[2, 1, 3], &element(0x30, &[OID_DATA, &element(0xa0, &[&safe])])])
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let len = u32::try_from(content.len()).expect("a short input");
    [&[tag, 0x84][..], &len.to_be_bytes(), &content].concat()
}
