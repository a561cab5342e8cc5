//! From an endpoint to a protected connection at which the server awaits commands.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connect::{bare, dial, resolve};
use super::dialog::Dialog;
use super::failure::{Failure, FailureCode, Stage};
use super::reply::Capabilities;
use super::{Encryption, Endpoint, trouble};

/// What may follow the `220` to `STARTTLS` at once was not said under TLS. So long is listened for it;
/// what comes later meets the handshake, which takes nothing but TLS.
const INJECTION_WATCH: Duration = Duration::from_millis(20);

/// What became known of a connection, also of one that failed on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Facts {
    /// The address that was connected to.
    pub address: Option<SocketAddr>,
    /// What TLS agreed on; `None` before, and for plain text.
    pub tls: Option<TlsFacts>,
    /// What the server last said it can do.
    pub capabilities: Option<Capabilities>,
    /// How long each step took, in the order of the steps.
    pub timings: Vec<Timing>,
}

/// What a TLS handshake agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TlsFacts {
    /// `TLSv1.3` or `TLSv1.2`, as Java writes them.
    pub version: &'static str,
    /// The cipher suite's IANA name.
    pub cipher_suite: String,
}

/// How long a step took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Timing {
    /// The step; `ehlo` is said twice with STARTTLS.
    pub stage: Stage,
    /// Microseconds.
    pub microseconds: u64,
}

impl Facts {
    /// Does a step, and notes how long it took if it went well.
    pub(crate) async fn timed<T>(
        &mut self,
        stage: Stage,
        step: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let start = Instant::now();
        let done = step.await?;
        self.timings.push(Timing::since(stage, start));
        Ok(done)
    }
}

impl Timing {
    pub(crate) fn since(stage: Stage, start: Instant) -> Self {
        Self { stage, microseconds: u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX) }
    }
}

/// How a connection is opened.
pub(crate) struct Opening<'a> {
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) config: &'a Arc<ClientConfig>,
    /// What `EHLO` says we are; `None` for the address that the connection comes from.
    pub(crate) ehlo_name: Option<&'a str>,
    /// Go on in plain text where STARTTLS is not offered.
    pub(crate) opportunistic: bool,
}

/// A connection at which the server has answered `EHLO` and awaits commands.
pub(crate) enum Session {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Opening<'_> {
    /// Resolves, connects, and goes on as [`over`](Self::over).
    pub(crate) async fn open(&self, facts: &mut Facts) -> Result<Session, Failure> {
        let Endpoint { host, port, connect_timeout, .. } = self.endpoint;
        // A name that no certificate can be checked for is refused before anybody is asked for it.
        if self.endpoint.encryption != Encryption::None {
            server_name(host)?;
        }
        let addresses = facts.timed(Stage::Dns, resolve(host, *port, *connect_timeout)).await?;
        let tcp = facts.timed(Stage::Tcp, dial(&addresses, *connect_timeout)).await?;
        self.over(tcp, facts).await
    }

    /// Everything after the TCP connection: greeting, EHLO, STARTTLS, TLS, as the endpoint has it.
    pub(crate) async fn over(&self, tcp: TcpStream, facts: &mut Facts) -> Result<Session, Failure> {
        facts.address = tcp.peer_addr().ok();
        let limit = self.endpoint.timeout;
        let name = self.name(&tcp)?;
        if self.endpoint.encryption == Encryption::SslTls {
            let mut dialog = Dialog::new(self.handshake(tcp, facts).await?, limit);
            facts.timed(Stage::Banner, dialog.banner()).await?;
            return self.ready(dialog, &name, facts).await.map(tls);
        }
        let mut dialog = Dialog::new(tcp, limit);
        facts.timed(Stage::Banner, dialog.banner()).await?;
        let offered = facts.timed(Stage::Ehlo, dialog.ehlo(&name)).await?;
        let starttls = offered.starttls;
        facts.capabilities = Some(offered);
        if self.endpoint.encryption == Encryption::None || (self.opportunistic && !starttls) {
            return quiet(dialog).map(Session::Plain);
        }
        if !starttls {
            return Err(not_offered());
        }
        let tcp = facts.timed(Stage::Starttls, starttls_command(dialog)).await?;
        let stream = self.handshake(tcp, facts).await.map_err(|failure| match failure.code {
            // Plain text behind the 220, after all.
            FailureCode::TlsNotSpoken => injection(),
            _ => failure,
        })?;
        // RFC 3207, section 4.2: what was said before TLS counts no longer.
        facts.capabilities = None;
        self.ready(Dialog::new(stream, limit), &name, facts).await.map(tls)
    }

