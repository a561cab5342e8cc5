//! Several stores side by side: which certificate is where, which stores trust the same, what is wrong.

use std::collections::{BTreeSet, HashMap};

use super::{Finding, Policy, Severity, verify};
use crate::cert::{Certificate, Fingerprint};
use crate::error::Error;
use crate::ops::{CertificateSummary, Failure};
use crate::store::{Format, Integrity, TrustStore};

/// Takes one store after the other and makes a [`Survey`] of them; no store is kept.
///
/// ```
/// use truststore::{Format, Password, Policy, Surveyor, TrustStore};
///
/// let store = TrustStore::new(Format::Jks, Password::new("changeit"));
/// let mut surveyor = Surveyor::new(Policy::at(1_700_000_000));
/// surveyor.add("a.jks", &store);
/// surveyor.add("b.jks", &store);
/// let survey = surveyor.finish();
/// assert_eq!(survey.stores[1].same_as, Some(0));
/// ```
#[derive(Debug)]
pub struct Surveyor {
    policy: Policy,
    stores: Vec<SurveyedStore>,
    known: HashMap<Fingerprint, SurveyedCertificate>,
}

/// Several stores side by side: each one's findings, and every certificate with its places.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Survey {
    /// The stores, as they were added.
    pub stores: Vec<SurveyedStore>,
    /// Every certificate once: the next to expire first, those that cannot be read last.
    pub certificates: Vec<SurveyedCertificate>,
}

/// One store of a [`Survey`].
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SurveyedStore {
    /// How it was called when it was added: its path.
    pub path: String,
    /// Why it could not be read; then there is nothing in the fields below.
    pub error: Option<Failure>,
    /// The container's format.
    pub format: Option<Format>,
    /// What proves that nobody altered it.
    pub integrity: Option<Integrity>,
    /// How many entries it has, of any kind.
    pub entries: usize,
    /// How many different certificates Java trusts with it.
    pub trusted: usize,
    /// How many certificates other stores of the survey trust and this one does not.
    pub lacks: usize,
    /// The number, from 0, of the first store of the survey that trusts exactly the same certificates, where
    /// that is another one.
    pub same_as: Option<usize>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
}

/// One certificate of a [`Survey`].
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct SurveyedCertificate {
    /// Subject, validity, fingerprint.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub summary: CertificateSummary,
    /// The public key's algorithm and size, as `RSA 2048`.
    pub public_key: Option<String>,
    /// The name of the signature's algorithm.
    pub signature_algorithm: Option<String>,
    /// The worst finding about an entry with this certificate.
    pub severity: Option<Severity>,
    /// Where it is.
    pub places: Vec<Place>,
}

/// One entry that holds a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Place {
    /// The store's number in the survey, from 0.
    pub store: usize,
    /// The entry's name in that store.
    pub alias: String,
    /// The entry's kind, as in [`EntrySummary`](crate::EntrySummary): `trusted-certificate`, `private-key`, ….
    pub kind: &'static str,
    /// Whether Java trusts the certificate for this entry.
    pub trusted: bool,
}

impl Surveyor {
    /// No stores yet; their findings will follow this policy.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self { policy, stores: Vec::new(), known: HashMap::new() }
    }

    /// Adds a store under a name, usually its path.
    pub fn add(&mut self, path: impl Into<String>, store: &TrustStore) {
        let findings = verify(store, &self.policy).findings;
        let mut worst: HashMap<&str, Severity> = HashMap::new();
        for finding in &findings {
            if let Some(entry) = finding.entry.as_deref() {
                let severity = worst.entry(entry).or_insert(finding.severity);
                *severity = finding.severity.max(*severity);
            }
        }
        let number = self.stores.len();
        for entry in store.entries() {
            let severity = worst.get(entry.name()).copied();
            for certificate in entry.certificates() {
                let known = self.known.entry(certificate.sha256());
                let known = known.or_insert_with(|| SurveyedCertificate::of(certificate, self.policy.now));
                known.severity = known.severity.max(severity);
                known.places.push(Place {
                    store: number,
                    alias: entry.name().to_owned(),
                    kind: entry.kind().code(),
                    trusted: entry.is_trusted() && entry.java_alias().is_some(),
                });
            }
        }
        self.stores.push(SurveyedStore {
            format: Some(store.format()),
            integrity: Some(store.integrity()),
            entries: store.entries().len(),
            findings,
            ..SurveyedStore::named(path.into())
        });
    }

    /// Adds a store that could not be read.
    pub fn add_unreadable(&mut self, path: impl Into<String>, error: &Error) {
        let error = Some(Failure::of(error));
        self.stores.push(SurveyedStore { error, ..SurveyedStore::named(path.into()) });
    }

    /// Puts the certificates in order, and compares the stores.
    #[must_use]
    pub fn finish(self) -> Survey {
        let mut stores = self.stores;
        let mut certificates: Vec<SurveyedCertificate> = self.known.into_values().collect();
        certificates.sort_by_cached_key(|certificate| {
            let summary = &certificate.summary;
            (summary.not_after.unwrap_or(i64::MAX), summary.subject.clone(), summary.sha256)
        });
        let mut trusted: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); stores.len()];
        let mut all = 0;
        for (at, certificate) in certificates.iter().enumerate() {
            let places = certificate.places.iter().filter(|place| place.trusted);
            let sets = places.filter_map(|place| trusted.get_mut(place.store).map(|set| set.insert(at)));
            all += usize::from(sets.count() > 0);
        }
        let mut first: HashMap<&BTreeSet<usize>, usize> = HashMap::new();
        for (number, (store, set)) in stores.iter_mut().zip(&trusted).enumerate() {
            if store.error.is_none() {
                store.trusted = set.len();
                store.lacks = all - set.len();
                store.same_as = Some(*first.entry(set).or_insert(number)).filter(|&same| same != number);
            }
        }
        Survey { stores, certificates }
    }
}

