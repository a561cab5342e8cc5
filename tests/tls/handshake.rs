//! Handshakes: what the verifier decides holds on the wire.

use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use truststore::tls::{ConfigBuilderExt, default_provider};

use crate::common::pki::{Identity, LOCAL, P256, ROOT, Recipe, SERVER, VALID};
use crate::{Bench, server_config, shake, store};

const VERSIONS: [&[&rustls::SupportedProtocolVersion]; 2] = [&[&TLS12], &[&TLS13]];

/// Whether a client with this store shakes hands with a server that has this certificate and key.
fn connects(entries: &[(&str, &Identity)], server: &Identity) -> [bool; 2] {
    let client = Arc::new(store(entries).client_config(default_provider()).unwrap());
    VERSIONS.map(|versions| shake(&client, &Arc::new(server_config(server, versions)), "localhost").is_ok())
}

#[test]
fn a_servers_handshake_ends_as_the_store_says() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &root);
    assert_eq!(connects(&[("corp", &root)], &leaf), [true; 2]);
    assert_eq!(connects(&[], &leaf), [false; 2]);
    assert_eq!(connects(&[("leaf", &leaf)], &leaf), [true; 2]);
    for own in [bench.pki.self_signed_ca("own-ca", LOCAL), bench.pki.self_signed("own", LOCAL)] {
        assert_eq!(connects(&[("own", &own)], &own), [true; 2]);
        let forged = bench.pki.server("forged", LOCAL, VALID, &bench.pki.self_signed("pinned", LOCAL));
        assert_eq!(connects(&[("own", &own)], &forged), [false; 2]);
    }
}

/// Who shows a pinned certificate must have its key.
#[test]
fn a_pin_without_its_key_is_refused() {
    let bench = Bench::new();
    let own = bench.pki.self_signed("own", LOCAL);
    let other = bench.pki.self_signed("other", LOCAL);
    let thief = Identity { key: other.key.clone(), ..own.clone() };
    let chain = vec![thief.der().into()];
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(thief.key_der().into());
    let provider = default_provider();
    let signing = provider.key_provider.load_private_key(key).unwrap();
    let certified = Arc::new(rustls::sign::CertifiedKey::new(chain, signing));
    for versions in VERSIONS {
        let server = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from((*certified).clone())));
        let client = Arc::new(store(&[("own", &own)]).client_config(provider.clone()).unwrap());
        let error = shake(&client, &Arc::new(server), "localhost").unwrap_err();
        assert!(error.to_string().to_lowercase().contains("signature"), "{error}");
    }
}

/// webpki reads no certificate of version 1, so the handshake's signature is checked with the bare key.
#[test]
fn a_pin_of_version_1_works_with_its_common_name() {
    let bench = Bench::new();
    let old = bench.pki.sign("localhost", "", VALID, None);
    let other = bench.pki.self_signed("other", LOCAL);
    let thief = Identity { key: other.key.clone(), ..old.clone() };
    let verifier = store(&[("old", &old)]).verifier(default_provider()).with_common_name_fallback(true);
    let client = rustls::ClientConfig::builder_with_provider(default_provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let client = Arc::new(client);
    for versions in VERSIONS {
        for (identity, expected) in [(&old, true), (&thief, false)] {
            let signing = default_provider()
                .key_provider
                .load_private_key(rustls::pki_types::PrivateKeyDer::Pkcs8(identity.key_der().into()))
                .unwrap();
            let certified = rustls::sign::CertifiedKey::new(vec![identity.der().into()], signing);
            let server = rustls::ServerConfig::builder_with_provider(default_provider())
                .with_protocol_versions(versions)
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
            let answer = shake(&client, &Arc::new(server), "localhost");
            assert_eq!(answer.is_ok(), expected, "{versions:?} {answer:?}");
        }
    }
}

/// aws-lc-rs is the command's provider since Java knows these too.
#[test]
fn curves_and_digests_that_java_takes_are_taken() {
    let bench = Bench::new();
    let p521: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"];
    for (name, key, digest) in
        [("p521", p521, "sha512"), ("p256-sha512", P256, "sha512"), ("p521-sha256", p521, "sha256")]
    {
        let subject = format!("/CN={name}");
        let root = Recipe { subject: &subject, extensions: ROOT, validity: VALID, key, digest, issuer: None };
        let root = bench.pki.make(name, &root);
        let extensions = format!("{SERVER}\nsubjectAltName={LOCAL}");
        let leaf = Recipe {
            subject: "/CN=leaf",
            extensions: &extensions,
            validity: VALID,
            key,
            digest,
            issuer: Some(&root),
        };
        let leaf = bench.pki.make(&format!("leaf-{name}"), &leaf);
        assert_eq!(connects(&[("corp", &root)], &leaf), [true; 2], "{name}");
    }
}

#[test]
fn the_builders_extension_keeps_what_was_chosen_before() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &root);
    let client = rustls::ClientConfig::builder_with_provider(default_provider())
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_trust_store(&store(&[("corp", &root)]))
        .with_no_client_auth();
    let client = Arc::new(client);
    assert!(shake(&client, &Arc::new(server_config(&leaf, &[&TLS13])), "localhost").is_ok());
    assert!(shake(&client, &Arc::new(server_config(&leaf, &[&TLS12])), "localhost").is_err());
}
