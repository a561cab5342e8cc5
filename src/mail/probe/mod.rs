//! Asking a server what a sender would meet: whether it speaks TLS, and whether the store trusts it.

mod advice;
mod attempt;
mod hello;
mod recorder;
mod refine;
mod report;

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

pub use advice::{Advice, AdviceSource, top_of};
pub use report::{AddressReport, ProbeReport, Verdict};

use super::connect::resolve;
use super::failure::{Failure, FailureCode, Stage};
use super::session::server_name;
use super::{Encryption, Endpoint};
use crate::cert::Certificate;
use crate::tls::Verifier;
use attempt::{Asking, Attempt};
use recorder::Recorder;

/// How a server is asked.
#[derive(Clone, Debug)]
pub struct ProbeOptions {
    /// The name that the certificate must have, if it is not the host's.
    pub server_name: Option<String>,
    /// Whether SMTP is spoken inside TLS; if not, the handshake is all. Default: true.
    pub smtp: bool,
    /// What `EHLO` says we are; `None` for the address that the connection comes from.
    pub ehlo_name: Option<String>,
}

impl Default for ProbeOptions {
    fn default() -> Self {
        Self { server_name: None, smtp: true, ehlo_name: None }
    }
}

/// Asks every address of a server what a sender would meet there, up to the point where it would log in;
/// no credentials are sent.
///
/// `config` is what the sender would connect with: its versions and cipher suites count, its verifier
/// gives way to `verifier`. `now` is the time for which the certificates are judged, in seconds since
/// 1970-01-01 UTC.
///
/// ```
/// # #[cfg(feature = "aws-lc-rs")] {
/// use std::sync::Arc;
///
/// use truststore::mail::{Encryption, Endpoint, ProbeOptions, Verdict, probe};
/// use truststore::{Format, Password, TrustStore};
///
/// let store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
/// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
/// let config = store.client_config(provider.clone())?;
/// let verifier = store.verifier(provider);
/// let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
///
/// // Nothing listens at port 1.
/// let endpoint = Endpoint::new("127.0.0.1", 1, Encryption::SslTls);
/// let options = ProbeOptions::default();
/// let report = runtime.block_on(probe(&endpoint, &verifier, &config, &options, 1_700_000_000));
/// assert_eq!((report.verdict, report.code), (Verdict::Unreachable, "connect-refused"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn probe(
    endpoint: &Endpoint,
    verifier: &Verifier,
    config: &ClientConfig,
    options: &ProbeOptions,
    now: i64,
) -> ProbeReport {
    let now = unix_time(now);
    let host = options.server_name.as_ref().unwrap_or(&endpoint.host);
    let mut report = ProbeReport::new(endpoint, host);
    if endpoint.encryption == Encryption::None {
        return report.failed(not_used());
    }
    let name = match server_name(host) {
        Ok(name) => name,
        Err(failure) => return report.failed(failure),
    };
    let start = tokio::time::Instant::now();
    let addresses = match resolve(&endpoint.host, endpoint.port, endpoint.connect_timeout).await {
        Ok(addresses) => addresses,
        Err(failure) => return report.failed(failure),
    };
    report.dns_microseconds = u64::try_from(start.elapsed().as_micros()).ok();
    let checked = Endpoint { host: host.clone(), ..endpoint.clone() };
    let verifier = Arc::new(verifier.clone());
    let asking = Asking { endpoint: &checked, config, options, verifier: Some(verifier.clone()), now };
    for address in addresses {
        let attempt = asking.attempt(address).await;
        report.addresses.push(judge(attempt, &verifier, &name, now));
    }
    report.decide();
    report
}

/// The certificates that a server sends, its own first, from the first address that takes a connection.
///
/// Nothing is trusted: the handshake ends at the certificates, and whether they belong to whom they name
/// must be found out another way before any of them is imported. `now` is in seconds since 1970-01-01 UTC.
///
/// # Errors
/// [`Failure`] if the server cannot be asked, or does not come to send a certificate.
pub async fn fetch_chain(
    endpoint: &Endpoint,
    provider: Arc<CryptoProvider>,
    options: &ProbeOptions,
    now: i64,
) -> Result<Vec<Certificate>, Failure> {
    let now = unix_time(now);
    if endpoint.encryption == Encryption::None {
        return Err(not_used());
    }
    let host = options.server_name.as_ref().unwrap_or(&endpoint.host);
    server_name(host)?;
    let refusing = Arc::new(Recorder::new(None, Arc::clone(&provider)));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Stage::Tls, FailureCode::TlsFailed, error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(refusing)
        .with_no_client_auth();
    let checked = Endpoint { host: host.clone(), ..endpoint.clone() };
    let asking = Asking { endpoint: &checked, config: &config, options, verifier: None, now };
    let mut unreached = None;
    for address in resolve(&endpoint.host, endpoint.port, endpoint.connect_timeout).await? {
        let attempt = asking.attempt(address).await;
        match attempt.result {
            _ if !attempt.chain.is_empty() => return Ok(attempt.chain),
            Err(failure) if failure.stage == Stage::Tcp => unreached = Some(failure),
            Err(failure) => return Err(failure),
            // Nothing is accepted, so that there is no such handshake.
            Ok(()) => {}
        }
    }
    let nothing = || Failure::new(Stage::Dns, FailureCode::DnsFailed, "the host has no address");
    Err(unreached.unwrap_or_else(nothing))
}

/// What the answer of one address means.
fn judge(attempt: Attempt, verifier: &Verifier, name: &ServerName<'_>, now: UnixTime) -> AddressReport {
    let sent: Vec<CertificateDer<'_>> =
        attempt.chain.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let decision = (!sent.is_empty()).then(|| verifier.explain(&sent, Some(name), now));
    let advice = decision.as_ref().map(|decision| Advice::of(decision, &attempt.chain)).unwrap_or_default();
    let refusal = decision.as_ref().and_then(|decision| decision.refusal.as_ref());
    let mut failure = attempt.result.err();
    let (verdict, code) = match (&mut failure, refusal) {
        (None, _) => (Verdict::Trusted, "trusted"),
        (Some(failure), Some(refusal)) if failure.code == FailureCode::CertificateRefused => {
            failure.message = refusal.to_string();
            failure.remedy = Some(refusal.remedy());
            (Verdict::Refused, refusal.code())
        }
        (Some(failure), _) if failure.code.is_refusal() => (Verdict::Refused, failure.code.as_str()),
        (Some(failure), _) => (Verdict::Unreachable, failure.code.as_str()),
    };
    AddressReport {
        verdict,
        code,
        failure,
        facts: attempt.facts,
        speaks: attempt.speaks,
        client_certificate_asked: attempt.client_certificate_asked,
        decision,
        advice,
        certificates: attempt.chain,
    }
}

fn unix_time(seconds: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn not_used() -> Failure {
    let message = "the settings ask for no encryption, so that mail goes over the network as plain text";
    Failure::new(Stage::Tls, FailureCode::TlsNotUsed, message)
        .with_remedy("set the encryption to STARTTLS or SSL_TLS")
}
