//! PEM (RFC 7468) as people have it: text around it, odd line widths, RFC 1421 headers, lost markers.
//!
//! The decoding itself is strict and left to `pem-rfc7468`; only the whitespace is put in order first.
//! One pass, whatever the markers are: a file of nothing but BEGIN lines takes linear time.

use bytes::Bytes;

use super::collect::Collector;
use super::der::{self, Framing};
use super::note::Note;
use crate::error::{Error, Result};

mod base64;
mod marker;

use marker::{Lines, Marker, Side};

/// True if a line begins with a PEM marker, intact or not.
pub(super) fn has_block(text: &[u8]) -> bool {
    marker::next(text, 0).is_some()
}

/// True if the text begins like the Base64 of a DER SEQUENCE and has no armour.
pub(super) fn is_bare(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let first = text.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default().trim_ascii_end();
    first.len() >= 16 && first.starts_with(b"M") && first.iter().all(|&b| base64::is_digit(b) || b == b'=')
}

/// Reads Base64 without armour: one value, or several that each end in padding.
pub(super) fn scan_bare(text: &Bytes, out: &mut Collector<'_>) -> Result<()> {
    let mut lines = Lines::default();
    let mut at = 0;
    let position = |from: usize, wanted: fn(u8) -> bool| {
        text.get(from..).and_then(|rest| position(rest, wanted)).map(|found| from + found)
    };
    while let Some(start) = position(at, |b| !b.is_ascii_whitespace()) {
        let end = position(start, |b| b == b'=')
            .and_then(|pad| position(pad, |b| b != b'=' && !b.is_ascii_whitespace()))
            .unwrap_or(text.len());
        let line = lines.at(text, start);
        match base64::decode(text.get(start..end).unwrap_or_default(), line, |_| Ok(())) {
            Ok(der) => der::scan(&der.into(), Framing::Several, Some(line), out)?,
            Err(error) => {
                out.error(error, Some(line))?;
                // What follows the fault has no structure to start again at.
                return Ok(());
            }
        }
        at = end;
    }
    Ok(())
}

/// Reads every block of a text.
pub(super) fn scan(text: &Bytes, out: &mut Collector<'_>) -> Result<()> {
    let mut lines = Lines::default();
    let mut at = 0;
    while let Some(begin) = marker::next(text, at) {
        at = begin.end;
        let line = lines.at(text, begin.start);
        if begin.side == Side::End {
            if is_wanted(&begin.label) {
                let message = format!("expected \"-----BEGIN {0}-----\" before \"END {0}\"", begin.label);
                out.error(Error::damaged(message), Some(line))?;
            }
            continue;
        }
        let end = marker::after_body(text, begin.end);
        let body_end = end.as_ref().map_or(text.len(), |end| end.start);
        let body = text.get(begin.end..body_end).unwrap_or_default();
        at = match &end {
            Some(end) if end.side == Side::End => end.end,
            _ => body_end,
        };
        block(&begin, body, end.as_ref(), line, out)?;
    }
    Ok(())
}

fn block(
    begin: &Marker,
    body: &[u8],
    end: Option<&Marker>,
    line: usize,
    out: &mut Collector<'_>,
) -> Result<()> {
    let label = begin.label.as_str();
    if !is_wanted(label) {
        let (source, line, label) = (out.source().to_owned(), Some(line), label.to_owned());
        return out.note(if label.contains("PRIVATE KEY") {
            Note::PrivateKeyIgnored { source, line, label }
        } else {
            Note::OtherPemIgnored { source, line, label }
        });
    }
    let fits = |size| match label {
        "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Ok(()),
        _ => out.limits().check_certificate(size),
    };
    let decoded = check_markers(begin, end).and_then(|()| base64::decode(body, line, fits));
    let der = match decoded {
        Ok(der) => Bytes::from(der),
        Err(error) => return out.error(error, Some(line)),
    };
    let framing = if label == "TRUSTED CERTIFICATE" { Framing::Trusted } else { Framing::One };
    der::scan(&der, framing, Some(line), out)
}

/// The block's two markers must be whole and say the same.
fn check_markers(begin: &Marker, end: Option<&Marker>) -> Result<()> {
    let label = &begin.label;
    let damaged = |side: &str| {
        Error::damaged(format!("the {side} line is damaged: expected \"-----{side} {label}-----\""))
    };
    match end {
        _ if !begin.intact => Err(damaged("BEGIN")),
        None => Err(Error::damaged(format!(
            "expected \"-----END {label}-----\", found the end of the file: the file was cut short"
        ))),
        Some(end) if end.side == Side::Begin => Err(Error::damaged(format!(
            "expected \"-----END {label}-----\", found the next \"-----BEGIN {}-----\"",
            end.label
        ))),
        Some(end) if end.label != *label => Err(Error::damaged(format!(
            "expected \"-----END {label}-----\", found \"-----END {}-----\"",
            end.label
        ))),
        Some(end) if !end.intact => Err(damaged("END")),
        Some(_) => Ok(()),
    }
}

/// The labels under which certificates stand (RFC 7468, sections 5 and 8; OpenSSL `PEM_STRING_…`).
fn is_wanted(label: &str) -> bool {
    matches!(
        label,
        "CERTIFICATE"
            | "X509 CERTIFICATE"
            | "X.509 CERTIFICATE"
            | "TRUSTED CERTIFICATE"
            | "CERTIFICATE CHAIN"
            | "PKCS7"
            | "PKCS #7 SIGNED DATA"
            | "CMS"
    )
}

/// Where the first octet is that is wanted. Many are looked at at a time: a loop without a way out can be.
fn position(text: &[u8], wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let (blocks, rest) = text.as_chunks::<32>();
    let whole =
        blocks.iter().take_while(|block| !block.iter().fold(false, |any, &b| any | wanted(b))).count();
    let tail = text.get(whole * 32..).unwrap_or(rest);
    tail.iter().position(|&b| wanted(b)).map(|found| whole * 32 + found)
}
