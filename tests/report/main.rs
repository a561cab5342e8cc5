//! `truststore report` and the formats for other programs: the page in a real browser, its data, CSV, metrics.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[cfg(unix)]
mod browser;
mod command;
#[path = "../common/mod.rs"]
mod common;
mod formats;
#[cfg(unix)]
mod page;
#[cfg(unix)]
mod reading;
#[path = "../common/schema.rs"]
mod schema;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use truststore::{Certificate, Format, Password, SystemRandom, TrustStore};

/// A folder of its own in which commands are run, without the caller's settings.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn copy(&self, from: &str, name: &str) {
        std::fs::copy(common::testdata(from), self.path(name)).unwrap_or_else(|e| panic!("{from}: {e}"));
    }

    /// A JKS store of these certificates.
    pub(crate) fn store<'a>(&self, name: &str, entries: impl IntoIterator<Item = (&'a str, Certificate)>) {
        let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
        for (alias, certificate) in entries {
            store.insert(alias, certificate, 1_700_000_000_000).unwrap();
        }
        store.save(self.path(name), &mut SystemRandom).unwrap();
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.args(args).output().unwrap()
    }

    /// Runs a command that must answer with this exit code; what it wrote to stdout and stderr.
    pub(crate) fn expect(&self, code: i32, args: &[&str]) -> (String, String) {
        let output = self.run(args);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}\nstdout: {stdout}\nstderr: {stderr}");
        schema::judge(&stdout, &stderr);
        (stdout, stderr)
    }

    pub(crate) fn read(&self, name: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// The test data's root with another name of twelve characters and another year of expiry (20..); its
/// signature is noise.
#[cfg(unix)]
pub(crate) fn made_up(name: &str, year: u8) -> Certificate {
    let der = common::certificate("corp-root").der().to_vec();
    let name = format!("{name:_<12}");
    let der = replaced(&der, b"Corp Root CA", name.as_bytes());
    Certificate::from_der(replaced(&der, b"440101000000Z", format!("{year:02}0101000000Z").as_bytes()))
}

#[cfg(unix)]
fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = bytes.to_vec();
    while let Some(at) = bytes.windows(old.len()).position(|window| window == old) {
        bytes[at..at + old.len()].copy_from_slice(new);
    }
    bytes
}
