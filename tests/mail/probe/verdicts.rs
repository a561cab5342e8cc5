//! What the store says of what a server sends, and that the advice given helps.

use truststore::mail::{Encryption, Endpoint, ProbeOptions, Verdict, probe};
use truststore::tls::default_provider;
use truststore::{Limits, TrustStore, Unlock};

use super::{OpenSsl, Sandbox, ca, decisive, failure, text};

#[test]
fn a_server_is_trusted_by_its_ca_and_everything_is_told() {
    let sandbox = Sandbox::trusting("root");
    let server = OpenSsl::start("server", &["issuing"], "");
    let url = format!("tls://localhost:{}", server.port);
    let answer = sandbox.probe(0, &[&url]);
    assert_eq!((text(&answer["verdict"]), text(&answer["code"])), ("trusted", "trusted"));
    let address = decisive(&answer);
    assert_eq!(address["address"], format!("127.0.0.1:{}", server.port));
    let decision = &address["decision"];
    assert_eq!((text(&decision["anchor"]["alias"]), text(&decision["anchor"]["role"])), ("root", "ca"));
    let chain = decision["chain"].as_array().unwrap();
    assert_eq!(chain.len(), 2);
    assert_eq!(chain[0]["sha256"], ca().sha256("server"));
    assert_eq!(chain[0]["names"][0], "localhost");
    assert_eq!(address["tls"]["version"], "TLSv1.3");
    assert!(text(&address["tls"]["cipher_suite"]).starts_with("TLS_"), "{address}");
    let stages: Vec<&str> =
        address["timings"].as_array().unwrap().iter().map(|timing| text(&timing["stage"])).collect();
    assert_eq!(stages, ["tcp", "tls"]);
    assert!(answer["dns_microseconds"].is_u64() && answer["import"].as_array().unwrap().is_empty());

    let table = sandbox.expect(0, &["probe", &url, "-k", "s", "--warn-days", "25"]);
    assert!(table.stdout.contains("trusted: anchored by \"root\" as CA"), "{}", table.stdout);
    assert!(table.stderr.contains("CN=localhost expires in 19 days"), "{}", table.stderr);
    let table = sandbox.expect(0, &["probe", &url, "-k", "s", "--warn-days", "5"]);
    assert_eq!(table.stderr, "");
}

#[test]
fn the_line_that_is_printed_for_a_missing_root_makes_the_server_trusted() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &["issuing", "root"], "");
    let answer = sandbox.probe(1, &[&server.url()]);
    assert_eq!(
        (text(&answer["code"]), failure(&answer).as_str()),
        ("missing-root", "tls/certificate-refused")
    );
    let refusal = &decisive(&answer)["decision"]["refusal"];
    assert_eq!(refusal["issuer"], "CN=Probe Root CA");
    assert!(text(&refusal["key_id"]).contains(':'));
    assert!(decisive(&answer)["tls"]["version"].is_string(), "known although the handshake failed");
    let lines = answer["import"].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert!(text(&lines[0]).contains(&ca().sha256("root")), "{}", lines[0]);

    let table = sandbox.expect(1, &["probe", &server.url(), "-k", "s"]);
    assert!(table.stdout.contains("over another channel"), "{}", table.stdout);
    assert!(table.stderr.contains("there is no store s yet"), "{}", table.stderr);
    let line = table.stdout.lines().find(|line| line.contains("truststore import")).unwrap();
    let import = sandbox.shell(line);
    assert_eq!(import.code, 0, "{}", import.stderr);
    assert!(import.stdout.starts_with("added: probe-root-ca"), "{}", import.stdout);
    assert!(sandbox.shell(line).stdout.starts_with("unchanged: probe-root-ca"));
    assert_eq!(sandbox.probe(0, &[&server.url()])["verdict"], "trusted");
}

#[test]
fn a_root_that_was_not_sent_is_to_be_had_from_its_owner_and_an_intermediate_helps_too() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &["issuing"], "");
    let answer = sandbox.probe(1, &[&server.url()]);
    assert_eq!(answer["code"], "missing-root");
    let advice = &decisive(&answer)["advice"];
    assert_eq!((text(&advice[0]["source"]), text(&advice[0]["subject"])), ("file", "CN=Probe Root CA"));
    assert!(advice[0]["key_id"].is_string() && advice[0]["sha256"].is_null());
    assert_eq!(
        text(&answer["import"][0]),
        "truststore import --file CA.pem --sha256 FINGERPRINT --keystore s"
    );
    assert_eq!(
        (text(&advice[1]["source"]), text(&advice[1]["subject"])),
        ("server-top", "CN=Probe Issuing CA")
    );
    assert_eq!(sandbox.shell(text(&answer["import"][1])).code, 0);
    assert_eq!(
        decisive(&sandbox.probe(0, &[&server.url()]))["decision"]["anchor"]["alias"],
        "probe-issuing-ca"
    );
}

