//! A folder of its own, commands that are run on it, and the tools that a test needs.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

pub(crate) struct Sandbox {
    folder: TempDir,
}

/// The command without the caller's settings, outside of any folder that it is to change.
pub(crate) fn command() -> Command {
    clean(Command::new(program()))
}

/// By a name of its own, since a build during a long sweep must not change what is swept.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults");
        fs::create_dir_all(&folder).unwrap();
        // Of test runs that are over: a static is not dropped.
        for process in names(&folder).iter().filter(|process| !Path::new("/proc").join(process).exists()) {
            let _ = fs::remove_file(folder.join(process));
        }
        let program = folder.join(std::process::id().to_string());
        let _ = fs::remove_file(&program);
        fs::hard_link(env!("CARGO_BIN_EXE_truststore"), &program).unwrap();
        program
    })
}

/// A program that has nothing of what surrounds it.
pub(crate) fn clean(mut command: Command) -> Command {
    command.current_dir("/").stdin(Stdio::null()).env("LC_ALL", "C.UTF-8");
    for variable in
        ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "NO_COLOR", "CLICOLOR_FORCE", "LD_LIBRARY_PATH"]
    {
        command.env_remove(variable);
    }
    command
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("faults-").tempdir().unwrap() }
    }

    /// All files of another one, with their modes, owners and attributes.
    pub(crate) fn copy_of(other: &Self) -> Self {
        let copy = Self::new();
        for name in other.names() {
            let (from, to) = (other.path(&name), copy.path(&name));
            let metadata = fs::symlink_metadata(&from).unwrap();
            if metadata.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(&from).unwrap(), &to).unwrap();
                continue;
            }
            fs::copy(&from, &to).unwrap();
            if is_root() {
                std::os::unix::fs::chown(&to, Some(metadata.uid()), Some(metadata.gid())).unwrap();
            }
            for attribute in xattr::list(&from).into_iter().flatten() {
                xattr::set(&to, &attribute, &xattr::get(&from, &attribute).unwrap().unwrap()).unwrap();
            }
        }
        copy
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path(name)).ok()
    }

    pub(crate) fn write_private(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The names in the folder, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names(self.folder())
    }

    pub(crate) fn run(&self, arguments: &[String]) -> Output {
        command().args(arguments).output().unwrap()
    }

    pub(crate) fn expect_done(&self, arguments: &[String]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        output
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Whether a tool does its work here: where it is required it must.
pub(crate) fn is_there(package: &str, trial: &mut Command) -> bool {
    if trial.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return true;
    }
    let required = std::env::var("TRUSTSTORE_ORACLES").is_ok_and(|value| value == "required");
    assert!(!required, "{trial:?} does not work, and TRUSTSTORE_ORACLES=required: install {package}");
    eprintln!("skipped: {trial:?} does not work");
    false
}
