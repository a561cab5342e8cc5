//! Java's Modified UTF-8 (`java.io.DataInput`): UTF-16 code units, each written as if it were a
//! character of its own, and NUL as two octets.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// The code units; a surrogate without its partner is written `\uD800`. What is borrowed is encoded as these very octets.
pub(super) fn decode(octets: &[u8]) -> Result<Cow<'_, str>> {
    if let Some(text) = plain(octets) {
        return Ok(Cow::Borrowed(text));
    }
    let mut units = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((&first, after)) = rest.split_first() {
        let (more, bits) = match first {
            0x00..0x80 => (0, first),
            0xc0..0xe0 => (1, first & 0x1f),
            0xe0..0xf0 => (2, first & 0x0f),
            _ => return Err(malformed(octets.len() - rest.len())),
        };
        let (tail, after) =
            after.split_at_checked(more).ok_or_else(|| malformed(octets.len() - rest.len()))?;
        if tail.iter().any(|b| b & 0xc0 != 0x80) {
            return Err(malformed(octets.len() - rest.len()));
        }
        units.push(tail.iter().fold(u16::from(bits), |unit, b| unit << 6 | u16::from(b & 0x3f)));
        rest = after;
    }
    Ok(char::decode_utf16(units)
        .map(|c| c.map_or_else(|e| format!("\\u{:04X}", e.unpaired_surrogate()), String::from))
        .collect())
}

/// The encoding of `text`.
pub(super) fn encode(text: &str) -> Cow<'_, [u8]> {
    if plain(text.as_bytes()).is_some() {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut octets = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        let low = |shift: u32| 0x80 | (unit >> shift & 0x3f).to_le_bytes()[0];
        match unit {
            1..0x80 => octets.push(unit.to_le_bytes()[0]),
            0 | 0x80..0x800 => octets.extend([0xc0 | (unit >> 6).to_le_bytes()[0], low(0)]),
            0x800.. => octets.extend([0xe0 | (unit >> 12).to_le_bytes()[0], low(6), low(0)]),
        }
    }
    Cow::Owned(octets)
}

/// ASCII without NUL, which is the same in UTF-8.
fn plain(octets: &[u8]) -> Option<&str> {
    // Looked at one by one, which most are too short for anything else to be worth it.
    let plain = octets.iter().all(|b| (1..0x80).contains(b));
    plain.then(|| std::str::from_utf8(octets).ok()).flatten()
}

fn malformed(at: usize) -> Error {
    Error::damaged(format!("an alias or type is not Modified UTF-8 from its byte {at} on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_java_writes_is_read() {
        for (octets, text) in [
            (&b"corp-ca"[..], "corp-ca"),
            (b"\xc3\xa4", "ä"),
            (b"\xc0\x80", "\0"),
            (b"\xe4\xb8\xad", "中"),
            (b"\xed\xa0\xbd\xed\xb8\x80", "\u{1f600}"),
        ] {
            assert_eq!(decode(octets).unwrap(), text);
            assert_eq!(*encode(text), *octets);
        }
        assert_eq!(decode(b"a\xed\xa0\x80").unwrap(), "a\\uD800");
    }

    #[test]
    fn what_java_refuses_is_refused() {
        for (octets, at) in [
            (&b"\xff"[..], 0),
            (b"ab\xff", 2),
            (b"\xc3", 0),
            (b"\xc3\xa4a\xc3", 3),
            (b"\xc3\xa4b\xc3a", 3),
            (b"\xf0\x9f\x98\x80", 0),
            (b"\x80", 0),
        ] {
            let error = decode(octets).unwrap_err();
            assert!(error.is_damaged() && error.message().contains(&format!("byte {at} on")), "{error}");
        }
    }
}
