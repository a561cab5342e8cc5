//! What every decoder must hold to: whatever it accepts is written as it was, and can be edited.

use truststore::{Certificate, Format, Limits, ReadBack, SystemRandom, TrustStore, Unlock, read_back};

/// Few iterations: a fuzzer finds a large count quickly, and the work behind it is not what is tested.
fn limits() -> Limits {
    Limits { max_iterations: 20_000, max_iterations_each: 2_000, max_entries: 10_000, ..Limits::default() }
}

/// A store whose first octets say `format`, whatever the rest is.
pub fn check(format: Format, bytes: &[u8]) {
    if truststore::detect(bytes) != Some(format) {
        return;
    }
    let Ok(mut store) = TrustStore::from_bytes(bytes.to_vec(), Unlock::Defaults, &limits()) else { return };
    assert_eq!(store.to_bytes(&mut SystemRandom).unwrap(), bytes, "an unchanged store is the same file");
    assert!(store.entries().iter().all(|entry| store.get(entry.name()).is_some()), "every name is found");
    let _ = store.container();

    let entries = store.entries().len();
    let certificate = Certificate::from_der(vec![0x30, 0x00]);
    if store.insert("a new entry", certificate, 0).is_err() {
        return;
    }
    let Ok(written) = store.to_bytes(&mut SystemRandom) else { return };
    if format == Format::Pkcs12 {
        assert!(!matches!(read_back(&written, &store), ReadBack::Disagrees(_)));
    }
    let read =
        TrustStore::from_bytes(written, Unlock::Defaults, &limits()).expect("what was written is read");
    assert_eq!(read.entries().len(), entries + 1);
    let names = |store: &TrustStore| -> Vec<String> {
        store.entries().iter().map(|entry| entry.name().to_owned()).collect()
    };
    let (mut before, mut after) = (names(&store), names(&read));
    // A new entry may stand before others in the file.
    before.sort();
    after.sort();
    assert_eq!(before, after);
}

/// Renames, trusts, replaces and removes entries; what is written after each is what was meant.
#[allow(dead_code, reason = "for the targets that mean it")]
pub fn check_edits(bytes: &[u8]) {
    let Ok(mut store) = TrustStore::from_bytes(bytes.to_vec(), Unlock::Defaults, &limits()) else { return };
    let ids: Vec<_> = store.entries().iter().map(truststore::Entry::id).collect();
    let certificate = Certificate::from_der(vec![0x30, 0x00]);
    for (number, &id) in ids.iter().enumerate().take(8) {
        let before = store.entry(id).map(|entry| entry.kind().clone());
        match number % 4 {
            0 if store.rename(id, &format!("renamed {number}")).is_ok() => {
                assert_eq!(store.get(&format!("renamed {number}")).map(|entry| entry.id()), Some(id));
                assert_eq!(store.entry(id).map(|entry| entry.kind().clone()), before);
            }
            1 => drop(store.trust(&[id])),
            2 if store.replace(id, certificate.clone(), 0).is_ok() => {
                assert_eq!(store.entry(id).and_then(|entry| entry.certificate()), Some(&certificate));
            }
            3 => drop(store.remove(&[id])),
            _ => {}
        }
        let written = store.to_bytes(&mut SystemRandom).expect("nothing is sealed");
        let read = TrustStore::from_bytes(written, Unlock::Defaults, &limits()).expect("what was written");
        let portrait = |store: &TrustStore| -> Vec<_> {
            let of = |entry: &truststore::Entry| {
                (entry.name().to_owned(), entry.kind().clone(), entry.java_view().clone())
            };
            store.entries().iter().map(of).collect()
        };
        assert_eq!(portrait(&read), portrait(&store));
    }
}
