//! Who issued whom among what a server sent and what the store has, with the signatures checked.
//!
//! webpki says that there is no path, not where it ends; this finds out.

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use webpki::RawPublicKeyEntity;

use super::roots::RootCerts;
use crate::ber::{self, Reader};
use crate::cert::{Certificate, KeyAlgorithm, View};

/// The way from the server's certificate up, as far as what was sent goes.
pub(super) struct Climb<'a> {
    /// The server's certificate, its issuer, that one's issuer and so on, by their places in the chain.
    pub(super) path: Vec<usize>,
    /// The last one.
    pub(super) top: View<'a>,
    /// What stands above the last one.
    pub(super) above: Above<'a>,
}

/// What stands above the last certificate that was sent.
pub(super) enum Above<'a> {
    /// An entry that is trusted as a CA, and did sign it or, with `Signature::Unchecked`, may have.
    Anchor { certificate: &'a Certificate, signature: Signature },
    /// An entry that is not trusted as a CA.
    Unusable { alias: &'a str, reason: &'a str, remedy: Option<&'a str>, certificate: &'a Certificate },
    /// A certificate that has the issuer's name but did not sign it, or cannot be used to check that.
    Unfit { certificate: &'a Certificate, signature: Signature, alias: Option<&'a str> },
    /// Nothing.
    Nothing,
}

/// Whether a key made a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    Valid,
    Invalid,
    /// The provider does not check signatures of this kind, or with this key.
    Unchecked,
}

/// So many certificates are looked at on the way up; no real chain is longer.
const MAX_LENGTH: usize = 16;
/// So many signatures are checked: a hostile chain has thousands of certificates of the same name.
const MAX_SIGNATURES: usize = 200;
/// rustls' providers check no RSA signature by a key that is shorter, in bits.
const MIN_RSA_BITS: u32 = 2048;

impl<'a> Climb<'a> {
    /// `None` if the server's certificate cannot be read.
    pub(super) fn new(
        chain: &'a [Certificate],
        trust: &'a RootCerts,
        algorithms: &WebPkiSupportedAlgorithms,
    ) -> Option<Self> {
        let views: Vec<_> = chain.iter().map(|certificate| certificate.view().ok()).collect();
        let mut signatures = Checker { algorithms, left: MAX_SIGNATURES };
        let mut path = vec![0];
        let mut top = (*views.first()?)?;
        loop {
            let above = in_store(&top, trust, &mut signatures);
            let is_end = is_self_signed(&top) || path.len() >= MAX_LENGTH;
            if matches!(above, Above::Anchor { .. } | Above::Unusable { .. }) || is_end {
                return Some(Self { path, top, above });
            }
            let mut unfit = None;
            let mut next = None;
            for (at, view) in views.iter().enumerate().filter(|(at, _)| !path.contains(at)) {
                let Some(view) = view.as_ref().filter(|view| view.subject.raw() == top.issuer.raw()) else {
                    continue;
                };
                match signatures.check(&top, view) {
                    Signature::Valid => {
                        next = Some((at, *view));
                        break;
                    }
                    signature => unfit = unfit.or_else(|| chain.get(at).map(|found| (found, signature))),
                }
            }
            match (next, unfit) {
                (Some((at, view)), _) => {
                    path.push(at);
                    top = view;
                }
                (None, Some((certificate, signature))) if matches!(above, Above::Nothing) => {
                    return Some(Self {
                        path,
                        top,
                        above: Above::Unfit { certificate, signature, alias: None },
                    });
                }
                (None, _) => return Some(Self { path, top, above }),
            }
        }
    }
}

/// A CA that changes its key signs the new one with the old one under the same name; the key identifiers
/// tell.
pub(super) fn is_self_signed(view: &View<'_>) -> bool {
    view.is_self_issued() && !view.names_another_key()
}

/// What the store has above a certificate.
fn in_store<'a>(child: &View<'_>, trust: &'a RootCerts, signatures: &mut Checker<'_>) -> Above<'a> {
    let mut unfit = Above::Nothing;
    for anchor in trust.anchors.iter().filter(|anchor| is_named(&anchor.certificate, child)) {
        let certificate = &anchor.certificate;
        let Ok(view) = certificate.view() else { continue };
        match signatures.check(child, &view) {
            Signature::Valid => return Above::Anchor { certificate, signature: Signature::Valid },
            Signature::Unchecked => {
                unfit = Above::Anchor { certificate, signature: Signature::Unchecked };
            }
            Signature::Invalid if matches!(unfit, Above::Nothing) => {
                let alias = Some(anchor.alias.as_str());
                unfit = Above::Unfit { certificate, signature: Signature::Invalid, alias };
            }
            Signature::Invalid => {}
        }
    }
    let pins = trust.pins.iter().filter_map(|pin| {
        let reason = pin.not_a_ca.as_deref()?;
        Some((&pin.certificate, pin.alias.as_str(), reason, None))
    });
    let skipped = trust.skipped.iter().filter_map(|skipped| {
        let certificate = skipped.certificate.as_ref()?;
        Some((certificate, skipped.alias.as_str(), skipped.reason.as_str(), Some(skipped.remedy.as_str())))
    });
    for (certificate, alias, reason, remedy) in pins.chain(skipped) {
        let Ok(view) = certificate.view() else { continue };
        if view.subject.raw() == child.issuer.raw() && signatures.check(child, &view) != Signature::Invalid {
            return Above::Unusable { alias, reason, remedy, certificate };
        }
    }
    unfit
}

/// Whether a certificate has the name of the issuer.
fn is_named(certificate: &Certificate, child: &View<'_>) -> bool {
    certificate.view().is_ok_and(|view| view.subject.raw() == child.issuer.raw())
}

/// Checks signatures with the provider's algorithms, up to a limit.
struct Checker<'a> {
    algorithms: &'a WebPkiSupportedAlgorithms,
    left: usize,
}

impl Checker<'_> {
    fn check(&mut self, child: &View<'_>, issuer: &View<'_>) -> Signature {
        self.left = self.left.saturating_sub(1);
        let is_short =
            |bits| matches!(issuer.public_key().algorithm, KeyAlgorithm::Rsa) && bits < MIN_RSA_BITS;
        if self.left == 0 || issuer.public_key().bits.is_some_and(is_short) {
            return Signature::Unchecked;
        }
        signature(child, issuer, self.algorithms)
    }
}

fn signature(child: &View<'_>, issuer: &View<'_>, algorithms: &WebPkiSupportedAlgorithms) -> Signature {
    let key = SubjectPublicKeyInfoDer::from(issuer.public_key_info);
    let Ok(key) = RawPublicKeyEntity::try_from(&key) else { return Signature::Unchecked };
    // The contents octets of the SEQUENCE are how webpki writes identifiers.
    let id = Reader::new(child.signature_algorithm, 8).expect(ber::SEQUENCE, "signatureAlgorithm");
    let Ok(id) = id else { return Signature::Unchecked };
    let mut checked = Signature::Unchecked;
    for algorithm in algorithms.all.iter().filter(|known| known.signature_alg_id().as_ref() == id.content) {
        match key.verify_signature(*algorithm, child.tbs, child.signature) {
            Ok(()) => return Signature::Valid,
            Err(webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
            Err(_) => checked = Signature::Invalid,
        }
    }
    checked
}
