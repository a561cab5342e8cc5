//! Wildcards in the names of input files, which the shells of Windows leave to the program.
//!
//! Only where files are named, and not in every argument: PowerShell takes the quotes off `"corp-*"`, so a
//! pattern for aliases could not be told from one for files.

use std::path::{Component, Path, PathBuf};

use truststore::{Error, ErrorKind, Glob};

use crate::failure::Failure;

/// The files that are meant, in the order of their names: on Windows those that match, elsewhere the one
/// named, since there the shell expands and `*` may be a file's name.
pub(crate) fn expand(path: PathBuf) -> Result<Vec<PathBuf>, Failure> {
    if cfg!(windows) { matching(path) } else { Ok(vec![path]) }
}

fn matching(path: PathBuf) -> Result<Vec<PathBuf>, Failure> {
    // Not in a prefix: `\\?\C:\` is none of ours.
    let mut folders = path.components().rev().skip(1);
    if folders.any(|part| matches!(part, Component::Normal(name) if is_pattern(&name.to_string_lossy()))) {
        let message = "expected wildcards in the file's name alone, found them in a folder's";
        return Err(Error::new(ErrorKind::NotFound, message).at_path(&path).into());
    }
    let Some(pattern) = path.file_name().map(|name| name.to_string_lossy()).filter(|name| is_pattern(name))
    else {
        return Ok(vec![path]);
    };
    let glob = Glob::new(&pattern);
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let cannot_list = |e| Failure::Library(Error::io("list the folder", listed, e));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(listed).map_err(cannot_list)? {
        let name = entry.map_err(cannot_list)?.file_name();
        let file = folder.join(&name);
        if glob.matches(&name.to_string_lossy()) && !file.is_dir() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "no file matches").at_path(&path).into());
    }
    files.sort();
    Ok(files)
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    fn expanded(path: PathBuf) -> Vec<String> {
        let files = matching(path).unwrap();
        files.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    fn refused(path: PathBuf) -> String {
        matching(path).unwrap_err().to_string()
    }

    #[test]
    fn files_match_without_regard_to_case_and_folders_do_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["root-b.PEM", "root-a.pem", "root-10.pem", "other.der"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("root-c.pem")).unwrap();

        assert_eq!(expanded(folder.path().join("*.pem")), ["root-10.pem", "root-a.pem", "root-b.PEM"]);
        assert_eq!(expanded(folder.path().join("root-?.pem")), ["root-a.pem", "root-b.PEM"]);
    }

    #[test]
    fn a_name_without_wildcards_is_left_as_it_is() {
        for name in ["-", "root[1].pem", "folder/root.pem", ""] {
            assert_eq!(matching(PathBuf::from(name)).unwrap(), [PathBuf::from(name)]);
        }
    }

    #[test]
    fn what_matches_nothing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let none = refused(folder.path().join("*.pem"));
        assert!(none.contains("no file matches") && none.contains("*.pem"), "{none}");
        let in_folder = refused(folder.path().join("*").join("root.pem"));
        assert!(in_folder.contains("in a folder's"), "{in_folder}");
        let absent = refused(folder.path().join("absent").join("*.pem"));
        assert!(absent.contains("absent"), "{absent}");
    }
}
