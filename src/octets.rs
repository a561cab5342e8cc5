//! The octets of a file that is to be written, in parts: what is taken over from a file that was read stays where it
//! is, and a digest over what stands before it is computed when it is first asked for.

use std::io;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use bytes::Bytes;
use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::parallel;

/// From so many octets on, what is taken over is a part of its own; less is copied.
const WORTHWHILE: usize = 1 << 16;
/// How long a part of copied octets gets.
const COPIED_LEN: usize = 1 << 20;

/// The octets of a file, in parts.
pub(crate) struct Octets<'a> {
    parts: Vec<Part<'a>>,
    end: Option<End>,
    signed: Option<Signed>,
}

/// A MAC that was computed over octets which have not changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// Where those stand.
    pub(crate) content: Range<usize>,
    /// Where the MAC stands, with all that says how it was computed.
    pub(crate) mac: Range<usize>,
}

/// Some octets that follow each other in memory.
enum Part<'a> {
    Lent(&'a [u8]),
    Shared(Bytes),
}

/// What stands behind the parts.
struct End {
    /// What is digested before the parts.
    key: Zeroizing<Vec<u8>>,
    digest: OnceLock<Bytes>,
    trailing: Bytes,
}

impl<'a> Octets<'a> {
    /// These parts, the SHA-1 digest over a key and them, and what stands behind it.
    pub(crate) fn digested(parts: Vec<Bytes>, key: Zeroizing<Vec<u8>>, trailing: Bytes) -> Self {
        let end = End { key, digest: OnceLock::new(), trailing };
        Self { parts: parts.into_iter().map(Part::Shared).collect(), end: Some(end), signed: None }
    }

    /// These octets, with a MAC in them.
    pub(crate) fn signed(octets: Vec<u8>, signed: Option<Signed>) -> Self {
        Self { signed, ..Bytes::from(octets).into() }
    }

    /// The MAC in them, if whoever made them told of one.
    pub(crate) fn mac(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }

    pub(crate) fn len(&self) -> usize {
        let end = self.end.as_ref().map_or(0, |end| Sha1::output_size() + end.trailing.len());
        self.parts.iter().map(|part| part.len()).sum::<usize>() + end
    }

    /// The parts, in their order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| &**part).chain(self.behind().map(|part| &**part))
    }

    /// What the digest is over, as buffers of their own, and what stands behind it; `None` if there is none.
    pub(crate) fn digested_parts(&self) -> Option<(Vec<Bytes>, Bytes)> {
        let end = self.end.as_ref()?;
        Some((self.parts.iter().map(Part::share).collect(), end.trailing.clone()))
    }

    /// All in one buffer; the digest over much is computed meanwhile.
    pub(crate) fn joined(&self) -> Bytes {
        if let ([part], None) = (self.parts.as_slice(), &self.end) {
            return part.share();
        }
        let mut joined = Vec::with_capacity(self.len());
        let hashed = self.end.as_ref().map_or(0, |_| self.len());
        let copy = || self.parts.iter().for_each(|part| joined.extend_from_slice(part));
        parallel::both(hashed, || self.digest_ahead(), copy);
        self.behind().for_each(|part| joined.extend_from_slice(part));
        joined.into()
    }

    /// Writes the parts; [`write_end`](Self::write_end) writes what stands behind them.
    pub(crate) fn write_parts(&self, out: &mut dyn io::Write) -> io::Result<()> {
        self.parts.iter().try_for_each(|part| out.write_all(part))
    }

    /// Writes the digest, and what stands behind it. The digest of much is better asked for by another thread before
    /// ([`digest_ahead`](Self::digest_ahead)).
    pub(crate) fn write_end(&self, out: &mut dyn io::Write) -> io::Result<()> {
        self.behind().try_for_each(|part| out.write_all(part))
    }

    /// Whether a digest stands behind the parts that takes so long to compute that it is worth a thread.
    pub(crate) fn has_long_digest(&self) -> bool {
        self.end.is_some() && parallel::is_worthwhile(self.len())
    }

    /// Computes the digest, if there is one and it is not computed yet: for a thread that has nothing else to do.
    pub(crate) fn digest_ahead(&self) {
        if let Some(end) = &self.end {
            self.digest(end);
        }
    }

    /// Whether these are they.
    pub(crate) fn are(&self, bytes: &[u8]) -> bool {
        let mut expected = self.expected();
        self.len() == bytes.len() && expected.begin_with(bytes) && expected.is_empty()
    }

    /// These octets, to be compared with others that come in parts of their own.
    pub(crate) fn expected(&self) -> Expected<'_, impl Iterator<Item = &[u8]>> {
        self.expected_from(0)
    }

    /// As [`expected`](Self::expected), from `at` on.
    pub(crate) fn expected_from(&self, mut at: usize) -> Expected<'_, impl Iterator<Item = &[u8]>> {
        let parts = self.parts().map(move |part| {
            let (before, part) = part.split_at(at.min(part.len()));
            at -= before.len();
            part
        });
        Expected::of(parts)
    }

    /// What stands behind the parts.
    fn behind(&self) -> impl Iterator<Item = &Bytes> {
        self.end.iter().flat_map(|end| [self.digest(end), &end.trailing])
    }

    fn digest<'e>(&self, end: &'e End) -> &'e Bytes {
        end.digest.get_or_init(|| {
            Bytes::copy_from_slice(&keyed_sha1(&end.key, self.parts.iter().map(|part| &**part)))
        })
    }
}

