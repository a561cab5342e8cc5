//! The answer of a probe, as data.

use std::fmt;

use super::advice::Advice;
use crate::cert::Certificate;
use crate::mail::{Encryption, Endpoint, Facts, Failure, FailureCode, Stage, TlsFacts};
use crate::tls::Decision;

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
    /// How long the resolution of the name took, in microseconds.
    pub dns_microseconds: Option<u64>,
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
    /// The answer of this address.
    pub verdict: Verdict,
    /// As in [`ProbeReport::code`].
    pub code: &'static str,
    /// What went wrong, and at which stage.
    pub failure: Option<Failure>,
    /// The address, how long each step took, and what the server chose, as far as it came to that.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub facts: Facts,
    /// What the server chooses if it is offered what is not used any more; asked where TLS came to nothing.
    pub speaks: Option<TlsFacts>,
    /// Whether the server asked for a certificate of the client.
    pub client_certificate_asked: bool,
    /// What the trust store says of the certificates.
    pub decision: Option<Decision>,
    /// What to import so that the server is trusted, the best way first.
    pub advice: Vec<Advice>,
    /// The certificates as the server sent them.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub certificates: Vec<Certificate>,
}

impl ProbeReport {
    /// Nothing is known yet.
    pub(super) fn new(endpoint: &Endpoint, name: &str) -> Self {
        Self {
            host: endpoint.host.clone(),
            port: endpoint.port,
            encryption: endpoint.encryption,
            name: name.to_owned(),
            verdict: Verdict::Unreachable,
            code: FailureCode::DnsFailed.as_str(),
            dns_microseconds: None,
            failure: None,
            decisive: None,
            addresses: Vec::new(),
        }
    }

    /// No address was asked.
    pub(super) fn failed(mut self, failure: Failure) -> Self {
        self.code = failure.code.as_str();
        self.verdict = if failure.code.is_refusal() { Verdict::Refused } else { Verdict::Unreachable };
        self.failure = Some(failure);
        self
    }

    /// Takes the answer of the first address that takes connections, else of the first.
    pub(super) fn decide(&mut self) {
        let connected = self.addresses.iter().position(AddressReport::is_connected);
        self.decisive = connected.or_else(|| (!self.addresses.is_empty()).then_some(0));
        if let Some(address) = self.decisive() {
            (self.verdict, self.code) = (address.verdict, address.code);
        }
    }

    /// The address whose answer counts.
    #[must_use]
    pub fn decisive(&self) -> Option<&AddressReport> {
        self.addresses.get(self.decisive?)
    }

    /// Whether another address that takes connections answers something else.
    #[must_use]
    pub fn addresses_differ(&self) -> bool {
        self.addresses.iter().any(|address| address.is_connected() && address.code != self.code)
    }
}

impl AddressReport {
    /// Whether the address took the TCP connection.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.facts.timings.iter().any(|timing| timing.stage == Stage::Tcp)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Timing;

    fn address(connected: bool, verdict: Verdict, code: &'static str) -> AddressReport {
        let timings =
            if connected { vec![Timing { stage: Stage::Tcp, microseconds: 1 }] } else { Vec::new() };
        AddressReport {
            verdict,
            code,
            failure: None,
            facts: Facts { timings, ..Facts::default() },
            speaks: None,
            client_certificate_asked: false,
            decision: None,
            advice: Vec::new(),
            certificates: Vec::new(),
        }
    }

    fn decided(addresses: Vec<AddressReport>) -> ProbeReport {
        let endpoint = Endpoint::new("mail.example.com", 465, Encryption::SslTls);
        let mut report = ProbeReport { addresses, ..ProbeReport::new(&endpoint, "mail.example.com") };
        report.decide();
        report
    }

    #[test]
    fn the_first_address_that_takes_the_connection_decides() {
        let report = decided(vec![
            address(false, Verdict::Unreachable, "connect-refused"),
            address(true, Verdict::Refused, "expired"),
            address(true, Verdict::Trusted, "trusted"),
        ]);
        assert_eq!((report.verdict, report.code, report.decisive), (Verdict::Refused, "expired", Some(1)));
        assert!(report.addresses_differ());
    }

    #[test]
    fn an_address_that_takes_no_connection_is_no_difference() {
        let report = decided(vec![
            address(true, Verdict::Trusted, "trusted"),
            address(false, Verdict::Unreachable, "connect-timeout"),
        ]);
        assert_eq!((report.verdict, report.decisive), (Verdict::Trusted, Some(0)));
        assert!(!report.addresses_differ());
    }

    #[test]
    fn where_no_address_takes_connections_the_first_one_says_why() {
        let report = decided(vec![
            address(false, Verdict::Unreachable, "connect-timeout"),
            address(false, Verdict::Unreachable, "connect-refused"),
        ]);
        assert_eq!((report.verdict, report.code), (Verdict::Unreachable, "connect-timeout"));
    }
}
