//! What Unix does in its own way.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::Errno;
use tempfile::NamedTempFile;
use xattr::FileExt;

use super::content::Opened;
use super::lock::Attempt;
use super::patience::patiently;
use crate::error::{Error, ErrorKind, Result};

/// A rename is one step: the name is never missing.
pub(super) const REPLACE_GAP: Duration = Duration::ZERO;

const ACL: &str = "system.posix_acl_access";
const ACCESS_LIST: &str = "access control list";
/// A link at the end is not followed, a pipe without writer does not block, a terminal does not become
/// ours.
const CAREFULLY: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// A lease that another process (Samba) has to give back first.
pub(super) fn is_busy(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

pub(super) fn open_read(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(flags(CAREFULLY)).open(path)
}

/// Reads from a place of the file, wherever its cursor is, which is moved on Windows.
pub(super) fn read_at(file: &File, room: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, room, at)
}

/// Creates a file that was not there, a planted link included: for the owner alone, or as umask has it.
pub(super) fn create_new(path: &Path, private: bool) -> io::Result<File> {
    let mode = if private { 0o600 } else { 0o666 };
    OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(mode)
        .custom_flags(flags(OFlags::NOFOLLOW))
        .open(path)
}

pub(super) fn special(found: FileType) -> &'static str {
    if found.is_fifo() {
        "a named pipe"
    } else if found.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// True for what takes bytes one after the other.
pub(super) fn is_stream(found: FileType) -> bool {
    found.is_fifo() || found.is_char_device()
}

/// Opens a device or a pipe to be written to; behind a descriptor may be a file that holds something
/// already, as after `>>`. The plain opening of a named pipe would wait for a reader for ever.
pub(super) fn open_stream(path: &Path, patience: Duration) -> Result<File> {
    let open =
        || OpenOptions::new().append(true).custom_flags(flags(OFlags::NONBLOCK | OFlags::NOCTTY)).open(path);
    let unread = |error: &io::Error| error.raw_os_error() == Some(Errno::NXIO.raw_os_error());
    let deadline = Instant::now() + patience;
    let is_pipe = fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo());
    let file = match patiently(deadline, |e| is_pipe && unread(e), open) {
        Ok(file) => file,
        Err(error) if is_pipe && unread(&error) => {
            let message =
                format!("expected a process that reads the pipe, waited {:.1} s", patience.as_secs_f32());
            return Err(Error::new(ErrorKind::Io, message).at_path(path).because(error));
        }
        Err(error) => return Err(Error::io("open", path, error)),
    };
    fcntl_setfl(&file, OFlags::APPEND).map_err(|e| Error::io("open", path, e.into()))?;
    Ok(file)
}

/// In a folder where everyone may write, a link is followed only if it is ours or the folder's owner's:
/// the rule of Linux's `fs.protected_symlinks`, which does not see links that we follow ourselves.
pub(super) fn refuse_planted_link(link: &Path, metadata: &Metadata, folder: &Path) -> Result<()> {
    let owner = metadata.uid();
    let folder = fs::metadata(folder).map_err(|e| Error::io("look at the folder", folder, e))?;
    let everyone_writes = folder.mode() & 0o002 != 0;
    if !everyone_writes || owner == rustix::process::geteuid().as_raw() || owner == folder.uid() {
        return Ok(());
    }
    let message = format!(
        "the symbolic link belongs to user {owner} and lies in a folder where everyone may write, so it is \
         not followed: expected one of your own; give the path that it leads to"
    );
    Err(Error::new(ErrorKind::Refused, message).at_path(link))
}

