//! Distinguished names, as the JDK shows them (`sun.security.x509.X500Name.toString`): the most specific
//! attribute first, quotes where a value has more than plain characters.

use super::tlv::{self, Element, SET};

/// The name in a `Name` element; `None` if it is none.
pub(super) fn name(element: &Element<'_>) -> Option<String> {
    let mut rdns = Vec::new();
    for set in element.sequence()? {
        rdns.push(rdn(&set)?);
    }
    rdns.reverse();
    Some(rdns.join(", "))
}

/// One relative name: its attributes, joined.
pub(super) fn rdn(set: &Element<'_>) -> Option<String> {
    // A distribution point has the set under a tag of its own.
    if !matches!(set.tag, SET | 0xa1) {
        return None;
    }
    let mut attributes = Vec::new();
    for attribute in set.children()? {
        let fields = attribute.sequence()?;
        let [kind, value] = fields.as_slice() else { return None };
        attributes.push(format!("{}={}", keyword(&kind.oid()?), self::value(value)));
    }
    Some(attributes.join(" + "))
}

fn keyword(oid: &str) -> String {
    KEYWORDS.iter().find(|row| row.0 == oid).map_or_else(|| format!("OID.{oid}"), |row| row.1.to_owned())
}

/// JDK `sun.security.x509.AVAKeyword`.
const KEYWORDS: [(&str, &str); 19] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SURNAME"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.42", "GIVENNAME"),
    ("2.5.4.43", "INITIALS"),
    ("2.5.4.44", "GENERATION"),
    ("2.5.4.46", "DNQ"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
    ("1.3.6.1.4.1.42.2.11.2.1", "IP"),
    ("1.3.6.1.4.1.42.2.17.1.1", "KEYWORDS"),
];

fn value(value: &Element<'_>) -> String {
    match text(value) {
        Some(text) => quoted(&text),
        None => {
            format!("#{}", value.raw.iter().map(|octet| format!("{octet:02x}")).collect::<String>())
        }
    }
}

/// A string of a type that the JDK reads.
fn text(value: &Element<'_>) -> Option<String> {
    match value.tag {
        0x0c => Some(String::from_utf8_lossy(value.content).into_owned()),
        0x13 | 0x16 | 0x1b => {
            Some(value.content.iter().map(|&b| if b < 0x80 { char::from(b) } else { '\u{fffd}' }).collect())
        }
        0x14 => Some(value.content.iter().copied().map(char::from).collect()),
        0x1e => {
            let units = value.content.chunks(2).map(|pair| match pair {
                [a, b] => u16::from_be_bytes([*a, *b]),
                _ => 0xfffd,
            });
            Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
        }
        _ => None,
    }
}

/// Quotes a value with separators, quotes, or blanks that could be overlooked.
fn quoted(text: &str) -> String {
    const SPECIAL: &str = ",+=\n<>#;\\\"";
    if text.len() > 1 && text.starts_with('"') && text.ends_with('"') {
        return text.to_owned();
    }
    let blank = |c: char| matches!(c, ' ' | '\n');
    let mut needed = text.starts_with(blank) || text.ends_with(blank);
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        needed |= SPECIAL.contains(c) || (blank(c) && before.is_some_and(blank));
        if matches!(c, '"' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    if needed { format!("\"{escaped}\"") } else { escaped }
}

/// The name in the octets of a `Name`.
pub(super) fn of_octets(octets: &[u8]) -> String {
    let element = Element::only(octets, tlv::SEQUENCE);
    element.and_then(|element| name(&element)).unwrap_or_else(|| "unreadable".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_the_jdk_quotes_them() {
        for (text, shown) in [
            ("plain (x) *.y_z@!", "plain (x) *.y_z@!"),
            ("Foo, Inc.", "\"Foo, Inc.\""),
            ("a  b", "\"a  b\""),
            (" a", "\" a\""),
            ("a ", "\"a \""),
            ("a#b", "\"a#b\""),
            ("b\\s", "\"b\\\\s\""),
            ("say \"x\" y", "\"say \\\"x\\\" y\""),
            ("\"whole\"", "\"whole\""),
            ("", ""),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }
}
