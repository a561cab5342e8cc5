//! Real mail servers, started by the tests on loopback: Exim, aiosmtpd, and OpenSSL's `s_server`.
//!
//! Each test says so when a server is not installed, and fails under `TRUSTSTORE_ORACLES=required`;
//! `tests/run` installs them.

mod aiosmtpd;
mod client;
mod exim;
mod questions;
mod reload;
mod s_server;
mod send;
mod settings;
mod witness;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::pki::Identity;

/// Who may send.
const USER: &str = "spool@example.test";
/// Its password, with what a careless quoting would lose.
const PASSWORD: &str = "correct horse: 42% \"staple\"";

/// How long a server may take for what it does on its own: to start, to deliver.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail server with two ports.
trait MailServer {
    fn name(&self) -> &'static str;
    /// The port with TLS from the first octet on.
    fn implicit(&self) -> u16;
    /// The port with STARTTLS, or without any TLS where the test asked for that.
    fn starttls(&self) -> u16;
    /// The folder in which every delivered mail is a file.
    fn inbox(&self) -> PathBuf;
    /// What the server wrote about its work.
    fn log(&self) -> String;

    /// How often somebody showed a password, right or wrong.
    fn logins(&self) -> usize {
        let marks = ["somebody logs in", "authenticator failed for", " A=plain:", " A=login:"];
        self.log().lines().filter(|line| marks.iter().any(|mark| line.contains(mark))).count()
    }

    /// Every delivered mail, as text with LF line ends.
    fn mails(&self) -> Vec<String> {
        let mut mails = Vec::new();
        for entry in fs::read_dir(self.inbox()).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "part") {
                mails.push(String::from_utf8(fs::read(path).unwrap()).unwrap().replace("\r\n", "\n"));
            }
        }
        mails
    }

    /// Waits until there are `count` mails: a server may deliver after its reply.
    fn wait_for(&self, count: usize) -> Vec<String> {
        let start = Instant::now();
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                assert_eq!(mails.len(), count, "{}: {mails:?}", self.name());
                return mails;
            }
            assert!(start.elapsed() < PATIENCE, "{}: no mail\n{}", self.name(), self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// How a server treats TLS.
#[derive(Clone, Copy, Default)]
enum Tls {
    #[default]
    Offered,
    /// No STARTTLS, as if somebody on the way had stripped it; credentials are asked for all the same.
    Stripped,
}

/// Starts every kind of mail server that is there, each with this identity.
fn each(identity: &Identity, tls: Tls, test: impl Fn(&dyn MailServer)) {
    if let Some(program) = exim::find() {
        test(&exim::Exim::start(program, identity, tls, None));
    }
    if let Some(python) = aiosmtpd::find() {
        test(&aiosmtpd::Aiosmtpd::start(python, identity, tls));
    }
}

/// Says that `what` is missing; a failure where the environment requires it.
fn missing(what: &str) {
    let required = std::env::var("TRUSTSTORE_ORACLES").is_ok_and(|value| value == "required");
    assert!(!required, "{what} is missing, and TRUSTSTORE_ORACLES=required");
    eprintln!("note: {what} is missing: not tested with it");
}

/// A folder which a server under another user may enter.
fn public_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}
