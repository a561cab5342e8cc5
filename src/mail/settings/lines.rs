//! The text of a properties file, and its logical lines as Java reads them.

use zeroize::Zeroizing;

/// A logical line: natural lines joined where a backslash ended one.
pub(super) struct LogicalLine {
    /// The number of its first natural line, from 1.
    pub(super) number: usize,
    /// Without the line's leading white space, the joining backslashes and the white space after them.
    pub(super) text: Zeroizing<String>,
    /// Where in `text` each joined line begins, with that line's number.
    pub(super) joints: Vec<(usize, usize)>,
}

/// How the octets of a file are characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Encoding {
    /// ISO 8859-1, where every octet is the character of the same number.
    #[cfg_attr(feature = "serde", serde(rename = "iso-8859-1"))]
    Latin1,
    /// UTF-8, of which ASCII is a part.
    Utf8,
}

/// The characters of a file: UTF-8 if it is that, else ISO 8859-1, which everything is.
///
/// ISO 8859-1 as Java has it, not Windows-1252: octet 0x80 is U+0080 and not the euro sign.
pub(super) fn decode(bytes: &[u8]) -> (Zeroizing<String>, Encoding) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Zeroizing::new(text.to_owned()), Encoding::Utf8),
        Err(_) => {
            // The whole capacity at once: growing would leave unwiped copies behind.
            let mut text = Zeroizing::new(String::with_capacity(bytes.len().saturating_mul(2)));
            text.extend(bytes.iter().map(|&byte| char::from(byte)));
            (text, Encoding::Latin1)
        }
    }
}

/// The logical lines of a text that are neither blank nor comments (JDK `Properties.LineReader`).
pub(super) fn logical_lines(text: &str) -> Vec<LogicalLine> {
    let mut lines = Vec::new();
    let mut current: Option<LogicalLine> = None;
    for (number, natural) in (1..).zip(natural_lines(text)) {
        let joined = current.is_some();
        let content = natural.trim_start_matches(is_space);
        let mut line = match current.take() {
            Some(mut line) => {
                line.joints.push((line.text.len(), number));
                line
            }
            None => LogicalLine { number, text: Zeroizing::new(String::new()), joints: Vec::new() },
        };
        // Nothing yet, even after a lone backslash: blank lines and comments are none of the line's.
        if line.text.is_empty() && (content.is_empty() || content.starts_with(['#', '!'])) {
            continue;
        }
        if line.text.is_empty() && joined {
            line = LogicalLine { number, text: line.text, joints: Vec::new() };
        }
        let goes_on = ends_with_escape(content);
        let content = if goes_on { content.get(..content.len() - 1).unwrap_or_default() } else { content };
        push(&mut line.text, content);
        if goes_on {
            current = Some(line);
        } else if !line.text.is_empty() {
            lines.push(line);
        }
    }
    lines.extend(current.filter(|line| !line.text.is_empty()));
    lines
}

/// True for the white space that Java skips before and between key and value.
pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{c}')
}

/// The lines of a text, which end with CR, LF or both.
fn natural_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let (line, after) = text.split_at(end);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some(line)
    })
}

/// True if the last character is a backslash that no other one escapes.
fn ends_with_escape(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

/// Appends, and wipes what growing leaves behind.
fn push(text: &mut Zeroizing<String>, more: &str) {
    let needed = text.len().saturating_add(more.len());
    if needed > text.capacity() {
        let mut larger = Zeroizing::new(String::with_capacity(needed.saturating_mul(2)));
        larger.push_str(text);
        *text = larger;
    }
    text.push_str(more);
}
