//! Distinguished names, written as a person reads them.
//!
//! ```text
//! Name ::= SEQUENCE OF RelativeDistinguishedName           -- RFC 5280, section 4.1.2.4
//! RelativeDistinguishedName ::= SET OF AttributeTypeAndValue
//! AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
//! ```

use std::borrow::Cow;
use std::fmt;

use super::oid;
use super::string;
use crate::ber::{self, Element};
use crate::error::Result;

/// A distinguished name (X.501 `Name`), as a range of the certificate.
///
/// `Display` writes it in the order of RFC 4514 with a space after the comma, which is how Java shows
/// names, and with that RFC's escapes: `CN=Corp Root CA, O=Example\, Corp, C=CH`. Control characters
/// are not escaped; [`printable`](crate::printable) does that for terminals.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    element: Element<'a>,
}

/// An attribute of a name.
struct Attribute<'a> {
    /// Which relative distinguished name it is of, from 0.
    rdn: usize,
    /// The contents octets of its type.
    id: &'a [u8],
    value: Element<'a>,
}

impl<'a> Name<'a> {
    pub(super) fn new(element: Element<'a>) -> Self {
        Self { element }
    }

    /// The DER encoding.
    #[must_use]
    pub fn raw(&self) -> &'a [u8] {
        self.element.raw
    }

    /// The most specific common name (CN), if there is one that is text.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        self.last(&[0x55, 4, 3])
    }

    /// The most specific organizational unit (OU).
    #[must_use]
    pub fn organizational_unit(&self) -> Option<String> {
        self.last(&[0x55, 4, 11])
    }

    /// The most specific organization (O).
    #[must_use]
    pub fn organization(&self) -> Option<String> {
        self.last(&[0x55, 4, 10])
    }

    /// True for the name without attributes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.element.content.is_empty()
    }

    fn last(&self, id: &[u8]) -> Option<String> {
        let (attributes, _) = self.attributes().ok()?;
        let value = attributes.iter().rev().find(|attribute| attribute.id == id)?.value;
        string::decode(value.tag, value.content).map(Cow::into_owned)
    }

    /// The attributes, and how many relative distinguished names they are in; one may be empty.
    fn attributes(&self) -> Result<(Vec<Attribute<'a>>, usize)> {
        let mut attributes = Vec::with_capacity(8);
        let mut rdns = 0;
        let mut sequence = self.element.children()?;
        while let Some(set) = sequence.next()? {
            let mut members = set.children()?;
            while let Some(member) = members.next()? {
                let mut fields = member.children()?;
                let id = fields.expect(ber::OID, "attribute type")?.content;
                let value = fields.next()?.ok_or_else(|| crate::error::Error::damaged("no value"))?;
                attributes.push(Attribute { rdn: rdns, id, value });
            }
            rdns += 1;
        }
        Ok((attributes, rdns))
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok((attributes, rdns)) = self.attributes() else {
            return write!(f, "#{}", oid::hex(self.raw()));
        };
        let mut rest = attributes.as_slice();
        for rdn in (0..rdns).rev() {
            f.write_str(if rdn + 1 == rdns { "" } else { ", " })?;
            let start =
                rest.iter().rposition(|attribute| attribute.rdn != rdn).map_or(0, |before| before + 1);
            let (before, own) = rest.split_at(start);
            rest = before;
            for (at, Attribute { id, value, .. }) in own.iter().enumerate() {
                f.write_str(if at == 0 { "" } else { " + " })?;
                match short_name(id) {
                    Some(name) => f.write_str(name)?,
                    None => f.write_str(&oid::dotted(id))?,
                }
                f.write_str("=")?;
                match string::decode(value.tag, value.content) {
                    Some(text) => f.write_str(&escape(&text))?,
                    None => write!(f, "#{}", oid::hex(value.raw))?,
                }
            }
        }
        Ok(())
    }
}

