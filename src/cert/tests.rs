//! The view against an independent parser and against openssl.

use std::path::{Path, PathBuf};
use std::process::Command;

use der::asn1::{BmpString, Ia5String, PrintableString};
use der::oid::db::DB;
use der::{Decode, Encode, Tag, Tagged};
use proptest::prelude::*;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::sample::{self, Sample};
use super::*;
use crate::{Limits, Unlock};

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

pub(super) fn public_roots() -> Vec<Certificate> {
    let Ok(text) = std::fs::read(BUNDLE) else { return Vec::new() };
    let found = crate::read_bytes(BUNDLE, text.into(), &Limits::default()).unwrap();
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    found.certificates.into_iter().map(|found| found.certificate).collect()
}

/// A self-signed certificate by openssl, or `None` where it is not installed.
fn openssl_root(key: &str, more: &[&str]) -> Option<Certificate> {
    let folder = tempfile::tempdir().unwrap();
    let key_file = folder.path().join("key.pem");
    let made = Command::new("openssl")
        .args(["genpkey", "-outform", "PEM", "-out"])
        .arg(&key_file)
        .args(key.split(' '))
        .output()
        .ok()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-subj", "/C=CH/O=Example/CN=Root", "-outform", "DER", "-key"])
        .arg(&key_file)
        .args(more)
        .output()
        .ok()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(Certificate::from_der(made.stdout))
}

/// The certificates of our own stores and of other implementations', as far as they open.
fn certificates_of_stores() -> Vec<Certificate> {
    let corpus = std::env::var_os("TRUSTSTORE_CORPUS").map(PathBuf::from);
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")];
    folders.extend(corpus);
    let mut certificates = Vec::new();
    let limits = || Limits { max_iterations: 50_000, ..Limits::default() };
    while let Some(folder) = folders.pop() {
        for member in std::fs::read_dir(folder).unwrap() {
            let path = member.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(store) = crate::TrustStore::open(&path, Unlock::Defaults, &limits()) {
                certificates.extend(store.entries().iter().flat_map(|entry| entry.certificates().to_vec()));
            }
        }
    }
    assert!(certificates.len() > 20, "{}", certificates.len());
    certificates
}

/// What `list` shows is what `x509-cert` reads, of every certificate that it reads.
fn agree(certificate: &Certificate) {
    let Ok(oracle) = x509_cert::Certificate::from_der(certificate.der()) else { return };
    let view = certificate.view().unwrap();
    let tbs = oracle.tbs_certificate();
    let what = view.subject.to_string();
    assert_eq!(view.subject.raw(), tbs.subject().to_der().unwrap(), "{what}");
    assert_eq!(view.issuer.raw(), tbs.issuer().to_der().unwrap(), "{what}");
    assert_eq!(view.serial, tbs.serial_number().as_bytes(), "{what}");
    let seconds = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap();
    assert_eq!(view.not_before, seconds(tbs.validity().not_before), "{what}");
    assert_eq!(view.not_after, seconds(tbs.validity().not_after), "{what}");
    if let Ok(basic) = tbs.get_extension::<BasicConstraints>() {
        assert_eq!(view.basic_constraints_ca(), basic.map(|(_, value)| value.ca), "{what}");
    }
    if let Ok(usage) = tbs.get_extension::<KeyUsage>() {
        assert_eq!(view.key_cert_sign(), usage.map(|(_, value)| value.key_cert_sign()), "{what}");
    }
    if let Ok(details) = certificate.details() {
        assert_eq!(view.may_name_hosts(), details.hosts().next().is_some(), "{what}");
    }
    assert_eq!(view.public_key_info, tbs.subject_public_key_info().to_der().unwrap(), "{what}");
    let count = tbs.extensions().map_or(0, Vec::len);
    assert_eq!(view.extensions().filter(Result::is_ok).count(), count, "{what}");
    if let Some(expected) = name_text(tbs.subject()) {
        assert_eq!(what, expected);
    }
}

