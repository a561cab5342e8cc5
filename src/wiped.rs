//! Octets that are wiped when they are gone.

use std::ops::{Deref, DerefMut};

/// Octets that are wiped when they are gone, as `zeroize` does, but many at a time: of a large store what is in
/// the clear is as large as the file.
pub(crate) struct Wiped(Vec<u8>);

impl Wiped {
    /// Room for `len` octets that are to be written.
    pub(crate) fn zeroed(len: usize) -> Self {
        Self(vec![0; len])
    }

    /// Shortens it to `len` octets.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

impl From<Vec<u8>> for Wiped {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        // With what stands behind the last octet.
        let all = self.0.capacity();
        self.0.clear();
        self.0.resize(all, 0);
        zeroize::optimization_barrier(self.0.as_slice());
    }
}

impl Deref for Wiped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Wiped {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
