//! A store as a rustls verifier: what is trusted, what is refused, and why.

#![cfg(all(feature = "aws-lc-rs", feature = "reload", feature = "cli"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod explain;
mod handshake;
mod limbo;
mod pins;
mod reload;

use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ServerConfig};
use tempfile::TempDir;
use truststore::tls::{AnchorRole, Decision, Verifier, default_provider, server_name};
use truststore::{Certificate, Format, TrustStore};

use common::pki::{Identity, Pki};

/// When the tests look at certificates, in seconds since 1970-01-01 UTC: 2026-01-01.
const NOW: i64 = 1_767_225_600;

/// A folder with keys and certificates.
struct Bench {
    folder: TempDir,
    pki: Pki,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let pki = Pki::new(folder.path());
        Self { folder, pki }
    }
}

/// A store with these certificates as trusted certificate entries.
fn store(entries: &[(&str, &Identity)]) -> TrustStore {
    let mut store = TrustStore::new(Format::Jks, common::changeit());
    for (alias, identity) in entries {
        store.insert(alias, Certificate::from_der(identity.der()), 0).unwrap();
    }
    store
}

/// What the verifier says of a chain, by `explain` and as rustls asks it, which must agree.
fn ask(verifier: &Verifier, chain: &[&Identity], host: &str) -> Decision {
    use rustls::client::danger::ServerCertVerifier as _;
    let chain: Vec<CertificateDer<'static>> =
        chain.iter().map(|identity| CertificateDer::from(identity.der())).collect();
    let name = server_name(host).unwrap();
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(NOW.unsigned_abs()));
    let decision = verifier.explain(&chain, Some(&name), now);
    let verified = verifier.verify_server_cert(&chain[0], &chain[1..], &name, &[], now);
    assert_eq!(decision.is_trusted(), verified.is_ok(), "{decision:?} {verified:?}");
    assert_eq!(decision.anchor.is_some(), decision.is_trusted());
    decision
}

/// The code of the refusal, or the alias and role of the anchor.
fn verdict(decision: &Decision) -> String {
    match (&decision.anchor, &decision.refusal) {
        (Some(anchor), None) => format!("{} as {}", anchor.alias, anchor.role),
        (None, Some(refusal)) => refusal.code().to_owned(),
        other => panic!("{other:?}"),
    }
}

fn server_config(
    identity: &Identity,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> ServerConfig {
    let chain = vec![CertificateDer::from(identity.der())];
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(identity.key_der().into());
    ServerConfig::builder_with_provider(default_provider())
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// A TLS handshake in memory, and whether it was a resumed one.
fn shake(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
    host: &str,
) -> Result<rustls::HandshakeKind, rustls::Error> {
    let name: ServerName<'static> = server_name(host).unwrap();
    let mut client = rustls::ClientConnection::new(client.clone(), name).unwrap();
    let mut server = rustls::ServerConnection::new(server.clone()).unwrap();
    for _ in 0..10 {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            server.read_tls(&mut rest).unwrap();
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            client.read_tls(&mut rest).unwrap();
            client.process_new_packets()?;
        }
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok(client.handshake_kind().unwrap())
}

fn role(decision: &Decision) -> Option<AnchorRole> {
    decision.anchor.as_ref().map(|anchor| anchor.role)
}