/// The name as `x509-cert` and `der` read it, written as we write it; `None` where they do not read a value.
fn name_text(name: &x509_cert::name::Name) -> Option<String> {
    let mut rdns = Vec::new();
    for rdn in name.iter_rdn().collect::<Vec<_>>().into_iter().rev() {
        let mut attributes = Vec::new();
        for attribute in rdn.iter() {
            let text = match attribute.value.tag() {
                Tag::Utf8String => attribute.value.decode_as::<String>().ok()?,
                Tag::PrintableString => attribute.value.decode_as::<PrintableString>().ok()?.to_string(),
                Tag::Ia5String => attribute.value.decode_as::<Ia5String>().ok()?.to_string(),
                Tag::BmpString => attribute.value.decode_as::<BmpString>().ok()?.to_string(),
                _ => return None,
            };
            let mut escaped = String::new();
            for c in text.chars() {
                if c == '\0' {
                    escaped.push_str("\\00");
                    continue;
                }
                let first = escaped.is_empty() && (c == ' ' || c == '#');
                if first || "\"+,;<>\\".contains(c) {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            if text.chars().count() > 1 && text.ends_with(' ') {
                escaped.insert(escaped.len() - 1, '\\');
            }
            let oid = attribute.oid;
            let short =
                DB.find_names_for_oid(oid).min_by_key(|name| name.len()).unwrap_or_default().to_uppercase();
            let short = match short.as_str() {
                "CN" | "C" | "L" | "ST" | "STREET" | "O" | "OU" | "SERIALNUMBER" | "UID" | "DC" => short,
                "EMAIL" => "EMAILADDRESS".to_owned(),
                // Names that differ between tools, and those that have none.
                _ if oid.to_string().starts_with("2.5.4.") => return None,
                _ => oid.to_string(),
            };
            attributes.push(format!("{short}={escaped}"));
        }
        rdns.push(attributes.join(" + "));
    }
    Some(rdns.join(", "))
}

#[test]
fn the_view_agrees_with_x509_cert_on_every_public_root() {
    public_roots().iter().for_each(agree);
}

#[test]
fn the_view_agrees_with_x509_cert_on_every_store_at_hand() {
    certificates_of_stores().iter().for_each(agree);
}

proptest! {
    #[test]
    fn the_view_agrees_with_x509_cert_on_generated_certificates(
        values in proptest::collection::vec((0..6_u8, "[ -~]{1,12}|\\PC{1,8}"), 0..6),
        (year, ca, sign) in (0..50_u8, any::<bool>(), any::<bool>()),
    ) {
        const TYPES: [u8; 6] = [3, 6, 7, 8, 10, 11];
        let attributes: Vec<(Vec<u8>, u8, Vec<u8>)> = values
            .iter()
            .map(|(kind, text)| {
                let id = vec![0x55, 4, TYPES[usize::from(*kind)]];
                match text.is_ascii() && kind % 2 == 0 {
                    true => (id, 0x16, text.clone().into_bytes()),
                    false => (id, 0x0c, text.clone().into_bytes()),
                }
            })
            .collect();
        let attributes: Vec<(&[u8], u8, &[u8])> =
            attributes.iter().map(|(id, tag, value)| (&id[..], *tag, &value[..])).collect();
        let date: &'static str = format!("{year:02}0229120000Z").leak();
        let mut sample = Sample {
            subject: sample::name_of(&attributes),
            not_after: if year % 4 == 0 { date } else { "491231235959Z" },
            ..Sample::root("Root")
        };
        sample.extensions = vec![
            sample::extension(&[0x55, 0x1d, 0x13], true, if ca { &[0x30, 3, 1, 1, 0xff] } else { &[0x30, 0] }),
            sample::extension(&[0x55, 0x1d, 0x0f], true, if sign { &[3, 2, 2, 4] } else { &[3, 2, 7, 0x80] }),
        ];
        let certificate = sample.build();
        prop_assert!(x509_cert::Certificate::from_der(certificate.der()).is_ok());
        agree(&certificate);
    }
}

#[test]
fn every_public_root_is_shown_and_known() {
    for certificate in public_roots() {
        let details = certificate.details().unwrap();
        assert!(details.public_key.bits.is_some(), "{details:?}");
        assert!(details.signature_hash.is_some(), "{details:?}");
        assert!(!details.subject.contains("=#"), "{details:?}");
        assert_eq!(details.extensions_error, None);
        for extension in &details.extensions {
            if let ExtensionValue::Other { error, .. } = &extension.value {
                assert!(error.is_none() || details.strict_parse_error.is_some(), "{details:?}");
            }
        }
    }
}

#[cfg(feature = "signatures")]
#[test]
fn self_signatures_of_public_roots_are_valid() {
    for certificate in public_roots() {
        let view = certificate.view().unwrap();
        if view.is_self_issued() {
            assert_eq!(view.verify_self_signature(), Some(SignatureCheck::Valid), "{}", view.subject);
        }
    }
}

#[cfg(feature = "signatures")]
#[test]
fn signatures_of_openssl_are_checked_or_said_to_be_unsupported() {
    const PSS: [&str; 4] = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
    for (key, more, name, supported) in [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", &["-sha256"][..], "RSA 2048", true),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", &["-sha1"], "RSA 1024", true),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", &["-sha384"], "RSA 2048", true),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", &["-md5"], "RSA 2048", false),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", &PSS, "RSA 2048", true),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", &PSS[..2], "RSA 2048", false),
        ("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", &PSS, "RSA-PSS 2048", true),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", &["-sha256"], "EC P-256", true),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", &["-sha1"], "EC P-256", true),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-384", &["-sha512"], "EC P-384", true),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:P-521", &["-sha512"], "EC P-521", true),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", &[], "EC brainpoolP256r1", false),
        ("-algorithm ED25519", &[], "Ed25519", true),
        ("-algorithm ED448", &[], "Ed448", false),
    ] {
        let Some(certificate) = openssl_root(key, more) else { return };
        let view = certificate.view().unwrap();
        assert_eq!(view.public_key().to_string(), name);
        assert_eq!(view.subject.to_string(), "CN=Root, O=Example, C=CH");
        match view.verify_self_signature() {
            Some(SignatureCheck::Valid) => assert!(supported, "{key} {more:?}"),
            Some(SignatureCheck::Unsupported(why)) => assert!(!supported, "{key} {more:?}: {why}"),
            other => panic!("{key} {more:?}: {other:?}"),
        }
        // One bit of the signed part, in the serial number, makes it invalid.
        let mut changed = certificate.der().to_vec();
        let at = changed.windows(view.serial.len()).position(|window| window == view.serial).unwrap();
        changed[at + 1] ^= 1;
        let changed = Certificate::from_der(changed);
        let check = changed.view().unwrap().verify_self_signature();
        assert_eq!(check == Some(SignatureCheck::Invalid), supported, "{key} {more:?}: {check:?}");
    }
}

