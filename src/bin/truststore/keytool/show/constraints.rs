//! Whose key it is, and what a CA may do.

use super::extension::Said;
use super::general_name::{general_name, general_names};
use super::hex;
use super::tlv::{BOOLEAN, Element, INTEGER, OCTET_STRING, SEQUENCE};

pub(super) fn subject_key_identifier(value: &[u8], _: bool) -> Said {
    let id = Element::only(value, OCTET_STRING)
        .ok_or("java.io.IOException: DerValue.getOctetString, not an Octet String")?;
    Ok(format!("SubjectKeyIdentifier [\n{}]\n", key_identifier(id.content)))
}

pub(super) fn authority_key_identifier(value: &[u8], _: bool) -> Said {
    const INVALID: &str = "java.io.IOException: Invalid encoding for AuthorityKeyIdentifierExtension.";
    let fields = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let mut lines = String::new();
    for field in fields {
        match field.tag & 0x1f {
            0 => lines.push_str(&key_identifier(field.content)),
            1 => lines.push_str(&format!("[{}]\n", general_names(&field).ok_or(INVALID)?.join(", "))),
            2 => {
                let digits: Vec<String> = field.content.iter().map(|octet| format!("{octet:02x}")).collect();
                lines.push_str(&format!("SerialNumber: {}\n", digits.join(":")));
            }
            _ => return Err(INVALID),
        }
    }
    Ok(format!("AuthorityKeyIdentifier [\n{lines}]\n"))
}

fn key_identifier(octets: &[u8]) -> String {
    format!("KeyIdentifier [\n{}]\n", hex::dump(octets))
}

pub(super) fn basic_constraints(value: &[u8], _: bool) -> Said {
    const INVALID: &str = "java.io.IOException: Invalid encoding of BasicConstraints";
    let fields = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let ca = fields.first().is_some_and(|field| field.tag == BOOLEAN && field.content != [0]);
    let path_length = match fields.get(1) {
        Some(length) if length.tag == INTEGER => format!("{}", length.number().ok_or(INVALID)?),
        Some(_) => return Err(INVALID),
        None if ca => " no limit".to_owned(),
        None => " undefined".to_owned(),
    };
    Ok(format!("BasicConstraints:[\n  CA:{ca}\n  PathLen:{path_length}\n]\n"))
}

pub(super) fn name_constraints(value: &[u8], _: bool) -> Said {
    const INVALID: &str = "java.io.IOException: Invalid encoding for NameConstraintsExtension.";
    let fields = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let mut said = String::new();
    for field in fields {
        let label = match field.tag & 0x1f {
            0 => "Permitted",
            1 => "Excluded",
            _ => return Err(INVALID),
        };
        let subtrees: Option<Vec<String>> = field.children().ok_or(INVALID)?.iter().map(subtree).collect();
        let subtrees = subtrees.ok_or(INVALID)?.join(", ");
        said.push_str(&format!("\n    {label}:   GeneralSubtrees:\n[{subtrees}]\n"));
    }
    Ok(format!("NameConstraints: [{said}   ]\n"))
}

fn subtree(element: &Element<'_>) -> Option<String> {
    let fields = element.sequence()?;
    let (base, rest) = fields.split_first()?;
    let bound = |number: u8| rest.iter().find(|field| field.tag & 0x1f == number).map(Element::number);
    let minimum = bound(0).flatten().unwrap_or_default();
    let maximum = bound(1).flatten().map_or_else(|| "undefined".to_owned(), |number| number.to_string());
    Some(format!(
        "\n   GeneralSubtree: [\n    GeneralName: {}\n    Minimum: {minimum}\n    Maximum: {maximum}    ]\n",
        general_name(base)?
    ))
}
