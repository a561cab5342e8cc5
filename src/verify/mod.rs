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
use crate::parallel::{Progress, in_order};
use crate::store::{Entry, TrustStore};

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
    verify_watched(store, policy, &|_| {})
}

/// As [`verify`], on every core; `watch` hears from any of them how many entries are checked.
#[must_use]
pub fn verify_watched(store: &TrustStore, policy: &Policy, watch: &(dyn Fn(Progress) + Sync)) -> Report {
    let mut report = Report { findings: Vec::new(), checked: store.entries().len() };
    for rule in &RULES {
        if let Check::Store(check) = rule.check {
            report.findings.extend(check(store).and_then(|said| policy.finding(rule, said, None)));
        }
    }
    report.findings.extend(container_findings(&legacy_parts(&store.container()), policy));
    let neighbours = Neighbours::of(store);
    let of_entries = in_order(store.entries(), watch, |entry| entry_findings(entry, &neighbours, policy));
    report.findings.extend(of_entries.into_iter().flatten());
    report
}

fn entry_findings(entry: &Entry, neighbours: &Neighbours<'_>, policy: &Policy) -> Vec<Finding> {
    let name = Some(entry.name());
    let inspected = Inspected { entry, neighbours };
    let subject = entry.certificate().map(|certificate| Subject::new(certificate, name));
    let mut findings = Vec::new();
    for rule in &RULES {
        let said = match (&rule.check, &subject) {
            (Check::Entry(check), _) => check(&inspected),
            (Check::Certificate(check), Some(subject)) => check(subject, policy),
            (Check::Anchor(check), Some(subject)) if entry.is_certificate() => check(subject, policy),
            _ => None,
        };
        findings.extend(said.and_then(|said| policy.finding(rule, said, name)));
    }
    findings
}

/// As [`check_certificate`], for each of many certificates in their order, on every core; `watch` hears
/// from any of them how many are checked.
#[must_use]
pub fn check_certificates(
    certificates: &[&Certificate],
    policy: &Policy,
    watch: &(dyn Fn(Progress) + Sync),
) -> Vec<Vec<Finding>> {
    in_order(certificates, watch, |certificate| check_certificate(certificate, policy))
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
