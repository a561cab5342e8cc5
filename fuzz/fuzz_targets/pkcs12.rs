//! Decodes, writes unchanged, edits, writes and decodes again.
#![no_main]

mod common;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| common::check(truststore::Format::Pkcs12, bytes));
