//! Object identifiers and octets as text.

use std::fmt::Write as _;

/// The dotted form of an object identifier's contents octets (X.690, section 8.19); hexadecimal digits
/// for what is none.
pub(crate) fn dotted(content: &[u8]) -> String {
    arcs(content).unwrap_or_else(|| format!("invalid:{}", hex(content)))
}

fn arcs(content: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut arc: u128 = 0;
    let mut open = false;
    for &b in content {
        arc = arc.checked_mul(128)?.checked_add(u128::from(b & 0x7f))?;
        open = b & 0x80 != 0;
        if open {
            continue;
        }
        if text.is_empty() {
            // The first two arcs share a number, the second being under 40 unless the first is 2.
            let first = (arc / 40).min(2);
            arc -= first * 40;
            let _ = write!(text, "{first}");
        }
        let _ = write!(text, ".{arc}");
        arc = 0;
    }
    (!open && !text.is_empty()).then_some(text)
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().flat_map(|&b| [b >> 4, b & 0xf]).map(|nibble| char::from(digit(nibble, b'a'))).collect()
}

/// Upper-case hexadecimal digits with colons, as `keytool` and OpenSSL print octets.
pub(crate) fn colons(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 3);
    for (i, b) in octets.iter().enumerate() {
        if i > 0 {
            text.push(':');
        }
        text.push(char::from(digit(b >> 4, b'A')));
        text.push(char::from(digit(b & 0xf, b'A')));
    }
    text
}

/// The digit of a number below 16; `ten` is the one for ten.
pub(super) fn digit(nibble: u8, ten: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { ten + nibble - 10 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_dotted() {
        for (content, text) in [
            (&[0x55, 4, 3][..], "2.5.4.3"),
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], "1.2.840.113549.1.1.11"),
            (&[0x88, 0x37, 3], "2.999.3"),
            (&[0x09, 0x92], "invalid:0992"),
            (&[], "invalid:"),
            (&[0xff; 40], &format!("invalid:{}", "ff".repeat(40))),
        ] {
            assert_eq!(dotted(content), text);
        }
        assert_eq!(colons(&[0, 0xab]), "00:AB");
    }
}
