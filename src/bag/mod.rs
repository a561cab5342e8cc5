//! One SafeBag of a PKCS#12 store: its octets, which are kept, and a view of the few fields needed.
//!
//! ```text
//! SafeBag ::= SEQUENCE {                                   -- RFC 7292, section 4.2
//!     bagId          OBJECT IDENTIFIER,
//!     bagValue       [0] EXPLICIT ANY DEFINED BY bagId,
//!     bagAttributes  SET OF PKCS12Attribute OPTIONAL }
//! PKCS12Attribute ::= SEQUENCE { attrId OBJECT IDENTIFIER, attrValues SET OF ANY }
//! CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT OCTET STRING }
//! ```

mod attribute;
mod frame;

use std::borrow::Cow;

use bytes::Bytes;

use crate::ber::{self, Element, Reader};
use crate::cert::Certificate;
use crate::error::{Error, Result};
use crate::wiped::Wiped;

use attribute::Change;
pub(crate) use attribute::{Attributes, Fresh};
pub(crate) use frame::{Around, CertificateFrame};

/// The contents octets of the object identifiers that are told apart here.
pub(crate) mod oid {
    /// 1.2.840.113549.1.12.10.1.1 to .6: the bag types of PKCS#12, by their last arc.
    pub(crate) const BAG_TYPES: &[u8] = CERTIFICATE_BAG.split_at(10).0;
    /// The one of certificates.
    pub(crate) const CERTIFICATE_BAG: &[u8] = CERTIFICATE_BAG_ELEMENT.split_at(2).1;
    /// The same with its identifier and length.
    pub(crate) const CERTIFICATE_BAG_ELEMENT: &[u8] =
        &[0x06, 11, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 3];
    /// 1.2.840.113549.1.9.22.1 x509Certificate.
    pub(crate) const X509_CERTIFICATE: &[u8] = X509_CERTIFICATE_ELEMENT.split_at(2).1;
    /// The same with its identifier and length, as a CertBag that we write has it.
    pub(crate) const X509_CERTIFICATE_ELEMENT: &[u8] =
        &[0x06, 10, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
    /// 1.2.840.113549.1.9.20 friendlyName.
    pub(crate) const FRIENDLY_NAME: &[u8] = FRIENDLY_NAME_ELEMENT.split_at(2).1;
    /// The same with its identifier and length.
    pub(crate) const FRIENDLY_NAME_ELEMENT: &[u8] =
        &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
    /// 1.2.840.113549.1.9.21 localKeyId.
    pub(crate) const LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
    /// 2.16.840.1.113894.746875.1.1 Oracle's trusted key usage (JDK `PKCS12KeyStore`).
    pub(crate) const TRUSTED_KEY_USAGE: &[u8] =
        &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
    /// 2.5.29.37.0 anyExtendedKeyUsage.
    pub(crate) const ANY_EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
}

/// One SafeBag.
#[derive(Clone, Debug)]
pub(crate) struct Bag {
    /// The SafeBag element, verbatim; of a new certificate what stands around it.
    octets: Bytes,
    /// Where in the octets the certificate is to stand, if it is not among them.
    certificate_at: Option<usize>,
    kind: BagKind,
    attributes: Attributes,
}

/// The octets of a SafeBag, or of some that stand one behind the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Raw<'a> {
    /// In one piece, which is a part of the buffer.
    Piece { octets: &'a [u8], buffer: &'a Bytes },
    /// Of one new certificate bag.
    Around(Around<'a>),
}

impl<'a> Raw<'a> {
    pub(crate) fn whole(octets: &'a Bytes) -> Self {
        Self::Piece { octets, buffer: octets }
    }

    /// One behind the other.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let parts = match self {
            Self::Piece { octets, .. } => [*octets, &[], &[]],
            Self::Around(around) => around.parts(),
        };
        parts.into_iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.parts().map(<[u8]>::len).sum()
    }

    /// In one piece, which is copied if it was none.
    pub(crate) fn joined(&self) -> Bytes {
        match self {
            Self::Piece { octets, buffer } => buffer.slice_ref(octets),
            Self::Around(around) => around.joined(),
        }
    }
}

