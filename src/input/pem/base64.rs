//! The text between two markers: RFC 1421 headers, whitespace in any place, Base64.

use base64ct::{Base64, Encoding as _};

use super::position;
use crate::error::{Error, Result};

/// True for a digit of Base64 (RFC 4648, section 4).
pub(super) fn is_digit(b: u8) -> bool {
    value(b) < NO_DIGIT
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
    let mut quad = [b'='; 4];
    quad.iter_mut().zip(&last).for_each(|(to, digit)| *to = *digit);
    let quad = if last.is_empty() { &[][..] } else { &quad };
    let mut room = [0; 3];
    // The digits' last bits must be zero.
    let end = Base64::decode(quad, &mut room)
        .map_err(|e| Error::damaged("the Base64 does not end as Base64 does").because(e))?;
    octets.extend_from_slice(end);
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

/// Decodes digits as they come. Certificates are no secret, so it may look up what a digit stands for.
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
        let (quads, []) = digits.as_chunks::<4>() else { return false };
        if !self.last.is_empty() {
            return false;
        }
        let before = self.octets.len();
        self.octets.resize(before + quads.len() * 3, 0);
        let room = self.octets.get_mut(before..).unwrap_or_default().as_chunks_mut::<3>().0;
        let mut all = 0;
        for (to, &[a, b, c, d]) in room.iter_mut().zip(quads) {
            let (a, b, c, d) = (value(a), value(b), value(c), value(d));
            all |= a | b | c | d;
            *to = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        }
        if all >= NO_DIGIT {
            self.octets.truncate(before);
        }
        all < NO_DIGIT
    }

    fn digit(&mut self, digit: u8) {
        self.last.push(digit);
        if let &[a, b, c, d] = self.last.as_slice() {
            self.last.clear();
            self.quads(&[a, b, c, d]);
        }
    }
}

/// What a digit stands for, or `NO_DIGIT`.
fn value(digit: u8) -> u8 {
    VALUES.get(usize::from(digit)).copied().unwrap_or(NO_DIGIT)
}

const NO_DIGIT: u8 = 64;

#[expect(clippy::indexing_slicing, reason = "the compiler would tell, this is a constant")]
static VALUES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < NO_DIGIT {
        values[digits[value as usize] as usize] = value;
        value += 1;
    }
    values
};

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
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> std::result::Result<Vec<u8>, String> {
        super::decode(text.as_bytes(), 1, |_| Ok(())).map_err(|e| e.to_string())
    }

    #[test]
    fn digits_are_those_of_the_standard_and_no_others() {
        for octet in 0..=u8::MAX {
            let quad = [b'A', octet, b'A', b'A'];
            let mut room = [0; 3];
            let expected = Base64::decode(quad, &mut room).ok().map(<[u8]>::to_vec);
            assert_eq!(super::decode(&quad, 1, |_| Ok(())).ok().filter(|_| is_digit(octet)), expected);
        }
    }

    #[test]
    fn the_end_is_as_strict_as_the_standard() {
        for text in ["TWE=", "TWE", "TW\nE=", "T W E"] {
            assert_eq!(decode(text).unwrap(), b"Ma", "{text}");
        }
        for (text, message) in [
            ("TWF=", "does not end as Base64 does"),
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
            let text = Base64::encode_string(&octets);
            let rows: Vec<&str> = text.as_bytes().chunks(row).map(|row| std::str::from_utf8(row).unwrap()).collect();
            prop_assert_eq!(decode(&rows.join(&between)).unwrap(), octets);
        }
    }
}
