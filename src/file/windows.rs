//! What Windows does in its own way.

use std::ffi::OsString;
use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;
use winsafe::{self as w, co};

use super::content::Opened;
use super::lock::Attempt;
use super::patience::patiently;
use super::target::canonical_folder;
use crate::error::{Error, ErrorKind, Result};

/// `ReplaceFile` renames twice on some file systems: a reader may find no file between.
pub(super) const REPLACE_GAP: Duration = Duration::from_millis(100);

/// Opens a symbolic link itself (Windows: `FILE_FLAG_OPEN_REPARSE_POINT`).
const NOT_FOLLOWING: u32 = co::FILE_FLAG::OPEN_REPARSE_POINT.raw();
const REPARSE_POINT: u32 = co::FILE_ATTRIBUTE::REPARSE_POINT.raw();
/// Others may read the lock file, and neither write nor delete it.
const SHARE_READ: u32 = co::FILE_SHARE::READ.raw();

/// The right to delete or rename (winnt.h).
const DELETE: u32 = 0x0001_0000;

const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;
const INVALID_FUNCTION: i32 = 1;
const NOT_SUPPORTED: i32 = 50;
const UNABLE_TO_REMOVE_REPLACED: i32 = 1175;
const UNABLE_TO_MOVE_REPLACEMENT: i32 = 1176;

/// Another process has the file open and does not share it.
pub(super) fn is_busy(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION))
}

/// To replace a file that another process has open without sharing deletion is "access denied".
fn is_busy_to_replace(error: &io::Error) -> bool {
    is_busy(error) || matches!(error.raw_os_error(), Some(ACCESS_DENIED | UNABLE_TO_REMOVE_REPLACED))
}

pub(super) fn open_read(path: &Path) -> io::Result<File> {
    let metadata = fs::symlink_metadata(path)?;
    // Deduplication and others keep a file behind a reparse point that is no link: opened without following
    // it, the file is zeros.
    let placeholder = metadata.is_file() && metadata.file_attributes() & REPARSE_POINT != 0;
    let flags = if placeholder { 0 } else { NOT_FOLLOWING };
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Reads from a place of the file, wherever its cursor is, which is moved.
pub(super) fn read_at(file: &File, room: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, room, at)
}

/// Creates a file that was not there. Who may read it is inherited from the folder.
pub(super) fn create_new(path: &Path, _private: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

/// Opens a device or a pipe to be written to.
pub(super) fn open_stream(path: &Path, _: Duration) -> Result<File> {
    OpenOptions::new().append(true).open(path).map_err(|e| Error::io("open", path, e))
}

pub(super) fn special(_: FileType) -> &'static str {
    "a device"
}

/// Whether the path names a device, such as `CON` or `NUL`, is up to the file system: it is no file.
pub(super) fn is_stream(found: FileType) -> bool {
    !found.is_file() && !found.is_dir() && !found.is_symlink()
}

/// Making a symbolic link takes a privilege here.
pub(super) fn refuse_planted_link(_: &Path, _: &Metadata, _: &Path) -> Result<()> {
    Ok(())
}

/// The system writes behind by itself.
pub(super) fn begin_to_sync(_: &File, _: u64, _: u64) {}

/// The old file is not open when it is replaced.
pub(super) fn forget(_: &File) {}

/// We would have to replace a file that we have open ourselves.
pub(super) fn until_replaced(old: Option<Opened>) -> Option<Opened> {
    drop(old);
    None
}

/// Times tell too little here: whoever writes may keep them.
pub(super) fn is_untouched(_: &Metadata, _: &Metadata, _: &Metadata) -> bool {
    false
}

/// `ReplaceFile` itself gives the new file the old one's access control list and attributes.
pub(super) fn keep_attributes(_: &Opened, _: &File, _private: bool) -> Result<Vec<String>> {
    Ok(Vec::new())
}

/// A file marked read-only is not replaced, and waiting does not help.
pub(super) fn require_replaceable(path: &Path, old: &Opened) -> Result<()> {
    if !old.metadata.permissions().readonly() {
        return Ok(());
    }
    let message = "the file is marked read-only: expected a file that may be changed (`attrib -r`)";
    Err(Error::new(ErrorKind::Io, message).at_path(path))
}

/// How many names the file has.
pub(super) fn links(path: &Path, _: &Opened) -> u64 {
    let Ok(path) = verbatim(path) else { return 1 };
    let share = co::FILE_SHARE::READ | co::FILE_SHARE::WRITE | co::FILE_SHARE::DELETE;
    w::HFILE::CreateFile(
        &path,
        co::GENERIC::READ,
        Some(share),
        None,
        co::DISPOSITION::OPEN_EXISTING,
        co::FILE_ATTRIBUTE::NORMAL,
        None,
        None,
        None,
    )
    .and_then(|(file, _)| file.GetFileInformationByHandle())
    .map_or(1, |information| information.nNumberOfLinks.into())
}

