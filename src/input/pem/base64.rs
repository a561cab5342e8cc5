//! The text between two markers: RFC 1421 headers, whitespace in any place, Base64.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurpose, GeneralPurposeConfig};

use super::position;
use crate::error::{Error, Result};

/// True for a digit of Base64 (RFC 4648, section 4).
pub(super) fn is_digit(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'+' || b == b'/'
}

/// Decodes a body that begins on line `line`, if its size suits `fits`.
///
/// # Errors
/// `Damaged`, with the line and the character; what `fits` says.
pub(super) fn decode(body: &[u8], line: usize, fits: impl FnOnce(usize) -> Result<()>) -> Result<Vec<u8>> {
    let (Decoder { mut octets, last }, padding) = digits(body, line)?;
    let count = octets.len() / 3 * 4 + last.len();
    if count == 0 {
        return Err(Error::damaged("expected Base64, found an empty block"));
    }
    // Padding says nothing that the number of digits does not; some tools leave it out.
    let missing = match last.len() {
        1 => {
            return Err(Error::damaged(format!(
                "{count} characters of Base64 are no whole number of bytes: a character was lost or added"
            )));
        }
        rest => (4 - rest) % 4,
    };
    if padding > missing {
        return Err(Error::damaged(format!(
            "expected {missing} padding characters after the Base64, found {padding}: characters were lost"
        )));
    }
    fits(count / 4 * 3)?;
    ENGINE
        .decode_vec(&last, &mut octets)
        .map_err(|e| Error::damaged("the Base64 does not end as Base64 does").because(e))?;
    // A folder may have very many, which are all held.
    octets.shrink_to_fit();
    Ok(octets)
}

/// What the digits say, and how many padding characters follow them.
fn digits(body: &[u8], first_line: usize) -> Result<(Decoder, usize)> {
    let mut decoder = Decoder { octets: Vec::with_capacity(body.len() / 4 * 3), last: Vec::with_capacity(4) };
    let mut padding = 0;
    let mut in_headers = true;
    let mut lines = first_line;
    let mut after_header = false;
    for (row, ending) in rows(body) {
        let line = lines;
        lines += ending;
        let text = row.trim_ascii();
        if in_headers && decoder.is_empty() {
            // RFC 1421, section 4.4: `Name: value`, continued on lines that begin with a blank.
            let continued = after_header && row.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
            if text.is_empty() || text.contains(&b':') || continued {
                after_header = after_header && !text.is_empty() || text.contains(&b':');
                continue;
            }
        }
        in_headers = false;
        // Nearly every row is whole quads of digits.
        if padding == 0 && decoder.quads(text) {
            continue;
        }
        for (column, &b) in text.iter().enumerate() {
            match b {
                _ if is_digit(b) && padding == 0 => decoder.digit(b),
                b'=' => padding += 1,
                _ if b.is_ascii_whitespace() => {}
                _ => return Err(unexpected(b, padding > 0, line, column + 1)),
            }
        }
    }
    Ok((decoder, padding))
}

/// Digits alone. The last bits of the last one stand for nothing; Java does not look at them either.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes digits as they come.
struct Decoder {
    octets: Vec<u8>,
    /// The digits of a quad that is not whole yet.
    last: Vec<u8>,
}

impl Decoder {
    fn is_empty(&self) -> bool {
        self.octets.is_empty() && self.last.is_empty()
    }

    /// Takes digits that are whole quads behind whole quads; else nothing.
    fn quads(&mut self, digits: &[u8]) -> bool {
        if !self.last.is_empty() || !digits.len().is_multiple_of(4) {
            return false;
        }
        let before = self.octets.len();
        let taken = ENGINE.decode_vec(digits, &mut self.octets).is_ok();
        if !taken {
            self.octets.truncate(before);
        }
        taken
    }

    fn digit(&mut self, digit: u8) {
        self.last.push(digit);
        if self.last.len() == 4 {
            // Of four digits nothing is wrong.
            let _ = ENGINE.decode_vec(&self.last, &mut self.octets);
            self.last.clear();
        }
    }
}

/// The rows, each with how many lines its end counts: CRLF is one.
fn rows(body: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(len) = position(text, |b| matches!(b, b'\r' | b'\n')) else {
            rest = None;
            return Some((text, 0));
        };
        let (row, ending) = text.split_at(len);
        let ending_len = if ending.starts_with(b"\r\n") { 2 } else { 1 };
        rest = ending.get(ending_len..);
        Some((row, 1))
    })
}

fn unexpected(b: u8, after_padding: bool, line: usize, column: usize) -> Error {
    let found = match b {
        0x21..0x7f => format!("'{}'", char::from(b)),
        _ => format!("byte 0x{b:02x}"),
    };
    let place = format!("line {line}, column {column}");
    if after_padding {
        return Error::damaged(format!(
            "expected the end of the Base64 after its padding, found {found} ({place})"
        ));
    }
    Error::damaged(format!("expected Base64, found {found} ({place})"))
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> std::result::Result<Vec<u8>, String> {
        super::decode(text.as_bytes(), 1, |_| Ok(())).map_err(|e| e.to_string())
    }

    #[test]
    fn digits_are_those_of_the_standard_and_no_others() {
        for octet in 0..=u8::MAX {
            let quad = [b'A', octet, b'A', b'A'];
            let expected = BASE64_STANDARD.decode(quad).ok();
            assert_eq!(super::decode(&quad, 1, |_| Ok(())).ok().filter(|_| is_digit(octet)), expected);
        }
    }

    #[test]
    fn the_end_says_what_is_wrong_with_it() {
        // The last bits of the last digit stand for nothing; Java does not look at them.
        for text in ["TWE=", "TWE", "TW\nE=", "T W E", "TWF="] {
            assert_eq!(decode(text).unwrap(), b"Ma", "{text}");
        }
        for (text, message) in [
            ("TWFuT", "5 characters of Base64 are no whole number"),
            ("TWFu=", "expected 0 padding characters after the Base64, found 1"),
            ("TWE==", "expected 1 padding characters after the Base64, found 2"),
            ("TWE=TWFu", "line 1, column 5"),
            ("TWFu\nTW?u", "found '?' (line 2, column 3)"),
            (" \n", "empty block"),
        ] {
            let error = decode(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
        }
    }

    proptest! {
        /// However long the rows are, and whatever blanks are in them.
        #[test]
        fn what_was_encoded_is_decoded(
            octets in proptest::collection::vec(any::<u8>(), 1..200),
            row in 1..80_usize,
            between in "[ \r\n\t]{1,3}",
        ) {
            let text = BASE64_STANDARD.encode(&octets);
            let rows: Vec<&str> = text.as_bytes().chunks(row).map(|row| std::str::from_utf8(row).unwrap()).collect();
            prop_assert_eq!(decode(&rows.join(&between)).unwrap(), octets);
        }
    }
}
