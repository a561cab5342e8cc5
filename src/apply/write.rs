//! The manifest that describes a store.

use std::fmt::Write as _;

use super::action::Kept;
use crate::cert::rfc3339;
use crate::error::Result;
use crate::ops::to_pem;
use crate::store::{Entry, Format, Integrity, JavaView, TrustStore};
use crate::text::printable;

/// A manifest, and what it does not describe.
#[derive(Debug)]
#[non_exhaustive]
pub struct Described {
    /// The manifest in TOML.
    pub toml: String,
    /// The names of the entries that it describes.
    pub entries: Vec<String>,
    /// What a manifest cannot describe: keys, and certificates that Java does not see.
    pub left_out: Vec<Kept>,
}

/// Writes the manifest that describes these entries of a store: its format, and each certificate that Java
/// sees with alias, fingerprint and PEM. Applied to the store it changes nothing; where there is none, it
/// makes one with the same certificates under the same aliases.
///
/// # Errors
/// `Refused` if a certificate is too long for PEM.
pub fn describe<'a>(store: &TrustStore, entries: impl IntoIterator<Item = &'a Entry>) -> Result<Described> {
    let mut toml = String::from("# Written by `truststore export --manifest`.\nversion = 1\n\n[[store]]\n");
    toml.push_str("# `path`, relative to this file; without it, --keystore or the default store.\n");
    let format = match store.format() {
        Format::Jceks => "jceks",
        Format::Jks => "jks",
        Format::Pkcs12 => "pkcs12",
    };
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(toml, "format = \"{format}\"");
    if store.integrity() == Integrity::None && store.password().is_none() {
        toml.push_str("no-password = true\n");
    }
    let mut described = Described { toml, entries: Vec::new(), left_out: Vec::new() };
    for entry in entries {
        let visible = !matches!(entry.java_view(), JavaView::Hidden(_));
        match entry.certificate().filter(|_| entry.is_certificate() && visible) {
            None => {
                let (name, kind) = (printable(entry.name()), entry.kind().code());
                let _ = writeln!(described.toml, "\n# Not described: \"{name}\" ({kind}).");
                described.left_out.push(Kept::of(entry));
            }
            Some(certificate) => {
                let toml = &mut described.toml;
                toml.push('\n');
                if let Ok(view) = certificate.view() {
                    let subject = view.subject.to_string();
                    let _ = writeln!(toml, "# {}, until {}", printable(&subject), rfc3339(view.not_after));
                }
                toml.push_str("[[store.certificate]]\nalias = ");
                string(toml, entry.name());
                let _ = writeln!(toml, "\nsha256 = \"{}\"", certificate.sha256());
                let _ = writeln!(toml, "pem = \"\"\"\n{}\"\"\"", to_pem([certificate])?);
                described.entries.push(entry.name().to_owned());
            }
        }
    }
    Ok(described)
}

/// A basic string (TOML 1.0, "String"), in which nothing can hide.
fn string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            _ if matches!(printable(c.encode_utf8(&mut [0; 4])), std::borrow::Cow::Borrowed(_)) => {
                out.push(c);
            }
            _ => {
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
        }
    }
    out.push('"');
}
