//! The verifier: rustls' own rules for what a CA issued, and exact pins beside it.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage, RawPublicKeyEntity};

use super::names;
use super::roots::{Anchor, Pin, RootCerts};
use crate::cert::View;
use crate::store::TrustStore;

/// Verifies a server's certificate against a store.
///
/// What a CA of the store issued is decided as rustls' `WebPkiServerVerifier` does. A server certificate
/// that equals an entry octet for octet is accepted after its validity, its name and the signature of the
/// handshake were checked, whatever its basic constraints say; an entry that may not issue certificates
/// vouches for nothing but itself. A store without a CA is a working state.
///
/// Made by [`TrustStore::verifier`].
#[derive(Clone)]
pub struct Verifier {
    pub(super) trust: RootCerts,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    common_name_fallback: bool,
}

/// Why the verifier accepts a certificate.
pub(super) enum Accepted<'a> {
    Ca(&'a Anchor),
    Pin(&'a Pin),
}

/// Why it refuses one.
#[derive(Debug)]
pub(super) enum Fault {
    /// The end-entity cannot be read.
    EndEntity(webpki::Error),
    /// A pin is past its last second, or before its first, in seconds since 1970-01-01 UTC.
    PinExpired(i64),
    PinNotYetValid(i64),
    /// No path to a trust anchor.
    Path(webpki::Error),
    /// A path or a pin, but for other names.
    Name,
}

impl TrustStore {
    /// A verifier with the store's entries, and the cryptography of `provider`.
    ///
    /// The store's [`integrity`](TrustStore::integrity) is not looked at here: as with a JVM that was given
    /// no password, entries count whose digest was not checked. Open the store with its password to have
    /// it checked.
    ///
    /// ```
    /// # #[cfg(feature = "aws-lc-rs")] {
    /// use std::sync::Arc;
    /// use truststore::{Format, Password, TrustStore};
    ///
    /// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    /// let store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    /// let verifier = store.verifier(provider);
    /// assert!(verifier.trust().roots.is_empty());
    /// # }
    /// ```
    #[must_use]
    pub fn verifier(&self, provider: Arc<CryptoProvider>) -> Verifier {
        Verifier {
            trust: self.root_cert_store(),
            algorithms: provider.signature_verification_algorithms,
            common_name_fallback: false,
        }
    }
}

impl Verifier {
    /// Lets a pinned certificate without host names stand for the host that its subject's common name
    /// gives, as Java does (`sun.security.util.HostnameChecker`). Off by default (RFC 6125, section 6.4.4),
    /// and never for what a CA issued.
    #[must_use]
    pub fn with_common_name_fallback(mut self, allowed: bool) -> Self {
        self.common_name_fallback = allowed;
        self
    }

    /// The anchors and pins that it verifies with, and the entries that it skipped.
    #[must_use]
    pub fn trust(&self) -> &RootCerts {
        &self.trust
    }

    /// The decision, for the handshake and for `explain` alike; without a name it is not checked.
    pub(super) fn judge(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: Option<&ServerName<'_>>,
        now: UnixTime,
    ) -> Result<Accepted<'_>, Fault> {
        if let Some(pin) = self.trust.pin(end_entity) {
            return self.judge_pin(pin, end_entity, name, now);
        }
        let parsed = EndEntityCert::try_from(end_entity).map_err(Fault::EndEntity)?;
        let anchor = self.anchor(&parsed, intermediates, now).map_err(Fault::Path)?;
        if let Some(name) = name {
            parsed.verify_is_valid_for_subject_name(name).map_err(|_| Fault::Name)?;
        }
        Ok(Accepted::Ca(anchor))
    }

    /// The entry that a path of valid signatures ends at.
    fn anchor(
        &self,
        end_entity: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<&Anchor, webpki::Error> {
        let roots = &self.trust.roots.roots;
        let usage = KeyUsage::server_auth();
        let path =
            end_entity.verify_for_usage(self.algorithms.all, roots, intermediates, now, usage, None, None)?;
        let place = roots.iter().position(|root| std::ptr::eq(root, path.anchor()));
        place.and_then(|place| self.trust.anchors.get(place)).ok_or(webpki::Error::UnknownIssuer)
    }

    fn judge_pin<'a>(
        &self,
        pin: &'a Pin,
        end_entity: &CertificateDer<'_>,
        name: Option<&ServerName<'_>>,
        now: UnixTime,
    ) -> Result<Accepted<'a>, Fault> {
        let view = View::parse(end_entity).map_err(|_| Fault::EndEntity(webpki::Error::BadDer))?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now < view.not_before {
            return Err(Fault::PinNotYetValid(view.not_before));
        }
        if now > view.not_after {
            return Err(Fault::PinExpired(view.not_after));
        }
        let Some(name) = name else { return Ok(Accepted::Pin(pin)) };
        let fits = match EndEntityCert::try_from(end_entity) {
            Ok(parsed) => parsed.verify_is_valid_for_subject_name(name).is_ok(),
            // Of version 1, or with an extension that webpki does not know: the pin vouches for the rest.
            Err(_) => names::fit(&pin.certificate, name),
        };
        if fits || (self.common_name_fallback && names::common_name_fits(&pin.certificate, name)) {
            return Ok(Accepted::Pin(pin));
        }
        Err(Fault::Name)
    }

    /// The error that rustls' own verifier would give, where it would give one.
    fn error(
        &self,
        fault: &Fault,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Error {
        let time = |seconds: i64| {
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
        };
        match fault {
            Fault::PinExpired(at) => {
                CertificateError::ExpiredContext { time: now, not_after: time(*at) }.into()
            }
            Fault::PinNotYetValid(at) => {
                CertificateError::NotValidYetContext { time: now, not_before: time(*at) }.into()
            }
            Fault::EndEntity(_) | Fault::Path(_) | Fault::Name => {
                let parsed = match ParsedCertificate::try_from(end_entity) {
                    Ok(parsed) => parsed,
                    Err(error) => return error,
                };
                let roots = &self.trust.roots;
                let path = match fault {
                    Fault::Name => Ok(()),
                    _ => verify_server_cert_signed_by_trust_anchor(
                        &parsed,
                        roots,
                        intermediates,
                        now,
                        self.algorithms.all,
                    ),
                };
                path.and_then(|()| verify_server_name(&parsed, name))
                    .err()
                    .unwrap_or_else(|| CertificateError::ApplicationVerificationFailure.into())
            }
        }
    }

    /// The key of a pin that webpki cannot read; rustls checks the handshake of all others.
    fn unreadable_pin_key(&self, certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'_>> {
        let pin = self.trust.pin(certificate)?;
        if EndEntityCert::try_from(certificate).is_ok() {
            return None;
        }
        Some(SubjectPublicKeyInfoDer::from(pin.certificate.view().ok()?.public_key_info))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.judge(end_entity, intermediates, Some(server_name), now) {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            Err(fault) => Err(self.error(&fault, end_entity, intermediates, server_name, now)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.unreadable_pin_key(cert) {
            Some(key) => verify_tls12_with_raw_key(message, &key, dss, &self.algorithms),
            None => verify_tls12_signature(message, cert, dss, &self.algorithms),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.unreadable_pin_key(cert) {
            Some(key) => verify_tls13_signature_with_raw_key(message, &key, dss, &self.algorithms),
            None => verify_tls13_signature(message, cert, dss, &self.algorithms),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("anchors", &self.trust.anchors.len())
            .field("pins", &self.trust.pins.len())
            .field("common_name_fallback", &self.common_name_fallback)
            .finish_non_exhaustive()
    }
}

/// What rustls does for a certificate in TLS 1.2 and offers for raw keys in TLS 1.3 only: a scheme of
/// TLS 1.2 does not fix the curve, so each algorithm of the scheme is tried.
fn verify_tls12_with_raw_key(
    message: &[u8],
    key: &SubjectPublicKeyInfoDer<'_>,
    dss: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let key = RawPublicKeyEntity::try_from(key).map_err(|_| CertificateError::BadEncoding)?;
    let of_scheme = algorithms.mapping.iter().find(|(scheme, _)| *scheme == dss.scheme);
    let candidates = of_scheme.map_or(&[][..], |(_, candidates)| candidates);
    let is_signed =
        candidates.iter().any(|candidate| key.verify_signature(*candidate, message, dss.signature()).is_ok());
    if is_signed {
        Ok(HandshakeSignatureValid::assertion())
    } else {
        Err(CertificateError::BadSignature.into())
    }
}
