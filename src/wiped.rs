//! Octets that are wiped when they are gone.

use std::ops::Deref;

use zeroize::Zeroizing;

/// Octets that are wiped when they are gone, as [`Zeroizing`] does, but many at a time: of a large store what is
/// in the clear is as large as the file.
pub(crate) struct Wiped(Vec<u8>);

impl From<Vec<u8>> for Wiped {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

impl From<Zeroizing<Vec<u8>>> for Wiped {
    fn from(mut octets: Zeroizing<Vec<u8>>) -> Self {
        Self(std::mem::take(&mut *octets))
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

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
