use super::*;
use crate::cert::sample::{Sample, name, rsa_key, rsa_with};
use crate::password::Password;
use crate::store::Format;

/// 2026-01-01.
const NOW: i64 = 1_767_225_600;

/// What the samples have in common: their signatures are noise.
fn policy() -> Policy {
    let mut policy = Policy::at(NOW);
    policy.allow = vec![FindingCode::SelfSignatureInvalid, FindingCode::Unparsable];
    policy
}

fn codes(sample: &Sample) -> Vec<String> {
    let findings = check_certificate(&sample.build(), &policy());
    findings.iter().map(|finding| format!("{} {}", finding.severity, finding.code)).collect()
}

#[test]
fn a_good_root_has_no_findings() {
    assert!(codes(&Sample::root("A")).is_empty());
}

#[test]
fn every_certificate_check_finds_its_case() {
    let root = Sample::root("A");
    let dates = |not_before, not_after| Sample { not_before, not_after, ..root.clone() };
    let key = |octets| Sample { key: rsa_key(octets), ..root.clone() };
    let usage = crate::cert::sample::extension(&[0x55, 0x1d, 0x0f], true, &[3, 2, 7, 0x80]);
    let mut no_key_cert_sign = root.clone();
    no_key_cert_sign.extensions[1] = usage;
    for (sample, expected) in [
        (dates("200101000000Z", "251231235959Z"), "error expired"),
        (dates("260101000001Z", "491231235959Z"), "error not-yet-valid"),
        (dates("200101000000Z", "260131000000Z"), "warning expiring"),
        (Sample::leaf("mail.example.com", "A"), "warning not-a-ca"),
        (Sample { extensions: root.extensions[1..].to_vec(), ..root.clone() }, "warning not-a-ca"),
        (no_key_cert_sign, "error key-cert-sign-absent"),
        (key(128), "warning weak-key"),
        (key(64), "error weak-key"),
        (Sample { algorithm: rsa_with(5), ..root.clone() }, "warning weak-digest"),
        (Sample { algorithm: rsa_with(5), issuer: name("B"), ..root.clone() }, "warning weak-digest"),
        (Sample { algorithm: rsa_with(4), ..root.clone() }, "warning weak-digest"),
        (Sample { algorithm: rsa_with(4), issuer: name("B"), ..root.clone() }, "error weak-digest"),
    ] {
        assert_eq!(codes(&sample), [expected]);
    }
    // Version 1 has no extensions, and a self-issued one is a root nevertheless.
    assert!(codes(&Sample { extensions: Vec::new(), ..root }).is_empty());
}

#[test]
fn what_is_no_certificate_is_unparsable() {
    let findings = check_certificate(&Certificate::from_der(vec![0x30, 0]), &Policy::at(NOW));
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.code, finding.severity), (FindingCode::Unparsable, Severity::Error));
}

#[cfg(feature = "signatures")]
#[test]
fn a_signature_that_does_not_verify_is_an_error_unless_another_key_is_named() {
    let root = Sample::root("A");
    let policy = Policy::at(NOW);
    let count = |sample: &Sample| {
        let findings = check_certificate(&sample.build(), &policy);
        findings.iter().filter(|finding| finding.code == FindingCode::SelfSignatureInvalid).count()
    };
    assert_eq!(count(&root), 1);
    let mut rollover = root;
    rollover.extensions.push(crate::cert::sample::extension(&[0x55, 0x1d, 0x0e], false, &[4, 1, 7]));
    rollover.extensions.push(crate::cert::sample::extension(
        &[0x55, 0x1d, 0x23],
        false,
        &[0x30, 3, 0x80, 1, 8],
    ));
    assert_eq!(count(&rollover), 0);
}

#[test]
fn the_policy_raises_and_drops() {
    let expiring = Sample { not_after: "260131000000Z", ..Sample::root("A") }.build();
    let mut policy = policy();
    policy.deny.push(FindingCode::Expiring);
    let findings = check_certificate(&expiring, &policy);
    assert_eq!(findings.first().map(|finding| finding.severity), Some(Severity::Error));
    policy.allow.push(FindingCode::Expiring);
    assert_eq!(check_certificate(&expiring, &policy).len(), 1, "deny is stronger");
    policy.deny.clear();
    assert!(check_certificate(&expiring, &policy).is_empty());
    policy.allow.retain(|&code| code != FindingCode::Expiring);
    policy.warn_days = 29;
    assert!(check_certificate(&expiring, &policy).is_empty());
}

#[test]
fn codes_are_unique_and_an_unknown_one_lists_them() {
    for code in FindingCode::all() {
        assert_eq!(code.as_str().parse::<FindingCode>().unwrap(), code);
        assert!(!code.description().is_empty());
    }
    let error = "expird".parse::<FindingCode>().unwrap_err();
    assert!(error.message().contains("not-yet-valid"), "{error}");
}

