//! All of one certificate that a person wants to see.

use der::Decode;
use sha1::{Digest, Sha1};

use super::extension::{ExtensionDetails, ExtensionValue};
use super::fingerprint::Fingerprint;
use super::key::PublicKey;
use super::oid;
use super::plain;
use super::time::rfc3339;
use super::{Certificate, HashAlgorithm};
use crate::error::Result;

/// All of one certificate that a person wants to see; the JSON of `show`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Details {
    /// 1, 2 or 3.
    pub version: u8,
    /// The serial number, in hexadecimal digits with colons.
    pub serial: String,
    /// The subject, as [`Name`](crate::Name) writes it.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// Subject and issuer are the same.
    pub self_issued: bool,
    /// The first second of validity, RFC 3339, UTC.
    pub not_before: String,
    /// The last second of validity, RFC 3339, UTC.
    pub not_after: String,
    /// `not_before` in seconds since 1970-01-01 UTC.
    pub not_before_unix: i64,
    /// `not_after` in seconds since 1970-01-01 UTC.
    pub not_after_unix: i64,
    /// Its name, or its identifier.
    pub signature_algorithm: String,
    /// The digest that was signed, where the algorithm has one of its own.
    pub signature_hash: Option<HashAlgorithm>,
    /// The public key's algorithm and size.
    pub public_key: PublicKey,
    /// SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits with colons.
    pub public_key_sha256: String,
    /// May issue other certificates.
    pub may_issue: bool,
    /// Every extension, in the certificate's order.
    pub extensions: Vec<ExtensionDetails>,
    /// SHA-256 of the certificate, in hexadecimal digits with colons.
    pub sha256: String,
    /// SHA-1 of the certificate, for comparison with old tools only: it can be forged.
    pub sha1_for_comparison_only: String,
    /// Why a strict parser (x509-cert) refuses the certificate, if it does.
    pub strict_parse_error: Option<String>,
    /// Why the extensions could not be read to their end, if so.
    pub extensions_error: Option<String>,
}

/// Some ten are usual. Each costs far more memory than its octets in the file.
const MAX_EXTENSIONS: usize = 1_000;

impl Certificate {
    /// All of the certificate that a person wants to see.
    ///
    /// # Errors
    /// `Damaged` if the octets do not have the frame of a certificate.
    pub fn details(&self) -> Result<Details> {
        let view = self.view()?;
        let mut extensions = Vec::new();
        let mut extensions_error = None;
        for extension in view.extensions() {
            if extensions.len() == MAX_EXTENSIONS {
                extensions_error = Some(format!("there are more than {MAX_EXTENSIONS}"));
                break;
            }
            match extension {
                Ok(extension) => extensions.push(ExtensionDetails::of(&extension)),
                Err(e) => extensions_error = Some(e.to_string()),
            }
        }
        Ok(Details {
            version: view.version,
            serial: oid::colons(view.serial),
            subject: view.subject.to_string(),
            issuer: view.issuer.to_string(),
            self_issued: view.is_self_issued(),
            not_before: rfc3339(view.not_before),
            not_after: rfc3339(view.not_after),
            not_before_unix: view.not_before,
            not_after_unix: view.not_after,
            signature_algorithm: view.signature_algorithm_name(),
            signature_hash: view.signature_hash(),
            public_key: view.public_key(),
            public_key_sha256: Fingerprint::of(view.public_key_info).to_string(),
            may_issue: view.may_issue(),
            extensions,
            sha256: self.sha256().to_string(),
            sha1_for_comparison_only: oid::colons(&Sha1::digest(self.der())),
            strict_parse_error: self.strict_parse_error(),
            extensions_error,
        })
    }

    /// Why a strict parser (x509-cert) refuses the certificate; `None` if it accepts it.
    #[must_use]
    pub fn strict_parse_error(&self) -> Option<String> {
        if plain::is_plain(self.der()) {
            return None;
        }
        x509_cert::Certificate::from_der(self.der()).err().map(|e| e.to_string())
    }
}

impl Details {
    /// The subject alternative names, as `DNS:mail.example.com`.
    #[must_use]
    pub fn subject_alt_names(&self) -> &[String] {
        let names = self.extensions.iter().find_map(|extension| match &extension.value {
            ExtensionValue::SubjectAltName(names) if extension.oid == "2.5.29.17" => Some(names),
            _ => None,
        });
        names.map_or(&[], Vec::as_slice)
    }

    /// The host names and IP addresses among them, bare.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        let names = self.subject_alt_names().iter();
        names.filter_map(|name| name.strip_prefix("DNS:").or_else(|| name.strip_prefix("IP:")))
    }
}
