//! The attributes of a SafeBag: kept as octets, three of them understood.

use bytes::Bytes;

use super::oid;
use crate::ber::{self, Element};
use crate::error::{Error, Result};

/// The attributes of a SafeBag, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    /// Each PKCS12Attribute element, verbatim.
    raw: Vec<Bytes>,
    friendly_name: Option<Box<str>>,
    local_key_id: Option<Bytes>,
    trusted: bool,
}

impl Attributes {
    /// Reads the attributes in `set`, a range of `bag`.
    pub(super) fn read(bag: &Bytes, set: Option<&Element<'_>>) -> Result<Self> {
        let mut attributes = Self::default();
        let Some(set) = set else { return Ok(attributes) };
        let mut elements = set.children()?;
        while let Some(element) = elements.next()? {
            attributes.raw.push(bag.slice_ref(element.raw));
            attributes.understand(bag, &element)?;
        }
        Ok(attributes)
    }

    /// The friendlyName (RFC 2985, section 5.5.1); unpaired surrogates are written `\uD800`.
    pub(crate) fn friendly_name(&self) -> Option<&str> {
        self.friendly_name.as_deref()
    }

    /// The localKeyId's value (RFC 2985, section 5.5.2).
    pub(crate) fn local_key_id(&self) -> Option<&[u8]> {
        self.local_key_id.as_deref()
    }

    /// True if Java's trusted key usage attribute is present, whatever its value: what the JDK asks.
    pub(crate) fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// True if there are attributes that are not understood here.
    pub(crate) fn has_others(&self) -> bool {
        let known = usize::from(self.friendly_name.is_some())
            + usize::from(self.local_key_id.is_some())
            + usize::from(self.trusted);
        self.raw.len() > known
    }

    pub(super) fn set_friendly_name(&mut self, name: &str) {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let value = ber::der(ber::BMP_STRING, &[&units]);
        let attribute = Bytes::from(attribute(oid::FRIENDLY_NAME, &value));
        self.friendly_name = Some(name.into());
        // Of several, the last is the one that counts.
        match self.raw.iter_mut().rfind(|raw| attribute_id(raw) == Some(oid::FRIENDLY_NAME)) {
            Some(old) => *old = attribute,
            // The JDK writes the friendlyName first.
            None => self.raw.insert(0, attribute),
        }
    }

    pub(super) fn set_trusted(&mut self) {
        if !self.trusted {
            self.trusted = true;
            let any = ber::der(ber::OID, &[oid::ANY_EXTENDED_KEY_USAGE]);
            self.raw.push(attribute(oid::TRUSTED_KEY_USAGE, &any).into());
        }
    }

    pub(super) fn remove_trusted(&mut self) {
        self.trusted = false;
        self.raw.retain(|raw| attribute_id(raw) != Some(oid::TRUSTED_KEY_USAGE));
    }

    /// The SET element, or nothing where there is no attribute.
    pub(super) fn encode(&self) -> Vec<u8> {
        if self.raw.is_empty() {
            return Vec::new();
        }
        let parts: Vec<&[u8]> = self.raw.iter().map(|raw| &raw[..]).collect();
        ber::der(ber::SET, &parts)
    }

    fn understand(&mut self, bag: &Bytes, element: &Element<'_>) -> Result<()> {
        let mut fields = element.children()?;
        let id = fields.expect(ber::OID, "attribute")?.content;
        if id == oid::TRUSTED_KEY_USAGE {
            self.trusted = true;
            return Ok(());
        }
        if id != oid::FRIENDLY_NAME && id != oid::LOCAL_KEY_ID {
            return Ok(());
        }
        let mut values = fields.expect(ber::SET, "attribute values")?.children()?;
        let Some(value) = values.next()? else { return Ok(()) };
        if id == oid::FRIENDLY_NAME {
            let octets = value.octets(ber::BMP_STRING)?;
            if octets.len() % 2 != 0 {
                return Err(Error::damaged(format!(
                    "friendlyName: expected a BMPString of two bytes a character, found {} bytes",
                    octets.len()
                ))
                .at_offset(value.offset));
            }
            self.friendly_name = Some(bmp_string(&octets).into());
        } else {
            self.local_key_id = Some(match value.octets(ber::OCTET_STRING)? {
                std::borrow::Cow::Borrowed(octets) => bag.slice_ref(octets),
                std::borrow::Cow::Owned(octets) => octets.into(),
            });
        }
        Ok(())
    }
}

fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[id]), &ber::der(ber::SET, &[value])])
}

fn attribute_id(raw: &[u8]) -> Option<&[u8]> {
    let element = ber::Reader::new(raw, 2).next().ok()??;
    Some(element.children().ok()?.expect(ber::OID, "attribute").ok()?.content)
}

/// A BMPString's characters. It is read as UTF-16, since that is what Java and OpenSSL write into it;
/// a surrogate without its partner is written `\uD800`.
fn bmp_string(octets: &[u8]) -> String {
    let units = octets.chunks(2).map(|pair| pair.iter().fold(0, |unit, &b| unit << 8 | u16::from(b)));
    char::decode_utf16(units)
        .map(|c| c.map_or_else(|e| format!("\\u{:04X}", e.unpaired_surrogate()), String::from))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_friendly_name_may_have_characters_outside_the_bmp() {
        assert_eq!(bmp_string(&[0xd8, 0x3d, 0xde, 0x00, 0, b'x']), "\u{1f600}x");
        assert_eq!(bmp_string(&[0xd8, 0x3d, 0, b'x']), "\\uD83Dx");
        let mut attributes = Attributes::default();
        attributes.set_friendly_name("\u{1f600}");
        assert_eq!(attributes.friendly_name(), Some("\u{1f600}"));
    }
}
