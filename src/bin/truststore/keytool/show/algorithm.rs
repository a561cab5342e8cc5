//! Signature algorithms and public keys by the names that the JDK gives them.

use truststore::View;

use super::tlv::{Element, SEQUENCE};

/// The standard name of a certificate's signature algorithm, or its identifier.
pub(crate) fn signature(view: &View<'_>) -> String {
    let fields = Element::only(view.signature_algorithm, SEQUENCE).and_then(|element| element.children());
    let Some(oid) = fields.and_then(|fields| fields.first()?.oid()) else { return "unknown".to_owned() };
    SIGNATURES.iter().find(|row| row.0 == oid).map_or(oid, |row| row.1.to_owned())
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// `RSA`, `EC`, `DSA`, `Ed25519`, or an identifier.
    pub(crate) family: String,
    pub(crate) bits: Option<u32>,
    /// `RSA`, `EC (secp256r1)`.
    name: String,
}

impl Key {
    /// `2048-bit RSA key`.
    pub(crate) fn description(&self) -> String {
        match self.bits {
            Some(bits) => format!("{bits}-bit {} key", self.name),
            None => format!("{} key of unknown size", self.name),
        }
    }

    fn new(family: &str, bits: Option<u32>) -> Self {
        Self { family: family.to_owned(), bits, name: family.to_owned() }
    }
}

/// The public key of a certificate.
pub(crate) fn key(view: &View<'_>) -> Key {
    let fields = Element::only(view.public_key_info, SEQUENCE).and_then(|info| info.children());
    let algorithm = fields.and_then(|fields| fields.first()?.children());
    let Some(algorithm) = algorithm else { return Key::new("unknown", None) };
    let oid = algorithm.first().and_then(Element::oid).unwrap_or_default();
    let bits = view.public_key().bits;
    match oid.as_str() {
        "1.2.840.113549.1.1.1" => Key::new("RSA", bits),
        "1.2.840.113549.1.1.10" => Key::new("RSASSA-PSS", bits),
        "1.2.840.10040.4.1" => Key::new("DSA", bits),
        "1.2.840.10045.2.1" => {
            let curve = algorithm.get(1).and_then(Element::oid).unwrap_or_default();
            match CURVES.iter().find(|row| row.0 == curve) {
                Some((_, name, bits)) => {
                    Key { family: "EC".to_owned(), bits: Some(*bits), name: format!("EC ({name})") }
                }
                None => Key::new("EC", bits),
            }
        }
        "1.3.101.110" => Key::new("X25519", Some(255)),
        "1.3.101.111" => Key::new("X448", Some(448)),
        "1.3.101.112" => Key::new("Ed25519", Some(255)),
        "1.3.101.113" => Key::new("Ed448", Some(448)),
        other => Key::new(other, None),
    }
}

/// JDK `sun.security.util.KnownOIDs`.
const SIGNATURES: [(&str, &str); 34] = [
    ("1.2.840.113549.1.1.2", "MD2withRSA"),
    ("1.2.840.113549.1.1.4", "MD5withRSA"),
    ("1.2.840.113549.1.1.5", "SHA1withRSA"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "SHA256withRSA"),
    ("1.2.840.113549.1.1.12", "SHA384withRSA"),
    ("1.2.840.113549.1.1.13", "SHA512withRSA"),
    ("1.2.840.113549.1.1.14", "SHA224withRSA"),
    ("1.2.840.113549.1.1.15", "SHA512/224withRSA"),
    ("1.2.840.113549.1.1.16", "SHA512/256withRSA"),
    ("1.3.14.3.2.29", "SHA1withRSA"),
    ("1.2.840.10045.4.1", "SHA1withECDSA"),
    ("1.2.840.10045.4.3.1", "SHA224withECDSA"),
    ("1.2.840.10045.4.3.2", "SHA256withECDSA"),
    ("1.2.840.10045.4.3.3", "SHA384withECDSA"),
    ("1.2.840.10045.4.3.4", "SHA512withECDSA"),
    ("1.2.840.10040.4.3", "SHA1withDSA"),
    ("1.3.14.3.2.27", "SHA1withDSA"),
    ("2.16.840.1.101.3.4.3.1", "SHA224withDSA"),
    ("2.16.840.1.101.3.4.3.2", "SHA256withDSA"),
    ("2.16.840.1.101.3.4.3.3", "SHA384withDSA"),
    ("2.16.840.1.101.3.4.3.4", "SHA512withDSA"),
    ("2.16.840.1.101.3.4.3.5", "SHA3-224withDSA"),
    ("2.16.840.1.101.3.4.3.6", "SHA3-256withDSA"),
    ("2.16.840.1.101.3.4.3.9", "SHA3-224withECDSA"),
    ("2.16.840.1.101.3.4.3.10", "SHA3-256withECDSA"),
    ("2.16.840.1.101.3.4.3.11", "SHA3-384withECDSA"),
    ("2.16.840.1.101.3.4.3.12", "SHA3-512withECDSA"),
    ("2.16.840.1.101.3.4.3.13", "SHA3-224withRSA"),
    ("2.16.840.1.101.3.4.3.14", "SHA3-256withRSA"),
    ("2.16.840.1.101.3.4.3.15", "SHA3-384withRSA"),
    ("2.16.840.1.101.3.4.3.16", "SHA3-512withRSA"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
];

/// Curves with the size of their order, which the JDK shows (JDK `sun.security.util.CurveDB`).
const CURVES: [(&str, &str, u32); 21] = [
    ("1.2.840.10045.3.1.1", "secp192r1", 192),
    ("1.2.840.10045.3.1.7", "secp256r1", 256),
    ("1.3.132.0.1", "sect163k1", 163),
    ("1.3.132.0.8", "secp160r1", 161),
    ("1.3.132.0.9", "secp160k1", 161),
    ("1.3.132.0.10", "secp256k1", 256),
    ("1.3.132.0.16", "sect283k1", 281),
    ("1.3.132.0.17", "sect283r1", 282),
    ("1.3.132.0.26", "sect233k1", 232),
    ("1.3.132.0.27", "sect233r1", 233),
    ("1.3.132.0.31", "secp192k1", 192),
    ("1.3.132.0.32", "secp224k1", 225),
    ("1.3.132.0.33", "secp224r1", 224),
    ("1.3.132.0.34", "secp384r1", 384),
    ("1.3.132.0.35", "secp521r1", 521),
    ("1.3.132.0.36", "sect409k1", 407),
    ("1.3.132.0.37", "sect409r1", 409),
    ("1.3.36.3.3.2.8.1.1.5", "brainpoolP224r1", 224),
    ("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 256),
    ("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 384),
    ("1.3.36.3.3.2.8.1.1.13", "brainpoolP512r1", 512),
];
