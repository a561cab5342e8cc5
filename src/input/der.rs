//! DER candidates: certificates, one after the other, and PKCS#7.

use bytes::Bytes;

use super::collect::Collector;
use super::note::Note;
use super::{describe, pkcs7};
use crate::ber::{self, Element, Reader};
use crate::error::{Error, Result};

/// 1.2.840.113549.1.7.2 id-signedData (RFC 5652, section 5.1).
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// How many elements there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Exactly one: a PEM block.
    One,
    /// Any number, one after the other: a file.
    Several,
    /// A certificate, then OpenSSL's trust settings (`X509_CERT_AUX`), which are dropped.
    Trusted,
}

/// True if the octets begin like a ContentInfo with SignedData in it.
pub(super) fn is_signed_data(bytes: &[u8]) -> bool {
    // The element may be cut short, which is told later; its beginning is what it wants to be.
    let header = match bytes {
        [0x30, 0x80, rest @ ..] | [0x30, 0..0x80, rest @ ..] => rest,
        [0x30, len, rest @ ..] => rest.get(usize::from(len & 0x7f)..).unwrap_or_default(),
        _ => return false,
    };
    header.strip_prefix(&[ber::OID, 9]).is_some_and(|rest| rest.starts_with(SIGNED_DATA))
}

/// Takes every certificate of some octets; `line` is where they began in a text.
pub(super) fn scan(
    bytes: &Bytes,
    framing: Framing,
    line: Option<usize>,
    out: &mut Collector<'_>,
) -> Result<()> {
    let mut reader = Reader::new(bytes, out.limits().max_depth);
    let mut taken = 0;
    loop {
        let left = reader.rest();
        let element = match reader.next() {
            Ok(None) => return Ok(()),
            Ok(Some(element)) if element.tag == ber::SEQUENCE => element,
            _ if taken > 0 => return out.error(trailing(left), line),
            Ok(Some(_)) => return out.error(describe::not_a_certificate(left, Error::damaged("")), line),
            Err(fault) => return out.error(cut_short(left, fault), line),
        };
        take(bytes, &element, line, out)?;
        taken += 1;
        match framing {
            Framing::Several => {}
            Framing::One if reader.is_empty() => return Ok(()),
            Framing::One => return out.error(trailing(reader.rest()), line),
            Framing::Trusted if reader.is_empty() => return Ok(()),
            Framing::Trusted => {
                return out.note(Note::TrustSettingsIgnored { source: out.source().to_owned(), line });
            }
        }
    }
}

fn take(bytes: &Bytes, element: &Element<'_>, line: Option<usize>, out: &mut Collector<'_>) -> Result<()> {
    if is_signed_data(element.raw) {
        return pkcs7::scan(bytes, element, line, out);
    }
    out.candidate(bytes.slice_ref(element.raw), line)
}

fn trailing(rest: &[u8]) -> Error {
    let more = match rest {
        [0x30, ..] => "they begin like another element that is cut short",
        _ if rest.iter().all(|&b| b == 0) => "all are zero",
        _ if rest.iter().all(u8::is_ascii_whitespace) => "they are blanks, as an editor or a shell may add",
        _ => "they are no certificate",
    };
    Error::damaged(format!("expected nothing after the certificate, found {} more bytes: {more}", rest.len()))
}

fn cut_short(bytes: &[u8], fault: Error) -> Error {
    if fault.is_limit_exceeded() || bytes.first() != Some(&ber::SEQUENCE) {
        return describe::not_a_certificate(bytes, fault);
    }
    Error::damaged(format!("the certificate is cut short or damaged: {}", fault.message()))
        .at_offset(fault.offset().unwrap_or_default())
        .because(fault)
}
