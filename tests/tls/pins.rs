//! CA and pin are different things.

use truststore::tls::{AnchorRole, default_provider};
use truststore::{Limits, Password, Policy, TrustStore, Unlock};

use crate::common::pki::{self, EXPIRED, LOCAL, P256, ROOT, Recipe, SERVER, VALID};
use crate::{Bench, ask, role, store, verdict};

#[test]
fn a_root_anchors_what_it_issued_and_nothing_else() {
    let bench = Bench::new();
    let (root, other) = (bench.pki.root("root"), bench.pki.root("other"));
    let issuing = bench.pki.intermediate("issuing", &root);
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &issuing);
    let stray = bench.pki.server("stray", LOCAL, VALID, &other);
    let verifier = store(&[("corp", &root)]).verifier(default_provider());
    assert_eq!(verdict(&ask(&verifier, &[&leaf, &issuing], "localhost")), "corp as CA");
    assert_eq!(verdict(&ask(&verifier, &[&leaf, &other, &stray, &issuing], "127.0.0.1")), "corp as CA");
    assert_eq!(verdict(&ask(&verifier, &[&stray, &other], "localhost")), "missing-root");
    // An intermediate alone is an anchor as well, as in Java.
    let verifier = store(&[("issuing", &issuing)]).verifier(default_provider());
    assert_eq!(verdict(&ask(&verifier, &[&leaf], "localhost")), "issuing as CA");
}

/// The attack that plain rustls lets through: whoever has a pinned mail server's key issues certificates.
#[test]
fn what_a_pinned_servers_key_signed_is_refused() {
    let bench = Bench::new();
    let no_ca = "keyUsage=critical,digitalSignature,cRLSign\nbasicConstraints=critical,CA:TRUE";
    let plain = "subjectKeyIdentifier=hash";
    let cases = [
        ("ca-false", bench.pki.self_signed("ca-false", LOCAL)),
        ("no-constraints", bench.pki.sign("no-constraints", plain, VALID, None)),
        ("no-key-cert-sign", bench.pki.sign("no-key-cert-sign", no_ca, VALID, None)),
    ];
    for (name, pinned) in &cases {
        let forged = bench.pki.server(&format!("forged-{name}"), LOCAL, VALID, pinned);
        let store = store(&[("pinned", pinned)]);
        let found = store.root_cert_store();
        assert!(found.roots.is_empty(), "{name} is an anchor");
        assert!(found.pins[0].not_a_ca.is_some());
        let decision = ask(&store.verifier(default_provider()), &[&forged, pinned], "localhost");
        assert_eq!(verdict(&decision), "unusable-issuer", "{name}");

        let mut plain = rustls::RootCertStore::empty();
        plain.add(pinned.der().into()).unwrap();
        let plain =
            rustls::client::WebPkiServerVerifier::builder_with_provider(plain.into(), default_provider());
        let plain = plain.build().unwrap();
        let (leaf, issuer) = (forged.der().into(), pinned.der().into());
        let verified = rustls::client::danger::ServerCertVerifier::verify_server_cert(
            &*plain,
            &leaf,
            &[issuer],
            &"localhost".try_into().unwrap(),
            &[],
            rustls::pki_types::UnixTime::now(),
        );
        assert!(verified.is_ok(), "the attack is one no longer, so this test shows nothing: {verified:?}");
    }
}

#[test]
fn a_pin_is_accepted_whatever_it_is_if_its_dates_and_names_hold() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let wrong_purpose =
        "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:localhost";
    let pins = [
        bench.pki.self_signed("ca-false", LOCAL),
        bench.pki.self_signed_ca("ca-true", LOCAL),
        bench.pki.server("issued", LOCAL, VALID, &root),
        bench.pki.sign("client", wrong_purpose, VALID, None),
    ];
    for pinned in &pins {
        let verifier = store(&[("pinned", pinned)]).verifier(default_provider());
        let decision = ask(&verifier, &[pinned], "localhost");
        assert_eq!(role(&decision), Some(AnchorRole::Pin));
        assert_eq!(decision.java, None);
        assert_eq!(verdict(&ask(&verifier, &[pinned], "elsewhere.example")), "name-mismatch");
        // The same key and the same names are not the same certificate.
        let name = pinned.certificate.file_stem().unwrap().to_str().unwrap();
        let again = bench.pki.sign(name, &format!("{SERVER}\nsubjectAltName={LOCAL}"), VALID, None);
        assert_ne!(role(&ask(&verifier, &[&again], "localhost")), Some(AnchorRole::Pin));
    }
    let expired = bench.pki.server("expired", LOCAL, EXPIRED, &root);
    let both = store(&[("pinned", &expired), ("root", &root)]).verifier(default_provider());
    let decision = ask(&both, &[&expired], "localhost");
    assert_eq!(verdict(&decision), "expired");
    assert!(decision.java.is_some_and(|java| java.trusted), "Java looks at no date of a pin");
}

