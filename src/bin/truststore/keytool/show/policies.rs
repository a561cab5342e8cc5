//! Under which policies a certificate was issued.

use super::extension::Said;
use super::hex;
use super::tlv::{Element, INTEGER, SEQUENCE};

pub(super) fn certificate_policies(value: &[u8], _: bool) -> Said {
    policies(value).ok_or("java.io.IOException: Invalid encoding for CertificatePoliciesExtension.")
}

fn policies(value: &[u8]) -> Option<String> {
    let mut lines = String::new();
    for policy in Element::only(value, SEQUENCE)?.children()? {
        let fields = policy.sequence()?;
        let mut qualifiers = Vec::new();
        for qualifier in fields.get(1).map_or(Some(Vec::new()), Element::sequence)? {
            let parts = qualifier.sequence()?;
            let [id, content] = parts.as_slice() else { return None };
            qualifiers.push(format!(
                "PolicyQualifierInfo: [\n  qualifierID: {}\n  qualifier: {}\n]",
                id.oid()?,
                hex::dump(content.raw)
            ));
        }
        let id = fields.first()?.oid()?;
        lines.push_str(&format!("  [CertificatePolicyId: [{id}]\n[{}]  ]\n", qualifiers.join(", ")));
    }
    Some(format!("CertificatePolicies [\n{lines}]\n"))
}

pub(super) fn policy_mappings(value: &[u8], _: bool) -> Said {
    mappings(value).ok_or("java.io.IOException: Invalid encoding for PolicyMappingsExtension.")
}

fn mappings(value: &[u8]) -> Option<String> {
    let mut said = Vec::new();
    for mapping in Element::only(value, SEQUENCE)?.children()? {
        let fields = mapping.sequence()?;
        let [issuer, subject] = fields.as_slice() else { return None };
        said.push(format!(
            "CertificatePolicyMap: [\nIssuerDomain:CertificatePolicyId: [{}]\n\
             SubjectDomain:CertificatePolicyId: [{}]\n]\n",
            issuer.oid()?,
            subject.oid()?
        ));
    }
    Some(format!("PolicyMappings [\n[{}]]\n", said.join(", ")))
}

pub(super) fn policy_constraints(value: &[u8], _: bool) -> Said {
    const INVALID: &str = "java.io.IOException: Invalid encoding of PolicyConstraints.";
    let fields = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let said = |number: u8| match fields.iter().find(|field| field.tag & 0x1f == number) {
        Some(field) => field.number().map(|number| number.to_string()),
        None => Some("unspecified".to_owned()),
    };
    let require = said(0).ok_or(INVALID)?;
    let inhibit = said(1).ok_or(INVALID)?;
    Ok(format!("PolicyConstraints: [  Require: {require};\tInhibit: {inhibit} ]\n"))
}

pub(super) fn inhibit_any_policy(value: &[u8], critical: bool) -> Said {
    if !critical {
        return Err("java.io.IOException: Criticality cannot be false for InhibitAnyPolicy");
    }
    let number = Element::only(value, INTEGER).and_then(|element| element.number());
    let number =
        number.ok_or("java.io.IOException: Invalid encoding of InhibitAnyPolicy: data not integer")?;
    Ok(format!("InhibitAnyPolicy: {number}\n"))
}
