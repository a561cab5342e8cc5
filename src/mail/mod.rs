//! Mail over TLS: the settings of a sender, the conversation with a server, sending, and probing.

mod address;
mod connect;
mod dialog;
mod failure;
mod guard;
mod probe;
mod reply;
mod send;
mod session;
mod settings;
mod submit;
mod trouble;

use std::time::Duration;

pub use address::{Address, AddressError};
pub use failure::{Failure, FailureCode, Stage};
pub use probe::{
    AddressReport, Advice, AdviceSource, ProbeOptions, ProbeReport, Verdict, fetch_chain, probe, top_of,
};
pub use reply::{Capabilities, Reply, ReplyError};
pub use send::{Attempt, Authenticated, Delivery, SendError, SendOptions, Sender};
pub use session::{Facts, Timing, TlsFacts};
pub use settings::{
    CipherSuites, Credentials, Encoding, Key, Lint, LintCode, Position, Settings, SettingsFile, Value,
};

/// How a connection to a mail server is protected (`mailSmtpEncryption`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Encryption {
    /// Plain text.
    None,
    /// TLS from the first octet on (RFC 8314), usually port 465.
    SslTls,
    /// Plain text at first, then TLS (RFC 3207), usually port 587 or 25.
    StartTls,
}

impl Encryption {
    /// The usual port: 25, 465 (RFC 8314) or 587 (RFC 6409).
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::SslTls => 465,
            Self::StartTls => 587,
        }
    }
}

/// Where a server is, and how long each step with it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// A host name or an IP address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// For name resolution and the TCP connection.
    pub connect_timeout: Duration,
    /// For every later step: the greeting, a reply, the TLS handshake.
    pub timeout: Duration,
}

impl Endpoint {
    /// The timeout of the product for each step, 10 seconds.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// A server with the default timeouts.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, encryption: Encryption) -> Self {
        let host = host.into();
        Self {
            host,
            port,
            encryption,
            connect_timeout: Self::DEFAULT_TIMEOUT,
            timeout: Self::DEFAULT_TIMEOUT,
        }
    }
}