    /// The TLS handshake alone.
    pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        facts: &mut Facts,
    ) -> Result<TlsStream<S>, Failure> {
        let name = server_name(&self.endpoint.host)?;
        let limit = self.endpoint.timeout;
        let connector = TlsConnector::from(Arc::clone(self.config));
        let step = async {
            match timeout(limit, connector.connect(name, stream)).await {
                Ok(Ok(stream)) => Ok(stream),
                Ok(Err(error)) => Err(trouble::io(Stage::Tls, &error)),
                Err(_) => Err(trouble::timeout(Stage::Tls, limit)),
            }
        };
        let stream = facts.timed(Stage::Tls, step).await?;
        let (_, connection) = stream.get_ref();
        facts.tls = Some(TlsFacts {
            version: match connection.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "TLSv1.2",
            },
            cipher_suite: connection
                .negotiated_cipher_suite()
                .map(|suite| suite_name(suite.suite()))
                .unwrap_or_default(),
        });
        Ok(stream)
    }

    /// `EHLO` under TLS; the stream on which commands may follow.
    pub(crate) async fn ready<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut dialog: Dialog<S>,
        name: &str,
        facts: &mut Facts,
    ) -> Result<S, Failure> {
        facts.capabilities = Some(facts.timed(Stage::Ehlo, dialog.ehlo(name)).await?);
        quiet(dialog)
    }

    /// What we call ourselves in `EHLO`.
    pub(crate) fn name(&self, tcp: &TcpStream) -> Result<String, Failure> {
        match self.ehlo_name {
            Some(name) => Ok(checked(name)?.to_owned()),
            None => Ok(address_literal(tcp)),
        }
    }
}

fn tls(stream: TlsStream<TcpStream>) -> Session {
    Session::Tls(Box::new(stream))
}

/// Says STARTTLS; the stream, on which not one octet has come behind the `220`.
pub(super) async fn starttls_command(mut dialog: Dialog<TcpStream>) -> Result<TcpStream, Failure> {
    let reply = dialog.command(Stage::Starttls, "STARTTLS").await.map_err(|failure| match failure.code {
        FailureCode::UnexpectedData => injection(),
        _ => failure,
    })?;
    if reply.code != 220 {
        let message = format!("the server offers STARTTLS and refuses it: {reply}");
        return Err(Failure::new(Stage::Starttls, FailureCode::StarttlsRefused, message)
            .with_remedy("the server's log says why; often it has no usable certificate")
            .with_reply(reply));
    }
    let (tcp, more) = dialog.finish();
    // The server speaks only after our part of the handshake, which is not sent yet.
    let waiting = timeout(INJECTION_WATCH, tcp.peek(&mut [0])).await;
    match (more, waiting) {
        (false, Ok(Ok(0)) | Err(_)) => Ok(tcp),
        (false, Ok(Err(error))) => Err(trouble::io(Stage::Starttls, &error)),
        (true, _) | (_, Ok(Ok(_))) => Err(injection()),
    }
}

/// The stream of a server that has said nothing without being asked.
fn quiet<S: AsyncRead + AsyncWrite + Unpin>(dialog: Dialog<S>) -> Result<S, Failure> {
    match dialog.finish() {
        (stream, false) => Ok(stream),
        (_, true) => Err(Failure::new(
            Stage::Ehlo,
            FailureCode::UnexpectedData,
            "the server said more than its reply to EHLO",
        )),
    }
}

pub(super) fn injection() -> Failure {
    Failure::new(
        Stage::Starttls,
        FailureCode::StarttlsInjection,
        "plain text came behind the server's reply to STARTTLS, where TLS must begin",
    )
    .with_remedy(
        "somebody between here and the server puts words into the connection, or the server is broken; \
                  find out which before mail goes this way",
    )
}

pub(super) fn not_offered() -> Failure {
    Failure::new(
        Stage::Starttls,
        FailureCode::TlsNotOffered,
        "the server does not offer STARTTLS, or somebody on the way took the offer out",
    )
    .with_remedy(
        "enable STARTTLS on the server; if it is enabled there, look for a firewall that inspects SMTP",
    )
}

/// The name that the certificate must be for.
pub(super) fn server_name(host: &str) -> Result<ServerName<'static>, Failure> {
    ServerName::try_from(bare(host).to_owned()).map_err(|_| {
        let message =
            format!("\"{}\" is neither a host name nor an IP address", crate::text::printable(host));
        Failure::new(Stage::Dns, FailureCode::HostInvalid, message)
            .with_remedy("write the name in its ASCII form (xn--…), without port and protocol")
    })
}

/// A name for EHLO that is one word.
fn checked(name: &str) -> Result<&str, Failure> {
    if !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(name);
    }
    let message = format!("\"{}\" cannot be said in EHLO", crate::text::printable(name));
    Err(Failure::new(Stage::Ehlo, FailureCode::HostInvalid, message).with_remedy("give a host name in ASCII"))
}

/// What a client without a name calls itself (RFC 5321, section 4.1.3).
fn address_literal(tcp: &TcpStream) -> String {
    match tcp.local_addr().map(|address| address.ip().to_canonical()) {
        Ok(std::net::IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Ok(std::net::IpAddr::V4(address)) => format!("[{address}]"),
        Err(_) => "[127.0.0.1]".to_owned(),
    }
}

/// The IANA name, which rustls writes with `TLS13_` for TLS 1.3.
pub(super) fn suite_name(suite: rustls::CipherSuite) -> String {
    match suite.as_str() {
        Some(name) => {
            name.strip_prefix("TLS13_").map_or_else(|| name.to_owned(), |rest| format!("TLS_{rest}"))
        }
        None => format!("0x{:04x}", u16::from(suite)),
    }
}
