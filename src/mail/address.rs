//! A mail address as SMTP says it.

use std::fmt;
use std::str::FromStr;

use crate::text::printable;

/// A mail address that can stand in `MAIL FROM:<…>` and `RCPT TO:<…>` (RFC 5321, section 4.1.2).
///
/// Local parts in quotes and characters beyond ASCII (RFC 6531) are refused: hardly any server takes
/// them, and a quote, a space or a line end is how a command gets into an address.
///
/// ```
/// use truststore::mail::Address;
///
/// let address: Address = "ops+mail@example.com".parse()?;
/// assert_eq!(address.as_str(), "ops+mail@example.com");
/// assert!("ops@example.com>\r\nRCPT TO:<other@example.org".parse::<Address>().is_err());
/// # Ok::<(), truststore::mail::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

/// Why a text is no mail address; `Display` says it, safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError(String);

impl Address {
    /// The address, without angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refused = |reason: &str| {
            Err(AddressError(format!("\"{}\" is not an address for SMTP: {reason}", printable(text))))
        };
        if !text.is_ascii() {
            return refused("it has characters beyond ASCII; write the domain in its xn-- form");
        }
        let Some((local, domain)) = text.rsplit_once('@') else {
            return refused("expected one like user@example.com");
        };
        // RFC 5322, section 3.2.3.
        let is_atom = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
        };
        if local.len() > 64 || !local.split('.').all(is_atom) {
            return refused("before the @ there may be 1 to 64 letters, digits and !#$%&'*+-/=?^_`{|}~.");
        }
        let is_label = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let well = match literal {
            Some(inner) => {
                !inner.is_empty()
                    && inner.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':'))
            }
            None => domain.split('.').all(is_label),
        };
        if domain.len() > 255 || !well {
            return refused("behind the @ there must be a host name, or an IP address in brackets");
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_real_life_pass() {
        for text in
            ["a@b", "first.last+tag@mail.example.com", "root@localhost", "x@[192.0.2.1]", "x@[IPv6:::1]"]
        {
            assert_eq!(text.parse::<Address>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn nothing_in_an_address_can_become_a_command_or_a_parameter() {
        for text in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b c",
            "a@b> SIZE=1",
            "a@b>\r\nDATA",
            "a@b\n",
            "<a@b>",
            "\"a\"@b",
            "a..b@c",
            ".a@c",
            "a@b..c",
            "a@[]",
            "a@[1.2.3.4]>",
            "a\0@b",
            "ä@b",
            "a@ä",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
    }
}
