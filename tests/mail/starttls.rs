//! What may not stand between the words STARTTLS and TLS itself.

use std::time::Duration;

use truststore::mail::{Encryption, Sender};

use crate::script::{Server, Step, honest, say};
use crate::{credentials, endpoint, outcome, send, trusting};

/// The script after EHLO; what became of it, and the server's record without TLS.
fn starttls(script: Vec<Step>) -> (String, String) {
    let server = Server::start([honest::banner(), honest::ehlo("STARTTLS"), script].concat());
    let mut sender = Sender::new(endpoint(server.port, Encryption::StartTls), trusting());
    sender.credentials = credentials();
    // It changes nothing here: this server offers STARTTLS.
    sender.options.opportunistic = true;
    let error = send(&sender).unwrap_err();
    (outcome(&error.last), server.told().plain())
}

const INJECTED: &str = "250-mail.example.com\n250 AUTH PLAIN\n";

#[test]
fn words_behind_the_220_end_the_session() {
    let said = [Step::Expect("STARTTLS"), say(&format!("220 go ahead\n{INJECTED}")), Step::Silence];
    let (outcome, told) = starttls(said.to_vec());
    assert_eq!(outcome, "starttls/starttls-injection");
    assert_eq!(told, "EHLO [127.0.0.1]\r\nSTARTTLS\r\n", "not even a handshake is begun");
}

#[test]
fn one_octet_behind_the_220_is_enough() {
    for injected in [b" ".as_slice(), b"\n", b"\x16", b"\0"] {
        let reply = [b"220 go\r\n", injected].concat();
        let (outcome, _) = starttls(vec![Step::Expect("STARTTLS"), Step::Say(reply), Step::Silence]);
        assert_eq!(outcome, "starttls/starttls-injection", "{injected:?}");
    }
}

#[test]
fn words_that_come_a_moment_later_end_the_session_too() {
    for pause in [1, 5, 60, 200] {
        let said = [
            Step::Expect("STARTTLS"),
            say("220 go ahead\n"),
            Step::Pause(Duration::from_millis(pause)),
            say(INJECTED),
            Step::Silence,
        ];
        let (outcome, told) = starttls(said.to_vec());
        assert_eq!(outcome, "starttls/starttls-injection", "after {pause} ms");
        assert!(!told.contains("AUTH"), "{told}");
    }
}

#[test]
fn a_reply_to_starttls_that_stands_ready_before_it_is_asked_for_is_not_taken() {
    let server = Server::start(
        [honest::banner(), vec![Step::Expect("EHLO"), say("250 STARTTLS\n220 go\n"), Step::Silence]].concat(),
    );
    let sender = Sender::new(endpoint(server.port, Encryption::StartTls), trusting());
    let error = send(&sender).unwrap_err();
    // The first line of a reply to EHLO is a greeting and offers nothing.
    assert_eq!(outcome(&error.last), "starttls/tls-not-offered");

    let ready = vec![Step::Expect("EHLO"), say("250-hello\n250 STARTTLS\n220 go\n"), Step::Silence];
    let server = Server::start([honest::banner(), ready].concat());
    let error = send(&Sender::new(endpoint(server.port, Encryption::StartTls), trusting())).unwrap_err();
    assert_eq!(outcome(&error.last), "starttls/starttls-injection");
    assert_eq!(server.told().plain(), "EHLO [127.0.0.1]\r\n");
}

#[test]
fn a_refused_starttls_is_no_reason_to_go_on_in_clear() {
    let (outcome, told) = starttls(vec![Step::Expect("STARTTLS"), say("454 4.7.0 not now\n"), Step::Silence]);
    assert_eq!(outcome, "starttls/starttls-refused");
    assert_eq!(told, "EHLO [127.0.0.1]\r\nSTARTTLS\r\n");
}

#[test]
fn opportunistic_uses_tls_where_it_is_offered() {
    let server = Server::start(honest::over_starttls());
    let mut sender = Sender::new(endpoint(server.port, Encryption::StartTls), trusting());
    sender.credentials = credentials();
    sender.options.opportunistic = true;
    let delivery = send(&sender).unwrap();
    assert!(delivery.facts.tls.is_some() && delivery.warnings.is_empty(), "{delivery:?}");
}
