//! Findings and expiries as Prometheus reads them (text format 0.0.4), for the text-file collector of
//! node_exporter.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use truststore::{FindingCode, Integrity, Report, Severity, TrustStore, printable};

/// What was found in one store, or that it could not be read.
pub(crate) struct Metrics<'a> {
    /// The store's path, a label of everything: files of several stores stand in one folder.
    pub(crate) store: &'a str,
    /// Seconds since 1970-01-01 UTC.
    pub(crate) now: i64,
    pub(crate) read: Option<(&'a TrustStore, &'a Report)>,
}

impl Metrics<'_> {
    /// All metrics, each with its help and type.
    pub(crate) fn text(&self) -> String {
        let mut page = Page { text: String::new(), store: label("store", self.store) };
        page.family("truststore_up", "Whether the store could be read (1) or not (0).");
        page.sample("truststore_up", &[], i64::from(self.read.is_some()));
        page.family("truststore_last_run_timestamp_seconds", "When the store was last looked at.");
        page.sample("truststore_last_run_timestamp_seconds", &[], self.now);
        let Some((store, report)) = self.read else { return page.text };
        page.family("truststore_integrity_verified", "Whether the password proves the store unaltered.");
        let verified = store.integrity() == Integrity::Verified;
        page.sample("truststore_integrity_verified", &[], i64::from(verified));
        page.family("truststore_entries", "Entries in the store, by kind.");
        for (kind, count) in kinds(store) {
            page.sample("truststore_entries", &[label("kind", kind)], count);
        }
        page.family("truststore_findings", "Findings of truststore verify, by severity and code.");
        for ((severity, code), count) in findings(report) {
            let severity = severity.to_string();
            let labels = [label("severity", &severity), label("code", code.as_str())];
            page.sample("truststore_findings", &labels, count);
        }
        page.dates(store);
        page.text
    }
}

/// All that Java may trust is there also with none of it, so that an alert on it can be written.
fn kinds(store: &TrustStore) -> BTreeMap<&'static str, usize> {
    let mut kinds = BTreeMap::from([("trusted-certificate", 0)]);
    for entry in store.entries() {
        *kinds.entry(entry.kind().code()).or_default() += 1;
    }
    kinds
}

/// Every code with its usual severity, also where there is none: a series that goes away tells nothing.
fn findings(report: &Report) -> BTreeMap<(Severity, FindingCode), usize> {
    let mut counts: BTreeMap<_, _> = FindingCode::all().map(|code| ((code.severity(), code), 0)).collect();
    for finding in &report.findings {
        *counts.entry((finding.severity, finding.code)).or_default() += 1;
    }
    counts
}

struct Page {
    text: String,
    store: String,
}

impl Page {
    fn family(&mut self, name: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[String], value: impl std::fmt::Display) {
        let _ = write!(self.text, "{name}{{{}", self.store);
        for label in labels {
            let _ = write!(self.text, ",{label}");
        }
        let _ = writeln!(self.text, "}} {value}");
    }

    /// The samples of one name stand together, as the format wants it.
    fn dates(&mut self, store: &TrustStore) {
        let families = [
            ("truststore_certificate_not_before_timestamp_seconds", "The first second of validity."),
            ("truststore_certificate_not_after_timestamp_seconds", "The last second of validity."),
        ];
        for (at, (name, help)) in families.into_iter().enumerate() {
            self.family(name, help);
            for entry in store.entries() {
                let Some(certificate) = entry.certificate() else { continue };
                let Ok(view) = certificate.view() else { continue };
                let fingerprint = certificate.sha256().to_hex();
                let labels = [label("alias", entry.name()), label("sha256", &fingerprint)];
                self.sample(name, &labels, if at == 0 { view.not_before } else { view.not_after });
            }
        }
    }
}

/// `name="value"`, with what the format wants escaped. Somebody else's control characters are made visible first:
/// metrics are read on terminals too, and `sha256` tells certificates apart.
fn label(name: &str, value: &str) -> String {
    let value = printable(value).replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_be_left_from_within() {
        assert_eq!(label("alias", "a\\\"} 1\nup 0"), "alias=\"a\\\\\\\"} 1\\\\u{a}up 0\"");
    }

    #[test]
    fn a_store_that_cannot_be_read_is_down() {
        let text = Metrics { store: "s", now: 7, read: None }.text();
        assert!(text.contains("truststore_up{store=\"s\"} 0\n"), "{text}");
        assert!(text.contains("truststore_last_run_timestamp_seconds{store=\"s\"} 7\n"), "{text}");
        assert!(!text.contains("truststore_findings"), "{text}");
    }
}
