//! GeneralName (RFC 5280, section 4.2.1.6) as text, in OpenSSL's spelling.

use std::net::{Ipv4Addr, Ipv6Addr};

use der::Encode;
use x509_cert::ext::pkix::name::GeneralName;

use super::name::Name;
use super::oid;
use super::view::MAX_DEPTH;
use crate::ber::Reader;

/// `DNS:mail.example.com`, `IP:192.0.2.1`, `URI:http://…`.
pub(super) fn text(name: &GeneralName) -> String {
    match name {
        GeneralName::DirectoryName(name) => format!("DirName:{}", directory_name(name)),
        GeneralName::DnsName(name) => format!("DNS:{name}"),
        GeneralName::EdiPartyName(_) => "EDI party".to_owned(),
        GeneralName::IpAddress(octets) => format!("IP:{}", address(octets.as_bytes())),
        GeneralName::OtherName(other) => {
            let value = other.value.to_der().map_or_else(|e| e.to_string(), |der| oid::hex(&der));
            format!("other:{}=#{value}", other.type_id)
        }
        GeneralName::RegisteredId(id) => format!("RID:{id}"),
        GeneralName::Rfc822Name(name) => format!("email:{name}"),
        GeneralName::UniformResourceIdentifier(name) => format!("URI:{name}"),
    }
}

/// As [`text`], but an address comes with its mask (RFC 5280, section 4.2.1.10).
pub(super) fn subtree(base: &GeneralName) -> String {
    let GeneralName::IpAddress(octets) = base else { return text(base) };
    let octets = octets.as_bytes();
    let (network, mask) = octets.split_at(octets.len() / 2);
    format!("IP:{}/{}", address(network), address(mask))
}

fn address(octets: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return Ipv4Addr::from(v4).to_string();
    }
    match <[u8; 16]>::try_from(octets) {
        Ok(v6) => Ipv6Addr::from(v6).to_string(),
        Err(_) => format!("#{}", oid::hex(octets)),
    }
}

fn directory_name(name: &x509_cert::name::Name) -> String {
    let Ok(der) = name.to_der() else { return name.to_string() };
    let element = Reader::new(&der, MAX_DEPTH).next();
    element.ok().flatten().map_or_else(|| name.to_string(), |element| Name::new(element).to_string())
}
