//! The fields of a certificate, as ranges of its DER.
//!
//! Only the frame is read here, leniently: a certificate that a strict parser refuses can still be
//! listed by its subject and its dates.

use super::name::Name;
use super::time;
use crate::ber::{self, Element, Reader};
use crate::error::{Error, Result};

/// Nothing in a certificate's frame is nested deeper than this.
pub(super) const MAX_DEPTH: u8 = 24;

/// The fields of a certificate (RFC 5280, section 4.1), as ranges of its DER.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct View<'a> {
    /// 1, 2 or 3.
    pub version: u8,
    /// The contents octets of the serial number, big endian two's complement.
    pub serial: &'a [u8],
    /// The issuer's distinguished name.
    pub issuer: Name<'a>,
    /// The subject's distinguished name.
    pub subject: Name<'a>,
    /// Seconds since 1970-01-01 UTC.
    pub not_before: i64,
    /// Seconds since 1970-01-01 UTC.
    pub not_after: i64,
    /// The `SubjectPublicKeyInfo` element.
    pub public_key_info: &'a [u8],
    /// The `TBSCertificate` element: what is signed.
    pub tbs: &'a [u8],
    /// The `AlgorithmIdentifier` element of the signature.
    pub signature_algorithm: &'a [u8],
    /// The signature's octets.
    pub signature: &'a [u8],
    extensions: Option<Element<'a>>,
}

/// One extension of a certificate (RFC 5280, section 4.2).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Extension<'a> {
    /// The contents octets of the extension's object identifier.
    pub id: &'a [u8],
    /// Whether who does not know the extension must refuse the certificate.
    pub critical: bool,
    /// The DER of the extension's value.
    pub value: &'a [u8],
}

/// id-ce-subjectAltName, 2.5.29.17.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// id-ce-basicConstraints, 2.5.29.19.
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// id-ce-authorityKeyIdentifier, 2.5.29.35.
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];
/// id-ce-subjectKeyIdentifier, 2.5.29.14.
const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
/// id-ce-keyUsage, 2.5.29.15.
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];

impl<'a> View<'a> {
    /// Reads the frame of a certificate.
    ///
    /// # Errors
    /// `Damaged` if the octets do not have the frame of a certificate.
    pub fn parse(der: &'a [u8]) -> Result<Self> {
        let mut outer = Reader::new(der, MAX_DEPTH);
        let mut certificate = outer.expect(ber::SEQUENCE, "Certificate")?.children()?;
        outer.finish("Certificate")?;
        let tbs = certificate.expect(ber::SEQUENCE, "TBSCertificate")?;
        let signature_algorithm = certificate.expect(ber::SEQUENCE, "signatureAlgorithm")?.raw;
        let signature = certificate.expect(ber::BIT_STRING, "signatureValue")?.content;

        let mut fields = tbs.children()?;
        let version = match fields.optional(ber::CONTEXT_0)? {
            Some(explicit) => explicit.children()?.expect(ber::INTEGER, "version")?.unsigned("version")?,
            None => 0,
        };
        let serial = fields.expect(ber::INTEGER, "serialNumber")?.content;
        fields.expect(ber::SEQUENCE, "signature")?;
        let issuer = Name::new(fields.expect(ber::SEQUENCE, "issuer")?);
        let mut validity = fields.expect(ber::SEQUENCE, "validity")?.children()?;
        let not_before = time(&mut validity, "notBefore")?;
        let not_after = time(&mut validity, "notAfter")?;
        let subject = Name::new(fields.expect(ber::SEQUENCE, "subject")?);
        let public_key_info = fields.expect(ber::SEQUENCE, "subjectPublicKeyInfo")?.raw;
        let mut extensions = None;
        while let Some(field) = fields.next()? {
            // [3] EXPLICIT Extensions; [1] and [2] are unique identifiers.
            if field.tag == 0xa3 {
                extensions = Some(field.children()?.expect(ber::SEQUENCE, "extensions")?);
            }
        }
        Ok(Self {
            version: u8::try_from(version).unwrap_or(u8::MAX).saturating_add(1),
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key_info,
            tbs: tbs.raw,
            signature_algorithm,
            signature: signature.get(1..).unwrap_or_default(),
            extensions,
        })
    }

    /// The extensions in their order; stops with an error at one that has no frame.
    pub fn extensions(&self) -> impl Iterator<Item = Result<Extension<'a>>> + use<'a> {
        let mut reader = self.extensions.map(|element| element.children());
        std::iter::from_fn(move || {
            let next = match reader.as_mut()? {
                Ok(reader) => reader.next().and_then(|element| element.map(Extension::read).transpose()),
                Err(_) => Err(Error::damaged("extensions: nested too deep")),
            };
            if next.is_err() {
                reader = None;
            }
            next.transpose()
        })
    }

