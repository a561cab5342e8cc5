//! `truststore keytool` beside the JDK's keytool: the same commands, given to both.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it could not test"
)]

#[path = "../common/mod.rs"]
mod common;
mod golden;
mod sequences;
mod suite;

use std::path::Path;
use std::process::{Command, Output};

/// Which of the two is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keytool {
    Jdk,
    Ours,
}

impl Keytool {
    /// A call in this folder, in an environment that decides nothing.
    pub(crate) fn command(self, folder: &Path) -> Command {
        let mut command = match self {
            Self::Jdk => {
                let mut command = Command::new("keytool");
                command.args(["-J-Duser.language=en", "-J-Duser.country=US", "-J-XX:TieredStopAtLevel=1"]);
                command
            }
            Self::Ours => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
                command.arg("keytool");
                command
            }
        };
        command.current_dir(folder).env("HOME", folder);
        // Our own notes are tested elsewhere.
        command.env("LC_ALL", "C.UTF-8").env("TZ", "Europe/Oslo").env("TRUSTSTORE_KEYTOOL_QUIET", "1");
        command.env_remove("JAVA_TOOL_OPTIONS").env_remove("JDK_JAVA_OPTIONS").env_remove("NO_COLOR");
        command
    }

    /// Runs a command with nothing to read.
    pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(self, folder: &Path, arguments: &[A]) -> Output {
        let mut command = self.command(folder);
        command.args(arguments).stdin(std::process::Stdio::null());
        command.output().unwrap_or_else(|e| panic!("{self:?}: {e}"))
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
