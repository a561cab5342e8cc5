//! The mail sender against servers on loopback: some follow a script, honest and otherwise, some are real.

#![cfg(all(feature = "mail", feature = "aws-lc-rs", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod backup;
#[path = "../common/mod.rs"]
mod common;
mod credentials;
mod delivery;
mod failures;
mod pki;
#[cfg(feature = "cli")]
mod probe;
#[cfg(all(target_os = "linux", feature = "cli"))]
#[path = "../common/remains.rs"]
mod remains;
#[cfg(feature = "cli")]
#[path = "../common/schema.rs"]
mod schema;
mod script;
#[cfg(feature = "cli")]
mod send_test;
#[cfg(all(unix, feature = "cli"))]
mod servers;
mod silence;
mod starttls;

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use truststore::Password;
use truststore::mail::{Address, Attempt, Credentials, Delivery, Encryption, Endpoint, SendError, Sender};

pub(crate) const MESSAGE: &[u8] = b"From: <ops@example.com>\r\nSubject: hello\r\n\r\nbody\r\n";
pub(crate) const PASSWORD: &str = "Sesame-Open-4711";

/// A client that trusts the root of these tests.
pub(crate) fn trusting() -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(pki::get().root.clone()).unwrap();
    config(roots)
}

pub(crate) fn config(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// A server on loopback, with time enough for a busy machine.
pub(crate) fn endpoint(port: u16, encryption: Encryption) -> Endpoint {
    let mut endpoint = Endpoint::new("localhost", port, encryption);
    endpoint.host = "127.0.0.1".to_owned();
    endpoint.connect_timeout = Duration::from_secs(30);
    endpoint.timeout = Duration::from_secs(30);
    endpoint
}

/// A port at which nobody listens, and which nobody else gets meanwhile.
pub(crate) struct ClosedPort {
    pub(crate) port: u16,
    _bound: tokio::net::TcpSocket,
}

impl ClosedPort {
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { port: socket.local_addr().unwrap().port(), _bound: socket }
    }
}

pub(crate) fn credentials() -> Option<Credentials> {
    Some(Credentials::new("ops", Password::new(PASSWORD)))
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(crate) fn send(sender: &Sender) -> Result<Delivery, SendError> {
    send_message(sender, MESSAGE)
}

pub(crate) fn send_message(sender: &Sender, message: &[u8]) -> Result<Delivery, SendError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sent = runtime.block_on(async {
        sender
            .send(&address("ops@example.com"), &[address("a@example.org"), address("b@example.org")], message)
            .await
    });
    // Whatever happens, the password is in nothing that is said of it.
    let said = format!("{sent:?}");
    assert!(!said.contains(PASSWORD), "{said}");
    sent
}

/// `stage/code` of the failure, as JSON has them.
pub(crate) fn outcome(attempt: &Attempt) -> String {
    let json = serde_json::to_value(&attempt.failure).unwrap();
    format!("{}/{}", json["stage"].as_str().unwrap(), json["code"].as_str().unwrap())
}
