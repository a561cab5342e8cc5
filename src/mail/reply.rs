//! What a server says: one reply, and the capabilities in the reply to `EHLO`.

use std::fmt;

/// Longer than any server's line; RFC 5321, section 4.5.3.1.5 allows 512 octets.
const MAX_LINE: usize = 2_048;
/// A reply to `EHLO` has some thirty lines.
pub(crate) const MAX_REPLY: usize = 16 * 1_024;

/// One reply of an SMTP server (RFC 5321, section 4.2): its code, and the text of each line.
///
/// The text is somebody else's. `Display` escapes what a terminal could take for a command.
///
/// ```
/// use truststore::mail::Reply;
///
/// let (reply, used) = Reply::parse(b"250-mail.example.com\r\n250 STARTTLS\r\n220 ")?.expect("complete");
/// assert_eq!((reply.code, used), (250, 36));
/// assert_eq!(reply.lines, ["mail.example.com", "STARTTLS"]);
/// assert!(Reply::parse(b"250-mail.example.com\r\n")?.is_none());
/// assert!(Reply::parse(b"SSH-2.0-OpenSSH_9.6\r\n").is_err());
/// # Ok::<(), truststore::mail::ReplyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Reply {
    /// Three digits; the first one says how it went, 2 to 5.
    pub code: u16,
    /// The text of each line behind the code; what is not UTF-8 is replaced.
    pub lines: Vec<String>,
}

/// Why octets are no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplyError {
    /// A line does not start with a code and a separator.
    NotAReply,
    /// The lines of one reply have different codes.
    CodesDiffer,
    /// A line, or the lines together, are longer than any reply.
    TooLong,
}

impl Reply {
    /// The first reply in `bytes` and how many octets it takes; `None` as long as its last line is not
    /// complete.
    ///
    /// Lines end in CRLF; a bare LF is tolerated, since no meaning hangs on it.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] as soon as it is certain that no octet to come makes it a reply.
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, ReplyError> {
        let mut lines = Vec::new();
        let mut code = None;
        let mut used = 0;
        for line in bytes.split_inclusive(|&b| b == b'\n') {
            used += line.len();
            if line.len() > MAX_LINE || used > MAX_REPLY {
                return Err(ReplyError::TooLong);
            }
            let Some(content) = line.strip_suffix(b"\n") else {
                // The beginning of a line: without its code it will never be one.
                let digits = line.get(..3).unwrap_or(line);
                let well = digits.iter().all(u8::is_ascii_digit) && !starts_badly(digits);
                return if well { Ok(None) } else { Err(ReplyError::NotAReply) };
            };
            let (number, is_last, text) = Self::line(content.strip_suffix(b"\r").unwrap_or(content))?;
            if *code.get_or_insert(number) != number {
                return Err(ReplyError::CodesDiffer);
            }
            lines.push(text);
            if is_last {
                return Ok(Some((Self { code: number, lines }, used)));
            }
        }
        Ok(None)
    }

    /// One line without its end: the code, whether it is the last one, the text.
    fn line(line: &[u8]) -> Result<(u16, bool, String), ReplyError> {
        let (digits, rest) = line.split_at_checked(3).ok_or(ReplyError::NotAReply)?;
        if starts_badly(digits) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(ReplyError::NotAReply);
        }
        let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
        let (is_last, text) = match rest {
            [b' ', text @ ..] => (true, text),
            [b'-', text @ ..] => (false, text),
            // Some servers leave the space out where no text follows.
            [] => (true, rest),
            _ => return Err(ReplyError::NotAReply),
        };
        Ok((code, is_last, String::from_utf8_lossy(text).into_owned()))
    }

    /// True for 200 to 299.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.code / 100 == 2
    }
}

fn starts_badly(digits: &[u8]) -> bool {
    digits.first().is_some_and(|first| !(b'2'..=b'5').contains(first))
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        // A page of text helps nobody in an error message.
        const MAX_CHARS: usize = 400;
        let mut left = MAX_CHARS;
        for line in &self.lines {
            let text: String = line.chars().take(left).collect();
            left -= text.chars().count();
            write!(f, " {}", crate::text::printable(text.trim()))?;
            if left == 0 {
                return f.write_str("…");
            }
        }
        Ok(())
    }
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAReply => "a line that does not start with a reply code",
            Self::CodesDiffer => "a reply whose lines have different codes",
            Self::TooLong => "a reply without an end",
        })
    }
}

impl std::error::Error for ReplyError {}

