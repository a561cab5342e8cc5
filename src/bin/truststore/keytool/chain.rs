//! Whether a certificate leads to a root of the store, so that nobody has to be asked.

use std::collections::HashMap;

use truststore::{Certificate, SignatureCheck, View};

use super::trouble::Trouble;

/// Links that are followed; no chain is longer.
const MAX_LINKS: usize = 32;

/// Whether a certificate is signed by its own key.
///
/// # Errors
/// The JDK's, if it names itself as issuer and its signature is not of its key.
pub(crate) fn is_self_signed(view: &View<'_>) -> Result<bool, Trouble> {
    match view.verify_self_signature() {
        None => Ok(false),
        Some(SignatureCheck::Invalid) => {
            Err(Trouble::thrown("java.security.SignatureException", "Signature does not match."))
        }
        Some(_) => Ok(true),
    }
}

/// Whether issuers among `known`, each of which signed the one before, lead to one that signed itself.
pub(crate) fn leads_to_root<'a>(
    certificate: &Certificate,
    known: impl IntoIterator<Item = &'a Certificate>,
) -> bool {
    let Ok(view) = certificate.view() else { return false };
    let mut by_subject: HashMap<&[u8], Vec<View<'_>>> = HashMap::new();
    for candidate in known {
        if let Ok(view) = candidate.view() {
            by_subject.entry(view.subject.raw()).or_default().push(view);
        }
    }
    leads(&view, &by_subject, MAX_LINKS)
}

fn leads(view: &View<'_>, by_subject: &HashMap<&[u8], Vec<View<'_>>>, links: usize) -> bool {
    if view.is_self_issued() {
        return true;
    }
    let issuers = by_subject.get(view.issuer.raw()).map_or(&[][..], Vec::as_slice);
    links > 0
        && issuers.iter().any(|issuer| {
            view.verify_signed_by(issuer) == SignatureCheck::Valid && leads(issuer, by_subject, links - 1)
        })
}
