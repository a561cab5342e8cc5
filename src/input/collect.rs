//! Gathers what a reader finds, under the limits.

use bytes::Bytes;

use super::{Found, FoundCertificate, FoundError, Note, Origin, describe};
use crate::cert::{Certificate, View};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// Gathers what is found in one source.
pub(super) struct Collector<'a> {
    source: &'a str,
    limits: &'a Limits,
    candidates: usize,
    found: Found,
}

impl<'a> Collector<'a> {
    pub(super) fn new(source: &'a str, limits: &'a Limits) -> Self {
        Self { source, limits, candidates: 0, found: Found::default() }
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    pub(super) fn limits(&self) -> &'a Limits {
        self.limits
    }

    /// Takes octets that should be a certificate: an error item if they do not have its frame.
    pub(super) fn candidate(&mut self, der: Bytes, line: Option<usize>) -> Result<()> {
        self.named_candidate(Certificate::from_der(der), line, None, None)
    }

    /// Takes a certificate with what another store knows of it.
    pub(super) fn named_candidate(
        &mut self,
        certificate: Certificate,
        line: Option<usize>,
        alias: Option<&str>,
        created: Option<i64>,
    ) -> Result<()> {
        if let Err(error) = self.limits.check_certificate(certificate.der().len()) {
            return self.error(error, line);
        }
        if let Err(fault) = View::parse(certificate.der()) {
            let mut error = describe::not_a_certificate(certificate.der(), fault);
            if let Some(alias) = alias {
                error = error.at_entry(alias);
            }
            return self.error(error, line);
        }
        let origin = self.next_origin(line);
        let alias = alias.map(str::to_owned);
        self.found.certificates.push(FoundCertificate { certificate, origin, alias, created });
        self.check()
    }

    /// Takes what should have been a certificate and is not.
    pub(super) fn error(&mut self, error: Error, line: Option<usize>) -> Result<()> {
        let origin = self.next_origin(line);
        self.found.errors.push(FoundError { origin, error });
        self.check()
    }

    pub(super) fn note(&mut self, note: Note) -> Result<()> {
        self.found.notes.push(note);
        self.check()
    }

    /// What was found; every origin now knows how many candidates there are.
    pub(super) fn finish(mut self) -> Found {
        let origins = self.found.certificates.iter_mut().map(|found| &mut found.origin);
        for origin in origins.chain(self.found.errors.iter_mut().map(|found| &mut found.origin)) {
            origin.of = self.candidates;
        }
        self.found
    }

    fn next_origin(&mut self, line: Option<usize>) -> Origin {
        self.candidates += 1;
        Origin { source: self.source.to_owned(), number: self.candidates, of: 0, line }
    }

    /// Errors and notes count too: a hostile file must not fill the memory with them.
    fn check(&self) -> Result<()> {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.limits.check_complaints(number(self.found.errors.len() + self.found.notes.len()))?;
        self.limits.check_entries(number(self.candidates + self.found.notes.len()))
    }
}
