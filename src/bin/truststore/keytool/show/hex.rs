//! Octets and numbers in hexadecimal, as the JDK writes them.

/// Lines of sixteen octets with their characters (JDK `sun.security.util.HexDumpEncoder`).
pub(super) fn dump(octets: &[u8]) -> String {
    let mut text = String::new();
    for (number, line) in octets.chunks(16).enumerate() {
        text.push_str(&format!("{:04X}: ", number * 16));
        for at in 0..16 {
            match line.get(at) {
                Some(octet) => text.push_str(&format!("{octet:02X} ")),
                None => text.push_str("   "),
            }
            if at == 7 {
                text.push_str("  ");
            }
        }
        text.push(' ');
        text.extend(line.iter().map(|&b| if (b' '..=b'z').contains(&b) { char::from(b) } else { '.' }));
        text.push('\n');
    }
    text
}

/// `AB:CD`.
pub(super) fn colons(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
}

/// A signed number, as `java.math.BigInteger.toString(16)` writes it.
pub(super) fn number(content: &[u8]) -> String {
    let negative = content.first().is_some_and(|&b| b >= 0x80);
    let mut magnitude = content.to_vec();
    if negative {
        // Two's complement: all bits turned, and one.
        let mut carry = true;
        for octet in magnitude.iter_mut().rev() {
            *octet = (!*octet).wrapping_add(u8::from(carry));
            carry = carry && *octet == 0;
        }
    }
    let digits: String = magnitude.iter().map(|octet| format!("{octet:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    if negative { format!("-{digits}") } else { digits.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_sign_and_no_leading_zeros() {
        for (content, text) in [
            (&[0][..], "0"),
            (&[0x0a], "a"),
            (&[0, 0xff, 0x01], "ff01"),
            (&[0xfb], "-5"),
            (&[0xff, 0x00], "-100"),
            (&[], "0"),
        ] {
            assert_eq!(number(content), text);
        }
    }
}
