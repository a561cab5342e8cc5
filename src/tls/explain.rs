//! The verifier's decision, as data.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::chain::Climb;
use super::decision::{AnchorMatch, AnchorRole, Decision, Member, Refusal};
use super::verifier::{Accepted, Fault, Verifier};
use super::{issuer, java, names};
use crate::cert::{Certificate, ExtensionValue, Name, View};
use crate::error::{Error, ErrorKind, Result};

impl Verifier {
    /// What the verifier decides of a chain, on the path that a handshake takes, and why.
    ///
    /// `chain` is what the server sent: its own certificate first, the others in any order. Without a
    /// name, the names of the certificate are not looked at.
    ///
    /// ```
    /// # #[cfg(feature = "aws-lc-rs")] {
    /// use std::sync::Arc;
    /// use rustls::pki_types::{CertificateDer, UnixTime};
    /// use truststore::{Format, Password, TrustStore};
    ///
    /// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    /// let verifier = TrustStore::new(Format::Pkcs12, Password::new("changeit")).verifier(provider);
    /// let chain = [CertificateDer::from(vec![0x30, 0x00])];
    /// let decision = verifier.explain(&chain, None, UnixTime::now());
    /// assert_eq!(decision.refusal.map(|refusal| refusal.code()), Some("malformed"));
    /// # }
    /// ```
    #[must_use]
    pub fn explain(
        &self,
        chain: &[CertificateDer<'_>],
        name: Option<&ServerName<'_>>,
        now: UnixTime,
    ) -> Decision {
        let certificates: Vec<_> =
            chain.iter().map(|der| Certificate::from_der(der.as_ref().to_vec())).collect();
        let members = certificates.iter().map(Member::of).collect();
        let Some((end_entity, intermediates)) = chain.split_first() else {
            let reason = "the server sent no certificate".to_owned();
            let refusal = Some(Refusal::Malformed { member: 0, reason });
            return Decision { anchor: None, refusal, chain: members, java: None };
        };
        let judged = self.judge(end_entity, intermediates, name, now);
        let climb = Climb::new(&certificates, &self.trust, &self.algorithms);
        let case = Case { verifier: self, chain: &certificates, climb, name, now };
        let java = java::differs(&judged, &case);
        match judged {
            Ok(accepted) => {
                Decision { anchor: Some(AnchorMatch::of(&accepted)), refusal: None, chain: members, java }
            }
            Err(fault) => {
                Decision { anchor: None, refusal: Some(case.refusal(&fault)), chain: members, java }
            }
        }
    }
}

impl Verifier {
    /// [`explain`](Self::explain) without types of rustls: `host` is a DNS name or an IP address, `now` is in
    /// seconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// `Refused` if `host` is no name that a certificate could be for.
    pub fn decide(&self, chain: &[Certificate], host: Option<&str>, now: i64) -> Result<Decision> {
        let name = host.map(server_name).transpose()?;
        let chain: Vec<_> = chain.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
        let now = Duration::from_secs(u64::try_from(now).unwrap_or(0));
        Ok(self.explain(&chain, name.as_ref(), UnixTime::since_unix_epoch(now)))
    }
}

/// A host name or an address, as rustls takes it.
///
/// # Errors
/// `Refused` if it is neither; a port, a scheme and letters beyond ASCII are none of it.
pub fn server_name(host: &str) -> Result<ServerName<'static>> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(bare.to_owned()).map_err(|_| {
        let what = match host {
            _ if host.contains("://") => "a name without a scheme is expected",
            _ if !host.is_ascii() => "a name in ASCII is expected: xn--… for letters beyond it",
            _ if host.contains(':') => "a name without a port is expected",
            _ => "a DNS name or an IP address is expected",
        };
        Error::new(ErrorKind::Refused, format!("\"{host}\" is not a host name: {what}"))
    })
}

/// What was to be decided.
pub(super) struct Case<'a> {
    pub(super) verifier: &'a Verifier,
    pub(super) chain: &'a [Certificate],
    pub(super) climb: Option<Climb<'a>>,
    pub(super) name: Option<&'a ServerName<'a>>,
    pub(super) now: UnixTime,
}

