//! `send-test --settings spoc.conf`, unattended, with real servers.

use super::client::{Answer, Client};
use super::{MailServer, PASSWORD, Tls, USER, each, exim, public_folder};
use crate::common::pki::{LOCAL, Pki, VALID};

/// The lines that every case has.
fn settings(server: &dyn MailServer, encryption: &str) -> String {
    let port = if encryption == "SSL_TLS" { server.implicit() } else { server.starttls() };
    format!(
        "mailserver=localhost\nmailfrom=spool@example.test\nmailuser={USER}\nmailpass={PASSWORD}\n\
         mailSmtpEncryption={encryption}\nmailSmtpPort={port}\n"
    )
}

fn send(client: &Client, spoc_conf: &str, options: &[&str]) -> Answer {
    std::fs::write(client.path("spoc.conf"), spoc_conf).unwrap();
    let fixed = ["send-test", "--settings", "spoc.conf", "--to", "ops@example.test"];
    client.run(&[&fixed, options].concat())
}

#[test]
fn the_products_own_settings_are_enough() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    each(&pki.server("server", LOCAL, VALID, &root), Tls::Offered, |server| {
        for encryption in ["SSL_TLS", "STARTTLS"] {
            let answer = send(&client, &settings(server, encryption), &[]).done();
            assert!(!answer.stdout.contains(PASSWORD) && !answer.stderr.contains(PASSWORD), "{answer:?}");
        }
        for mail in server.wait_for(2) {
            assert!(mail.contains("with esmtpsa"), "{mail}");
            assert!(mail.contains("Return-path: <spool@example.test>\n"), "{mail}");
        }
    });
}

#[test]
fn what_is_left_empty_comes_from_the_central_server() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    each(&pki.server("server", LOCAL, VALID, &root), Tls::Offered, |server| {
        std::fs::write(client.path("central.conf"), settings(server, "STARTTLS")).unwrap();
        let local = "mailserver=\nmailfrom=local@example.test\n";
        send(&client, local, &["--central-settings", "central.conf"]).done();
        let mail = server.wait_for(1).concat();
        assert!(mail.contains("Return-path: <local@example.test>\n"), "{mail}");
    });
}

#[test]
fn the_backup_server_delivers_when_the_main_one_is_down() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    each(&pki.server("server", LOCAL, VALID, &root), Tls::Offered, |server| {
        // The servers listen on 127.0.0.1 only.
        let down = settings(server, "STARTTLS").replace("mailserver=localhost", "mailserver=127.0.0.2");
        let answer = send(&client, &down, &["--format", "json"]);
        assert_eq!(answer.code, 2, "{answer:?}");
        assert!(answer.mentions("connect-refused"), "{answer:?}");
        let answer = send(&client, &format!("{down}mailserverbackup=localhost\n"), &[]).done();
        assert!((answer.stdout + &answer.stderr).contains("127.0.0.2"), "the failed attempt is said");
        server.wait_for(1);
    });
}

#[test]
fn the_backup_server_does_not_replace_a_main_one_that_is_refused() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    // Its certificate is for 127.0.0.1, not for localhost.
    each(&pki.server("server", "IP:127.0.0.1", VALID, &root), Tls::Offered, |server| {
        let settings = settings(server, "STARTTLS") + "mailserverbackup=127.0.0.1\n";
        send(&client, &settings, &["--format", "json"]).refused("certificate-refused");
        assert_eq!((server.logins(), server.mails().len()), (0, 0), "{}", server.log());
    });
}

#[test]
fn the_server_sees_the_protocol_version_and_the_cipher_suite_of_the_settings() {
    let Some(program) = exim::find() else { return };
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    let protocols = "cryptographicProtocolsForOutboundCommunication";
    let suites = "allowCustomCipherSuitesForOutboundCommunication=true\n\
                  customCipherSuitesForOutboundCommunication";
    for (line, expected) in [
        // The product's default.
        (String::new(), "(TLS1.2) tls TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        (format!("{protocols}=TLSv1.3,TLSv1.2\n"), "(TLS1.3) tls "),
        (
            format!("{suites}=TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\n"),
            "(TLS1.2) tls TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        ),
    ] {
        let server = exim::Exim::start(program, &identity, Tls::Offered, None);
        send(&client, &(settings(&server, "STARTTLS") + &line), &[]).done();
        let mail = server.wait_for(1).concat();
        assert!(mail.contains(expected), "{line}: {mail}");
    }
}
