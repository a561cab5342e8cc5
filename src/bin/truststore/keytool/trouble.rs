//! What goes wrong, in the words of a JVM: the class of an exception and its message.

use std::path::Path;

use truststore::{Error, ErrorKind, Format};

use super::grammar::command::Command;
use crate::failure::Failure;

/// Why a command line could not be done.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// `keytool error: class: message` on stdout, as keytool has it.
    Exception { class: &'static str, message: String },
    /// What is no error to keytool: a line on stderr and exit code 0.
    GivenUp(&'static str),
    /// The reader of stdout has gone, or stdout cannot be written.
    Output(Failure),
    /// The command line is wrong: the message and the usage on stderr.
    Usage { message: String, command: Option<Command> },
}

impl Trouble {
    /// What keytool throws itself.
    pub(crate) fn exception(message: impl Into<String>) -> Self {
        Self::thrown("java.lang.Exception", message)
    }

    pub(crate) fn thrown(class: &'static str, message: impl Into<String>) -> Self {
        Self::Exception { class, message: message.into() }
    }

    pub(crate) fn not_found(path: &Path) -> Self {
        let message = format!("{} (No such file or directory)", path.display());
        Self::thrown("java.io.FileNotFoundException", message)
    }

    /// A file that cannot be opened, as `java.io.FileNotFoundException` has it; other errors in our words.
    pub(crate) fn of(error: Error) -> Self {
        let path = error.path().map(|path| path.display().to_string());
        let cause = std::error::Error::source(&error).and_then(|e| e.downcast_ref::<std::io::Error>());
        let reason = match (error.kind(), cause.map(std::io::Error::kind)) {
            (ErrorKind::NotFound, _) => Some("No such file or directory"),
            (_, Some(std::io::ErrorKind::PermissionDenied)) => Some("Permission denied"),
            (_, Some(std::io::ErrorKind::IsADirectory)) => Some("Is a directory"),
            (_, Some(std::io::ErrorKind::NotADirectory)) => Some("Not a directory"),
            _ => None,
        };
        match (path, reason) {
            (Some(path), Some(reason)) => {
                Self::thrown("java.io.FileNotFoundException", format!("{path} ({reason})"))
            }
            _ => Self::thrown("java.io.IOException", error.to_string()),
        }
    }

    /// An error of writing a file, named by its own path where the folder is missing.
    pub(crate) fn of_output(error: Error, path: &Path) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::not_found(path),
            _ if path.is_dir() => {
                Self::thrown("java.io.FileNotFoundException", format!("{} (Is a directory)", path.display()))
            }
            _ => Self::of(error),
        }
    }

    /// An error of opening a store of which the format is known or was claimed.
    pub(crate) fn of_store(error: Error, format: Option<Format>, claimed: bool) -> Self {
        match (error.kind(), format) {
            (ErrorKind::WrongPassword, Some(Format::Pkcs12)) => {
                Self::thrown("java.io.IOException", "keystore password was incorrect")
            }
            (ErrorKind::WrongPassword, _) => {
                Self::thrown("java.io.IOException", "Keystore was tampered with, or password was incorrect")
            }
            (ErrorKind::NotAStore, _) if claimed => {
                Self::thrown("java.io.IOException", "Invalid keystore format")
            }
            (ErrorKind::NotAStore, _) => Self::thrown(
                "java.security.KeyStoreException",
                "Unrecognized keystore format. Please load it with a specified type",
            ),
            _ => Self::of(error),
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::BrokenPipe | Failure::Output(_) | Failure::Untold(_) => Self::Output(failure),
            Failure::Library(error) | Failure::Hinted(error, _) => Self::of(error),
            Failure::Other { message, .. } | Failure::Partial(message) | Failure::Usage(message) => {
                Self::exception(message)
            }
        }
    }
}
