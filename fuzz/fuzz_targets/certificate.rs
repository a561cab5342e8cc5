//! Shows, checks and chains any bytes as a certificate.
#![no_main]

use truststore::{Certificate, Policy, check_certificate, printable, roots_of};
use truststore_fuzz::{der, mutated};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let certificate = Certificate::from_der(bytes.to_vec());
    for finding in check_certificate(&certificate, &Policy::at(1_767_225_600)) {
        assert!(!finding.to_string().is_empty() && !finding.remedy.is_empty());
    }
    let Ok(view) = certificate.view() else { return };
    let _ = (view.subject.common_name(), view.may_issue(), view.public_key().to_string());
    let details = certificate.details().expect("the view was read");
    assert!(!printable(&details.subject).contains('\u{1b}'));
    let _ = roots_of(&[certificate.clone(), certificate]);
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutated(data, size, max_size, seed, der::mutate, libfuzzer_sys::fuzzer_mutate)
});
