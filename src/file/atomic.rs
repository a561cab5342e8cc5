//! New bytes in the place of old ones: all of them, or none.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::backup::Kept;
use super::content::{self, Look, Opened, changed, require_unchanged};
use super::platform;
use super::target::Target;
use crate::error::{Error, ErrorKind, Result};
use crate::octets::Octets;
use crate::parallel;
use crate::store::origin::Seen;

/// How many random characters a temporary file's name has.
pub(super) const RANDOM_LEN: usize = 6;

/// What is to be put where. The caller holds the lock.
pub(super) struct Replacement<'a> {
    pub(super) target: &'a Target,
    pub(super) octets: &'a Octets<'a>,
    /// What must be there still; `None` for a file that must not exist.
    pub(super) expected: Option<&'a Seen>,
    /// The look at it when it was read.
    pub(super) look: Option<&'a Look>,
    /// For the owner alone, whatever the old file was.
    pub(super) private: bool,
    /// Whose mode and owner a file gets that replaces none.
    pub(super) model: Option<&'a Opened>,
    /// Keeps the old file as `NAME.bak`.
    pub(super) backup: bool,
    /// How long to wait for processes that have the file open (Windows).
    pub(super) patience: Duration,
}

/// What was done beside it.
#[derive(Default)]
pub(super) struct Placed {
    pub(super) backup: Option<PathBuf>,
    pub(super) hard_link_broken: bool,
    pub(super) not_kept: Vec<String>,
    /// The file that lost its place, where it may stay open: to free what it has on the disk takes as long as to write
    /// a third of it, so that is done when this is dropped.
    pub(super) replaced: Option<Opened>,
}

impl Replacement<'_> {
    /// Writes the file, and puts it in its place if `approve` does not refuse it, which is asked before anything else
    /// than a temporary file is touched: while a long digest is computed, or else last of all that may fail.
    pub(super) fn put<T>(&self, approve: impl FnOnce() -> Result<T>) -> Result<(Placed, T)> {
        let place = self.target.resolved.as_path();
        let old = content::open(place, self.patience)?;
        match (&old, self.expected) {
            (Some(_), None) => return Err(changed(self.target, "did not exist and does now")),
            (None, Some(_)) => return Err(changed(self.target, "was removed")),
            (Some(old), Some(_)) => platform::require_replaceable(place, old)?,
            (None, None) => {}
        }
        let folder = platform::open_folder(&self.target.folder)?;
        remove_litter(self.target);
        let mut placed = Placed::default();
        let model = old.as_ref().or(self.model);
        let temp = stage(self.target, self.private || model.is_some())?;
        let approve = || {
            self.forget(old.as_ref());
            approve()
        };
        let approval = self.write(&temp, approve)?;
        if let Some(model) = model {
            placed.not_kept = platform::keep_attributes(model, temp.as_file(), self.private)
                .map_err(|e| e.at_path(&self.target.given))?;
        }
        temp.as_file().sync_all().map_err(|e| cannot_write(temp.path(), e))?;
        let look = self.look(&temp)?;
        let approval = approval.or_else(|approve| approve())?;

        let kept = match &old {
            Some(old) if self.backup => Some(Kept::put(self.target, old, self.patience)?),
            _ => None,
        };
        if let Some(kept) = &kept {
            // The backup has its name before the old file loses its own.
            platform::sync_folder(folder.as_ref(), kept.path())
                .map_err(|e| Error::io("sync the folder", &self.target.folder, e))?;
        }
        placed.hard_link_broken = old.as_ref().is_some_and(|old| platform::links(place, old) > 1);
        placed.replaced = platform::until_replaced(old);
        self.target.require_unmoved()?;
        // As late as can be: what others change from here to the rename is lost.
        match look {
            Some(look) => look.require_same(self.target, self.expected, self.patience)?,
            None => require_unchanged(self.target, self.expected, self.patience).map(drop)?,
        }
        let deadline = Instant::now() + self.patience;
        platform::replace(temp, place, self.expected.is_some(), deadline).map_err(|e| self.not_placed(e))?;
        placed.backup = kept.map(Kept::confirm);
        platform::sync_folder(folder.as_ref(), place).map_err(|e| {
            let message = format!("the new file is in place, but its folder cannot be synced to disk: {e}");
            Error::new(ErrorKind::Io, message).at_path(&self.target.given).because(e)
        })?;
        Ok((placed, approval))
    }

    /// Writes the temporary file. Returns the approval if that was asked for, which it is while a long digest is computed,
    /// or how to ask for it.
    fn write<T, F: FnOnce() -> Result<T>>(
        &self,
        temp: &NamedTempFile<File>,
        approve: F,
    ) -> Result<std::result::Result<T, F>> {
        let cannot_write = |e| cannot_write(temp.path(), e);
        let mut out = BufWriter::new(Flowing { file: temp.as_file(), written: 0, begun: 0 });
        self.octets.write_parts(&mut out).map_err(cannot_write)?;
        let approval = match self.octets.has_long_digest() {
            true => Ok(approve()?),
            false => Err(approve),
        };
        self.octets.write_end(&mut out).and_then(|()| out.flush()).map_err(cannot_write)?;
        Ok(approval)
    }

    /// Reads what was written once more, and, of a large file, the one that it is to replace, if its times do not tell that
    /// it is what was read: while the approval is worked on.
    fn look(&self, temp: &NamedTempFile<File>) -> Result<Option<Look>> {
        require_written(temp, self.octets)?;
        if self.expected.is_none() || !parallel::is_much(self.octets.len()) {
            return Ok(None);
        }
        match self.look {
            Some(look) if look.is_enough(self.target, self.patience)? => Ok(Some(look.clone())),
            _ => Look::at(self.target, self.expected, self.patience, temp.as_file()).map(Some),
        }
    }

    /// Lets go of the old file in memory while a long digest is waited for, and not when it is closed; unless somebody is
    /// going to read it again.
    fn forget(&self, old: Option<&Opened>) {
        if let (Some(old), Some(_), false) = (old, self.look, self.backup)
            && self.octets.has_long_digest()
        {
            platform::forget(&old.file);
        }
    }

    fn not_placed(&self, error: io::Error) -> Error {
        if error.kind() == io::ErrorKind::AlreadyExists {
            return changed(self.target, "did not exist and does now");
        }
        let why = platform::explain(&error).map(|why| format!(": {why}")).unwrap_or_default();
        let left = if self.expected.is_some() { "; the file is unchanged" } else { "" };
        let message = format!("cannot put the new file in its place: {error}{why}{left}");
        Error::new(ErrorKind::Io, message).at_path(&self.target.given).because(error)
    }
}

