//! What stands around a new certificate in its bag: the certificate itself is not copied.

use bytes::Bytes;

use super::attribute::{self, Attributes, Fresh};
use super::{Layer, oid};
use crate::ber::{self, Reader};
use crate::cert::Certificate;

/// The octets of a new certificate bag, which has no copy of the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around<'a> {
    /// What stands before the certificate, and then what stands behind it.
    pub(crate) frame: &'a Bytes,
    /// Where in the frame the certificate stands.
    pub(crate) at: usize,
    pub(crate) certificate: &'a Bytes,
}

impl<'a> Around<'a> {
    /// One behind the other.
    pub(crate) fn parts(&self) -> [&'a [u8]; 3] {
        let (before, behind) = self.frame.split_at_checked(self.at).unwrap_or((self.frame, &[]));
        [before, self.certificate, behind]
    }

    pub(crate) fn joined(&self) -> Bytes {
        self.parts().concat().into()
    }

    /// Reads what stands around the certificate; `None` if it is anything else than it should be.
    pub(super) fn attributes(&self, max_depth: u8) -> Option<Attributes> {
        let [before, certificate, behind] = self.parts();
        let len = certificate.len();
        let depth_left = max_depth.checked_sub(NESTED)?;
        let id = |before, expected: &[u8]| {
            let mut reader = Reader::new(before, depth_left);
            let id = reader.expect(ber::OID, "").ok()?.content;
            (id == expected).then(|| reader.rest())
        };
        let before = ber::opened(before, ber::SEQUENCE, len + behind.len())?;
        let before = id(before, oid::CERTIFICATE_BAG)?;
        let before = ber::opened(before, ber::CONTEXT_0, len)?;
        let before = ber::opened(before, ber::SEQUENCE, len)?;
        let before = id(before, oid::X509_CERTIFICATE)?;
        let before = ber::opened(before, ber::CONTEXT_0, len)?;
        let before = ber::opened(before, ber::OCTET_STRING, len)?;
        let mut reader = Reader::new(behind, depth_left);
        let set = reader.optional(ber::SET).ok()?;
        (before.is_empty() && reader.is_empty())
            .then(|| Attributes::read(self.frame, set.as_ref()).ok())
            .flatten()
    }
}

/// No certificate bag that is read part by part has elements that are nested deeper.
const NESTED: u8 = 8;

/// What stands around a new certificate in its bag.
#[derive(Clone, Debug)]
pub(crate) struct CertificateFrame {
    pub(super) octets: Bytes,
    /// Where in them the certificate stands.
    pub(super) at: usize,
}

impl CertificateFrame {
    pub(crate) fn new(certificate: &Certificate, fresh: Fresh<'_>) -> Self {
        let mut octets = Vec::new();
        let at = Self::put(&mut octets, certificate, fresh);
        Self { octets: octets.into(), at }
    }

    /// Those of many, in one buffer.
    pub(crate) fn of_each<'a>(new: impl Iterator<Item = (&'a Certificate, Fresh<'a>)>) -> Vec<Self> {
        let mut octets = Vec::new();
        let places = new.map(|(certificate, fresh)| {
            let start = octets.len();
            let at = Self::put(&mut octets, certificate, fresh);
            (start..octets.len(), at)
        });
        let places: Vec<_> = places.collect();
        let octets = Bytes::from(octets);
        places.into_iter().map(|(place, at)| Self { octets: octets.slice(place), at }).collect()
    }

    /// Puts it behind others; returns where in it the certificate stands.
    fn put(out: &mut Vec<u8>, certificate: &Certificate, fresh: Fresh<'_>) -> usize {
        let start = out.len();
        let set = attribute::set_of(fresh);
        ber::headers(out, LAYERS, certificate.der().len(), set.len());
        let at = out.len() - start;
        out.extend_from_slice(&set);
        at
    }

    /// The octets of the bag.
    pub(crate) fn around<'a>(&'a self, certificate: &'a Certificate) -> Around<'a> {
        Around { frame: &self.octets, at: self.at, certificate: certificate.octets() }
    }
}

