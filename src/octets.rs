//! The octets of a file that is to be written, in parts: what is taken over from a file that was read stays where it
//! is, and a digest over what stands before it is computed when it is first asked for.

use std::io;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use bytes::Bytes;
use sha1::{Digest, Sha1};

use crate::parallel;

/// From so many octets on, what is taken over is a part of its own; less is copied.
const WORTHWHILE: usize = 1 << 16;
/// How long a part of copied octets gets.
const COPIED_LEN: usize = 1 << 20;

/// The octets of a file, in parts.
pub(crate) struct Octets<'a> {
    parts: Vec<Part<'a>>,
    end: Option<End>,
}

/// Some octets that follow each other in memory.
enum Part<'a> {
    Lent(&'a [u8]),
    Shared(Bytes),
}

/// What stands behind the parts.
struct End {
    /// The digest over the parts, as it begins.
    begun: Sha1,
    digest: OnceLock<Bytes>,
    trailing: Bytes,
}

impl<'a> Octets<'a> {
    /// These parts, the digest over them, and what stands behind it.
    pub(crate) fn digested(parts: Vec<Bytes>, begun: Sha1, trailing: Bytes) -> Self {
        let end = End { begun, digest: OnceLock::new(), trailing };
        Self { parts: parts.into_iter().map(Part::Shared).collect(), end: Some(end) }
    }

    pub(crate) fn len(&self) -> usize {
        let end = self.end.as_ref().map_or(0, |end| Sha1::output_size() + end.trailing.len());
        self.parts.iter().map(|part| part.len()).sum::<usize>() + end
    }

    /// The parts, in their order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| &**part).chain(self.behind().map(|part| &**part))
    }

    /// The parts as buffers of their own.
    pub(crate) fn shared(&self) -> Vec<Bytes> {
        self.parts.iter().map(Part::share).chain(self.behind().cloned()).collect()
    }

    /// All in one buffer.
    pub(crate) fn joined(&self) -> Bytes {
        if let ([part], None) = (self.parts.as_slice(), &self.end) {
            return part.share();
        }
        let mut joined = Vec::with_capacity(self.len());
        self.beside_digest(|| self.parts.iter().for_each(|part| joined.extend_from_slice(part)));
        self.behind().for_each(|part| joined.extend_from_slice(part));
        joined.into()
    }

    /// Writes all; the digest over much is computed meanwhile.
    pub(crate) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        self.beside_digest(|| self.parts.iter().try_for_each(|part| out.write_all(part)))?;
        self.behind().try_for_each(|part| out.write_all(part))
    }

    /// Whether these are they.
    pub(crate) fn are(&self, bytes: &[u8]) -> bool {
        let mut left = bytes;
        self.len() == bytes.len()
            && self.parts().all(|part| match left.strip_prefix(part) {
                Some(rest) => {
                    left = rest;
                    true
                }
                None => false,
            })
    }

    /// What stands behind the parts.
    fn behind(&self) -> impl Iterator<Item = &Bytes> {
        self.end.iter().flat_map(|end| [self.digest(end), &end.trailing])
    }

    fn beside_digest<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.end {
            Some(end) => parallel::both(self.len(), || self.digest(end).len(), work).1,
            None => work(),
        }
    }

    fn digest<'e>(&self, end: &'e End) -> &'e Bytes {
        end.digest.get_or_init(|| {
            let hash = self.parts.iter().fold(end.begun.clone(), |hash, part| hash.chain_update(&**part));
            Bytes::copy_from_slice(&hash.finalize())
        })
    }
}

impl Part<'_> {
    fn share(&self) -> Bytes {
        match self {
            Self::Lent(octets) => Bytes::copy_from_slice(octets),
            Self::Shared(octets) => octets.clone(),
        }
    }
}

impl Deref for Part<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(octets) => octets,
            Self::Shared(octets) => octets,
        }
    }
}

impl<'a> From<&'a [u8]> for Octets<'a> {
    fn from(octets: &'a [u8]) -> Self {
        Self { parts: vec![Part::Lent(octets)], end: None }
    }
}

impl From<Bytes> for Octets<'_> {
    fn from(octets: Bytes) -> Self {
        Self { parts: vec![Part::Shared(octets)], end: None }
    }
}

/// Gathers the parts of a file. What stands in `source` already, as it is to be written, is taken over.
pub(crate) struct Gather<'a> {
    source: &'a Bytes,
    parts: Vec<Bytes>,
    /// What is no part yet: octets of the source behind copied ones.
    copied: Vec<u8>,
    run: Range<usize>,
}

impl<'a> Gather<'a> {
    pub(crate) fn new(source: &'a Bytes) -> Self {
        Self { source, parts: Vec::new(), copied: Vec::new(), run: 0..0 }
    }

    /// Adds `head` and what stands behind it, which are in one part then.
    pub(crate) fn add(&mut self, head: &[u8], body: &[u8]) {
        match self.place(head, body) {
            Some(place) if place.start == self.run.end => self.run.end = place.end,
            Some(place) => {
                self.end_run();
                self.run = place;
            }
            None => {
                self.end_run();
                self.copied.extend_from_slice(head);
                self.copied.extend_from_slice(body);
            }
        }
    }

    /// All parts.
    pub(crate) fn parts(mut self) -> Vec<Bytes> {
        self.end_run();
        self.end_copied();
        self.parts
    }

    /// Where both stand in the source, one behind the other.
    fn place(&self, head: &[u8], body: &[u8]) -> Option<Range<usize>> {
        let at = body.as_ptr().addr().checked_sub(self.source.as_ptr().addr())?;
        let place = at.checked_sub(head.len())?..at.checked_add(body.len())?;
        let (found, rest) = self.source.get(place.clone())?.split_at_checked(head.len())?;
        (found == head && rest.as_ptr() == body.as_ptr()).then_some(place)
    }

    fn end_run(&mut self) {
        let run = std::mem::replace(&mut self.run, 0..0);
        if run.len() >= WORTHWHILE {
            self.end_copied();
            self.parts.push(self.source.slice(run));
            return;
        }
        self.copied.extend_from_slice(self.source.get(run).unwrap_or_default());
        if self.copied.len() >= COPIED_LEN {
            self.end_copied();
        }
    }

    fn end_copied(&mut self) {
        if !self.copied.is_empty() {
            self.parts.push(std::mem::take(&mut self.copied).into());
        }
    }
}