/// Renames the temporary file to its name, over an existing file or only if there is none, as soon as
/// other processes let us.
pub(super) fn replace(
    temp: NamedTempFile<File>,
    path: &Path,
    over: bool,
    deadline: Instant,
) -> io::Result<()> {
    // Closes it: an open file is in its own way.
    let mut temp = temp.into_temp_path();
    let (from, to) = (verbatim(&temp)?, verbatim(path)?);
    let result =
        if over { replace_existing(&from, &to, deadline) } else { rename(&from, &to, false, deadline) };
    if result.is_ok() || (over && fs::symlink_metadata(path).is_err()) {
        // It has its place; or the old file is gone, and the new one is all there is.
        temp.disable_cleanup(true);
    }
    result
}

fn replace_existing(from: &str, to: &str, deadline: Instant) -> io::Result<()> {
    let result = patiently(deadline, is_busy_to_replace, || {
        // Asked first, since a `ReplaceFile` that fails may have done half of its work.
        OpenOptions::new().access_mode(DELETE).open(to)?;
        w::ReplaceFile(to, from, None, co::REPLACEFILE::default()).map_err(system_error)
    });
    match result.as_ref().err().and_then(io::Error::raw_os_error) {
        // The old file has lost its name already, says the documentation of this error.
        Some(UNABLE_TO_MOVE_REPLACEMENT) => rename(from, to, false, deadline).or_else(|_| {
            result.map_err(|e| io::Error::new(e.kind(), format!("{e}; the new content is in {from}")))
        }),
        // File systems without access control lists.
        Some(INVALID_FUNCTION | NOT_SUPPORTED) => rename(from, to, true, deadline),
        _ => result,
    }
}

fn rename(from: &str, to: &str, over: bool, deadline: Instant) -> io::Result<()> {
    // One of them: winsafe cannot combine these.
    let flags = if over { co::MOVEFILE::REPLACE_EXISTING } else { co::MOVEFILE::WRITE_THROUGH };
    patiently(deadline, is_busy_to_replace, || w::MoveFileEx(from, Some(to), flags).map_err(system_error))
}

/// The path without the limit of 260 characters, which the standard library lifts for its own calls only.
fn verbatim(path: &Path) -> io::Result<String> {
    let here = Path::new(".");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(here);
    let path = canonical_folder(folder)?.join(path.file_name().unwrap_or_default());
    path.into_os_string()
        .into_string()
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "the path is not valid Unicode"))
}

/// The name as the folder has it: `SSL-TR~1` and `ssl-truststore.` are `ssl-truststore`.
pub(super) fn name_on_disk(path: &Path, folder: &Path) -> Option<OsString> {
    let file = fs::canonicalize(path).ok()?;
    if file.parent()? != fs::canonicalize(folder).ok()? {
        return None;
    }
    file.file_name().map(OsString::from)
}

fn system_error(error: co::ERROR) -> io::Error {
    io::Error::from_raw_os_error(error.raw().cast_signed())
}

/// Says of some errors of [`replace`] where they come from.
pub(super) fn explain(error: &io::Error) -> Option<&'static str> {
    is_busy_to_replace(error).then_some(
        "another process holds the file open, such as a running service or a virus scanner, or the file may \
         not be changed by this user; stop the service and try again",
    )
}

/// A folder cannot be synced here; `MOVEFILE_WRITE_THROUGH` and the file system's journal stand for it.
pub(super) fn open_folder(_: &Path) -> Result<Option<File>> {
    Ok(None)
}

pub(super) fn sync_folder(_: Option<&File>, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Tries to take the lock file: to have it open is to hold the lock, since nobody else can open it for
/// writing or delete it then. A range lock would keep others from reading who holds it.
pub(super) fn try_lock(path: &Path, folder: &Path) -> Result<Attempt> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .share_mode(SHARE_READ)
        .custom_flags(NOT_FOLLOWING)
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if is_busy(&error) => return Ok(Attempt::Busy(None)),
        // Also said of a file that is being deleted.
        Err(error) if error.raw_os_error() == Some(ACCESS_DENIED) && fs::symlink_metadata(path).is_ok() => {
            return Ok(Attempt::Busy(Some(error)));
        }
        Err(error) => return Err(super::lock::cannot_create(path, folder, error)),
    };
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(Attempt::Taken(file)),
        Ok(_) => {
            let message =
                "expected a lock file of this program, found something else: not touched; remove it";
            Err(Error::new(ErrorKind::Refused, message).at_path(path))
        }
        Err(error) => Err(Error::io("look at the lock file", path, error)),
    }
}

/// Who opened it in the moment between keeps it: then it cannot be deleted.
pub(super) fn release(lock: File, path: &Path) {
    drop(lock);
    let _ = fs::remove_file(path);
}

/// This computer's name.
pub(super) fn host() -> String {
    w::GetComputerName().unwrap_or_else(|_| "this computer".to_owned())
}