/// What a SafeBag holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BagKind {
    /// A PKCS#8 PrivateKeyInfo in the clear.
    Key,
    /// A PKCS#8 EncryptedPrivateKeyInfo, kept sealed.
    ShroudedKey,
    Certificate(Certificate),
    /// A certificate bag of a type other than x509Certificate (an SDSI certificate).
    OtherCertificate,
    Crl,
    Secret,
    /// A SafeContents inside; its bags are bags of their own that name this one as their parent.
    SafeContents,
    /// The contents octets of an unknown type's object identifier.
    Unknown(Bytes),
}

impl Bag {
    /// Reads one SafeBag from its octets; `raw` is exactly one element.
    ///
    /// # Errors
    /// `Damaged` if the element is not a SafeBag; an unknown bag type is not an error.
    pub(crate) fn parse(raw: Bytes, max_depth: u8) -> Result<Self> {
        let fields = Fields::read(&raw, max_depth)?;
        let kind = match fields.bag_id.strip_prefix(oid::BAG_TYPES) {
            Some([1]) => BagKind::Key,
            Some([2]) => BagKind::ShroudedKey,
            Some([3]) => match certificate_value(&fields.value)? {
                Some(Cow::Borrowed(der)) => BagKind::Certificate(Certificate::from_der(raw.slice_ref(der))),
                Some(Cow::Owned(der)) => BagKind::Certificate(Certificate::from_der(der)),
                None => BagKind::OtherCertificate,
            },
            Some([4]) => BagKind::Crl,
            Some([5]) => BagKind::Secret,
            Some([6]) => BagKind::SafeContents,
            _ => BagKind::Unknown(raw.slice_ref(fields.bag_id)),
        };
        let attributes = Attributes::read(&raw, fields.attributes.as_ref())?;
        Ok(Self { octets: raw, certificate_at: None, kind, attributes })
    }

