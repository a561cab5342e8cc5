//! When the second server is tried, and when it must not be.

use std::net::TcpListener;
use std::time::Duration;

use truststore::mail::{Encryption, Endpoint, Sender};

use crate::script::{Server, Step, honest, say};
use crate::{ClosedPort, config, credentials, endpoint, outcome, send, trusting};

fn impatient(port: u16, encryption: Encryption) -> Endpoint {
    let mut endpoint = endpoint(port, encryption);
    endpoint.timeout = Duration::from_millis(300);
    endpoint
}

#[test]
fn the_backup_is_tried_when_the_first_server_cannot_be_reached() {
    let closed = ClosedPort::new();
    let silent = Server::start(vec![Step::Silence]);
    let silent_with_starttls = Server::start(vec![Step::Silence]);
    let closing = Server::start(vec![Step::Close]);
    let busy = Server::start(vec![say("421 too busy\n"), Step::Silence]);
    let busy_under_tls = Server::start([honest::tls(), vec![say("554 closed\n"), Step::Silence]].concat());
    let mut nameless = endpoint(1, Encryption::None);
    // The resolver refuses it without a question to the network.
    nameless.host = "a..b".to_owned();
    for (first, reason) in [
        (nameless, "dns/dns-failed"),
        (endpoint(closed.port, Encryption::SslTls), "tcp/connect-refused"),
        (impatient(silent.port, Encryption::SslTls), "tls/timeout"),
        (impatient(silent_with_starttls.port, Encryption::StartTls), "banner/timeout"),
        (endpoint(closing.port, Encryption::StartTls), "banner/connection-closed"),
        (endpoint(busy.port, Encryption::StartTls), "banner/banner-refused"),
        (endpoint(busy_under_tls.port, Encryption::SslTls), "banner/banner-refused"),
    ] {
        let backup = Server::start(honest::over_tls());
        let mut sender = Sender::new(first, trusting());
        sender.backup = Some(endpoint(backup.port, Encryption::SslTls));
        let port = backup.port;
        let delivery = send(&sender).unwrap();
        assert_eq!(delivery.port, port);
        let [attempt] = delivery.failed_attempts.as_slice() else { panic!("{delivery:?}") };
        assert_eq!(outcome(attempt), reason);
        assert_eq!(backup.told().trouble, None);
    }
}

#[test]
fn a_refusal_is_not_routed_around() {
    let mut refusing = Vec::new();
    let untrusted = Server::start([honest::tls(), vec![Step::Silence]].concat());
    refusing.push((untrusted, Encryption::SslTls, "tls/certificate-refused"));
    let stripped = Server::start([honest::banner(), honest::ehlo("HELP"), vec![Step::Silence]].concat());
    refusing.push((stripped, Encryption::StartTls, "starttls/tls-not-offered"));
    let injected = vec![Step::Expect("STARTTLS"), say("220 go\n250 x\n"), Step::Silence];
    let injected = Server::start([honest::banner(), honest::ehlo("STARTTLS"), injected].concat());
    refusing.push((injected, Encryption::StartTls, "starttls/starttls-injection"));
    let plain = Server::start([honest::banner(), vec![Step::Silence]].concat());
    refusing.push((plain, Encryption::SslTls, "tls/tls-not-spoken"));
    for (server, encryption, reason) in refusing {
        let backup = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender =
            Sender::new(endpoint(server.port, encryption), config(rustls::RootCertStore::empty()));
        sender.backup = Some(endpoint(backup.local_addr().unwrap().port(), Encryption::SslTls));
        let error = send(&sender).unwrap_err();
        assert_eq!((outcome(&error.last).as_str(), error.earlier.len()), (reason, 0));
        backup.set_nonblocking(true).unwrap();
        assert!(backup.accept().is_err(), "nobody called the backup after {reason}");
    }
}

#[test]
fn refused_credentials_are_not_tried_elsewhere() {
    let refused = vec![Step::Expect("AUTH"), say("535 no\n"), Step::Expect("QUIT"), Step::Close];
    let server =
        Server::start([honest::tls(), honest::banner(), honest::ehlo("AUTH PLAIN"), refused].concat());
    let backup = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    sender.credentials = credentials();
    sender.backup = Some(endpoint(backup.local_addr().unwrap().port(), Encryption::SslTls));
    assert_eq!(outcome(&send(&sender).unwrap_err().last), "auth/auth-refused");
    backup.set_nonblocking(true).unwrap();
    assert!(backup.accept().is_err());
}

#[test]
fn both_reasons_are_said_when_nobody_answers() {
    let (first, second) = (ClosedPort::new(), ClosedPort::new());
    let mut sender = Sender::new(endpoint(first.port, Encryption::SslTls), trusting());
    sender.backup = Some(endpoint(second.port, Encryption::SslTls));
    let error = send(&sender).unwrap_err();
    assert_eq!((error.earlier[0].port, error.last.port), (first.port, second.port));
    let text = error.to_string();
    assert!(text.contains(&first.port.to_string()) && text.contains(&second.port.to_string()), "{text}");
}
