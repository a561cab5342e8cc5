//! What is computed of a store file while it is read.

use zeroize::Zeroizing;

use super::pkcs12::{Begun, Opening};
use super::{Digest, Known, Unlock, candidates, jks};
use crate::limits::Limits;
use crate::octets::KeyedSha1;
use crate::parallel::Follower;
use crate::password::Password;

/// What is to be computed.
pub(crate) enum Ahead {
    Digest(Digesting),
    Open(Box<Opening>),
}

impl Ahead {
    /// Of a file of this length, which begins with `first`; `None` if nothing is known to be computed of it.
    pub(crate) fn of(first: &[u8], len: usize, unlock: Unlock<'_>, limits: &Limits) -> Option<Self> {
        if !jks::is_one(first) {
            return Opening::of(first, len, unlock, limits).map(Box::new).map(Self::Open);
        }
        let password = candidates(unlock).into_iter().next()?;
        Some(Self::Digest(Digesting::new(&password, len.checked_sub(jks::DIGEST_LEN)?)))
    }

    /// Computes it from the parts of the file, as they come.
    pub(crate) fn work(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> Known {
        match self {
            Self::Digest(digesting) => Known::Digest(digesting.begin(parts)),
            Self::Open(opening) => opening.open(parts).map(Box::new).map_or(Known::Nothing, Known::Opened),
        }
    }

    /// What is done besides when all parts are there, while `other` still works on them.
    pub(crate) fn meanwhile(&self, parts: &[&[u8]], other: &Follower<'_>) -> Option<Begun> {
        match self {
            // The rest of it can wait until the entries are read.
            Self::Digest(_) => {
                other.stop();
                None
            }
            Self::Open(opening) => opening.check(parts, &|| other.is_done()),
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

    /// Begins with the parts of the file that come.
    fn begin(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> KeyedSha1 {
        let mut begun = KeyedSha1::new(&self.key);
        parts.for_each(|part| self.go_on(&mut begun, part));
        begun
    }

    /// Goes on with the next part of the file.
    fn go_on(&self, begun: &mut KeyedSha1, part: &[u8]) {
        begun.put(part.get(..self.body_len.saturating_sub(begun.done())).unwrap_or(part));
    }

    /// The digest of this file, which may have begun.
    pub(super) fn digest(&self, begun: Option<KeyedSha1>, file: &[u8]) -> Digest {
        let mut begun = begun.unwrap_or_else(|| KeyedSha1::new(&self.key));
        let rest = file.get(begun.done()..).unwrap_or_default();
        self.go_on(&mut begun, rest);
        begun.value()
    }
}