/// SHA-1 over a key and what follows it.
pub(crate) fn keyed_sha1<'a>(key: &[u8], parts: impl Iterator<Item = &'a [u8]>) -> [u8; 20] {
    let mut begun = KeyedSha1::new(key);
    parts.for_each(|part| begun.put(part));
    begun.value()
}

/// SHA-1 over a key and what follows it, part by part. The hash stays where it has begun: it keeps a short key as it is.
pub(crate) struct KeyedSha1 {
    hash: Box<Sha1>,
    done: usize,
}

impl KeyedSha1 {
    pub(crate) fn new(key: &[u8]) -> Self {
        let mut hash = Box::new(Sha1::new());
        hash.update(key);
        Self { hash, done: 0 }
    }

    /// Goes on with the next part.
    pub(crate) fn put(&mut self, part: &[u8]) {
        self.hash.update(part);
        self.done += part.len();
    }

    /// How many octets it is over, without the key.
    pub(crate) fn done(&self) -> usize {
        self.done
    }

    pub(crate) fn value(mut self) -> [u8; 20] {
        self.hash.finalize_reset().into()
    }
}

/// Where `part` stands in `whole`; `None` if it is elsewhere in memory.
pub(crate) fn place_of(part: &[u8], whole: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (at.checked_add(part.len())? <= whole.len()).then_some(at)
}

/// Whether `part` is what stands at this place in `whole`, and not the same octets elsewhere in memory.
pub(crate) fn stands_at(part: &[u8], place: &Range<usize>, whole: &[u8]) -> bool {
    part.len() == place.len() && place_of(part, whole) == Some(place.start)
}

/// What stands at this place in octets that come in these parts.
pub(crate) fn within<'p>(
    parts: impl Iterator<Item = &'p [u8]>,
    place: &Range<usize>,
) -> impl Iterator<Item = &'p [u8]> {
    let mut at = 0;
    parts.map(move |part| {
        let [start, end] = [place.start, place.end].map(|bound| bound.saturating_sub(at).min(part.len()));
        at += part.len();
        part.get(start..end).unwrap_or_default()
    })
}

/// Octets that others are compared with.
pub(crate) struct Expected<'o, P: Iterator<Item = &'o [u8]>> {
    parts: P,
    left: &'o [u8],
}

impl<'o, P: Iterator<Item = &'o [u8]>> Expected<'o, P> {
    /// Those in these parts.
    pub(crate) fn of(parts: P) -> Self {
        Self { parts, left: &[] }
    }

    /// Whether they begin with these, which are taken off then.
    pub(crate) fn begin_with(&mut self, mut found: &[u8]) -> bool {
        while !found.is_empty() {
            if self.left.is_empty() {
                let Some(part) = self.parts.next() else { return false };
                self.left = part;
            }
            let len = self.left.len().min(found.len());
            let ((expected, behind), (these, rest)) = (self.left.split_at(len), found.split_at(len));
            if these != expected {
                return false;
            }
            (self.left, found) = (behind, rest);
        }
        true
    }

    /// Whether all were taken off.
    pub(crate) fn is_empty(&mut self) -> bool {
        self.left.is_empty() && self.parts.all(<[u8]>::is_empty)
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
        Self { parts: vec![Part::Lent(octets)], end: None, signed: None }
    }
}

impl FromIterator<Bytes> for Octets<'_> {
    fn from_iter<I: IntoIterator<Item = Bytes>>(parts: I) -> Self {
        Self { parts: parts.into_iter().map(Part::Shared).collect(), end: None, signed: None }
    }
}

