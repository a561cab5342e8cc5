//! One logical line of a properties file as key and value.

use encoding_rs::UTF_8;
use java_properties::{LineContent, PropertiesIter};
use zeroize::Zeroizing;

use super::lines::LogicalLine;
use crate::error::{Error, ErrorKind, Result};

/// A key and its value, without their escapes.
pub(super) struct Property {
    pub(super) key: String,
    pub(super) value: Zeroizing<String>,
}

/// Splits a line at its separator and resolves the escapes of both sides (JDK `Properties.load`).
///
/// `None` cannot happen to a line with characters, but is not ours to promise.
pub(super) fn property(line: &LogicalLine) -> Result<Option<Property>> {
    let text = with_joined_surrogates(line)?;
    // The decoder would take a mark of byte order off the beginning of any line; Java leaves it in the key.
    // Leading white space is skipped by both.
    let text = Zeroizing::new(format!(" {}", text.as_str()));
    match PropertiesIter::new_with_encoding(text.as_bytes(), UTF_8).next() {
        None => Ok(None),
        Some(Ok(parsed)) => match parsed.consume_content() {
            LineContent::Comment(_) => Ok(None),
            LineContent::KVPair(key, value) => Ok(Some(Property { key, value: Zeroizing::new(value) })),
        },
        // Its message may have the characters of a password.
        Some(Err(_)) => Err(malformed(line)),
    }
}

/// The line with every pair `\ud83d\ude00` as the one character that it means, since `java-properties`
/// knows only single ones, and every other `\u` checked, since it would take `\u+123`.
fn with_joined_surrogates(line: &LogicalLine) -> Result<Zeroizing<String>> {
    // The character is never longer than its escapes.
    let mut joined = Zeroizing::new(String::with_capacity(line.text.len()));
    let mut rest: &str = &line.text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        joined.push_str(before);
        let Some(after) = escape.strip_prefix("\\u") else {
            let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
            let (escape, after) = escape.split_at(length);
            joined.push_str(escape);
            rest = after;
            continue;
        };
        let (unit, after) = code_unit(after).ok_or_else(|| malformed(line))?;
        rest = after;
        if !(0xd800..0xe000).contains(&unit) {
            joined.push_str(escape.get(..6).unwrap_or_default());
            continue;
        }
        let low = after.strip_prefix("\\u").and_then(code_unit);
        let pair = low.and_then(|(low, after)| {
            let character = char::decode_utf16([unit, low]).next()?.ok()?;
            Some((character, after))
        });
        let Some((character, after)) = pair else {
            let message = format!(
                "line {}: found half of a surrogate pair, expected two \\u escapes that make one character \
                 (a high and a low surrogate); write both, or the character itself",
                line.number
            );
            return Err(Error::new(ErrorKind::SettingsInvalid, message));
        };
        joined.push(character);
        rest = after;
    }
    joined.push_str(rest);
    Ok(joined)
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
