//! From a key's text to what it means.

use std::net::Ipv6Addr;
use std::path::Path;
use std::time::Duration;

use rustls::pki_types::ServerName;

use super::key::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::mail::Encryption;

/// A value that a file has.
pub(super) struct Given<'a> {
    pub(super) key: Key,
    pub(super) path: &'a Path,
    pub(super) line: usize,
    pub(super) text: &'a str,
}

impl<'a> Given<'a> {
    /// A host name or an address, and nothing around it.
    pub(super) fn host(&self) -> Result<String> {
        const EXPECTED: &str = "a host name or an IP address";
        let text = self.text;
        if text.contains("://") {
            let next =
                "leave the scheme out, and say with mailSmtpEncryption how the connection is protected";
            return Err(self.invalid(EXPECTED, next));
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<Ipv6Addr>() {
            return Ok(address.to_string());
        }
        if text.contains(':') {
            return Err(self.invalid(EXPECTED, "put the port into mailSmtpPort"));
        }
        if text.contains([',', ';', ' ', '\t']) {
            return Err(
                self.invalid(EXPECTED, "one host without white space; mailserverbackup is for another")
            );
        }
        match ServerName::try_from(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) if !text.is_ascii() => {
                Err(self.invalid(EXPECTED, "write an international name in its xn-- form"))
            }
            Err(_) => Err(self.invalid(EXPECTED, "write the name alone, as in mail.example.com")),
        }
    }

    pub(super) fn port(&self) -> Result<u16> {
        match self.text.parse() {
            Ok(port @ 1..) => Ok(port),
            _ => Err(self.invalid("a port from 1 to 65535", "465 is usual for SSL_TLS, 587 for STARTTLS")),
        }
    }

    /// Milliseconds. Java takes 0 for ever, which no sender should wait.
    pub(super) fn timeout(&self) -> Result<Duration> {
        match self.text.parse::<i32>().map(u64::try_from) {
            Ok(Ok(milliseconds @ 1..)) => Ok(Duration::from_millis(milliseconds)),
            _ => Err(self.invalid(
                "milliseconds, from 1 to 2147483647, without a unit",
                "10000 is ten seconds, the default",
            )),
        }
    }

    pub(super) fn encryption(&self) -> Result<Encryption> {
        match self.text {
            "NONE" => Ok(Encryption::None),
            "SSL_TLS" => Ok(Encryption::SslTls),
            "STARTTLS" => Ok(Encryption::StartTls),
            _ => Err(self.invalid(
                "one of NONE, SSL_TLS and STARTTLS",
                "SSL_TLS is for TLS from the start, usually on port 465, STARTTLS for port 587 or 25",
            )),
        }
    }

    pub(super) fn flag(&self) -> Result<bool> {
        match self.text {
            text if text.eq_ignore_ascii_case("true") => Ok(true),
            text if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(self.invalid("true or false", "write one of them")),
        }
    }

    /// An address alone, which cannot end the command that it is put into (RFC 5321, 4.1.2).
    pub(super) fn address(&self) -> Result<String> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';');
        match self.text.rsplit_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !self.text.contains(bad) => {
                Ok(self.text.to_owned())
            }
            _ => Err(self.invalid("one address", "write the address alone, as in spooler@example.com")),
        }
    }

    /// A name without the control characters that a backslash may have made.
    pub(super) fn user(&self) -> Result<String> {
        if self.text.contains(char::is_control) {
            return Err(self.invalid("a name without control characters", "write a backslash as \\\\"));
        }
        Ok(self.text.to_owned())
    }

    /// The names of a list, which commas, semicolons or white space separate.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        let separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
        self.text.split(separator).filter(|name| !name.is_empty())
    }

    /// The whole value is not what it should be.
    pub(super) fn invalid(&self, expected: &str, next: &str) -> Error {
        self.unexpected(self.text, expected, next)
    }

    /// A part of the value is not what it should be.
    pub(super) fn unexpected(&self, found: &str, expected: &str, next: &str) -> Error {
        const SHOWN: usize = 100;
        let more = if found.chars().count() > SHOWN { "…" } else { "" };
        let found: String = found.chars().take(SHOWN).collect();
        // A password is taken as it is, but a slip may have put it behind another key.
        if self.text.to_ascii_lowercase().contains("pass") {
            return self.error(&format!("found a text with \"pass\" in it, expected {expected}; {next}"));
        }
        self.error(&format!("found \"{found}{more}\", expected {expected}; {next}"))
    }

    /// An error at this value's place.
    pub(super) fn error(&self, message: &str) -> Error {
        let message = format!("line {}: {}: {message}", self.line, self.key);
        Error::new(ErrorKind::SettingsInvalid, message).at_path(self.path)
    }
}