#[test]
fn extensions_are_shown_as_openssl_writes_them() {
    let Some(certificate) = openssl_root(
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        &[
            "-addext",
            "subjectAltName=DNS:mail.example.com,IP:192.0.2.1,IP:2001:db8::1,email:a@example.com,URI:https://example.com/",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            "-addext",
            "extendedKeyUsage=serverAuth,1.2.3.4",
            "-addext",
            "nameConstraints=permitted;DNS:example.com,excluded;IP:10.0.0.0/255.0.0.0",
            "-addext",
            "certificatePolicies=2.5.29.32.0,1.2.3.4",
            "-addext",
            "crlDistributionPoints=URI:http://crl.example.com/ca.crl",
            "-addext",
            "authorityInfoAccess=OCSP;URI:http://ocsp.example.com/",
            "-addext",
            "1.2.3.4.5=DER:0500",
            "-addext",
            "tlsfeature=status_request",
        ],
    ) else {
        return;
    };
    let details = certificate.details().unwrap();
    assert_eq!(
        details.subject_alt_names(),
        [
            "DNS:mail.example.com",
            "IP:192.0.2.1",
            "IP:2001:db8::1",
            "email:a@example.com",
            "URI:https://example.com/"
        ]
    );
    let value = |oid: &str| &details.extensions.iter().find(|extension| extension.oid == oid).unwrap().value;
    let strings = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
    assert_eq!(value("2.5.29.15"), &ExtensionValue::KeyUsage(vec!["keyCertSign", "cRLSign"]));
    assert_eq!(value("2.5.29.37"), &ExtensionValue::ExtendedKeyUsage(strings(&["serverAuth", "1.2.3.4"])));
    assert_eq!(
        value("2.5.29.30"),
        &ExtensionValue::NameConstraints {
            permitted: strings(&["DNS:example.com"]),
            excluded: strings(&["IP:10.0.0.0/255.0.0.0"]),
        }
    );
    assert_eq!(value("2.5.29.19"), &ExtensionValue::BasicConstraints { ca: true, path_length: None });
    assert_eq!(value("2.5.29.32"), &ExtensionValue::CertificatePolicies(strings(&["any policy", "1.2.3.4"])));
    assert_eq!(
        value("2.5.29.31"),
        &ExtensionValue::CrlDistributionPoints(strings(&["URI:http://crl.example.com/ca.crl"]))
    );
    assert_eq!(
        value("1.3.6.1.5.5.7.1.1"),
        &ExtensionValue::AuthorityInfoAccess(strings(&["OCSP: URI:http://ocsp.example.com/"]))
    );
    assert_eq!(value("1.2.3.4.5"), &ExtensionValue::Other { hex: "0500".to_owned(), error: None });
    assert_eq!(details.strict_parse_error, None);
    #[cfg(feature = "serde")]
    {
        let json = serde_json::to_value(&details).unwrap();
        assert_eq!(json["public_key"]["algorithm"], "EC P-256");
        assert_eq!(json["extensions"][0]["type"], "subject-key-identifier");
    }
}

#[test]
fn what_x509_cert_refuses_is_shown_with_its_complaint() {
    let mut sample = Sample::root("A");
    sample.extensions = vec![sample::extension(&[0x55, 0x1d, 0x13], true, &[0x30, 9])];
    let details = sample.build().details().unwrap();
    let [ExtensionDetails { value: ExtensionValue::Other { hex, error }, .. }] =
        details.extensions.as_slice()
    else {
        panic!("{details:?}")
    };
    assert_eq!(hex, "3009");
    assert!(error.is_some());
}