#[test]
fn a_self_signed_server_that_is_a_ca_is_both_and_verify_says_so() {
    let bench = Bench::new();
    let server = bench.pki.self_signed_ca("server", LOCAL);
    let issued = bench.pki.server("issued", LOCAL, VALID, &server);
    let store = store(&[("server", &server)]);
    let verifier = store.verifier(default_provider());
    assert_eq!(verdict(&ask(&verifier, &[&server], "localhost")), "server as pin");
    assert_eq!(verdict(&ask(&verifier, &[&issued], "localhost")), "server as CA");
    let report = truststore::verify(&store, &Policy::at(crate::NOW));
    let codes: Vec<_> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["server-can-issue"]);
}

#[test]
fn a_certificate_of_version_1_is_a_ca_only_if_it_is_self_issued() {
    let bench = Bench::new();
    let root = bench.pki.sign("old-root", "", VALID, None);
    // A CA of version 1 has no key identifier to name.
    let names = format!("basicConstraints=CA:FALSE\nsubjectAltName={LOCAL}");
    let leaf = bench.pki.sign("leaf", &names, VALID, Some(&root));
    let verifier = store(&[("old", &root)]).verifier(default_provider());
    assert_eq!(verdict(&ask(&verifier, &[&leaf], "localhost")), "old as CA");

    let middle = bench.pki.sign("old-middle", "", VALID, Some(&root));
    let forged = bench.pki.sign("forged", &names, VALID, Some(&middle));
    let store = store(&[("middle", &middle)]);
    assert!(store.root_cert_store().roots.is_empty());
    let verifier = store.verifier(default_provider());
    assert_eq!(verdict(&ask(&verifier, &[&forged], "localhost")), "unusable-issuer");
}

#[test]
fn the_common_name_counts_only_when_asked_for_and_only_for_pins() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let leaf = |name: &str, extensions: &str| {
        let (subject, digest, issuer) = ("/CN=mail.example.test", "sha256", Some(&root));
        bench.pki.make(name, &Recipe { subject, extensions, validity: VALID, key: P256, digest, issuer })
    };
    let nameless = leaf("nameless", SERVER);
    let old = leaf("old", "");
    let named = leaf("named", &format!("{SERVER}\nsubjectAltName=DNS:localhost"));
    let host = "mail.example.test";
    for pinned in [&nameless, &old] {
        let verifier = store(&[("pinned", pinned)]).verifier(default_provider());
        let refused = ask(&verifier, &[pinned], host);
        assert_eq!(verdict(&refused), "name-mismatch");
        assert!(refused.java.is_some_and(|java| java.trusted));
        let verifier = verifier.with_common_name_fallback(true);
        assert_eq!(verdict(&ask(&verifier, &[pinned], "MAIL.example.test")), "pinned as pin");
        assert_eq!(verdict(&ask(&verifier, &[pinned], "example.test")), "name-mismatch");
    }
    let verifier = store(&[("root", &root), ("named", &named)]).verifier(default_provider());
    let verifier = verifier.with_common_name_fallback(true);
    assert_eq!(verdict(&ask(&verifier, &[&nameless], host)), "name-mismatch");
    assert_eq!(verdict(&ask(&verifier, &[&named], host)), "name-mismatch");
}

