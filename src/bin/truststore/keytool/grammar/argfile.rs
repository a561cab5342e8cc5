//! `@argfile`: arguments in a file, as the JDK's other tools read them (JDK
//! `com.sun.tools.javac.main.CommandLine`): blanks separate, quotes and a backslash inside them protect,
//! `#` begins a comment.

use std::ffi::OsString;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

use truststore::{Limits, read_file};

use crate::keytool::trouble::Trouble;

/// The arguments in a file.
pub(super) fn read(path: &Path) -> Result<Vec<OsString>, Trouble> {
    let bytes = read_file(path, &Limits::default()).map_err(Trouble::of)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut chars = text.chars().peekable();
    let mut arguments = Vec::new();
    while let Some(&next) = chars.peek() {
        if next.is_whitespace() {
            chars.next();
        } else if next == '#' {
            skip_line(&mut chars);
        } else {
            arguments.push(argument(&mut chars).into());
        }
    }
    Ok(arguments)
}

fn argument(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::new();
    let mut quote = None;
    while let Some(&c) = chars.peek() {
        match (c, quote) {
            ('\\', Some(_)) => {
                chars.next();
                escape(chars, &mut text);
                continue;
            }
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => break,
            ('\r' | '\n', Some(_)) => break,
            (c, _) => text.push(c),
        }
        chars.next();
    }
    text
}

/// What a backslash inside quotes means; at the end of a line, that the line goes on.
fn escape(chars: &mut Peekable<Chars<'_>>, text: &mut String) {
    match chars.next() {
        Some('n') => text.push('\n'),
        Some('r') => text.push('\r'),
        Some('t') => text.push('\t'),
        Some('f') => text.push('\u{c}'),
        Some('\r' | '\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
        Some(other) => text.push(other),
        None => {}
    }
}

fn skip_line(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|&c| c != '\n').is_some() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_file_has_quotes_comments_and_lines_that_go_on() -> std::io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("args");
        let text = "-list  -alias 'a b'\n# a comment\n\t-file \"C:\\\\x\\\n   y\" --\"q\"z";
        std::fs::write(&path, text)?;
        let read = read(&path).map_err(|trouble| std::io::Error::other(format!("{trouble:?}")))?;
        assert_eq!(read, ["-list", "-alias", "a b", "-file", "C:\\xy", "--qz"]);
        Ok(())
    }
}