#[test]
fn an_intermediate_that_the_server_forgot_is_called_that() {
    let sandbox = Sandbox::trusting("root");
    let server = OpenSsl::start("server", &[], "");
    let answer = sandbox.probe(1, &[&server.url()]);
    assert_eq!(answer["code"], "missing-intermediate");
    let message = text(&decisive(&answer)["failure"]["message"]);
    assert!(message.contains("forgot") && message.contains("CN=Probe Issuing CA"), "{message}");
}

#[test]
fn a_self_signed_server_becomes_a_pin() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("selfsigned", &[], "");
    let answer = sandbox.probe(1, &[&server.url()]);
    assert_eq!(answer["code"], "self-signed");
    let line = text(&answer["import"][0]);
    assert!(line.ends_with(" --leaf"), "{line}");
    assert_eq!(sandbox.shell(line).code, 0);
    assert_eq!(decisive(&sandbox.probe(0, &[&server.url()]))["decision"]["anchor"]["role"], "pin");
}

#[test]
fn the_name_that_is_checked_need_not_be_the_one_that_is_connected_to() {
    let sandbox = Sandbox::trusting("root");
    let server = OpenSsl::start("other", &[], "");
    let answer = sandbox.probe(1, &[&server.url()]);
    assert_eq!(answer["code"], "name-mismatch");
    assert_eq!(decisive(&answer)["decision"]["refusal"]["presented"][0], "mail.example.com");
    let answer = sandbox.probe(0, &[&server.url(), "--server-name", "mail.example.com"]);
    assert_eq!((text(&answer["host"]), text(&answer["name"])), ("127.0.0.1", "mail.example.com"));
}

#[test]
fn the_time_that_is_given_decides_on_expiry() {
    let sandbox = Sandbox::trusting("root");
    let server = OpenSsl::start("server", &["issuing"], "");
    let store = TrustStore::open(sandbox.path("s"), Unlock::Defaults, &Limits::default()).unwrap();
    let verifier = store.verifier(default_provider());
    let config = store.client_config(default_provider()).unwrap();
    let endpoint = Endpoint::new("127.0.0.1", server.port, Encryption::SslTls);
    let options = ProbeOptions { smtp: false, ..ProbeOptions::default() };
    let not_after = ca().certificate("server").view().unwrap().not_after;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (now, verdict, code) in
        [(not_after, Verdict::Trusted, "trusted"), (not_after + 1, Verdict::Refused, "expired")]
    {
        let report = runtime.block_on(probe(&endpoint, &verifier, &config, &options, now));
        assert_eq!((report.verdict, report.code), (verdict, code));
        let decision = report.decisive().unwrap().decision.as_ref().unwrap();
        assert_eq!(decision.is_trusted(), verdict == Verdict::Trusted);
        assert!(report.addresses[0].advice.is_empty(), "no import helps");
    }
}

#[test]
fn java_says_something_else_of_a_name_in_the_subject() {
    let sandbox = Sandbox::trusting("nameless");
    let server = OpenSsl::start("nameless", &[], "");
    let answer = sandbox.probe(1, &[&format!("tls://localhost:{}", server.port)]);
    assert_eq!(answer["code"], "name-mismatch");
    assert_eq!(decisive(&answer)["decision"]["java"]["trusted"], true);
    let table = sandbox.expect(1, &["probe", &format!("tls://localhost:{}", server.port), "-k", "s"]);
    assert!(table.stdout.contains("Java would trust it"), "{}", table.stdout);
}

#[test]
fn the_chain_is_saved_and_nothing_is_trusted_by_that() {
    let sandbox = Sandbox::new();
    let server = OpenSsl::start("server", &["issuing"], "");
    let url = server.url();
    let save = ["probe", url.as_str(), "-k", "s", "--save-chain", "chain.pem"];
    sandbox.expect(1, &save);
    assert!(!sandbox.path("s").exists());
    let saved = std::fs::read(sandbox.path("chain.pem")).unwrap();
    let sent = ["server", "issuing"].map(|name| std::fs::read(ca().file(name)).unwrap()).concat();
    assert_eq!(String::from_utf8(saved).unwrap(), String::from_utf8(sent).unwrap());
    sandbox.expect(1, &save);

    std::fs::write(sandbox.path("chain.pem"), "mine").unwrap();
    let refused = sandbox.expect(2, &save);
    assert!(refused.stderr.contains("another file with --save-chain"), "{}", refused.stderr);
    assert_eq!(std::fs::read(sandbox.path("chain.pem")).unwrap(), b"mine");
}
