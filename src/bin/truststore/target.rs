//! Which server is meant, as a person writes it: `smtps://host`, `host:587`, `tls://[::1]:4465`.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use truststore::mail::{Advice, AdviceSource, Encryption, Endpoint};

use crate::args::Global;
use crate::failure::Failure;

/// A server to ask, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) way: Way,
    /// What was taken for granted, to be said.
    pub(crate) note: Option<String>,
}

/// How a server comes to speak TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// SMTP inside TLS (RFC 8314).
    Smtps,
    /// SMTP, and TLS after STARTTLS (RFC 3207).
    StartTls,
    /// TLS, whatever is spoken inside.
    Tls,
    /// SMTP without TLS, which only settings ask for.
    Plain,
}

impl Way {
    /// Finds the way, the host and the port in what was given.
    pub(crate) fn parse(text: &str, starttls: bool) -> Result<Target, Failure> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err(Failure::usage("expected a server, found a user name too; no credentials are sent"));
        }
        let (host, port) = host_and_port(rest)?;
        let scheme_way = match scheme.as_deref() {
            None => None,
            Some("smtps" | "submissions") => Some(Self::Smtps),
            Some("smtp" | "submission") => Some(Self::StartTls),
            Some("tls" | "ssl") => Some(Self::Tls),
            Some(other) => return Err(unknown_scheme(other, host, port)),
        };
        if let (Some(Self::Smtps | Self::Tls), true, Some(scheme)) = (scheme_way, starttls, &scheme) {
            return Err(Failure::usage(format!(
                "{scheme}:// is TLS from the first octet on, --starttls is TLS after plain text; leave out \
                 one of them"
            )));
        }
        let mut note = None;
        let way = match (scheme_way, starttls, port) {
            (Some(way), ..) => way,
            (None, true, _) => Self::StartTls,
            (None, false, Some(25 | 587 | 2525)) => {
                note =
                    Some("this port is for STARTTLS; smtps:// would have TLS from the first octet on".into());
                Self::StartTls
            }
            (None, false, Some(_)) => Self::Smtps,
            (None, false, None) => {
                return Err(Failure::usage(format!(
                    "\"{text}\" has no port: smtps://{text} means port 465, {text}:587 --starttls the other \
                     usual one"
                )));
            }
        };
        let port = match (port, way) {
            (Some(port), _) => port,
            (None, Self::Smtps) => 465,
            (None, Self::StartTls | Self::Plain) => {
                note = Some("no port was given; 587 is the usual one".into());
                587
            }
            (None, Self::Tls) => {
                return Err(Failure::usage(format!("\"{text}\" has no port, and tls:// has no usual one")));
            }
        };
        Ok(Target { host: host.to_owned(), port, way, note })
    }
}

impl Target {
    /// A mail server of the settings.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        let way = match endpoint.encryption {
            Encryption::SslTls => Way::Smtps,
            Encryption::StartTls => Way::StartTls,
            _ => Way::Plain,
        };
        Self { host: endpoint.host.clone(), port: endpoint.port, way, note: None }
    }

    /// The endpoint, with this time for each step if it is given.
    pub(crate) fn endpoint(&self, timeout: Option<Duration>) -> Endpoint {
        let encryption = match self.way {
            Way::StartTls => Encryption::StartTls,
            Way::Smtps | Way::Tls => Encryption::SslTls,
            Way::Plain => Encryption::None,
        };
        let mut endpoint = Endpoint::new(self.host.clone(), self.port, encryption);
        if let Some(timeout) = timeout {
            endpoint.connect_timeout = timeout;
            endpoint.timeout = timeout;
        }
        endpoint
    }

    /// The command that imports what is advised, into the store that the options name.
    pub(crate) fn import_line(&self, advice: &Advice, server_name: Option<&str>, global: &Global) -> String {
        let mut words = vec!["truststore".to_owned(), "import".to_owned()];
        let mut add = |option: &str, value: &str| words.extend([option.to_owned(), word(value).into_owned()]);
        if let Some(sha256) = &advice.sha256 {
            match self.way {
                Way::Smtps => add("--from-server", &format!("smtps://{self}")),
                Way::Tls => add("--from-server", &format!("tls://{self}")),
                Way::StartTls | Way::Plain => {
                    add("--from-server", &self.to_string());
                    add("--starttls", "smtp");
                }
            }
            if let Some(name) = server_name {
                add("--server-name", name);
            }
            add("--sha256", sha256);
        } else {
            add("--file", "CA.pem");
            add("--sha256", "FINGERPRINT");
        }
        let password = &global.password;
        for (option, value) in [
            ("--alias", advice.alias.clone()),
            ("--keystore", global.keystore.as_ref().map(|path| path.display().to_string())),
            ("--password-file", password.password_file.as_ref().map(|path| path.display().to_string())),
            ("--password-env", password.password_env.clone()),
        ] {
            if let Some(value) = value {
                add(option, &value);
            }
        }
        if advice.source == AdviceSource::ServerLeaf {
            words.push("--leaf".to_owned());
        }
        words.join(" ")
    }
}

/// `host:port`, with brackets around an IPv6 address.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtps => "SMTP over TLS",
            Self::StartTls => "SMTP with STARTTLS",
            Self::Tls => "TLS",
            Self::Plain => "SMTP in plain text",
        })
    }
}

/// One word for the shell that the line is pasted into.
pub(crate) fn word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "._-:@+/".contains(c) || (cfg!(windows) && c == '\\');
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    match cfg!(windows) {
        true => Cow::Owned(format!("\"{text}\"")),
        false => Cow::Owned(format!("'{}'", text.replace('\'', "'\\''"))),
    }
}

