//! Distinguished names, written as a person reads them.

use crate::ber::Element;

/// A distinguished name (X.501 `Name`), as a range of the certificate.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    element: Element<'a>,
}

impl<'a> Name<'a> {
    pub(super) fn new(element: Element<'a>) -> Self {
        Self { element }
    }

    /// The DER encoding.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.element.raw
    }
}

impl Name<'_> {
    /// Stub.
    #[must_use]
    pub fn readable(&self) -> Option<String> {
        None
    }
}
impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.raw().len())
    }
}
