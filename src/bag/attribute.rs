//! The attributes of a SafeBag: kept as octets, three of them understood.

use std::borrow::Cow;
use std::sync::LazyLock;

use bytes::Bytes;
use smol_str::{SmolStr, SmolStrBuilder};

use super::oid;
use crate::ber::{self, Element};
use crate::error::{Error, Result};

/// What is understood of the attributes of a SafeBag; their octets are the bag's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    friendly_name: Option<SmolStr>,
    local_key_id: Option<Bytes>,
    trusted: bool,
    /// How many there are.
    count: usize,
}

/// The attributes of a new bag.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fresh<'a> {
    /// The friendlyName.
    pub(crate) name: Option<&'a str>,
    /// The localKeyId, which a key and its own certificate have in common.
    pub(crate) key_id: Option<&'a [u8]>,
    /// Java's trusted key usage.
    pub(crate) trusted: bool,
}

impl<'a> Fresh<'a> {
    /// Those of a certificate that belongs to no key.
    pub(crate) fn named(name: &'a str, trusted: bool) -> Self {
        Self { name: Some(name), key_id: None, trusted }
    }
}

/// A change of one attribute; the others stay as they are, and in their order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change<'a> {
    /// No Java's trusted key usage.
    Distrust,
    /// Another friendlyName.
    Name(&'a str),
    /// Java's trusted key usage, if it is not there.
    Trust,
}

impl Attributes {
    /// Reads the attributes in `set`, a range of `bag`.
    pub(super) fn read(bag: &Bytes, set: Option<&Element<'_>>) -> Result<Self> {
        let mut attributes = Self::default();
        let Some(set) = set else { return Ok(attributes) };
        let mut elements = set.children()?;
        while let Some(element) = elements.next()? {
            attributes.count += 1;
            attributes.understand(bag, &element)?;
        }
        Ok(attributes)
    }

    /// Those of a new bag.
    pub(super) fn fresh(fresh: Fresh<'_>) -> Self {
        let Fresh { name, key_id, trusted } = fresh;
        Self {
            friendly_name: name.map(SmolStr::from),
            local_key_id: key_id.map(Bytes::copy_from_slice),
            trusted,
            count: usize::from(name.is_some()) + usize::from(key_id.is_some()) + usize::from(trusted),
        }
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

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// True if there are attributes that are not understood here.
    pub(crate) fn has_others(&self) -> bool {
        let known = usize::from(self.friendly_name.is_some())
            + usize::from(self.local_key_id.is_some())
            + usize::from(self.trusted);
        self.count > known
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
            self.friendly_name = Some(bmp_string(&octets));
        } else {
            self.local_key_id = Some(match value.octets(ber::OCTET_STRING)? {
                Cow::Borrowed(octets) => bag.slice_ref(octets),
                Cow::Owned(octets) => octets.into(),
            });
        }
        Ok(())
    }
}

