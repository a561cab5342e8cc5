//! ASN.1 character strings (X.680, section 41; RFC 5280, appendix A `DirectoryString`).

use std::borrow::Cow;

/// The text of a string type; `None` for another type, and for octets that the type does not have.
pub(super) fn decode(tag: u8, content: &[u8]) -> Option<Cow<'_, str>> {
    match tag {
        // UTF8String.
        0x0c => std::str::from_utf8(content).ok().map(Cow::Borrowed),
        // NumericString, PrintableString, IA5String, VisibleString: ASCII, in which some authorities
        // wrote UTF-8 or Latin-1 nevertheless.
        0x12 | 0x13 | 0x16 | 0x1a => {
            Some(std::str::from_utf8(content).map_or_else(|_| Cow::Owned(latin1(content)), Cow::Borrowed))
        }
        // TeletexString: everybody means Latin-1 by it, as OpenSSL and the JDK take it.
        0x14 => Some(Cow::Owned(latin1(content))),
        // BMPString, read as UTF-16 since that is what is found in it.
        0x1e => {
            let (units, rest) = content.as_chunks::<2>();
            let units = units.iter().map(|&unit| u16::from_be_bytes(unit));
            let text: Option<String> = char::decode_utf16(units).map(Result::ok).collect();
            text.filter(|_| rest.is_empty()).map(Cow::Owned)
        }
        // UniversalString.
        0x1c => {
            let (units, rest) = content.as_chunks::<4>();
            let text: Option<String> =
                units.iter().map(|&unit| char::from_u32(u32::from_be_bytes(unit))).collect();
            text.filter(|_| rest.is_empty()).map(Cow::Owned)
        }
        _ => None,
    }
}

fn latin1(content: &[u8]) -> String {
    content.iter().map(|&b| char::from(b)).collect()
}
