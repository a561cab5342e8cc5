//! Messages that arrive, as they were meant.

use truststore::mail::{Encryption, FailureCode, Sender, Stage};

use crate::script::{Server, Step, honest, say};
use crate::{MESSAGE, credentials, endpoint, outcome, send, send_message, trusting};

#[test]
fn a_message_arrives_over_implicit_tls() {
    let server = Server::start(honest::over_tls());
    let sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    let delivery = send(&sender).unwrap();
    let told = server.told();
    assert_eq!(told.trouble, None);
    assert_eq!(told.plain(), "", "not a word outside TLS");
    let message = String::from_utf8_lossy(MESSAGE);
    assert!(told.protected().contains(&format!("DATA\r\n{message}.\r\nQUIT\r\n")), "{}", told.protected());
    assert!(told.protected().starts_with("EHLO [127.0.0.1]\r\n"), "{}", told.protected());

    let tls = delivery.facts.tls.unwrap();
    assert_eq!((tls.version, tls.cipher_suite.starts_with("TLS_AES_")), ("TLSv1.3", true), "{tls:?}");
    assert_eq!(delivery.facts.address.unwrap().port(), delivery.port);
    assert_eq!((delivery.reply.code, delivery.reply.to_string().as_str()), (250, "250 2.0.0 queued as 4711"));
    assert_eq!((delivery.authenticated, delivery.warnings.len()), (None, 0));
    let stages: Vec<Stage> = delivery.facts.timings.iter().map(|timing| timing.stage).collect();
    use Stage::{Banner, Data, Dns, Ehlo, MailFrom, Quit, RcptTo, Tcp, Tls};
    assert_eq!(stages, [Dns, Tcp, Tls, Banner, Ehlo, MailFrom, RcptTo, RcptTo, Data, Quit]);
}

#[test]
fn a_message_arrives_over_starttls_with_user_and_password() {
    let server = Server::start(honest::over_starttls());
    let mut sender = Sender::new(endpoint(server.port, Encryption::StartTls), trusting());
    sender.credentials = credentials();
    sender.options.ehlo_name = Some("spool.example.com".to_owned());
    let delivery = send(&sender).unwrap();
    let told = server.told();
    assert_eq!(told.trouble, None);
    assert_eq!(told.plain(), "EHLO spool.example.com\r\nSTARTTLS\r\n");
    // "\0ops\0Sesame-Open-4711"
    assert!(
        told.protected().contains("\r\nAUTH PLAIN AG9wcwBTZXNhbWUtT3Blbi00NzEx\r\n"),
        "{}",
        told.protected()
    );
    let json = serde_json::to_value(&delivery).unwrap();
    assert_eq!(json["authenticated"]["mechanism"], "PLAIN");
    assert_eq!(json["authenticated"]["user"], "ops");
    assert_eq!(json["encryption"], "start-tls");
    assert_eq!(json["tls"]["version"], "TLSv1.3");
    assert_eq!(json["capabilities"]["starttls"], false, "what was said before TLS is forgotten");
}

#[test]
fn dots_and_line_ends_arrive_as_they_were() {
    let server = Server::start(honest::over_tls());
    let sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    // A bare line feed before a lone dot is how a second message would be smuggled in.
    let message = b"Subject: dots\r\n\r\n.\r\n..two\r\n.x\r\nfoo\n.\nMAIL FROM:<evil@example.com>\r\nend";
    send_message(&sender, message).unwrap();
    let told = server.told();
    assert_eq!(told.trouble, None);
    let protected = told.protected();
    let (_, data) = protected.split_once("DATA\r\n").unwrap();
    let (data, _) = data.split_once("\r\n.\r\nQUIT").unwrap();
    assert_eq!(
        data, "Subject: dots\r\n\r\n..\r\n...two\r\n..x\r\nfoo\r\n..\r\nMAIL FROM:<evil@example.com>\r\nend",
        "every line that starts with a dot has one more, and no line ends with less than CRLF"
    );
}

#[test]
fn octets_beyond_ascii_are_announced_where_the_server_takes_them() {
    let server = Server::start(honest::over_tls());
    let sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    send_message(&sender, "Subject: ä\r\n\r\n".as_bytes()).unwrap();
    assert!(server.told().protected().contains("MAIL FROM:<ops@example.com> BODY=8BITMIME\r\n"));

    let server =
        Server::start([honest::tls(), honest::banner(), honest::ehlo(""), vec![Step::Silence]].concat());
    let sender = Sender::new(endpoint(server.port, Encryption::SslTls), trusting());
    let error = send_message(&sender, "Subject: ä\r\n\r\n".as_bytes()).unwrap_err();
    assert_eq!(outcome(&error.last), "mail-from/message-refused");
}

#[test]
fn a_message_larger_than_the_server_takes_is_not_begun() {
    let script = [honest::tls(), honest::banner(), honest::ehlo("SIZE 20"), vec![Step::Silence]].concat();
    let server = Server::start(script);
    let error = send(&Sender::new(endpoint(server.port, Encryption::SslTls), trusting())).unwrap_err();
    assert_eq!(error.failure().code, FailureCode::MessageRefused);
    assert!(!server.told().protected().contains("MAIL"));
}

#[test]
fn a_message_that_was_taken_stays_taken_when_the_server_forgets_its_manners() {
    let mut script = honest::over_tls();
    let quit = script.len() - 2;
    script.splice(quit.., [Step::Close]);
    let server = Server::start(script);
    let delivery = send(&Sender::new(endpoint(server.port, Encryption::SslTls), trusting())).unwrap();
    assert_eq!(delivery.reply.code, 250);
    assert!(delivery.warnings[0].contains("QUIT"), "{:?}", delivery.warnings);
}

#[test]
fn plain_text_is_sent_where_plain_text_is_configured() {
    let server = Server::start(honest::in_clear(""));
    let delivery = send(&Sender::new(endpoint(server.port, Encryption::None), trusting())).unwrap();
    assert_eq!(delivery.facts.tls, None);
    assert!(server.told().plain().contains("\r\nbody\r\n"));
}

#[test]
fn one_refused_recipient_ends_the_message_for_all() {
    let script = vec![
        Step::Expect("MAIL"),
        say("250 ok\n"),
        Step::Expect("RCPT"),
        say("250 ok\n"),
        Step::Expect("RCPT"),
        say("550 5.1.1 no\u{1b}[31m such user\n"),
        Step::Expect("QUIT"),
        say("221 bye\n"),
        Step::Silence,
    ];
    let server = Server::start([honest::tls(), honest::banner(), honest::ehlo(""), script].concat());
    let error = send(&Sender::new(endpoint(server.port, Encryption::SslTls), trusting())).unwrap_err();
    assert_eq!(outcome(&error.last), "rcpt-to/recipient-refused");
    assert_eq!(
        error.failure().to_string(),
        "b@example.org: the server refuses the recipient: 550 5.1.1 no\\u{1b}[31m such user"
    );
    assert_eq!(server.told().trouble, None);
}
