//! Small stores, cut at every byte and with every bit flipped: refused, or the same content.

use crate::build;
use crate::common::{bytes_of, certificate, changeit, portraits, read};
use truststore::{
    Certificate, ErrorKind, Format, Integrity, Limits, Result, SystemRandom, TrustStore, Unlock,
};

/// A flipped bit of a count or a salt must not make the test slow.
fn limits() -> Limits {
    Limits { max_iterations: 4_000, max_iterations_each: 1_000, ..Limits::default() }
}

fn open(bytes: Vec<u8>) -> Result<TrustStore> {
    TrustStore::from_bytes(bytes, Unlock::With(&changeit()), &limits())
}

/// A JKS file of our own, one of keytool's with keys and secrets, and PKCS#12 with both kinds of MAC;
/// one iteration each.
fn stores() -> Vec<(&'static str, Vec<u8>)> {
    let mut jks = TrustStore::new(Format::Jks, changeit());
    jks.insert("corp-ca", certificate("corp-root"), 0).unwrap();
    let root = certificate("corp-root");
    let bag = build::certificate_bag(root.der(), &[&build::friendly_name("corp-ca"), &build::trusted()]);
    let pbmac1 = build::pfx(&[&build::plain_block(&[&bag])], |safe| build::pbmac1(safe, 1));
    let mut jceks = TrustStore::new(Format::Jceks, changeit());
    jceks.insert("corp-ca", certificate("corp-root"), 0).unwrap();
    vec![
        ("a JKS store", bytes_of(&jks)),
        ("a JCEKS store", bytes_of(&jceks)),
        ("a JKS store with a key", read("stores/odd/key-without-chain.jks")),
        ("a JCEKS store with secrets", read("stores/keytool/secrets.jceks")),
        ("a PKCS#12 store", read("stores/openssl/one-iteration.p12")),
        ("a PKCS#12 store with PBMAC1", pbmac1),
    ]
}

/// PKCS#12 stores without a MAC: in the clear, and encrypted.
fn without_mac() -> Vec<(&'static str, Vec<u8>)> {
    let mut plain = TrustStore::new_without_password();
    plain.insert("corp-ca", certificate("corp-root"), 0).unwrap();
    let stripped = without_mac_data(&read("stores/openssl/one-iteration.p12"));
    vec![("a store in the clear", bytes_of(&plain)), ("an encrypted store", stripped)]
}

/// A PFX without the MacData, the last of its three fields, as somebody would write it who cannot make one.
fn without_mac_data(pfx: &[u8]) -> Vec<u8> {
    let field = |bytes: &[u8]| match bytes[1] {
        len @ 0..=0x7f => 2 + usize::from(len),
        0x81 => 3 + usize::from(bytes[2]),
        _ => 4 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
    };
    // SEQUENCE with two octets of length { INTEGER 3, ContentInfo, MacData }
    let (version, rest) = pfx[4..].split_at(3);
    build::seq(&[version, &rest[..field(rest)]])
}

#[test]
fn every_flipped_bit_is_refused_or_changes_nothing() {
    for (name, original) in stores() {
        let expected = portraits(&open(original.clone()).unwrap_or_else(|e| panic!("{name}: {e}")));
        assert!(!expected.is_empty(), "{name}");
        let mut accepted = 0;
        for at in 0..original.len() {
            for bit in 0..8 {
                let mut bytes = original.clone();
                bytes[at] ^= 1 << bit;
                let Ok(store) = open(bytes) else { continue };
                assert_eq!(store.integrity(), Integrity::Verified, "{name}: bit {bit} of byte {at}");
                assert_eq!(portraits(&store), expected, "{name}: bit {bit} of byte {at}");
                accepted += 1;
            }
        }
        // What no reader looks at: the type of the NULL parameters, PBMAC1's unused salt.
        assert!(accepted < 200, "{name}: {accepted}");
    }
}

#[test]
fn every_flipped_bit_is_refused_unread_or_changes_nothing_without_a_password() {
    for (name, original) in stores() {
        let expected = portraits(&open(original.clone()).unwrap());
        for at in 0..original.len() {
            for bit in 0..8 {
                let mut bytes = original.clone();
                bytes[at] ^= 1 << bit;
                let Ok(store) = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits()) else { continue };
                if store.integrity() == Integrity::Verified {
                    assert_eq!(portraits(&store), expected, "{name}: bit {bit} of byte {at}");
                } else if store.integrity() == Integrity::None {
                    assert_eq!(store.format(), Format::Pkcs12, "{name}: bit {bit} of byte {at}");
                }
            }
        }
    }
}

#[test]
fn every_truncation_is_refused() {
    for (name, original) in stores() {
        for len in 0..original.len() {
            let refused = open(original[..len].to_vec());
            assert!(refused.is_err(), "{name}: {len} of {} bytes", original.len());
        }
    }
}

#[test]
fn a_store_whose_mac_is_gone_is_refused_with_a_password_and_told_without_one() {
    for name in ["stores/openssl/one-iteration.p12", "stores/odd/pbmac1-sha256.p12"] {
        let (original, password) = (read(name), changeit());
        let open = |bytes: &[u8], unlock| TrustStore::from_bytes(bytes.to_vec(), unlock, &Limits::default());
        assert_eq!(open(&original, Unlock::With(&password)).unwrap().integrity(), Integrity::Verified);
        let stripped = without_mac_data(&original);
        let refused = open(&stripped, Unlock::With(&password)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::MacMissing, "{name}");
        for unlock in [Unlock::WithUnverified(&password), Unlock::Defaults] {
            assert_eq!(open(&stripped, unlock).unwrap().integrity(), Integrity::None, "{name}");
        }
    }
}

#[test]
fn whatever_is_flipped_in_a_store_without_a_mac_it_is_not_taken_for_verified() {
    for (name, original) in without_mac() {
        for at in 0..original.len() {
            for bit in 0..8 {
                let mut bytes = original.clone();
                bytes[at] ^= 1 << bit;
                let place = || format!("{name}: bit {bit} of byte {at}");
                open(bytes.clone()).expect_err(&place());
                let password = changeit();
                for unlock in [Unlock::Defaults, Unlock::WithUnverified(&password)] {
                    let Ok(store) = TrustStore::from_bytes(bytes.clone(), unlock, &limits()) else {
                        continue;
                    };
                    assert_eq!(store.integrity(), Integrity::None, "{}", place());
                }
            }
        }
        for len in 0..original.len() {
            let cut = original[..len].to_vec();
            TrustStore::from_bytes(cut, Unlock::Defaults, &limits()).expect_err(name);
        }
    }
}

#[test]
fn records_whose_digest_nobody_checked_are_never_written() {
    for format in [Format::Jks, Format::Jceks] {
        let mut store = TrustStore::new(format, truststore::Password::new("another one"));
        store.insert("corp-ca", certificate("corp-root"), 0).unwrap();
        let bytes = bytes_of(&store);
        let mut flipped = bytes.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for bytes in [bytes, flipped] {
            let mut store = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits()).unwrap();
            assert_eq!(store.integrity(), Integrity::Unchecked);
            let id = store.entries()[0].id();
            store.rename(id, "other").unwrap();
            store.insert("new", Certificate::from_der(vec![0x30, 0]), 0).unwrap();
            assert_eq!(store.to_bytes(&mut SystemRandom).unwrap_err().kind(), ErrorKind::ReadOnly);
            let path = tempfile::tempdir().unwrap();
            let path = path.path().join("store");
            assert_eq!(store.save(&path, &mut SystemRandom).unwrap_err().kind(), ErrorKind::ReadOnly);
            assert!(!path.exists());
        }
    }
}
