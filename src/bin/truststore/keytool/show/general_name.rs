//! The names of RFC 5280, section 4.2.1.6, as the JDK shows them.

use std::net::Ipv6Addr;

use super::name;
use super::tlv::{Element, OID, SEQUENCE, dotted};

/// One `GeneralName`.
pub(super) fn general_name(element: &Element<'_>) -> Option<String> {
    let text = || String::from_utf8_lossy(element.content).into_owned();
    Some(match element.tag & 0x1f {
        0 => {
            let kind = element.children()?.into_iter().next().filter(|kind| kind.tag == OID)?;
            format!("Other-Name: Unrecognized ObjectIdentifier: {}", kind.oid()?)
        }
        1 => format!("RFC822Name: {}", text()),
        2 => format!("DNSName: {}", text()),
        4 => {
            let inner = element.children()?.into_iter().next()?;
            name::name(&inner)?
        }
        6 => format!("URIName: {}", text()),
        7 => format!("IPAddress: {}", address(element.content)?),
        8 => format!("OIDName: {}", dotted(element.content)?),
        _ => return None,
    })
}

/// Several: the elements of a `GeneralNames`.
pub(super) fn general_names(element: &Element<'_>) -> Option<Vec<String>> {
    let names = element.children()?;
    if names.is_empty() {
        return None;
    }
    names.iter().map(general_name).collect()
}

/// A `GeneralNames` in the octets of an extension.
pub(super) fn of_extension(octets: &[u8]) -> Option<Vec<String>> {
    general_names(&Element::only(octets, SEQUENCE)?)
}

/// An address, or an address and a mask.
fn address(octets: &[u8]) -> Option<String> {
    Some(match octets.len() {
        4 => v4(octets),
        8 => {
            let (address, mask) = octets.split_at_checked(4)?;
            format!("{}/{}", v4(address), v4(mask))
        }
        16 => v6(octets)?,
        32 => {
            let (address, mask) = octets.split_at_checked(16)?;
            let ones: u32 = mask.iter().map(|octet| octet.count_ones()).sum();
            format!("{}/{ones}", v6(address)?)
        }
        _ => return None,
    })
}

fn v4(octets: &[u8]) -> String {
    octets.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
}

/// All eight groups, none left out.
fn v6(octets: &[u8]) -> Option<String> {
    let octets: [u8; 16] = octets.try_into().ok()?;
    let groups = Ipv6Addr::from(octets).segments();
    Some(groups.iter().map(|group| format!("{group:x}")).collect::<Vec<_>>().join(":"))
}
