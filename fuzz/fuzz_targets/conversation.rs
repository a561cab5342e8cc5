//! What a mail server says, over a real connection: a probe with TLS from the start or after STARTTLS, or a
//! message handed over in plain text. Whatever comes, it ends with an answer that a terminal can be shown.
//!
//! `~~` in the input ends what is said at once: the server goes on after the client's next command, or soon.
#![no_main]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use rustls::ClientConfig;
use truststore::mail::{Capabilities, Encryption, Endpoint, ProbeOptions, Reply, Sender, probe};
use truststore::tls::{Verifier, default_provider};
use truststore::{Format, Password, TrustStore};
use truststore_fuzz::chance::digest;

const LIMIT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_millis(20);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some((reply, _))) = Reply::parse(bytes) {
        let capabilities = Capabilities::of(&reply);
        assert!(capabilities.auth.iter().all(|name| !name.is_empty() && !name.contains(' ')));
        assert_ne!(capabilities.size, Some(0));
    }
    *SERVER.says.lock().expect("no panic") = bytes.to_vec();
    let encryption = [Encryption::None, Encryption::SslTls, Encryption::StartTls][digest(bytes) % 3];
    let mut endpoint = Endpoint::new("127.0.0.1", SERVER.port, encryption);
    (endpoint.connect_timeout, endpoint.timeout) = (LIMIT, LIMIT);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if encryption == Encryption::None {
        let sender = Sender::new(endpoint, CLIENT.1.clone());
        let address = "a@example.com".parse().expect("an address");
        let sent = runtime.block_on(sender.send(&address, &[address.clone()], b"Subject: x\r\n\r\n.\r\n"));
        if let Err(error) = sent {
            assert!(!error.failure().to_string().chars().any(char::is_control));
        }
        return;
    }
    let report =
        runtime.block_on(probe(&endpoint, &CLIENT.0, &CLIENT.1, &ProbeOptions::default(), 1_767_225_600));
    assert!(!report.addresses.iter().any(|address| address.code == "trusted"), "nothing is trusted here");
    for failure in report.addresses.iter().filter_map(|address| address.failure.as_ref()) {
        assert!(!failure.to_string().chars().any(char::is_control));
    }
});

/// A verifier that trusts nobody, and a configuration with it.
static CLIENT: LazyLock<(Verifier, Arc<ClientConfig>)> = LazyLock::new(|| {
    let store = TrustStore::new(Format::Pkcs12, Password::new(""));
    let config = store.client_config(default_provider()).expect("the provider's versions");
    (store.verifier(default_provider()), Arc::new(config))
});

struct Server {
    port: u16,
    says: Arc<Mutex<Vec<u8>>>,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let says = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&says);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let bytes: Vec<u8> = shared.lock().expect("no panic").clone();
            let _ = (stream.set_read_timeout(Some(PATIENCE)), stream.set_nodelay(true));
            let mut rest = &bytes[..];
            loop {
                let end = rest.windows(2).position(|pair| pair == b"~~");
                let mut heard = [0; 4_096];
                let said = stream.write_all(&rest[..end.unwrap_or(rest.len())]);
                if said.is_err() || matches!(stream.read(&mut heard), Ok(0)) {
                    break;
                }
                let Some(end) = end else { break };
                rest = &rest[end + 2..];
            }
        }
    });
    Server { port, says }
});
