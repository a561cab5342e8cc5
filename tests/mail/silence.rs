//! Servers that say nothing, too little, or too much: the session ends, and the stage is named.

use std::time::Duration;

use truststore::mail::{Encryption, Sender};

use crate::script::{Server, Step, honest, say};
use crate::{credentials, endpoint, outcome, send, trusting};

fn impatient(server: &Server, encryption: Encryption) -> Sender {
    let mut endpoint = endpoint(server.port, encryption);
    // Long enough for a busy machine to reach the step that is meant.
    endpoint.timeout = Duration::from_millis(1_500);
    let mut sender = Sender::new(endpoint, trusting());
    sender.credentials = credentials();
    sender
}

#[test]
fn a_server_that_falls_silent_is_left_at_every_stage() {
    let stages = [
        "banner",
        "ehlo",
        "starttls",
        "tls",
        "ehlo",
        "auth",
        "mail-from",
        "rcpt-to",
        "rcpt-to",
        "data",
        "data",
    ];
    let script = honest::over_starttls();
    let speaks = |step: &Step| matches!(step, Step::Say(_) | Step::Tls(_));
    let places: Vec<usize> = (0..script.len()).filter(|&at| speaks(&script[at])).collect();
    assert_eq!(places.len(), stages.len() + 1, "the last one is the reply to QUIT");
    std::thread::scope(|scope| {
        for (&place, stage) in places.iter().zip(stages) {
            let mut script = script.clone();
            script.splice(place.., [Step::Silence]);
            scope.spawn(move || {
                let server = Server::start(script);
                let error = send(&impatient(&server, Encryption::StartTls)).unwrap_err();
                assert_eq!(outcome(&error.last), format!("{stage}/timeout"), "step {place}");
            });
        }
    });
}

#[test]
fn a_server_that_hangs_up_is_said_to_at_every_stage() {
    let script = honest::over_starttls();
    for place in 0..script.len() - 3 {
        if !matches!(script[place], Step::Say(_)) {
            continue;
        }
        let mut script = script.clone();
        script.splice(place.., [Step::Close]);
        let server = Server::start(script);
        let mut sender = impatient(&server, Encryption::StartTls);
        sender.server.timeout = Duration::from_secs(30);
        let error = send(&sender).unwrap_err();
        assert!(outcome(&error.last).ends_with("/connection-closed"), "step {place}: {error}");
    }
}

#[test]
fn octets_now_and_then_do_not_prolong_a_step() {
    let drip = |text| Step::Forever(text, Duration::from_millis(20));
    for (before, text, stage) in [
        (vec![say("220-")], "a", "banner"),
        (vec![], "220-a\r\n", "banner"),
        ([honest::banner(), vec![Step::Expect("EHLO")]].concat(), "250-a\r\n", "ehlo"),
    ] {
        let server = Server::start([before, vec![drip(text)]].concat());
        let error = send(&impatient(&server, Encryption::StartTls)).unwrap_err();
        assert_eq!(outcome(&error.last), format!("{stage}/timeout"));
    }
}

#[test]
fn a_reply_without_an_end_is_not_collected() {
    for flood in ["a", "220-a\r\n"] {
        let flood: &'static str = flood.repeat(10_000).leak();
        for under_tls in [false, true] {
            let (before, encryption) = match under_tls {
                true => (honest::tls(), Encryption::SslTls),
                false => (vec![], Encryption::StartTls),
            };
            let script = [before, vec![say("220-"), Step::Forever(flood, Duration::ZERO)]].concat();
            let server = Server::start(script);
            let mut sender = impatient(&server, encryption);
            sender.server.timeout = Duration::from_secs(30);
            let error = send(&sender).unwrap_err();
            assert_eq!(outcome(&error.last), "banner/not-smtp");
        }
    }
}

#[test]
fn a_flood_behind_a_command_of_mail_send_ends_too() {
    let flood: &'static str = "250-a\r\n".repeat(10_000).leak();
    let script = [
        honest::tls(),
        honest::banner(),
        honest::ehlo("AUTH PLAIN"),
        vec![Step::Expect("AUTH"), Step::Forever(flood, Duration::ZERO)],
    ];
    let server = Server::start(script.concat());
    let mut sender = impatient(&server, Encryption::SslTls);
    sender.server.timeout = Duration::from_secs(30);
    assert_eq!(outcome(&send(&sender).unwrap_err().last), "auth/not-smtp");
}
