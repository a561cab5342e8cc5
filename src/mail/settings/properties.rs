//! One logical line of a properties file as key and value (JDK `Properties.load`).
//!
//! Not by a crate: `java-properties` leaves copies of a password behind, and reads otherwise than the JDK what
//! `docs/ARCHITECTURE.md` lists.

use zeroize::Zeroizing;

use super::lines::{LogicalLine, is_space};
use crate::error::{Error, ErrorKind, Result};

/// A key and its value, without their escapes.
pub(super) struct Property {
    pub(super) key: Zeroizing<String>,
    pub(super) value: Zeroizing<String>,
}

/// Splits a line at its separator and resolves the escapes of both sides.
///
/// # Errors
/// `SettingsInvalid` for `\u` without four hexadecimal digits, and for half of a surrogate pair.
pub(super) fn property(line: &LogicalLine) -> Result<Property> {
    let mut escaped = false;
    let is_end = |c: char| {
        let end = !escaped && (is_space(c) || matches!(c, '=' | ':'));
        escaped = c == '\\' && !escaped;
        end
    };
    let (key, rest) = line.text.split_at(line.text.find(is_end).unwrap_or(line.text.len()));
    // White space, one separator, white space.
    let rest = rest.trim_start_matches(is_space);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(is_space);
    Ok(Property { key: resolved(key, line)?, value: resolved(value, line)? })
}

/// The characters that a text with escapes means.
fn resolved(mut rest: &str, line: &LogicalLine) -> Result<Zeroizing<String>> {
    // The whole capacity at once: growing would leave unwiped copies behind. A character is never longer than
    // its escape.
    let mut text = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some((before, escape)) = rest.split_once('\\') {
        text.push_str(before);
        let mut after = escape.chars();
        match after.next() {
            Some('u') => {
                let (character, after) = unicode(after.as_str(), line)?;
                text.push(character);
                rest = after;
                continue;
            }
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('f') => text.push('\u{c}'),
            Some(other) => text.push(other),
            None => {}
        }
        rest = after.as_str();
    }
    text.push_str(rest);
    Ok(text)
}

/// The character whose escape goes on like this behind its `\u`, and what follows it: one of four digits, or
/// two that make a surrogate pair.
fn unicode<'a>(digits: &'a str, line: &LogicalLine) -> Result<(char, &'a str)> {
    let (unit, after) = code_unit(digits).ok_or_else(|| malformed(line))?;
    if let Some(character) = char::from_u32(unit.into()) {
        return Ok((character, after));
    }
    let low = after.strip_prefix("\\u").and_then(code_unit);
    let pair = low.and_then(|(low, after)| Some((char::decode_utf16([unit, low]).next()?.ok()?, after)));
    pair.ok_or_else(|| {
        let message = format!(
            "line {}: found half of a surrogate pair, expected two \\u escapes that make one character (a high \
             and a low surrogate); write both, or the character itself",
            line.number
        );
        Error::new(ErrorKind::SettingsInvalid, message)
    })
}

/// The UTF-16 code unit of exactly four hexadecimal digits, and what follows them.
fn code_unit(text: &str) -> Option<(u16, &str)> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    Some((u16::from_str_radix(digits, 16).ok()?, text.get(4..)?))
}

/// Java refuses the whole file for it (`Malformed \uxxxx encoding`), whatever the key.
fn malformed(line: &LogicalLine) -> Error {
    let message = format!(
        "line {}: found \\u without four hexadecimal digits after it, for which Java refuses the whole file; \
         write a backslash as \\\\",
        line.number
    );
    Error::new(ErrorKind::SettingsInvalid, message)
}
