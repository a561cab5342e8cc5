//! Three ways to ask about one server - `probe`, `verify --chain` and `send-test` - have one answer.

use super::client::{Answer, Client};
use super::{MailServer, Tls, each, exim, public_folder};
use crate::common::pki::{ELSEWHERE, EXPIRED, Identity, LOCAL, Pki, VALID};

const JSON: [&str; 2] = ["--format", "json"];

fn probe(client: &Client, server: &dyn MailServer, implicit: bool) -> Answer {
    let implicit_url = format!("smtps://localhost:{}", server.implicit());
    let starttls_url = format!("localhost:{}", server.starttls());
    let question: &[&str] = if implicit { &[&implicit_url] } else { &[&starttls_url, "--starttls"] };
    client.run(&[&["probe"], question, &JSON].concat())
}

/// What a store with `imported` says about the server: yes, or no for this reason.
fn ask(identity: &Identity, imported: &Identity, expected: Result<(), &str>) {
    let client = Client::new();
    client.import(&imported.certificate, "imported");
    let chain = identity.chain.to_str().unwrap();
    let verified = client.run(&[&["verify", "--chain", chain, "--host", "localhost"], &JSON[..]].concat());
    match expected {
        Ok(()) => drop(verified.done()),
        Err(code) => drop(verified.refused(code)),
    }
    each(identity, Tls::Offered, |server| {
        for (implicit, encryption) in [(true, "ssl-tls"), (false, "starttls")] {
            let port = if implicit { server.implicit() } else { server.starttls() };
            let probed = probe(&client, server, implicit);
            let sent = client.send(port, encryption, &JSON);
            match expected {
                Ok(()) => {
                    let probed = probed.done();
                    assert!(probed.mentions("imported"), "the anchor's alias: {probed:?}");
                    sent.done();
                }
                Err(code) => {
                    probed.refused(code);
                    sent.refused("certificate-refused");
                }
            }
        }
        let sent = if expected.is_ok() { 2 } else { 0 };
        assert_eq!(server.wait_for(sent).len(), sent);
        assert_eq!(server.logins(), sent, "probe shows no password: {}", server.log());
    });
}

#[test]
fn all_agree_about_trusted_servers() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let server = pki.server("server", LOCAL, VALID, &issuing);
    ask(&server, &root, Ok(()));
    ask(&server, &issuing, Ok(()));
    ask(&server, &server, Ok(()));
    let own = pki.self_signed_ca("own", LOCAL);
    ask(&own, &own, Ok(()));
}

#[test]
fn all_agree_about_refused_servers() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let stranger = pki.root("stranger");
    let server = pki.server("server", LOCAL, VALID, &issuing);
    ask(&server, &stranger, Err("missing-root"));
    let mut forgetful = pki.server("forgetful", LOCAL, VALID, &issuing);
    forgetful.chain = forgetful.certificate.clone();
    ask(&forgetful, &root, Err("missing-intermediate"));
    ask(&pki.server("elsewhere", ELSEWHERE, VALID, &root), &root, Err("name-mismatch"));
    ask(&pki.server("expired", LOCAL, EXPIRED, &root), &root, Err("expired"));
    ask(&pki.self_signed("own", LOCAL), &stranger, Err("self-signed"));
}

#[test]
fn probe_says_what_stands_before_tls() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    let client = Client::new();
    client.import(&root.certificate, "corp-root");
    each(&identity, Tls::Stripped, |server| {
        probe(&client, server, false).refused("tls-not-offered");
    });
    let Some(program) = exim::find() else { return };
    let server = exim::Exim::start(program, &identity, Tls::Offered, Some(exim::ONLY_TLS_1_0));
    for implicit in [true, false] {
        let answer = probe(&client, &server, implicit).refused("tls-protocol-version");
        assert!(answer.stdout.contains("TLS 1.0"), "{answer:?}");
    }
}

/// The keytool front asks in its own words.
#[test]
fn keytool_prints_what_a_mail_server_sends() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let server = pki.server("server", LOCAL, VALID, &issuing);
    each(&server, Tls::Offered, |running| {
        let client = Client::new();
        let starttls = format!("localhost:{}", running.starttls());
        let printed = client.run(&["keytool", "-printcert", "-sslserver", &starttls, "-starttls", "smtp"]);
        assert_eq!(printed.code, 0, "{printed:?}");
        for line in ["Certificate #0", "Owner: CN=server", "Certificate #1", "Owner: CN=issuing"] {
            assert!(printed.stdout.lines().any(|found| found == line), "{line}: {}", printed.stdout);
        }
        let plain = client.run(&["keytool", "-printcert", "-sslserver", &starttls]);
        assert_eq!(plain.code, 1, "{plain:?}");
        let implicit = format!("localhost:{}", running.implicit());
        let pem = client.run(&["keytool", "-printcert", "-rfc", "-sslserver", &implicit]);
        assert_eq!(pem.stdout.matches("-----BEGIN CERTIFICATE-----").count(), 2, "{pem:?}");
    });
}
