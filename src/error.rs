//! The crate's one error type: what went wrong, where, and what caused it.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::text;

/// The result of this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and what caused it.
///
/// The message is one lowercase clause without a full stop; the command adds a line that says what to
/// do next, chosen by [`Error::kind`]. `Display` puts the place in front of the message and escapes
/// control characters, since a path or an alias is somebody else's text.
///
/// ```
/// use truststore::{ErrorKind, Limits, TrustStore, Unlock};
///
/// let error = TrustStore::from_bytes(b"hello".to_vec(), Unlock::Defaults, &Limits::default())
///     .expect_err("not a store");
/// assert_eq!(error.kind(), ErrorKind::NotAStore);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    path: Option<PathBuf>,
    entry: Option<String>,
    offset: Option<usize>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`] that a caller may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An alias that the format cannot hold.
    AliasInvalid,
    /// The alias exists and names something else.
    AliasTaken,
    /// No entry has this alias.
    AliasUnknown,
    /// The target format cannot hold what the source has; nothing was written.
    CannotKeep,
    /// The file is no longer what was read.
    ChangedOnDisk,
    /// The bytes contradict the format's specification.
    Damaged,
    /// The independent reader did not find in the new bytes what was put in; nothing was written.
    Disagreement,
    /// An output file exists already.
    Exists,
    /// A certificate is not the one that was pinned by its fingerprint.
    FingerprintMismatch,
    /// The operating system refused.
    Io,
    /// More work or memory is required than the [`Limits`](crate::Limits) permit.
    LimitExceeded,
    /// Another process holds the lock.
    Locked,
    /// A password was given, but the file has no MAC that it could check.
    MacMissing,
    /// A manifest does not say what it must, or contradicts itself; the message has the line and column.
    ManifestInvalid,
    /// No certificate in the input.
    NoCertificate,
    /// The bytes are of none of the formats.
    NotAStore,
    /// The file does not exist.
    NotFound,
    /// The store was read without its integrity being checked, so it cannot be written.
    ReadOnly,
    /// A check that the caller asked for refused the input.
    Refused,
    /// A setting of the mail sender is missing, or has a value that it cannot have.
    SettingsInvalid,
    /// A correct file that uses something this crate does not implement.
    Unsupported,
    /// The password does not fit, or the file is damaged.
    WrongPassword,
}

impl ErrorKind {
    /// A stable kebab-case code for scripts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AliasInvalid => "alias-invalid",
            Self::AliasTaken => "alias-taken",
            Self::AliasUnknown => "alias-unknown",
            Self::CannotKeep => "cannot-keep",
            Self::ChangedOnDisk => "changed-on-disk",
            Self::Damaged => "damaged",
            Self::Disagreement => "disagreement",
            Self::Exists => "exists",
            Self::FingerprintMismatch => "fingerprint-mismatch",
            Self::Io => "io",
            Self::LimitExceeded => "limit-exceeded",
            Self::Locked => "locked",
            Self::MacMissing => "mac-missing",
            Self::ManifestInvalid => "manifest-invalid",
            Self::NoCertificate => "no-certificate",
            Self::NotAStore => "not-a-store",
            Self::NotFound => "not-found",
            Self::ReadOnly => "read-only",
            Self::Refused => "refused",
            Self::SettingsInvalid => "settings-invalid",
            Self::Unsupported => "unsupported",
            Self::WrongPassword => "wrong-password",
        }
    }
}

impl Error {
    /// An error of this kind; the message is one lowercase clause without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            path: None,
            entry: None,
            offset: None,
            source: None,
        }))
    }

    /// An error of the operating system, told with what was attempted.
    pub fn io(attempt: impl fmt::Display, path: &Path, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::AlreadyExists => ErrorKind::Exists,
            _ => ErrorKind::Io,
        };
        Self::new(kind, format!("cannot {attempt}: {source}")).at_path(path).because(source)
    }

    pub(crate) fn damaged(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    /// Names the file, unless a place closer to the fault named one already.
    #[must_use]
    pub fn at_path(mut self, path: &Path) -> Self {
        self.0.path.get_or_insert_with(|| path.to_owned());
        self
    }

    /// Names the entry, unless a place closer to the fault named one already.
    #[must_use]
    pub fn at_entry(mut self, entry: &str) -> Self {
        self.0.entry.get_or_insert_with(|| entry.to_owned());
        self
    }

    /// Gives the byte offset of the fault, unless a place closer to the fault gave one already.
    #[must_use]
    pub fn at_offset(mut self, offset: usize) -> Self {
        self.0.offset.get_or_insert(offset);
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What kind of error this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The file concerned, if one is known.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The name of the entry concerned, if one is known.
    #[must_use]
    pub fn entry(&self) -> Option<&str> {
        self.0.entry.as_deref()
    }

    /// The byte offset of the fault in the input, if one is known.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// The password does not fit, or the file is damaged: no reader can tell these apart.
    #[must_use]
    pub fn is_wrong_password(&self) -> bool {
        self.kind() == ErrorKind::WrongPassword
    }

    /// The bytes contradict the format's specification.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.kind() == ErrorKind::Damaged
    }

    /// A correct file that uses something this crate does not implement.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        self.kind() == ErrorKind::Unsupported
    }

    /// More work or memory is required than the [`Limits`](crate::Limits) permit.
    #[must_use]
    pub fn is_limit_exceeded(&self) -> bool {
        self.kind() == ErrorKind::LimitExceeded
    }

    /// The file does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// The file is no longer what was read.
    #[must_use]
    pub fn is_changed_on_disk(&self) -> bool {
        self.kind() == ErrorKind::ChangedOnDisk
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}: ", text::printable(&path.to_string_lossy()))?;
        }
        if let Some(entry) = &self.0.entry {
            write!(f, "entry \"{}\": ", text::printable(&shortened(entry)))?;
        }
        f.write_str(&text::printable(&self.0.message))?;
        match self.0.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

/// An alias may have thousands of characters; the first ones tell which it is.
fn shortened(alias: &str) -> Cow<'_, str> {
    const SHOWN: usize = 200;
    match alias.char_indices().nth(SHOWN) {
        Some((end, _)) => {
            Cow::Owned(format!("{}… ({} bytes)", alias.get(..end).unwrap_or_default(), alias.len()))
        }
        None => Cow::Borrowed(alias),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
