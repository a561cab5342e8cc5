//! What the test binaries share: the manifest of the test data, certificates, a JVM to ask.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of this")]

pub(crate) mod java;
pub(crate) mod manifest;
pub(crate) mod pki;

use std::path::{Path, PathBuf};

use truststore::{Certificate, Entry, Format, Password, Random, Result, SystemRandom, TrustStore};

/// A file of `testdata/`.
pub(crate) fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

pub(crate) fn read(path: &str) -> Vec<u8> {
    std::fs::read(testdata(path)).unwrap_or_else(|e| panic!("testdata/{path}: {e}"))
}

/// The certificate of `testdata/inputs/NAME.pem`.
pub(crate) fn certificate(name: &str) -> Certificate {
    let pem = read(&format!("inputs/{name}.pem"));
    let (label, der) = pem_rfc7468::decode_vec(&pem).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(label, "CERTIFICATE");
    Certificate::from_der(der)
}

/// Zeros: what is written is the same at every run.
pub(crate) struct NoRandom;

impl Random for NoRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        bytes.fill(0);
        Ok(())
    }
}

pub(crate) fn changeit() -> Password {
    Password::new(Password::JAVA_DEFAULT)
}

pub(crate) fn bytes_of(store: &TrustStore) -> Vec<u8> {
    store.to_bytes(&mut SystemRandom).unwrap_or_else(|e| panic!("cannot write: {e}")).to_vec()
}

/// How Java names a format, as an argument of `keytool -storetype`.
pub(crate) fn java_type(format: Format) -> &'static str {
    match format {
        Format::Jceks => "JCEKS",
        Format::Jks => "JKS",
        _ => "PKCS12",
    }
}

/// Everything about an entry that is visible outside, to be compared.
pub(crate) fn portrait(entry: &Entry) -> String {
    format!(
        "name {:?} alias {:?} kind {:?} created {:?} java {:?}",
        entry.name(),
        entry.alias(),
        entry.kind(),
        entry.created(),
        entry.java_view()
    )
}

pub(crate) fn portraits(store: &TrustStore) -> Vec<String> {
    store.entries().iter().map(portrait).collect()
}

/// `text` with control characters and lone surrogates as the manifest and `StoreDump` write them.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let surrogate = rest.strip_prefix("\\u").and_then(|tail| tail.get(..4));
        let surrogate = surrogate.filter(|hex| hex.starts_with('D') && u16::from_str_radix(hex, 16).is_ok());
        if let Some(hex) = surrogate {
            out.push_str(&format!("\\u{}", hex.to_lowercase()));
            rest = &rest[6..];
            continue;
        }
        if c.is_control() || c == '\\' {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}
