//! One conversation with one address, up to the point where a sender would log in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::hello::{Answer, Version, answer, client_hello};
use super::recorder::{FirstOctets, Recorder, Tap};
use super::{ProbeOptions, refine};
use crate::cert::Certificate;
use crate::mail::connect::dial_one;
use crate::mail::dialog::Dialog;
use crate::mail::failure::{Failure, FailureCode, Stage};
use crate::mail::session::{self, Facts, Opening, Timing, TlsFacts};
use crate::mail::{Encryption, Endpoint, trouble};

/// How the addresses of a server are asked.
pub(super) struct Asking<'a> {
    /// The server, with the name to be checked as its host.
    pub(super) endpoint: &'a Endpoint,
    pub(super) config: &'a ClientConfig,
    pub(super) options: &'a ProbeOptions,
    /// What decides on the certificates; `None` refuses them all.
    pub(super) verifier: Option<Arc<dyn ServerCertVerifier>>,
    pub(super) now: UnixTime,
}

/// What became of a conversation.
pub(super) struct Attempt {
    pub(super) facts: Facts,
    pub(super) result: Result<(), Failure>,
    /// What the server sent, in its order.
    pub(super) chain: Vec<Certificate>,
    pub(super) client_certificate_asked: bool,
    /// What the server chooses if it is offered everything.
    pub(super) speaks: Option<TlsFacts>,
}

/// A server that wants a certificate of the client says so after the handshake of TLS 1.3: so long it is
/// awaited where the server would not say anything else.
const ALERT_WATCH: Duration = Duration::from_millis(500);

