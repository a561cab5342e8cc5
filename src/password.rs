//! A password in memory.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::error::Result;

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
pub struct Password {
    text: Zeroizing<String>,
    derived: Derived,
}

/// What was derived from a password last, by name; shared by its copies, and wiped with the last of them.
type Derived = Arc<Mutex<Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>>>;

/// What an edit of a store derives for reading and writing it, several times over.
const MOST_DERIVED: usize = 16;
/// Of a name, in octets: a hostile file has long salts.
const LONGEST_NAME: usize = 256;

impl Password {
    /// What a Java installation uses where nobody chose a password.
    pub const JAVA_DEFAULT: &'static str = "changeit";

    /// A password from its characters.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: Zeroizing::new(text.into()), derived: Derived::default() }
    }

    /// The characters, encoded as UTF-8.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A second copy, wiped on its own; what was derived from one is known to the other.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { text: self.text.clone(), derived: Arc::clone(&self.derived) }
    }

    /// True for the password without characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// UTF-16 code units, big endian, without a terminator: what the digest of a JKS file starts with
    /// (JDK `sun.security.provider.JavaKeyStore.getPreKeyedHash`), and a BMPString's value.
    pub(crate) fn utf16_be(&self) -> Zeroizing<Vec<u8>> {
        // The whole capacity at once: growing would leave unwiped copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(self.text.len() * 2 + 2));
        for unit in self.text.encode_utf16() {
            bytes.extend_from_slice(&unit.to_be_bytes());
        }
        bytes
    }

    /// What `derive` makes of this password, unless it was made before under this name, which says all that goes
    /// into it: what was written is read again to check it, and a derivation is slow on purpose.
    pub(crate) fn derived(
        &self,
        name: &[u8],
        derive: impl FnOnce() -> Result<Zeroizing<Vec<u8>>>,
    ) -> Result<Zeroizing<Vec<u8>>> {
        if let Some(octets) = self.known(name) {
            return Ok(octets);
        }
        let octets = derive()?;
        if name.len() <= LONGEST_NAME {
            let mut known = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_DERIVED {
                known.remove(0);
            }
            known.push((name.to_vec(), octets.clone()));
        }
        Ok(octets)
    }

    /// What was derived under this name, if it is still known.
    pub(crate) fn known(&self, name: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let known = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(known, _)| known == name).map(|(_, octets)| octets.clone())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Password({} bytes)", self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_derived_is_not_derived_again_unless_it_is_long_ago_or_has_a_long_name() {
        let password = Password::new("changeit");
        let derive = |name: &[u8], octet: u8| password.derived(name, || Ok(vec![octet].into())).unwrap()[0];
        assert_eq!([derive(b"a", 1), derive(b"a", 2), derive(b"b", 3)], [1, 1, 3]);
        assert_eq!(*password.duplicate().derived(b"a", || Ok(vec![4].into())).unwrap(), [1]);
        assert_eq!(*Password::new("changeit").derived(b"a", || Ok(vec![5].into())).unwrap(), [5]);
        for number in 0..MOST_DERIVED {
            derive(format!("c{number}").as_bytes(), 6);
        }
        assert_eq!(derive(b"a", 7), 7);
        let long = [b'd'; LONGEST_NAME + 1];
        assert_eq!([derive(&long, 8), derive(&long, 9)], [8, 9]);
        assert_eq!(password.derived.lock().unwrap().len(), MOST_DERIVED);
    }

    #[test]
    fn a_failure_is_not_kept() {
        let password = Password::new("changeit");
        password.derived(b"a", || Err(crate::Error::damaged("no"))).unwrap_err();
        assert_eq!(*password.derived(b"a", || Ok(vec![1].into())).unwrap(), [1]);
    }
}
