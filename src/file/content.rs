//! Reading a regular file, and telling whether it is still the same.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::patience::{PAUSE, patiently};
use super::platform;
use super::target::{Target, require_regular};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::octets::Octets;
use crate::parallel::{self, Follower};
use crate::store::origin::Seen;

/// How long a reader waits for a file that another process has opened for itself alone.
pub(super) const READ_PATIENCE: Duration = Duration::from_secs(2);

/// A large file is read in parts of so many octets.
const PART_LEN: usize = 1 << 18;

/// A regular file, open for reading.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) metadata: Metadata,
}

/// Opens the file without following a link and without waiting for the other end of a pipe; `None` if
/// there is none.
pub(super) fn open(path: &Path, patience: Duration) -> Result<Option<Opened>> {
    let start = Instant::now();
    loop {
        match open_now(path, start + patience) {
            // Where a replace is two steps, the name is missing between them.
            Ok(None) if start.elapsed() < platform::REPLACE_GAP => thread::sleep(PAUSE),
            result => return result,
        }
    }
}

fn open_now(path: &Path, deadline: Instant) -> Result<Option<Opened>> {
    // Before it is opened, since opening alone does something to a device.
    match fs::symlink_metadata(path) {
        Ok(metadata) => require_regular(path, metadata.file_type())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("look at the file", path, error)),
    }
    let file = match patiently(deadline, platform::is_busy, || platform::open_read(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("open the file", path, error)),
    };
    let metadata = file.metadata().map_err(|e| Error::io("look at the file", path, e))?;
    require_regular(path, metadata.file_type())?;
    Ok(Some(Opened { file, metadata }))
}

/// The first octets of a file, at most `len`, after links and without waiting for anybody.
pub(crate) fn head(path: &Path, len: usize) -> Result<Vec<u8>> {
    let real = path.canonicalize().map_err(|e| Error::io("follow", path, e))?;
    let Some(opened) = open(&real, Duration::ZERO)? else {
        return Err(Error::new(ErrorKind::NotFound, "the file does not exist").at_path(path));
    };
    let mut head = Vec::with_capacity(len);
    let bound = u64::try_from(len).unwrap_or(u64::MAX);
    (&opened.file).take(bound).read_to_end(&mut head).map_err(|e| Error::io("read the file", path, e))?;
    Ok(head)
}