    /// The extension with this identifier, if it is there and readable.
    #[must_use]
    pub fn extension(&self, id: &[u8]) -> Option<Extension<'a>> {
        self.extensions().map_while(Result::ok).find(|extension| extension.id == id)
    }

    /// `cA` of the basic constraints (RFC 5280, section 4.2.1.9); `None` without the extension.
    #[must_use]
    pub fn basic_constraints_ca(&self) -> Option<bool> {
        let extension = self.extension(BASIC_CONSTRAINTS)?;
        let mut fields = Reader::new(extension.value, 4).next().ok()??.children().ok()?;
        let ca = fields.optional(ber::BOOLEAN).ok()?;
        Some(ca.is_some_and(|ca| ca.content != [0]))
    }

    /// `keyCertSign` of the key usage (RFC 5280, section 4.2.1.3); `None` without the extension.
    #[must_use]
    pub fn key_cert_sign(&self) -> Option<bool> {
        let extension = self.extension(KEY_USAGE)?;
        let bits = Reader::new(extension.value, 2).expect(ber::BIT_STRING, "keyUsage").ok()?;
        // The first octet counts the unused bits; keyCertSign is bit 5, counted from the left.
        Some(bits.content.get(1).is_some_and(|octet| octet & 0x04 != 0))
    }

    /// Whether there is a host name or an IP address among the alternative names of the subject (RFC 5280, section
    /// 4.2.1.6), or may be, since they cannot be read.
    pub(crate) fn may_name_hosts(&self) -> bool {
        // [2] dNSName and [7] iPAddress, both IMPLICIT of a primitive type.
        const HOSTS: [u8; 2] = [0x82, 0x87];
        let Some(extension) = self.extension(SUBJECT_ALT_NAME) else { return false };
        let names = Reader::new(extension.value, 4).expect(ber::SEQUENCE, "subjectAltName");
        let Ok(mut names) = names.and_then(|names| names.children()) else { return true };
        std::iter::from_fn(|| names.next().transpose())
            .any(|name| name.map_or(true, |name| HOSTS.contains(&name.tag)))
    }

    /// The identifier of the subject's key (RFC 5280, section 4.2.1.2).
    #[must_use]
    pub fn subject_key_id(&self) -> Option<&'a [u8]> {
        let extension = self.extension(SUBJECT_KEY_IDENTIFIER)?;
        Some(Reader::new(extension.value, 2).expect(ber::OCTET_STRING, "subjectKeyIdentifier").ok()?.content)
    }

    /// The identifier of the key that signed the certificate (RFC 5280, section 4.2.1.1).
    #[must_use]
    pub fn authority_key_id(&self) -> Option<&'a [u8]> {
        let extension = self.extension(AUTHORITY_KEY_IDENTIFIER)?;
        let mut fields = Reader::new(extension.value, 8).next().ok()??.children().ok()?;
        // [0] IMPLICIT KeyIdentifier.
        Some(fields.optional(0x80).ok()??.content)
    }

    /// True if the key identifiers say that another key than its own signed the certificate.
    #[must_use]
    pub fn names_another_key(&self) -> bool {
        matches!((self.authority_key_id(), self.subject_key_id()), (Some(named), Some(own)) if named != own)
    }

    /// True if subject and issuer are the same octets.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject.raw() == self.issuer.raw()
    }

    /// Whether the certificate may issue others: CA:TRUE and, where a key usage is given,
    /// keyCertSign; of version 1, which has no extensions, a self-issued one.
    #[must_use]
    pub fn may_issue(&self) -> bool {
        let ca = match self.basic_constraints_ca() {
            Some(ca) => ca,
            None => self.version == 1 && self.is_self_issued(),
        };
        ca && self.key_cert_sign() != Some(false)
    }
}

impl<'a> Extension<'a> {
    fn read(element: Element<'a>) -> Result<Self> {
        let mut fields = element.children()?;
        let id = fields.expect(ber::OID, "extension")?.content;
        let critical = fields.optional(ber::BOOLEAN)?.is_some_and(|critical| critical.content != [0]);
        let value = fields.expect(ber::OCTET_STRING, "extension")?.content;
        Ok(Self { id, critical, value })
    }
}

fn time(fields: &mut Reader<'_>, what: &str) -> Result<i64> {
    let element = fields.next()?.ok_or_else(|| Error::damaged(format!("{what}: missing")))?;
    time::parse(element.tag, element.content)
        .ok_or_else(|| Error::damaged(format!("{what}: not a time")).at_offset(element.offset))
}
