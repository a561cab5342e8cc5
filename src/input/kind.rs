//! What some bytes are, found from the bytes and never from a file's name.

use bytes::Bytes;

use super::{der, pem, text};
use crate::format;
use crate::store::Format;

/// What some bytes are, as far as their beginning and their markers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputKind {
    /// Base64 without armour.
    Base64,
    /// DER: a certificate, or something else.
    Der,
    /// Nothing, or nothing but blanks.
    Empty,
    /// Text with PEM blocks.
    Pem,
    /// PKCS#7 `SignedData` in DER or BER.
    Pkcs7,
    /// A store, which is read with a password.
    Store(Format),
    /// None of these.
    Unknown,
}

/// What these bytes are.
///
/// ```
/// use truststore::{Format, InputKind, sniff};
///
/// assert_eq!(sniff(&b"\xef\xbb\xbfRoot:\r\n-----BEGIN CERTIFICATE-----\r\n"[..].into()), InputKind::Pem);
/// assert_eq!(sniff(&b"\xfe\xed\xfe\xed\0\0\0\x02"[..].into()), InputKind::Store(Format::Jks));
/// ```
#[must_use]
pub fn sniff(bytes: &Bytes) -> InputKind {
    if let Some(format) = format::detect(bytes) {
        return InputKind::Store(format);
    }
    // DER first: a certificate may contain the text of a PEM marker.
    if bytes.first() == Some(&0x30) && !text::looks_like_text(bytes) {
        return if der::is_signed_data(bytes) { InputKind::Pkcs7 } else { InputKind::Der };
    }
    let text = text::normalize(bytes.clone());
    if text.iter().all(u8::is_ascii_whitespace) {
        InputKind::Empty
    } else if pem::has_block(&text) {
        InputKind::Pem
    } else if pem::is_bare(&text) {
        InputKind::Base64
    } else {
        InputKind::Unknown
    }
}
