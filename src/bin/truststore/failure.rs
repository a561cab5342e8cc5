//! Why a command could not do what it was asked.

use serde::Serialize;
use truststore::{Error, ErrorKind};

use crate::hint;
use crate::output::SCHEMA;

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of stdout has gone.
    BrokenPipe,
    /// What the library says, with what helps in this situation.
    Hinted(Error, &'static str),
    /// What the library says.
    Library(Error),
    /// The result could not be written.
    Output(std::io::Error),
    /// Something else, with its code and what helps in this very case.
    Other { code: &'static str, message: String, hint: Option<String> },
    /// Some items could not be done; which, the result says.
    Partial(String),
    /// The change was made, and the result could not be written.
    Untold(std::io::Error),
    /// The command line or its surroundings are wrong.
    Usage(String),
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    error: Facts<'a>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Facts<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// 1 where the question was answered with no, 2 where the command could not do it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.library().map(Error::kind) {
            Some(ErrorKind::AliasUnknown) => 1,
            _ => 2,
        }
    }

    /// A stable kebab-case code for scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::BrokenPipe | Self::Output(_) | Self::Untold(_) => "io",
            Self::Hinted(error, _) | Self::Library(error) => error.kind().code(),
            Self::Other { code, .. } => code,
            Self::Partial(_) => "failed-items",
            Self::Usage(_) => "usage",
        }
    }

    /// The library's error, if it is one.
    pub(crate) fn library(&self) -> Option<&Error> {
        match self {
            Self::Hinted(error, _) | Self::Library(error) => Some(error),
            _ => None,
        }
    }

    /// The failure as one line of JSON, with the warnings given before.
    pub(crate) fn json(&self, warnings: &[String]) -> String {
        let error = Facts {
            code: self.code(),
            message: self.to_string(),
            path: self.library().and_then(Error::path).map(|path| path.display().to_string()),
            entry: self.library().and_then(Error::entry),
            hint: hint::hint(self),
        };
        let answer = Answer { schema: SCHEMA, error, warnings };
        serde_json::to_string(&answer).unwrap_or_else(|_| self.to_string())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BrokenPipe => f.write_str("the reader of the output has gone"),
            Self::Hinted(error, _) | Self::Library(error) => error.fmt(f),
            Self::Output(error) => write!(f, "cannot write the output: {error}"),
            Self::Other { message, .. } | Self::Partial(message) | Self::Usage(message) => {
                f.write_str(&truststore::printable(message))
            }
            Self::Untold(error) => {
                write!(f, "the change was made, but its report cannot be written to the output: {error}")
            }
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl From<truststore::mail::Failure> for Failure {
    fn from(failure: truststore::mail::Failure) -> Self {
        Self::Other { code: failure.code.as_str(), message: failure.message, hint: failure.remedy }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Output(error),
        }
    }
}
