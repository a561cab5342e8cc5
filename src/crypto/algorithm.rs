//! Algorithm identifiers: read with our own reader, since salts exceed what others accept, and named
//! when they are not supported.
//!
//! ```text
//! AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }
//! ```

use crate::ber::{self, Element, Reader};
use crate::error::{Error, Result};

/// 1.2.840.113549.1.5: PKCS#5 (RFC 8018, appendix C).
pub(crate) const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
pub(crate) const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
/// 1.2.840.113549.1.5.14 (RFC 9579, appendix A).
pub(crate) const PBMAC1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0e];
/// 1.2.840.113549.1.12.1: `pbeWithSHAAnd…` by the last arc (RFC 7292, appendix C).
pub(crate) const PKCS12_PBE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];

/// The two fields of an AlgorithmIdentifier.
pub(crate) struct Algorithm<'a> {
    pub(crate) id: &'a [u8],
    parameters: Option<Element<'a>>,
}

impl<'a> Algorithm<'a> {
    /// Reads the next element of `fields`; `what` names it in the error.
    pub(crate) fn read(fields: &mut Reader<'a>, what: &str) -> Result<Self> {
        let mut inside = fields.expect(ber::SEQUENCE, what)?.children()?;
        let id = inside.expect(ber::OID, what)?.content;
        let parameters = inside.next()?;
        inside.finish(what)?;
        Ok(Self { id, parameters })
    }

    /// The parameters, which must be a SEQUENCE.
    pub(crate) fn fields(&self, what: &str) -> Result<Reader<'a>> {
        match &self.parameters {
            Some(element) if element.tag == ber::SEQUENCE => element.children(),
            Some(element) => Err(Error::damaged(format!(
                "{what}: expected parameters in a SEQUENCE, found an element with tag 0x{:02x}",
                element.tag
            ))
            .at_offset(element.offset)),
            None => Err(Error::damaged(format!("{what}: the parameters are missing"))),
        }
    }

    /// The parameters, which must be an OCTET STRING: an initialization vector.
    pub(crate) fn octets(&self, what: &str) -> Result<Vec<u8>> {
        match &self.parameters {
            Some(element) if element.tag & !ber::CONSTRUCTED == ber::OCTET_STRING => {
                Ok(element.octets(ber::OCTET_STRING)?.into_owned())
            }
            _ => Err(Error::damaged(format!("{what}: expected an OCTET STRING as parameter"))),
        }
    }

    /// The refusal of this algorithm: its name, and what could stand in its place.
    pub(crate) fn unsupported(&self, what: &str, expected: &str) -> Error {
        Error::unsupported(format!("{what} {} is not supported: expected {expected}", describe(self.id)))
    }
}

/// Reads a count of iterations, which is at least one.
pub(crate) fn iterations(fields: &mut Reader<'_>) -> Result<u64> {
    let element = fields.expect(ber::INTEGER, "iterations")?;
    match element.unsigned("iterations")? {
        0 => Err(Error::damaged("iterations: expected at least 1, found 0").at_offset(element.offset)),
        count => Ok(count),
    }
}

/// An object identifier in dotted form, behind its name where we know one.
pub(crate) fn describe(id: &[u8]) -> String {
    let Ok(dotted) = der::asn1::ObjectIdentifier::from_bytes(id).map(|id| id.to_string()) else {
        return "with an invalid object identifier".to_owned();
    };
    match NAMES.iter().find(|(known, _)| *known == dotted) {
        Some((_, name)) => format!("{name} ({dotted})"),
        None => dotted,
    }
}

