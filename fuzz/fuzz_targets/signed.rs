//! Stores that are mutated inside, with lengths, counts, digest, MAC and encryption made right again: the
//! mutation reaches the entries. Every kind of edit, another password, every report.
#![no_main]

use truststore_fuzz::{checks, mutated, sign};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(file) = sign::sign(bytes) else { return };
    checks::check(&file);
    checks::check_edits(&file);
    checks::check_password(&file);
    checks::check_reports(&file);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutated(data, size, max_size, seed, sign::mutate, libfuzzer_sys::fuzzer_mutate)
});
