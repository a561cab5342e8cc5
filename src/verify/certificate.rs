//! The checks of one certificate.

use super::finding::{Policy, Severity};
use super::lint::Said;
use crate::cert::{Certificate, HashAlgorithm, KeyAlgorithm, View, rfc3339_date};
use crate::error::Result;
use crate::text::shell_word;

/// A certificate under check, with the entry that holds it.
pub(super) struct Subject<'a> {
    certificate: &'a Certificate,
    view: Result<View<'a>>,
    entry: Option<&'a str>,
}

const DAY: i64 = 86_400;

impl<'a> Subject<'a> {
    pub(super) fn new(certificate: &'a Certificate, entry: Option<&'a str>) -> Self {
        Self { certificate, view: certificate.view(), entry }
    }

    fn view(&self) -> Option<&View<'a>> {
        self.view.as_ref().ok()
    }

    /// What to do if the certificate should not be trusted.
    fn drop_it(&self, otherwise: &str) -> String {
        match self.entry {
            Some(entry) => format!("{otherwise}; `truststore remove {}` removes this one", shell_word(entry)),
            None => otherwise.to_owned(),
        }
    }
}

pub(super) fn unparsable(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    if let Err(fault) = &subject.view {
        let remedy = subject.drop_it("get the certificate again from its authority");
        return Some(Said::new(format!("the certificate cannot be read: {fault}"), remedy));
    }
    let complaint = subject.certificate.strict_parse_error()?;
    let message = format!("a strict parser refuses the certificate, other software may too: {complaint}");
    Some(Said::new(message, "ask the authority for a correct certificate").with(Severity::Warning))
}

pub(super) fn expired(subject: &Subject<'_>, policy: &Policy) -> Option<Said> {
    let not_after = subject.view()?.not_after;
    if not_after >= policy.now {
        return None;
    }
    let remedy = subject.drop_it("import the certificate that replaces it");
    Some(Said::new(format!("expired on {}", rfc3339_date(not_after)), remedy))
}

pub(super) fn not_yet_valid(subject: &Subject<'_>, policy: &Policy) -> Option<Said> {
    let not_before = subject.view()?.not_before;
    if not_before <= policy.now {
        return None;
    }
    let message = format!("valid only from {} on", rfc3339_date(not_before));
    Some(Said::new(message, "wait until then, or check this machine's clock"))
}

pub(super) fn expiring(subject: &Subject<'_>, policy: &Policy) -> Option<Said> {
    let not_after = subject.view()?.not_after;
    let left = not_after.saturating_sub(policy.now);
    if left < 0 || left > i64::from(policy.warn_days) * DAY {
        return None;
    }
    let when = match left / DAY {
        0 => "within a day".to_owned(),
        1 => "in 1 day".to_owned(),
        days => format!("in {days} days"),
    };
    let message = format!("expires {when}, on {}", rfc3339_date(not_after));
    Some(Said::new(message, "import the certificate that replaces it beforehand"))
}

pub(super) fn not_a_ca(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    let view = subject.view()?;
    let why = match view.basic_constraints_ca() {
        Some(true) => return None,
        Some(false) => "its basic constraints say so",
        None if view.version == 1 && view.is_self_issued() => return None,
        None => "it has no basic constraints",
    };
    let message = format!("not a CA ({why}): it is trusted itself, nothing that it issued is");
    let remedy = "if the server's CA was meant, import that CA's certificate in its place";
    Some(Said::new(message, remedy))
}

pub(super) fn key_cert_sign_absent(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    let view = subject.view()?;
    if view.basic_constraints_ca() != Some(true) || view.key_cert_sign() != Some(false) {
        return None;
    }
    let message = "a CA whose key usage lacks keyCertSign: Java refuses every certificate that it issued";
    Some(Said::new(message, subject.drop_it("ask the authority for a correct CA certificate")))
}

pub(super) fn server_can_issue(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    let view = subject.view()?;
    // Hardly a CA has names of hosts, and who has none need not be read as a whole.
    if !view.may_name_hosts() || !view.may_issue() || !view.is_self_issued() {
        return None;
    }
    let details = subject.certificate.details().ok()?;
    let host = details.hosts().next()?;
    let message =
        format!("the certificate of the server {host} is a CA's too: its key can issue one for any server");
    let remedy = "have the server use a certificate with CA:FALSE (`openssl req -x509 -addext \
                  basicConstraints=CA:FALSE`), and import that one in its place";
    Some(Said::new(message, remedy))
}

#[cfg(feature = "signatures")]
pub(super) fn self_signature_invalid(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    use crate::cert::SignatureCheck;

    let view = subject.view()?;
    // A CA that changes its key signs the new one with the old one under the same name (RFC 5280,
    // section 3.2 "self-issued"); the key identifiers tell.
    if view.names_another_key() || view.verify_self_signature()? != SignatureCheck::Invalid {
        return None;
    }
    let message = "it claims to be signed by itself, but its key did not sign it: altered, or made up";
    let remedy = subject.drop_it("get the certificate again, and compare its SHA-256 with the authority's");
    Some(Said::new(message, remedy))
}

/// Signatures cannot be checked in this build.
#[cfg(not(feature = "signatures"))]
pub(super) fn self_signature_invalid(_: &Subject<'_>, _: &Policy) -> Option<Said> {
    None
}

pub(super) fn weak_key(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    let key = subject.view()?.public_key();
    let bits = key.bits?;
    // The lower bounds are those of `jdk.certpath.disabledAlgorithms`.
    let (refused_under, weak_under) = match key.algorithm {
        KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss | KeyAlgorithm::Dsa => (1024, 2048),
        KeyAlgorithm::Ec(_) => (224, 224),
        _ => return None,
    };
    if bits >= weak_under {
        return None;
    }
    let remedy = "ask the authority for a CA certificate with a longer key (RSA 2048, EC P-256 or better)";
    let (severity, what) = if bits < refused_under {
        (Severity::Error, "Java refuses it")
    } else {
        (Severity::Warning, "too short for today")
    };
    Some(Said::new(format!("the key is {key}: {what}"), remedy).with(severity))
}

pub(super) fn weak_digest(subject: &Subject<'_>, _: &Policy) -> Option<Said> {
    let view = subject.view()?;
    let hash = view.signature_hash()?;
    let broken = match hash {
        HashAlgorithm::Md2 | HashAlgorithm::Md4 | HashAlgorithm::Md5 => true,
        HashAlgorithm::Sha1 => false,
        _ => return None,
    };
    if view.is_self_issued() {
        let message = format!(
            "its own signature is over {hash}: not used to decide on trust in a root, which is trusted for \
             its key, but a sign of its age"
        );
        return Some(
            Said::new(message, "ask whether the authority has a newer root").with(Severity::Warning),
        );
    }
    let severity = if broken { Severity::Error } else { Severity::Warning };
    let message = format!("signed over {hash}, which can be forged");
    Some(Said::new(message, subject.drop_it("import the issuer's root in its place")).with(severity))
}
