//! The name under which a store holds an entry.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};

/// The alias of an entry as the file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    /// The characters; what is not a character (an unpaired surrogate) is written `\uD800`.
    text: Text,
    /// The octets of the file, where encoding `text` would not give them.
    raw: Option<Box<Bytes>>,
}

impl Alias {
    /// An alias read from a file; `raw` where `text` alone would not bring the octets back.
    pub(crate) fn read(text: &str, raw: Option<Bytes>) -> Self {
        Self { text: Text::new(text), raw: raw.map(Box::new) }
    }

    /// An alias to be written into a JKS or JCEKS file, which the JDK lower-cases.
    ///
    /// # Errors
    /// `AliasInvalid` for an empty alias, and for one that is too long.
    pub(crate) fn for_record(text: &str) -> Result<Self> {
        let text = fold(checked(text)?).into_owned();
        // In Modified UTF-8, as `java.io.DataOutput.writeUTF` counts.
        let len: usize = text
            .encode_utf16()
            .map(|unit| match unit {
                1..0x80 => 1,
                0 | 0x80..0x800 => 2,
                0x800.. => 3,
            })
            .sum();
        if len > usize::from(u16::MAX) {
            return Err(Error::new(
                ErrorKind::AliasInvalid,
                format!("the alias has {len} bytes, JKS and JCEKS hold at most 65535"),
            ));
        }
        Ok(Self { text: Text::new(&text), raw: None })
    }

    pub(crate) fn text(&self) -> &str {
        self.text.as_str()
    }

    pub(crate) fn raw(&self) -> Option<&Bytes> {
        self.raw.as_deref()
    }
}

/// A string that, while it is short, needs no memory of its own: a store may have a million.
#[derive(Clone, PartialEq, Eq)]
enum Text {
    Short { len: u8, octets: [u8; Self::SHORT] },
    Long(Box<str>),
}

impl Text {
    /// With tag and length as much as a `String` takes.
    const SHORT: usize = 22;

    fn new(text: &str) -> Self {
        let mut octets = [0; Self::SHORT];
        match (octets.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(start), Ok(len)) => {
                start.copy_from_slice(text.as_bytes());
                Self::Short { len, octets }
            }
            _ => Self::Long(text.into()),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Short { len, octets } => {
                let octets = octets.get(..usize::from(*len)).unwrap_or_default();
                std::str::from_utf8(octets).unwrap_or_default()
            }
            Self::Long(text) => text,
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// `text`, if it can be an alias at all.
///
/// # Errors
/// `AliasInvalid` for an empty one, or one of control characters or blanks alone.
pub(crate) fn checked(text: &str) -> Result<&str> {
    if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::new(
            ErrorKind::AliasInvalid,
            format!("\"{text}\" is not an alias; give one with visible characters"),
        ));
    }
    Ok(text)
}

/// The form in which aliases are compared: all three formats ignore case, as the JDK does
/// (`String.toLowerCase(Locale.ENGLISH)`).
pub(crate) fn fold(alias: &str) -> Cow<'_, str> {
    // Most are in lower case already.
    if alias.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(alias);
    }
    Cow::Owned(alias.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_names_are_what_they_were() {
        for text in ["", "a", "zürich-中-😀", &"x".repeat(22), &"x".repeat(23), &"ä".repeat(300)] {
            let alias = Alias::read(text, None);
            assert_eq!(alias.text(), text);
            assert_eq!(alias, alias.clone());
        }
        assert_ne!(Alias::read("a", None), Alias::read("a\0", None));
        assert_eq!(size_of::<Text>(), size_of::<String>());
    }
}