#[test]
fn entries_are_checked_among_each_other() {
    let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
    store.insert("a", Sample::root("A").build(), 0).unwrap();
    store.insert("it's; rm", Sample::root("A").build(), 0).unwrap();
    let report = verify(&store, &policy());
    assert_eq!(report.checked, 2);
    let [finding] = report.findings.as_slice() else { panic!("{report:?}") };
    assert_eq!(finding.code, FindingCode::Duplicate);
    assert_eq!(
        finding.to_string(),
        "warning[duplicate]: entry \"it's; rm\": the same certificate as entry \"a\""
    );
    assert!(finding.remedy.contains("remove 'it'\\''s; rm'"), "{}", finding.remedy);
    assert!(!report.has_errors());

    let bytes = store.to_bytes(&mut crate::SystemRandom).unwrap();
    let wrong: Vec<u8> =
        bytes.iter().copied().enumerate().map(|(i, b)| if i + 1 == bytes.len() { !b } else { b }).collect();
    let store =
        TrustStore::from_bytes(wrong, crate::format::Unlock::Defaults, &crate::Limits::default()).unwrap();
    let report = verify(&store, &policy());
    assert_eq!(report.findings[0].code, FindingCode::IntegrityUnchecked);
}

#[test]
fn a_container_s_algorithms_are_findings() {
    let legacy = include_bytes!("../../testdata/stores/keytool/legacy.p12");
    let store =
        TrustStore::from_bytes(&legacy[..], crate::Unlock::Defaults, &crate::Limits::default()).unwrap();
    let report = verify(&store, &policy());
    let messages: Vec<&str> = report
        .findings
        .iter()
        .filter(|finding| finding.code == FindingCode::WeakContainer)
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(messages.len() >= 2, "the MAC and the certificates: {messages:?}");
    assert!(messages[0].starts_with("the MAC uses HMAC-SHA1"), "{messages:?}");
}

#[test]
fn the_root_of_a_leaf_is_named() {
    // Ed448 stands for any signature that cannot be checked: the samples have none.
    let unchecked = crate::ber::der(0x30, &[&[6, 3, 0x2b, 0x65, 0x71]]);
    let of = |sample: Sample| Sample { algorithm: unchecked.clone(), ..sample }.build();
    let issuing = Sample { issuer: name("Root"), ..Sample::root("Issuing") };
    let certificates =
        [of(Sample::leaf("mail.example.com", "Issuing")), of(issuing), of(Sample::root("Root"))];
    let hint = roots_of(&certificates);
    let [leaf] = hint.leaves.as_slice() else { panic!("{hint:?}") };
    assert_eq!((leaf.issuers.as_slice(), leaf.root), (&[1, 2][..], Some(2)));
    assert_eq!(
        leaf.to_string(),
        "mail.example.com is a server's certificate, not a CA's; the root in this file is number 3: CN=Root"
    );
    let hint = roots_of(&certificates[..2]);
    assert_eq!(hint.leaves[0].missing.as_deref(), Some("CN=Root"));
    assert!(roots_of(&certificates[1..]).leaves.is_empty());
}

#[test]
fn findings_of_many_entries_stand_in_the_order_of_the_file_whoever_found_them() {
    let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
    for number in 0..300 {
        let mut root = Sample::root(&format!("Root {number}"));
        root.not_after = if number % 3 == 0 { "210101000000Z" } else { root.not_after };
        store.insert(&format!("root-{number:03}"), root.build(), 0).unwrap();
    }
    let done = std::sync::atomic::AtomicUsize::new(0);
    let report = verify_watched(&store, &Policy::at(NOW), &|progress| {
        assert_eq!(progress.total, 300);
        done.fetch_max(progress.done, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!((report.checked, done.into_inner()), (300, 300));
    let expected: Vec<String> = (0..300)
        .map(|number| (number, format!("root-{number:03}")))
        .filter(|(number, _)| number % 3 == 0)
        .map(|(_, name)| name)
        .collect();
    let expired = report.findings.iter().filter(|finding| finding.code == FindingCode::Expired);
    assert_eq!(expired.filter_map(|finding| finding.entry.clone()).collect::<Vec<_>>(), expected);
    let certificates: Vec<&Certificate> = store.entries().iter().filter_map(Entry::certificate).collect();
    let alone = check_certificates(&certificates, &Policy::at(NOW), &|_| {});
    let of_entries: Vec<&str> = report.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        alone.iter().flatten().map(|finding| finding.message.as_str()).collect::<Vec<_>>(),
        of_entries
    );
}
