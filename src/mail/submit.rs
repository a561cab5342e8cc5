//! The part of the conversation that hands over a message: AUTH, MAIL, RCPT, DATA, QUIT, by mail-send.

use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use mail_send::SmtpClient;
use mail_send::smtp::message::Parameters;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::failure::{Failure, FailureCode, Stage};
use super::guard::Guarded;
use super::reply::{Capabilities, Reply};
use super::send::Authenticated;
use super::session::Facts;
use super::{Address, Credentials, trouble};

/// A server that has answered EHLO, and what it can do.
pub(crate) struct Submission<S: AsyncRead + AsyncWrite + Unpin> {
    client: SmtpClient<Guarded<S>>,
    capabilities: Capabilities,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Submission<S> {
    pub(crate) fn new(stream: S, limit: Duration, capabilities: Capabilities) -> Self {
        // The timeout of mail-send's own builder is an hour.
        Self { client: SmtpClient { stream: Guarded::new(stream), timeout: limit }, capabilities }
    }

    /// Logs in, with `PLAIN` (RFC 4616) where it is offered, else with `LOGIN`.
    ///
    /// mail-send's own way through the mechanisms leaves copies of the password behind; these are wiped.
    pub(crate) async fn authenticate(&mut self, credentials: &Credentials) -> Result<Authenticated, Failure> {
        let offered = &self.capabilities.auth;
        let offers = |mechanism: &str| offered.iter().any(|name| name == mechanism);
        let (user, password) = (credentials.user.as_str(), credentials.password.as_str());
        let (mechanism, lines) = if offers("PLAIN") {
            let secret = wiped(&[b"\0", user.as_bytes(), b"\0", password.as_bytes()]);
            let line = wiped(&[b"AUTH PLAIN ", base64(&secret).as_bytes(), b"\r\n"]);
            ("PLAIN", vec![line])
        } else if offers("LOGIN") {
            let line = |text: &str| wiped(&[base64(text.as_bytes()).as_bytes(), b"\r\n"]);
            ("LOGIN", vec![wiped(&[b"AUTH LOGIN\r\n"]), line(user), line(password)])
        } else {
            let found = match offered.as_slice() {
                [] => "no AUTH".to_owned(),
                names => crate::text::printable(&names.join(", ")).into_owned(),
            };
            let message = format!("expected AUTH PLAIN or LOGIN, the server offers {found}");
            return Err(Failure::new(Stage::Auth, FailureCode::AuthNotOffered, message)
                .with_remedy("use the port for submission (587 or 465), or send without user and password"));
        };
        let last = lines.len() - 1;
        for (number, line) in lines.iter().enumerate() {
            let limit = self.client.timeout;
            let answer = self.client.cmd(line).await.map_err(|e| failure(Stage::Auth, limit, e))?;
            let expected = if number == last { 235 } else { 334 };
            if answer.code != expected {
                return Err(refusal(Stage::Auth, reply(answer.code, answer.esc, &answer.message)));
            }
        }
        Ok(Authenticated { user: user.to_owned(), mechanism })
    }

    /// Sends the message; the server's reply to all of it. A single refused recipient ends it for all.
    pub(crate) async fn send(
        &mut self,
        from: &Address,
        to: &[Address],
        message: &[u8],
        facts: &mut Facts,
    ) -> Result<Reply, Failure> {
        let limit = self.client.timeout;
        let message = lines_of(message);
        let mut parameters = Parameters::new();
        if !message.is_ascii() {
            if !self.capabilities.eight_bit_mime {
                return Err(Failure::new(
                    Stage::MailFrom,
                    FailureCode::MessageRefused,
                    "the message has octets beyond ASCII, and the server does not offer 8BITMIME",
                )
                .with_remedy("encode the message in base64 or quoted-printable"));
            }
            parameters.add(("BODY", "8BITMIME"));
        }
        let size = u64::try_from(message.len()).unwrap_or(u64::MAX);
        if let Some(most) = self.capabilities.size.filter(|&most| most < size) {
            let message = format!("the message has {size} octets, the server takes at most {most}");
            return Err(Failure::new(Stage::MailFrom, FailureCode::MessageRefused, message));
        }
        let client = &mut self.client;
        let step = async {
            client.mail_from(from.as_str(), &parameters).await.map_err(|e| failure(Stage::MailFrom, limit, e))
        };
        facts.timed(Stage::MailFrom, step).await?;
        for address in to {
            let step = async {
                let step = client.rcpt_to(address.as_str(), &Parameters::new()).await;
                step.map_err(|e| failure(Stage::RcptTo, limit, e))
            };
            facts.timed(Stage::RcptTo, step).await.map_err(|mut failure| {
                failure.message = format!("{address}: {}", failure.message);
                failure
            })?;
        }
        // One deadline for the whole message would be none for a large one on a slow line.
        client.timeout = limit + Duration::from_secs(size / MIN_OCTETS_PER_SECOND);
        let step = async { client.data(&message).await.map_err(|e| failure(Stage::Data, limit, e)) };
        let sent = facts.timed(Stage::Data, step).await;
        client.timeout = limit;
        sent.map(|answer| reply(answer.code, answer.esc, &answer.message))
    }

    /// Takes leave.
    pub(crate) async fn quit(self) -> Result<(), Failure> {
        let limit = self.client.timeout;
        self.client.quit().await.map_err(|e| failure(Stage::Quit, limit, e))
    }
}

/// A line that is slower is no line for mail.
const MIN_OCTETS_PER_SECOND: u64 = 16 * 1_024;

/// The parts, one behind the other, in memory that is wiped.
fn wiped(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    // The whole capacity at once: growing would leave unwiped copies behind.
    let mut all = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| all.extend_from_slice(part));
    all
}

