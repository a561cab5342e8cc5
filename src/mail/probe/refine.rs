//! A TLS failure said better, with what else became known of the server.

use rustls::SupportedCipherSuite;

use super::hello::Version;
use crate::mail::failure::{Failure, FailureCode, Stage};
use crate::mail::session::suite_name;
use crate::text::printable;

/// Whether it helps to know what else the server speaks.
pub(super) fn is_riddle(failure: &Failure) -> bool {
    use FailureCode::{ConnectionClosed, TlsAlert, TlsFailed, TlsNoCommonCipher, TlsProtocolVersion};
    failure.stage == Stage::Tls
        && matches!(
            failure.code,
            ConnectionClosed | TlsAlert | TlsFailed | TlsNoCommonCipher | TlsProtocolVersion
        )
}

/// Says what is known: `first` is what the server sent in place of a handshake, `speaks` what it chooses if
/// it is offered everything, `asked` whether it asked for a certificate of the client.
pub(super) fn refine(
    mut failure: Failure,
    first: &[u8],
    speaks: Option<(Version, u16)>,
    asked: bool,
    offered: &[SupportedCipherSuite],
) -> Failure {
    use FailureCode::{ConnectionClosed, TlsAlert, TlsClientCertificate, TlsNoCommonCipher};
    if asked && matches!(failure.code, ConnectionClosed | TlsAlert | TlsNoCommonCipher) {
        failure.code = TlsClientCertificate;
        failure.message =
            "the server wants a certificate from the client, and ends the connection without".into();
        failure.remedy = Some("have the server accept clients without certificates on this port".into());
        return failure;
    }
    if failure.code == FailureCode::TlsNotSpoken {
        if let Some(said) = plain_text(first) {
            failure.message = format!("{}: {said}", failure.message);
        }
        return failure;
    }
    let Some((version, suite)) = speaks else { return failure };
    if version < Version::TLS1_2 {
        failure.code = FailureCode::TlsProtocolVersion;
        failure.message = match version {
            Version::TLS1_1 => {
                "the server speaks nothing newer than TLS 1.1, which is refused (RFC 8996)".into()
            }
            Version::TLS1_0 => "the server speaks only TLS 1.0, which is refused (RFC 8996)".into(),
            _ => format!("the server speaks nothing newer than {}", version.name()),
        };
        failure.remedy =
            Some("have TLS 1.2 or 1.3 enabled on the server; its software may be too old".into());
    } else if failure.code == FailureCode::TlsProtocolVersion {
        failure.message =
            format!("no version of TLS in common: of everything, the server chooses {}", version.name());
        failure.remedy =
            Some("allow that version in the settings, or have another one enabled on the server".into());
    } else if failure.code == TlsNoCommonCipher
        && !offered.iter().any(|known| u16::from(known.suite()) == suite)
    {
        failure.message = format!(
            "no cipher suite in common: of everything, the server chooses {} with {}, which is not used here",
            suite_name(suite.into()),
            version.name()
        );
    }
    failure
}

/// The first line of what is text; `None` for what is TLS, or nothing.
fn plain_text(first: &[u8]) -> Option<String> {
    const SHOWN: usize = 100;
    let line = first.split(|&b| matches!(b, b'\r' | b'\n')).next().filter(|line| !line.is_empty())?;
    if !line.iter().take(8).all(|b| (b' '..=b'~').contains(b)) {
        return None;
    }
    let text: String = String::from_utf8_lossy(line).chars().take(SHOWN).collect();
    Some(printable(&text).into_owned())
}
