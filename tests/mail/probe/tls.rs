//! Handshakes that fail, and what is said of them.

use super::{OpenSsl, Sandbox, decisive, failure, text};

fn message(server: &serde_json::Value) -> &str {
    text(&decisive(server)["failure"]["message"])
}

#[test]
fn a_server_that_speaks_only_old_versions_is_called_that() {
    let sandbox = Sandbox::trusting("root");
    for (option, version, said) in [
        ("-tls1", "TLSv1", "the server speaks only TLS 1.0"),
        ("-tls1_1", "TLSv1.1", "the server speaks nothing newer than TLS 1.1"),
    ] {
        let server = OpenSsl::start("server", &["issuing"], &format!("{option} -cipher ALL:@SECLEVEL=0"));
        let answer = sandbox.probe(1, &[&server.url()]);
        assert_eq!(
            (failure(&answer).as_str(), text(&answer["code"])),
            ("tls/tls-protocol-version", "tls-protocol-version")
        );
        assert!(message(&answer).starts_with(said), "{}", message(&answer));
        assert_eq!(decisive(&answer)["speaks"]["version"], version);
    }
}

#[test]
fn a_server_without_a_cipher_suite_in_common_shows_which_one_it_wants() {
    let sandbox = Sandbox::trusting("root");
    let server = OpenSsl::start("server", &["issuing"], "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA");
    let answer = sandbox.probe(1, &[&server.url()]);
    assert_eq!(failure(&answer), "tls/tls-no-common-cipher");
    assert!(message(&answer).contains("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"), "{}", message(&answer));
    assert_eq!(decisive(&answer)["speaks"]["version"], "TLSv1.2");
}

#[test]
fn a_server_that_wants_a_certificate_of_the_client_is_called_that() {
    let sandbox = Sandbox::trusting("root");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = OpenSsl::start("server", &["issuing"], &format!("{version} -Verify 1"));
        let answer = sandbox.probe(1, &[&server.url()]);
        assert_eq!(answer["code"], "tls-client-certificate", "{version}");
        assert_eq!(decisive(&answer)["client_certificate_asked"], true);
    }
    let server = OpenSsl::start("server", &["issuing"], "-verify 1");
    let table = sandbox.expect(0, &["probe", &server.url(), "-k", "s"]);
    assert!(
        table.stderr.contains("asks for a certificate of the client, and does without"),
        "{}",
        table.stderr
    );
}

#[test]
fn versions_and_cipher_suites_are_those_of_the_settings() {
    let sandbox = Sandbox::trusting("root");
    let newest = OpenSsl::start("server", &["issuing"], "-tls1_3");
    let settings = |port: u16, more: &str| {
        let text = format!("mailserver=127.0.0.1\nmailSmtpEncryption=SSL_TLS\nmailSmtpPort={port}\n{more}\n");
        std::fs::write(sandbox.path("spoc.conf"), text).unwrap();
    };
    settings(newest.port, "cryptographicProtocolsForOutboundCommunication=TLSv1.2");
    let answer = sandbox.probe(1, &["--settings", "spoc.conf"]);
    assert_eq!(failure(&answer), "tls/tls-protocol-version");
    assert!(message(&answer).contains("the server chooses TLSv1.3"), "{}", message(&answer));

    let strict = OpenSsl::start("server", &["issuing"], "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384");
    let suites = "allowCustomCipherSuitesForOutboundCommunication=true\n\
                  customCipherSuitesForOutboundCommunication=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    settings(strict.port, suites);
    let answer = sandbox.probe(1, &["--settings", "spoc.conf"]);
    assert_eq!(failure(&answer), "tls/tls-no-common-cipher");
    assert!(message(&answer).contains("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"), "{}", message(&answer));
}

#[test]
fn an_ipv6_address_stands_in_brackets() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // A machine without IPv6 has nothing to show.
        return;
    }
    let sandbox = Sandbox::trusting("root");
    let server = OpenSsl::start_at("::1", "server", &["issuing"], "-6");
    let answer = sandbox.probe(0, &[&format!("tls://[::1]:{}", server.port)]);
    assert_eq!(decisive(&answer)["address"], format!("[::1]:{}", server.port));
    let empty = Sandbox::new();
    let answer = empty.probe(1, &[&format!("tls://[::1]:{}", server.port)]);
    let line = text(&answer["import"][1]);
    assert_eq!(empty.shell(line).code, 0, "{line}");
}
