//! Servers whose certificates and replies command a terminal: nothing of it reaches one, and JSON has it exactly.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;

use super::{Answer, Sandbox};
use crate::script::{Server, Step, say};

/// An escape sequence, a control character of eight bits, and a turned direction of writing.
const EVIL: &str = "evil\u{1b}[2J\u{9b}31m\u{202e}gpj\u{2066}\u{200b}\tx\rx";

fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn assert_harmless(what: &str, answer: &Answer) {
    for text in [&answer.stdout, &answer.stderr] {
        assert!(!text.contains(is_harmful), "{what}: {text:?}");
        assert!(!text.contains("panicked") && !text.contains("Usage:"), "{what}: {text}");
    }
}

/// A root and a server's certificate with hostile names, in PEM files.
fn issue(folder: &Path) {
    std::fs::write(folder.join("cnf"), "[req]\ndistinguished_name=dn\n[dn]\n").unwrap();
    let subject = format!("/CN={EVIL}");
    let names = "subjectAltName=IP:127.0.0.1,DNS:a\u{1b}[31m.example.com,URI:x:\u{7f}\u{8}";
    let new = [
        "req",
        "-x509",
        "-utf8",
        "-config",
        "cnf",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-noenc",
        "-days",
        "20",
        "-subj",
        &subject,
    ];
    let root = ["-addext", "basicConstraints=critical,CA:TRUE", "-keyout", "root.key", "-out", "root.pem"];
    let server = [
        "-CA",
        "root.pem",
        "-CAkey",
        "root.key",
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        names,
        "-keyout",
        "server.key",
        "-out",
        "server.pem",
    ];
    for more in [&root[..], &server] {
        let mut openssl = Command::new("openssl");
        openssl.args(new).args(more).current_dir(folder).env_remove("OPENSSL_CONF");
        let output = openssl.output().expect("openssl");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// TLS with the server's certificate and these above it.
fn tls(folder: &Path, above: &[&str]) -> Step {
    let der = |name: &str| pem_rfc7468::decode_vec(&std::fs::read(folder.join(name)).unwrap()).unwrap().1;
    let chain = std::iter::once(&"server.pem").chain(above).map(|name| CertificateDer::from(der(name)));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::Pkcs8(der("server.key").into());
    Step::Tls(Arc::new(builder.with_no_client_auth().with_single_cert(chain.collect(), key).unwrap()))
}

#[test]
fn hostile_certificates_and_replies_never_reach_the_terminal_raw() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("");
    issue(&folder);
    sandbox.expect(0, &["create", "-k", "empty"]);
    sandbox.expect(0, &["import", "--file", "root.pem", "--alias", EVIL, "-k", "s"]);

    let refusal = say(&format!("554 go {EVIL} away\n"));
    let ehlo = [
        say("220 mail\n"),
        Step::Expect("EHLO "),
        say(&format!("250-mail {EVIL}\n250-{EVIL}\n250-AUTH {EVIL}\n250 SIZE {EVIL}\n")),
    ];
    let queued = [
        Step::Expect("MAIL"),
        say(&format!("250 {EVIL}\n")),
        Step::Expect("RCPT"),
        say("250 ok\n"),
        Step::Expect("DATA"),
        say("354 go on\n"),
        Step::Message,
        say(&format!("250 queued as {EVIL}\n")),
        Step::Expect("QUIT"),
        say(&format!("221 {EVIL}\n")),
    ];
    let rejected = [Step::Expect("MAIL"), refusal.clone()];
    let scripts = [
        ("server alone", vec![tls(&folder, &[]), refusal.clone()]),
        ("with its root", [&[tls(&folder, &["root.pem"])][..], &ehlo, &queued].concat()),
        ("rejecting", [&[tls(&folder, &[])][..], &ehlo, &rejected].concat()),
        ("no TLS", vec![refusal]),
        ("no SMTP", vec![say(EVIL), Step::Close]),
    ];
    for (what, script) in scripts {
        let speaks_first = matches!(script.first(), Some(Step::Say(_)));
        let (probe_way, send_way) =
            if speaks_first { ("--starttls", "starttls") } else { ("--verbose", "ssl-tls") };
        let port = Server::for_all(script);
        let (address, url) = (format!("127.0.0.1:{port}"), format!("smtps://127.0.0.1:{port}"));
        for store in ["empty", "s"] {
            let common = ["-k", store, "--no-input"];
            let send =
                ["send-test", "--server", &address, "--from", "a@example.com", "--to", "b@example.com"];
            let to = if speaks_first { &address } else { &url };
            for command in [
                &["probe", to, probe_way][..],
                &["probe", to, probe_way, "--server-name", "other.example.com"],
                &[&send[..], &["--encryption", send_way]].concat(),
                &["import", "--from-server", to, "--dry-run", probe_way],
                &["import", "--from-server", to, probe_way],
            ] {
                let answer = sandbox.run(&[command, &common].concat());
                assert_harmless(&format!("{what}: {command:?}"), &answer);
            }
        }
    }
    for store in ["empty", "s"] {
        for host in ["127.0.0.1", "other.example.com"] {
            let verify = ["verify", "--chain", "server.pem", "--host", host, "-k", store, "-v"];
            assert_harmless("verify --chain", &sandbox.run(&verify));
        }
    }
}

#[test]
fn json_has_the_names_of_a_hostile_certificate_exactly() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("");
    issue(&folder);
    sandbox.expect(0, &["import", "--file", "root.pem", "--alias", EVIL, "-k", "s"]);
    let verify = ["verify", "--chain", "server.pem", "--host", "127.0.0.1", "-k", "s", "--format", "json"];
    let answer: Value = serde_json::from_str(&sandbox.expect(0, &verify).stdout).unwrap();
    assert_eq!(answer["anchor"]["alias"], EVIL);
    assert_eq!(answer["chain"][0]["subject"], format!("CN={EVIL}"));
    assert!(answer["chain"][0]["names"].as_array().unwrap().contains(&"a\u{1b}[31m.example.com".into()));
    let port = Server::for_all(vec![tls(&folder, &[])]);
    let answer =
        sandbox.probe(1, &[&format!("tls://127.0.0.1:{port}"), "--server-name", "other.example.com"]);
    let decision = &super::decisive(&answer)["decision"];
    assert_eq!(decision["chain"][0]["issuer"], format!("CN={EVIL}"));
}
