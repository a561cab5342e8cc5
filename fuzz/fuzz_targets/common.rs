//! What every decoder must hold to: whatever it accepts is written as it was, and can be edited.

use truststore::{Certificate, Format, Limits, ReadBack, SystemRandom, TrustStore, Unlock, read_back};

/// A store whose first octets say `format`, whatever the rest is.
pub fn check(format: Format, bytes: &[u8]) {
    // Few iterations: a fuzzer finds a large count quickly, and the work behind it is not what is tested.
    let limits = || Limits {
        max_iterations: 20_000,
        max_iterations_each: 2_000,
        max_entries: 10_000,
        ..Limits::default()
    };
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
    let read = TrustStore::from_bytes(written, Unlock::Defaults, &limits()).expect("what was written is read");
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
