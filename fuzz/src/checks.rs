//! What every decoder must hold to: whatever it accepts is written as it was, and can be edited.

use truststore::{
    Certificate, ConvertOptions, Format, Integrity, Limits, Password, Policy, ReadBack, SystemRandom,
    TrustStore, Unlock, convert, read_back, summarize, verify,
};

const NOW: i64 = 1_767_225_600;

/// Few iterations: a fuzzer finds a large count quickly, and the work behind it is not what is tested.
pub fn limits() -> Limits {
    Limits { max_iterations: 20_000, max_iterations_each: 2_000, max_entries: 10_000, ..Limits::default() }
}

/// What is accepted is written as it was, and again after an addition.
pub fn check(bytes: &[u8]) {
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
    if store.format() == Format::Pkcs12 {
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
pub fn check_edits(bytes: &[u8]) {
    let Ok(mut store) = TrustStore::from_bytes(bytes.to_vec(), Unlock::Defaults, &limits()) else { return };
    if store.integrity() == Integrity::Unchecked {
        return;
    }
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
        let written = match store.to_bytes(&mut SystemRandom) {
            Err(error) if error.is_limit_exceeded() => return,
            written => written.expect("an edited store"),
        };
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

/// Under another password, it has the same entries, and the old one opens it no more.
pub fn check_password(bytes: &[u8]) {
    let Ok(mut store) = TrustStore::from_bytes(bytes.to_vec(), Unlock::Defaults, &limits()) else { return };
    let entries = store.entries().len();
    if store.set_password(Password::new("another"), &mut SystemRandom).is_err() {
        return;
    }
    let Ok(written) = store.to_bytes(&mut SystemRandom) else { return };
    let other = Password::new("another");
    let read = TrustStore::from_bytes(written, Unlock::WithUnverified(&other), &limits());
    assert_eq!(read.expect("the new password opens it").entries().len(), entries);
}

/// Everything that is said of a store can be said, and what is converted has the same certificates.
pub fn check_reports(bytes: &[u8]) {
    let Ok(store) = TrustStore::from_bytes(bytes.to_vec(), Unlock::Defaults, &limits()) else { return };
    for finding in verify(&store, &Policy::at(NOW)).findings {
        assert!(!finding.to_string().chars().any(char::is_control) && !finding.remedy.is_empty());
    }
    for entry in store.entries() {
        assert_eq!(summarize(entry, NOW).alias, entry.name());
    }
    let trust = store.root_cert_store();
    assert_eq!(trust.roots.roots.len(), trust.anchors.len());
    assert!(trust.anchors.len() <= trust.pins.len());
    for format in [Format::Pkcs12, Format::Jks] {
        let mut options = ConvertOptions::default();
        options.trusted_only = true;
        let password = Some(Password::new("changeit"));
        let Ok(conversion) = convert(&store, format, password, &options, &mut SystemRandom) else { continue };
        let trusted = conversion.store.entries().iter().filter(|entry| entry.is_trusted()).count();
        assert_eq!(trusted, conversion.converted.len());
    }
}
