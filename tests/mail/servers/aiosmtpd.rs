//! aiosmtpd, the Python mail server, run by `smtpd.py`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::{MailServer, PASSWORD, Tls, USER, missing};
use crate::common::pki::Identity;

/// A Python that knows aiosmtpd: the first of the path, or Debian's.
pub(crate) fn find() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
            let output = Command::new(python).args(["-c", "import aiosmtpd"]).output();
            output.is_ok_and(|output| output.status.success())
        });
        if found.is_none() {
            missing("python3 with aiosmtpd (Debian: python3-aiosmtpd)");
        }
        found
    })
}

pub(crate) struct Aiosmtpd {
    child: Child,
    implicit: u16,
    starttls: u16,
    folder: TempDir,
}

impl Aiosmtpd {
    pub(crate) fn start(python: &str, identity: &Identity, tls: Tls) -> Self {
        let folder = TempDir::new().unwrap();
        let inbox = folder.path().join("inbox");
        std::fs::create_dir(&inbox).unwrap();
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail/smtpd.py"));
        command.arg("--certificate").arg(&identity.chain).arg("--key").arg(&identity.key);
        command.arg("--folder").arg(&inbox).args(["--user", USER, "--password", PASSWORD]);
        if matches!(tls, Tls::Stripped) {
            command.arg("--no-starttls");
        }
        // Its complaints about clients that hang up are not the test's.
        let errors = std::fs::File::create(log(folder.path())).unwrap();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn().expect("python3");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).unwrap();
        let ports: Vec<u16> = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
        let [implicit, starttls] = ports[..] else {
            let said = std::fs::read_to_string(log(folder.path())).unwrap();
            panic!("smtpd.py gave no ports: {line}\n{said}");
        };
        Self { child, implicit, starttls, folder }
    }
}

impl MailServer for Aiosmtpd {
    fn name(&self) -> &'static str {
        "aiosmtpd"
    }

    fn implicit(&self) -> u16 {
        self.implicit
    }

    fn starttls(&self) -> u16 {
        self.starttls
    }

    fn inbox(&self) -> PathBuf {
        self.folder.path().join("inbox")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(log(self.folder.path())).unwrap_or_default()
    }
}

impl Drop for Aiosmtpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}
