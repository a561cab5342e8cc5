//! What is computed of a store file while it is read.

use zeroize::Zeroizing;

use super::{Unlock, candidates, jks};
use crate::octets::keyed_sha1;
use crate::password::Password;

/// The digest of a JKS or JCEKS store under the first password that is to be tried, over everything but the last
/// octets, which nearly always are the digest.
pub(crate) struct Ahead {
    key: Zeroizing<Vec<u8>>,
    /// How much is digested.
    body_len: usize,
}

/// What was found.
pub(crate) type Digest = [u8; jks::DIGEST_LEN];

impl Ahead {
    /// Of a file of this length, which begins with `first`; `None` if nothing is known to be computed of it.
    pub(crate) fn of(first: &[u8], len: usize, unlock: Unlock<'_>) -> Option<Self> {
        let password = candidates(unlock).into_iter().next().filter(|_| jks::is_one(first))?;
        Some(Self::begin(&password, len.checked_sub(jks::DIGEST_LEN)?))
    }

    /// The digest over the first octets, so many of them.
    pub(super) fn begin(password: &Password, body_len: usize) -> Self {
        Self { key: jks::key_of_digest(password), body_len }
    }

    /// Computes it from the parts of the file, as they come.
    pub(crate) fn digest(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> Digest {
        let mut left = self.body_len;
        let body = parts.map(|part| {
            let part = part.get(..left).unwrap_or(part);
            left -= part.len();
            part
        });
        keyed_sha1(&self.key, body)
    }
}
