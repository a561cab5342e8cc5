//! What to import so that a refused server is trusted.

use crate::cert::{Certificate, View};
use crate::ops::alias_for;
use crate::tls::{Decision, MissingIssuer, Refusal};

/// A certificate that, once imported, makes a server trusted.
///
/// Whoever imports it must compare its fingerprint with what its owner says over another channel than the
/// connection that it came over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Advice {
    /// Where it is to be had.
    pub source: AdviceSource,
    /// Its subject (RFC 4514).
    pub subject: String,
    /// The identifier of its key, in hexadecimal with colons, as far as it is known.
    pub key_id: Option<String>,
    /// The SHA-256 of its DER, in hexadecimal with colons, if the server sent it.
    pub sha256: Option<String>,
    /// An alias for it, if the server sent it.
    pub alias: Option<String>,
}

/// Where a certificate to be imported is to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum AdviceSource {
    /// From who runs the CA: the server did not send it.
    File,
    /// The server sent it: it is the last CA of its chain.
    ServerTop,
    /// It is the server's own certificate.
    ServerLeaf,
}

impl Advice {
    /// The ways out of a refusal, the best one first; none where importing does not help.
    pub(super) fn of(decision: &Decision, chain: &[Certificate]) -> Vec<Self> {
        let sent =
            |source, at: Option<usize>| at.and_then(|at| chain.get(at)).and_then(|c| Self::sent(source, c));
        match &decision.refusal {
            Some(Refusal::MissingRoot(missing)) => {
                let top = top_of(chain);
                let from_server = sent(AdviceSource::ServerTop, top.filter(|&at| at > 0));
                let is_root =
                    top.and_then(|at| chain.get(at)?.view().ok()).is_some_and(|v| v.is_self_issued());
                let file = (!is_root).then(|| Self::file(missing));
                file.into_iter().chain(from_server).collect()
            }
            Some(Refusal::MissingIntermediate(missing)) => vec![Self::file(missing)],
            Some(Refusal::SelfSigned { .. } | Refusal::CaAsServer { .. }) => {
                sent(AdviceSource::ServerLeaf, Some(0)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn file(missing: &MissingIssuer) -> Self {
        Self {
            source: AdviceSource::File,
            subject: missing.issuer.clone(),
            key_id: missing.key_id.clone(),
            sha256: None,
            alias: None,
        }
    }

    fn sent(source: AdviceSource, certificate: &Certificate) -> Option<Self> {
        let view = certificate.view().ok()?;
        Some(Self {
            source,
            subject: view.subject.to_string(),
            key_id: view.subject_key_id().map(colons),
            sha256: Some(certificate.sha256().to_string()),
            alias: Some(alias_for(certificate)),
        })
    }
}

/// The place, from 0, of the highest certificate of a chain that a server sent: that of the last CA on the
/// way up from the first certificate, which is the server's own, whatever the order of the others.
///
/// Names and key identifiers lead the way; signatures are for the verifier. It is 0 if the server sent no
/// CA above itself, and `None` for no certificates or a first one that cannot be read.
///
/// ```
/// assert_eq!(truststore::mail::top_of(&[]), None);
/// ```
#[must_use]
pub fn top_of(chain: &[Certificate]) -> Option<usize> {
    let views: Vec<Option<View<'_>>> = chain.iter().map(|certificate| certificate.view().ok()).collect();
    let mut path = vec![0];
    let mut child = views.first()?.as_ref()?;
    while !child.is_self_issued() {
        let issuer = views.iter().enumerate().find_map(|(at, view)| {
            let view = view.as_ref().filter(|view| !path.contains(&at) && issued(view, child))?;
            Some((at, view))
        });
        let Some((at, view)) = issuer else { break };
        path.push(at);
        child = view;
    }
    path.last().copied()
}

fn issued(issuer: &View<'_>, child: &View<'_>) -> bool {
    let same_key = match (child.authority_key_id(), issuer.subject_key_id()) {
        (Some(named), Some(own)) => named == own,
        _ => true,
    };
    issuer.may_issue() && issuer.subject.raw() == child.issuer.raw() && same_key
}

fn colons(octets: &[u8]) -> String {
    let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    octets.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::sample::Sample;

    #[test]
    fn the_highest_ca_is_found_in_any_order() {
        let leaf = Sample::leaf("mail.example.com", "Issuing").build();
        let issuing = Sample { issuer: Sample::root("Root").subject, ..Sample::root("Issuing") }.build();
        let root = Sample::root("Root").build();
        let stranger = Sample::root("Stranger").build();
        for (chain, top) in [
            (vec![&leaf, &issuing, &root], 2),
            (vec![&leaf, &root, &issuing], 1),
            (vec![&leaf, &stranger, &issuing], 2),
            (vec![&leaf, &stranger], 0),
            (vec![&root], 0),
            (vec![&leaf, &issuing, &issuing], 1),
        ] {
            let chain: Vec<Certificate> = chain.into_iter().cloned().collect();
            assert_eq!(top_of(&chain), Some(top), "{chain:?}");
        }
        assert_eq!(top_of(&[Certificate::from_der(vec![0x30, 0])]), None);
    }

    #[test]
    fn a_circle_of_issuers_ends() {
        let name = |cn: &str| Sample::root(cn).subject;
        let a = Sample { issuer: name("B"), ..Sample::root("A") }.build();
        let b = Sample { issuer: name("A"), ..Sample::root("B") }.build();
        assert_eq!(top_of(&[a, b]), Some(1));
    }
}
