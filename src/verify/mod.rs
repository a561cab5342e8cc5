//! Findings about a store and its certificates.

mod certificate;
mod chain;
mod finding;
mod lint;
mod store;
mod survey;

pub use chain::{ChainHint, LeafChain, roots_of};
pub use finding::{Finding, FindingCode, Policy, Report, Severity};
pub use survey::{Place, Survey, SurveyedCertificate, SurveyedStore, Surveyor};

use crate::cert::Certificate;
use crate::store::TrustStore;

use certificate::Subject;
use lint::{Check, RULES};
use store::{Inspected, LegacyPart, Neighbours, legacy_parts};

/// Checks a store and each of its entries.
///
/// ```
/// use truststore::{Format, Password, Policy, TrustStore, verify};
///
/// let store = TrustStore::new(Format::Jks, Password::new("changeit"));
/// let report = verify(&store, &Policy::at(1_700_000_000));
/// assert!(report.findings.is_empty());
/// ```
#[must_use]
pub fn verify(store: &TrustStore, policy: &Policy) -> Report {
    let mut report = Report { findings: Vec::new(), checked: store.entries().len() };
    for rule in &RULES {
        if let Check::Store(check) = rule.check {
            report.findings.extend(check(store).and_then(|said| policy.finding(rule, said, None)));
        }
    }
    report.findings.extend(container_findings(&legacy_parts(&store.container()), policy));
    let neighbours = Neighbours::of(store);
    for entry in store.entries() {
        let name = Some(entry.name());
        let inspected = Inspected { entry, neighbours: &neighbours };
        let subject = entry.certificate().map(|certificate| Subject::new(certificate, name));
        for rule in &RULES {
            let said = match (&rule.check, &subject) {
                (Check::Entry(check), _) => check(&inspected),
                (Check::Certificate(check), Some(subject)) => check(subject, policy),
                (Check::Anchor(check), Some(subject)) if entry.is_certificate() => check(subject, policy),
                _ => None,
            };
            report.findings.extend(said.and_then(|said| policy.finding(rule, said, name)));
        }
    }
    report
}

/// Checks one certificate that is to become a trust anchor: what an import warns about.
#[must_use]
pub fn check_certificate(certificate: &Certificate, policy: &Policy) -> Vec<Finding> {
    let subject = Subject::new(certificate, None);
    let mut findings = Vec::new();
    for rule in &RULES {
        let said = match rule.check {
            Check::Certificate(check) | Check::Anchor(check) => check(&subject, policy),
            Check::Container | Check::Entry(_) | Check::Store(_) => None,
        };
        findings.extend(said.and_then(|said| policy.finding(rule, said, None)));
    }
    findings
}

/// Findings about the algorithms of a container, one for each part that has a legacy one.
fn container_findings(parts: &[LegacyPart], policy: &Policy) -> Vec<Finding> {
    let rules = RULES.iter().filter(|rule| matches!(rule.check, Check::Container));
    rules.flat_map(|rule| parts.iter().filter_map(|part| policy.finding(rule, part.say(), None))).collect()
}

#[cfg(test)]
mod tests;
