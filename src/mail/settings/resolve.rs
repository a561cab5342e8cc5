//! Inheritance: the local file, then the central one, then the default.

use std::collections::BTreeMap;

use super::field::Given;
use super::file::SettingsFile;
use super::key::Key;
use super::lint::{LintCode, Lints};
use super::value::Value;
use super::{Credentials, Position, Settings, ciphers, protocols};
use crate::error::{Error, ErrorKind, Result};
use crate::mail::Endpoint;
use crate::password::Password;

/// The files that settings come from.
pub(super) struct Files<'a> {
    pub(super) local: &'a SettingsFile,
    pub(super) central: Option<&'a SettingsFile>,
}

impl<'a> Files<'a> {
    pub(super) fn resolve(&self) -> Result<Settings> {
        let encryption = self.value(Key::Encryption)?.map_or_else(
            || Err(self.missing(Key::Encryption, "one of NONE, SSL_TLS and STARTTLS")),
            |given| given.encryption(),
        )?;
        let host = self.value(Key::Server)?;
        let host = host.ok_or_else(|| self.missing(Key::Server, "the mail server's host name"))?.host()?;
        let mut main = Endpoint::new(host, encryption.default_port(), encryption);
        if let Some(given) = self.value(Key::Port)? {
            main.port = given.port()?;
        }
        if let Some(given) = self.value(Key::ConnectionTimeout)? {
            main.connect_timeout = given.timeout()?;
        }
        if let Some(given) = self.value(Key::Timeout)? {
            main.timeout = given.timeout()?;
        }
        let backup = self.value(Key::ServerBackup)?.map(|given| given.host()).transpose()?;
        let mut lints = self.local.lints().to_vec();
        lints.extend(self.central.into_iter().flat_map(SettingsFile::lints).cloned());
        let protocols = match self.value(Key::Protocols)? {
            Some(given) => {
                let mut said = Lints::new(given.path);
                let protocols = protocols::parse(&given, &mut said)?;
                lints.extend(said.into_found());
                protocols
            }
            None => protocols::default(),
        };
        let allowed = self.value(Key::AllowCipherSuites)?.map(|given| given.flag()).transpose()?;
        let mut suites = Vec::new();
        if let Some(given) = self.value(Key::CipherSuites)? {
            if allowed == Some(true) {
                suites = ciphers::parse(&given)?;
            } else {
                let mut said = Lints::new(given.path);
                let message =
                    format!("the cipher suites do not count: {} is not true", Key::AllowCipherSuites);
                let remedy = format!("set {} to true, or delete the list", Key::AllowCipherSuites);
                said.add(LintCode::CipherSuitesNotAllowed, given.line, Some(given.key), message, remedy);
                lints.extend(said.into_found());
            }
        }
        Ok(Settings {
            backup: backup.map(|host| Endpoint { host, ..main.clone() }),
            from: self.value(Key::From)?.map(|given| given.address()).transpose()?,
            credentials: self.credentials()?,
            main,
            lints,
            protocols,
            suites,
            positions: self.positions()?,
            local: self.local.path().to_owned(),
        })
    }

    /// A user without a password is an error, and so is the reverse; neither is no authentication.
    fn credentials(&self) -> Result<Option<Credentials>> {
        let user = self.find(Key::User)?;
        let password = self.find(Key::Password)?;
        let user = match (user, &password) {
            (Value::Set(given), _) => given.user()?,
            (Value::Empty, _) | (Value::Inherit, Value::Inherit | Value::Empty) => return Ok(None),
            (Value::Inherit, Value::Set(_)) => {
                return Err(self.missing(
                    Key::User,
                    "the name that mailpass belongs to, or [EMPTY] for a server that wants no authentication",
                ));
            }
        };
        let password = match password {
            Value::Set(given) => Password::new(given.text),
            Value::Empty => Password::new(""),
            Value::Inherit => {
                let expected = "the password of mailuser, or [EMPTY] for an empty one";
                return Err(self.missing(Key::Password, expected));
            }
        };
        Ok(Some(Credentials { user, password }))
    }

    /// A value, if there is one in either file.
    fn value(&self, key: Key) -> Result<Option<Given<'a>>> {
        Ok(match self.find(key)? {
            Value::Set(given) => Some(given),
            Value::Inherit | Value::Empty => None,
        })
    }

    /// What the first file says that does not leave it to the next.
    fn find(&self, key: Key) -> Result<Value<Given<'a>>> {
        for file in self.files() {
            let Some(entry) = file.entry(key) else { continue };
            let given = Given { key, path: file.path(), line: entry.line, text: entry.text.as_str() };
            if let Some(other) = entry.swallowed {
                return Err(given.error(&format!(
                    "found a backslash at the end of the line, which makes the line of {other} a part of the \
                     value; write it as \\\\"
                )));
            }
            match file.get(key) {
                Value::Inherit => {}
                Value::Empty => return Ok(Value::Empty),
                Value::Set(_) => return Ok(Value::Set(given)),
            }
        }
        Ok(Value::Inherit)
    }

    fn positions(&self) -> Result<BTreeMap<Key, Position>> {
        let mut positions = BTreeMap::new();
        for key in Key::ALL {
            if let Some(given) = self.value(key)? {
                positions.insert(key, Position { path: given.path.to_owned(), line: given.line });
            }
        }
        Ok(positions)
    }

    fn files(&self) -> impl Iterator<Item = &'a SettingsFile> {
        [self.local].into_iter().chain(self.central)
    }

    /// What is set nowhere, and where somebody may have meant to set it.
    fn missing(&self, key: Key, expected: &str) -> Error {
        let nowhere = match self.central {
            Some(central) => format!("{key} is set neither here nor in {}", central.path().display()),
            None => format!("{key} is not set"),
        };
        let attempts = [LintCode::MisspeltKey, LintCode::SplitKey, LintCode::LineSwallowed];
        let mut lints = self.files().flat_map(SettingsFile::lints);
        let attempt = lints.find(|lint| lint.key == Some(key) && attempts.contains(&lint.code));
        let next = match attempt {
            Some(lint) => format!("line {} of {}: {}", lint.line, lint.path.display(), lint.message),
            None => format!("add a line {key}=…, or give the central server's configuration too"),
        };
        let message = format!("{nowhere}, expected {expected}; {next}");
        Error::new(ErrorKind::SettingsInvalid, message).at_path(self.local.path())
    }
}
