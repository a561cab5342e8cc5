//! One settings file: the values of mail's keys, each with its line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroize as _;

use super::key::Key;
use super::lines::{Encoding, decode, logical_lines};
use super::lint::{Lint, LintCode, Lints};
use super::properties::property;
use super::value::Value;
use crate::error::{Error, ErrorKind, Result};
use crate::input::read_file;
use crate::limits::Limits;
use crate::password::Password;

/// A settings file as it was read: which of mail's keys it has, and what Java makes of it.
///
/// ```
/// use truststore::mail::{Key, SettingsFile, Value};
///
/// let file = SettingsFile::parse("spoc.conf".as_ref(), b"mailserver=mail.example.com\nmailuser=[EMPTY]\n")?;
/// assert_eq!(file.get(Key::Server), Value::Set("mail.example.com"));
/// assert_eq!(file.get(Key::User), Value::Empty);
/// assert_eq!(file.get(Key::From), Value::Inherit);
/// # Ok::<(), truststore::Error>(())
/// ```
pub struct SettingsFile {
    path: PathBuf,
    encoding: Encoding,
    entries: BTreeMap<Key, Entry>,
    lints: Vec<Lint>,
}

/// The last entry of a key.
pub(super) struct Entry {
    pub(super) line: usize,
    /// Every text is kept like the password: another line may have become part of it.
    pub(super) text: Password,
    /// The key whose line did.
    pub(super) swallowed: Option<Key>,
}

impl SettingsFile {
    /// The largest settings file, in bytes.
    pub const MAX_SIZE: u64 = 1 << 20;

    /// Reads a file.
    ///
    /// # Errors
    /// `NotFound`, `Io`; `LimitExceeded` above [`SettingsFile::MAX_SIZE`] or the limit; as
    /// [`SettingsFile::parse`].
    pub fn read(path: &Path, limits: &Limits) -> Result<Self> {
        let limits = Limits { max_file_size: limits.max_file_size.min(Self::MAX_SIZE), ..limits.clone() };
        let bytes = read_file(path, &limits).map_err(|e| match e.kind() {
            ErrorKind::LimitExceeded => too_large(limits.max_file_size).at_path(path),
            _ => e,
        })?;
        let file = Self::parse(path, &bytes);
        // There is a password in it.
        if let Ok(mut bytes) = bytes.try_into_mut() {
            bytes.as_mut().zeroize();
        }
        file
    }

    /// Reads the content of a file, as `java.util.Properties` does: UTF-8 if it is that, else ISO 8859-1.
    ///
    /// # Errors
    /// `SettingsInvalid` for a malformed `\u` escape, for which Java refuses the file too, and for half of a
    /// surrogate pair; `LimitExceeded` above [`SettingsFile::MAX_SIZE`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > Self::MAX_SIZE {
            return Err(too_large(Self::MAX_SIZE).at_path(path));
        }
        let (text, encoding) = decode(bytes);
        let mut entries: BTreeMap<Key, Entry> = BTreeMap::new();
        let mut lints = Lints::new(path);
        for line in logical_lines(&text) {
            let property = property(&line).map_err(|e| e.at_path(path))?;
            let key = Key::named(&property.key);
            let swallowed = lints.swallowed(key, &line);
            let Some(key) = key else {
                lints.other(&line, &property);
                continue;
            };
            lints.entry(key, &line, &property);
            let entry = Entry { line: line.number, text: Password::new(property.value.as_str()), swallowed };
            if let Some(first) = entries.insert(key, entry) {
                let message = format!("{key} was set in line {} too, which Java ignores", first.line);
                let remedy = "delete the one that is not meant";
                lints.add(LintCode::DuplicateKey, line.number, Some(key), message, remedy);
            }
        }
        Ok(Self { path: path.to_owned(), encoding, entries, lints: lints.into_found() })
    }

    /// The file's path, as it was given.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file's octets were read as.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What this file says about a key; of several entries the last. The password is no exception.
    #[must_use]
    pub fn get(&self, key: Key) -> Value<&str> {
        self.entries.get(&key).map_or(Value::Inherit, |entry| Value::from_text(entry.text.as_str()))
    }

    /// The line of a key's last entry, from 1.
    #[must_use]
    pub fn line(&self, key: Key) -> Option<usize> {
        self.entry(key).map(|entry| entry.line)
    }

    /// What Java reads otherwise than it was probably meant, in the order of the lines; a thousand at most.
    #[must_use]
    pub fn lints(&self) -> &[Lint] {
        &self.lints
    }

    pub(super) fn entry(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }
}

impl fmt::Debug for SettingsFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.entries.keys().map(|key| key.as_str()).collect();
        f.debug_struct("SettingsFile").field("path", &self.path).field("keys", &keys).finish_non_exhaustive()
    }
}

fn too_large(most: u64) -> Error {
    let message = format!(
        "larger than the {most} bytes that a settings file may have; name the Spooler Controller's \
         configuration (spoc.conf)"
    );
    Error::new(ErrorKind::LimitExceeded, message)
}
