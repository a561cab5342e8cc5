//! A value, its absence, and its emptiness.

/// What one file says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value<T> {
    /// Nothing: the key is absent, or nothing stands behind it. The central server's value holds.
    Inherit,
    /// `[EMPTY]`: really nothing, whatever the central server has.
    Empty,
    /// A value.
    Set(T),
}

impl<'a> Value<&'a str> {
    /// What a key's text means; `""` inherits.
    pub(super) fn from_text(text: &'a str) -> Self {
        match text {
            "" => Self::Inherit,
            "[EMPTY]" => Self::Empty,
            text => Self::Set(text),
        }
    }
}
