//! The extensions of a certificate: their order, their frame, and those that are not understood.

use truststore::{Extension, View};

use super::tlv::dotted;
use super::{constraints, hex, points, policies, usage};

/// What an extension says: its lines, or why the JDK does not read it.
pub(super) type Said = Result<String, &'static str>;

type Show = fn(&[u8], bool) -> Said;

/// Every extension as text. The JDK sorts those that it knows by name, and those that it does not know by
/// identifier before them; those that it cannot read come last.
pub(super) fn all(view: &View<'_>) -> Vec<String> {
    let mut known: Vec<(String, String)> = Vec::new();
    let mut unreadable: Vec<(String, String)> = Vec::new();
    for extension in view.extensions().map_while(Result::ok) {
        let oid = dotted(extension.id).unwrap_or_else(|| "unknown".to_owned());
        let head = format!("ObjectId: {oid} Criticality={}\n", extension.critical);
        let Some((_, name, show)) = KNOWN.iter().find(|row| row.0 == oid) else {
            known.push((oid, format!("{head}{}", unknown(&extension))));
            continue;
        };
        match show(extension.value, extension.critical) {
            Ok(text) => known.push(((*name).to_owned(), format!("{head}{text}"))),
            Err(why) => {
                let dump = hex::dump(extension.value);
                let text = format!("{head}Unparseable {name} extension due to\n{why}\n\n{dump}");
                unreadable.push((oid, text));
            }
        }
    }
    known.sort_by(|a, b| a.0.cmp(&b.0));
    unreadable.sort_by(|a, b| a.0.cmp(&b.0));
    known.into_iter().chain(unreadable).map(|(_, text)| text).collect()
}

fn unknown(extension: &Extension<'_>) -> String {
    match extension.value {
        [] => "(Empty value)\n".to_owned(),
        value => format!("{}\n", hex::dump(value)),
    }
}

/// The JDK's names for the extensions that it knows, by which it sorts them.
const KNOWN: [(&str, &str, Show); 20] = [
    ("1.3.6.1.5.5.7.1.1", "AuthorityInfoAccess", points::authority_info_access),
    ("1.3.6.1.5.5.7.1.11", "SubjectInfoAccess", points::subject_info_access),
    ("1.3.6.1.5.5.7.48.1.5", "OCSPNoCheck", |_, _| Ok(String::new())),
    ("2.16.840.1.113730.1.1", "NetscapeCertType", usage::netscape_type),
    ("2.5.29.14", "SubjectKeyIdentifier", constraints::subject_key_identifier),
    ("2.5.29.15", "KeyUsage", usage::key_usage),
    ("2.5.29.16", "PrivateKeyUsage", usage::private_key_usage),
    ("2.5.29.17", "SubjectAlternativeName", points::subject_alternative_name),
    ("2.5.29.18", "IssuerAlternativeName", points::issuer_alternative_name),
    ("2.5.29.19", "BasicConstraints", constraints::basic_constraints),
    ("2.5.29.28", "IssuingDistributionPoint", points::issuing_distribution_point),
    ("2.5.29.30", "NameConstraints", constraints::name_constraints),
    ("2.5.29.31", "CRLDistributionPoints", points::crl_distribution_points),
    ("2.5.29.32", "CertificatePolicies", policies::certificate_policies),
    ("2.5.29.33", "PolicyMappings", policies::policy_mappings),
    ("2.5.29.35", "AuthorityKeyIdentifier", constraints::authority_key_identifier),
    ("2.5.29.36", "PolicyConstraints", policies::policy_constraints),
    ("2.5.29.37", "ExtendedKeyUsage", usage::extended_key_usage),
    ("2.5.29.46", "FreshestCRL", points::freshest_crl),
    ("2.5.29.54", "InhibitAnyPolicy", policies::inhibit_any_policy),
];
