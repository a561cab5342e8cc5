//! Reads certificates from any bytes: nothing panics, and what is found is found again.
#![no_main]

use truststore::{InputKind, Unlock, read_bytes, read_store, sniff};
use truststore_fuzz::{checks, der, mutated};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let limits = checks::limits();
    let input: Vec<u8> = bytes.to_vec();
    if let InputKind::Store(_) = sniff(&input.clone().into()) {
        let _ = read_store("input", input.into(), Unlock::Defaults, &limits);
        return;
    }
    let Ok(found) = read_bytes("input", input.into(), &limits) else { return };
    let candidates = found.certificates.len() + found.errors.len();
    for note in &found.notes {
        assert!(!note.to_string().is_empty());
    }
    for error in &found.errors {
        assert!(error.origin.of == candidates && !error.to_string().is_empty());
    }
    // All certificates, one after the other, are the same input without its text.
    let joined: Vec<u8> =
        found.certificates.iter().flat_map(|found| found.certificate.der()).copied().collect();
    if !found.certificates.is_empty() && sniff(&joined.clone().into()) == InputKind::Der {
        let again = read_bytes("joined", joined.into(), &limits).expect("certificates");
        assert_eq!(again.certificates.len(), found.certificates.len());
        assert!(again.errors.is_empty());
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutated(data, size, max_size, seed, der::mutate, libfuzzer_sys::fuzzer_mutate)
});