/// Reads the whole file; `None` if there is none.
pub(super) fn read(path: &Path, limits: &Limits, patience: Duration) -> Result<Option<(Bytes, Opened)>> {
    let nothing = |_: &[u8], _| None::<(fn(Parts<'_, '_>), fn(&[&[u8]], &Follower<'_>))>;
    Ok(read_beside(path, limits, patience, nothing)?.map(|(bytes, opened, _)| (bytes, opened)))
}

/// What is read of a file, part by part.
pub(super) type Parts<'a, 'p> = &'a mut dyn Iterator<Item = &'p [u8]>;

/// What two works have found.
type Both<T, U> = Option<(T, U)>;

/// A file that was read, and what was found meanwhile; `None` if there is none.
type Found<T, U> = Option<(Bytes, Opened, Both<T, U>)>;

/// As [`read`]; a large file is worked on while it is read, if `begin` knows how from its first octets and its length,
/// and in a second way when all of it is there, which sees how far the first is. Returns what was found too, unless the
/// file turned out to have another length.
pub(super) fn read_beside<T: Send, U, W, M>(
    path: &Path,
    limits: &Limits,
    patience: Duration,
    begin: impl FnOnce(&[u8], usize) -> Option<(W, M)>,
) -> Result<Found<T, U>>
where
    W: Fn(Parts<'_, '_>) -> T + Sync,
    M: FnOnce(&[&[u8]], &Follower<'_>) -> U,
{
    let Some(opened) = open(path, patience)? else { return Ok(None) };
    limits.check_size(opened.metadata.len()).map_err(|e| e.at_path(path))?;
    let len = usize::try_from(opened.metadata.len()).unwrap_or_default();
    let cannot_read = |e| Error::io("read the file", path, e);
    let (mut bytes, found) = match parallel::is_worthwhile(len) {
        true => read_parts(&opened.file, len, begin).map_err(cannot_read)?,
        false => (Vec::with_capacity(len), None),
    };
    // One byte more than permitted: a file that grows while it is read is found out.
    let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let bound = limits.max_file_size.saturating_add(1).saturating_sub(read);
    (&opened.file).take(bound).read_to_end(&mut bytes).map_err(cannot_read)?;
    limits.check_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX)).map_err(|e| e.at_path(path))?;
    let found = found.filter(|_| bytes.len() == len);
    Ok(Some((bytes.into(), opened, found)))
}

/// Reads so many octets, or as many as there are, and works on them meanwhile.
fn read_parts<T: Send, U, W, M>(
    file: &File,
    len: usize,
    begin: impl FnOnce(&[u8], usize) -> Option<(W, M)>,
) -> io::Result<(Vec<u8>, Both<T, U>)>
where
    W: Fn(Parts<'_, '_>) -> T + Sync,
    M: FnOnce(&[&[u8]], &Follower<'_>) -> U,
{
    let mut bytes = vec![0; len];
    let mut places = bytes.chunks_mut(PART_LEN);
    let first = fill(file, places.next().unwrap_or_default())?;
    let (read, found) = match begin(first, len) {
        Some((work, meanwhile)) => {
            let mut parts = Vec::new();
            let read = |put: &mut dyn FnMut(_)| {
                let mut put = |part| {
                    parts.push(part);
                    put(part);
                };
                (fill_each(file, first, places, &mut put), parts)
            };
            let wait = |(read, parts): (_, Vec<_>), other: &Follower<'_>| (read, meanwhile(&parts, other));
            let ((read, besides), found) = parallel::follow_until(read, work, wait);
            (read, Some((found, besides)))
        }
        None => (fill_each(file, first, places, &mut |_| {}), None),
    };
    let read = read?;
    bytes.truncate(read);
    Ok((bytes, found))
}

/// Reads into each place, and hands on what is there then, the first part first; returns how much it is.
fn fill_each<'p>(
    file: &File,
    first: &'p [u8],
    places: impl Iterator<Item = &'p mut [u8]>,
    put: &mut dyn FnMut(&'p [u8]),
) -> io::Result<usize> {
    put(first);
    let mut read = first.len();
    for place in places {
        let part = fill(file, place)?;
        put(part);
        read += part.len();
    }
    Ok(read)
}

/// Reads as much as there is room for, or left.
fn fill<'p>(mut file: &File, place: &'p mut [u8]) -> io::Result<&'p [u8]> {
    let mut filled = 0;
    while let Some(room) = place.get_mut(filled..).filter(|room| !room.is_empty()) {
        match file.read(room) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(place.get(..filled).unwrap_or_default())
}

/// The digest of a file, which need not fit into memory.
pub(super) fn seen(path: &Path, opened: &Opened) -> Result<Seen> {
    let mut hash = Sha256::new();
    let len = each_part(path, &opened.file, 0..u64::MAX, |part| {
        hash.update(part);
        true
    })?;
    Ok(Seen::Digest { len: len.unwrap_or_default(), sha256: hash.finalize().into() })
}

/// Whether the file holds these octets and no others; two threads look for much.
pub(super) fn holds(path: &Path, file: &File, octets: &Octets<'_>) -> Result<bool> {
    let len = octets.len();
    let middle = if parallel::is_worthwhile(len) { len / 2 } else { 0 };
    let (before, behind) = parallel::both(
        len,
        || holds_part(path, file, octets, 0..middle),
        || holds_part(path, file, octets, middle..len + 1),
    );
    Ok(before? && behind?)
}

/// Whether the file holds what stands here in the octets; what is behind their end is nothing.
fn holds_part(path: &Path, file: &File, octets: &Octets<'_>, place: Range<usize>) -> Result<bool> {
    let expected_len = octets.len().min(place.end).saturating_sub(place.start);
    let mut expected = octets.expected_from(place.start);
    let [start, end, expected_len] =
        [place.start, place.end, expected_len].map(|at| u64::try_from(at).unwrap_or(u64::MAX));
    Ok(each_part(path, file, start..end, |found| expected.begin_with(found))? == Some(expected_len))
}

/// Gives what stands here in the file to `take`, part by part, while that returns true; returns how much it was, or
/// nothing if `take` did not.
fn each_part(
    path: &Path,
    file: &File,
    place: Range<u64>,
    mut take: impl FnMut(&[u8]) -> bool,
) -> Result<Option<u64>> {
    let room = |at| usize::try_from(place.end - at).unwrap_or(usize::MAX).min(65_536);
    let mut at = place.start;
    let mut buffer = vec![0; room(at)];
    while at < place.end {
        let room = room(at);
        match platform::read_at(file, buffer.get_mut(..room).unwrap_or_default(), at) {
            Ok(0) => break,
            Ok(count) if take(buffer.get(..count).unwrap_or_default()) => {
                at += u64::try_from(count).unwrap_or_default();
            }
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::io("read the file", path, error)),
        }
    }
    Ok(Some(at - place.start))
}

