//! What the Unix tests share: modes, and becoming somebody else.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const NOBODY: u32 = 65_534;

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn is_root() -> bool {
    // Of a file that we made ourselves.
    tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0
}

/// Runs one of the ignored tests below as `nobody`; false where that cannot be done.
pub(crate) fn as_nobody(test: &str, store: &Path) -> bool {
    as_nobody_in(&["--clear-groups"], test, store)
}

/// As [`as_nobody`], with what `setpriv` is to do with the further groups.
pub(crate) fn as_nobody_in(groups: &[&str], test: &str, store: &Path) -> bool {
    if !is_root() {
        eprintln!("skipped: only root can become another user");
        return false;
    }
    // The build folder may be closed to others.
    let binary = store.with_file_name("test-binary");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    set_mode(&binary, 0o755);
    let status = Command::new("setpriv")
        .args(["--reuid", "nobody", "--regid", "nogroup"])
        .args(groups)
        .arg("--")
        .arg(&binary)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("STORE", store)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    fs::remove_file(&binary).unwrap();
    assert!(status.success(), "{test}");
    true
}

pub(crate) fn told() -> PathBuf {
    std::env::var_os("STORE").unwrap().into()
}
