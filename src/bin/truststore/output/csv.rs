//! The list as comma-separated values (RFC 4180), which a spreadsheet opens without doing what a name says.

use truststore::{EntrySummary, printable, rfc3339};

use super::Out;
use crate::failure::Failure;

const HEADER: [&str; 11] = [
    "alias",
    "java_alias",
    "kind",
    "hidden",
    "subject",
    "issuer",
    "not_before",
    "not_after",
    "expires_in_days",
    "ca",
    "sha256",
];

/// Writes a header and one record for each entry, with CRLF at the ends of lines.
pub(crate) fn write(out: &mut Out, entries: impl Iterator<Item = EntrySummary>) -> Result<(), Failure> {
    out.line(format_args!("{}\r", HEADER.join(",")))?;
    for entry in entries {
        let certificate = entry.certificate.as_ref();
        let name = |text: Option<&String>| text.map(|text| quoted(text)).unwrap_or_default();
        let time = |seconds: Option<i64>| seconds.map(rfc3339).unwrap_or_default();
        let fields = [
            quoted(&entry.alias),
            name(entry.java_alias.as_ref()),
            entry.kind.to_owned(),
            entry.hidden.unwrap_or_default().to_owned(),
            name(certificate.and_then(|c| c.subject.as_ref())),
            name(certificate.and_then(|c| c.issuer.as_ref())),
            time(certificate.and_then(|c| c.not_before)),
            time(certificate.and_then(|c| c.not_after)),
            certificate.and_then(|c| c.expires_in_days).map(|days| days.to_string()).unwrap_or_default(),
            certificate.and_then(|c| c.ca).map(|ca| ca.to_string()).unwrap_or_default(),
            certificate.map(|c| c.sha256.to_string()).unwrap_or_default(),
        ];
        out.line(format_args!("{}\r", fields.join(",")))?;
    }
    Ok(())
}

/// Somebody else's text as a quoted field. What a spreadsheet would take for a formula begins with an
/// apostrophe (OWASP, "CSV Injection"), also in the wide forms of East Asian keyboards.
fn quoted(text: &str) -> String {
    // A tab or a line end, which can begin a formula too, is visible then and no longer first.
    let text = printable(text).replace('"', "\"\"");
    let formula = text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    format!("\"{}{text}\"", if formula { "'" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_spreadsheet_would_run_begins_a_field() {
        for (text, field) in [
            ("corp-ca", "\"corp-ca\""),
            ("a \"b\", c", "\"a \"\"b\"\", c\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("＝1", "\"'＝1\""),
            ("\t=1", "\"\\u{9}=1\""),
            ("a\r\n=1", "\"a\\u{d}\\u{a}=1\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(text), field);
        }
    }
}
