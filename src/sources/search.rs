//! The stores in a folder and the folders below it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::file::head;
use crate::format::detect;

/// How far a search goes.
#[derive(Clone, Debug)]
pub struct SearchOptions {
    /// How many levels of folders below the one given. Default: 8.
    pub levels: u32,
    /// How many files and folders are looked at. Default: 200,000.
    pub max_members: u64,
}

/// What a search came upon.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Searched {
    /// The files that begin like a store, folder by folder in the order of their names.
    pub stores: Vec<PathBuf>,
    /// The folders that could not be listed.
    pub errors: Vec<Error>,
    /// Not everything was looked at: there is more than the options permit.
    pub stopped: bool,
}

/// What begins like a store and is shorter is none.
const MIN_LEN: u64 = 32;
/// Enough for every format's first bytes.
const HEAD_LEN: usize = 64;

impl Default for SearchOptions {
    fn default() -> Self {
        Self { levels: 8, max_members: 200_000 }
    }
}

/// Looks for stores in a folder. Links to files are followed; links to folders inside it are not, so that the
/// search neither leaves the folder nor goes in a circle.
///
/// # Errors
/// `NotFound`, `Io` if the folder itself cannot be listed.
///
/// ```
/// use truststore::sources::{SearchOptions, search};
///
/// # let folder = tempfile::tempdir()?;
/// let found = search(folder.path(), &SearchOptions::default())?;
/// assert!(found.stores.is_empty() && !found.stopped);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn search(folder: &Path, options: &SearchOptions) -> Result<Searched> {
    let mut searched = Searched::default();
    let mut left = options.max_members;
    let first = list(folder, &mut left)?;
    // The next to be looked at is the last.
    let mut waiting: Vec<(PathBuf, u32)> = Vec::new();
    let mut members = Some((first, 0));
    while let Some((paths, level)) = members.take() {
        let mut folders = Vec::new();
        for path in paths {
            match fs::symlink_metadata(&path).map(|metadata| metadata.file_type()) {
                Ok(kind) if kind.is_dir() && level < options.levels => folders.push((path, level + 1)),
                Ok(kind) if !kind.is_dir() && is_store(&path) => searched.stores.push(path),
                _ => {}
            }
        }
        waiting.extend(folders.into_iter().rev());
        while let Some((folder, level)) = waiting.pop() {
            match list(&folder, &mut left) {
                Ok(paths) => {
                    members = Some((paths, level));
                    break;
                }
                Err(error) => searched.errors.push(error),
            }
        }
    }
    searched.stopped = left == 0;
    Ok(searched)
}

/// The members of a folder in the order of their names, as many as may still be looked at.
fn list(folder: &Path, left: &mut u64) -> Result<Vec<PathBuf>> {
    let io = |e| Error::io("list the folder", folder, e);
    let mut members = Vec::new();
    for member in fs::read_dir(folder).map_err(io)? {
        if *left == 0 {
            break;
        }
        *left -= 1;
        members.push(member.map_err(io)?.path());
    }
    members.sort();
    Ok(members)
}

fn is_store(path: &Path) -> bool {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() >= MIN_LEN);
    is_file && head(path, HEAD_LEN).is_ok_and(|head| detect(&head).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JKS: &[u8] = &[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 0];

    fn jks() -> Vec<u8> {
        [JKS, &[0; 20]].concat()
    }

    fn names(searched: &Searched, below: &Path) -> Vec<String> {
        let relative =
            |path: &PathBuf| path.strip_prefix(below).unwrap().to_string_lossy().replace('\\', "/");
        searched.stores.iter().map(relative).collect()
    }

    #[test]
    fn stores_are_found_by_their_content_in_the_order_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("b/deep")).unwrap();
        fs::create_dir(root.join("c")).unwrap();
        for name in ["z.jks", "a.txt", "b/deep/store", "c/store"] {
            fs::write(root.join(name), jks()).unwrap();
        }
        fs::write(root.join("cut.jks"), JKS).unwrap();
        fs::write(root.join("b/root.pem"), "-----BEGIN CERTIFICATE-----\n".repeat(4)).unwrap();
        let all = search(root, &SearchOptions::default()).unwrap();
        assert_eq!(names(&all, root), ["a.txt", "z.jks", "b/deep/store", "c/store"]);
        assert!(!all.stopped && all.errors.is_empty());
        let shallow = search(root, &SearchOptions { levels: 1, ..SearchOptions::default() }).unwrap();
        assert_eq!(names(&shallow, root), ["a.txt", "z.jks", "c/store"]);
        let few = search(root, &SearchOptions { max_members: 3, ..SearchOptions::default() }).unwrap();
        assert!(few.stopped && few.stores.len() <= 3);
        assert!(search(&root.join("absent"), &SearchOptions::default()).unwrap_err().is_not_found());
    }

    #[cfg(unix)]
    #[test]
    fn neither_circles_nor_pipes_hold_a_search_up() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::write(outside.path().join("store"), jks()).unwrap();
        symlink(root, root.join("circle")).unwrap();
        symlink(outside.path(), root.join("elsewhere")).unwrap();
        symlink(outside.path().join("store"), root.join("link")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        symlink("self", root.join("self")).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(root.join("pipe")).status();
        assert!(pipe.is_ok_and(|status| status.success()));
        let found = search(root, &SearchOptions::default()).unwrap();
        assert_eq!(names(&found, root), ["link"]);
    }
}
