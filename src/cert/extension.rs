//! Extension values as a person reads them, decoded by x509-cert.

use der::Decode;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies,
    CrlDistributionPoints, ExtendedKeyUsage, KeyUsage, NameConstraints, SubjectAltName, SubjectKeyIdentifier,
    constraints::name::GeneralSubtree,
};

use super::general_name;
use super::oid;
use super::view::Extension;

/// One extension, for a person and for JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ExtensionDetails {
    /// The identifier, dotted.
    pub oid: String,
    /// The name that RFC 5280 gives it, if it has one.
    pub name: Option<&'static str>,
    /// Whether who does not know the extension must refuse the certificate.
    pub critical: bool,
    /// What it says.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub value: ExtensionValue,
}

/// What an extension says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(tag = "type", content = "value", rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum ExtensionValue {
    /// `method: location` for each (RFC 5280, section 4.2.2.1).
    AuthorityInfoAccess(Vec<String>),
    /// The key identifier, in hexadecimal digits with colons (RFC 5280, section 4.2.1.1).
    AuthorityKeyIdentifier(Option<String>),
    /// RFC 5280, section 4.2.1.9.
    BasicConstraints {
        /// The certificate may issue others.
        ca: bool,
        /// How many CAs may follow below.
        path_length: Option<u8>,
    },
    /// Policy identifiers (RFC 5280, section 4.2.1.4).
    CertificatePolicies(Vec<String>),
    /// Where revocation lists are (RFC 5280, section 4.2.1.13).
    CrlDistributionPoints(Vec<String>),
    /// Purposes (RFC 5280, section 4.2.1.12).
    ExtendedKeyUsage(Vec<String>),
    /// Purposes (RFC 5280, section 4.2.1.3).
    KeyUsage(Vec<&'static str>),
    /// Names below which the CA may and may not issue (RFC 5280, section 4.2.1.10).
    NameConstraints {
        /// If not empty, only these.
        permitted: Vec<String>,
        /// Not these.
        excluded: Vec<String>,
    },
    /// An extension without a meaning here, or one whose value x509-cert refuses.
    Other {
        /// The value in hexadecimal digits.
        hex: String,
        /// The parser's complaint about a value that should have been read.
        error: Option<String>,
    },
    /// `DNS:mail.example.com`, `IP:192.0.2.1` (RFC 5280, section 4.2.1.6).
    SubjectAltName(Vec<String>),
    /// In hexadecimal digits with colons (RFC 5280, section 4.2.1.2).
    SubjectKeyIdentifier(String),
}

/// Ten thousand host names have room in it; names of one letter each would cost fifty times as much memory.
const MAX_DECODED: usize = 256 * 1_024;

type Decoder = fn(&[u8]) -> der::Result<ExtensionValue>;

impl ExtensionDetails {
    pub(super) fn of(extension: &Extension<'_>) -> Self {
        let oid = oid::dotted(extension.id);
        let row = KNOWN.iter().find(|row| row.0 == oid);
        let other = |error| ExtensionValue::Other { hex: oid::hex(extension.value), error };
        let value = match row.and_then(|row| row.2) {
            Some(_) if extension.value.len() > MAX_DECODED => {
                other(Some(format!("it has more than {MAX_DECODED} bytes")))
            }
            Some(decode) => {
                decode(extension.value).unwrap_or_else(|e: der::Error| other(Some(e.to_string())))
            }
            None => other(None),
        };
        Self { oid, name: row.map(|row| row.1), critical: extension.critical, value }
    }
}

/// Extensions with a name (RFC 5280, RFC 6962, RFC 6960, Microsoft), and how those with a meaning here are read.
const KNOWN: [(&str, &str, Option<Decoder>); 22] = [
    ("1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList", None),
    ("1.3.6.1.4.1.11129.2.4.3", "ctPoison", None),
    ("1.3.6.1.4.1.311.20.2", "microsoftCertificateTemplateName", None),
    ("1.3.6.1.4.1.311.21.1", "microsoftCaVersion", None),
    ("1.3.6.1.4.1.311.21.2", "microsoftPreviousCaCertificateHash", None),
    ("1.3.6.1.4.1.311.21.7", "microsoftCertificateTemplate", None),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess", Some(authority_info_access)),
    ("1.3.6.1.5.5.7.1.24", "tlsFeature", None),
    ("2.5.29.14", "subjectKeyIdentifier", Some(subject_key_identifier)),
    ("2.5.29.15", "keyUsage", Some(key_usage)),
    ("2.5.29.16", "privateKeyUsagePeriod", None),
    ("2.5.29.17", "subjectAltName", Some(subject_alt_name)),
    ("2.5.29.18", "issuerAltName", Some(subject_alt_name)),
    ("2.5.29.19", "basicConstraints", Some(basic_constraints)),
    ("2.5.29.30", "nameConstraints", Some(name_constraints)),
    ("2.5.29.31", "cRLDistributionPoints", Some(crl_distribution_points)),
    ("2.5.29.32", "certificatePolicies", Some(certificate_policies)),
    ("2.5.29.33", "policyMappings", None),
    ("2.5.29.35", "authorityKeyIdentifier", Some(authority_key_identifier)),
    ("2.5.29.36", "policyConstraints", None),
    ("2.5.29.37", "extKeyUsage", Some(extended_key_usage)),
    ("2.16.840.1.113730.1.1", "netscapeCertType", None),
];

