//! What is computed of a store file while it is read.

use zeroize::Zeroizing;

use super::pkcs12::{Begun, Opening};
use super::{Digest, Known, Unlock, candidates, jks};
use crate::limits::Limits;
use crate::octets::keyed_sha1;
use crate::password::Password;

/// What is to be computed.
pub(crate) enum Ahead {
    Digest(Digesting),
    Open(Opening),
}

impl Ahead {
    /// Of a file of this length, which begins with `first`; `None` if nothing is known to be computed of it.
    pub(crate) fn of(first: &[u8], len: usize, unlock: Unlock<'_>, limits: &Limits) -> Option<Self> {
        if !jks::is_one(first) {
            return Opening::of(first, len, unlock, limits).map(Self::Open);
        }
        let password = candidates(unlock).into_iter().next()?;
        Some(Self::Digest(Digesting::new(&password, len.checked_sub(jks::DIGEST_LEN)?)))
    }

    /// Computes it from the parts of the file, as they come.
    pub(crate) fn work(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> Known {
        match self {
            Self::Digest(digesting) => Known::Digest(digesting.digest(parts)),
            Self::Open(opening) => {
                opening.open(parts).map_or(Known::Nothing, |opened| Known::Opened(opened, None))
            }
        }
    }

    /// What can be done besides when all parts are there, until the work `is_over`.
    pub(crate) fn meanwhile(&self, parts: &[&[u8]], is_over: &dyn Fn() -> bool) -> Option<Begun> {
        match self {
            Self::Digest(_) => None,
            Self::Open(opening) => opening.check(parts, is_over),
        }
    }
}

/// The digest of a JKS or JCEKS store under the first password that is to be tried, over everything but the last
/// octets, which nearly always are the digest.
pub(crate) struct Digesting {
    key: Zeroizing<Vec<u8>>,
    /// How much is digested.
    body_len: usize,
}

impl Digesting {
    /// The digest over the first octets, so many of them.
    pub(super) fn new(password: &Password, body_len: usize) -> Self {
        Self { key: jks::key_of_digest(password), body_len }
    }

    /// Computes it from the parts of the file, as they come.
    pub(super) fn digest(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> Digest {
        let mut left = self.body_len;
        let body = parts.map(|part| {
            let part = part.get(..left).unwrap_or(part);
            left -= part.len();
            part
        });
        keyed_sha1(&self.key, body)
    }
}
