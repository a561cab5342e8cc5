//! The servers do what the other tests rely on, seen by clients that are not ours: Python and OpenSSL.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::s_server::SServer;
use super::{MailServer, PASSWORD, PATIENCE, Tls, USER, aiosmtpd, each, exim, public_folder};
use crate::common::pki::{EXPIRED, LOCAL, Pki, VALID, openssl};

/// Sends one mail with smtplib; prints the exception's name when it cannot.
const SEND: &str = r#"
import smtplib, ssl, sys
mode, port, root, user, password = sys.argv[1:]
tls = ssl.create_default_context(cafile=root)
try:
    if mode == "implicit":
        session = smtplib.SMTP_SSL("localhost", int(port), context=tls, timeout=30)
    else:
        session = smtplib.SMTP("localhost", int(port), timeout=30)
        session.starttls(context=tls)
    session.login(user, password)
    session.sendmail("spool@example.test", ["ops@example.test"], "Subject: witness\r\n\r\n.dot\r\n")
    session.quit()
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"#;

fn smtplib(server: &dyn MailServer, implicit: bool, root: &Path, password: &str) -> Result<(), String> {
    let port = if implicit { server.implicit() } else { server.starttls() };
    let output = Command::new(aiosmtpd::find().unwrap())
        .args(["-c", SEND, if implicit { "implicit" } else { "starttls" }, &port.to_string()])
        .arg(root)
        .args([USER, password])
        .output()
        .unwrap();
    if output.status.success() { Ok(()) } else { Err(text(&output)) }
}

/// One handshake by `openssl s_client`, which trusts `root`.
fn s_client(port: u16, root: &Path, options: &[&str]) -> String {
    let output = openssl()
        .args(["s_client", "-connect", &format!("127.0.0.1:{port}"), "-verify_return_error", "-CAfile"])
        .arg(root)
        .args(options)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    text(&output)
}

/// What a server offers before any TLS.
fn offers(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().starts_with("220 "));
    stream.write_all(b"EHLO client.example.test\r\n").unwrap();
    let mut offers = String::new();
    for line in lines {
        offers.push_str(&line);
        if line.starts_with("250 ") {
            break;
        }
    }
    offers
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn a_mail_arrives_over_both_kinds_of_tls_and_only_with_the_password() {
    if aiosmtpd::find().is_none() {
        return;
    }
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let issuing = pki.intermediate("issuing", &root);
    let identity = pki.server("server", LOCAL, VALID, &issuing);
    each(&identity, Tls::Offered, |server| {
        for implicit in [true, false] {
            let refused = smtplib(server, implicit, &root.certificate, "wrong").unwrap_err();
            assert!(refused.contains("SMTPAuthenticationError: (535"), "{}: {refused}", server.name());
            smtplib(server, implicit, &root.certificate, PASSWORD)
                .unwrap_or_else(|said| panic!("{}: {said}\n{}", server.name(), server.log()));
        }
        for mail in server.wait_for(2) {
            assert!(mail.contains("\nSubject: witness\n\n.dot\n"), "{mail}");
            assert!(mail.contains("with esmtpsa"), "{mail}");
            assert!(mail.contains("Envelope-to: ops@example.test\n"), "{mail}");
        }
        let stranger = pki.root("stranger");
        let refused = smtplib(server, true, &stranger.certificate, PASSWORD).unwrap_err();
        assert!(refused.contains("CERTIFICATE_VERIFY_FAILED"), "{}: {refused}", server.name());
    });
}

#[test]
fn a_stripped_server_asks_for_the_password_in_plain_text() {
    if aiosmtpd::find().is_none() {
        return;
    }
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    each(&identity, Tls::Stripped, |server| {
        let refused = smtplib(server, false, &root.certificate, PASSWORD).unwrap_err();
        assert!(refused.contains("SMTPNotSupportedError"), "{}: {refused}", server.name());
        let offers = offers(server.starttls());
        assert!(!offers.contains("STARTTLS") && offers.contains("AUTH"), "{}: {offers}", server.name());
    });
}

#[test]
fn exim_can_be_held_to_an_old_protocol_version_behind_starttls() {
    let Some(program) = exim::find() else { return };
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    let server = exim::Exim::start(program, &identity, Tls::Offered, Some(exim::ONLY_TLS_1_0));
    let starttls = ["-starttls", "smtp", "-cipher", "ALL:@SECLEVEL=0"];
    let modern = s_client(server.starttls(), &root.certificate, &[&starttls[..], &["-tls1_2"]].concat());
    assert!(modern.contains("unsupported protocol"), "{modern}\n{}", server.log());
    let old = s_client(server.starttls(), &root.certificate, &[&starttls[..], &["-tls1"]].concat());
    assert!(old.contains("Protocol  : TLSv1\n"), "{old}\n{}", server.log());
}

#[test]
fn s_server_speaks_the_version_it_is_told() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    let server = SServer::start(&identity, &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    let modern = s_client(server.port, &root.certificate, &["-tls1_2"]);
    assert!(modern.contains("unsupported protocol"), "{modern}");
    let old = s_client(server.port, &root.certificate, &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    assert!(old.contains("Protocol  : TLSv1\n"), "{old}");
}

#[test]
fn openssl_judges_the_certificates_as_their_names_say() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let cases = [
        (pki.server("good", LOCAL, VALID, &root), &root, "Verify return code: 0 (ok)"),
        (pki.server("old", LOCAL, EXPIRED, &root), &root, "certificate has expired"),
        (pki.server("elsewhere", crate::common::pki::ELSEWHERE, VALID, &root), &root, "hostname mismatch"),
        (pki.server("unknown", LOCAL, VALID, &root), &pki.root("stranger"), "unable to get local issuer"),
    ];
    for (identity, trusted, expected) in cases {
        let server = SServer::start(&identity, &[]);
        let said = s_client(server.port, &trusted.certificate, &["-verify_hostname", "localhost"]);
        assert!(said.contains(expected), "expected {expected}: {said}");
    }
    for own in [pki.self_signed("own", LOCAL), pki.self_signed_ca("own-ca", LOCAL)] {
        let server = SServer::start(&own, &[]);
        let said = s_client(server.port, &own.certificate, &["-verify_hostname", "localhost"]);
        assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    }
}
