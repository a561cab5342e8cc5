//! Certificates in which nothing is odd, told without taking them apart.
//!
//! x509-cert makes some hundred small strings and vectors of a certificate to say that it accepts it, which takes as
//! long as checking a signature. Here nothing is made: what is plain is accepted for certain, and of all else
//! x509-cert is asked, so that what is said of a certificate is its word alone.

use crate::ber::{BIT_STRING, BOOLEAN, CONTEXT_0, INTEGER, NULL, OCTET_STRING, OID, SEQUENCE, SET};

/// `[3]`, in which the extensions stand (RFC 5280, section 4.1).
const CONTEXT_3: u8 = 0xa3;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// What names and algorithms hold: INTEGER, NULL, OID, SEQUENCE, and UTF8, Printable, Teletex, IA5 and BMP strings.
const VALUES: [u8; 9] = [INTEGER, NULL, OID, SEQUENCE, 0x0c, 0x13, 0x14, 0x16, 0x1e];
const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Whether x509-cert accepts these octets for certain; if not, it may accept them nevertheless.
pub(super) fn is_plain(der: &[u8]) -> bool {
    let mut file = Fields(der);
    file.sequence(certificate).is_some() && file.is_empty()
}

fn certificate(fields: &mut Fields<'_>) -> Option<()> {
    fields.sequence(to_be_signed)?;
    fields.sequence(algorithm)?;
    bit_string(fields)
}

fn to_be_signed(fields: &mut Fields<'_>) -> Option<()> {
    if fields.begins_with(CONTEXT_0) {
        let version = fields.take(CONTEXT_0)?;
        matches!(version, [INTEGER, 1, 1 | 2]).then_some(())?;
    }
    serial(fields.take(INTEGER)?)?;
    fields.sequence(algorithm)?;
    fields.sequence(name)?;
    fields.sequence(|validity| {
        time(validity)?;
        time(validity)
    })?;
    fields.sequence(name)?;
    fields.sequence(|key| {
        key.sequence(algorithm)?;
        bit_string(key)
    })?;
    if fields.is_empty() {
        return Some(());
    }
    let mut extensions = Fields(fields.take(CONTEXT_3)?);
    extensions.sequence(|list| list.each(|list| list.sequence(extension)))?;
    extensions.is_empty().then_some(())
}

/// Of at most 20 octets (RFC 5280, section 4.1.2.2), as short as it can be.
fn serial(number: &[u8]) -> Option<()> {
    match number {
        [0x00, 0..0x80, ..] | [0xff, 0x80..=0xff, ..] => None,
        _ => (1..=20).contains(&number.len()).then_some(()),
    }
}

fn algorithm(fields: &mut Fields<'_>) -> Option<()> {
    oid(fields.take(OID)?)?;
    if fields.is_empty() { Some(()) } else { value(fields) }
}

/// With one attribute in each set: the order of several is another matter.
fn name(fields: &mut Fields<'_>) -> Option<()> {
    fields.each(|name| {
        let mut set = Fields(name.take(SET)?);
        set.sequence(|attribute| {
            oid(attribute.take(OID)?)?;
            value(attribute)
        })?;
        set.is_empty().then_some(())
    })
}

fn extension(fields: &mut Fields<'_>) -> Option<()> {
    oid(fields.take(OID)?)?;
    if fields.begins_with(BOOLEAN) {
        (fields.take(BOOLEAN)? == [0xff]).then_some(())?;
    }
    fields.take(OCTET_STRING).map(drop)
}

fn bit_string(fields: &mut Fields<'_>) -> Option<()> {
    matches!(fields.take(BIT_STRING)?, [0, _, ..]).then_some(())
}

fn value(fields: &mut Fields<'_>) -> Option<()> {
    let (tag, _) = fields.next()?;
    VALUES.contains(&tag).then_some(())
}

/// Short, and of numbers that are short; the first octet stands for two numbers.
fn oid(octets: &[u8]) -> Option<()> {
    let mut len = 0;
    for &octet in octets {
        len += 1;
        if len > 4 || (len == 1 && octet == 0x80) {
            return None;
        }
        if octet < 0x80 {
            len = 0;
        }
    }
    let first = *octets.first()?;
    (len == 0 && first < 0x78 && (2..=32).contains(&octets.len())).then_some(())
}

