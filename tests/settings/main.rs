//! The settings of a mail sender: what a file says, what a JVM reads in it, and what rustls is given.

#![cfg(all(feature = "mail", feature = "aws-lc-rs"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod java;
mod lints;
mod properties;
mod tls;
mod values;

use truststore::mail::{Settings, SettingsFile};
use truststore::{Error, ErrorKind, Result};

/// What any file needs.
const NEEDED: &str = "mailserver=mail.example.com\nmailSmtpEncryption=STARTTLS\n";

fn file(text: &str) -> SettingsFile {
    SettingsFile::parse("spoc.conf".as_ref(), text.as_bytes()).unwrap()
}

fn settings(text: &str) -> Result<Settings> {
    Settings::resolve(&file(text), None)
}

/// The settings of what every file needs, and these lines from line 3 on.
fn with(text: &str) -> Result<Settings> {
    settings(&format!("{NEEDED}{text}"))
}

/// The error of such a file, which has all of `parts` in its text.
fn refused(result: Result<Settings>, parts: &[&str]) -> Error {
    let error = result.expect_err(parts[0]);
    assert_eq!(error.kind(), ErrorKind::SettingsInvalid);
    for part in parts {
        assert!(error.to_string().contains(part), "{part:?} is not in: {error}");
    }
    error
}