/// What a server says it can do, in its reply to `EHLO` (RFC 5321, section 4.1.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Capabilities {
    /// `STARTTLS` (RFC 3207).
    pub starttls: bool,
    /// The mechanisms of `AUTH` (RFC 4954), in upper case.
    pub auth: Vec<String>,
    /// The largest message that it takes, in octets (`SIZE`, RFC 1870); `None` if it does not say.
    pub size: Option<u64>,
    /// `8BITMIME` (RFC 6152).
    pub eight_bit_mime: bool,
}

impl Capabilities {
    /// What a reply to `EHLO` offers.
    ///
    /// ```
    /// use truststore::mail::{Capabilities, Reply};
    ///
    /// let (reply, _) = Reply::parse(b"250-mail.example.com\r\n250 STARTTLS\r\n")?.expect("complete");
    /// assert!(Capabilities::of(&reply).starttls);
    /// # Ok::<(), truststore::mail::ReplyError>(())
    /// ```
    #[must_use]
    pub fn of(reply: &Reply) -> Self {
        let mut found = Self::default();
        // The first line is a greeting.
        for line in reply.lines.iter().skip(1) {
            let mut words = line.split_ascii_whitespace().map(str::to_ascii_uppercase);
            match words.next().unwrap_or_default().as_str() {
                "STARTTLS" => found.starttls = true,
                "8BITMIME" => found.eight_bit_mime = true,
                // 0 stands for "no fixed limit".
                "SIZE" => {
                    found.size = words.next().and_then(|size| size.parse().ok()).filter(|&size| size > 0);
                }
                "AUTH" => found.auth.extend(words),
                _ => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_ends_with_its_last_line_and_what_follows_is_not_its() {
        let (reply, used) = Reply::parse(b"220 go ahead\r\n250 injected\r\n").unwrap().unwrap();
        assert_eq!((reply.code, used), (220, 14));
        assert_eq!(reply.lines, ["go ahead"]);
    }

    #[test]
    fn line_feeds_alone_and_codes_alone_are_read() {
        let (reply, used) = Reply::parse(b"250-a\n250\n").unwrap().unwrap();
        assert_eq!((reply.lines, used), (vec!["a".to_owned(), String::new()], 10));
    }

    #[test]
    fn what_cannot_become_a_reply_is_known_at_once() {
        for bytes in ["H", "2x", "1", "6", "99", "200:", "25 \n", "\r\n", "\u{15}\u{3}\u{1}"] {
            let bytes = if bytes == "200:" { "200:\n" } else { bytes };
            assert_eq!(Reply::parse(bytes.as_bytes()), Err(ReplyError::NotAReply), "{bytes:?}");
        }
        for bytes in ["", "2", "22", "220", "220 ", "220-a\r\n", "220-a\r\n2"] {
            assert_eq!(Reply::parse(bytes.as_bytes()), Ok(None), "{bytes:?}");
        }
        assert_eq!(Reply::parse(b"250-a\r\n220 b\r\n"), Err(ReplyError::CodesDiffer));
    }

    #[test]
    fn a_reply_has_a_size() {
        let long = [b"250 ".as_slice(), &[b'a'; MAX_LINE]].concat();
        assert_eq!(Reply::parse(&long), Err(ReplyError::TooLong));
        let many = b"250-a\r\n".repeat(MAX_REPLY / 7 + 1);
        assert_eq!(Reply::parse(&many), Err(ReplyError::TooLong));
    }

    #[test]
    fn capabilities_are_words_not_substrings() {
        let text = b"250-STARTTLS here\r\n250-XSTARTTLS\r\n250-auth plain Login\r\n250-SIZE 1000\r\n250 8bitmime\r\n";
        let (reply, _) = Reply::parse(text).unwrap().unwrap();
        let found = Capabilities::of(&reply);
        assert!(!found.starttls, "neither the greeting nor another word is the offer");
        assert_eq!((found.auth, found.size), (vec!["PLAIN".to_owned(), "LOGIN".to_owned()], Some(1_000)));
        assert!(found.eight_bit_mime);
    }

    #[test]
    fn what_a_server_says_is_shortened_and_safe_to_print() {
        let reply = Reply { code: 550, lines: vec!["no\u{1b}[2J".to_owned(), "x".repeat(500)] };
        let text = reply.to_string();
        assert!(text.starts_with("550 no\\u{1b}[2J x") && text.ends_with('…') && text.len() < 450, "{text}");
    }
}
