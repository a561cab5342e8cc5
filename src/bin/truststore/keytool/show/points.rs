//! Other names, and where to find more: revocation lists, services, issuers.

use super::extension::Said;
use super::general_name::{general_name, general_names, of_extension};
use super::name;
use super::tlv::{Element, SEQUENCE};

pub(super) fn subject_alternative_name(value: &[u8], _: bool) -> Said {
    alternative_name("SubjectAlternativeName", value)
}

pub(super) fn issuer_alternative_name(value: &[u8], _: bool) -> Said {
    alternative_name("IssuerAlternativeName", value)
}

fn alternative_name(title: &str, value: &[u8]) -> Said {
    if value == [SEQUENCE, 0] {
        return Err("java.io.IOException: No data available in passed DER encoded value.");
    }
    let names = of_extension(value).ok_or("java.io.IOException: Invalid encoding for GeneralNames.")?;
    let lines: String = names.iter().map(|name| format!("  {name}\n")).collect();
    Ok(format!("{title} [\n{lines}]\n"))
}

pub(super) fn authority_info_access(value: &[u8], _: bool) -> Said {
    info_access("AuthorityInfoAccess", value)
        .ok_or("java.io.IOException: Invalid encoding for AuthorityInfoAccessExtension.")
}

pub(super) fn subject_info_access(value: &[u8], _: bool) -> Said {
    info_access("SubjectInfoAccess", value)
        .ok_or("java.io.IOException: Invalid encoding for SubjectInfoAccessExtension.")
}

fn info_access(title: &str, value: &[u8]) -> Option<String> {
    let mut said = Vec::new();
    for description in Element::only(value, SEQUENCE)?.children()? {
        let fields = description.sequence()?;
        let [method, location] = fields.as_slice() else { return None };
        let oid = method.oid()?;
        let method = match oid.as_str() {
            "1.3.6.1.5.5.7.48.1" => "ocsp",
            "1.3.6.1.5.5.7.48.2" => "caIssuers",
            "1.3.6.1.5.5.7.48.3" => "timeStamping",
            "1.3.6.1.5.5.7.48.5" => "caRepository",
            other => other,
        };
        let location = general_name(location)?;
        said.push(format!("\n   accessMethod: {method}\n   accessLocation: {location}\n"));
    }
    Some(format!("{title} [\n  [{}]\n]\n", said.join(", ")))
}

pub(super) fn crl_distribution_points(value: &[u8], _: bool) -> Said {
    distribution_points("CRLDistributionPoints", value)
        .ok_or("java.io.IOException: Invalid encoding for CRLDistributionPoints extension.")
}

pub(super) fn freshest_crl(value: &[u8], _: bool) -> Said {
    distribution_points("FreshestCRL", value)
        .ok_or("java.io.IOException: Invalid encoding for FreshestCRL extension.")
}

fn distribution_points(title: &str, value: &[u8]) -> Option<String> {
    let mut said = Vec::new();
    for point in Element::only(value, SEQUENCE)?.children()? {
        let mut text = String::new();
        for field in point.sequence()? {
            match field.tag & 0x1f {
                0 => text.push_str(&format!("DistributionPoint:\n     {}\n", point_name(&field)?)),
                1 => {
                    text.push_str("   ReasonFlags:\n");
                    let reasons = field.bits().into_iter().filter_map(|bit| REASONS.get(bit));
                    text.extend(reasons.map(|reason| format!("    {reason}\n")));
                }
                2 => text.push_str(&format!("   CRLIssuer:[{}]\n", general_names(&field)?.join(", "))),
                _ => return None,
            }
        }
        said.push(text);
    }
    Some(format!("{title} [\n  [{}]]\n", said.join(", ")))
}

/// A full name, or one relative to the issuer's.
fn point_name(element: &Element<'_>) -> Option<String> {
    let inner = element.children()?.into_iter().next()?;
    match inner.tag & 0x1f {
        0 => Some(format!("[{}]", general_names(&inner)?.join(", "))),
        1 => name::rdn(&inner),
        _ => None,
    }
}

/// RFC 5280, section 4.2.1.13, in the JDK's words.
const REASONS: [&str; 9] = [
    "unused",
    "key compromise",
    "CA compromise",
    "affiliation changed",
    "superseded",
    "cessation of operation",
    "certificate hold",
    "privilege withdrawn",
    "AA compromise",
];

pub(super) fn issuing_distribution_point(value: &[u8], _: bool) -> Said {
    const INVALID: &str = "java.io.IOException: Invalid encoding for IssuingDistributionPointExtension.";
    let fields = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let is_set = |number: u8| fields.iter().any(|field| field.tag & 0x1f == number && field.content != [0]);
    let name = match fields.iter().find(|field| field.tag & 0x1f == 0) {
        Some(field) => format!("{}\n", point_name(field).ok_or(INVALID)?),
        None => String::new(),
    };
    Ok(format!(
        "IssuingDistributionPoint [\n  {name}  Only contains user certs: {}\n  Only contains CA certs: {}\n  \
         Only contains attribute certs: {}\n  Indirect CRL: {}\n]\n",
        is_set(1),
        is_set(2),
        is_set(5),
        is_set(4)
    ))
}
