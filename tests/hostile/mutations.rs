//! Small stores, cut at every byte and with every bit flipped: refused, or the same content.

use crate::build;
use crate::common::{bytes_of, certificate, changeit, portraits, read};
use truststore::{Format, Integrity, Limits, Result, TrustStore, Unlock};

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
    vec![
        ("a JKS store", bytes_of(&jks)),
        ("a JKS store with a key", read("stores/odd/key-without-chain.jks")),
        ("a JCEKS store with secrets", read("stores/keytool/secrets.jceks")),
        ("a PKCS#12 store", read("stores/openssl/one-iteration.p12")),
        ("a PKCS#12 store with PBMAC1", pbmac1),
    ]
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