impl Asking<'_> {
    /// Connects to the address and goes on until the server has answered EHLO under TLS.
    pub(super) async fn attempt(&self, address: SocketAddr) -> Attempt {
        let mut facts = Facts { address: Some(address), ..Facts::default() };
        let provider = Arc::clone(self.config.crypto_provider());
        let recorder = Arc::new(Recorder::new(self.verifier.clone(), provider));
        let config = Arc::new(self.recording(&recorder));
        let opening = Opening {
            endpoint: self.endpoint,
            config: &config,
            ehlo_name: self.options.ehlo_name.as_deref(),
            opportunistic: false,
        };
        let first = FirstOctets::default();
        let mut result = self.converse(address, &opening, &recorder, &first, &mut facts).await;
        let chain = recorder.chain();
        if facts.tls.is_none()
            && let Some(Answer::Hello(version, suite)) = answer(&first.get())
        {
            facts.tls = Some(tls_facts(version, suite));
        }
        let mut speaks = None;
        if let Err(failure) = result {
            if refine::is_riddle(&failure) && chain.is_empty() {
                speaks = self.survey(address, &opening).await;
            }
            let asked = recorder.client_certificate_asked();
            let offered = &self.config.crypto_provider().cipher_suites;
            result = Err(refine::refine(failure, &first.get(), speaks, asked, offered));
        }
        Attempt {
            facts,
            result,
            chain,
            client_certificate_asked: recorder.client_certificate_asked(),
            speaks: speaks.map(|(version, suite)| tls_facts(version, suite)),
        }
    }

    /// The configuration of the sender, with everything recorded, and nothing remembered from before.
    fn recording(&self, recorder: &Arc<Recorder>) -> ClientConfig {
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::clone(recorder) as Arc<dyn ServerCertVerifier>);
        config.client_auth_cert_resolver =
            Arc::clone(recorder) as Arc<dyn rustls::client::ResolvesClientCert>;
        config.time_provider = Arc::new(At(self.now));
        config.resumption = rustls::client::Resumption::disabled();
        config
    }

    async fn converse(
        &self,
        address: SocketAddr,
        opening: &Opening<'_>,
        recorder: &Recorder,
        first: &FirstOctets,
        facts: &mut Facts,
    ) -> Result<(), Failure> {
        let tcp = facts.timed(Stage::Tcp, dial_one(address, self.endpoint.connect_timeout)).await?;
        let name = opening.name(&tcp)?;
        let tcp = self.until_tls(tcp, &name, facts).await?;
        let start = Instant::now();
        let tls = match opening.handshake(Tap::new(tcp, first.clone()), facts).await {
            Ok(tls) => tls,
            Err(failure) => {
                if !recorder.chain().is_empty() {
                    facts.timings.push(Timing::since(Stage::Tls, start));
                }
                return Err(match (failure.code, self.endpoint.encryption) {
                    // Plain text behind the 220, after all.
                    (FailureCode::TlsNotSpoken, Encryption::StartTls) => session::injection(),
                    _ => failure,
                });
            }
        };
        if !self.options.smtp {
            return match recorder.client_certificate_asked() {
                true => await_alert(tls).await,
                false => Ok(()),
            };
        }
        let mut dialog = Dialog::new(tls, self.endpoint.timeout);
        if self.endpoint.encryption == Encryption::SslTls {
            facts.timed(Stage::Banner, dialog.banner()).await?;
        }
        let tls = opening.ready(dialog, &name, facts).await?;
        // The answer is known; whether the server says goodbye does not change it.
        let _ = Dialog::new(tls, ALERT_WATCH).command(Stage::Quit, "QUIT").await;
        Ok(())
    }

    /// What is said in plain text; the connection on which TLS is to begin.
    async fn until_tls(&self, tcp: TcpStream, name: &str, facts: &mut Facts) -> Result<TcpStream, Failure> {
        if self.endpoint.encryption == Encryption::SslTls {
            return Ok(tcp);
        }
        let mut dialog = Dialog::new(tcp, self.endpoint.timeout);
        facts.timed(Stage::Banner, dialog.banner()).await?;
        let offered = facts.timed(Stage::Ehlo, dialog.ehlo(name)).await?;
        let starttls = offered.starttls;
        facts.capabilities = Some(offered);
        if !starttls {
            return Err(session::not_offered());
        }
        facts.timed(Stage::Starttls, session::starttls_command(dialog)).await
    }

    /// What the server chooses if it is offered everything; `None` if it chooses nothing.
    ///
    /// A server that does not bear a new ClientHello gets older ones.
    async fn survey(&self, address: SocketAddr, opening: &Opening<'_>) -> Option<(Version, u16)> {
        for newest in [Version::TLS1_3, Version::TLS1_2, Version::TLS1_1] {
            let tcp = dial_one(address, self.endpoint.connect_timeout).await.ok()?;
            let name = opening.name(&tcp).ok()?;
            let tcp = self.until_tls(tcp, &name, &mut Facts::default()).await.ok()?;
            let asked = timeout(self.endpoint.timeout, self.ask(tcp, newest)).await.ok()?;
            if let Some(Answer::Hello(version, suite)) = asked {
                return Some((version, suite));
            }
        }
        None
    }

    async fn ask(&self, mut tcp: TcpStream, newest: Version) -> Option<Answer> {
        let mut random = [0; 32];
        self.config.crypto_provider().secure_random.fill(&mut random).ok()?;
        let host = session::server_name(&self.endpoint.host).ok();
        let host = host.filter(|name| matches!(name, rustls::pki_types::ServerName::DnsName(_)));
        let host = host.as_ref().map(rustls::pki_types::ServerName::to_str);
        tcp.write_all(&client_hello(newest, host.as_deref(), &random)).await.ok()?;
        let mut received = Vec::new();
        // A ServerHello has a hundred octets.
        while received.len() < 16_384 {
            let mut chunk = [0; 1_024];
            let read = tcp.read(&mut chunk).await.ok().filter(|&read| read > 0)?;
            received.extend(chunk.iter().take(read));
            if let Some(answer) = answer(&received) {
                return Some(answer);
            }
        }
        None
    }
}

/// Waits a moment for an alert; silence and anything else is as good.
async fn await_alert<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> Result<(), Failure> {
    match timeout(ALERT_WATCH, stream.read(&mut [0])).await {
        Ok(Err(error)) => Err(trouble::io(Stage::Tls, &error)),
        _ => Ok(()),
    }
}

fn tls_facts(version: Version, suite: u16) -> TlsFacts {
    TlsFacts { version: version.name(), cipher_suite: session::suite_name(suite.into()) }
}

/// The time that the caller gave.
#[derive(Debug)]
struct At(UnixTime);

impl TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}
