//! The settings of a mail sender: the Spooler Controller's configuration (`spoc.conf`).
//!
//! A file of Java properties, of which the keys of [`Key`] concern mail. A value that is absent or empty is
//! the central server's, for which a second file stands; `[EMPTY]` is really empty.

mod ciphers;
mod field;
mod file;
mod key;
mod lines;
mod lint;
mod properties;
mod protocols;
mod resolve;
#[cfg(test)]
mod tests;
mod value;
#[cfg(feature = "serde")]
mod view;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustls::SupportedProtocolVersion;

use super::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;
use ciphers::Suite;
use resolve::Files;

pub use ciphers::CipherSuites;
pub use file::SettingsFile;
pub use key::Key;
pub use lines::Encoding;
pub use lint::{Lint, LintCode};
pub use value::Value;

/// What a mail sender uses, after inheritance and with the defaults.
///
/// It serializes without the password.
///
/// ```
/// use truststore::mail::{Encryption, Settings, SettingsFile};
///
/// let local = SettingsFile::parse("spoc.conf".as_ref(), b"mailserver=mail.example.com\n")?;
/// let central = SettingsFile::parse("central.conf".as_ref(), b"mailSmtpEncryption=STARTTLS\n")?;
/// let settings = Settings::resolve(&local, Some(&central))?;
/// assert_eq!(settings.main.host, "mail.example.com");
/// assert_eq!((settings.main.encryption, settings.main.port), (Encryption::StartTls, 587));
/// # Ok::<(), truststore::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The server (`mailserver`).
    pub main: Endpoint,
    /// The server that is tried when the first cannot be reached (`mailserverbackup`).
    pub backup: Option<Endpoint>,
    /// The sender's address (`mailfrom`); [`Settings::sender`] is for who cannot do without it.
    pub from: Option<String>,
    /// Who to authenticate as; `None` for a server that wants no authentication.
    pub credentials: Option<Credentials>,
    /// What the files say otherwise than was probably meant, and what of them is not used.
    pub lints: Vec<Lint>,
    protocols: Vec<&'static SupportedProtocolVersion>,
    /// The custom ones, if they are allowed; else none, and the provider's count.
    suites: Vec<Suite>,
    positions: BTreeMap<Key, Position>,
    local: PathBuf,
}

/// Who to authenticate as (`mailuser`, `mailpass`).
#[derive(Debug)]
#[non_exhaustive]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The user's password, which is empty for `[EMPTY]`.
    pub password: Password,
}

impl Credentials {
    /// A user with a password.
    #[must_use]
    pub fn new(user: impl Into<String>, password: Password) -> Self {
        Self { user: user.into(), password }
    }
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Position {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl Settings {
    /// Reads the settings from a file, and from a second one what the first leaves to the central server.
    ///
    /// # Errors
    /// As [`SettingsFile::read`] and [`Settings::resolve`].
    pub fn read(local: &Path, central: Option<&Path>, limits: &Limits) -> Result<Self> {
        let local = SettingsFile::read(local, limits)?;
        let central = central.map(|path| SettingsFile::read(path, limits)).transpose()?;
        Self::resolve(&local, central.as_ref())
    }

    /// The settings of a file, with the central server's for what it leaves open, and the defaults.
    ///
    /// `mailserver` and `mailSmtpEncryption` must be set. The port is by default 25 for `NONE`, 465 for
    /// `SSL_TLS` and 587 for `STARTTLS`, each timeout 10 seconds, and the version of TLS 1.2. Without
    /// `mailuser` there is no authentication.
    ///
    /// # Errors
    /// `SettingsInvalid` if a setting is missing, or has a value that it cannot have; the message has the
    /// line, what was found, what was expected, and what to do.
    pub fn resolve(local: &SettingsFile, central: Option<&SettingsFile>) -> Result<Self> {
        Files { local, central }.resolve()
    }

    /// The servers, in the order in which they are tried.
    pub fn servers(&self) -> impl Iterator<Item = &Endpoint> {
        [&self.main].into_iter().chain(&self.backup)
    }

    /// The sender's address.
    ///
    /// # Errors
    /// `SettingsInvalid` if `mailfrom` is not set.
    pub fn sender(&self) -> Result<&str> {
        self.from.as_deref().ok_or_else(|| {
            let message = "mailfrom is not set, expected the sender's address; set it to one that the mail \
                           server accepts, such as spooler@example.com";
            Error::new(ErrorKind::SettingsInvalid, message).at_path(&self.local)
        })
    }

    /// Where a value comes from; `None` for a default, and where there is no value.
    #[must_use]
    pub fn position(&self, key: Key) -> Option<&Position> {
        self.positions.get(&key)
    }

    /// The versions of TLS, for [`rustls::ConfigBuilder`].
    #[must_use]
    pub fn protocol_versions(&self) -> &[&'static SupportedProtocolVersion] {
        &self.protocols
    }
}
