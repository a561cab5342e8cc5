//! Aliases for certificates that nobody named.

use crate::cert::{Certificate, Fingerprint, View};

/// Longer aliases are hard to type and to read in a table.
const MAX_CHARS: usize = 48;

/// A readable alias made from a certificate's subject: of the common name, else of the organizational
/// unit or the organization, in lower case with `-` between the words; from the fingerprint where there
/// is no such name.
#[must_use]
pub fn alias_for(certificate: &Certificate) -> String {
    alias_of(certificate.view().ok().as_ref(), || certificate.sha256())
}

/// As [`alias_for`], of a certificate that is read already.
pub(super) fn alias_of(view: Option<&View<'_>>, sha256: impl FnOnce() -> Fingerprint) -> String {
    let name = view.and_then(|view| {
        let subject = view.subject;
        subject.common_name().or_else(|| subject.organizational_unit()).or_else(|| subject.organization())
    });
    let slug = name.map(|name| slug(&name)).unwrap_or_default();
    if slug.is_empty() {
        let digits: String = sha256().to_hex().chars().take(12).collect();
        return format!("cert-{digits}");
    }
    slug
}

/// The letters and digits of `text` in lower case, all else as single dashes.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(MAX_CHARS);
    for c in text.to_lowercase().chars() {
        if c.is_alphanumeric() || (c == '.' && !slug.is_empty()) {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        // There are never more characters than octets.
        if slug.len() >= MAX_CHARS && slug.chars().count() >= MAX_CHARS {
            break;
        }
    }
    slug.trim_end_matches(['-', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn aliases_are_made_of_letters_digits_and_dashes() {
        for (name, alias) in [
            ("Corp Root CA", "corp-root-ca"),
            ("  ISRG  Root X1 ", "isrg-root-x1"),
            ("mail.example.com", "mail.example.com"),
            ("*.example.com", "example.com"),
            ("Zürich (Test)", "zürich-test"),
            ("\u{1b}[31m", "31m"),
            ("...", ""),
        ] {
            assert_eq!(slug(name), alias);
        }
        assert_eq!(slug(&"x".repeat(100)).len(), super::MAX_CHARS);
    }
}
