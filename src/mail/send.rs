//! Sending one message: to the server, or to its backup.

use std::fmt;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncWrite};

use super::failure::{Failure, FailureCode, Stage};
use super::reply::Reply;
use super::session::{Facts, Opening, Session};
use super::submit::Submission;
use super::{Address, Credentials, Encryption, Endpoint};

/// Sends messages through a server, over TLS that a [`ClientConfig`] decides about.
///
/// - TLS comes before any credential. With [`Encryption::StartTls`], a server that does not offer STARTTLS,
///   refuses it, or has plain text waiting behind its `220` ends the conversation.
/// - With [`Encryption::None`], credentials are refused before anything is connected, unless
///   [`SendOptions::allow_plaintext_credentials`] says otherwise.
/// - The backup server is tried when the first one **cannot be reached**: its name does not resolve, no
///   TCP connection comes about, or no greeting comes in time or at all, or the greeting is a refusal. A
///   refused certificate, missing STARTTLS, refused credentials or a refused message end the attempt: who
///   can cause one of these must not be able to choose the server by it, and the fault would stay unseen.
/// - Each step has [`Endpoint::timeout`]; a message that is large has more time.
///
/// Nothing is retried, and nothing is kept between two messages.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sender {
    /// The server.
    pub server: Endpoint,
    /// The server to try when the first one cannot be reached.
    pub backup: Option<Endpoint>,
    /// Whom TLS trusts, and what it offers.
    pub config: Arc<ClientConfig>,
    /// User and password, where the server wants them.
    pub credentials: Option<Credentials>,
    /// What is otherwise to be decided.
    pub options: SendOptions,
}

/// What a sender may do, and how it calls itself.
#[derive(Clone, Debug, Default)]
pub struct SendOptions {
    /// The name that `EHLO` gives; `None` for the address that the connection comes from.
    pub ehlo_name: Option<String>,
    /// Send user and password over a connection that is not encrypted, with [`Encryption::None`].
    pub allow_plaintext_credentials: bool,
    /// Go on in plain text where the server does not offer STARTTLS: anybody on the way can bring that
    /// about. User and password are not sent then, whatever the other options say.
    pub opportunistic: bool,
}

/// A message that was handed over.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Delivery {
    /// The server's host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection was to be protected.
    pub encryption: Encryption,
    /// What became known of the connection; without `tls` the message went over in plain text.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub facts: Facts,
    /// As whom the sender logged in, if it did.
    pub authenticated: Option<Authenticated>,
    /// What the server said when it took the message: often the message's name in its queue.
    pub reply: Reply,
    /// What is not as it should be, although the message was taken.
    pub warnings: Vec<String>,
    /// What was tried before.
    pub failed_attempts: Vec<Attempt>,
}

/// As whom a sender logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Authenticated {
    /// The user's name.
    pub user: String,
    /// The mechanism, `PLAIN` or `LOGIN`.
    pub mechanism: &'static str,
}

/// A server that did not take the message.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Attempt {
    /// The server's host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What became known of the connection.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub facts: Facts,
    /// Why it failed.
    pub failure: Failure,
}

/// A message that nobody took: why each server did not. The last one's failure is the reason.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SendError {
    /// The attempts that were made before the last one.
    pub earlier: Vec<Attempt>,
    /// The last attempt.
    pub last: Box<Attempt>,
}

impl Sender {
    /// A sender without backup and credentials.
    #[must_use]
    pub fn new(server: Endpoint, config: Arc<ClientConfig>) -> Self {
        Self { server, backup: None, config, credentials: None, options: SendOptions::default() }
    }

    /// Hands a message over: its header and body, as `mail-builder` writes it.
    ///
    /// Line ends become CRLF, and lines that start with a dot arrive as they are.
    ///
    /// It runs on a tokio runtime of any kind with I/O and time enabled, and panics without one, as tokio does;
    /// `examples/send_mail.rs` shows all of it.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the stage, the code and the remedy of each attempt. A single recipient that is
    /// refused ends the message for all.
    pub async fn send(&self, from: &Address, to: &[Address], message: &[u8]) -> Result<Delivery, SendError> {
        let mut earlier: Vec<Attempt> = Vec::new();
        let mut next = self.backup.as_ref();
        let mut endpoint = &self.server;
        loop {
            let mut facts = Facts::default();
            match self.attempt(endpoint, from, to, message, &mut facts).await {
                Ok((authenticated, reply, warnings)) => {
                    return Ok(Delivery {
                        host: endpoint.host.clone(),
                        port: endpoint.port,
                        encryption: endpoint.encryption,
                        facts,
                        authenticated,
                        reply,
                        warnings,
                        failed_attempts: earlier,
                    });
                }
                Err(failure) => {
                    let unreached = is_unreached(&failure, endpoint.encryption);
                    let attempt =
                        Attempt { host: endpoint.host.clone(), port: endpoint.port, facts, failure };
                    match next.take().filter(|_| unreached) {
                        Some(backup) => endpoint = backup,
                        None => return Err(SendError { earlier, last: Box::new(attempt) }),
                    }
                    earlier.push(attempt);
                }
            }
        }
    }

