//! Every way in which a conversation ends has its stage and its code.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs::{cipher_suite, default_provider};
use rustls::version::{TLS12, TLS13};
use truststore::mail::{Encryption, Sender};

use crate::script::{Server, Step, honest, say};
use crate::{ClosedPort, endpoint, outcome, pki, send, trusting};

/// What becomes of a message to a server with this script.
fn fate(encryption: Encryption, script: Vec<Step>) -> String {
    fate_with(encryption, script, trusting())
}

fn fate_with(encryption: Encryption, script: Vec<Step>, config: Arc<ClientConfig>) -> String {
    let server = Server::start([script, vec![Step::Silence]].concat());
    let error = send(&Sender::new(endpoint(server.port, encryption), config)).unwrap_err();
    assert!(!error.failure().message.is_empty());
    outcome(&error.last)
}

#[test]
fn no_connection() {
    let mut sender = Sender::new(endpoint(1, Encryption::None), trusting());
    // Without a question to the network.
    sender.server.host = "a..b".to_owned();
    assert_eq!(outcome(&send(&sender).unwrap_err().last), "dns/dns-failed");

    for host in ["bad host", "", "smtp://mail", "mail.example.com:25", "mäil"] {
        let mut sender = Sender::new(endpoint(1, Encryption::StartTls), trusting());
        sender.server.host = host.to_owned();
        assert_eq!(outcome(&send(&sender).unwrap_err().last), "dns/host-invalid", "{host}");
    }

    let closed = ClosedPort::new();
    let error = send(&Sender::new(endpoint(closed.port, Encryption::None), trusting())).unwrap_err();
    assert_eq!(outcome(&error.last), "tcp/connect-refused");
    assert!(!error.failure().code.is_refusal(), "nobody was there to say no");
}

#[cfg(target_os = "linux")]
#[test]
fn a_host_that_does_not_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (listener, port) = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    });
    // With its queue full, the system drops what would open one more connection.
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let limit = std::time::Duration::from_millis(200);
    let queued: Vec<_> =
        (0..8).map_while(|_| std::net::TcpStream::connect_timeout(&address, limit).ok()).collect();
    assert!(queued.len() < 8, "the queue is never full");
    let mut sender = Sender::new(endpoint(port, Encryption::None), trusting());
    sender.server.connect_timeout = limit;
    assert_eq!(outcome(&send(&sender).unwrap_err().last), "tcp/connect-timeout");
    drop(listener);

    sender.server.host = "255.255.255.255".to_owned();
    assert_eq!(outcome(&send(&sender).unwrap_err().last), "tcp/connect-failed");
}

#[test]
fn a_greeting_that_is_none() {
    let fate = |text| fate(Encryption::StartTls, vec![say(text)]);
    assert_eq!(fate("554 go away\n"), "banner/banner-refused");
    assert_eq!(fate("SSH-2.0-OpenSSH_9.6\n"), "banner/not-smtp");
    assert_eq!(fate("HTTP/1.1 400 Bad Request\n"), "banner/not-smtp");
    assert_eq!(fate("* OK IMAP4rev1 ready\n"), "banner/not-smtp");
    assert_eq!(fate("220-hello\n221 you\n"), "banner/not-smtp");
}

#[test]
fn a_server_that_does_not_know_ehlo_or_says_too_much() {
    let fate =
        |text| fate(Encryption::None, [honest::banner(), vec![Step::Expect("EHLO"), say(text)]].concat());
    assert_eq!(fate("502 what\n"), "ehlo/ehlo-refused");
    assert_eq!(fate("250 hello\n250 ok\n"), "ehlo/unexpected-data");
    let early = vec![say("220 hello\n250 spoken too soon\n")];
    let server = Server::start([early, vec![Step::Silence]].concat());
    let error = send(&Sender::new(endpoint(server.port, Encryption::None), trusting())).unwrap_err();
    assert_eq!(outcome(&error.last), "ehlo/unexpected-data");
}

