//! User and password go to nobody but a server under TLS, unless somebody said so.

use truststore::Password;
use truststore::mail::{Credentials, Encryption, Sender};

use crate::script::{Server, Step, honest, say};
use crate::{credentials, endpoint, outcome, send, trusting};

/// The password, and the ways SASL writes it.
fn assert_no_credentials(told: &str) {
    for secret in ["Sesame", "AUTH", "AG9wcw", "U2VzYW1l"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[test]
fn without_tls_nobody_is_even_connected_to() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut sender = Sender::new(endpoint(port, Encryption::None), trusting());
    sender.credentials = credentials();
    let error = send(&sender).unwrap_err();
    assert_eq!(outcome(&error.last), "auth/credentials-in-clear");
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn in_clear_they_go_only_where_it_is_allowed() {
    let script =
        [honest::banner(), honest::ehlo("AUTH PLAIN"), honest::auth_plain(), honest::message()].concat();
    let server = Server::start(script);
    let mut sender = Sender::new(endpoint(server.port, Encryption::None), trusting());
    sender.credentials = credentials();
    sender.options.allow_plaintext_credentials = true;
    assert_eq!(send(&sender).unwrap().authenticated.unwrap().mechanism, "PLAIN");
    assert_eq!(server.told().trouble, None);
}

#[test]
fn a_stripped_starttls_gets_neither_credentials_nor_message() {
    for allowed in [false, true] {
        let script = [honest::banner(), honest::ehlo("AUTH PLAIN LOGIN"), vec![Step::Silence]].concat();
        let server = Server::start(script);
        let mut sender = Sender::new(endpoint(server.port, Encryption::StartTls), trusting());
        sender.credentials = credentials();
        sender.options.allow_plaintext_credentials = allowed;
        let error = send(&sender).unwrap_err();
        assert_eq!(outcome(&error.last), "starttls/tls-not-offered");
        assert_eq!(server.told().plain(), "EHLO [127.0.0.1]\r\n");
    }
}

#[test]
fn opportunistic_goes_on_in_clear_and_says_nothing_of_the_user() {
    for allowed in [false, true] {
        let server = Server::start(honest::in_clear("AUTH PLAIN LOGIN"));
        let mut sender = Sender::new(endpoint(server.port, Encryption::StartTls), trusting());
        sender.credentials = credentials();
        sender.options.opportunistic = true;
        sender.options.allow_plaintext_credentials = allowed;
        let delivery = send(&sender).unwrap();
        assert_eq!((delivery.facts.tls, delivery.authenticated), (None, None));
        assert_eq!(delivery.warnings.len(), 2, "{:?}", delivery.warnings);
        let told = server.told();
        assert_eq!(told.trouble, None);
        assert_no_credentials(&told.plain());
    }
}

#[test]
fn a_server_that_is_not_trusted_gets_nothing() {
    for encryption in [Encryption::SslTls, Encryption::StartTls] {
        let before = match encryption {
            Encryption::StartTls => [honest::banner(), honest::ehlo("STARTTLS"), honest::starttls()].concat(),
            _ => honest::tls(),
        };
        let server = Server::start([before, vec![Step::Silence]].concat());
        let mut sender =
            Sender::new(endpoint(server.port, encryption), crate::config(rustls::RootCertStore::empty()));
        sender.credentials = credentials();
        // A fall-back is for a server without TLS, not for one with the wrong certificate.
        sender.options.opportunistic = true;
        let error = send(&sender).unwrap_err();
        assert_eq!(outcome(&error.last), "tls/certificate-refused");
        let told = server.told();
        assert_eq!(told.protected(), "");
        assert_no_credentials(&told.plain());
    }
}

#[test]
fn a_wrong_password_is_said_in_the_server_s_words() {
    let script = vec![
        Step::Expect("AUTH PLAIN "),
        say("535-5.7.8 Username and password\n535 5.7.8 not accepted\n"),
        Step::Expect("QUIT"),
        say("221 bye\n"),
        Step::Silence,
    ];
    let server =
        Server::start([honest::tls(), honest::banner(), honest::ehlo("AUTH PLAIN"), script].concat());
    let mut sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    sender.credentials = credentials();
    let error = send(&sender).unwrap_err();
    assert_eq!(outcome(&error.last), "auth/auth-refused");
    assert!(error.to_string().contains("Username and password"), "{error}");
    assert_eq!(error.failure().reply.as_ref().unwrap().code, 535);
    assert_eq!(server.told().trouble, None);
}

#[test]
fn login_is_spoken_where_plain_is_not() {
    let script = vec![
        Step::Expect("AUTH LOGIN\r\n"),
        say("334 VXNlcm5hbWU6\n"),
        // "ops", "Sesame-Open-4711"
        Step::Expect("b3Bz\r\n"),
        say("334 UGFzc3dvcmQ6\n"),
        Step::Expect("U2VzYW1lLU9wZW4tNDcxMQ==\r\n"),
        say("235 ok\n"),
    ];
    let script =
        [honest::tls(), honest::banner(), honest::ehlo("AUTH NTLM LOGIN"), script, honest::message()]
            .concat();
    let server = Server::start(script);
    let mut sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    sender.credentials = credentials();
    assert_eq!(send(&sender).unwrap().authenticated.unwrap().mechanism, "LOGIN");
    assert_eq!(server.told().trouble, None);
}

#[test]
fn mechanisms_that_are_not_known_are_named() {
    for (offer, named) in [("AUTH NTLM GSSAPI", "NTLM, GSSAPI"), ("HELP", "no AUTH")] {
        let script = [honest::tls(), honest::banner(), honest::ehlo(offer), vec![Step::Silence]].concat();
        let server = Server::start(script);
        let mut sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
        sender.credentials = credentials();
        let error = send(&sender).unwrap_err();
        assert_eq!(outcome(&error.last), "auth/auth-not-offered");
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn a_nul_character_would_move_the_password_into_another_field() {
    let mut sender = Sender::new(endpoint(1, Encryption::SslTls), trusting());
    sender.credentials = Some(Credentials::new("ops\0x", Password::new("p")));
    assert_eq!(outcome(&send(&sender).unwrap_err().last), "auth/credentials-invalid");
}