    /// As [`parse`](Self::parse), without a copy of the certificate.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn parse_around(around: Around<'_>, max_depth: u8) -> Result<Self> {
        let Some(attributes) = around.attributes(max_depth) else {
            return Self::parse(around.joined(), max_depth);
        };
        let certificate = Certificate::from_der(around.certificate.clone());
        Ok(Self::around(around.frame.clone(), around.at, certificate, attributes))
    }

    fn around(frame: Bytes, at: usize, certificate: Certificate, attributes: Attributes) -> Self {
        Self { octets: frame, certificate_at: Some(at), kind: BagKind::Certificate(certificate), attributes }
    }

    /// Reads one SafeBag, in whatever form its octets are.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub(crate) fn of(raw: Raw<'_>, max_depth: u8) -> Result<Self> {
        match raw {
            Raw::Piece { .. } => Self::parse(raw.joined(), max_depth),
            Raw::Around(around) => Self::parse_around(around, max_depth),
        }
    }

    /// A new certificate bag.
    pub(crate) fn certificate(certificate: &Certificate, fresh: Fresh<'_>) -> Self {
        let CertificateFrame { octets, at } = CertificateFrame::new(certificate, fresh);
        Self::around(octets, at, certificate.clone(), Attributes::fresh(fresh))
    }

    /// A new bag of a sealed private key, an EncryptedPrivateKeyInfo.
    pub(crate) fn shrouded_key(sealed: &[u8], fresh: Fresh<'_>) -> Self {
        let octets = encode(&bag_type(2), &[], sealed, &attribute::set_of(fresh));
        let attributes = Attributes::fresh(fresh);
        Self { octets, certificate_at: None, kind: BagKind::ShroudedKey, attributes }
    }

    /// The octets of the SafeBag, which may be in parts.
    pub(crate) fn raw(&self) -> Raw<'_> {
        match (self.certificate_at, &self.kind) {
            (Some(at), BagKind::Certificate(certificate)) => {
                Raw::Around(Around { frame: &self.octets, at, certificate: certificate.octets() })
            }
            _ => Raw::whole(&self.octets),
        }
    }

    /// The octets of the SafeBag.
    pub(crate) fn octets(&self) -> Bytes {
        self.raw().joined()
    }

    pub(crate) fn kind(&self) -> &BagKind {
        &self.kind
    }

    pub(crate) fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The element inside `[0] EXPLICIT`.
    ///
    /// # Errors
    /// As [`Bag::parse`].
    pub(crate) fn value(&self, max_depth: u8) -> Result<Bytes> {
        let octets = self.octets();
        let fields = Fields::read(&octets, max_depth)?;
        Ok(octets.slice_ref(fields.value.raw))
    }

    /// Gives the bag a new friendlyName; its other attributes and its value stay as they are.
    ///
    /// # Errors
    /// As [`Bag::parse`].
    pub(crate) fn rename(&mut self, name: &str, max_depth: u8) -> Result<()> {
        self.change(Change::Name(name), max_depth)
    }

    /// Adds Java's trusted key usage attribute.
    ///
    /// # Errors
    /// As [`Bag::parse`].
    pub(crate) fn trust(&mut self, max_depth: u8) -> Result<()> {
        self.change(Change::Trust, max_depth)
    }

    /// Takes Java's trusted key usage attribute away.
    ///
    /// # Errors
    /// As [`Bag::parse`].
    pub(crate) fn distrust(&mut self, max_depth: u8) -> Result<()> {
        self.change(Change::Distrust, max_depth)
    }

    /// Puts another certificate into a certificate bag; its attributes stay as they are.
    ///
    /// # Errors
    /// As [`Bag::parse`].
    pub(crate) fn replace_certificate(&mut self, certificate: Certificate, max_depth: u8) -> Result<()> {
        self.put(CERTIFICATE, certificate.der(), max_depth)?;
        self.kind = BagKind::Certificate(certificate);
        Ok(())
    }

    /// Puts another value into the bag: a key sealed again, or a changed SafeContents.
    ///
    /// # Errors
    /// As [`Bag::parse`].
    pub(crate) fn replace_value(&mut self, value: &[u8], max_depth: u8) -> Result<()> {
        self.put(&[], value, max_depth)
    }

    fn put(&mut self, layers: &[Layer<'_>], value: &[u8], max_depth: u8) -> Result<()> {
        let octets = self.octets();
        let fields = Fields::read(&octets, max_depth)?;
        let attributes = fields.attributes.map_or(&[][..], |set| set.raw);
        let octets = encode(&ber::der(ber::OID, &[fields.bag_id]), layers, value, attributes);
        (self.octets, self.certificate_at) = (octets, None);
        Ok(())
    }

    fn change(&mut self, change: Change<'_>, max_depth: u8) -> Result<()> {
        let octets = self.octets();
        let fields = Fields::read(&octets, max_depth)?;
        let set = attribute::changed(fields.attributes.as_ref(), change)?;
        let raw = encode(&ber::der(ber::OID, &[fields.bag_id]), &[], fields.value.raw, &set);
        let attributes = Fields::read(&raw, max_depth)?.attributes;
        self.attributes = Attributes::read(&raw, attributes.as_ref())?;
        (self.octets, self.certificate_at) = (raw, None);
        Ok(())
    }
}

/// A SafeBag, its value being `content` in these layers; wiped when it is gone, since there may be a private key in
/// the clear in it.
fn encode(bag_id: &[u8], layers: &[Layer<'_>], content: &[u8], attributes: &[u8]) -> Bytes {
    let layers = [&[(ber::SEQUENCE, bag_id), (ber::CONTEXT_0, &[])], layers].concat();
    Bytes::from_owner(Wiped::from(ber::nested(&layers, content, attributes)))
}

/// The parts of a SafeBag, as ranges of it.
struct Fields<'a> {
    bag_id: &'a [u8],
    value: Element<'a>,
    attributes: Option<Element<'a>>,
}

