//! What is missing above a chain: a root, or an intermediate that the server forgot to send.

use std::collections::HashSet;

use der::{Decode, Encode};
use x509_cert::ext::pkix::AuthorityKeyIdentifier;
use x509_cert::ext::pkix::name::GeneralName;

use super::chain::{Above, Climb, Signature, is_self_signed};
use super::decision::{MissingIssuer, Refusal};
use super::roots::RootCerts;
use crate::cert::{Certificate, Name, View, colons};

/// id-ce-authorityKeyIdentifier, 2.5.29.35.
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
/// Words that say nothing of whose a CA is.
const COMMON_WORDS: [&str; 22] = [
    "authority",
    "ca",
    "certificate",
    "certification",
    "class",
    "ecc",
    "global",
    "inc",
    "intermediate",
    "issuing",
    "limited",
    "ltd",
    "public",
    "root",
    "rsa",
    "server",
    "services",
    "ssl",
    "sub",
    "subordinate",
    "the",
    "tls",
];
/// Words of a CA that is not a root.
const BELOW_A_ROOT: [&str; 5] = ["intermediate", "issuing", "sub", "subca", "subordinate"];

/// Why the climb does not end at a trust anchor; `None` if it does.
pub(super) fn refusal(climb: &Climb<'_>, chain: &[Certificate], trust: &RootCerts) -> Option<Refusal> {
    let top = &climb.top;
    match &climb.above {
        Above::Anchor { signature: Signature::Valid | Signature::Invalid, .. } => None,
        Above::Anchor { certificate, .. } => Some(unsupported(top, certificate)),
        Above::Unfit { certificate, signature: Signature::Unchecked, .. } => {
            Some(unsupported(top, certificate))
        }
        Above::Unfit { certificate, alias, .. } => Some(unfit(climb, chain, trust, certificate, *alias)),
        Above::Unusable { alias, reason, remedy, certificate } => Some(Refusal::UnusableIssuer {
            alias: (*alias).to_owned(),
            reason: (*reason).to_owned(),
            remedy: remedy.map_or_else(|| for_pin(certificate), str::to_owned),
        }),
        Above::Nothing => Some(nothing(climb, chain, trust)),
    }
}

/// What to do about an issuer that is trusted as a pin only.
fn for_pin(certificate: &Certificate) -> String {
    if certificate.view().is_ok_and(|view| view.may_issue()) {
        return "import the CA's certificate as an entry of its own".to_owned();
    }
    "have the server's certificate issued by a CA, and import that CA; a pin vouches for itself only"
        .to_owned()
}

fn unsupported(signed: &View<'_>, issuer: &Certificate) -> Refusal {
    Refusal::UnsupportedAlgorithm {
        subject: signed.subject.to_string(),
        algorithm: signed.signature_algorithm_name(),
        key: issuer.view().ok().map(|view| view.public_key().to_string()),
    }
}

/// A certificate of the issuer's name is there, but its key did not sign.
fn unfit(
    climb: &Climb<'_>,
    chain: &[Certificate],
    trust: &RootCerts,
    certificate: &Certificate,
    alias: Option<&str>,
) -> Refusal {
    let named = climb.top.authority_key_id();
    let own = certificate.view().ok().and_then(|view| view.subject_key_id());
    if named.is_none() || own.is_none() || named == own {
        return Refusal::BadSignature { subject: climb.top.subject.to_string() };
    }
    let where_it_is = match alias {
        Some(alias) => format!("the store's \"{alias}\" has that name, but another key"),
        None => "the server sent one of that name, but with another key".to_owned(),
    };
    match nothing(climb, chain, trust) {
        Refusal::MissingRoot(missing) => {
            Refusal::MissingRoot(MissingIssuer { evidence: Some(where_it_is), ..missing })
        }
        other => other,
    }
}

fn nothing(climb: &Climb<'_>, chain: &[Certificate], trust: &RootCerts) -> Refusal {
    let top = &climb.top;
    let is_server = climb.path.len() == 1;
    if is_self_signed(top) && is_server {
        return Refusal::SelfSigned { subject: top.subject.to_string() };
    }
    let below = climb.path.iter().rev().nth(1).and_then(|at| chain.get(*at)?.view().ok());
    let issued = below.filter(|_| is_self_signed(top)).map_or(top.subject, |view| view.subject);
    let key_id = if is_self_signed(top) { top.subject_key_id() } else { top.authority_key_id() };
    let missing = MissingIssuer {
        issuer: top.issuer.to_string(),
        key_id: key_id.map(colons),
        issued: issued.to_string(),
        evidence: None,
        certain: true,
    };
    if is_self_signed(top) {
        return Refusal::MissingRoot(missing);
    }
    match intermediate(climb, chain, trust) {
        Some((evidence, certain)) => {
            Refusal::MissingIntermediate(MissingIssuer { evidence: Some(evidence), certain, ..missing })
        }
        None => Refusal::MissingRoot(missing),
    }
}

/// What speaks for the missing issuer being an intermediate, and whether that is certain.
fn intermediate(climb: &Climb<'_>, chain: &[Certificate], trust: &RootCerts) -> Option<(String, bool)> {
    let top = &climb.top;
    if let Some(issuers_issuer) = issuers_issuer(top) {
        let is_root = issuers_issuer.raw == top.issuer.raw();
        let evidence = format!("the certificate says that {} issued the missing one", issuers_issuer.text);
        return (!is_root).then_some((evidence, true));
    }
    let unconnected = chain.iter().enumerate().filter(|(at, _)| !climb.path.contains(at));
    let mut unconnected = unconnected.filter_map(|(_, certificate)| certificate.view().ok());
    if let Some(other) = unconnected.find(|view| view.may_issue() && view.is_self_issued()) {
        return Some((format!("the server also sent {}, which stands above it", other.subject), true));
    }
    let words = words(&top.issuer);
    let is_root = words.contains("root");
    if is_root || climb.path.len() > 1 {
        return None;
    }
    let related = trust.anchors.iter().find(|anchor| {
        let view = anchor.certificate.view();
        view.is_ok_and(|view| {
            self::words(&view.subject).intersection(&words).any(|word| !COMMON_WORDS.contains(&word.as_str()))
        })
    });
    if let Some(anchor) = related {
        return Some((format!("the store has a CA of a similar name, \"{}\"", anchor.alias), false));
    }
    let says_so = BELOW_A_ROOT.iter().any(|word| words.contains(*word));
    says_so.then(|| ("its name says that it is no root".to_owned(), false))
}

/// A name that a certificate gives without the certificate of that name.
struct Named {
    raw: Vec<u8>,
    text: String,
}

/// Who issued the issuer (`authorityCertIssuer`; RFC 5280, section 4.2.1.1).
fn issuers_issuer(view: &View<'_>) -> Option<Named> {
    let extension = view.extension(AUTHORITY_KEY_IDENTIFIER)?;
    let names = AuthorityKeyIdentifier::from_der(extension.value).ok()?.authority_cert_issuer?;
    names.iter().find_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(Named { raw: name.to_der().ok()?, text: name.to_string() }),
        _ => None,
    })
}

/// The words of a name, in lower case.
fn words(name: &Name<'_>) -> HashSet<String> {
    let texts = [name.common_name(), name.organization(), name.organizational_unit()];
    let texts = texts.into_iter().flatten().map(|text| text.to_lowercase());
    let split = |text: String| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| word.chars().count() > 1).map(str::to_owned).collect()
    };
    texts.flat_map(split).collect()
}
