//! The certificates that a server sends, for `-printcert -sslserver`.

use truststore::Certificate;
use truststore::mail::{Encryption, Endpoint, ProbeOptions, fetch_chain};
use truststore::tls::default_provider;

use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;
use crate::network;

/// As the server sends them, its own first; `starttls` names what is spoken before TLS.
pub(super) fn chain(
    session: &Session,
    server: &str,
    starttls: Option<&str>,
) -> Result<Vec<Certificate>, Trouble> {
    let (encryption, smtp) = match starttls {
        None => (Encryption::SslTls, false),
        Some("smtp") => (Encryption::StartTls, true),
        Some(other) => {
            return Err(Trouble::exception(format!("-starttls {other} is not known: give -starttls smtp")));
        }
    };
    let Some((host, port)) = host_and_port(server, if smtp { 25 } else { 443 }) else {
        return Err(Trouble::exception(NO_CERTIFICATE));
    };
    let options = ProbeOptions { smtp, ..ProbeOptions::default() };
    let endpoint = Endpoint::new(host, port, encryption);
    let asked = fetch_chain(&endpoint, default_provider(), &options, session.now_ms.div_euclid(1_000));
    network::wait(asked)?.map_err(|failure| {
        session.note(failure);
        Trouble::exception(NO_CERTIFICATE)
    })
}

/// `host`, `host:port`, `[address]:port`.
fn host_and_port(server: &str, default: u16) -> Option<(&str, u16)> {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    let port = port.map_or(Some(default), |port| port.parse().ok())?;
    (!host.is_empty()).then_some((host, port))
}

const NO_CERTIFICATE: &str = "No certificate from the SSL server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, parsed) in [
            ("host", Some(("host", 443))),
            ("host:8443", Some(("host", 8443))),
            ("[::1]", Some(("::1", 443))),
            ("[::1]:25", Some(("::1", 25))),
            ("host:x", None),
            ("host:1:2", None),
            ("[::1", None),
            ("[::1]25", None),
            ("", None),
            (":443", None),
        ] {
            assert_eq!(host_and_port(text, 443), parsed, "{text}");
        }
    }
}