/// Refuses a file that is not what was read: somebody who does not know our lock was here. Returns what it was before it
/// was looked at; `None` if there is none, as it should be.
pub(super) fn require_unchanged(
    target: &Target,
    expected: Option<&Seen>,
    patience: Duration,
) -> Result<Option<Metadata>> {
    let found = open(&target.resolved, patience)?;
    let what = match (expected, found) {
        (None, None) => return Ok(None),
        (None, Some(_)) => "did not exist and does now",
        (Some(_), None) => "was removed",
        (Some(expected), Some(opened)) => {
            if is_still(expected, &target.resolved, &opened)? {
                return Ok(Some(opened.metadata));
            }
            "is not what was read"
        }
    };
    Err(changed(target, what))
}

/// A look at the file that is to be replaced. It costs what reading the file costs, so that it is taken before the
/// last moment; then it is enough that nobody has written since.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// Of the file, before it was read.
    then: Option<Metadata>,
    /// Of another file that was changed before the look: the time by the same clock.
    clock: Metadata,
}

impl Look {
    /// The one with which a file was read, after another one was changed.
    pub(super) fn of_read(opened: Opened, clock: Metadata) -> Self {
        Self { then: Some(opened.metadata), clock }
    }

    /// Refuses a file that is not what was read. `new` is the file that is to replace it, which was just written.
    pub(super) fn at(
        target: &Target,
        expected: Option<&Seen>,
        patience: Duration,
        new: &File,
    ) -> Result<Self> {
        let clock = new.metadata().map_err(|e| Error::io("look at the file", &target.resolved, e))?;
        Ok(Self { then: require_unchanged(target, expected, patience)?, clock })
    }

    /// Refuses a file that is not what was read, which is read again if it may have changed since the look.
    pub(super) fn require_same(
        &self,
        target: &Target,
        expected: Option<&Seen>,
        patience: Duration,
    ) -> Result<()> {
        match self.is_enough(target, patience)? {
            true => Ok(()),
            false => require_unchanged(target, expected, patience).map(drop),
        }
    }

    /// Whether the file's times tell that nobody has written since.
    pub(super) fn is_enough(&self, target: &Target, patience: Duration) -> Result<bool> {
        let now = open(&target.resolved, patience)?.map(|opened| opened.metadata);
        let both = self.then.as_ref().zip(now);
        Ok(both.is_some_and(|(then, now)| platform::is_untouched(then, &now, &self.clock)))
    }
}

fn is_still(expected: &Seen, path: &Path, opened: &Opened) -> Result<bool> {
    match expected {
        Seen::Bytes(bytes) => holds(path, &opened.file, &bytes.clone().into()),
        Seen::Digest { len, sha256 } => Ok(opened.metadata.len() == *len
            && matches!(seen(path, opened)?, Seen::Digest { sha256: found, .. } if found == *sha256)),
    }
}