/// What is met in the wild and not supported here, so that it can be called by its name.
const NAMES: [(&str, &str); 38] = [
    ("1.2.392.200011.61.1.1.1.2", "CAMELLIA-128-CBC"),
    ("1.2.392.200011.61.1.1.1.3", "CAMELLIA-192-CBC"),
    ("1.2.392.200011.61.1.1.1.4", "CAMELLIA-256-CBC"),
    ("1.2.643.7.1.1.2.2", "GOST R 34.11-2012 (256 bit)"),
    ("1.2.643.7.1.1.2.3", "GOST R 34.11-2012 (512 bit)"),
    ("1.2.643.7.1.1.4.1", "HMAC-GOSTR3411-2012-256"),
    ("1.2.643.7.1.1.4.2", "HMAC-GOSTR3411-2012-512"),
    ("1.2.840.113549.1.12.1.1", "pbeWithSHAAnd128BitRC4"),
    ("1.2.840.113549.1.12.1.2", "pbeWithSHAAnd40BitRC4"),
    ("1.2.840.113549.1.5.1", "pbeWithMD2AndDES-CBC"),
    ("1.2.840.113549.1.5.10", "pbeWithSHA1AndDES-CBC"),
    ("1.2.840.113549.1.5.11", "pbeWithSHA1AndRC2-CBC"),
    ("1.2.840.113549.1.5.3", "pbeWithMD5AndDES-CBC"),
    ("1.2.840.113549.1.5.4", "pbeWithMD2AndRC2-CBC"),
    ("1.2.840.113549.1.5.6", "pbeWithMD5AndRC2-CBC"),
    ("1.2.840.113549.1.7.1", "data"),
    ("1.2.840.113549.1.7.2", "signedData"),
    ("1.2.840.113549.1.7.3", "envelopedData"),
    ("1.2.840.113549.1.7.4", "signedAndEnvelopedData"),
    ("1.2.840.113549.1.7.5", "digestedData"),
    ("1.2.840.113549.1.7.6", "encryptedData"),
    ("1.2.840.113549.2.5", "MD5"),
    ("1.2.840.113549.2.6", "HMAC-MD5"),
    ("1.2.840.113549.3.2", "RC2-CBC"),
    ("1.2.840.113549.3.4", "RC4"),
    ("1.2.840.113549.3.9", "RC5-CBC-PAD"),
    ("1.3.14.3.2.7", "DES-CBC"),
    ("1.3.6.1.4.1.11591.4.11", "scrypt"),
    ("1.3.6.1.4.1.1722.12.2.1.16", "BLAKE2b-512"),
    ("1.3.6.1.4.1.1722.12.2.2.8", "BLAKE2s-256"),
    ("1.2.156.10197.1.104.2", "SM4-CBC"),
    ("1.2.156.10197.1.401", "SM3"),
    ("2.16.840.1.101.3.4.1.26", "AES-192-GCM"),
    ("2.16.840.1.101.3.4.1.46", "AES-256-GCM"),
    ("2.16.840.1.101.3.4.1.6", "AES-128-GCM"),
    ("2.16.840.1.101.3.4.2.10", "SHA3-512"),
    ("2.16.840.1.101.3.4.2.8", "SHA3-256"),
    ("2.16.840.1.101.3.4.2.9", "SHA3-384"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_supported_is_called_by_its_name() {
        assert_eq!(
            describe(&[0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b]),
            "scrypt (1.3.6.1.4.1.11591.4.11)"
        );
        assert_eq!(describe(&[0x2a, 0x03, 0x04]), "1.2.3.4");
        assert_eq!(describe(&[]), "with an invalid object identifier");
    }

    #[test]
    fn parameters_are_of_the_type_that_is_expected() {
        let id = ber::der(ber::OID, &[PBES2]);
        let of = |parameters: &[u8]| ber::der(ber::SEQUENCE, &[&id, parameters]);
        for (tag, sequence, octets) in [
            (ber::SEQUENCE, true, false),
            (0x31, false, false),
            (ber::OCTET_STRING, false, true),
            (2, false, false),
        ] {
            let der = of(&ber::der(tag, &[]));
            let algorithm = Algorithm::read(&mut Reader::new(&der, 8), "cipher").unwrap();
            assert_eq!(algorithm.fields("cipher").is_ok(), sequence, "{tag}");
            assert_eq!(algorithm.octets("cipher").is_ok(), octets, "{tag}");
        }
    }
}
