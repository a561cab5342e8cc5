//! The names of an entry: its alias, and the unique name where that is another one.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use smol_str::SmolStr;

use crate::error::{Error, ErrorKind, Result};

/// The alias of an entry, and its unique name where the alias is none or is not unique.
///
/// In as few octets as can be, since a store may have a million: what is short needs no memory of its own.
///
/// Equal ones have the same names; that others differ is not said.
#[derive(Clone, PartialEq)]
pub(crate) enum Label {
    Alias(SmolStr),
    More(Box<More>),
}

/// The names that are more than what nearly every entry has.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct More {
    alias: Option<SmolStr>,
    /// The octets of the file, where encoding `alias` would not give them.
    raw: Option<Bytes>,
    given: Option<SmolStr>,
}

impl Label {
    /// An alias read from a file, in which what is not a character (an unpaired surrogate) is written `\uD800`;
    /// `raw` where that alone would not bring the octets back.
    pub(crate) fn alias_as_read(alias: &str, raw: Option<Bytes>) -> Self {
        let alias = alias.into();
        match raw {
            None => Self::Alias(alias),
            raw => Self::More(Box::new(More { alias: Some(alias), raw, given: None })),
        }
    }

    /// A unique name for an entry without alias.
    pub(crate) fn given(name: &str) -> Self {
        Self::More(Box::new(More { given: Some(name.into()), ..More::default() }))
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
        Ok(Self::alias_as_read(&text, None))
    }

    /// The unique name, or the alias where it is unique.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Alias(alias) => alias,
            Self::More(more) => more.given.as_deref().or(more.alias.as_deref()).unwrap_or_default(),
        }
    }

    pub(crate) fn alias(&self) -> Option<&str> {
        match self {
            Self::Alias(alias) => Some(alias),
            Self::More(more) => more.alias.as_deref(),
        }
    }

    /// The octets of the alias in the file, where encoding it would not give them.
    pub(crate) fn raw(&self) -> Option<&Bytes> {
        match self {
            Self::Alias(_) => None,
            Self::More(more) => more.raw.as_ref(),
        }
    }

    /// The name that was given because the alias is none or is not unique.
    pub(crate) fn given_name(&self) -> Option<&str> {
        match self {
            Self::Alias(_) => None,
            Self::More(more) => more.given.as_deref(),
        }
    }

    /// Gives a unique name, or none, to an entry, which keeps its alias.
    pub(crate) fn give(&mut self, name: Option<&str>) {
        if self.given_name() == name {
            return;
        }
        *self = match (self.alias(), self.raw(), name) {
            (None, None, Some(name)) => Self::given(name),
            (Some(alias), raw, None) => Self::alias_as_read(alias, raw.cloned()),
            (alias, raw, name) => Self::More(Box::new(More {
                alias: alias.map(SmolStr::from),
                raw: raw.cloned(),
                given: name.map(SmolStr::from),
            })),
        };
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Label")
            .field("alias", &self.alias())
            .field("raw", &self.raw())
            .field("given", &self.given_name())
            .finish()
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

    const TEXTS: [&str; 6] =
        ["", "a", "a\0", "zürich-中-😀", "23-octets-are-still-in-", "24-octets-are-not-inside"];

    #[test]
    fn short_and_long_names_are_what_they_were() {
        assert_eq!(size_of::<Label>(), 24);
        for text in TEXTS {
            let label = Label::alias_as_read(text, None);
            assert_eq!((label.name(), label.alias(), label.given_name()), (text, Some(text), None));
            let label = Label::given(text);
            assert_eq!((label.name(), label.alias(), label.given_name()), (text, None, Some(text)));
        }
    }

    #[test]
    fn labels_are_equal_if_their_names_are() {
        let raws = [None, Some(Bytes::from_static(b"\xed\xa0\x80"))];
        let labels = || {
            let read = TEXTS.iter().flat_map(|text| raws.clone().map(|raw| Label::alias_as_read(text, raw)));
            read.chain(TEXTS.iter().map(|text| Label::given(text))).enumerate()
        };
        for (number, label) in labels() {
            for (other_number, other) in labels() {
                let names = |label: &Label| format!("{label:?}");
                assert_eq!(label == other, number == other_number);
                assert_eq!(label == other, names(&label) == names(&other));
            }
        }
    }

    #[test]
    fn a_name_comes_and_goes_and_the_alias_stays_as_it_was_read() {
        for alias in TEXTS {
            for raw in [None, Some(Bytes::from_static(b"\xed\xa0\x80"))] {
                let mut label = Label::alias_as_read(alias, raw.clone());
                for name in [Some("a#1a2b3c4d"), Some("of-more-than-23-octets#1a2b3c4d"), None] {
                    label.give(name);
                    assert_eq!((label.alias(), label.raw()), (Some(alias), raw.as_ref()));
                    assert_eq!((label.given_name(), label.name()), (name, name.unwrap_or(alias)));
                }
            }
        }
        let mut label = Label::given("unnamed-1a2b3c4d");
        for name in ["unnamed-1a2b3c4d.2", "unnamed-1a2b3c4d.2345678"] {
            label.give(Some(name));
            assert_eq!((label.name(), label.alias()), (name, None));
        }
    }
}
