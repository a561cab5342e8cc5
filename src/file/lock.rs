//! The lock between writers: a file `.NAME.lock` beside the resolved target.
//!
//! Never the store itself, whose inode changes with every rename and whose lock would keep readers out
//! on Windows. The operating system lets go of the lock when its holder dies, so a lock file that was left
//! behind keeps nobody waiting. Readers take none.

use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::patience::PAUSE;
use super::platform;
use super::target::{Target, no_folder};
use crate::error::{Error, ErrorKind, Result};

/// More than a holder writes.
const MAX_NOTE: u64 = 400;

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: Option<File>,
}

/// What came of trying once.
pub(super) enum Attempt {
    Taken(File),
    /// Somebody has it, or may have it: the reason, if there is one.
    Busy(Option<io::Error>),
}

impl Lock {
    /// Waits for the lock until the time is up.
    pub(super) fn acquire(target: &Target, timeout: Duration) -> Result<Self> {
        let path = target.lock();
        let start = Instant::now();
        loop {
            match platform::try_lock(&path, &target.folder)? {
                Attempt::Taken(file) => {
                    note_holder(&file);
                    return Ok(Self { path, file: Some(file) });
                }
                Attempt::Busy(_) if start.elapsed() < timeout => thread::sleep(PAUSE),
                Attempt::Busy(reason) => return Err(locked(target, &path, timeout, reason)),
            }
        }
    }

    /// What the lock file is: it was changed when the lock was taken.
    pub(super) fn metadata(&self) -> Option<Metadata> {
        self.file.as_ref()?.metadata().ok()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(file) = self.file.take() {
            platform::release(file, &self.path);
        }
    }
}

/// The error for a folder in which no file can be made.
pub(super) fn cannot_create(path: &Path, folder: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => no_folder(folder, error),
        io::ErrorKind::PermissionDenied => {
            let message = format!(
                "cannot create the lock file: {error}; to change a store takes the permission to write in \
                 its folder {}, where a new file takes the old one's place",
                folder.display()
            );
            Error::new(ErrorKind::Io, message).at_path(path).because(error)
        }
        _ => Error::io("create the lock file", path, error),
    }
}

/// Leaves word for those who wait. It decides nothing, so a failure to write it is none.
fn note_holder(mut file: &File) {
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let note = format!("process {} ({program}) on {}\n", std::process::id(), platform::host());
    // Of a holder that was killed. A new file is left as it is: ext4 writes one that was cut before it was written to
    // disk when it is closed (`auto_da_alloc`), which nobody needs of a file that is removed.
    if file.metadata().is_ok_and(|lock| lock.len() > 0) && file.set_len(0).is_err() {
        return;
    }
    let _ = file.write_all(note.as_bytes());
}

fn locked(target: &Target, lock: &Path, timeout: Duration, reason: Option<io::Error>) -> Error {
    let holder = match (holder(lock), &reason) {
        (Some(holder), _) => format!("{holder} holds its lock"),
        (None, Some(reason)) => format!("its lock file cannot be opened: {reason}"),
        (None, None) => "another process holds its lock".to_owned(),
    };
    let message = format!(
        "the store is being changed: {holder} ({}), waited {:.1} s",
        lock.display(),
        timeout.as_secs_f32()
    );
    let error = Error::new(ErrorKind::Locked, message).at_path(&target.given);
    match reason {
        Some(reason) => error.because(reason),
        None => error,
    }
}

fn holder(lock: &Path) -> Option<String> {
    let file = platform::open_read(lock).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut note = String::new();
    file.take(MAX_NOTE).read_to_string(&mut note).ok()?;
    note.lines().next().filter(|line| !line.is_empty()).map(str::to_owned)
}