/// The SET element after a change of the attributes in `set`, or nothing where none is left.
pub(super) fn changed(set: Option<&Element<'_>>, change: Change<'_>) -> Result<Vec<u8>> {
    let mut attributes: Vec<(&[u8], Cow<'_, [u8]>)> = Vec::new();
    if let Some(set) = set {
        let mut elements = set.children()?;
        while let Some(element) = elements.next()? {
            let id = element.children()?.expect(ber::OID, "attribute")?.content;
            attributes.push((id, Cow::Borrowed(element.raw)));
        }
    }
    match change {
        Change::Distrust => attributes.retain(|(id, _)| *id != oid::TRUSTED_KEY_USAGE),
        Change::Name(name) => {
            let attribute = Cow::Owned(friendly_name(name));
            // Of several, the last is the one that counts.
            match attributes.iter_mut().rfind(|(id, _)| *id == oid::FRIENDLY_NAME) {
                Some((_, old)) => *old = attribute,
                // The JDK writes the friendlyName first.
                None => attributes.insert(0, (oid::FRIENDLY_NAME, attribute)),
            }
        }
        Change::Trust if attributes.iter().any(|(id, _)| *id == oid::TRUSTED_KEY_USAGE) => {}
        Change::Trust => {
            attributes.push((oid::TRUSTED_KEY_USAGE, Cow::Borrowed(&TRUSTED)));
        }
    }
    if attributes.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<&[u8]> = attributes.iter().map(|(_, raw)| &raw[..]).collect();
    Ok(ber::der(ber::SET, &parts))
}

/// The SET element of a new bag's attributes, or nothing where there is none.
pub(super) fn set_of(fresh: Fresh<'_>) -> Vec<u8> {
    let Fresh { name, key_id, trusted } = fresh;
    let mut parts = Vec::with_capacity(USUAL_LEN);
    // In the order of the JDK.
    if let Some(name) = name {
        put_friendly_name(&mut parts, name);
    }
    if let Some(id) = key_id {
        parts.extend(attribute(oid::LOCAL_KEY_ID, &ber::der(ber::OCTET_STRING, &[id])));
    }
    if trusted {
        parts.extend_from_slice(&TRUSTED);
    }
    if parts.is_empty() { parts } else { ber::der(ber::SET, &[&parts]) }
}

/// As many octets as the attributes of most trusted certificates take.
const USUAL_LEN: usize = 128;

fn friendly_name(name: &str) -> Vec<u8> {
    let mut attribute = Vec::new();
    put_friendly_name(&mut attribute, name);
    attribute
}

fn put_friendly_name(out: &mut Vec<u8>, name: &str) {
    let layers = [(ber::SEQUENCE, oid::FRIENDLY_NAME_ELEMENT), (ber::SET, &[]), (ber::BMP_STRING, &[])];
    ber::headers(out, &layers, 2 * name.encode_utf16().count(), 0);
    for unit in name.encode_utf16() {
        out.extend_from_slice(&unit.to_be_bytes());
    }
}

/// Made once: every new root has it.
static TRUSTED: LazyLock<Vec<u8>> = LazyLock::new(trusted_key_usage);

fn trusted_key_usage() -> Vec<u8> {
    let any = ber::der(ber::OID, &[oid::ANY_EXTENDED_KEY_USAGE]);
    attribute(oid::TRUSTED_KEY_USAGE, &any)
}

fn attribute(id: &[u8], value: &[u8]) -> Vec<u8> {
    ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[id]), &ber::der(ber::SET, &[value])])
}

/// A BMPString's characters. It is read as UTF-16, since that is what Java and OpenSSL write into it;
/// a surrogate without its partner is written `\uD800`.
fn bmp_string(octets: &[u8]) -> SmolStr {
    let (units, _) = octets.as_chunks::<2>();
    if units.iter().all(|&[high, low]| high == 0 && low.is_ascii()) {
        return units.iter().map(|&[_, low]| char::from(low)).collect();
    }
    let mut text = SmolStrBuilder::new();
    for c in char::decode_utf16(units.iter().map(|&unit| u16::from_be_bytes(unit))) {
        match c {
            Ok(c) => text.push(c),
            Err(e) => text.push_str(&format!("\\u{:04X}", e.unpaired_surrogate())),
        }
    }
    text.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_friendly_name_may_have_characters_outside_the_bmp() {
        assert_eq!(bmp_string(&[0xd8, 0x3d, 0xde, 0x00, 0, b'x']), "\u{1f600}x");
        assert_eq!(bmp_string(&[0xd8, 0x3d, 0, b'x']), "\\uD83Dx");
        let set = Bytes::from(changed(None, Change::Name("\u{1f600}")).unwrap());
        let element = ber::Reader::new(&set, 8).next().unwrap();
        let attributes = Attributes::read(&set, element.as_ref()).unwrap();
        assert_eq!(attributes.friendly_name(), Some("\u{1f600}"));
    }
}
