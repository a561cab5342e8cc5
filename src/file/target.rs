//! Where a path leads: symbolic links followed, so that what is replaced is the file and not the link.

use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::platform;
use crate::error::{Error, ErrorKind, Result};

/// As many as Linux follows (path_resolution(7)).
const MAX_LINKS: usize = 40;
/// Leaves room for what we add to a name; the usual longest name has 255 bytes.
const LONGEST_STEM: usize = 200;

/// A regular file, or a place where one can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As the caller wrote it.
    pub(super) given: PathBuf,
    /// Not a symbolic link.
    pub(super) resolved: PathBuf,
    /// The folder of `resolved`.
    pub(super) folder: PathBuf,
    name: OsString,
}

impl Target {
    /// Follows the links of `path`, whose last one may be dangling.
    pub(super) fn resolve(path: &Path) -> Result<Self> {
        // First of all, and following every link: this also finds pipes behind /dev/stdin, whose links
        // lead nowhere that has a name.
        if let Ok(metadata) = fs::metadata(path) {
            require_regular(path, metadata.file_type())?;
        }
        let mut at = path.to_owned();
        for _ in 0..=MAX_LINKS {
            let (folder, name) = split(&at).map_err(|error| error.at_path(path))?;
            match fs::symlink_metadata(&at) {
                Ok(metadata) if metadata.is_symlink() => {
                    platform::refuse_planted_link(&at, &metadata, &folder)?;
                    let next = fs::read_link(&at).map_err(|e| Error::io("read the link", &at, e))?;
                    at = folder.join(next);
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io("look at the file", &at, error));
                }
                _ => {
                    let resolved = if folder == Path::new(".") { at.clone() } else { folder.join(&name) };
                    return Ok(Self { given: path.to_owned(), resolved, folder, name });
                }
            }
        }
        let message = format!("expected a file, found more than {MAX_LINKS} symbolic links in a row");
        Err(Error::new(ErrorKind::Io, message).at_path(path))
    }

    /// Follows the links again: a link that was turned elsewhere must not be overlooked.
    pub(super) fn require_unmoved(&self) -> Result<()> {
        let now = Self::resolve(&self.given)?;
        if now == *self {
            return Ok(());
        }
        let message = format!(
            "the symbolic link led to {} and now leads to {}: nothing was written",
            self.resolved.display(),
            now.resolved.display()
        );
        Err(Error::new(ErrorKind::ChangedOnDisk, message).at_path(&self.given))
    }

    /// The file's name with something before and after it, cut if the result could be too long.
    pub(super) fn name_with(&self, before: &str, after: &str) -> OsString {
        framed(before, &self.name, after)
    }

    /// `.name.lock` beside the file, the same for every spelling of its name.
    pub(super) fn lock(&self) -> PathBuf {
        let name = platform::name_on_disk(&self.resolved, &self.folder);
        self.folder.join(framed(".", name.as_ref().unwrap_or(&self.name), ".lock"))
    }

    /// `name.bak` beside the file.
    pub(super) fn backup(&self) -> PathBuf {
        let mut name = self.name.clone();
        name.push(".bak");
        self.resolved.with_file_name(name)
    }

    /// Absolute, and one spelling for one file.
    pub(super) fn canonical(&self) -> Result<PathBuf> {
        let folder = canonical_folder(&self.folder).map_err(|e| no_folder(&self.folder, e))?;
        Ok(folder.join(&self.name))
    }
}

/// Absolute, with its links followed where the system tells: not every file system's driver does on Windows.
pub(super) fn canonical_folder(folder: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => std::path::absolute(folder),
        result => result,
    }
}

fn framed(before: &str, name: &OsStr, after: &str) -> OsString {
    let mut framed = OsString::from(before);
    if name.len() <= LONGEST_STEM {
        framed.push(name);
    } else {
        framed.push(name.to_string_lossy().chars().take(LONGEST_STEM / 4).collect::<String>());
    }
    framed.push(after);
    framed
}

/// Says of a folder that cannot be used what is wrong with it.
pub(super) fn no_folder(folder: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound {
        return Error::new(ErrorKind::NotFound, "the folder does not exist").at_path(folder).because(error);
    }
    Error::io("use the folder", folder, error)
}

/// Refuses whatever could block, be endless, or not be replaceable by a rename.
pub(super) fn require_regular(path: &Path, found: FileType) -> Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let found = if found.is_dir() {
        "a folder"
    } else if found.is_symlink() {
        "a symbolic link"
    } else {
        platform::special(found)
    };
    Err(Error::new(ErrorKind::Io, format!("expected a regular file, found {found}")).at_path(path))
}

fn split(path: &Path) -> Result<(PathBuf, OsString)> {
    let ends_open = path.as_os_str().to_string_lossy().chars().last().is_none_or(std::path::is_separator);
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if !ends_open => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Ok((folder.to_owned(), name.to_owned()))
        }
        _ => Err(Error::new(ErrorKind::Io, "expected the name of a file, found that of a folder")),
    }
}
