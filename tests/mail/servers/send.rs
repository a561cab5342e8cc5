//! `send-test` and real servers: mail goes out if, and only if, the store trusts the server.

use super::client::{Answer, Client};
use super::s_server::SServer;
use super::{MailServer, Tls, each, exim, public_folder};
use crate::common::pki::{ELSEWHERE, EXPIRED, Identity, LOCAL, Pki, VALID};

const ENCRYPTIONS: [&str; 2] = ["ssl-tls", "starttls"];
const JSON: &[&str] = &["--format", "json"];

fn port(server: &dyn MailServer, encryption: &str) -> u16 {
    if encryption == "ssl-tls" { server.implicit() } else { server.starttls() }
}

/// Each server, each kind of TLS, has to refuse with `code`, before any password was shown.
fn refused_by_all(client: &Client, identity: &Identity, code: &str) -> Vec<Answer> {
    let answers = std::cell::RefCell::new(Vec::new());
    each(identity, Tls::Offered, |server| {
        for encryption in ENCRYPTIONS {
            let answer = client.send(port(server, encryption), encryption, JSON);
            answers.borrow_mut().push(answer.refused(code));
        }
        assert_eq!((server.logins(), server.mails().len()), (0, 0), "{}: {}", server.name(), server.log());
    });
    answers.into_inner()
}

/// Each server, each kind of TLS, has to deliver.
fn delivered_by_all(client: &Client, identity: &Identity) {
    each(identity, Tls::Offered, |server| {
        for encryption in ENCRYPTIONS {
            client.send(port(server, encryption), encryption, &[]).done();
        }
        for mail in server.wait_for(ENCRYPTIONS.len()) {
            // With TLS and a login, says the server.
            assert!(mail.contains("with esmtpsa"), "{mail}");
            assert!(mail.contains("Return-path: <spool@example.test>\n"), "{mail}");
            assert!(mail.contains("Envelope-to: ops@example.test\n"), "{mail}");
            assert!(mail.contains("\nSubject: truststore test message"), "{mail}");
        }
    });
}

#[test]
fn a_mail_arrives_once_the_root_is_imported_and_no_longer_once_it_is_removed() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let identity = pki.server("server", LOCAL, VALID, &issuing);
    let client = Client::new();
    client.import(&pki.root("stranger").certificate, "stranger");
    refused_by_all(&client, &identity, "certificate-refused");
    client.import(&root.certificate, "corp-root");
    delivered_by_all(&client, &identity);
    client.run(&["remove", "corp-root"]).done();
    refused_by_all(&client, &identity, "certificate-refused");
}

#[test]
fn an_intermediate_that_the_server_forgot_is_a_refusal() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let mut identity = pki.server("server", LOCAL, VALID, &issuing);
    identity.chain = identity.certificate.clone();
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    refused_by_all(&client, &identity, "certificate-refused");
    client.import(&issuing.certificate, "corp-issuing");
    delivered_by_all(&client, &identity);
}

#[test]
fn another_hosts_certificate_and_an_expired_one_are_refused_before_the_password_is_shown() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    let elsewhere = pki.server("elsewhere", ELSEWHERE, VALID, &root);
    for answer in refused_by_all(&client, &elsewhere, "certificate-refused") {
        assert!(answer.stdout.contains("mail.example.test") || answer.stderr.contains("mail.example.test"));
    }
    refused_by_all(&client, &pki.server("expired", LOCAL, EXPIRED, &root), "certificate-refused");
}

#[test]
fn a_self_signed_server_is_trusted_once_it_is_pinned_and_can_vouch_for_nobody_else() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    for own in [pki.self_signed("own", LOCAL), pki.self_signed_ca("own-ca", LOCAL)] {
        let client = Client::new();
        client.import(&pki.root("stranger").certificate, "stranger");
        refused_by_all(&client, &own, "certificate-refused");
        client.import(&own.certificate, "mail-server");
        delivered_by_all(&client, &own);
    }
    let own = pki.self_signed("pinned", LOCAL);
    let client = Client::new();
    client.import(&own.certificate, "mail-server");
    let minted = pki.server("minted", LOCAL, VALID, &own);
    refused_by_all(&client, &minted, "certificate-refused");
}

#[test]
fn a_wrong_password_is_the_servers_535() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    std::fs::write(client.path("mail-password"), "not that horse").unwrap();
    each(&pki.server("server", LOCAL, VALID, &root), Tls::Offered, |server| {
        for encryption in ENCRYPTIONS {
            let answer = client.send(port(server, encryption), encryption, JSON).refused("auth-refused");
            assert!(answer.stdout.contains("535") || answer.stderr.contains("535"), "{answer:?}");
            assert!(!answer.stdout.contains("that horse") && !answer.stderr.contains("that horse"));
        }
        assert!(server.mails().is_empty());
    });
}

#[test]
fn a_server_whose_starttls_was_stripped_never_sees_the_password() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    each(&pki.server("server", LOCAL, VALID, &root), Tls::Stripped, |server| {
        client.send(server.starttls(), "starttls", JSON).refused("tls-not-offered");
        let fallen_back = client.send(server.starttls(), "starttls", &["--opportunistic"]);
        assert_ne!(fallen_back.code, 0, "{fallen_back:?}");
        assert_eq!((server.logins(), server.mails().len()), (0, 0), "{}: {}", server.name(), server.log());
    });
}

#[test]
fn a_server_that_speaks_only_tls_1_0_is_refused_for_that() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    let server = SServer::start(&identity, &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    client.send(server.port, "ssl-tls", JSON).refused("tls-protocol-version");
    let Some(program) = exim::find() else { return };
    let server = exim::Exim::start(program, &identity, Tls::Offered, Some(exim::ONLY_TLS_1_0));
    for encryption in ENCRYPTIONS {
        // GnuTLS looks for a cipher suite first, so its alert leaves open what is missing.
        let answer = client.send(port(&server, encryption), encryption, JSON).refused("tls-no-common-cipher");
        assert!(answer.stdout.contains("or the server speaks only TLS 1.0"), "{answer:?}");
    }
    assert_eq!(server.logins(), 0, "{}", server.log());
}

#[test]
fn a_certificate_fetched_from_the_server_and_confirmed_makes_the_mail_go_out() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let identity = pki.server("server", LOCAL, VALID, &issuing);
    each(&identity, Tls::Offered, |server| {
        let starttls = format!("localhost:{}", server.starttls());
        let implicit = format!("smtps://localhost:{}", server.implicit());
        // The highest CA that is sent, over STARTTLS, and the server itself, over implicit TLS.
        let ca: &[&str] = &["import", "--from-server", &starttls, "--starttls", "smtp", "--alias", "it"];
        let pin: &[&str] = &["import", "--from-server", &implicit, "--leaf", "--alias", "it"];
        for (arguments, sha256) in [(ca, issuing.sha256()), (pin, identity.sha256())] {
            let client = Client::new();
            let unconfirmed = client.run(arguments);
            assert_eq!(unconfirmed.code, 2, "{unconfirmed:?}");
            assert!(unconfirmed.stderr.contains(&sha256), "what to compare is said: {unconfirmed:?}");
            assert!(!client.path("ssl-truststore").exists());
            let wrong = root.sha256();
            assert_eq!(client.run(&[arguments, &["--sha256", &wrong]].concat()).code, 2);
            client.run(&[arguments, &["--sha256", &sha256]].concat()).done();
            client.send(server.starttls(), "starttls", &[]).done();
        }
        server.wait_for(2);
        assert_eq!(server.logins(), 2, "only send-test shows the password: {}", server.log());
    });
}
