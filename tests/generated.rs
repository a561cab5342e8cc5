//! What is written into a generated store is read from it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::collection::vec;
use proptest::prelude::*;
use truststore::{Certificate, Format, Limits, Password, SystemRandom, TrustStore, Unlock};

fn format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Jks), Just(Format::Jceks), Just(Format::Pkcs12)]
}

/// Aliases of any characters, and certificates of any octets: nothing here depends on what they are.
fn wanted() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    vec(("\\PC{1,12}", vec(any::<u8>(), 0..300)), 0..12)
}

/// What was taken: an alias that the store refuses is not put in.
fn filled(store: &mut TrustStore, wanted: &[(String, Vec<u8>)]) -> Vec<(String, Vec<u8>)> {
    let mut taken = Vec::new();
    for (alias, der) in wanted {
        if store.insert(alias, Certificate::from_der(der.clone()), 1_600_000_000_000).is_ok() {
            let alias = if store.format() == Format::Pkcs12 { alias.clone() } else { alias.to_lowercase() };
            taken.push((alias, der.clone()));
        }
    }
    taken
}

fn content(store: &TrustStore) -> Vec<(String, Vec<u8>)> {
    store
        .entries()
        .iter()
        .map(|e| (e.alias().unwrap().to_owned(), e.certificate().unwrap().der().to_vec()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(format in format(), wanted in wanted(), password in "[ -~é€\u{1f600}]{0,12}") {
        let password = Password::new(password);
        let mut store = TrustStore::new(format, password.duplicate());
        let taken = filled(&mut store, &wanted);
        let bytes = store.to_bytes(&mut SystemRandom).unwrap();
        prop_assert_eq!(truststore::detect(&bytes), Some(format));
        let read = TrustStore::from_bytes(bytes.clone(), Unlock::With(&password), &Limits::default()).unwrap();
        prop_assert_eq!(content(&read), taken);
        prop_assert_eq!(read.to_bytes(&mut SystemRandom).unwrap(), bytes);
    }

    #[test]
    fn what_is_removed_was_there_and_nothing_else_goes(format in format(), wanted in wanted(), which in any::<prop::sample::Index>()) {
        let password = Password::new("changeit");
        let mut store = TrustStore::new(format, password.duplicate());
        let mut taken = filled(&mut store, &wanted);
        prop_assume!(!taken.is_empty());
        let bytes = store.to_bytes(&mut SystemRandom).unwrap();
        let mut read = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
        let at = which.index(taken.len());
        let id = read.entries().get(at).unwrap().id();
        read.remove(&[id]).unwrap();
        taken.remove(at);
        let bytes = read.to_bytes(&mut SystemRandom).unwrap();
        let read = TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default()).unwrap();
        prop_assert_eq!(content(&read), taken);
    }
}
