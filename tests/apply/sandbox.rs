//! A folder of its own with certificates, in which commands are run.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{certificate, testdata};
use crate::schema;

pub(crate) struct Sandbox {
    folder: TempDir,
}

pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// With the manifest `trust.toml` and the certificates that the tests name.
    pub(crate) fn with(manifest: &str) -> Self {
        let sandbox = Self { folder: TempDir::new().unwrap() };
        for name in ["corp-root", "corp-root-2", "root-a", "root-b", "bundle", "p521-root"] {
            let file = format!("{name}.pem");
            std::fs::copy(testdata(&format!("inputs/{file}")), sandbox.path(&file)).unwrap();
        }
        sandbox.write("trust.toml", manifest);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn copy(&self, from: &str, name: &str) {
        std::fs::copy(testdata(from), self.path(name)).unwrap();
    }

    /// What a file holds, and when that was written.
    pub(crate) fn state(&self, name: &str) -> (Vec<u8>, SystemTime) {
        let path = self.path(name);
        (std::fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap())
    }

    /// Names of the folder's files that are no certificates, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> =
            names.filter(|name| !name.ends_with(".pem") && name != "trust.toml").collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
        command.args(line.split(' ').filter(|word| !word.is_empty()));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "NO_COLOR", "CLICOLOR_FORCE"] {
            command.env_remove(variable);
        }
        command
    }

    /// Runs a line that must end with this exit code.
    pub(crate) fn expect(&self, code: i32, line: &str) -> Answer {
        let answer = Answer::of(code, line, &mut self.command(line));
        if line.starts_with("apply trust.toml") && code != 2 {
            let manifest = std::fs::read_to_string(self.path("trust.toml")).unwrap();
            assert_eq!(schema::manifest_faults(&manifest), Some(vec![]), "{manifest}");
        }
        answer
    }

    /// Runs a line that must end with this exit code, and reads its JSON.
    pub(crate) fn json(&self, code: i32, line: &str) -> Value {
        let answer = self.expect(code, &format!("{line} --format json"));
        serde_json::from_str(&answer.stdout).unwrap_or_else(|e| panic!("{line}: {e}: {}", answer.stdout))
    }

    /// The aliases of a store, in its order.
    pub(crate) fn aliases(&self, store: &str) -> Vec<String> {
        let list = self.json(0, &format!("list -k {store} --sort file"));
        list["entries"].as_array().unwrap().iter().map(|e| e["alias"].as_str().unwrap().to_owned()).collect()
    }
}

impl Answer {
    pub(crate) fn of(code: i32, line: &str, command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let answer = Self {
            code: output.status.code().expect("not killed"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert_eq!(answer.code, code, "{line}\nstdout: {}\nstderr: {}", answer.stdout, answer.stderr);
        schema::judge(&answer.stdout, &answer.stderr);
        answer
    }
}

/// The fingerprint of a certificate of the test data.
pub(crate) fn sha256(name: &str) -> String {
    certificate(name).sha256().to_string()
}

/// `action alias` of every action of the first store of an answer.
pub(crate) fn actions(answer: &Value) -> Vec<String> {
    let actions = answer["stores"][0]["actions"].as_array().unwrap().iter();
    actions.map(|a| format!("{} {}", a["action"].as_str().unwrap(), a["alias"].as_str().unwrap())).collect()
}
