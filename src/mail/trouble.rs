//! What rustls and the operating system report, in words.

use std::io;
use std::time::Duration;

use rustls::{AlertDescription, InvalidMessage, PeerIncompatible};

use super::failure::{Failure, FailureCode, Stage};
use super::reply::ReplyError;

/// A step that took longer than it may.
pub(crate) fn timeout(stage: Stage, limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    let message = format!("the server did not finish {stage} within {seconds} s");
    let failure = Failure::new(stage, FailureCode::Timeout, message);
    match stage {
        Stage::Banner => failure.with_remedy(
            "if the server expects TLS from the first octet on (port 465), the encryption is SSL_TLS",
        ),
        Stage::Tls => {
            failure.with_remedy("check that the port speaks TLS, and what stands between here and there")
        }
        _ => failure,
    }
}

/// A read or a write that failed, or a handshake.
pub(crate) fn io(stage: Stage, error: &io::Error) -> Failure {
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls(stage, error);
    }
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<ReplyError>()) {
        return not_smtp(stage, *error);
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => closed(stage),
        _ => Failure::new(stage, FailureCode::Io, format!("{stage} failed: {error}")),
    }
}

/// Something else than a reply.
pub(crate) fn not_smtp(stage: Stage, error: ReplyError) -> Failure {
    Failure::new(stage, FailureCode::NotSmtp, format!("expected an SMTP reply at {stage}, found {error}"))
        .with_remedy("check host and port: another service may listen there")
}

/// The server ended the connection.
pub(crate) fn closed(stage: Stage) -> Failure {
    let failure = Failure::new(
        stage,
        FailureCode::ConnectionClosed,
        format!("the server closed the connection during {stage}"),
    );
    match stage {
        Stage::Tls => {
            failure.with_remedy("the server's log says why; some servers close so when they do not speak TLS")
        }
        Stage::Banner => {
            failure.with_remedy("the server's log says why; it may not accept connections from here")
        }
        _ => failure.with_remedy("the server's log says why"),
    }
}

/// What rustls says of a handshake, or of a record after it.
fn tls(stage: Stage, error: &rustls::Error) -> Failure {
    use rustls::Error as Tls;
    let (code, message, remedy) = match error {
        Tls::InvalidCertificate(reason) => (
            FailureCode::CertificateRefused,
            format!("the server's certificate is refused: {}", crate::text::printable(&reason.to_string())),
            "`truststore probe` shows the chain and what is missing",
        ),
        Tls::NoCertificatesPresented => (
            FailureCode::CertificateRefused,
            "the server has no certificate".to_owned(),
            "give the server a certificate",
        ),
        Tls::InvalidMessage(InvalidMessage::InvalidContentType) => (
            FailureCode::TlsNotSpoken,
            "the server answered the TLS handshake in plain text".to_owned(),
            "if this port is for STARTTLS (587 or 25), the encryption is STARTTLS",
        ),
        Tls::AlertReceived(AlertDescription::ProtocolVersion)
        | Tls::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => (
            FailureCode::TlsProtocolVersion,
            "the server speaks none of the TLS versions that are allowed here; TLS 1.3 and TLS 1.2 exist, \
             older ones are refused (RFC 8996)"
                .to_owned(),
            "have TLS 1.2 or 1.3 enabled on the server",
        ),
        // GnuTLS says so too when all that it may speak is TLS 1.0.
        Tls::AlertReceived(AlertDescription::HandshakeFailure) => (
            FailureCode::TlsNoCommonCipher,
            "no cipher suite, group or signature algorithm in common, or the server speaks only TLS 1.0 or \
             1.1 (handshake_failure)"
                .to_owned(),
            "`truststore probe` finds out which; have the server offer TLS 1.2 with ECDHE and AES-GCM, and if \
             cipher suites are configured here, add one that it has",
        ),
        Tls::AlertReceived(AlertDescription::InsufficientSecurity)
        | Tls::PeerIncompatible(
            PeerIncompatible::NoCipherSuitesInCommon
            | PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NoSignatureSchemesInCommon
            | PeerIncompatible::NoEcPointFormatsInCommon,
        ) => (
            FailureCode::TlsNoCommonCipher,
            format!("no cipher suite, group or signature algorithm in common ({error})"),
            "have the server offer ECDHE with AES-GCM or ChaCha20-Poly1305; if cipher suites are configured \
             here, add one that it has",
        ),
        Tls::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::NoCertificate) => (
            FailureCode::TlsClientCertificate,
            "the server wants a certificate from the client".to_owned(),
            "have the server accept clients without certificates on this port",
        ),
        Tls::AlertReceived(AlertDescription::UnrecognisedName) => (
            FailureCode::TlsAlert,
            "the server does not know the host name it was asked for (unrecognized_name)".to_owned(),
            "use the name that the server is configured for",
        ),
        Tls::AlertReceived(alert) => (
            FailureCode::TlsAlert,
            format!("the server ended TLS with the alert {alert:?}"),
            "the server's log says why",
        ),
        other => (
            FailureCode::TlsFailed,
            format!("TLS failed: {}", crate::text::printable(&other.to_string())),
            "the server's log may say more",
        ),
    };
    let mut failure = Failure::new(stage, code, message).with_remedy(remedy);
    failure.tls = Some(Box::new(error.clone()));
    failure
}
