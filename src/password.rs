//! A password in memory.

use std::fmt;

use zeroize::Zeroizing;

/// A password: wiped when dropped, never shown.
///
/// Not `Clone`: every copy is visible in the code as [`Password::duplicate`].
///
/// ```
/// use truststore::Password;
///
/// let password = Password::new("changeit");
/// assert_eq!(format!("{password:?}"), "Password(8 bytes)");
/// ```
pub struct Password(Zeroizing<String>);

impl Password {
    /// What a Java installation uses where nobody chose a password.
    pub const JAVA_DEFAULT: &'static str = "changeit";

    /// A password from its characters.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The characters, encoded as UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A second copy, wiped on its own.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self(self.0.clone())
    }

    /// True for the password without characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// UTF-16 code units, big endian, without a terminator: what the digest of a JKS file starts with
    /// (JDK `sun.security.provider.JavaKeyStore.getPreKeyedHash`), and a BMPString's value.
    pub(crate) fn utf16_be(&self) -> Zeroizing<Vec<u8>> {
        // The whole capacity at once: growing would leave unwiped copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.0.len() * 2 + 2));
        for unit in self.0.encode_utf16() {
            bytes.extend_from_slice(&unit.to_be_bytes());
        }
        bytes
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Password({} bytes)", self.0.len())
    }
}