impl Survey {
    /// Of the certificates in the store of this number the one that expires first, or has expired.
    #[must_use]
    pub fn first_to_expire(&self, store: usize) -> Option<&SurveyedCertificate> {
        self.certificates.iter().find(|known| known.places.iter().any(|place| place.store == store))
    }

    /// How many findings of all stores have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.stores.iter().map(|store| store.count(severity)).sum()
    }

    /// How many stores could not be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.stores.iter().filter(|store| store.error.is_some()).count()
    }
}

impl SurveyedStore {
    fn named(path: String) -> Self {
        Self {
            path,
            error: None,
            format: None,
            integrity: None,
            entries: 0,
            trusted: 0,
            lacks: 0,
            same_as: None,
            findings: Vec::new(),
        }
    }

    /// How many of its findings have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

impl SurveyedCertificate {
    fn of(certificate: &Certificate, now: i64) -> Self {
        let view = certificate.view().ok();
        Self {
            summary: CertificateSummary::of(certificate, now),
            public_key: view.as_ref().map(|view| view.public_key().to_string()),
            signature_algorithm: view.as_ref().map(|view| view.signature_algorithm_name()),
            severity: None,
            places: Vec::new(),
        }
    }

    /// Whether Java trusts it with the store of this number.
    #[must_use]
    pub fn is_trusted_in(&self, store: usize) -> bool {
        self.places.iter().any(|place| place.store == store && place.trusted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cert::sample::Sample;
    use crate::error::ErrorKind;
    use crate::password::Password;

    fn store(roots: &[&str]) -> TrustStore {
        let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
        for root in roots {
            store.insert(root, Sample::root(root).build(), 0).unwrap();
        }
        store
    }

    #[test]
    fn stores_are_compared_by_what_java_trusts() {
        let mut surveyor = Surveyor::new(Policy::at(1_767_225_600));
        surveyor.add("one", &store(&["A", "B"]));
        surveyor.add_unreadable("broken", &Error::new(ErrorKind::Damaged, "no store"));
        surveyor.add("other order", &store(&["B", "A"]));
        surveyor.add("less", &store(&["B"]));
        let survey = surveyor.finish();
        let compared: Vec<(usize, usize, Option<usize>)> =
            survey.stores.iter().map(|store| (store.trusted, store.lacks, store.same_as)).collect();
        assert_eq!(compared, [(2, 0, None), (0, 0, None), (2, 0, Some(0)), (1, 1, None)]);
        assert_eq!(survey.unreadable(), 1);
        let places: Vec<usize> = survey.certificates.iter().map(|known| known.places.len()).collect();
        assert_eq!(places, [2, 3], "{:?}", survey.certificates);
    }

    #[test]
    fn a_certificate_is_as_bad_as_the_worst_finding_about_it() {
        let mut surveyor = Surveyor::new(Policy::at(4_000_000_000));
        surveyor.add("one", &store(&["A"]));
        let survey = surveyor.finish();
        assert_eq!(survey.certificates[0].severity, Some(Severity::Error), "expired");
        assert_eq!(survey.count(Severity::Error), survey.stores[0].count(Severity::Error));
    }
}
