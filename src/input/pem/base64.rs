//! The text between two markers: RFC 1421 headers, whitespace in any place, Base64.

use base64ct::{Base64, Encoding as _};

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
    let (mut digits, padding) = digits(body, line)?;
    if digits.is_empty() {
        return Err(Error::damaged("expected Base64, found an empty block"));
    }
    // Padding says nothing that the number of digits does not; some tools leave it out.
    let missing = match digits.len() % 4 {
        1 => {
            return Err(Error::damaged(format!(
                "{} characters of Base64 are no whole number of bytes: a character was lost or added",
                digits.len()
            )));
        }
        rest => (4 - rest) % 4,
    };
    if padding > missing {
        return Err(Error::damaged(format!(
            "expected {missing} padding characters after the Base64, found {padding}: characters were lost"
        )));
    }
    fits(digits.len() / 4 * 3)?;
    digits.extend(std::iter::repeat_n(b'=', missing));
    // In place: a block may be as large as the file.
    let len = Base64::decode_in_place(&mut digits)
        .map_err(|e| Error::damaged("the Base64 does not end as Base64 does").because(e))?
        .len();
    digits.truncate(len);
    // A folder may have very many, which are all held.
    digits.shrink_to_fit();
    Ok(digits)
}

/// The digits without whitespace, and how many padding characters follow them.
fn digits(body: &[u8], first_line: usize) -> Result<(Vec<u8>, usize)> {
    let mut digits = Vec::with_capacity(body.len());
    let mut padding = 0;
    let mut in_headers = true;
    let mut lines = first_line;
    let mut after_header = false;
    for (row, ending) in rows(body) {
        let line = lines;
        lines += ending;
        let text = row.trim_ascii();
        if in_headers && digits.is_empty() {
            // RFC 1421, section 4.4: `Name: value`, continued on lines that begin with a blank.
            let continued = after_header && row.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
            if text.is_empty() || text.contains(&b':') || continued {
                after_header = after_header && !text.is_empty() || text.contains(&b':');
                continue;
            }
        }
        in_headers = false;
        // Nearly every row is digits alone. A loop without a way out is done many octets at a time.
        if padding == 0 && text.iter().fold(true, |all, &b| all & is_digit(b)) {
            digits.extend_from_slice(text);
            continue;
        }
        for (column, &b) in text.iter().enumerate() {
            match b {
                _ if is_digit(b) && padding == 0 => digits.push(b),
                b'=' => padding += 1,
                _ if b.is_ascii_whitespace() => {}
                _ => return Err(unexpected(b, padding > 0, line, column + 1)),
            }
        }
    }
    Ok((digits, padding))
}

/// The rows, each with how many lines its end counts: CRLF is one.
fn rows(body: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut rest = Some(body);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(len) = text.iter().position(|b| matches!(b, b'\r' | b'\n')) else {
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