/// What is around a certificate in its bag.
pub(super) const LAYERS: &[Layer<'_>] = &[
    (ber::SEQUENCE, oid::CERTIFICATE_BAG_ELEMENT),
    (ber::CONTEXT_0, &[]),
    (ber::SEQUENCE, oid::X509_CERTIFICATE_ELEMENT),
    (ber::CONTEXT_0, &[]),
    (ber::OCTET_STRING, &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bag::{Bag, Raw};
    use crate::error::Result;

    #[test]
    fn new_bags_have_no_copy_of_their_certificates_and_are_the_same_alone_and_together() {
        let key_id = Fresh { name: None, key_id: Some(b"1"), trusted: false };
        let fresh = [Fresh::named("a", true), Fresh::named("\u{1f600}", false), Fresh::default(), key_id];
        let certificates = [2, 127, 128, 300, 70_000].map(|len| Certificate::from_der(vec![7; len]));
        let new = || certificates.iter().flat_map(|certificate| fresh.map(|fresh| (certificate, fresh)));
        let frames = CertificateFrame::of_each(new());
        assert_eq!(frames.len(), new().count());
        for ((certificate, fresh), frame) in new().zip(frames) {
            let bag = Bag::certificate(certificate, fresh);
            let Raw::Around(around) = bag.raw() else { unreachable!() };
            assert_eq!(around.parts(), frame.around(certificate).parts());
            assert_eq!(around.certificate.as_ptr(), certificate.der().as_ptr());
            let whole = Bag::parse(bag.octets(), 16).unwrap();
            let part_by_part = Bag::parse_around(around, 16).unwrap();
            assert!(matches!(part_by_part.raw(), Raw::Around(_)));
            for read in [whole, part_by_part] {
                assert_eq!((read.kind(), read.octets()), (bag.kind(), bag.octets()));
                assert_eq!(format!("{:?}", read.attributes), format!("{:?}", bag.attributes));
            }
        }
    }

    /// Whatever stands around a certificate, and however deep elements may be nested: that it is in parts tells nothing
    /// else of it.
    #[test]
    fn a_bag_in_parts_is_read_as_one_in_a_piece() {
        let bag = Bag::certificate(&Certificate::from_der(vec![5; 140]), Fresh::named("Corp CA", true));
        let Raw::Around(Around { frame, at, certificate }) = bag.raw() else { unreachable!() };
        let same = |frame: &Bytes, at, max_depth| {
            let around = Around { frame, at, certificate };
            let outcome = |read: Result<Bag>| {
                let fields = |bag: Bag| (bag.octets(), bag.kind.clone(), format!("{:?}", bag.attributes));
                read.map(fields).map_err(|error| error.to_string())
            };
            let expected = outcome(Bag::parse(around.joined(), max_depth));
            assert_eq!(outcome(Bag::parse_around(around, max_depth)), expected);
            expected.is_ok()
        };
        let readable = (0..=16).map(|depth| same(frame, at, depth));
        assert_eq!(readable.collect::<Vec<_>>(), (0..=16).map(|depth| depth >= 4).collect::<Vec<_>>());
        // The certificate begins before.
        let longer = Bag::certificate(&Certificate::from_der(vec![5; 141]), Fresh::named("Corp CA", true));
        assert!(same(&[&longer.octets()[..=at], &frame[at..]].concat().into(), at + 1, 16));
        for (place, change) in (0..frame.len()).flat_map(|place| (1..=255).map(move |change| (place, change)))
        {
            let mut other = frame.to_vec();
            other[place] ^= change;
            same(&other.into(), at, 16);
        }
        for at in 0..=frame.len() {
            same(frame, at, 16);
            same(&frame.slice(..at), at.min(1), 16);
            same(&[frame, &frame[..at]].concat().into(), at, 16);
        }
    }
}
