//! What Java silently reads otherwise than it was meant.

use std::fmt;
use std::path::{Path, PathBuf};

use super::key::Key;
use super::lines::{LogicalLine, is_space};
use super::properties::Property;

/// Something in a settings file that is read otherwise than it was probably meant, or does nothing.
///
/// No lint shows a value: it may be a password, or have one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Lint {
    /// Its stable code.
    pub code: LintCode,
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; of an entry over several lines the first.
    pub line: usize,
    /// The key concerned, or the one that was probably meant; `None` if it is not one of mail's.
    pub key: Option<Key>,
    /// What was found, as one clause.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// The stable codes of lints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum LintCode {
    /// A single backslash vanishes: `CORP\svc` is `CORPsvc`.
    BackslashLost,
    /// A single backslash makes a control character: `C:\new` has a line break.
    BackslashControl,
    /// The file begins with a byte order mark, which Java takes as part of the first key.
    ByteOrderMark,
    /// Cipher suites are listed and not allowed.
    CipherSuitesNotAllowed,
    /// A cipher suite that is not offered: not implemented, or of a version of TLS that is not listed.
    CipherSuiteUnused,
    /// What looks like a comment behind a value is part of the value.
    CommentInValue,
    /// The key appears again further down, and the last one counts.
    DuplicateKey,
    /// Characters outside ASCII are read as UTF-8 or ISO 8859-1, depending on the program.
    EncodingDependent,
    /// A backslash at the end of a line made the next one, another key's, a part of the value.
    LineSwallowed,
    /// A key that is not one, but almost.
    MisspeltKey,
    /// TLS 1.0 or 1.1 is listed, and not offered.
    ProtocolDropped,
    /// White space inside what was meant as a key ends it.
    SplitKey,
    /// White space at the end is part of the value.
    TrailingSpace,
}

impl LintCode {
    /// The code as it is written: `backslash-lost`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BackslashLost => "backslash-lost",
            Self::BackslashControl => "backslash-control",
            Self::ByteOrderMark => "byte-order-mark",
            Self::CipherSuitesNotAllowed => "cipher-suites-not-allowed",
            Self::CipherSuiteUnused => "cipher-suite-unused",
            Self::CommentInValue => "comment-in-value",
            Self::DuplicateKey => "duplicate-key",
            Self::EncodingDependent => "encoding-dependent",
            Self::LineSwallowed => "line-swallowed",
            Self::MisspeltKey => "misspelt-key",
            Self::ProtocolDropped => "protocol-dropped",
            Self::SplitKey => "split-key",
            Self::TrailingSpace => "trailing-space",
        }
    }
}

impl fmt::Display for LintCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A file of a megabyte can hold a hundred thousand slips; nobody reads so many.
const MAX_LINTS: usize = 1_000;

/// Where lints are about, and what there are so far.
pub(super) struct Lints<'a> {
    path: &'a Path,
    found: Vec<Lint>,
}

