//! Which entries may act as a CA, which are exact pins, and which are neither.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::cert::Certificate;
use crate::store::{Entry, EntryKind, HiddenReason, JavaView, TrustStore};
use crate::text::shell_word;

/// What a store's entries are to a verifier.
///
/// What counts is what a JVM sees: trusted certificate entries, and the certificate of a private key.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RootCerts {
    /// The trust anchors: entries that may issue certificates.
    pub roots: RootCertStore,
    /// The entries of `roots`, in the same order.
    pub anchors: Vec<Anchor>,
    /// Every certificate that is trusted as a server's own, octet for octet; the anchors are among them.
    pub pins: Vec<Pin>,
    /// The entries that give no trust.
    pub skipped: Vec<Skipped>,
    /// Places in `pins` in the order of their [`key`]s: sorting looks at a few octets of each, hashing at all.
    by_der: Vec<usize>,
}

/// An entry that may act as a CA.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Anchor {
    /// The entry's name.
    pub alias: String,
    /// Its certificate.
    pub certificate: Certificate,
}

/// An entry that is trusted as a server's own certificate.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Pin {
    /// The entry's name.
    pub alias: String,
    /// Its certificate.
    pub certificate: Certificate,
    /// Why it is not a CA as well; `None` for one of the anchors.
    pub not_a_ca: Option<String>,
}

/// An entry that gives no trust.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Skipped {
    /// The entry's name.
    pub alias: String,
    /// Its certificate, if it has one.
    pub certificate: Option<Certificate>,
    /// Why it gives no trust, one clause.
    pub reason: String,
    /// What to do if it should.
    pub remedy: String,
}

impl TrustStore {
    /// The store's trust anchors for rustls, and beside them the exact pins and what was skipped.
    ///
    /// An entry is a trust anchor only if it may issue certificates: CA:TRUE, and keyCertSign where there
    /// is a key usage (RFC 5280, sections 4.2.1.9 and 4.2.1.3); of version 1 only if it is self-issued. Use
    /// [`verifier`](Self::verifier), which knows the pins too, rather than the anchors alone.
    ///
    /// ```
    /// use truststore::{Format, Password, TrustStore};
    ///
    /// let store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    /// let found = store.root_cert_store();
    /// assert!(found.roots.is_empty() && found.pins.is_empty() && found.skipped.is_empty());
    /// ```
    #[must_use]
    pub fn root_cert_store(&self) -> RootCerts {
        let mut found = RootCerts::empty();
        for entry in self.entries() {
            match (entry.java_view(), entry.kind()) {
                (JavaView::Hidden(reason), _) => found.skip_hidden(entry, *reason),
                (_, EntryKind::TrustedCertificate(certificate)) => found.add_trusted(entry, certificate),
                (_, EntryKind::PrivateKey(chain)) => found.add_private_key(entry, chain.first()),
                _ => {
                    let reason = format!("a {} is no certificate", entry.kind().code());
                    found.skip(entry, reason, "nothing need be done: it is kept as it is".to_owned());
                }
            }
        }
        found.sort();
        found
    }
}

impl RootCerts {
    fn empty() -> Self {
        Self {
            roots: RootCertStore::empty(),
            anchors: Vec::new(),
            pins: Vec::new(),
            skipped: Vec::new(),
            by_der: Vec::new(),
        }
    }

    /// The pin that this certificate is, octet for octet.
    pub(super) fn pin(&self, der: &[u8]) -> Option<&Pin> {
        let before =
            |&place: &usize| self.pins.get(place).is_some_and(|pin| key(pin.certificate.der()) < key(der));
        let place = self.by_der.get(self.by_der.partition_point(before))?;
        self.pins.get(*place).filter(|pin| pin.certificate.der() == der)
    }

    /// Makes the pins known to [`pin`](Self::pin): of those that are the same, the first.
    fn sort(&mut self) {
        let pins = &self.pins;
        self.by_der = (0..pins.len()).collect();
        self.by_der.sort_by_key(|&place| pins.get(place).map(|pin| key(pin.certificate.der())));
    }

    fn add_trusted(&mut self, entry: &Entry, certificate: &Certificate) {
        let not_a_ca = match why_not_a_ca(certificate) {
            Some(reason) => Some(reason),
            None => match webpki::anchor_from_trusted_cert(&CertificateDer::from(certificate.der())) {
                Ok(anchor) => {
                    self.roots.roots.push(anchor.to_owned());
                    let alias = entry.name().to_owned();
                    self.anchors.push(Anchor { alias, certificate: certificate.clone() });
                    None
                }
                Err(error) => Some(format!("rustls cannot read it as a CA's ({error})")),
            },
        };
        self.add_pin(entry, certificate, not_a_ca);
    }

    fn add_private_key(&mut self, entry: &Entry, certificate: Option<&Certificate>) {
        match certificate {
            Some(certificate) => {
                let reason = "it belongs to a private key, which is trusted as a pin only";
                self.add_pin(entry, certificate, Some(reason.to_owned()));
            }
            None => self.skip(
                entry,
                "the private key has no certificate".to_owned(),
                "nothing need be done: it is kept as it is".to_owned(),
            ),
        }
    }

    fn add_pin(&mut self, entry: &Entry, certificate: &Certificate, not_a_ca: Option<String>) {
        self.pins.push(Pin { alias: entry.name().to_owned(), certificate: certificate.clone(), not_a_ca });
    }

    fn skip_hidden(&mut self, entry: &Entry, reason: HiddenReason) {
        let name = shell_word(entry.name());
        let (reason, remedy) = match reason {
            HiddenReason::NoTrustAttribute => (
                "it lacks the trust attribute: Java does not trust it either",
                format!("`truststore trust {name}` adds the attribute"),
            ),
            HiddenReason::Shadowed => (
                "a later entry has the same alias: Java sees that one only",
                format!("`truststore rename {name} NEW-ALIAS` makes it visible"),
            ),
            HiddenReason::Nested => (
                "it is nested where Java does not look",
                "export it and import it again if it is to be trusted".to_owned(),
            ),
            HiddenReason::NotSupported => (
                "Java skips entries of this kind",
                "export its certificate and import it again if it is to be trusted".to_owned(),
            ),
        };
        self.skip(entry, reason.to_owned(), remedy);
    }

    fn skip(&mut self, entry: &Entry, reason: String, remedy: String) {
        let alias = entry.name().to_owned();
        self.skipped.push(Skipped { alias, certificate: entry.certificate().cloned(), reason, remedy });
    }
}

/// By what pins are ordered.
fn key(der: &[u8]) -> (usize, &[u8]) {
    (der.len(), der)
}

/// Why a certificate may not act as a CA; `None` if it may.
fn why_not_a_ca(certificate: &Certificate) -> Option<String> {
    let view = match certificate.view() {
        Ok(view) => view,
        Err(error) => return Some(format!("it cannot be read ({error})")),
    };
    if view.may_issue() {
        return None;
    }
    let reason = match view.basic_constraints_ca() {
        Some(true) => "its key usage lacks keyCertSign",
        Some(false) => "its basic constraints say that it is no CA",
        None if view.version == 1 => "it is of version 1 and not self-issued",
        None => "it has no basic constraints",
    };
    Some(reason.to_owned())
}
