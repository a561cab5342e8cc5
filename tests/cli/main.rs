//! The command, as its users see it: arguments in, stdout, stderr, exit code and files out.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod chain;
#[cfg(unix)]
mod dry_runs;
mod edits;
mod finding;
mod import;
mod json;
mod keys;
mod keytool;
mod listing;
mod mirrors;
mod passwords;
#[cfg(unix)]
#[path = "../common/pki.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod pki;
// The README's commands are lines for a Unix shell.
#[cfg(unix)]
mod readme;
mod refusals;
#[cfg(target_os = "linux")]
#[path = "../common/remains.rs"]
mod remains;
mod reproducible;
mod roots;
#[path = "../common/schema.rs"]
mod schema;
mod schemas;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(unix)]
mod transcripts;
#[cfg(target_os = "linux")]
mod wiped;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own in which commands are run, without the caller's settings.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// What a command answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A copy of a store or an input of the test data.
    pub(crate) fn copy(&self, from: &str, name: &str) -> PathBuf {
        let to = self.path(name);
        std::fs::copy(testdata(from), &to).unwrap_or_else(|e| panic!("{from}: {e}"));
        to
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in
            ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "NO_COLOR", "CLICOLOR_FORCE", "SOURCE_DATE_EPOCH"]
        {
            command.env_remove(variable);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        Answer::of(self.command().args(args).output().unwrap())
    }

    /// Runs a command that must answer with this exit code.
    pub(crate) fn expect(&self, code: i32, args: &[&str]) -> Answer {
        let answer = self.run(args);
        assert_eq!(answer.code, code, "{args:?}\nstdout: {}\nstderr: {}", answer.stdout, answer.stderr);
        answer
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.extend(["--format", "json"]);
        let answer = self.expect(0, &all);
        serde_json::from_str(&answer.stdout).unwrap_or_else(|e| panic!("{e}: {}", answer.stdout))
    }

    pub(crate) fn run_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Answer {
        use std::io::Write as _;
        let mut child = self
            .command()
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The command may end before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        Answer::of(child.wait_with_output().unwrap())
    }

    /// Names of the folder's files, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The aliases of the store, as `list` gives them.
    pub(crate) fn aliases(&self, store: &str) -> Vec<String> {
        let list = self.json(&["list", "-k", store]);
        list["entries"].as_array().unwrap().iter().map(|e| e["alias"].as_str().unwrap().to_owned()).collect()
    }
}

impl Answer {
    pub(crate) fn of(output: Output) -> Self {
        let answer = Self {
            code: output.status.code().expect("not killed"),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        schema::judge(&answer.stdout, &answer.stderr);
        answer
    }
}

/// A program of the JDK or another oracle; `None`, with a note, where there is none and the environment does not
/// require it.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let found = std::env::split_paths(&folders).map(|folder| folder.join(&file)).find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var("TRUSTSTORE_ORACLES").is_ok_and(|value| value == "required");
        assert!(!required, "`{name}` is missing");
        eprintln!("note: `{name}` is missing: what it makes of our stores is not tested");
    }
    found
}

/// A file of the test data.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The path of an input certificate, as an argument.
pub(crate) fn input(name: &str) -> String {
    testdata("inputs").join(name).to_str().unwrap().to_owned()
}
