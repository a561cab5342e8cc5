//! The versions of TLS, by their names in Java.

use rustls::version::{TLS12, TLS13};
use rustls::{ProtocolVersion, SupportedProtocolVersion};

use super::field::Given;
use super::lint::{LintCode, Lints};
use crate::error::Result;

const EXPECTED: &str = "a list of TLSv1.3, TLSv1.2, TLSv1.1 and TLSv1";

/// The product's default.
pub(super) fn default() -> Vec<&'static SupportedProtocolVersion> {
    vec![&TLS12]
}

/// The versions that are listed, without those that RFC 8996 forbids.
///
/// These alone are an error: another version in their place would be a surprise, in whichever direction.
pub(super) fn parse(
    given: &Given<'_>,
    lints: &mut Lints<'_>,
) -> Result<Vec<&'static SupportedProtocolVersion>> {
    let mut versions = Vec::new();
    let mut forbidden = Vec::new();
    for name in given.names() {
        let version = match name {
            "TLSv1.3" => &TLS13,
            "TLSv1.2" => &TLS12,
            "TLSv1.1" | "TLSv1" => {
                if !forbidden.contains(&name) {
                    forbidden.push(name);
                }
                continue;
            }
            _ => return Err(given.unexpected(name, EXPECTED, next(name))),
        };
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    if versions.is_empty() {
        let next = match forbidden.is_empty() {
            true => "write TLSv1.2",
            false => "RFC 8996 forbids TLSv1 and TLSv1.1; add TLSv1.2, and have the mail server support it",
        };
        return Err(given.invalid("TLSv1.3 or TLSv1.2", next));
    }
    if !forbidden.is_empty() {
        let message = format!("{} not offered, RFC 8996 forbids it", forbidden.join(" and "));
        lints.add(LintCode::ProtocolDropped, given.line, Some(given.key), message, "take it off the list");
    }
    Ok(versions)
}

/// The name of a version in Java.
pub(super) fn java_name(version: &SupportedProtocolVersion) -> &'static str {
    match version.version {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        _ => "TLSv1.2",
    }
}

fn next(name: &str) -> &'static str {
    if name.to_ascii_lowercase().starts_with("ssl") {
        return "RFC 7568 forbids SSL 3.0 and what was before it; write TLSv1.2";
    }
    match name.eq_ignore_ascii_case("TLSv1.3") {
        true => "write TLSv1.3, in exactly these letters",
        false => "write TLSv1.2, in exactly these letters",
    }
}