impl Case<'_> {
    fn refusal(&self, fault: &Fault) -> Refusal {
        match fault {
            Fault::PinExpired(not_after) => {
                Refusal::Expired { member: 0, subject: self.subject(0), not_after: *not_after }
            }
            Fault::PinNotYetValid(not_before) => {
                Refusal::NotYetValid { member: 0, subject: self.subject(0), not_before: *not_before }
            }
            Fault::Name => self.name_mismatch(),
            Fault::EndEntity(error) => Refusal::Malformed { member: 0, reason: self.unreadable(error) },
            Fault::Path(error) => self.no_path(error),
        }
    }

    fn name_mismatch(&self) -> Refusal {
        let server = self.chain.first();
        let view = server.and_then(|certificate| certificate.view().ok());
        Refusal::NameMismatch {
            expected: self.name.map(|name| name.to_str().into_owned()).unwrap_or_default(),
            presented: server.map(names::presented).unwrap_or_default(),
            common_name: view.and_then(|view| view.subject.common_name()),
        }
    }

    /// webpki's reason, with what it leaves out.
    fn no_path(&self, error: &webpki::Error) -> Refusal {
        use webpki::Error as E;
        match error {
            E::CertExpired { not_after, .. } => {
                let at = i64::try_from(not_after.as_secs()).unwrap_or(i64::MAX);
                let member = self.member(|member| member.not_after == at);
                Refusal::Expired { member, subject: self.subject(member), not_after: at }
            }
            E::CertNotValidYet { not_before, .. } => {
                let at = i64::try_from(not_before.as_secs()).unwrap_or(i64::MAX);
                let member = self.member(|member| member.not_before == at);
                Refusal::NotYetValid { member, subject: self.subject(member), not_before: at }
            }
            E::CaUsedAsEndEntity => match self.view(0) {
                Some(view) if view.is_self_issued() => Refusal::SelfSigned { subject: self.subject(0) },
                _ => Refusal::CaAsServer { subject: self.subject(0) },
            },
            E::EndEntityUsedAsCa => match self.no_issuer(error) {
                unusable @ Refusal::UnusableIssuer { .. } => unusable,
                _ => Refusal::IssuerNotCa { subject: self.subject(self.first_that_may_not_issue()) },
            },
            E::RequiredEkuNotFoundContext(_) => Refusal::WrongPurpose { presented: self.purposes() },
            E::NameConstraintViolation => Refusal::NameConstraint,
            E::PathLenConstraintViolated => Refusal::PathLength,
            E::UnknownIssuer
            | E::InvalidSignatureForPublicKey
            | E::UnsupportedSignatureAlgorithmContext(_)
            | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => self.no_issuer(error),
            _ => Refusal::Other { reason: self.unreadable(error) },
        }
    }

    fn no_issuer(&self, error: &webpki::Error) -> Refusal {
        let climb = self.climb.as_ref();
        let refusal = climb.and_then(|climb| issuer::refusal(climb, self.chain, &self.verifier.trust));
        refusal.unwrap_or_else(|| match error {
            webpki::Error::InvalidSignatureForPublicKey => Refusal::BadSignature { subject: self.subject(0) },
            _ => Refusal::Other { reason: self.unreadable(error) },
        })
    }

    fn first_that_may_not_issue(&self) -> usize {
        let path = self.climb.as_ref().map_or(&[][..], |climb| climb.path.get(1..).unwrap_or(&[]));
        let culprit = path.iter().find(|at| self.view(**at).is_some_and(|view| !view.may_issue()));
        culprit.copied().unwrap_or(1)
    }

    /// What a rarer error of webpki means.
    fn unreadable(&self, error: &webpki::Error) -> String {
        use webpki::Error as E;
        match error {
            E::UnsupportedCertVersion => {
                let version = self.view(0).map_or(0, |view| view.version);
                format!("it is of X.509 version {version}; a server's certificate is of version 3")
            }
            E::UnsupportedCriticalExtension => {
                "a certificate of the chain has a critical extension that is not understood".to_owned()
            }
            E::MaximumSignatureChecksExceeded
            | E::MaximumPathBuildCallsExceeded
            | E::MaximumPathDepthExceeded
            | E::MaximumNameConstraintComparisonsExceeded => {
                "the chain is too complex to be verified: too many certificates, paths or names".to_owned()
            }
            E::MalformedNameConstraint | E::InvalidNetworkMaskConstraint => {
                "a CA of the chain has name constraints that cannot be read".to_owned()
            }
            E::BadDer | E::BadDerTime | E::TrailingData(_) => {
                format!("a certificate of the chain is not encoded as it should be ({error})")
            }
            _ => format!("path validation says {error}"),
        }
    }

    fn purposes(&self) -> Vec<String> {
        let details = self.chain.first().and_then(|certificate| certificate.details().ok());
        let values = details.into_iter().flat_map(|details| details.extensions);
        let mut purposes = values.filter_map(|extension| match extension.value {
            ExtensionValue::ExtendedKeyUsage(purposes) => Some(purposes),
            _ => None,
        });
        purposes.next().unwrap_or_default()
    }

    pub(super) fn view(&self, at: usize) -> Option<View<'_>> {
        self.chain.get(at)?.view().ok()
    }

    fn member(&self, is_it: impl Fn(&View<'_>) -> bool) -> usize {
        (0..self.chain.len()).find(|at| self.view(*at).is_some_and(|view| is_it(&view))).unwrap_or(0)
    }

    fn subject(&self, at: usize) -> String {
        self.view(at).map(|view| view.subject.to_string()).unwrap_or_default()
    }
}

impl AnchorMatch {
    fn of(accepted: &Accepted<'_>) -> Self {
        let (alias, certificate, role) = match accepted {
            Accepted::Ca(anchor) => (&anchor.alias, &anchor.certificate, AnchorRole::Ca),
            Accepted::Pin(pin) => (&pin.alias, &pin.certificate, AnchorRole::Pin),
        };
        Self {
            alias: alias.clone(),
            role,
            subject: certificate.view().map(|view| view.subject.to_string()).unwrap_or_default(),
            sha256: certificate.sha256().to_string(),
        }
    }
}

impl Member {
    /// What is known of a certificate; empty where it cannot be read.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let view = certificate.view().ok();
        let text = |name: Option<Name<'_>>| name.map(|name| name.to_string()).unwrap_or_default();
        Self {
            subject: text(view.map(|view| view.subject)),
            issuer: text(view.map(|view| view.issuer)),
            not_before: view.map_or(0, |view| view.not_before),
            not_after: view.map_or(0, |view| view.not_after),
            sha256: certificate.sha256().to_string(),
            ca: view.is_some_and(|view| view.may_issue()),
            self_issued: view.is_some_and(|view| view.is_self_issued()),
            names: names::presented(certificate),
        }
    }
}
