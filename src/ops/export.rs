//! Certificates taken out of a store.

use std::fmt::Write as _;

use pem_rfc7468::LineEnding;

use crate::ber;
use crate::cert::Certificate;
use crate::error::{Error, ErrorKind, Result};
use crate::store::Entry;
use crate::text;

/// The encoding of exported certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// The DER of one certificate.
    Der,
    /// PEM (RFC 7468), one after the other.
    Pem,
    /// PEM with the alias, subject, expiry and fingerprint above each certificate.
    PemBundle,
    /// PKCS#7 `SignedData` without signers (RFC 2315, section 9.1), in PEM.
    Pkcs7,
    /// PKCS#7 `SignedData` without signers, in DER, as Windows reads `.p7b`.
    Pkcs7Der,
}

/// Encodes the certificates of entries; of a private key, its own.
///
/// # Errors
/// `NoCertificate` for an entry without one, or none at all; `Refused` for DER of several.
pub fn export<'a>(entries: impl IntoIterator<Item = &'a Entry>, format: ExportFormat) -> Result<Vec<u8>> {
    let mut certificates = Vec::new();
    for entry in entries {
        let certificate = entry.certificate().ok_or_else(|| {
            Error::new(
                ErrorKind::NoCertificate,
                format!("a {} entry has no certificate", entry.kind().code()),
            )
            .at_entry(entry.name())
        })?;
        certificates.push((entry, certificate.der()));
    }
    let ders = || certificates.iter().map(|(_, der)| *der);
    match (format, certificates.as_slice()) {
        (_, []) => Err(Error::new(ErrorKind::NoCertificate, "there is no certificate to export")),
        (ExportFormat::Der, [(_, der)]) => Ok(der.to_vec()),
        (ExportFormat::Der, several) => Err(Error::new(
            ErrorKind::Refused,
            format!(
                "DER holds one certificate, {} are to be exported; name one, or use PEM or PKCS#7",
                several.len()
            ),
        )),
        (ExportFormat::Pem | ExportFormat::PemBundle, several) => {
            let mut out = String::new();
            for (number, (entry, der)) in several.iter().enumerate() {
                if format == ExportFormat::PemBundle {
                    if number > 0 {
                        out.push('\n');
                    }
                    comment(&mut out, entry);
                }
                out.push_str(&pem("CERTIFICATE", der)?);
            }
            Ok(out.into_bytes())
        }
        (ExportFormat::Pkcs7, _) => Ok(pem("PKCS7", &pkcs7(ders()))?.into_bytes()),
        (ExportFormat::Pkcs7Der, _) => Ok(pkcs7(ders())),
    }
}

/// What stands above a certificate in a bundle. Readers skip it; a name cannot break out of its line.
fn comment(out: &mut String, entry: &Entry) {
    let line = |out: &mut String, label: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# {label}: {}", text::printable(value));
    };
    line(out, "Alias", entry.name());
    let Some(certificate) = entry.certificate() else { return };
    if let Ok(view) = certificate.view() {
        line(out, "Subject", &view.subject.to_string());
        line(out, "Expires", &crate::cert::rfc3339(view.not_after));
    }
    line(out, "SHA-256", &certificate.sha256().to_string());
}

/// PEM (RFC 7468) of certificates, one after the other.
///
/// # Errors
/// `Refused` if one is too long for that.
pub fn to_pem<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Result<String> {
    certificates.into_iter().map(|certificate| pem("CERTIFICATE", certificate.der())).collect()
}

fn pem(label: &str, der: &[u8]) -> Result<String> {
    pem_rfc7468::encode_string(label, LineEnding::LF, der)
        .map_err(|e| Error::new(ErrorKind::Refused, format!("cannot be written as PEM: {e}")))
}

/// `ContentInfo { signedData, SignedData { 1, {}, { data }, [0] certificates, {} } }`.
fn pkcs7<'a>(certificates: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    /// 1.2.840.113549.1.7.2 signedData.
    const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    /// 1.2.840.113549.1.7.1 data.
    const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
    let certificates: Vec<&[u8]> = certificates.collect();
    let empty = ber::der(ber::SET, &[]);
    let content = ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[DATA])]);
    let signed_data = ber::der(
        ber::SEQUENCE,
        &[&ber::der_unsigned(1), &empty, &content, &ber::der(ber::CONTEXT_0, &certificates), &empty],
    );
    ber::der(
        ber::SEQUENCE,
        &[&ber::der(ber::OID, &[SIGNED_DATA]), &ber::der(ber::CONTEXT_0, &[&signed_data])],
    )
}