#[test]
fn a_private_keys_certificate_is_a_pin_only() {
    let bench = Bench::new();
    let own = bench.pki.self_signed_ca("own", LOCAL);
    let issued = bench.pki.server("issued", LOCAL, VALID, &own);
    let file = bench.folder.path().join("key.p12");
    let mut export = pki::openssl();
    export.args(["pkcs12", "-export", "-passout", "pass:changeit", "-name", "own", "-inkey"]);
    pki::run(export.arg(&own.key).arg("-in").arg(&own.certificate).arg("-out").arg(&file));
    let password = Password::new("changeit");
    let store = TrustStore::open(&file, Unlock::With(&password), &Limits::default()).unwrap();
    let verifier = store.verifier(default_provider());
    assert!(verifier.trust().roots.is_empty());
    assert_eq!(verdict(&ask(&verifier, &[&own], "localhost")), "own as pin");
    let refused = ask(&verifier, &[&issued, &own], "localhost");
    assert_eq!(verdict(&refused), "unusable-issuer");
    assert!(refused.java.is_some_and(|java| java.trusted), "Java takes it for a CA");
}

#[test]
fn what_java_does_not_see_is_skipped_with_the_remedy() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &root);
    let file = bench.folder.path().join("untrusted.p12");
    let mut export = pki::openssl();
    export.args(["pkcs12", "-export", "-nokeys", "-passout", "pass:changeit", "-name", "corp", "-in"]);
    pki::run(export.arg(&root.certificate).arg("-out").arg(&file));
    let password = Password::new("changeit");
    let mut store = TrustStore::open(&file, Unlock::With(&password), &Limits::default()).unwrap();
    let found = store.root_cert_store();
    assert!(found.roots.is_empty() && found.pins.is_empty());
    assert_eq!(found.skipped.len(), 1);
    assert!(found.skipped[0].remedy.contains("truststore trust"), "{}", found.skipped[0].remedy);
    let decision = ask(&store.verifier(default_provider()), &[&leaf], "localhost");
    assert_eq!(verdict(&decision), "unusable-issuer");
    assert!(decision.refusal.unwrap().remedy().contains("truststore trust"));
    assert_eq!(verdict(&ask(&store.verifier(default_provider()), &[&root], "localhost")), "self-signed");

    let ids: Vec<_> = store.entries().iter().map(|entry| entry.id()).collect();
    store.trust(&ids).unwrap();
    let name = store.entries()[0].name().to_owned();
    let decision = ask(&store.verifier(default_provider()), &[&leaf], "localhost");
    assert_eq!(verdict(&decision), format!("{name} as CA"));
}

#[test]
fn of_two_aliases_that_differ_in_case_only_the_last_counts() {
    for file in ["same-alias.jks", "same-name-but-case.p12", "same-name.p12"] {
        let path = crate::common::testdata(&format!("stores/odd/{file}"));
        let password = Password::new("changeit");
        let store = TrustStore::open(&path, Unlock::With(&password), &Limits::default()).unwrap();
        let found = store.root_cert_store();
        // The fingerprint that Java shows, as the manifest of the test data has it.
        let seen =
            "C8:F4:9E:C1:03:9F:AE:12:BA:99:95:0C:43:00:BA:45:E2:37:BB:10:54:0E:D7:61:08:A7:3C:D0:D1:A9:7A:D6";
        let pins: Vec<_> = found.pins.iter().map(|pin| pin.certificate.sha256().to_string()).collect();
        assert_eq!(pins, [seen], "{file}");
        assert_eq!(found.skipped.len(), 1);
        assert!(found.skipped[0].remedy.contains("truststore rename"), "{}", found.skipped[0].remedy);
    }
}

#[test]
fn a_name_constraint_of_the_root_is_enforced() {
    let bench = Bench::new();
    let constrained = format!("{ROOT}\nnameConstraints=critical,permitted;DNS:example.test");
    let root = bench.pki.sign("root", &constrained, VALID, None);
    let inside = bench.pki.server("inside", "DNS:mail.example.test", VALID, &root);
    let outside = bench.pki.server("outside", "DNS:localhost", VALID, &root);
    let verifier = store(&[("corp", &root)]).verifier(default_provider());
    assert_eq!(verdict(&ask(&verifier, &[&inside], "mail.example.test")), "corp as CA");
    let refused = ask(&verifier, &[&outside], "localhost");
    assert_eq!(verdict(&refused), "name-constraint");
    assert!(refused.java.is_some_and(|java| java.trusted), "Java ignores it");
}
