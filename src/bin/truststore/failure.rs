//! Why a command could not do what it was asked.

use truststore::{Error, ErrorKind};

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The reader of stdout has gone.
    BrokenPipe,
    /// What the library says.
    Library(Error),
    /// Some items could not be done; which, the result says.
    Partial(String),
    /// The command line or its surroundings are wrong.
    Usage(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// 1 where the question was answered with no, 2 where the command could not do it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Library(error) if error.kind() == ErrorKind::AliasUnknown => 1,
            _ => 2,
        }
    }

    /// A stable kebab-case code for scripts.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::BrokenPipe => "io",
            Self::Library(error) => error.kind().code(),
            Self::Partial(_) => "failed-items",
            Self::Usage(_) => "usage",
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BrokenPipe => f.write_str("the reader of the output has gone"),
            Self::Library(error) => error.fmt(f),
            Self::Partial(message) | Self::Usage(message) => f.write_str(&truststore::printable(message)),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Library(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::BrokenPipe;
        }
        Self::Usage(format!("cannot write the output: {error}"))
    }
}