/// A time for each step, as an option gives it: seconds, or with a unit (`500ms`, `10s`, `2m`).
pub(crate) fn timeout(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u32 = number.parse().map_err(|_| format!("\"{text}\" is not a time; try 10s"))?;
    let time = match unit {
        "ms" => Duration::from_millis(number.into()),
        "" | "s" => Duration::from_secs(number.into()),
        "m" | "min" => Duration::from_secs(u64::from(number) * 60),
        _ => return Err(format!("\"{unit}\" is not a unit of time here; use ms, s or m")),
    };
    if time.is_zero() || time > Duration::from_secs(3_600) {
        return Err("a time between a millisecond and an hour is expected".to_owned());
    }
    Ok(time)
}

/// Splits `host`, `host:465`, `[::1]`, `[::1]:465`.
fn host_and_port(text: &str) -> Result<(&str, Option<u16>), Failure> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest
            .split_once(']')
            .ok_or_else(|| Failure::usage(format!("\"{text}\" lacks the ] behind the IPv6 address")))?;
        (host, rest.strip_prefix(':').or_else(|| Some(rest).filter(|rest| !rest.is_empty())))
    } else if text.parse::<IpAddr>().is_ok_and(|address| address.is_ipv6()) {
        return Err(Failure::usage(format!(
            "an IPv6 address stands in brackets, before its port: [{text}]:465"
        )));
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control() || "/?#".contains(c)) {
        return Err(Failure::usage(format!(
            "expected a server such as smtps://mail.example.com, found \"{text}\""
        )));
    }
    if !host.is_ascii() {
        return Err(Failure::usage(format!(
            "the host name \"{host}\" has letters beyond ASCII; give it as the certificate has it (xn--…)"
        )));
    }
    let port = port.map(|port| match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(Failure::usage(format!("\"{port}\" is not a port; a port is a number from 1 to 65535"))),
    });
    Ok((host, port.transpose()?))
}

fn unknown_scheme(scheme: &str, host: &str, port: Option<u16>) -> Failure {
    let usual = match scheme {
        "https" => Some(443),
        "imaps" => Some(993),
        "pop3s" => Some(995),
        "ldaps" => Some(636),
        _ => None,
    };
    match port.or(usual).filter(|_| usual.is_some()) {
        Some(port) => Failure::usage(format!(
            "{scheme}:// is not for sending mail; the certificate of that server shows tls://{host}:{port}"
        )),
        None => Failure::usage(format!(
            "\"{scheme}://\" is not known here; there are smtps://, smtp:// and tls://"
        )),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_server_is_understood() {
        for (text, starttls, host, port, way) in [
            ("smtps://mail.example.com", false, "mail.example.com", 465, Way::Smtps),
            ("SMTPS://mail.example.com:4465/", false, "mail.example.com", 4465, Way::Smtps),
            ("mail.example.com:465", false, "mail.example.com", 465, Way::Smtps),
            ("mail.example.com:1025", false, "mail.example.com", 1025, Way::Smtps),
            ("mail.example.com:587", false, "mail.example.com", 587, Way::StartTls),
            ("mail.example.com:25", true, "mail.example.com", 25, Way::StartTls),
            ("mail.example.com", true, "mail.example.com", 587, Way::StartTls),
            ("smtp://mail.example.com:2587", false, "mail.example.com", 2587, Way::StartTls),
            ("smtp://mail.example.com", true, "mail.example.com", 587, Way::StartTls),
            ("tls://192.0.2.1:443", false, "192.0.2.1", 443, Way::Tls),
            ("[::1]:465", false, "::1", 465, Way::Smtps),
            ("smtps://[2001:db8::1]", false, "2001:db8::1", 465, Way::Smtps),
        ] {
            let target = Way::parse(text, starttls).unwrap();
            assert_eq!((target.host.as_str(), target.port, target.way), (host, port, way), "{text}");
        }
    }

    #[test]
    fn what_is_taken_for_granted_is_said() {
        assert!(Way::parse("mail.example.com:587", false).unwrap().note.is_some());
        assert!(Way::parse("mail.example.com", true).unwrap().note.is_some());
        assert!(Way::parse("smtps://mail.example.com", false).unwrap().note.is_none());
    }

    #[test]
    fn a_server_that_cannot_be_meant_is_refused_with_the_way_on() {
        for (text, starttls, expected) in [
            ("mail.example.com", false, "smtps://mail.example.com means port 465"),
            ("https://mail.example.com", false, "tls://mail.example.com:443"),
            ("imaps://mail.example.com:1993", false, "tls://mail.example.com:1993"),
            ("ftp://mail.example.com", false, "smtps://, smtp:// and tls://"),
            ("tls://mail.example.com", false, "no port"),
            ("smtps://mail.example.com", true, "leave out one"),
            ("smtps://joe:secret@mail.example.com", false, "no credentials"),
            ("::1", false, "[::1]:465"),
            ("[::1", false, "lacks the ]"),
            ("[::1]465x", false, "not a port"),
            ("mail.example.com:0", false, "not a port"),
            ("mail.example.com:smtp", false, "not a port"),
            ("", false, "expected a server"),
            ("smtps://mail.example.com/inbox", false, "expected a server"),
            ("zürich.example:465", false, "xn--"),
        ] {
            let message = Way::parse(text, starttls).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }

    #[test]
    fn a_time_has_a_unit_or_is_in_seconds() {
        assert_eq!(timeout("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(timeout("5"), Ok(Duration::from_secs(5)));
        assert_eq!(timeout("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "0", "-1", "5h", "99999999"] {
            timeout(wrong).unwrap_err();
        }
    }
}