/// Begins to bring octets of a file to disk, without waiting for it: the kernel writes what it is told that nobody will
/// read soon, and keeps it until that is done. Best effort; whether it is on disk is told by a sync.
#[cfg(target_os = "linux")]
pub(super) fn begin_to_sync(file: &File, at: u64, len: u64) {
    let _ = rustix::fs::fadvise(file, at, std::num::NonZeroU64::new(len), rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
pub(super) fn begin_to_sync(_: &File, _: u64, _: u64) {}

/// Lets go of what the system keeps of a file in memory, which takes a while when the file is gone. Best effort.
#[cfg(target_os = "linux")]
pub(super) fn forget(file: &File) {
    let _ = rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
pub(super) fn forget(_: &File) {}

/// A file may stay open while another one takes its place.
pub(super) fn until_replaced(old: Option<Opened>) -> Option<Opened> {
    old
}

/// Whether a file is what it was `then`: the same one, and neither written to nor renamed since. Every change sets its
/// time (ctime), which nobody can choose, to that of the file system's clock, which may stand still for a while (some
/// milliseconds, or two seconds). It had moved on before the file was looked at if a change of `clock`, another file
/// there, was later: then a change after the look has another time.
pub(super) fn is_untouched(then: &Metadata, now: &Metadata, clock: &Metadata) -> bool {
    let changed = |of: &Metadata| (of.ctime(), of.ctime_nsec());
    let state = |of: &Metadata| (of.dev(), of.ino(), of.len(), changed(of), of.mtime(), of.mtime_nsec());
    state(then) == state(now) && then.dev() == clock.dev() && changed(clock) > changed(then)
}

/// Gives `new` the owner, group, mode, ACL and labels of `old`; returns what could not be kept and does
/// not decide who may read the file.
pub(super) fn keep_attributes(old: &Opened, new: &File, private: bool) -> Result<Vec<String>> {
    let mut lost = Vec::new();
    let mut mode = old.metadata.mode() & 0o7777;
    match keep_owner(&old.metadata, new)? {
        Owner::Kept => {}
        Owner::GroupOnly => {
            lost.push("owner".to_owned());
            mode &= 0o777;
        }
        Owner::Neither => {
            lost.extend(["owner".to_owned(), "group".to_owned()]);
            // Another group stands in the old one's place: it gets what everyone has.
            mode = (mode & 0o707) | ((mode & 0o007) << 3);
        }
    }
    keep_extended(&old.file, new, private, &mut lost)?;
    if private {
        mode &= 0o700;
    }
    // After the others, since a change of owner or ACL changes the mode.
    new.set_permissions(Permissions::from_mode(mode)).map_err(|e| cannot_keep("mode", &e))?;
    Ok(lost)
}

enum Owner {
    Kept,
    GroupOnly,
    Neither,
}

/// Who is not root cannot give a file away. Then the new file is ours, unless somebody could no longer
/// read it.
fn keep_owner(old: &Metadata, new: &File) -> Result<Owner> {
    let now = new.metadata().map_err(|e| cannot_keep("owner", &e))?;
    if (now.uid(), now.gid()) == (old.uid(), old.gid())
        || again(|| fchown(new, Some(old.uid()), Some(old.gid()))).is_ok()
    {
        return Ok(Owner::Kept);
    }
    let everyone_reads = old.mode() & 0o004 != 0;
    let group_kept = now.gid() == old.gid() || again(|| fchown(new, None, Some(old.gid()))).is_ok();
    match (group_kept, everyone_reads) {
        (true, _) if now.uid() == old.uid() || old.uid() == 0 || everyone_reads => Ok(Owner::GroupOnly),
        (false, true) => Ok(Owner::Neither),
        _ => Err(Error::new(
            ErrorKind::Refused,
            format!(
                "the file belongs to user {} and group {}, which the new file cannot be given to, and \
                 others could no longer read it: run this as that user or as root; the file is unchanged",
                old.uid(),
                old.gid()
            ),
        )),
    }
}

/// Copies the ACL, security labels and the user's own attributes; what else there is (capabilities,
/// integrity signatures, an overlay's bookkeeping) belongs to the old bytes.
fn keep_extended(old: &File, new: &File, private: bool, lost: &mut Vec<String>) -> Result<()> {
    let wanted = if private { None } else { access_list(old)? };
    let changed = match (&wanted, access_list(new)?) {
        (Some(wanted), found) if found.as_ref() != Some(wanted) => again(|| new.set_xattr(ACL, wanted)),
        // The folder's default ACL may let in whom the old file did not.
        (None, Some(_)) => again(|| new.remove_xattr(ACL)),
        _ => Ok(()),
    };
    changed.map_err(|e| cannot_keep(ACCESS_LIST, &e))?;
    let Ok(names) = extended_names(old) else {
        lost.push("extended attributes".to_owned());
        return Ok(());
    };
    for name in names.iter().filter(|name| is_kept(name)) {
        let copied = match again(|| old.get_xattr(name)) {
            Ok(None) => Ok(()),
            Ok(Some(value)) if new.get_xattr(name).is_ok_and(|there| there.as_ref() == Some(&value)) => {
                Ok(())
            }
            Ok(Some(value)) => again(|| new.set_xattr(name, &value)),
            Err(error) => Err(error),
        };
        if copied.is_err() {
            lost.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// Asked for by name, since without it the mode's bits for the group mean something else and more.
fn access_list(file: &File) -> Result<Option<Vec<u8>>> {
    if !cfg!(any(target_os = "android", target_os = "linux")) {
        return Ok(None);
    }
    match again(|| file.get_xattr(ACL)) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        result => result.map_err(|e| cannot_keep(ACCESS_LIST, &e)),
    }
}

fn extended_names(file: &File) -> io::Result<Vec<OsString>> {
    match again(|| file.list_xattr()) {
        Ok(names) => Ok(names.collect()),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn is_kept(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b"user.")
        || [&b"security.selinux"[..], b"security.SMACK64", b"system.nfs4_acl"].contains(&name)
}

fn cannot_keep(what: &str, error: &io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot keep the file's {what}: {error}; the file is unchanged"))
}

/// Nothing here makes a file unreplaceable that its folder does not.
pub(super) fn require_replaceable(_: &Path, _: &Opened) -> Result<()> {
    Ok(())
}

/// A name is what it is.
pub(super) fn name_on_disk(_: &Path, _: &Path) -> Option<OsString> {
    None
}

/// How many names the file has.
pub(super) fn links(_: &Path, opened: &Opened) -> u64 {
    opened.metadata.nlink()
}

/// Renames the temporary file to its name, over an existing file or only if there is none.
pub(super) fn replace(temp: NamedTempFile<File>, path: &Path, over: bool, _: Instant) -> io::Result<()> {
    if over {
        return temp.persist(path).map(drop).map_err(|e| e.error);
    }
    match temp.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Err(e.error),
        // Some network file systems have neither RENAME_NOREPLACE nor hard links; writers of ours are
        // kept out by the lock.
        Err(e) => match fs::symlink_metadata(path) {
            Err(gone) if gone.kind() == io::ErrorKind::NotFound => {
                e.file.persist(path).map(drop).map_err(|e| e.error)
            }
            _ => Err(e.error),
        },
    }
}

/// Says of some errors of [`replace`] where they come from.
pub(super) fn explain(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ResourceBusy | io::ErrorKind::CrossesDevices => Some(
            "the file is a mount point by itself, as a file bind-mounted into a container is; mount its \
             folder instead, or edit it where it comes from",
        ),
        io::ErrorKind::PermissionDenied => {
            Some("replacing a file needs the permission to rename in its folder")
        }
        _ => None,
    }
}

/// The folder, opened before anything is changed, so that it can be synced afterwards.
pub(super) fn open_folder(folder: &Path) -> Result<Option<File>> {
    match File::open(folder) {
        Ok(file) => Ok(Some(file)),
        // One may write into a folder without reading it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(super::target::no_folder(folder, error)),
    }
}

/// Makes a rename last: of the file that now has the name `inside` the folder.
pub(super) fn sync_folder(folder: Option<&File>, inside: &Path) -> io::Result<()> {
    let result = match folder {
        Some(folder) => again(|| folder.sync_all()),
        None => sync_file_system(inside),
    };
    match result {
        // Some file systems cannot sync a folder and say so like this.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// For a folder that cannot be opened.
#[cfg(target_os = "linux")]
fn sync_file_system(inside: &Path) -> io::Result<()> {
    let file = open_read(inside)?;
    Ok(rustix::fs::syncfs(&file)?)
}

/// For a folder that cannot be opened.
#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &Path) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

/// Tries to take the lock file at `path`; it can be opened by whom the folder lets write.
pub(super) fn try_lock(path: &Path, folder: &Path) -> Result<Attempt> {
    let (file, made) =
        match OpenOptions::new().read(true).write(true).custom_flags(flags(CAREFULLY)).open(path) {
            Ok(file) => (file, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => match create_new(path, true) {
                Ok(file) => {
                    share_with_writers(&file, folder);
                    (file, true)
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Attempt::Busy(None)),
                Err(error) => return Err(super::lock::cannot_create(path, folder, error)),
            },
            Err(error) => {
                // A link is not followed, and does not go away by waiting. A file that is another user's does
                // so when they are done.
                let there = fs::symlink_metadata(path);
                if let Ok(metadata) = &there {
                    require_lock_file(path, metadata)?;
                }
                if there.is_ok() && error.kind() == io::ErrorKind::PermissionDenied {
                    return Ok(Attempt::Busy(Some(error)));
                }
                return Err(super::lock::cannot_create(path, folder, error));
            }
        };
    match take(&file, path) {
        Ok(true) => Ok(Attempt::Taken(file)),
        Ok(false) => Ok(Attempt::Busy(None)),
        Err(error) => {
            // While we hold the lock, nobody else relies on the name.
            if made && file.try_lock().is_ok() && has_name(&file, path) {
                let _ = fs::remove_file(path);
            }
            Err(error)
        }
    }
}

/// Locks the lock file, if it still is the one of that name; false if somebody else has it.
fn take(file: &File, path: &Path) -> Result<bool> {
    let metadata = file.metadata().map_err(|e| Error::io("look at the lock file", path, e))?;
    require_lock_file(path, &metadata)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(false),
        Err(fs::TryLockError::Error(e)) if e.kind() == io::ErrorKind::Interrupted => return Ok(false),
        Err(fs::TryLockError::Error(error)) => return Err(Error::io("lock the lock file", path, error)),
    }
    Ok(has_name(file, path))
}

/// The holder before us has removed the name with its file, perhaps, and somebody made a new one.
fn has_name(file: &File, path: &Path) -> bool {
    let same = |a: &Metadata, b: &Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    matches!((file.metadata(), fs::symlink_metadata(path)), (Ok(own), Ok(there)) if same(&own, &there))
}

/// A hard link would make us write into somebody else's file.
fn require_lock_file(path: &Path, metadata: &Metadata) -> Result<()> {
    let found = match (metadata.is_file(), metadata.nlink()) {
        (true, 0 | 1) => return Ok(()),
        (true, _) => "a file with another name",
        _ if metadata.is_symlink() => "a symbolic link",
        _ => "something else",
    };
    let message = format!("expected a lock file of this program, found {found}: not touched; remove it");
    Err(Error::new(ErrorKind::Refused, message).at_path(path))
}

/// Best effort: what is left behind by a killed process must not keep out those who may write here.
fn share_with_writers(lock: &File, folder: &Path) {
    let Ok(metadata) = fs::metadata(folder) else { return };
    let writers = metadata.mode() & 0o222;
    let _ = fchown(lock, Some(metadata.uid()), Some(metadata.gid()))
        .or_else(|_| fchown(lock, None, Some(metadata.gid())))
        .and_then(|()| lock.set_permissions(Permissions::from_mode(0o600 | writers | writers << 1)));
}

/// Removes the lock file while it is still locked, so that nobody removes another one's.
pub(super) fn release(lock: File, path: &Path) {
    let _ = fs::remove_file(path);
    drop(lock);
}

/// This computer's name.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// The bits as the standard library takes them.
fn flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_on_a_file_that_has_lost_its_name_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".store.lock");
        let file = create_new(&path, true).unwrap();
        assert!(take(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!take(&file, &path).unwrap());
        let _of_another = create_new(&path, true).unwrap();
        assert!(!take(&file, &path).unwrap());
    }

    #[test]
    fn a_change_is_told_by_a_time_that_nobody_can_set() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        let of = |path: &Path| fs::metadata(path).unwrap();
        let later_than = |path: &Path| loop {
            fs::write(&other, "another").unwrap();
            if (of(&other).ctime(), of(&other).ctime_nsec()) > (of(path).ctime(), of(path).ctime_nsec()) {
                break of(&other);
            }
        };
        fs::write(&path, "content").unwrap();
        let (then, clock) = (of(&path), later_than(&path));
        assert!(is_untouched(&then, &of(&path), &clock));
        // Before the clock has moved on, nothing can be told.
        assert!(!is_untouched(&then, &of(&path), &then));
        fs::write(&path, "CONTENT").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(then.modified().unwrap())).unwrap();
        assert_eq!(of(&path).modified().unwrap(), then.modified().unwrap());
        assert!(!is_untouched(&then, &of(&path), &clock));
    }
}
