//! Long lines on a terminal, broken between words instead of wherever the screen ends.

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthStr;

/// A line as it is where nobody looks, else in lines as [`wrap`] makes them.
pub(crate) fn fit(line: impl std::fmt::Display, width: Option<usize>, indent: usize) -> String {
    let line = line.to_string();
    match width {
        Some(width) => wrap(&line, width, indent),
        None => line,
    }
}

/// The text in lines of at most `width` columns, of which all but the first begin with `indent` spaces.
///
/// What is to be copied stays whole: a command between backticks, and a word that no line has room for, as a
/// fingerprint may be.
fn wrap(text: &str, width: usize, indent: usize) -> String {
    let mut lines = String::with_capacity(text.len() + 16);
    let mut used = 0;
    // Whether the line has a word already: in front of its first one no line is broken.
    let mut begun = false;
    for (at, word) in words(text).into_iter().enumerate() {
        let columns = strip_str(&word).to_string().width();
        let gap = usize::from(at > 0);
        if begun && columns > 0 && used + gap + columns > width && indent + columns <= width {
            lines.truncate(lines.trim_end_matches(' ').len());
            lines.push('\n');
            lines.extend(std::iter::repeat_n(' ', indent));
            lines.push_str(&word);
            used = indent + columns;
            continue;
        }
        lines.extend(std::iter::repeat_n(' ', gap));
        lines.push_str(&word);
        used += gap + columns;
        begun |= columns > 0;
    }
    lines
}

/// What stands between spaces; where there are several, some are empty.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut within = false;
    for part in text.split(' ') {
        match words.last_mut().filter(|_| within) {
            Some(word) => {
                word.push(' ');
                word.push_str(part);
            }
            None => words.push(part.to_owned()),
        }
        within ^= part.matches('`').count() % 2 == 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 80, 2), "one two three");
        assert_eq!(wrap("one two three", 8, 2), "one two\n  three");
        assert_eq!(wrap("Name    one two", 12, 8), "Name    one\n        two");
        assert_eq!(wrap("  indented text", 10, 4), "  indented\n    text");
        assert_eq!(wrap("alias  subject", 9, 2), "alias\n  subject");
    }

    #[test]
    fn what_is_copied_stays_whole() {
        assert_eq!(wrap("try `a b c d` now", 11, 2), "try\n  `a b c d`\n  now");
        assert_eq!(wrap("SHA-256 AA:BB:CC:DD:EE", 10, 8), "SHA-256 AA:BB:CC:DD:EE");
    }

    #[test]
    fn colours_take_no_room_and_wide_letters_take_two() {
        assert_eq!(wrap("\u{1b}[31mone\u{1b}[0m two", 7, 0), "\u{1b}[31mone\u{1b}[0m two");
        assert_eq!(wrap("東京 東京", 8, 0), "東京\n東京");
    }
}
