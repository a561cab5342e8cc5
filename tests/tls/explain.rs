//! Why a chain is refused, as data.

use truststore::tls::{Decision, MissingIssuer, Refusal, default_provider};

use crate::common::pki::{EXPIRED, Identity, LOCAL, P256, ROOT, Recipe, SERVER, VALID, Validity};
use crate::{Bench, ask, store, verdict};

const FUTURE: Validity = Validity("20500101000000Z", "20640101000000Z");

fn missing(decision: &Decision) -> &MissingIssuer {
    match decision.refusal.as_ref().unwrap() {
        Refusal::MissingRoot(missing) | Refusal::MissingIntermediate(missing) => missing,
        other => panic!("{other:?}"),
    }
}

/// The subject's key identifier, as `openssl` shows it.
fn key_id(identity: &Identity) -> String {
    let certificate = truststore::Certificate::from_der(identity.der());
    let id = certificate.view().unwrap().subject_key_id().unwrap().to_vec();
    id.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
}

fn named(bench: &Bench, file: &str, subject: &str, extensions: &str, issuer: Option<&Identity>) -> Identity {
    let digest = "sha256";
    bench.pki.make(file, &Recipe { subject, extensions, validity: VALID, key: P256, digest, issuer })
}

#[test]
fn a_missing_root_is_named_with_its_key() {
    let bench = Bench::new();
    let root = bench.pki.root("Corp Root");
    let issuing = bench.pki.intermediate("Corp Issuing CA", &root);
    let leaf = bench.pki.server("mail", LOCAL, VALID, &issuing);
    let direct = bench.pki.server("direct", LOCAL, VALID, &root);
    let empty = store(&[]).verifier(default_provider());
    for (chain, issued) in [
        (vec![&leaf, &issuing], "CN=Corp Issuing CA"),
        (vec![&direct], "CN=direct"),
        (vec![&direct, &root], "CN=direct"),
    ] {
        let decision = ask(&empty, &chain, "localhost");
        assert_eq!(verdict(&decision), "missing-root");
        let missing = missing(&decision);
        assert_eq!((missing.issuer.as_str(), missing.issued.as_str()), ("CN=Corp Root", issued));
        assert_eq!(missing.key_id, Some(key_id(&root)));
    }
}

#[test]
fn an_intermediate_that_was_not_sent_is_no_missing_root() {
    let bench = Bench::new();
    let root = bench.pki.root("Corp Root");
    let issuing = bench.pki.intermediate("Corp Issuing CA", &root);
    let leaf = bench.pki.server("mail", LOCAL, VALID, &issuing);
    let verifier = store(&[("corp", &root)]).verifier(default_provider());
    // From the names alone it is a guess, and says so.
    let guessed = ask(&verifier, &[&leaf], "localhost");
    assert_eq!(verdict(&guessed), "missing-intermediate");
    assert!(!missing(&guessed).certain);
    assert!(guessed.refusal.unwrap().to_string().contains("probably forgot to send an intermediate"));
    // The server sent the root in its place.
    let gap = ask(&verifier, &[&leaf, &root], "localhost");
    assert_eq!(verdict(&gap), "missing-intermediate");
    assert!(missing(&gap).certain);
    assert_eq!(missing(&gap).key_id, Some(key_id(&issuing)));
    assert_eq!(missing(&gap).issuer, "CN=Corp Issuing CA");

    // The certificate itself says who issued its issuer.
    let says = format!("{}\nsubjectAltName={LOCAL}", SERVER.replace("=keyid", "=keyid,issuer:always"));
    let telling = named(&bench, "telling", "/CN=telling", &says, Some(&issuing));
    let other = bench.pki.root("Other");
    let unrelated = store(&[("other", &other)]).verifier(default_provider());
    let decision = ask(&unrelated, &[&telling], "localhost");
    assert_eq!(verdict(&decision), "missing-intermediate");
    assert!(missing(&decision).certain);
    // The same extension tells a root.
    let of_root = named(&bench, "of-root", "/CN=of-root", &says, Some(&root));
    assert_eq!(verdict(&ask(&unrelated, &[&of_root], "localhost")), "missing-root");
    // With the intermediate all is well.
    assert_eq!(verdict(&ask(&verifier, &[&leaf, &issuing], "localhost")), "corp as CA");
}

#[test]
fn a_ca_of_the_same_name_with_another_key_is_told_apart() {
    let bench = Bench::new();
    let old = named(&bench, "old", "/CN=Corp Root", ROOT, None);
    let new = named(&bench, "new", "/CN=Corp Root", ROOT, None);
    let leaf = bench.pki.server("mail", LOCAL, VALID, &new);
    let verifier = store(&[("corp-2010", &old)]).verifier(default_provider());
    let decision = ask(&verifier, &[&leaf], "localhost");
    assert_eq!(verdict(&decision), "missing-root");
    assert_eq!(missing(&decision).key_id, Some(key_id(&new)));
    let said = decision.refusal.unwrap().to_string();
    assert!(said.contains("\"corp-2010\" has that name, but another key"), "{said}");
}