impl<'a> Fields<'a> {
    fn read(raw: &'a [u8], max_depth: u8) -> Result<Self> {
        let mut bag = Reader::new(raw, max_depth).expect(ber::SEQUENCE, "SafeBag")?.children()?;
        let bag_id = bag.expect(ber::OID, "bagId")?.content;
        let mut explicit = bag.expect(ber::CONTEXT_0, "bagValue")?.children()?;
        let value = explicit.next()?.ok_or_else(|| Error::damaged("bagValue: empty"))?;
        explicit.finish("bagValue")?;
        let attributes = bag.optional(ber::SET)?;
        bag.finish("SafeBag")?;
        Ok(Self { bag_id, value, attributes })
    }
}

/// The DER of the certificate in a CertBag; `None` for one that is not X.509.
fn certificate_value<'a>(value: &Element<'a>) -> Result<Option<Cow<'a, [u8]>>> {
    if value.tag != ber::SEQUENCE {
        return Err(Error::damaged("CertBag: expected a SEQUENCE").at_offset(value.offset));
    }
    let mut fields = value.children()?;
    let kind = fields.expect(ber::OID, "certId")?;
    let mut explicit = fields.expect(ber::CONTEXT_0, "certValue")?.children()?;
    fields.finish("CertBag")?;
    if kind.content != oid::X509_CERTIFICATE {
        return Ok(None);
    }
    let der = explicit.octet_string("certValue")?;
    explicit.finish("certValue")?;
    Ok(Some(der))
}

/// An element around others: its tag, and what stands in it before them.
type Layer<'a> = (u8, &'a [u8]);

/// What is around a certificate in its CertBag.
const CERTIFICATE: &[Layer<'_>] = frame::LAYERS.split_at(2).1;

fn bag_type(last_arc: u8) -> Vec<u8> {
    ber::der(ber::OID, &[oid::BAG_TYPES, &[last_arc]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Bag {
        Bag::certificate(&Certificate::from_der(vec![0x30, 0]), Fresh::named("Corp CA", true))
    }

    #[test]
    fn a_new_bag_reads_back() {
        let bag = sample();
        let read = Bag::parse(bag.octets(), 16).unwrap();
        assert_eq!(read.kind(), bag.kind());
        assert_eq!(read.attributes().friendly_name(), Some("Corp CA"));
        assert!(read.attributes().is_trusted());
        assert_eq!(read.octets(), bag.octets());
    }

    #[test]
    fn a_change_of_a_new_bag_is_the_one_of_a_bag_that_was_read() {
        let other = Certificate::from_der(vec![9; 200]);
        type Edit<'a> = &'a dyn Fn(&mut Bag) -> Result<()>;
        let replace: Edit<'_> = &|bag| bag.replace_certificate(other.clone(), 16);
        let edits: [Edit<'_>; 4] =
            [&|bag| bag.rename("Other", 16), &|bag| bag.distrust(16), &|bag| bag.trust(16), replace];
        for edit in edits {
            let mut read = Bag::parse(sample().octets(), 16).unwrap();
            let mut new = sample();
            edit(&mut read).unwrap();
            edit(&mut new).unwrap();
            assert_eq!((new.octets(), new.kind()), (read.octets(), read.kind()));
            assert!(matches!(new.raw(), Raw::Piece { .. }));
        }
    }

    #[test]
    fn renaming_keeps_unknown_attributes_and_their_order() {
        let unknown =
            ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[&[0x2a, 3]]), &ber::der(ber::SET, &[])]);
        let bag = sample();
        let octets = bag.octets();
        let fields = Fields::read(&octets, 16).unwrap();
        let set = ber::der(ber::SET, &[&unknown, fields.attributes.unwrap().content]);
        let raw =
            ber::der(ber::SEQUENCE, &[&bag_type(3), &ber::der(ber::CONTEXT_0, &[fields.value.raw]), &set]);
        let mut bag = Bag::parse(raw.into(), 16).unwrap();
        bag.rename("Other", 16).unwrap();
        let read = Bag::parse(bag.octets(), 16).unwrap();
        assert_eq!(read.attributes().friendly_name(), Some("Other"));
        let octets = read.octets();
        let fields = Fields::read(&octets, 16).unwrap();
        assert!(fields.attributes.unwrap().content.starts_with(&unknown));
    }
}
