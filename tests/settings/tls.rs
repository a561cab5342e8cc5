//! Versions of TLS and cipher suites, down to what a client of rustls offers.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use truststore::mail::{LintCode, Settings};

use super::common::java::java;
use super::{refused, with};

const PROTOCOLS: &str = "cryptographicProtocolsForOutboundCommunication";

fn protocols(list: &str) -> truststore::Result<Settings> {
    with(&format!("{PROTOCOLS}={list}"))
}

fn suites(protocols: &str, list: &str) -> truststore::Result<Settings> {
    with(&format!(
        "{PROTOCOLS}={protocols}\nallowCustomCipherSuitesForOutboundCommunication=TRUE\n\
         customCipherSuitesForOutboundCommunication={list}"
    ))
}

fn base() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

fn names(settings: &Settings) -> Vec<String> {
    settings.cipher_suites(&base()).unwrap().used.iter().map(|suite| format!("{:?}", suite.suite())).collect()
}

/// The versions and the cipher suites of the ClientHello that a client with these settings sends.
fn offered(settings: &Settings) -> (bool, Vec<u16>) {
    let config = ClientConfig::builder_with_provider(Arc::new(settings.provider(base()).unwrap()))
        .with_protocol_versions(settings.protocol_versions())
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), "mail.example.com".try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    // Record and handshake header, version, random; then the session identifier and the suites.
    let rest = &hello[5 + 4 + 2 + 32..];
    let rest = &rest[1 + usize::from(rest[0])..];
    let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    let suites = rest[2..2 + length].chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    // supported_versions (RFC 8446, 4.2.1): the extension's number and length, the list's length, the list.
    let at = hello.windows(2).rposition(|pair| pair == [0x00, 0x2b]).expect("supported_versions");
    let list = &hello[at + 5..at + 5 + usize::from(hello[at + 4])];
    let tls13 = list.chunks(2).any(|version| version == [0x03, 0x04]);
    (tls13, suites)
}

#[test]
fn versions_are_those_listed() {
    for (list, expected) in [
        ("", "[TLSv1_2]"),
        ("TLSv1.3", "[TLSv1_3]"),
        ("TLSv1.3,TLSv1.2", "[TLSv1_3, TLSv1_2]"),
        ("TLSv1.2 ; TLSv1.3\t,TLSv1.2 ", "[TLSv1_2, TLSv1_3]"),
        ("TLSv1.2,TLSv1,TLSv1.1", "[TLSv1_2]"),
    ] {
        let settings = protocols(list).unwrap();
        assert_eq!(format!("{:?}", settings.protocol_versions()), expected, "{list}");
        let dropped = settings.lints.iter().any(|lint| lint.code == LintCode::ProtocolDropped);
        assert_eq!(dropped, list.contains("TLSv1.1"), "{list}");
    }
}

#[test]
fn old_versions_alone_and_unknown_ones_are_refused() {
    refused(protocols("TLSv1"), &["line 3: ", "\"TLSv1\"", "RFC 8996", "add TLSv1.2"]);
    refused(protocols("TLSv1.1,TLSv1"), &["RFC 8996"]);
    refused(protocols("TLSv1.2,SSLv3"), &["\"SSLv3\"", "RFC 7568"]);
    refused(protocols("tlsv1.3"), &["\"tlsv1.3\"", "write TLSv1.3, in exactly these letters"]);
    refused(protocols("TLSv1.0"), &["\"TLSv1.0\"", "TLSv1.1 and TLSv1"]);
    refused(protocols(","), &["TLSv1.3 or TLSv1.2"]);
}

#[test]
fn without_a_list_the_suites_are_the_providers_for_the_versions() {
    let names = names(&protocols("TLSv1.3").unwrap());
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.starts_with("TLS13_")), "{names:?}");
    // Listed, and not allowed: it does not count, and that is said.
    for allow in ["", "allowCustomCipherSuitesForOutboundCommunication=False\n"] {
        let text = format!("{allow}customCipherSuitesForOutboundCommunication=TLS_AES_128_GCM_SHA256");
        let settings = with(&text).unwrap();
        assert_eq!(settings.lints[0].code, LintCode::CipherSuitesNotAllowed);
        assert!(settings.cipher_suites(&base()).unwrap().used.len() > 1);
    }
}