#[test]
fn refusals_of_the_message() {
    let after = |script: &[(&'static str, &str)]| {
        let steps = script.iter().flat_map(|&(line, reply)| [Step::Expect(line), say(reply)]).collect();
        fate(Encryption::SslTls, [honest::tls(), honest::banner(), honest::ehlo(""), steps].concat())
    };
    let quit = ("QUIT", "221 bye\n");
    assert_eq!(after(&[("MAIL", "530 log in first\n"), quit]), "mail-from/sender-refused");
    assert_eq!(after(&[("MAIL", "250 ok\n"), ("RCPT", "451 later\n"), quit]), "rcpt-to/recipient-refused");
    let accepted = [("MAIL", "250 ok\n"), ("RCPT", "250 ok\n"), ("RCPT", "250 ok\n")];
    let data = [accepted.as_slice(), &[("DATA", "554 no\n"), quit]].concat();
    assert_eq!(after(&data), "data/message-refused");
    let end = [accepted.as_slice(), &[("DATA", "354 go\n"), ("From", "")]].concat();
    let steps: Vec<Step> = end.iter().flat_map(|&(line, reply)| [Step::Expect(line), say(reply)]).collect();
    let steps =
        [steps, vec![Step::Message, say("552 spam\n"), Step::Expect("QUIT"), say("221 bye\n")]].concat();
    let script = [honest::tls(), honest::banner(), honest::ehlo(""), steps].concat();
    assert_eq!(fate(Encryption::SslTls, script), "data/message-refused");
    assert_eq!(after(&[("MAIL", "hello\n")]), "mail-from/not-smtp");
}

#[test]
fn tls_that_is_none() {
    assert_eq!(fate(Encryption::SslTls, honest::banner()), "tls/tls-not-spoken");
    assert_eq!(fate(Encryption::SslTls, vec![Step::Close]), "tls/connection-closed");
    let alert = |description| Step::Say(vec![0x15, 3, 3, 0, 2, 2, description]);
    assert_eq!(fate(Encryption::SslTls, vec![alert(70)]), "tls/tls-protocol-version");
    assert_eq!(fate(Encryption::SslTls, vec![alert(40)]), "tls/tls-no-common-cipher");
    assert_eq!(fate(Encryption::SslTls, vec![alert(80)]), "tls/tls-alert");
    assert_eq!(fate(Encryption::SslTls, vec![alert(112)]), "tls/tls-alert");
    let hello = Step::Say(vec![0x16, 3, 3, 0, 4, 2, 0, 0, 0]);
    assert_eq!(fate(Encryption::SslTls, vec![hello]), "tls/tls-failed");
}

#[test]
fn tls_with_nothing_in_common() {
    let client = |suites: &[rustls::SupportedCipherSuite],
                  versions: &[&'static rustls::SupportedProtocolVersion]| {
        let provider =
            rustls::crypto::CryptoProvider { cipher_suites: suites.to_vec(), ..default_provider() };
        let builder = ClientConfig::builder_with_provider(Arc::new(provider));
        let builder = builder.with_protocol_versions(versions).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(pki::get().root.clone()).unwrap();
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    };
    let fate = |server, client| fate_with(Encryption::SslTls, vec![Step::Tls(server)], client);
    let all = &default_provider().cipher_suites;
    for (theirs, ours) in [(&TLS12, &TLS13), (&TLS13, &TLS12)] {
        let server = pki::get().server_with(default_provider(), &[theirs]);
        assert_eq!(fate(server, client(all, &[ours])), "tls/tls-protocol-version");
    }
    let only = vec![cipher_suite::TLS13_AES_128_GCM_SHA256];
    let provider = rustls::crypto::CryptoProvider { cipher_suites: only, ..default_provider() };
    let server = pki::get().server_with(provider, &[&TLS13]);
    let client = client(&[cipher_suite::TLS13_AES_256_GCM_SHA384], &[&TLS13]);
    assert_eq!(fate(server, client), "tls/tls-no-common-cipher");
}

#[test]
fn a_server_that_wants_to_know_its_clients() {
    let script = vec![Step::Tls(pki::get().server_for_known_clients())];
    // TLS 1.3 says so only after the handshake, where the greeting is awaited.
    assert_eq!(fate(Encryption::SslTls, script), "banner/tls-client-certificate");
}
