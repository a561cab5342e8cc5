//! Any bytes as a store of any format: what is accepted is written as it was, edited, written and read again.
#![no_main]

use truststore_fuzz::checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::check(bytes);
    checks::check_reports(bytes);
});
