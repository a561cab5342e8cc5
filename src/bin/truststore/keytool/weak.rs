//! Algorithms and sizes of keys that the JDK warns of (`jdk.certpath.disabledAlgorithms` and
//! `jdk.security.legacyAlgorithms` of JDK 17).

use truststore::Certificate;

use super::show::algorithm::{Key, key, signature};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Disabled,
    Fine,
    Weak,
}

/// The name of a signature algorithm, with what is to be said of it.
pub(crate) fn marked_signature(name: &str) -> String {
    marked(name, of_signature(name))
}

/// A key, with what is to be said of it.
pub(crate) fn marked_key(key: &Key) -> String {
    marked(&key.description(), of_key(key))
}

/// The warnings that a certificate deserves; `trusted` if nobody checks its signature.
pub(crate) fn warnings(whose: &str, certificate: &Certificate, trusted: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    let Ok(view) = certificate.view() else { return warnings };
    let name = signature(&view);
    match of_signature(&name) {
        _ if trusted => {}
        Verdict::Disabled => warnings.push(format!(
            "{whose} uses the {name} signature algorithm which is considered a security risk and is disabled."
        )),
        Verdict::Weak => warnings.push(format!(
            "{whose} uses the {name} signature algorithm which is considered a security risk. This \
             algorithm will be disabled in a future update."
        )),
        Verdict::Fine => {}
    }
    let key = key(&view);
    let description = key.description();
    match of_key(&key) {
        Verdict::Disabled => warnings.push(format!(
            "{whose} uses a {description} which is considered a security risk and is disabled."
        )),
        Verdict::Weak => warnings.push(format!(
            "{whose} uses a {description} which is considered a security risk. This key size will be \
             disabled in a future update."
        )),
        Verdict::Fine => {}
    }
    warnings
}

/// `whose`, and which of several it is.
pub(crate) fn numbered(whose: &str, number: usize, of: usize) -> String {
    if of == 1 { whose.to_owned() } else { format!("{whose} #{} of {of}", number + 1) }
}

fn marked(what: &str, verdict: Verdict) -> String {
    match verdict {
        Verdict::Disabled => format!("{what} (disabled)"),
        Verdict::Fine => what.to_owned(),
        Verdict::Weak => format!("{what} (weak)"),
    }
}

fn of_signature(name: &str) -> Verdict {
    match name.split_once("with").map(|(digest, _)| digest) {
        Some("MD2" | "MD5") => Verdict::Disabled,
        Some("SHA1") => Verdict::Weak,
        _ => Verdict::Fine,
    }
}

fn of_key(key: &Key) -> Verdict {
    match (key.family.as_str(), key.bits) {
        ("RSA" | "DSA", Some(..1024)) | ("EC", Some(..224)) => Verdict::Disabled,
        ("RSA" | "DSA", Some(..2048)) => Verdict::Weak,
        _ => Verdict::Fine,
    }
}
