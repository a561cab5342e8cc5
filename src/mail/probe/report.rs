//! The answer of a probe, as data.

use std::fmt;
use std::time::{Duration, Instant};

use super::advice::Advice;
use super::hello::Version;
use crate::cert::Certificate;
use crate::mail::{Encryption, Failure};
use crate::tls::{Decision, Member};

/// Whether mail can go out through a server, and why.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ProbeReport {
    /// The host that was asked.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// The name that the certificate must have.
    pub name: String,
    /// The answer: that of the first address that takes the connection, since a sender goes no further.
    pub verdict: Verdict,
    /// The answer as a stable code: `trusted`, that of a [`Refusal`](crate::tls::Refusal), or that of a
    /// [`FailureCode`](crate::mail::FailureCode).
    pub code: &'static str,
    /// How long the resolution of the name took, in milliseconds.
    pub dns_ms: Option<u64>,
    /// Why no address was asked.
    pub failure: Option<Failure>,
    /// The place in `addresses` of the one whose answer counts, from 0.
    pub decisive: Option<usize>,
    /// Every address of the host, in the order in which a sender tries them.
    pub addresses: Vec<AddressReport>,
}

/// The answer to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Verdict {
    /// The server is trusted, and speaks TLS with us.
    Trusted,
    /// The server answered, and cannot be used: its certificate is refused, or it does not speak TLS.
    Refused,
    /// The server could not be asked: no address, no connection, no answer in time.
    Unreachable,
}

/// What one address answered.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct AddressReport {
    /// The IP address.
    pub address: String,
    /// The answer of this address.
    pub verdict: Verdict,
    /// As in [`ProbeReport::code`].
    pub code: &'static str,
    /// What went wrong, and at which stage.
    pub failure: Option<Failure>,
    /// How long each stage took.
    pub timings: Timings,
    /// What the server chose, as far as it came to that.
    pub tls: Option<Chosen>,
    /// What the server chooses if it is offered what is not used any more; asked where no TLS came about.
    pub speaks: Option<Chosen>,
    /// Whether the server asked for a certificate of the client.
    pub client_certificate_asked: bool,
    /// What the trust store says of the certificates.
    pub decision: Option<Decision>,
    /// The certificates that expire within the days asked for, or have expired.
    pub expiring: Vec<Expiring>,
    /// What to import so that the server is trusted, the best way first.
    pub advice: Vec<Advice>,
    /// The certificates as the server sent them.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub certificates: Vec<Certificate>,
}

/// How long each stage took, in milliseconds; `None` for one that was not reached or is not needed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Timings {
    /// The TCP connection.
    pub tcp_ms: Option<u64>,
    /// The wait for the server's greeting.
    pub banner_ms: Option<u64>,
    /// The reply to EHLO.
    pub ehlo_ms: Option<u64>,
    /// The reply to STARTTLS.
    pub starttls_ms: Option<u64>,
    /// The TLS handshake.
    pub tls_ms: Option<u64>,
}

/// A protocol version and a cipher suite that a server chose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Chosen {
    /// The protocol version in Java's spelling: `TLSv1.3`.
    pub version: String,
    /// The cipher suite's IANA name, which is Java's too: `TLS_AES_256_GCM_SHA384`.
    pub cipher_suite: String,
}

/// A certificate that expires soon, or has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Expiring {
    /// Its place in the chain, from 0, where the end-entity is 0.
    pub member: usize,
    /// Its subject.
    pub subject: String,
    /// Seconds since 1970-01-01 UTC.
    pub not_after: i64,
    /// Whole days left; negative if it has expired.
    pub days: i64,
}

impl ProbeReport {
    /// The address whose answer counts.
    #[must_use]
    pub fn decisive(&self) -> Option<&AddressReport> {
        self.addresses.get(self.decisive?)
    }

    /// Whether another address that takes connections answers something else.
    #[must_use]
    pub fn addresses_differ(&self) -> bool {
        let asked = || self.addresses.iter().filter(|address| address.timings.tcp_ms.is_some());
        asked().any(|address| address.code != self.code)
    }

    /// Takes the answer of the first address that takes connections, else of the first.
    pub(super) fn decide(&mut self) {
        let connected = self.addresses.iter().position(|address| address.timings.tcp_ms.is_some());
        self.decisive = connected.or((!self.addresses.is_empty()).then_some(0));
        if let Some(address) = self.decisive() {
            (self.verdict, self.code) = (address.verdict, address.code);
        }
    }
}

impl Chosen {
    pub(super) fn new(version: Version, suite: u16) -> Self {
        let version = match version {
            Version::TLS1_3 => "TLSv1.3".to_owned(),
            Version::TLS1_2 => "TLSv1.2".to_owned(),
            Version::TLS1_1 => "TLSv1.1".to_owned(),
            Version::TLS1_0 => "TLSv1".to_owned(),
            Version(0x0300) => "SSLv3".to_owned(),
            Version(other) => format!("0x{other:04x}"),
        };
        // rustls knows the names of all; its own for those of TLS 1.3 differ from the registry's.
        let name = format!("{:?}", rustls::CipherSuite::from(suite));
        let cipher_suite = match name.strip_prefix("TLS13_") {
            Some(rest) => format!("TLS_{rest}"),
            None => name,
        };
        Self { version, cipher_suite }
    }
}

impl Expiring {
    /// Those of a chain that have at most `warn_days` days left at `now`, in seconds since 1970-01-01 UTC.
    pub(super) fn of(chain: &[Member], now: i64, warn_days: u32) -> Vec<Self> {
        let expiring = chain.iter().enumerate().map(|(member, certificate)| Self {
            member,
            subject: certificate.subject.clone(),
            not_after: certificate.not_after,
            days: certificate.not_after.saturating_sub(now).div_euclid(86_400),
        });
        expiring.filter(|certificate| certificate.days < i64::from(warn_days)).collect()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trusted => "trusted",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        })
    }
}

/// Whole milliseconds since then.
pub(super) fn since(start: Instant) -> u64 {
    milliseconds(start.elapsed())
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
