//! Why a conversation with a server ended: at which step, with which code, and what helps.

use std::fmt;

use super::reply::Reply;

/// The steps of a conversation, in their usual order; with implicit TLS the handshake comes before the
/// greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Stage {
    /// The host name is resolved.
    Dns,
    /// The TCP connection is made.
    Tcp,
    /// The server's greeting.
    Banner,
    /// `EHLO`: what the server can do.
    Ehlo,
    /// The command `STARTTLS` (RFC 3207).
    Starttls,
    /// The TLS handshake.
    Tls,
    /// `AUTH` (RFC 4954).
    Auth,
    /// `MAIL FROM`.
    MailFrom,
    /// `RCPT TO`.
    RcptTo,
    /// `DATA`, and the message.
    Data,
    /// `QUIT`.
    Quit,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dns => "name resolution",
            Self::Tcp => "the TCP connection",
            Self::Banner => "the greeting",
            Self::Ehlo => "EHLO",
            Self::Starttls => "STARTTLS",
            Self::Tls => "the TLS handshake",
            Self::Auth => "AUTH",
            Self::MailFrom => "MAIL FROM",
            Self::RcptTo => "RCPT TO",
            Self::Data => "DATA",
            Self::Quit => "QUIT",
        })
    }
}

/// Why a conversation with a server ended before its purpose was reached.
///
/// `Display` writes the message, one lowercase clause that is safe to print: what the server said is
/// quoted in it with control characters escaped.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Failure {
    /// The step that failed.
    pub stage: Stage,
    /// What happened, for programs.
    pub code: FailureCode,
    /// What happened, for people.
    pub message: String,
    /// What to do about it, where something is known to help.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub remedy: Option<String>,
    /// What the server said, as it said it: not safe to print.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub reply: Option<Reply>,
    /// What rustls says, if TLS failed.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub tls: Option<Box<rustls::Error>>,
}

impl Failure {
    pub(crate) fn new(stage: Stage, code: FailureCode, message: impl Into<String>) -> Self {
        Self { stage, code, message: message.into(), remedy: None, reply: None, tls: None }
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn with_reply(mut self, reply: Reply) -> Self {
        self.reply = Some(reply);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::text::printable(&self.message))
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.tls.as_deref().map(|error| error as _)
    }
}

/// The kinds of [`Failure`], each with a stable name in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureCode {
    /// The server offers no way to log in that is known here.
    AuthNotOffered,
    /// User and password are refused.
    AuthRefused,
    /// The server greets with a refusal.
    BannerRefused,
    /// The server's certificate is not trusted.
    CertificateRefused,
    /// No TCP connection, for another reason than the two below.
    ConnectFailed,
    /// Nothing listens at that port.
    ConnectRefused,
    /// The host does not answer.
    ConnectTimeout,
    /// The server ended the connection.
    ConnectionClosed,
    /// User and password would have gone over the network as plain text.
    CredentialsInClear,
    /// A user or a password that cannot be said in `AUTH`.
    CredentialsInvalid,
    /// The name has no address, or the resolver failed.
    DnsFailed,
    /// The server refuses `EHLO`.
    EhloRefused,
    /// A text that is no host name.
    HostInvalid,
    /// The operating system refused.
    Io,
    /// The message is refused.
    MessageRefused,
    /// What the server says is not SMTP.
    NotSmtp,
    /// A recipient is refused.
    RecipientRefused,
    /// The sender's address is refused.
    SenderRefused,
    /// Plain text came behind the `220` to `STARTTLS`: somebody puts words into the connection.
    StarttlsInjection,
    /// The server offers `STARTTLS` and then refuses it.
    StarttlsRefused,
    /// A step took longer than it may.
    Timeout,
    /// The server ended the handshake with an alert.
    TlsAlert,
    /// The server wants a certificate from the client.
    TlsClientCertificate,
    /// TLS failed otherwise.
    TlsFailed,
    /// Client and server have no cipher suite, group or signature scheme in common.
    TlsNoCommonCipher,
    /// The server does not offer `STARTTLS`, or somebody took the offer out.
    TlsNotOffered,
    /// The server answered the TLS handshake in plain text.
    TlsNotSpoken,
    /// The settings ask for no encryption.
    TlsNotUsed,
    /// Client and server have no version of TLS in common.
    TlsProtocolVersion,
    /// The server said something that it was not asked.
    UnexpectedData,
}

impl FailureCode {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthNotOffered => "auth-not-offered",
            Self::AuthRefused => "auth-refused",
            Self::BannerRefused => "banner-refused",
            Self::CertificateRefused => "certificate-refused",
            Self::ConnectFailed => "connect-failed",
            Self::ConnectRefused => "connect-refused",
            Self::ConnectTimeout => "connect-timeout",
            Self::ConnectionClosed => "connection-closed",
            Self::CredentialsInClear => "credentials-in-clear",
            Self::CredentialsInvalid => "credentials-invalid",
            Self::DnsFailed => "dns-failed",
            Self::EhloRefused => "ehlo-refused",
            Self::HostInvalid => "host-invalid",
            Self::Io => "io",
            Self::MessageRefused => "message-refused",
            Self::NotSmtp => "not-smtp",
            Self::RecipientRefused => "recipient-refused",
            Self::SenderRefused => "sender-refused",
            Self::StarttlsInjection => "starttls-injection",
            Self::StarttlsRefused => "starttls-refused",
            Self::Timeout => "timeout",
            Self::TlsAlert => "tls-alert",
            Self::TlsClientCertificate => "tls-client-certificate",
            Self::TlsFailed => "tls-failed",
            Self::TlsNoCommonCipher => "tls-no-common-cipher",
            Self::TlsNotOffered => "tls-not-offered",
            Self::TlsNotSpoken => "tls-not-spoken",
            Self::TlsNotUsed => "tls-not-used",
            Self::TlsProtocolVersion => "tls-protocol-version",
            Self::UnexpectedData => "unexpected-data",
        }
    }

    /// True if the server, or its certificate, gave the answer "no"; false if it could not be asked.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !matches!(
            self,
            Self::ConnectFailed
                | Self::ConnectRefused
                | Self::ConnectTimeout
                | Self::ConnectionClosed
                | Self::CredentialsInClear
                | Self::CredentialsInvalid
                | Self::DnsFailed
                | Self::HostInvalid
                | Self::Io
                | Self::Timeout
        )
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FailureCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
