//! What a JVM decides otherwise, as measured with JSSE of JDK 17.

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use super::chain::{Above, Signature};
use super::decision::JavaDiffers;
use super::explain::Case;
use super::names;
use super::verifier::{Accepted, Fault};
use crate::cert::{ExtensionValue, KeyAlgorithm};

/// The answer that Java gives, where it is known to be another.
pub(super) fn differs(judged: &Result<Accepted<'_>, Fault>, case: &Case<'_>) -> Option<JavaDiffers> {
    let says = |trusted, reason: &str| Some(JavaDiffers { trusted, reason: reason.to_owned() });
    let has_underscore = matches!(case.name, Some(ServerName::DnsName(name)) if name.as_ref().contains('_'));
    match judged {
        Ok(_) if has_underscore => says(false, "it takes no host name with an underscore"),
        Ok(Accepted::Ca(_)) if has_tiny_key(case) => says(false, "a key of the chain is too short for it"),
        Ok(_) => None,
        Err(_) if has_underscore => None,
        Err(Fault::PinExpired(_) | Fault::PinNotYetValid(_)) if name_fits(case) => {
            says(true, "it looks at no date of a certificate that is in the store itself")
        }
        Err(Fault::Name) if by_common_name(case) => {
            says(true, "it takes the common name for a host name where the certificate has none")
        }
        Err(Fault::Path(error)) if name_fits(case) => path(error, case),
        Err(Fault::EndEntity(webpki::Error::UnsupportedCertVersion))
            if reaches_anchor(case) && name_fits(case) =>
        {
            says(true, "it takes server certificates of X.509 version 1")
        }
        Err(_) => None,
    }
}

fn path(error: &webpki::Error, case: &Case<'_>) -> Option<JavaDiffers> {
    use webpki::Error as E;
    let says = |reason: &str| Some(JavaDiffers { trusted: true, reason: reason.to_owned() });
    match error {
        E::BadDer
        | E::MalformedDnsIdentifier
        | E::NameConstraintViolation
        | E::MalformedNameConstraint
        | E::InvalidNetworkMaskConstraint
        | E::MaximumNameConstraintComparisonsExceeded
            if is_fine_without_constraints(case) =>
        {
            says("it does not look at the name constraints of a trust anchor")
        }
        E::CaUsedAsEndEntity
            if reaches_anchor(case) && !is_self_issued(case) && may_sign_handshakes(case) =>
        {
            says("it takes a CA's certificate for a server's")
        }
        E::UnknownIssuer
        | E::InvalidSignatureForPublicKey
        | E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => by_other_means(case),
        _ => None,
    }
}

/// Anchors and algorithms that Java has and rustls has not.
fn by_other_means(case: &Case<'_>) -> Option<JavaDiffers> {
    let climb = case.climb.as_ref()?;
    if !is_sound(case) {
        return None;
    }
    let reason = match &climb.above {
        Above::Unusable { alias, certificate, remedy: None, .. }
            if certificate.view().is_ok_and(|view| view.may_issue()) =>
        {
            format!("it takes the certificate of the private key \"{alias}\" for a CA's")
        }
        Above::Anchor { certificate, signature: Signature::Unchecked } => {
            let key = certificate.view().ok()?.public_key();
            let algorithm = climb.top.signature_algorithm_name();
            let is_known = match key.algorithm {
                KeyAlgorithm::Rsa | KeyAlgorithm::Dsa => key.bits.is_some_and(|bits| bits >= 1024),
                KeyAlgorithm::Ed448 | KeyAlgorithm::Ed25519 => true,
                KeyAlgorithm::Ec(_) => key.bits.is_some_and(|bits| bits >= 224),
                _ => false,
            };
            if !is_known || algorithm.contains("MD5") || algorithm.contains("MD2") {
                return None;
            }
            format!("it takes {algorithm} by a key {key}")
        }
        _ => return None,
    };
    Some(JavaDiffers { trusted: true, reason })
}

/// Whether the certificates that were sent go up to an anchor with valid signatures.
fn reaches_anchor(case: &Case<'_>) -> bool {
    let reaches = |climb: &super::chain::Climb<'_>| {
        matches!(climb.above, Above::Anchor { signature: Signature::Valid, .. })
    };
    is_sound(case) && case.climb.as_ref().is_some_and(reaches)
}

/// Whether every date holds and every issuer is a CA.
fn is_sound(case: &Case<'_>) -> bool {
    let now = i64::try_from(case.now.as_secs()).unwrap_or(i64::MAX);
    let Some(climb) = &case.climb else { return false };
    climb.path.iter().enumerate().all(|(height, at)| {
        case.view(*at).is_some_and(|view| {
            (view.not_before..=view.not_after).contains(&now) && (height == 0 || view.may_issue())
        })
    })
}

fn is_fine_without_constraints(case: &Case<'_>) -> bool {
    let anchors = case.verifier.trust.roots.roots.iter().cloned();
    let roots: RootCertStore = anchors
        .map(|mut anchor| {
            anchor.name_constraints = None;
            anchor
        })
        .collect();
    let chain: Vec<_> =
        case.chain.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let Some((server, others)) = chain.split_first() else { return false };
    verifies(server, others, &roots, case, case.now)
}

fn verifies(
    server: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    roots: &RootCertStore,
    case: &Case<'_>,
    now: UnixTime,
) -> bool {
    let algorithms = case.verifier.algorithms.all;
    let usage = KeyUsage::server_auth();
    EndEntityCert::try_from(server).is_ok_and(|parsed| {
        parsed.verify_for_usage(algorithms, &roots.roots, others, now, usage, None, None).is_ok()
    })
}

/// Java's own rule: the names, and the common name where there are none.
fn name_fits(case: &Case<'_>) -> bool {
    let Some(name) = case.name else { return true };
    case.chain.first().is_some_and(|server| names::fit(server, name)) || by_common_name(case)
}

fn by_common_name(case: &Case<'_>) -> bool {
    let fits = |name| case.chain.first().is_some_and(|server| names::common_name_fits(server, name));
    case.name.is_some_and(fits)
}

fn is_self_issued(case: &Case<'_>) -> bool {
    case.view(0).is_some_and(|view| view.is_self_issued())
}

/// `sun.security.validator.EndEntityChecker`: a key usage must have digitalSignature, bit 0.
fn may_sign_handshakes(case: &Case<'_>) -> bool {
    let details = case.chain.first().and_then(|certificate| certificate.details().ok());
    let extensions = details.into_iter().flat_map(|details| details.extensions);
    let mut usages = extensions.filter_map(|extension| match extension.value {
        ExtensionValue::KeyUsage(usages) => Some(usages),
        _ => None,
    });
    usages.next().is_none_or(|usages| usages.contains(&"digitalSignature"))
}

/// `jdk.certpath.disabledAlgorithms` of JDK 17: RSA and DSA under 1024 bits, EC under 224.
fn has_tiny_key(case: &Case<'_>) -> bool {
    let is_tiny = |at| {
        let Some(key) = case.view(at).map(|view| view.public_key()) else { return false };
        let least = match key.algorithm {
            KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa => 1024,
            KeyAlgorithm::Ec(_) => 224,
            _ => 0,
        };
        key.bits.is_some_and(|bits| bits < least)
    };
    let path = case.climb.as_ref().map_or(&[][..], |climb| &climb.path);
    path.iter().any(|at| is_tiny(*at))
}