/// The error for a file that another program changed.
pub(super) fn changed(target: &Target, what: &str) -> Error {
    let message = format!("the file {what}: another program changed it meanwhile; nothing was written");
    Error::new(ErrorKind::ChangedOnDisk, message).at_path(&target.given)
}

#[cfg(test)]
mod tests {
    use std::io::Seek;

    use super::*;

    #[test]
    fn another_content_of_the_same_length_is_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "one").unwrap();
        let now = || seen(&path, &open(&path, Duration::ZERO).unwrap().unwrap()).unwrap();
        let expected = now();
        let target = Target::resolve(&path).unwrap();
        assert!(require_unchanged(&target, Some(&expected), Duration::ZERO).is_ok());
        for other in ["two", "three"] {
            fs::write(&path, other).unwrap();
            let error = require_unchanged(&target, Some(&expected), Duration::ZERO).unwrap_err();
            assert!(error.is_changed_on_disk(), "{other}: {error}");
        }
    }

    /// What `work` is given, and what is read, of a file that is longer or shorter than it was said to be, or is not.
    #[test]
    fn a_large_file_is_worked_on_while_it_is_read() {
        let octets: Vec<u8> = (0..5_u32 * 300_000).map(|n| n.to_le_bytes()[1]).collect();
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &octets).unwrap();
        for len in [octets.len(), octets.len() - 1, octets.len() + 1, 4 * octets.len()] {
            file.rewind().unwrap();
            let begin = |first: &[u8], of: usize| {
                assert!(of == len && octets.starts_with(first) && first.len() == PART_LEN);
                let work = |parts: Parts<'_, '_>| parts.collect::<Vec<_>>().concat();
                Some((work, |parts: &[&[u8]], other: &Follower<'_>| {
                    while !other.is_done() {
                        thread::yield_now();
                    }
                    parts.concat()
                }))
            };
            let (read, given) = read_parts(&file, len, begin).unwrap();
            assert!(octets.starts_with(&read) && read.len() == len.min(octets.len()));
            let (given, besides) = given.unwrap();
            assert!(given == read && besides == read);
        }
        file.rewind().unwrap();
        let nothing = |_: &[u8], _| None::<(fn(Parts<'_, '_>), fn(&[&[u8]], &Follower<'_>))>;
        let (read, given) = read_parts(&file, octets.len(), nothing).unwrap();
        assert!(read == octets && given.is_none());
    }

    #[test]
    fn octets_in_parts_are_found_in_a_file_and_no_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        // As one thread looks for them, and two.
        for len in [200_000, 2 << 20] {
            let parts = vec![Bytes::from(vec![1; 70_000]), Bytes::new(), Bytes::from(vec![2; len])];
            let octets = Octets::digested(parts, Default::default(), Bytes::new());
            assert_eq!(octets.has_long_digest(), len > 200_000);
            let right = octets.joined().to_vec();
            let holds = |content: &[u8]| {
                fs::write(&path, content).unwrap();
                holds(&path, &File::open(&path).unwrap(), &octets).unwrap()
            };
            assert!(holds(&right));
            let middle = right.len() / 2;
            for at in [0, 69_999, 70_000, middle - 1, middle, middle + 1, right.len() - 1] {
                let mut other = right.clone();
                other[at] ^= 1;
                assert!(!holds(&other), "{at}");
                assert!(!holds(&right[..at]), "{at}");
            }
            assert!(!holds(&[&right[..], &[0]].concat()));
        }
        let nothing = Octets::from(&[][..]);
        fs::write(&path, "").unwrap();
        let found = |octets| holds(&path, &File::open(&path).unwrap(), octets).unwrap();
        assert!(found(&nothing));
        fs::write(&path, "1").unwrap();
        assert!(!found(&nothing));
    }
}
