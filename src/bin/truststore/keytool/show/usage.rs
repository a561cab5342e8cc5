//! What a key is for.

use super::date;
use super::extension::Said;
use super::tlv::{BIT_STRING, Element, SEQUENCE};

pub(super) fn key_usage(value: &[u8], _: bool) -> Said {
    const NAMES: [&str; 9] = [
        "DigitalSignature",
        "Non_repudiation",
        "Key_Encipherment",
        "Data_Encipherment",
        "Key_Agreement",
        "Key_CertSign",
        "Crl_Sign",
        "Encipher_Only",
        "Decipher_Only",
    ];
    let bits = Element::only(value, BIT_STRING)
        .ok_or("java.io.IOException: DerValue.getBitString, not a bit string")?;
    let lines: String =
        bits.bits().into_iter().filter_map(|bit| NAMES.get(bit)).map(|name| format!("  {name}\n")).collect();
    Ok(format!("KeyUsage [\n{lines}]\n"))
}

pub(super) fn extended_key_usage(value: &[u8], _: bool) -> Said {
    const INVALID: &str = "java.io.IOException: Invalid encoding for ExtendedKeyUsageExtension.";
    let purposes = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let mut lines = String::new();
    for purpose in purposes {
        let oid = purpose.oid().ok_or(INVALID)?;
        let name = PURPOSES.iter().find(|row| row.0 == oid).map_or(oid.as_str(), |row| row.1);
        lines.push_str(&format!("  {name}\n"));
    }
    Ok(format!("ExtendedKeyUsages [\n{lines}]\n"))
}

/// JDK `sun.security.util.KnownOIDs`.
const PURPOSES: [(&str, &str); 12] = [
    ("1.3.6.1.4.1.311.10.3.3", "MICROSOFT_ExportApproved"),
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.5", "ipsecEndSystem"),
    ("1.3.6.1.5.5.7.3.6", "ipsecTunnel"),
    ("1.3.6.1.5.5.7.3.7", "ipsecUser"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("2.16.840.1.113730.4.1", "NETSCAPE_ExportApproved"),
    ("2.5.29.37.0", "anyExtendedKeyUsage"),
];

/// The last line has no end of its own in the JDK either.
pub(super) fn netscape_type(value: &[u8], _: bool) -> Said {
    const NAMES: [&str; 8] = [
        "   SSL client\n",
        "   SSL server\n",
        "   S/MIME\n",
        "   Object Signing\n",
        "",
        "   SSL CA\n",
        "   S/MIME CA\n",
        "   Object Signing CA",
    ];
    let bits = Element::only(value, BIT_STRING)
        .ok_or("java.io.IOException: DerValue.getBitString, not a bit string")?;
    let lines: String = bits.bits().into_iter().filter_map(|bit| NAMES.get(bit).copied()).collect();
    Ok(format!("NetscapeCertType [\n{lines}]\n"))
}

/// RFC 3280, section 4.2.1.4.
pub(super) fn private_key_usage(value: &[u8], _: bool) -> Said {
    const INVALID: &str =
        "java.security.cert.CertificateException: Invalid encoding of PrivateKeyUsageExtension";
    let fields = Element::only(value, SEQUENCE).and_then(|element| element.children()).ok_or(INVALID)?;
    let mut said = Vec::new();
    for field in fields {
        let label = match field.tag & 0x1f {
            0 => "From",
            1 => "To",
            _ => return Err(INVALID),
        };
        said.push(format!("{label}: {}", time(field.content).ok_or(INVALID)?));
    }
    Ok(format!("PrivateKeyUsage: [\n{}]\n", said.join(", ")))
}

/// A GeneralizedTime `YYYYMMDDhhmmssZ`.
fn time(content: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(content).ok()?;
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    Some(date::full(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second()))
}
