//! A reader of DER elements, as lenient as the JDK's where certificates in the wild need it.

use der::asn1::ObjectIdentifier;

/// One element: its identifier octet and its contents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// With the header.
    pub(super) raw: &'a [u8],
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

impl<'a> Element<'a> {
    /// The first element of some octets, and what follows it.
    pub(super) fn read(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&tag, rest) = octets.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        // No certificate has tags above 30 or indefinite lengths where they are read here.
        if tag & 0x1f == 0x1f || first == 0x80 {
            return None;
        }
        let mut len = usize::from(first);
        if first > 0x80 {
            let (digits, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            len = digits
                .iter()
                .try_fold(0_usize, |len, &b| len.checked_mul(256)?.checked_add(usize::from(b)))?;
            rest = behind;
        }
        let (content, rest) = rest.split_at_checked(len)?;
        let raw = octets.get(..octets.len() - rest.len())?;
        Some((Self { tag, content, raw }, rest))
    }

    /// The only element of some octets, which must have this tag.
    pub(super) fn only(octets: &'a [u8], tag: u8) -> Option<Self> {
        match Self::read(octets)? {
            (element, []) if element.tag == tag => Some(element),
            _ => None,
        }
    }

    /// The elements inside.
    pub(super) fn children(&self) -> Option<Vec<Self>> {
        let mut children = Vec::new();
        let mut rest = self.content;
        while !rest.is_empty() {
            let (element, behind) = Self::read(rest)?;
            children.push(element);
            rest = behind;
        }
        Some(children)
    }

    /// The elements inside a SEQUENCE.
    pub(super) fn sequence(&self) -> Option<Vec<Self>> {
        if self.tag == SEQUENCE { self.children() } else { None }
    }

    /// An object identifier, dotted.
    pub(super) fn oid(&self) -> Option<String> {
        if self.tag == OID { dotted(self.content) } else { None }
    }

    /// A small number of zero or more.
    pub(super) fn number(&self) -> Option<u32> {
        let digits = self.content.iter().skip_while(|&&b| b == 0);
        digits.clone().count().le(&4).then(|| digits.fold(0, |n, &b| n << 8 | u32::from(b)))
    }

    /// The bits of a BIT STRING that are set, counted from the left.
    pub(super) fn bits(&self) -> Vec<usize> {
        let octets = self.content.get(1..).unwrap_or_default();
        (0..octets.len() * 8)
            .filter(|bit| octets.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0))
            .collect()
    }
}

/// The dotted form of an object identifier.
pub(super) fn dotted(content: &[u8]) -> Option<String> {
    ObjectIdentifier::from_bytes(content).ok().map(|oid| oid.to_string())
}