    async fn attempt(
        &self,
        endpoint: &Endpoint,
        from: &Address,
        to: &[Address],
        message: &[u8],
        facts: &mut Facts,
    ) -> Result<(Option<Authenticated>, Reply, Vec<String>), Failure> {
        self.check_credentials(endpoint)?;
        let opening = Opening {
            endpoint,
            config: &self.config,
            ehlo_name: self.options.ehlo_name.as_deref(),
            opportunistic: self.options.opportunistic,
        };
        let mut warnings = Vec::new();
        let mail = Mail { from, to, message };
        match opening.open(facts).await? {
            Session::Tls(stream) => {
                self.submit(*stream, endpoint, self.credentials.as_ref(), &mail, facts, warnings).await
            }
            Session::Plain(stream) if endpoint.encryption == Encryption::None => {
                self.submit(stream, endpoint, self.credentials.as_ref(), &mail, facts, warnings).await
            }
            Session::Plain(stream) => {
                warnings.push(
                    "the server does not offer STARTTLS: the message went over the network in plain text"
                        .to_owned(),
                );
                if self.credentials.is_some() {
                    warnings.push("user and password were not sent, since there is no TLS".to_owned());
                }
                self.submit(stream, endpoint, None, &mail, facts, warnings).await
            }
        }
    }

    fn check_credentials(&self, endpoint: &Endpoint) -> Result<(), Failure> {
        let Some(credentials) = &self.credentials else { return Ok(()) };
        if credentials.user.contains('\0') || credentials.password.as_str().contains('\0') {
            let message = "user and password cannot have a NUL character";
            return Err(Failure::new(Stage::Auth, FailureCode::CredentialsInvalid, message));
        }
        if endpoint.encryption == Encryption::None && !self.options.allow_plaintext_credentials {
            let message = "user and password are not sent in plain text, and the encryption is NONE";
            return Err(Failure::new(Stage::Auth, FailureCode::CredentialsInClear, message)
                .with_remedy("use STARTTLS or SSL_TLS, or leave user and password out"));
        }
        Ok(())
    }

    async fn submit<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        endpoint: &Endpoint,
        credentials: Option<&Credentials>,
        mail: &Mail<'_>,
        facts: &mut Facts,
        mut warnings: Vec<String>,
    ) -> Result<(Option<Authenticated>, Reply, Vec<String>), Failure> {
        let capabilities = facts.capabilities.clone().unwrap_or_default();
        let mut submission = Submission::new(stream, endpoint.timeout, capabilities);
        let steps = async {
            let authenticated = match credentials {
                Some(credentials) => {
                    Some(facts.timed(Stage::Auth, submission.authenticate(credentials)).await?)
                }
                None => None,
            };
            let reply = submission.send(mail.from, mail.to, mail.message, facts).await?;
            Ok::<_, Failure>((authenticated, reply))
        };
        match steps.await {
            Ok((authenticated, reply)) => {
                // The message is taken; how the server says goodbye does not change that.
                if let Err(failure) = facts.timed(Stage::Quit, submission.quit()).await {
                    warnings.push(format!("the message was taken, but then: {failure}"));
                }
                Ok((authenticated, reply, warnings))
            }
            Err(failure) => {
                if failure.reply.is_some() {
                    // It is there to be taken leave of; what it answers changes nothing.
                    let _ = submission.quit().await;
                }
                Err(failure)
            }
        }
    }
}

/// A message and between whom it goes.
struct Mail<'a> {
    from: &'a Address,
    to: &'a [Address],
    message: &'a [u8],
}

/// True if the server could not be reached, so that the backup is to be tried.
fn is_unreached(failure: &Failure, encryption: Encryption) -> bool {
    match failure.code {
        FailureCode::BannerRefused
        | FailureCode::ConnectFailed
        | FailureCode::ConnectRefused
        | FailureCode::ConnectTimeout
        | FailureCode::DnsFailed => true,
        FailureCode::ConnectionClosed | FailureCode::Io | FailureCode::Timeout => match failure.stage {
            Stage::Dns | Stage::Tcp | Stage::Banner => true,
            // Before the greeting, with implicit TLS.
            Stage::Tls => encryption == Encryption::SslTls,
            _ => false,
        },
        _ => false,
    }
}

impl SendError {
    /// Every attempt, in order.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.earlier.iter().chain([&*self.last])
    }

    /// Why the last attempt failed.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.last.failure
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", crate::text::printable(&self.host), self.port, self.failure)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.earlier.iter().try_for_each(|attempt| write!(f, "{attempt}; then "))?;
        self.last.fmt(f)
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.last.failure)
    }
}
