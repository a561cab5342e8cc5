//! PKCS#12 stores, mutated as for `signed`, read by `p12-keystore` as well: it finds the same certificates, or
//! one of the two refuses. The known differences, where it reads less, are refusals in `read_back`.
#![no_main]

use truststore::{Format, ReadBack, TrustStore, Unlock, detect, read_back};
use truststore_fuzz::{checks, mutated, sign};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if detect(bytes) != Some(Format::Pkcs12) {
        return;
    }
    let Some(file) = sign::sign(bytes) else { return };
    let Ok(store) = TrustStore::from_bytes(file.clone(), Unlock::Defaults, &checks::limits()) else { return };
    if let ReadBack::Disagrees(how) = read_back(&file, &store) {
        panic!("{how}");
    }
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutated(data, size, max_size, seed, sign::mutate, libfuzzer_sys::fuzzer_mutate)
});