fn authority_info_access(value: &[u8]) -> der::Result<ExtensionValue> {
    let descriptions = AuthorityInfoAccessSyntax::from_der(value)?.0;
    let text = descriptions.iter().map(|description| {
        let method = description.access_method.to_string();
        let method = match method.as_str() {
            "1.3.6.1.5.5.7.48.1" => "OCSP",
            "1.3.6.1.5.5.7.48.2" => "CA issuers",
            other => other,
        };
        format!("{method}: {}", general_name::text(&description.access_location))
    });
    Ok(ExtensionValue::AuthorityInfoAccess(text.collect()))
}

fn authority_key_identifier(value: &[u8]) -> der::Result<ExtensionValue> {
    let identifier = AuthorityKeyIdentifier::from_der(value)?.key_identifier;
    Ok(ExtensionValue::AuthorityKeyIdentifier(identifier.map(|octets| oid::colons(octets.as_bytes()))))
}

fn basic_constraints(value: &[u8]) -> der::Result<ExtensionValue> {
    let found = BasicConstraints::from_der(value)?;
    Ok(ExtensionValue::BasicConstraints { ca: found.ca, path_length: found.path_len_constraint })
}

fn certificate_policies(value: &[u8]) -> der::Result<ExtensionValue> {
    let policies = CertificatePolicies::from_der(value)?.0;
    let text = policies.iter().map(|policy| match policy.policy_identifier.to_string().as_str() {
        "2.5.29.32.0" => "any policy".to_owned(),
        other => other.to_owned(),
    });
    Ok(ExtensionValue::CertificatePolicies(text.collect()))
}

fn crl_distribution_points(value: &[u8]) -> der::Result<ExtensionValue> {
    let mut text = Vec::new();
    for point in CrlDistributionPoints::from_der(value)?.0 {
        match point.distribution_point {
            Some(DistributionPointName::FullName(names)) => text.extend(names.iter().map(general_name::text)),
            Some(DistributionPointName::NameRelativeToCRLIssuer(name)) => {
                text.push(format!("relative to the issuer: {name}"));
            }
            None => {
                let issuers = point.crl_issuer.unwrap_or_default();
                text.extend(issuers.iter().map(|name| format!("issued by {}", general_name::text(name))));
            }
        }
    }
    Ok(ExtensionValue::CrlDistributionPoints(text))
}

fn extended_key_usage(value: &[u8]) -> der::Result<ExtensionValue> {
    let purposes = ExtendedKeyUsage::from_der(value)?.0;
    let text = purposes.iter().map(|purpose| {
        let dotted = purpose.to_string();
        let known = match dotted.as_str() {
            "1.3.6.1.5.5.7.3.1" => "serverAuth",
            "1.3.6.1.5.5.7.3.2" => "clientAuth",
            "1.3.6.1.5.5.7.3.3" => "codeSigning",
            "1.3.6.1.5.5.7.3.4" => "emailProtection",
            "1.3.6.1.5.5.7.3.8" => "timeStamping",
            "1.3.6.1.5.5.7.3.9" => "OCSPSigning",
            "1.3.6.1.4.1.311.10.3.3" => "microsoftServerGatedCrypto",
            "1.3.6.1.4.1.311.20.2.2" => "microsoftSmartcardLogon",
            "2.16.840.1.113730.4.1" => "netscapeServerGatedCrypto",
            "2.5.29.37.0" => "anyExtendedKeyUsage",
            _ => return dotted,
        };
        known.to_owned()
    });
    Ok(ExtensionValue::ExtendedKeyUsage(text.collect()))
}

fn key_usage(value: &[u8]) -> der::Result<ExtensionValue> {
    let usage = KeyUsage::from_der(value)?;
    let named = [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ];
    Ok(ExtensionValue::KeyUsage(named.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect()))
}

fn name_constraints(value: &[u8]) -> der::Result<ExtensionValue> {
    let found = NameConstraints::from_der(value)?;
    let text = |subtrees: Option<Vec<GeneralSubtree>>| {
        subtrees.unwrap_or_default().iter().map(|subtree| general_name::subtree(&subtree.base)).collect()
    };
    Ok(ExtensionValue::NameConstraints {
        permitted: text(found.permitted_subtrees),
        excluded: text(found.excluded_subtrees),
    })
}

fn subject_alt_name(value: &[u8]) -> der::Result<ExtensionValue> {
    let names: Vec<GeneralName> = SubjectAltName::from_der(value)?.0;
    Ok(ExtensionValue::SubjectAltName(names.iter().map(general_name::text).collect()))
}

fn subject_key_identifier(value: &[u8]) -> der::Result<ExtensionValue> {
    let identifier = SubjectKeyIdentifier::from_der(value)?.0;
    Ok(ExtensionValue::SubjectKeyIdentifier(oid::colons(identifier.as_bytes())))
}
