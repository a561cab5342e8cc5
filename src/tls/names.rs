//! The host names of a certificate, where webpki does not compare them.

use std::net::IpAddr;

use rustls::pki_types::ServerName;

use crate::cert::Certificate;

/// The host names and addresses of a certificate (subjectAltName; RFC 5280, section 4.2.1.6).
pub(super) fn presented(certificate: &Certificate) -> Vec<String> {
    let Ok(details) = certificate.details() else { return Vec::new() };
    details.hosts().map(str::to_owned).collect()
}

/// Whether one of its names is this host's.
pub(super) fn fit(certificate: &Certificate, host: &ServerName<'_>) -> bool {
    presented(certificate).iter().any(|name| name_fits(name, host))
}

/// Whether the common name is this host's, of a certificate without host names. An address is never
/// looked for there (`sun.security.util.HostnameChecker.matchIP`).
pub(super) fn common_name_fits(certificate: &Certificate, host: &ServerName<'_>) -> bool {
    if !matches!(host, ServerName::DnsName(_)) || !presented(certificate).is_empty() {
        return false;
    }
    let common_name = certificate.view().ok().and_then(|view| view.subject.common_name());
    common_name.is_some_and(|name| name_fits(&name, host))
}

/// RFC 6125, section 6.4: letters without case, a wildcard for the whole leftmost label only.
fn name_fits(presented: &str, host: &ServerName<'_>) -> bool {
    match host {
        ServerName::DnsName(host) => {
            let host = host.as_ref().trim_end_matches('.');
            match presented.strip_prefix("*.") {
                Some(parent) => {
                    parent.contains('.')
                        && host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent))
                }
                None => presented.eq_ignore_ascii_case(host),
            }
        }
        ServerName::IpAddress(address) => {
            presented.parse::<IpAddr>().is_ok_and(|found| found == IpAddr::from(*address))
        }
        _ => false,
    }
}