#[test]
fn a_client_offers_the_suites_of_the_file_in_their_order() {
    let list = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256;\\\n  \
                TLS_AES_256_GCM_SHA384 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
    // 0x00ff is the signalling value of RFC 5746.
    let (tls13, mut ids) = offered(&suites("TLSv1.2,TLSv1.3", list).unwrap());
    ids.retain(|&id| id != 0xff);
    assert!(tls13);
    assert_eq!(ids, [0xcca8, 0xc02b, 0x1302]);

    let (tls13, mut ids) = offered(&suites("TLSv1.2", list).unwrap());
    ids.retain(|&id| id != 0xff);
    assert!(!tls13);
    assert_eq!(ids, [0xcca8, 0xc02b]);
}

#[test]
fn what_is_listed_and_not_offered_is_said() {
    let list = "TLS_RSA_WITH_AES_128_CBC_SHA,SSL_RSA_WITH_3DES_EDE_CBC_SHA,TLS_RSA_WITH_3DES_EDE_CBC_SHA,\
                TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
    let settings = suites("TLSv1.2", list).unwrap();
    assert_eq!(names(&settings), ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]);
    let lints = settings.cipher_suites(&base()).unwrap().lints;
    let messages: Vec<&str> = lints.iter().map(|lint| lint.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "TLS_RSA_WITH_AES_128_CBC_SHA is not offered: rustls does not implement it",
            "SSL_RSA_WITH_3DES_EDE_CBC_SHA is not offered: rustls does not implement it",
            "TLS_AES_128_GCM_SHA256 is not offered: it is of TLSv1.3, which is not listed",
        ]
    );
    assert!(lints.iter().all(|lint| lint.code == LintCode::CipherSuiteUnused && lint.line == 5));

    let settings = suites("TLSv1.3,TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384").unwrap();
    let lints = settings.cipher_suites(&base()).unwrap().lints;
    assert_eq!(lints.len(), 1);
    assert_eq!(lints[0].code, LintCode::ProtocolDropped);
    assert!(!offered(&settings).0, "a version without a suite is not offered");
}

#[test]
fn unknown_suites_and_none_left_are_errors() {
    refused(
        suites("TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA385"),
        &["line 5: ", "found \"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA385\"", "SHA384 meant?"],
    );
    refused(suites("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"), &["not OpenSSL's"]);
    for name in
        ["SSL_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS13_AES_128_GCM_SHA256", "tls_aes_128_gcm_sha256"]
    {
        refused(suites("TLSv1.2", name), &["the name of a cipher suite"]);
    }
    refused(suites("TLSv1.2", ";"), &["names of cipher suites"]);
    let none = |protocols, list| suites(protocols, list).unwrap().provider(base()).map(|_| unreachable!());
    refused(
        none("TLSv1.2", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        &["line 5: ", "no usable cipher suite", "implement"],
    );
    refused(
        none("TLSv1.3", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        &["it is of TLSv1.2, which is not listed"],
    );
}

#[test]
fn every_suite_of_the_jdk_is_known() {
    let Some(java) = java() else { return };
    let list = java.program(&["CipherSuites"], "");
    assert!(list.lines().count() > 80, "{list}");
    assert!(list.contains("SSL_RSA_WITH_RC4_128_MD5") && list.contains("TLS_DH_anon_WITH_AES_128_CBC_SHA"));
    let list: Vec<&str> = list.lines().collect();
    let settings = suites("TLSv1.3,TLSv1.2", &list.join(",")).unwrap();
    let sorted = settings.cipher_suites(&base()).unwrap();
    assert_eq!(sorted.used.len(), base().cipher_suites.len(), "the JDK has all of rustls'");
    assert_eq!(sorted.used.len() + sorted.lints.len(), list.len());
}
