//! The command under test, with a store of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{PASSWORD, USER};
use crate::schema;

/// A folder with a trust store, in which commands are run without the caller's settings.
pub(crate) struct Client {
    folder: TempDir,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Client {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("mail-password"), PASSWORD).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `truststore ARGUMENTS`, in the folder, on `./ssl-truststore`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Answer {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
        for variable in ["TRUSTSTORE_PASSWORD", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command.env("TRUSTSTORE_PATH", self.path("ssl-truststore"));
        let output = command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .args(arguments)
            .output()
            .expect("the command");
        let answer = Answer {
            code: output.status.code().expect("no signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        schema::judge(&answer.stdout, &answer.stderr);
        answer
    }

    pub(crate) fn import(&self, certificate: &Path, alias: &str) {
        let file = certificate.to_str().unwrap();
        self.run(&["import", "--file", file, "--alias", alias]).done();
    }

    /// `send-test` to a server on this machine, as [`USER`]; `options` come last.
    pub(crate) fn send(&self, port: u16, encryption: &str, options: &[&str]) -> Answer {
        let server = format!("localhost:{port}");
        let mut arguments = vec!["send-test", "--to", "ops@example.test", "--from", "spool@example.test"];
        arguments.extend(["--server", &server, "--encryption", encryption]);
        arguments.extend(["--user", USER, "--mail-password-file", "mail-password"]);
        arguments.extend(options);
        self.run(&arguments)
    }
}

impl Answer {
    /// Must have worked.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// Must have answered "no", with this stable code in the JSON, and without showing the password.
    pub(crate) fn refused(self, code: &str) -> Self {
        assert_eq!(self.code, 1, "expected {code}: {self:?}");
        assert!(self.mentions(code), "expected {code}: {self:?}");
        assert!(!self.stdout.contains(PASSWORD) && !self.stderr.contains(PASSWORD), "{self:?}");
        self
    }

    /// True if some field of the JSON answer is `text`.
    pub(crate) fn mentions(&self, text: &str) -> bool {
        [&self.stdout, &self.stderr].into_iter().filter_map(|s| json(s)).any(|json| has(&json, text))
    }
}

/// The JSON object that an output ends with.
fn json(output: &str) -> Option<Value> {
    let start = if output.starts_with('{') { 0 } else { output.find("\n{")? + 1 };
    serde_json::from_str(&output[start..]).ok()
}

fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| has(item, text)),
        Value::Object(fields) => fields.values().any(|field| has(field, text)),
        Value::String(string) => string == text,
        _ => false,
    }
}