/// The escapes of RFC 4514, section 2.4.
fn escape(text: &str) -> Cow<'_, str> {
    let is_plain = |b: u8| !matches!(b, 0 | b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\');
    if text.bytes().all(is_plain) && !text.starts_with(['#', ' ']) && !text.ends_with(' ') {
        return Cow::Borrowed(text);
    }
    let last = text.chars().count().saturating_sub(1);
    let mut escaped = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        match c {
            '\0' => escaped.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => escaped.extend(['\\', c]),
            '#' if i == 0 => escaped.push_str("\\#"),
            ' ' if i == 0 || i == last => escaped.push_str("\\ "),
            _ => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The short names that Java and OpenSSL show; `organizationIdentifier` and others have none there.
fn short_name(id: &[u8]) -> Option<&'static str> {
    /// 1.2.840.113549.1.9.1 emailAddress.
    const EMAIL: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01];
    /// 0.9.2342.19200300.100.1: the attributes of RFC 4524.
    const PILOT: &[u8] = &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01];
    Some(match id {
        [0x55, 4, last] => match last {
            3 => "CN",
            4 => "SURNAME",
            5 => "SERIALNUMBER",
            6 => "C",
            7 => "L",
            8 => "ST",
            9 => "STREET",
            10 => "O",
            11 => "OU",
            12 => "T",
            42 => "GIVENNAME",
            43 => "INITIALS",
            44 => "GENERATION",
            46 => "DNQ",
            _ => return None,
        },
        _ if id == EMAIL => "EMAILADDRESS",
        _ => match id.strip_prefix(PILOT) {
            Some([1]) => "UID",
            Some([25]) => "DC",
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ber::Reader;
    use crate::cert::sample::name_of;

    const CN: &[u8] = &[0x55, 4, 3];
    const UTF8: u8 = 0x0c;

    fn shown(der: &[u8]) -> String {
        Name::new(Reader::new(der, 8).next().unwrap().unwrap()).to_string()
    }

    #[test]
    fn names_are_written_as_java_does() {
        let der = name_of(&[
            (&[0x55, 4, 6], 0x13, b"CH"),
            (&[0x55, 4, 10], UTF8, b"Example, Corp"),
            (CN, UTF8, b"Root"),
        ]);
        assert_eq!(shown(&der), "CN=Root, O=Example\\, Corp, C=CH");
        let name = Name::new(Reader::new(&der, 8).next().unwrap().unwrap());
        assert_eq!(name.common_name().as_deref(), Some("Root"));
        assert_eq!(name.organization().as_deref(), Some("Example, Corp"));
    }

    #[test]
    fn every_string_type_is_decoded_or_shown_in_hexadecimal() {
        for (tag, value, expected) in [
            (UTF8, "Zürich 中".as_bytes(), "CN=Zürich 中"),
            (0x14, b"Z\xfcrich", "CN=Zürich"),
            (0x1e, b"\0Z\0\xfc\xd8\x3d\xde\0", "CN=Zü\u{1f600}"),
            (0x1c, b"\0\0\0Z\0\x01\xf6\0", "CN=Z\u{1f600}"),
            (0x16, b" #a ", "CN=\\ #a\\ "),
            (0x13, b"#a+\"\\", "CN=\\#a\\+\\\"\\\\"),
            (0x0c, b"\xff", "CN=#0c01ff"),
            (0x1e, b"\0", "CN=#1e0100"),
            (0x1e, b"\xd8\0", "CN=#1e02d800"),
            (0x1c, b"\0\x11\0\0", "CN=#1c0400110000"),
            (0x02, b"\x07", "CN=#020107"),
        ] {
            assert_eq!(shown(&name_of(&[(CN, tag, value)])), expected);
        }
        assert_eq!(shown(&name_of(&[(&[0x55, 4, 97], UTF8, b"VATCH-1")])), "2.5.4.97=VATCH-1");
        assert_eq!(shown(&[0x30, 2, 0x31, 9]), "#30023109");
        assert_eq!(shown(&[0x30, 0]), "");
    }

    proptest! {
        #[test]
        fn no_octets_panic(content in proptest::collection::vec(any::<u8>(), 0..100)) {
            shown(&ber::der(ber::SEQUENCE, &[&content]));
        }
    }
}