/// With seconds and in UTC (RFC 5280, section 4.1.2.5), from 1970 on, and on no leap day.
fn time(fields: &mut Fields<'_>) -> Option<()> {
    let (tag, text) = fields.next()?;
    let (digits, b"Z") = text.split_at(text.len().checked_sub(1)?) else { return None };
    let (century, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => (None, digits),
        (GENERALIZED_TIME, 14) => digits.split_at_checked(2).map(|(century, rest)| (Some(century), rest))?,
        _ => return None,
    };
    let &[year, month, day, hour, minute, second] = rest.as_chunks::<2>().0 else { return None };
    let year = match (century, number(&year)?) {
        (Some(century), year) => number(century)? * 100 + year,
        (None, year @ 0..50) => 2000 + year,
        (None, year) => 1900 + year,
    };
    let days = DAYS.get(usize::try_from(number(&month)?.checked_sub(1)?).ok()?)?;
    let is_time = year >= 1970
        && (1..=*days).contains(&number(&day)?)
        && number(&hour)? < 24
        && number(&minute)? < 60
        && number(&second)? < 60;
    is_time.then_some(())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, &digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

/// DER elements that follow each other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next element's tag and content, of less than 64 KiB.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, len, rest) = match *self.0 {
            [tag, len @ 0..=0x7f, ref rest @ ..] => (tag, usize::from(len), rest),
            [tag, 0x81, len @ 0x80..=0xff, ref rest @ ..] => (tag, usize::from(len), rest),
            [tag, 0x82, high @ 1..=0xff, low, ref rest @ ..] => {
                (tag, usize::from(u16::from_be_bytes([high, low])), rest)
            }
            _ => return None,
        };
        let content;
        (content, self.0) = rest.split_at_checked(len)?;
        Some((tag, content))
    }

    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| content)
    }

    /// A SEQUENCE of which `read` takes everything.
    fn sequence(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let mut fields = Self(self.take(SEQUENCE)?);
        read(&mut fields)?;
        fields.is_empty().then_some(())
    }

    fn each(&mut self, read: impl Fn(&mut Self) -> Option<()>) -> Option<()> {
        while !self.is_empty() {
            read(self)?;
        }
        Some(())
    }

    fn begins_with(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use x509_cert::der::Decode as _;

    use super::super::sample::{Sample, extension};
    use super::super::tests::public_roots;
    use super::*;

    fn require_accepted_if_plain(der: &[u8]) {
        assert!(!is_plain(der) || x509_cert::Certificate::from_der(der).is_ok(), "{der:02x?}");
    }

    #[test]
    fn what_is_plain_is_accepted_whatever_octet_is_changed() {
        let mut sample = Sample::root("A");
        sample.extensions.push(extension(&[0x2a, 0x83, 0xff, 0xff, 0x7f], false, &[5, 0]));
        let leaf = Sample { not_after: "20500131235959Z", ..Sample::leaf("www.example.com", "A") };
        for whole in [sample.build(), Sample::root("").build(), leaf.build()] {
            let whole = whole.der();
            for at in 0..whole.len() {
                require_accepted_if_plain(&whole[..at]);
                for change in [1, 2, 4, 8, 16, 32, 64, 128, 0x7f, 0xff] {
                    let mut other = whole.to_vec();
                    other[at] ^= change;
                    require_accepted_if_plain(&other);
                }
            }
            require_accepted_if_plain(&[whole, &[0]].concat());
        }
    }

    #[test]
    fn nearly_every_public_root_is_plain_and_none_that_is_refused() {
        let roots = public_roots();
        let plain = roots.iter().filter(|root| is_plain(root.der())).count();
        assert!(plain * 10 >= roots.len() * 9, "{plain} of {}", roots.len());
        for root in &roots {
            require_accepted_if_plain(root.der());
        }
    }

    #[test]
    fn times_are_told_as_x509_cert_tells_them() {
        for time in [
            "691231235959Z",
            "700101000000Z",
            "500101000000Z",
            "490101000000Z",
            "240229000000Z",
            "230229000000Z",
            "230431000000Z",
            "230430000000Z",
            "230430240000Z",
            "230430006000Z",
            "230430000060Z",
            "23043000000Z ",
            "2304300000+0Z",
            "230001000000Z",
            "231301000000Z",
            "230100000000Z",
            "2301010000Z",
        ] {
            let sample = Sample { not_before: time, ..Sample::root("A") };
            require_accepted_if_plain(sample.build().der());
        }
        assert!(is_plain(Sample::root("A").build().der()));
    }
}
