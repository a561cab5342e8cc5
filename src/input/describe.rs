//! What some octets are, where a certificate was expected: said in words, with what to do.

use bytes::Bytes;

use super::text;
use crate::ber::{self, Reader};
use crate::error::{Error, ErrorKind};

/// What was found, and what to do about it.
struct Answer(&'static str, &'static str);

/// The error for a source that holds no certificate in any form.
pub(super) fn unusable(bytes: &Bytes) -> Error {
    let Answer(found, advice) = answer(bytes);
    Error::new(
        ErrorKind::NoCertificate,
        format!("expected certificates (PEM, DER, PKCS#7 or Base64), found {found}: {advice}"),
    )
}

/// The error for one element that does not have the frame of a certificate.
pub(super) fn not_a_certificate(der: &[u8], fault: Error) -> Error {
    match shape(der) {
        Some(Answer(found, advice)) => Error::new(
            ErrorKind::NoCertificate,
            format!("expected an X.509 certificate, found {found}: {advice}"),
        ),
        None if fault.message().is_empty() => {
            Error::damaged("expected an X.509 certificate, found another ASN.1 structure")
        }
        None if fault.is_limit_exceeded() => fault,
        None => {
            let offset = fault.offset().unwrap_or_default();
            let message = format!(
                "expected an X.509 certificate, found one that is damaged or something else: {}",
                fault.message()
            );
            Error::damaged(message).at_offset(offset).because(fault)
        }
    }
}

fn answer(bytes: &Bytes) -> Answer {
    let text = text::normalize(bytes.clone());
    let start = text.trim_ascii_start();
    let starts = |prefix: &str| {
        start.get(..prefix.len()).is_some_and(|found| found.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if start.is_empty() {
        return Answer("an empty file", "fetch or export the certificate again");
    }
    if starts("<!doctype") || starts("<html") {
        return Answer(
            "an HTML page",
            "the address gave a web page, perhaps a login or an error, in place of the certificate",
        );
    }
    if starts("ssh-") || starts("ecdsa-sha2-") || starts("sk-ssh-") || starts("---- BEGIN SSH2") {
        return Answer("an SSH public key", "SSH keys are not used for TLS; ask for the CA's certificate");
    }
    if let [0, 0, 0, 1 | 2, 0, 0, 0, ..] = bytes.as_ref() {
        return Answer(
            "what looks like a BouncyCastle BKS or UBER keystore",
            "it is not supported; export the certificates from it with its own tool",
        );
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"7z\xbc\xaf")
    {
        return Answer("an archive", "unpack it first");
    }
    if contains_marker(&text) {
        return Answer(
            "a PEM block in the middle of a line, as in JSON or a script",
            "put the BEGIN line, the Base64 and the END line on lines of their own",
        );
    }
    if starts("{") || starts("<") {
        return Answer("JSON or XML", "take the certificate out of it first");
    }
    if text::looks_like_text(bytes) {
        return Answer("other text", "a certificate begins with \"-----BEGIN CERTIFICATE-----\"");
    }
    Answer("other binary data", "give the file that has the certificate")
}

fn contains_marker(text: &[u8]) -> bool {
    text.windows(11).any(|window| window == b"-----BEGIN ")
}

/// What a DER element is, from its outermost fields.
fn shape(der: &[u8]) -> Option<Answer> {
    let outer = Reader::new(der, 4).next().ok()??;
    let mut fields = outer.children().ok()?;
    let first = fields.next().ok()??;
    let second = fields.next().ok()??;
    let third = fields.next().ok().flatten();
    let third_tag = third.map(|element| element.tag);
    match (first.tag, second.tag, third_tag) {
        (ber::OID, ber::CONTEXT_0, _) => Some(Answer(
            "a PKCS#7 or CMS message that is not SignedData",
            "export the certificates as \"PKCS #7 certificates (.p7b)\" or as PEM",
        )),
        (ber::INTEGER, ber::SEQUENCE, _) if first.content == [3] => {
            Some(Answer("a PKCS#12 store", "read it as a store, with its password"))
        }
        (ber::INTEGER, ber::SEQUENCE, Some(ber::OCTET_STRING))
        | (ber::INTEGER, ber::INTEGER, Some(ber::INTEGER))
        | (ber::INTEGER, ber::OCTET_STRING, _)
        | (ber::SEQUENCE, ber::OCTET_STRING, None) => Some(Answer(
            "a private key",
            "a trust store needs the certificate, never the key, which should stay where it is",
        )),
        (ber::SEQUENCE, ber::BIT_STRING, None) => {
            Some(Answer("a bare public key", "ask for the certificate that contains this key"))
        }
        (ber::SEQUENCE, ber::SEQUENCE, Some(ber::BIT_STRING)) => signed_shape(&first),
        _ => None,
    }
}

/// What a signed structure is, from the fields of the signed part: certificates have a validity, that
/// is two times, in their fourth or fifth field.
fn signed_shape(signed: &ber::Element<'_>) -> Option<Answer> {
    let mut tags = Vec::new();
    let mut fields = signed.children().ok()?;
    while let (true, Ok(Some(field))) = (tags.len() < 5, fields.next()) {
        tags.push(field.tag);
    }
    match *tags.as_slice() {
        // CertificationRequestInfo (RFC 2986, section 4.1).
        [ber::INTEGER, ber::SEQUENCE, ber::SEQUENCE, ber::CONTEXT_0, ..]
        | [ber::INTEGER, ber::SEQUENCE, ber::SEQUENCE] => Some(Answer(
            "a certificate request",
            "send it to the certificate authority and import the certificate of that authority",
        )),
        // TBSCertList (RFC 5280, section 5.1).
        [ber::INTEGER, ber::SEQUENCE, ber::SEQUENCE, 0x17 | 0x18, ..]
        | [ber::SEQUENCE, ber::SEQUENCE, 0x17 | 0x18, ..] => {
            Some(Answer("a revocation list", "a trust store holds certificates, not revocation lists"))
        }
        _ => None,
    }
}
