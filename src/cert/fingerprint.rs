//! SHA-256 fingerprints: computing, reading in any usual spelling, writing as `keytool` does.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::oid;
use crate::error::{Error, ErrorKind};

/// The SHA-256 digest of a certificate's DER encoding.
///
/// Reads any usual spelling: upper or lower case, with colons, spaces or dashes between the octets or
/// none, with a `SHA256:` or `sha256=` prefix as tools print it. Writes colons and upper case.
///
/// ```
/// use truststore::Fingerprint;
///
/// let hex = "ab".repeat(32);
/// let fingerprint: Fingerprint = hex.parse()?;
/// assert!(fingerprint.to_string().starts_with("AB:AB:"));
/// assert!("ab".repeat(20).parse::<Fingerprint>().is_err());
/// # Ok::<(), truststore::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of these octets.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        oid::hex(&self.0)
    }
}

impl FromStr for Fingerprint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = |message: String| Error::new(ErrorKind::FingerprintMismatch, message);
        let lower = text.trim().to_ascii_lowercase();
        let digits = ["sha-256", "sha256"]
            .iter()
            .find_map(|prefix| lower.strip_prefix(prefix))
            .map_or(lower.as_str(), |rest| rest.trim_start_matches(" fingerprint"))
            .trim_start_matches([':', '=', ' ']);
        let digits: Vec<char> =
            digits.chars().filter(|c| !matches!(c, ':' | ' ' | '-' | '\u{200e}')).collect();
        let nibbles: Vec<u8> = digits
            .iter()
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or_else(|| invalid(format!("\"{text}\" is not a fingerprint in hexadecimal")))?;
        match nibbles.len() {
            64 => {}
            40 => {
                return Err(invalid(
                    "40 digits are a SHA-1 thumbprint, which can be forged; give the SHA-256 fingerprint \
                     (64 digits)"
                        .to_owned(),
                ));
            }
            32 => {
                return Err(invalid(
                    "32 digits are an MD5 fingerprint, which can be forged; give the SHA-256 fingerprint \
                     (64 digits)"
                        .to_owned(),
                ));
            }
            other => {
                return Err(invalid(format!(
                    "a SHA-256 fingerprint has 64 hexadecimal digits, found {other}"
                )));
            }
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(nibbles.chunks(2)) {
            *byte = pair.iter().fold(0, |value, nibble| value << 4 | nibble);
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A list writes thousands of these.
        let mut text = [b':'; 95];
        for (digits, octet) in text.chunks_mut(3).zip(self.0) {
            if let [high, low, ..] = digits {
                (*high, *low) = (oid::digit(octet >> 4, b'A'), oid::digit(octet & 0xf, b'A'));
            }
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_read() {
        let expected = Fingerprint::of(b"x");
        let hex = expected.to_hex();
        let spaced: String =
            hex.chars().collect::<Vec<_>>().chunks(2).map(|p| p.iter().collect::<String>() + " ").collect();
        for spelling in [
            hex.clone(),
            hex.to_uppercase(),
            expected.to_string(),
            expected.to_string().to_lowercase(),
            format!("SHA256:{hex}"),
            format!("SHA-256: {expected}"),
            format!("sha256 Fingerprint={expected}"),
            format!("SHA256={hex}"),
            spaced,
        ] {
            assert_eq!(spelling.parse::<Fingerprint>().unwrap(), expected, "{spelling}");
        }
    }

    #[test]
    fn a_sha1_thumbprint_is_refused_in_words() {
        let error = "da39a3ee5e6b4b0d3255bfef95601890afd80709".parse::<Fingerprint>().unwrap_err();
        assert!(error.to_string().contains("SHA-1"), "{error}");
    }
}