impl From<Bytes> for Octets<'_> {
    fn from(octets: Bytes) -> Self {
        Self { parts: vec![Part::Shared(octets)], end: None, signed: None }
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
        let at = place_of(body, self.source)?;
        let start = at.checked_sub(head.len())?;
        (self.source.get(start..at)? == head).then_some(start..at + body.len())
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
            // There will be as much again.
            self.copied.reserve(COPIED_LEN + WORTHWHILE);
        }
    }

    fn end_copied(&mut self) {
        if !self.copied.is_empty() {
            self.parts.push(std::mem::take(&mut self.copied).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gathered(source: &Bytes, records: &[(Vec<u8>, Bytes)]) -> Vec<Bytes> {
        let mut gather = Gather::new(source);
        records.iter().for_each(|(head, body)| gather.add(head, body));
        gather.parts()
    }

    #[test]
    fn what_follows_each_other_in_the_source_is_one_part_of_it() {
        let source = Bytes::from(vec![7; 3 * WORTHWHILE]);
        let record = |start: usize, end: usize| (vec![7; 4], source.slice(start + 4..end));
        let new = (b"new".to_vec(), Bytes::from_static(b" entry"));
        let len = source.len();
        let records =
            [record(10, 90), record(90, len - WORTHWHILE), new.clone(), record(len - WORTHWHILE, len)];
        let parts = gathered(&source, &records);
        assert_eq!(parts.len(), 3);
        assert_eq!(parts[0].as_ptr(), source[10..].as_ptr());
        assert_eq!(parts[1], "new entry");
        assert_eq!(parts[2].as_ptr(), source[len - WORTHWHILE..].as_ptr());
        // Another head than the one that stands there.
        let changed = [(vec![8; 4], source.slice(14..len))];
        assert_ne!(gathered(&source, &changed)[0].as_ptr(), source[10..].as_ptr());
        // The same octets elsewhere in memory, and no room for a head.
        let copy = Bytes::copy_from_slice(&source);
        for other in [(vec![7; 4], copy.slice(4..)), (vec![7; 4], source.clone())] {
            let expected = [&other.0[..], &other.1].concat();
            assert_eq!(gathered(&source, &[other]).concat(), expected);
        }
    }

    #[test]
    fn the_digest_is_over_everything_before_it_however_it_is_asked_for() {
        for len in [10, 3 << 20] {
            let parts = || vec![Bytes::from(vec![1; len]), Bytes::from(vec![2; len])];
            let key = || Zeroizing::new(b"key".to_vec());
            let digest = Sha1::new().chain_update(key()).chain_update(parts().concat()).finalize();
            let expected = [&parts().concat(), &digest[..], b"behind"].concat();
            let octets = || Octets::digested(parts(), key(), Bytes::from_static(b"behind"));
            assert_eq!(octets().len(), expected.len());
            assert!(octets().joined() == expected && octets().are(&expected));
            for at in [0, 1, len, len + 1, expected.len() - 1, expected.len()] {
                let octets = octets();
                let mut from = octets.expected_from(at);
                assert!(from.begin_with(&expected[at..]) && from.is_empty(), "{at}");
                assert!(at == 0 || !octets.expected_from(at).begin_with(&expected), "{at}");
            }
            let (digested, behind) = octets().digested_parts().unwrap();
            assert!(digested.concat() == parts().concat() && behind == "behind");
            let mut written = Vec::new();
            let octets = octets();
            octets.write_parts(&mut written).unwrap();
            assert!(written == parts().concat());
            octets.write_end(&mut written).unwrap();
            assert!(written == expected);
            *written.last_mut().unwrap() ^= 1;
            assert!(!octets.are(&written) && !octets.are(&expected[1..]));
        }
    }

    #[test]
    fn a_place_is_found_in_parts_and_told_from_the_same_octets_elsewhere() {
        let whole: Vec<u8> = (0..20).collect();
        for len in [1, 7, 20] {
            for (start, end) in (0..=20).flat_map(|start| (start..=20).map(move |end| (start, end))) {
                let found: Vec<&[u8]> = within(whole.chunks(len), &(start..end)).collect();
                assert_eq!(found.concat(), whole[start..end], "{len} {start} {end}");
                assert!(stands_at(&whole[start..end], &(start..end), &whole));
            }
            assert_eq!(within(whole.chunks(len), &(15..usize::MAX)).flatten().count(), 5);
        }
        assert!(!stands_at(&whole[1..3], &(1..4), &whole) && !stands_at(&whole[1..3], &(2..4), &whole));
        assert!(!stands_at(&whole.clone()[1..3], &(1..3), &whole));
    }

    #[test]
    fn a_write_that_fails_is_an_error() {
        let full: &mut [u8] = &mut [0; 8];
        let parts = vec![Bytes::from_static(b"more octets")];
        let octets = Octets::digested(parts, Zeroizing::default(), Bytes::new());
        let written = octets.write_parts(&mut &mut *full).unwrap_err();
        assert_eq!(written.kind(), io::ErrorKind::WriteZero);
    }

    proptest! {
        /// Whatever is taken over and whatever is copied, nothing is lost and nothing changes its place.
        #[test]
        fn parts_are_what_was_added(
            places in proptest::collection::vec((0..3_000_usize, 0..20_usize, 0..1_200_usize, any::<bool>()), 0..40),
        ) {
            let source: Bytes = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect::<Vec<u8>>().into();
            let records: Vec<(Vec<u8>, Bytes)> = places
                .into_iter()
                .map(|(at, head, body, same)| {
                    let (at, body_at) = (at * 60, at * 60 + head);
                    let first = if same { source[at..body_at].to_vec() } else { vec![1; head] };
                    (first, source.slice(body_at..body_at + body * 10))
                })
                .collect();
            let expected: Vec<u8> =
                records.iter().flat_map(|(head, body)| [&head[..], body].concat()).collect();
            let parts = gathered(&source, &records);
            prop_assert!(parts.concat() == expected);
            prop_assert!(parts.iter().all(|part| !part.is_empty()));
        }
    }
}
