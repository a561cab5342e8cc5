//! `truststore verify --chain`: whether a sender with this store would trust a server, and why not.

use std::path::Path;

use serde::Serialize;
use truststore::tls::{Decision, default_provider};
use truststore::{Certificate, Error, ErrorKind, InputKind, StoreFile, read_bytes, rfc3339, sniff};

use crate::Outcome;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::decision;
use crate::source;

/// What was asked on the command line.
pub(super) struct Asked<'a> {
    pub(super) chain: &'a Path,
    pub(super) host: Option<&'a str>,
    pub(super) common_name_fallback: bool,
    /// Seconds since 1970-01-01 UTC.
    pub(super) at: i64,
    pub(super) warn_days: u32,
}

#[derive(Serialize)]
struct Answer<'a> {
    store: StoreFacts,
    host: Option<&'a str>,
    at: String,
    #[serde(flatten)]
    verdict: decision::Verdict<'a>,
}

pub(super) fn run(asked: &Asked<'_>, file: &StoreFile, context: &mut Context) -> Result<Outcome, Failure> {
    let chain = read(asked, context)?;
    let verifier = file.store().verifier(default_provider());
    let verifier = verifier.with_common_name_fallback(asked.common_name_fallback);
    let decision = verifier.decide(&chain, asked.host, asked.at)?;
    tell(asked, &decision, context);
    let outcome = if decision.is_trusted() { Outcome::Yes } else { Outcome::No };
    if context.is_json() {
        let path = context.path();
        let answer = Answer {
            store: facts(&path, file.store()),
            host: asked.host,
            at: rfc3339(asked.at),
            verdict: decision::Verdict::of(&decision),
        };
        context.json("verify", answer)?;
    } else {
        decision::write(&decision, asked.at, context)?;
    }
    Ok(outcome)
}

fn read(asked: &Asked<'_>, context: &Context) -> Result<Vec<Certificate>, Failure> {
    let path = asked.chain;
    if source::is_stdin(path) && context.global.password.password_stdin {
        return Err(Failure::usage(
            "standard input cannot be both the chain (--chain -) and the password (--password-stdin)",
        ));
    }
    let (name, bytes) = source::read(path, "check the path given with --chain", context)?;
    if let InputKind::Store(format) = sniff(&bytes) {
        let error = Error::new(ErrorKind::Refused, format!("a {format} store, not a chain")).at_path(path);
        return Err(Failure::Hinted(error, "give the server's certificates as PEM, DER or PKCS#7"));
    }
    let found = read_bytes(&name, bytes, &context.limits).map_err(|e| e.at_path(path))?;
    if let Some(first) = found.errors.into_iter().next() {
        return Err(first.error.at_path(path).into());
    }
    if found.certificates.is_empty() {
        return Err(Error::new(ErrorKind::NoCertificate, "there is no certificate in it")
            .at_path(path)
            .into());
    }
    Ok(found.certificates.into_iter().map(|found| found.certificate).collect())
}

/// What may be wrong with the question, and what will be wrong soon.
fn tell(asked: &Asked<'_>, decision: &Decision, context: &mut Context) {
    if asked.host.is_none() {
        context.note("no --host was given: the certificate's names are not looked at");
    }
    if let [first, rest @ ..] = decision.chain.as_slice()
        && !decision.is_trusted()
        && first.ca
        && rest.iter().any(|member| !member.ca)
    {
        context.warn("the first certificate is a CA's; the server's own has to come first");
    }
    for warning in decision::expiry_warnings(decision, asked.at, asked.warn_days) {
        context.warn(warning);
    }
}