impl<'a> Lints<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self { path, found: Vec::new() }
    }

    pub(super) fn into_found(self) -> Vec<Lint> {
        self.found
    }

    pub(super) fn add(
        &mut self,
        code: LintCode,
        line: usize,
        key: Option<Key>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if self.found.len() >= MAX_LINTS {
            return;
        }
        let (message, remedy) = (message.into(), remedy.into());
        self.found.push(Lint { code, path: self.path.to_owned(), line, key, message, remedy });
    }

    /// What is odd about the entry of a key that is mail's.
    pub(super) fn entry(&mut self, key: Key, line: &LogicalLine, property: &Property) {
        let (number, on) = (line.number, Some(key));
        let escapes = Escapes::of(&line.text);
        if escapes.lost {
            let message = format!("a single backslash vanishes from the value of {key}");
            self.add(LintCode::BackslashLost, number, on, message, "write it as \\\\");
        }
        if escapes.control {
            let message = format!(
                "\\n, \\r, \\t or \\f makes a control character in the value of {key}, such as a line break"
            );
            self.add(LintCode::BackslashControl, number, on, message, "write the backslash as \\\\");
        }
        if ends_with_space(&line.text) && !property.value.is_empty() {
            let message = format!("white space at the end of the line is part of the value of {key}");
            let remedy = "delete it; if it is meant, write the last character as \\u0020";
            self.add(LintCode::TrailingSpace, number, on, message, remedy);
        }
        if has_comment(&property.value) {
            let message = format!("what looks like a comment behind the value of {key} is part of the value");
            self.add(LintCode::CommentInValue, number, on, message, "put the comment on a line of its own");
        }
        if !line.text.is_ascii() {
            let message = format!(
                "the value of {key} has characters outside ASCII, which Java reads as ISO 8859-1 or as UTF-8, \
                 depending on the program"
            );
            self.add(LintCode::EncodingDependent, number, on, message, "write them as \\uXXXX");
        }
    }

    /// Another key's line that has become part of this one.
    pub(super) fn swallowed(&mut self, key: Option<Key>, line: &LogicalLine) -> Option<Key> {
        let (number, other) = line
            .joints
            .iter()
            .find_map(|&(at, number)| Some((number, Key::at_start_of(line.text.get(at..)?)?)))?;
        let message = format!(
            "the backslash at the end of line {} makes line {number}, with {other}, a part of the value before it",
            number.saturating_sub(1)
        );
        self.add(LintCode::LineSwallowed, line.number, key.or(Some(other)), message, "write it as \\\\");
        Some(other)
    }

    /// A key that is not mail's, but looks like it.
    pub(super) fn other(&mut self, line: &LogicalLine, property: &Property) {
        let key = property.key.as_str();
        let number = line.number;
        if key.starts_with('\u{feff}') || key.starts_with("\u{ef}\u{bb}\u{bf}") {
            let message = "the file begins with a byte order mark, which Java takes as part of the first key";
            self.add(LintCode::ByteOrderMark, number, None, message, "save the file without it");
            return;
        }
        if let Some(meant) = Key::meant_by(key) {
            // A password may have got into the key: `mailpass\=x`.
            let found = match meant {
                Key::Password => "a key".to_owned(),
                _ => format!("the key \"{key}\""),
            };
            let message = format!("{found} that does nothing, and is almost {meant}");
            let remedy = format!("if it is meant, write {meant}, in exactly these letters");
            self.add(LintCode::MisspeltKey, number, Some(meant), message, remedy);
            return;
        }
        // `mail server = x` is the key `mail` with the value `server = x`.
        let Some((rest, _)) = property.value.split_once(['=', ':']) else { return };
        let whole: String = [key, rest].concat().chars().filter(|&c| !is_space(c)).collect();
        if let Some(meant) = Key::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(&whole)) {
            let message = format!("white space ends the key before {meant} is complete, so it is not set");
            self.add(LintCode::SplitKey, number, Some(meant), message, format!("write {meant} in one word"));
        }
    }
}

/// What the single backslashes of a line do.
#[derive(Default)]
struct Escapes {
    lost: bool,
    control: bool,
}

impl Escapes {
    fn of(text: &str) -> Self {
        let mut escapes = Self::default();
        let mut characters = text.chars();
        while let Some(c) = characters.next() {
            if c != '\\' {
                continue;
            }
            match characters.next() {
                Some('n' | 'r' | 't' | 'f') => escapes.control = true,
                // What `Properties.store` itself writes with a backslash in front.
                Some('\\' | 'u' | ' ' | '=' | ':' | '#' | '!') | None => {}
                Some(_) => escapes.lost = true,
            }
        }
        escapes
    }
}

/// True if the last character is white space that no backslash shows to be meant.
fn ends_with_space(text: &str) -> bool {
    let before = text.strip_suffix(is_space);
    before.is_some_and(|before| before.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 0)
}

/// True for `value # comment`.
fn has_comment(value: &str) -> bool {
    let mut before = None;
    value.chars().any(|c| {
        let begins = matches!(c, '#' | '!') && before.is_some_and(is_space);
        before = Some(c);
        begins
    })
}