fn base64(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(Base64::encode_string(bytes))
}

/// The message with CRLF at the end of each line but the last, whose end mail-send writes.
///
/// A CR or LF alone is no line end in SMTP, but some servers take it for one: what is a line for one and
/// not for another is how a second message is smuggled in.
fn lines_of(message: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(message.len() + 64);
    let mut rest = message;
    while let Some(end) = rest.iter().position(|b| matches!(b, b'\r' | b'\n')) {
        let (line, tail) = rest.split_at(end);
        lines.extend_from_slice(line);
        lines.extend_from_slice(b"\r\n");
        rest = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
    }
    lines.extend_from_slice(rest);
    if lines.ends_with(b"\r\n") {
        lines.truncate(lines.len() - 2);
    }
    lines
}

/// mail-send takes an enhanced status code (RFC 3463) out of the text.
fn reply(code: u16, [class, subject, detail]: [u8; 3], message: &str) -> Reply {
    let mut lines: Vec<String> = message.lines().map(|line| line.trim_end().to_owned()).collect();
    if class != 0 {
        let first = lines.first().map(String::as_str).unwrap_or_default();
        let first = format!("{class}.{subject}.{detail} {first}").trim_end().to_owned();
        lines.splice(..lines.len().min(1), [first]);
    }
    Reply { code, lines }
}

fn failure(stage: Stage, limit: Duration, error: mail_send::Error) -> Failure {
    use mail_send::Error;
    match error {
        Error::Io(error) => trouble::io(stage, &error),
        Error::Timeout => trouble::timeout(stage, limit),
        Error::UnexpectedReply(answer) | Error::AuthenticationFailed(answer) => {
            refusal(stage, reply(answer.code, answer.esc, &answer.message))
        }
        other => {
            let said = other.to_string();
            let message = format!("expected an SMTP reply at {stage}: {}", crate::text::printable(&said));
            Failure::new(stage, FailureCode::NotSmtp, message)
        }
    }
}

/// The server's "no" to a command.
fn refusal(stage: Stage, reply: Reply) -> Failure {
    let (code, what, remedy) = match stage {
        Stage::Auth => (
            FailureCode::AuthRefused,
            "user and password",
            "check both; some servers want the whole address as user, or a password made for programs",
        ),
        Stage::MailFrom => (
            FailureCode::SenderRefused,
            "the sender",
            "use an address that the server lets this user send from; it may also want a user and a password",
        ),
        Stage::RcptTo => (
            FailureCode::RecipientRefused,
            "the recipient",
            "check the address; a server that relays to others may want a user and a password first",
        ),
        _ => (FailureCode::MessageRefused, "the message", "the server's reply and its log say why"),
    };
    let again = if reply.code / 100 == 4 { " for now; it may accept later" } else { "" };
    Failure::new(stage, code, format!("the server refuses {what}{again}: {reply}"))
        .with_remedy(remedy)
        .with_reply(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_ends_the_same_way_and_the_last_one_is_left_to_mail_send() {
        for (given, sent) in [
            ("a\r\nb\r\n", "a\r\nb"),
            ("a\nb\rc", "a\r\nb\r\nc"),
            ("a\n.\nb\n", "a\r\n.\r\nb"),
            ("a\r\r\n\n", "a\r\n\r\n"),
            ("", ""),
        ] {
            assert_eq!(lines_of(given.as_bytes()), sent.as_bytes(), "{given:?}");
        }
    }

    #[test]
    fn the_status_code_that_mail_send_takes_out_is_put_back() {
        assert_eq!(reply(535, [5, 7, 8], "no\nreally").lines, ["5.7.8 no", "really"]);
        assert_eq!(reply(535, [0, 0, 0], "no").lines, ["no"]);
        assert_eq!(reply(250, [2, 0, 0], "").lines, ["2.0.0"]);
    }
}
