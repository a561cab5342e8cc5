//! The table of rules: one row is one check.

use super::certificate::{self, Subject};
use super::finding::{FindingCode, Policy, Severity};
use super::store::{self, Inspected};
use crate::store::TrustStore;

/// One check.
pub(super) struct Rule {
    pub(super) code: FindingCode,
    /// What it is unless the check says otherwise for the case at hand.
    pub(super) severity: Severity,
    /// What it means, and why it has its severity.
    pub(super) description: &'static str,
    pub(super) check: Check,
}

/// What a rule looks at.
pub(super) enum Check {
    /// A certificate that others are to be verified with.
    Anchor(fn(&Subject<'_>, &Policy) -> Option<Said>),
    /// Any certificate.
    Certificate(fn(&Subject<'_>, &Policy) -> Option<Said>),
    /// The container's algorithms, which the caller names.
    Container,
    /// An entry among the others.
    Entry(fn(&Inspected<'_>) -> Option<Said>),
    /// The store as a whole.
    Store(fn(&TrustStore) -> Option<Said>),
}

/// What a check has to say.
pub(super) struct Said {
    /// If it differs from the rule's.
    pub(super) severity: Option<Severity>,
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Said {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: None, message: message.into(), remedy: remedy.into() }
    }

    pub(super) fn with(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }
}

/// Every check, in the order in which they are made.
///
/// An error is something that does not work now or must not be trusted; a warning is probably not what
/// was meant. What a JVM does with each was measured (95 handshakes with JSSE 17).
pub(super) static RULES: [Rule; 18] = [
    Rule {
        code: FindingCode::IntegrityNone,
        severity: Severity::Warning,
        description: "The file has no MAC, so nothing tells whether it was altered. Recent JDKs write their \
                      own `cacerts` like this; it is a warning since a MAC may also have been stripped.",
        check: Check::Store(store::integrity_none),
    },
    Rule {
        code: FindingCode::IntegrityUnchecked,
        severity: Severity::Warning,
        description: "The file has a digest, but no password that fits was given, so it was not checked.",
        check: Check::Store(store::integrity_unchecked),
    },
    Rule {
        code: FindingCode::WeakContainer,
        severity: Severity::Warning,
        description: "The container uses RC2, 3DES or a SHA-1 MAC. Certificates are no secret, so it is a \
                      warning; but FIPS systems and newer tools refuse such files.",
        check: Check::Container,
    },
    Rule {
        code: FindingCode::Unparsable,
        severity: Severity::Error,
        description: "The certificate cannot be read at all: an error. If only a strict parser refuses it, \
                      a warning: some software will too.",
        check: Check::Certificate(certificate::unparsable),
    },
    Rule {
        code: FindingCode::Expired,
        severity: Severity::Error,
        description: "The certificate's validity is over. A JVM goes on accepting what an expired root \
                      issued, other software refuses it.",
        check: Check::Certificate(certificate::expired),
    },
    Rule {
        code: FindingCode::NotYetValid,
        severity: Severity::Error,
        description: "The certificate's validity has not begun, or this machine's clock is wrong.",
        check: Check::Certificate(certificate::not_yet_valid),
    },
    Rule {
        code: FindingCode::Expiring,
        severity: Severity::Warning,
        description: "The certificate's validity is over within the days of `--warn-days`.",
        check: Check::Certificate(certificate::expiring),
    },
    Rule {
        code: FindingCode::NotACa,
        severity: Severity::Warning,
        description: "The certificate is not a CA's: a server with this very certificate is trusted, nothing \
                      that it issued is. A warning, since pinning a server may be meant.",
        check: Check::Anchor(certificate::not_a_ca),
    },
    Rule {
        code: FindingCode::KeyCertSignAbsent,
        severity: Severity::Error,
        description: "The certificate is a CA's, but its key usage does not permit signing certificates: a \
                      JVM refuses everything that it issued.",
        check: Check::Anchor(certificate::key_cert_sign_absent),
    },
    Rule {
        code: FindingCode::ServerCanIssue,
        severity: Severity::Warning,
        description: "A self-signed certificate with host names, a server's own, is a CA's too (what `openssl \
                      req -x509` makes): whoever has that server's key can pose as every other server. A \
                      warning, since it works.",
        check: Check::Anchor(certificate::server_can_issue),
    },
    Rule {
        code: FindingCode::SelfSignatureInvalid,
        severity: Severity::Error,
        description: "The certificate names itself as issuer, but its key did not sign it: it was altered \
                      or made up. No software checks this of a trust anchor, so we do.",
        check: Check::Anchor(certificate::self_signature_invalid),
    },
    Rule {
        code: FindingCode::WeakKey,
        severity: Severity::Warning,
        description: "RSA or DSA under 2048 bits, or a curve under 224. An error where a JVM refuses it: RSA \
                      or DSA under 1024 bits, such a curve.",
        check: Check::Certificate(certificate::weak_key),
    },
    Rule {
        code: FindingCode::WeakDigest,
        severity: Severity::Warning,
        description: "Signed over SHA-1 or MD5, which can be forged: a warning, an error for MD5. A root is \
                      trusted for its key, and nobody checks its own signature: it is a warning there over \
                      either (30 of Debian's 144 roots are like this).",
        check: Check::Certificate(certificate::weak_digest),
    },
    Rule {
        code: FindingCode::Duplicate,
        severity: Severity::Warning,
        description: "Another entry has the same certificate; removing one alone changes nothing.",
        check: Check::Entry(store::duplicate),
    },
    Rule {
        code: FindingCode::ShadowedAlias,
        severity: Severity::Warning,
        description: "A later entry has the same alias; Java sees that one, and drops this one when it writes.",
        check: Check::Entry(store::shadowed_alias),
    },
    Rule {
        code: FindingCode::NoTrustAttribute,
        severity: Severity::Warning,
        description: "A certificate in a PKCS#12 store without Java's trust attribute: a JVM does not see it, \
                      and keytool deletes it at its next write. `openssl pkcs12 -export -nokeys` makes these.",
        check: Check::Entry(store::no_trust_attribute),
    },
    Rule {
        code: FindingCode::NotSeenByJava,
        severity: Severity::Warning,
        description: "An entry of a kind or in a place where Java does not look.",
        check: Check::Entry(store::not_seen_by_java),
    },
    Rule {
        code: FindingCode::PrivateKeyInStore,
        severity: Severity::Warning,
        description: "A private key in a trust store: whoever may read the store, whose password is known, \
                      may have the key.",
        check: Check::Entry(store::private_key_in_store),
    },
];
