//! One table of a manifest: its values by key, each of the type that it must have.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::place::{Lines, Place};
use crate::cert::Fingerprint;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::near_matches;

/// A table and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'a> {
    values: &'a DeTable<'a>,
    /// What the table is in messages: `[[store]]`.
    header: &'static str,
    lines: &'a Lines<'a>,
    pub(super) place: Place,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Value<T> {
    pub(super) value: T,
    pub(super) place: Place,
}

impl<'a> Table<'a> {
    /// The document itself.
    pub(super) fn root(values: &'a DeTable<'a>, lines: &'a Lines<'a>) -> Self {
        Self { values, header: "the manifest", lines, place: lines.place(0) }
    }

    /// Refuses a key that is none of these.
    pub(super) fn require_keys(&self, known: &[&str]) -> Result<()> {
        let mut unknown: Vec<(&str, Range<usize>)> = self
            .values
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .map(|key| (key.get_ref().as_ref(), key.span()))
            .collect();
        unknown.sort_by_key(|(_, span)| span.start);
        let Some((key, span)) = unknown.first() else { return Ok(()) };
        let meant = match near_matches(known.iter().copied(), key).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of `{}`", known.join("`, `")),
        };
        let shown: String = key.chars().take(100).collect();
        Err(invalid(
            self.lines.place(span.start),
            format!("unknown key `{shown}` in {}: {meant}", self.header),
        ))
    }

    /// A text that is not empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<Value<String>>> {
        let Some(spanned) = self.values.get(key) else { return Ok(None) };
        let place = self.place_of(spanned);
        match spanned.get_ref() {
            DeValue::String(text) if text.is_empty() => {
                Err(invalid(place, format!("`{key}` is empty: expected a text")))
            }
            DeValue::String(text) => Ok(Some(Value { value: text.clone().into_owned(), place })),
            other => Err(wrong_type(place, key, "a text in quotes", other)),
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &str) -> Result<Value<String>> {
        self.text(key)?
            .ok_or_else(|| invalid(self.place, format!("expected `{key}` in {}, found none", self.header)))
    }

    /// `true` or `false`; the latter is as good as nothing.
    pub(super) fn flag(&self, key: &str) -> Result<Option<Value<bool>>> {
        let Some(spanned) = self.values.get(key) else { return Ok(None) };
        let place = self.place_of(spanned);
        match spanned.get_ref() {
            DeValue::Boolean(value) => Ok(Some(Value { value: *value, place })),
            other => Err(wrong_type(place, key, "true or false", other)),
        }
    }

    pub(super) fn integer(&self, key: &str) -> Result<Option<Value<String>>> {
        let Some(spanned) = self.values.get(key) else { return Ok(None) };
        let place = self.place_of(spanned);
        match spanned.get_ref() {
            DeValue::Integer(value) => Ok(Some(Value { value: value.to_string(), place })),
            other => Err(wrong_type(place, key, "an integer", other)),
        }
    }

    pub(super) fn fingerprint(&self, key: &str) -> Result<Option<Fingerprint>> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match text.value.parse() {
            Ok(fingerprint) => Ok(Some(fingerprint)),
            Err(error) => Err(invalid(text.place, format!("`{key}`: {}", error.message()))),
        }
    }

    /// The tables `[[header]]`, none if there are none.
    pub(super) fn tables(&self, key: &str, header: &'static str) -> Result<Vec<Self>> {
        let Some(spanned) = self.values.get(key) else { return Ok(Vec::new()) };
        let DeValue::Array(array) = spanned.get_ref() else {
            let place = self.place_of(spanned);
            return Err(wrong_type(place, key, &format!("tables, each under {header}"), spanned.get_ref()));
        };
        array
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(values) => {
                    Ok(Self { values, header, lines: self.lines, place: self.place_of(item) })
                }
                other => Err(wrong_type(self.place_of(item), key, &format!("a table {header}"), other)),
            })
            .collect()
    }

    fn place_of(&self, value: &Spanned<DeValue<'_>>) -> Place {
        self.lines.place(value.span().start)
    }
}

/// The error for something at this place.
pub(super) fn invalid(place: Place, message: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::ManifestInvalid, format!("{place}: {message}"))
}

fn wrong_type(place: Place, key: &str, expected: &str, found: &DeValue<'_>) -> Error {
    let found = match found {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    };
    invalid(place, format!("`{key}`: expected {expected}, found {found}"))
}