#[test]
fn expiry_names_the_member() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let with = |name: &str, validity| {
        let extensions = format!("{ROOT}\nauthorityKeyIdentifier=keyid");
        bench.pki.sign(name, &extensions, validity, Some(&root))
    };
    let (stale, early) = (with("stale", EXPIRED), with("early", FUTURE));
    let verifier = store(&[("corp", &root)]).verifier(default_provider());
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &stale);
    let decision = ask(&verifier, &[&leaf, &stale], "localhost");
    let refusal = decision.refusal.unwrap();
    assert!(
        matches!(&refusal, Refusal::Expired { member: 1, subject, .. } if subject == "CN=stale"),
        "{refusal:?}"
    );
    let leaf = bench.pki.server("late", LOCAL, VALID, &early);
    let refusal = ask(&verifier, &[&leaf, &early], "localhost").refusal.unwrap();
    assert!(matches!(&refusal, Refusal::NotYetValid { member: 1, .. }), "{refusal:?}");
    let leaf = bench.pki.server("gone", LOCAL, EXPIRED, &root);
    let refusal = ask(&verifier, &[&leaf], "localhost").refusal.unwrap();
    assert!(matches!(&refusal, Refusal::Expired { member: 0, .. }), "{refusal:?}");
    assert!(refusal.to_string().contains("2020-01-01"), "{refusal}");
}

#[test]
fn names_purposes_and_roles_are_told() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let verifier = store(&[("corp", &root)]).verifier(default_provider());
    let leaf = bench.pki.server("leaf", "DNS:mail.example.test,DNS:*.corp.test,IP:192.0.2.7", VALID, &root);
    let refusal = ask(&verifier, &[&leaf], "localhost").refusal.unwrap();
    let Refusal::NameMismatch { expected, presented, common_name } = &refusal else { panic!("{refusal:?}") };
    assert_eq!((expected.as_str(), common_name.as_deref()), ("localhost", Some("leaf")));
    assert_eq!(presented, &["mail.example.test", "*.corp.test", "192.0.2.7"]);

    let client = bench.pki.sign(
        "client",
        &format!("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\nsubjectAltName={LOCAL}"),
        VALID,
        Some(&root),
    );
    let refusal = ask(&verifier, &[&client], "localhost").refusal.unwrap();
    assert!(
        matches!(&refusal, Refusal::WrongPurpose { presented } if presented == &["clientAuth"]),
        "{refusal:?}"
    );

    let ca = bench.pki.sign("ca", &format!("{ROOT}\nsubjectAltName={LOCAL}"), VALID, Some(&root));
    assert_eq!(verdict(&ask(&verifier, &[&ca], "localhost")), "ca-as-server");
    let issued_by_leaf = bench.pki.server("below", LOCAL, VALID, &leaf);
    let refusal = ask(&verifier, &[&issued_by_leaf, &leaf], "localhost").refusal.unwrap();
    assert!(matches!(&refusal, Refusal::IssuerNotCa { subject } if subject == "CN=leaf"), "{refusal:?}");

    let issuing = bench.pki.intermediate("issuing", &root);
    let deeper = bench.pki.intermediate("deeper", &issuing);
    let deep = bench.pki.server("deep", LOCAL, VALID, &deeper);
    assert_eq!(verdict(&ask(&verifier, &[&deep, &deeper, &issuing], "localhost")), "path-length");

    for own in [bench.pki.self_signed_ca("own-ca", LOCAL), bench.pki.self_signed("own", LOCAL)] {
        assert_eq!(verdict(&ask(&verifier, &[&own], "localhost")), "self-signed");
    }
}

#[test]
fn what_the_provider_cannot_check_is_named() {
    let bench = Bench::new();
    let rsa = |bits: &'static str| -> Vec<&'static str> {
        match bits {
            "1024" => vec!["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            _ => vec!["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        }
    };
    let short = Recipe {
        subject: "/CN=short",
        extensions: ROOT,
        validity: VALID,
        key: &rsa("1024"),
        digest: "sha256",
        issuer: None,
    };
    let short = bench.pki.make("short", &short);
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &short);
    let decision = ask(&store(&[("short", &short)]).verifier(default_provider()), &[&leaf], "localhost");
    let refusal = decision.refusal.as_ref().unwrap();
    assert!(
        matches!(refusal, Refusal::UnsupportedAlgorithm { key: Some(key), .. } if key == "RSA 1024"),
        "{refusal:?}"
    );
    assert!(decision.java.is_some_and(|java| java.trusted), "Java takes it");

    let root = Recipe {
        subject: "/CN=root",
        extensions: ROOT,
        validity: VALID,
        key: &rsa("2048"),
        digest: "sha256",
        issuer: None,
    };
    let root = bench.pki.make("root", &root);
    let sha1 = Recipe {
        subject: "/CN=sha1",
        extensions: &format!("{SERVER}\nsubjectAltName={LOCAL}"),
        validity: VALID,
        key: P256,
        digest: "sha1",
        issuer: Some(&root),
    };
    let sha1 = bench.pki.make("sha1", &sha1);
    let decision = ask(&store(&[("root", &root)]).verifier(default_provider()), &[&sha1], "localhost");
    let refusal = decision.refusal.as_ref().unwrap();
    let said = refusal.to_string();
    assert!(matches!(refusal, Refusal::UnsupportedAlgorithm { .. }) && said.contains("sha1"), "{said}");
    assert!(decision.java.is_some_and(|java| java.trusted), "Java takes it");
}

#[test]
fn what_is_no_chain_is_refused_in_words() {
    let verifier = store(&[]).verifier(default_provider());
    let decision = verifier.decide(&[], Some("localhost"), crate::NOW).unwrap();
    assert_eq!(verdict(&decision), "malformed");
    let garbage = [truststore::Certificate::from_der(b"\x30\x03\x02\x01\x01".to_vec())];
    assert_eq!(verdict(&verifier.decide(&garbage, Some("localhost"), crate::NOW).unwrap()), "malformed");
    for host in ["mail.example.com:587", "smtp://mail", "", "müller.example", "a b"] {
        let error = verifier.decide(&[], Some(host), crate::NOW).unwrap_err();
        assert!(error.to_string().contains("is not a host name"), "{error}");
    }
}