/// Creates `.NAME.XXXXXX.tmp` in the target's folder; it is removed unless it gets its place.
pub(super) fn stage(target: &Target, private: bool) -> Result<NamedTempFile<File>> {
    tempfile::Builder::new()
        .prefix(&target.name_with(".", "."))
        .suffix(".tmp")
        .rand_bytes(RANDOM_LEN)
        .make_in(&target.folder, |path| platform::create_new(path, private))
        .map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => super::target::no_folder(&target.folder, e),
            _ => Error::io("create a temporary file in the folder", &target.folder, e),
        })
}

/// Removes the temporary files of processes that were killed: while we hold the lock, none is in use.
fn remove_litter(target: &Target) {
    let prefix = target.name_with(".", ".");
    let Ok(entries) = fs::read_dir(&target.folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let random = name
            .as_encoded_bytes()
            .strip_prefix(prefix.as_encoded_bytes())
            .and_then(|rest| rest.strip_suffix(b".tmp"));
        if random.is_some_and(|r| r.len() == RANDOM_LEN && r.iter().all(u8::is_ascii_alphanumeric)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// A file system behind a network or in user space may take fewer bytes than it says.
pub(super) fn require_written(temp: &NamedTempFile<File>, octets: &Octets<'_>) -> Result<()> {
    if content::holds(temp.path(), temp.as_file(), octets)? {
        return Ok(());
    }
    let message = format!(
        "expected the {} bytes that were written to the temporary file, found others: the file system lost \
         some; the old file, if any, is unchanged",
        octets.len()
    );
    Err(Error::new(ErrorKind::Io, message).at_path(temp.path()))
}

/// How much of a file is written before it is sent on its way to the disk, in octets.
const FLOW: usize = 1 << 20;

/// A file that goes on its way to the disk while more of it is written, so that the sync has less to wait for.
struct Flowing<'a> {
    file: &'a File,
    written: u64,
    /// How much of that is on its way.
    begun: u64,
}

impl Write for Flowing<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let mut file = self.file;
        let count = file.write(octets.get(..FLOW).unwrap_or(octets))?;
        self.written += u64::try_from(count).unwrap_or_default();
        let waiting = self.written - self.begun;
        if usize::try_from(waiting).is_ok_and(|waiting| waiting >= FLOW) {
            platform::begin_to_sync(file, self.begun, waiting);
            self.begun = self.written;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cannot_write(temp: &Path, error: io::Error) -> Error {
    Error::io("write the temporary file (the old file, if any, is unchanged)", temp, error)
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;

    use super::*;
    use crate::limits::Limits;

    impl<'a> Replacement<'a> {
        /// A file where there is none.
        pub(in crate::file) fn of(target: &'a Target, octets: &'a Octets<'a>) -> Self {
            Self {
                target,
                octets,
                expected: None,
                look: None,
                private: false,
                model: None,
                backup: false,
                patience: Duration::ZERO,
            }
        }
    }

    static BEFORE: [u8; 3 << 20] = [1; 3 << 20];
    static AFTER: [u8; 3 << 20] = [2; 3 << 20];

    /// Replaces a file that held `BEFORE`, while somebody else does something; returns what came of it, and the content.
    fn replace(
        path: &Path,
        look: Option<&Look>,
        meanwhile: impl FnOnce(),
    ) -> (std::result::Result<(), ErrorKind>, Vec<u8>) {
        let (target, octets) = (Target::resolve(path).unwrap(), AFTER.as_slice().into());
        let seen = Seen::Bytes(BEFORE.to_vec().into());
        let replacement = Replacement { expected: Some(&seen), look, ..Replacement::of(&target, &octets) };
        let done = replacement.put(|| {
            meanwhile();
            Ok(())
        });
        (done.map(drop).map_err(|e| e.kind()), fs::read(path).unwrap())
    }

    /// Writes another content into the file, which keeps the time of its last change as far as that can be set.
    fn write(path: &Path, content: &[u8]) {
        let times = FileTimes::new().set_modified(fs::metadata(path).unwrap().modified().unwrap());
        fs::write(path, content).unwrap();
        File::options().write(true).open(path).unwrap().set_times(times).unwrap();
    }

    /// Puts another file in the place of this one, where that can be done to a file that is open.
    fn put(path: &Path, content: &[u8]) {
        if cfg!(not(unix)) {
            return write(path, content);
        }
        fs::write(path.with_extension("new"), content).unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    }

    /// A large store with a digest is approved before that is written.
    #[test]
    fn what_is_not_approved_while_its_digest_is_computed_is_not_put_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let octets = Octets::digested(vec![AFTER.as_slice().into()], Default::default(), "behind".into());
        assert!(octets.has_long_digest());
        let put = |answer: Result<i32>| {
            fs::write(&path, &BEFORE[..]).unwrap();
            let (target, seen) = (Target::resolve(&path).unwrap(), Seen::Bytes(BEFORE.to_vec().into()));
            let replacement = Replacement { expected: Some(&seen), ..Replacement::of(&target, &octets) };
            let done = replacement.put(|| {
                assert!(fs::read(&path).unwrap() == BEFORE);
                answer
            });
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
            (done.map(|(_, approval)| approval).map_err(|e| e.kind()), fs::read(&path).unwrap())
        };
        assert!(put(Ok(7)) == (Ok(7), octets.joined().to_vec()));
        let refusal = Error::new(ErrorKind::Disagreement, "no");
        assert!(put(Err(refusal)) == (Err(ErrorKind::Disagreement), BEFORE.to_vec()));
    }

    /// What somebody else does to the file after it was looked at, while the approval is worked on.
    #[test]
    fn a_large_file_that_changes_after_the_look_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let changed = [&BEFORE[..1000], &[7], &BEFORE[1001..]].concat();
        let replace = |meanwhile: &dyn Fn()| {
            fs::write(&path, &BEFORE[..]).unwrap();
            replace(&path, None, meanwhile)
        };
        assert!(replace(&|| {}) == (Ok(()), AFTER.to_vec()));
        let refused = Err(ErrorKind::ChangedOnDisk);
        assert!(replace(&|| write(&path, &changed)) == (refused, changed.clone()));
        assert!(replace(&|| put(&path, &changed)) == (refused, changed.clone()));
        // The same content is what was read, whoever wrote it.
        assert!(replace(&|| write(&path, &BEFORE)) == (Ok(()), AFTER.to_vec()));
        assert!(replace(&|| put(&path, &BEFORE)) == (Ok(()), AFTER.to_vec()));
    }

    /// What somebody else does to the file between reading and replacing it, which its times tell where they can.
    #[test]
    fn a_large_file_that_changes_after_it_was_read_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let changed = [&BEFORE[..1000], &[7], &BEFORE[1001..]].concat();
        let refused = (Err(ErrorKind::ChangedOnDisk), changed.clone());
        let done = (Ok(()), AFTER.to_vec());
        // As long as no clock of a file system stands still, and not at all.
        for age in [Duration::from_millis(50), Duration::ZERO] {
            let after_reading = |first: &dyn Fn(), then: &dyn Fn()| {
                fs::write(&path, &BEFORE[..]).unwrap();
                std::thread::sleep(age);
                let lock = folder.path().join("lock");
                fs::write(&lock, "taken").unwrap();
                let clock = fs::metadata(&lock).unwrap();
                let (_, opened) = content::read(&path, &Limits::default(), Duration::ZERO).unwrap().unwrap();
                let look = Look::of_read(opened, clock);
                first();
                replace(&path, Some(&look), then)
            };
            assert!(after_reading(&|| {}, &|| {}) == done);
            for change in [write as fn(&Path, &[u8]), put] {
                assert!(after_reading(&|| change(&path, &changed), &|| {}) == refused);
                assert!(after_reading(&|| {}, &|| change(&path, &changed)) == refused);
                assert!(after_reading(&|| change(&path, &BEFORE), &|| {}) == done);
                assert!(after_reading(&|| {}, &|| change(&path, &BEFORE)) == done);
            }
        }
    }
}
