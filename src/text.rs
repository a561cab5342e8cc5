//! Somebody else's text, made safe to print.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` with control characters, bidirectional overrides and invisible separators written as
/// `\u{…}`, so that it can neither move a cursor nor pretend to be something else.
///
/// ```
/// assert_eq!(truststore::printable("a\u{1b}[31mb"), "a\\u{1b}[31mb");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    // Most text is ASCII.
    if text.bytes().all(|b| matches!(b, 0x20..0x7f)) || !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unsafe(c) {
            // Writing to a String cannot fail.
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// A name as one word for a POSIX shell, since remedies are pasted: an alias is somebody else's text.
pub(crate) fn shell_word(name: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-:@+/".contains(c);
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    let dashes = if name.starts_with('-') { "-- " } else { "" };
    Cow::Owned(format!("{dashes}'{}'", name.replace('\'', "'\\''")))
}

/// Control characters, and the format characters that reorder or hide what stands beside them
/// (Unicode Bidirectional Algorithm, UAX #9, explicit formatting; zero-width and line separators).
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}
