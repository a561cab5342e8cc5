//! What a server answered, for a person.

use std::net::IpAddr;

use truststore::mail::{AddressReport, AdviceSource, ProbeReport, Stage, Timing, Verdict};
use truststore::printable;

use super::decision;
use super::words::{self, BAD, CAUTION, DIM, GOOD};
use crate::context::Context;
use crate::failure::Failure;

/// Writes the verdict with its reasons, then what was found at each address; `lines` are the commands that
/// import what is missing, `now` is in seconds since 1970-01-01 UTC.
pub(crate) fn write(
    title: &str,
    report: &ProbeReport,
    lines: &[String],
    now: i64,
    context: &mut Context,
) -> Result<(), Failure> {
    context.out.line(printable(title))?;
    match (&report.failure, report.decisive()) {
        (Some(failure), _) => failed(report.verdict, failure, context)?,
        (None, Some(address)) => answered(address, lines, now, context)?,
        (None, None) => {}
    }
    if let Some(dns) = report.dns_microseconds.filter(|_| report.host.parse::<IpAddr>().is_err()) {
        let found = words::count(report.addresses.len(), "address", "addresses");
        let host = printable(&report.host);
        context.out.line(format_args!("{host}: {found}  {DIM}DNS {}{DIM:#}", milliseconds(dns)))?;
    }
    for (at, address) in report.addresses.iter().enumerate() {
        timings(address, context)?;
        if Some(at) != report.decisive
            && let Some(failure) = address.failure.as_ref().filter(|_| address.code != report.code)
        {
            context.out.line(format_args!("  {}", printable(&failure.message)))?;
        }
    }
    Ok(())
}

/// The address whose answer counts.
fn answered(
    address: &AddressReport,
    lines: &[String],
    now: i64,
    context: &mut Context,
) -> Result<(), Failure> {
    let refusal = address.decision.as_ref().and_then(|decision| decision.refusal.as_ref());
    if let Some(failure) = address.failure.as_ref().filter(|_| refusal.is_none()) {
        failed(address.verdict, failure, context)?;
    }
    if let Some(decision) = &address.decision {
        decision::write(decision, now, context)?;
    }
    let out = &mut context.out;
    if let Some(tls) = &address.facts.tls {
        out.line(format_args!("{}, {}", tls.version, tls.cipher_suite))?;
    }
    if let Some(speaks) = &address.speaks {
        let (version, suite) = (speaks.version, &speaks.cipher_suite);
        out.line(format_args!("{DIM}offered everything, the server chooses {version}, {suite}{DIM:#}"))?;
    }
    for (advice, line) in address.advice.iter().zip(lines) {
        let what = match advice.source {
            AdviceSource::ServerLeaf => "to trust this certificate, for this server only",
            AdviceSource::ServerTop => "to trust the CA certificate that the server sent",
            _ => "with the CA's certificate in a file",
        };
        out.line(format_args!("{what}: {}", printable(&advice.subject)))?;
        out.line(format_args!("  {}", printable(line)))?;
    }
    if !lines.is_empty() {
        out.wrapped(2, CONFIRM)?;
    }
    Ok(())
}

/// Whoever can change what this machine receives can send a certificate of his own.
const CONFIRM: &str = "  first compare the SHA-256 with who runs the CA or the server, over another channel \
                       than this connection (telephone, a signed page)";

fn failed(
    verdict: Verdict,
    failure: &truststore::mail::Failure,
    context: &mut Context,
) -> Result<(), Failure> {
    let (code, message) = (failure.code, printable(&failure.message));
    let stage = failure.stage;
    context.out.wrapped(2, format_args!("{BAD}{verdict}{BAD:#} [{code}] at {stage}: {message}"))?;
    match &failure.remedy {
        Some(remedy) => context.out.wrapped(2, format_args!("  {}", printable(remedy))),
        None => Ok(()),
    }
}

fn timings(address: &AddressReport, context: &mut Context) -> Result<(), Failure> {
    let style = match address.verdict {
        Verdict::Trusted => GOOD,
        Verdict::Unreachable => CAUTION,
        _ => BAD,
    };
    let socket = address.facts.address.map(|address| address.to_string()).unwrap_or_default();
    let (verdict, code) = (address.verdict, address.code);
    let code = if address.verdict == Verdict::Trusted { String::new() } else { format!(" [{code}]") };
    let steps: Vec<String> = address.facts.timings.iter().map(step).collect();
    let steps = if steps.is_empty() { String::new() } else { format!("  {DIM}{}{DIM:#}", steps.join(", ")) };
    context.out.line(format_args!("{socket}  {style}{verdict}{style:#}{code}{steps}"))
}

fn step(timing: &Timing) -> String {
    let name = match timing.stage {
        Stage::Tcp => "TCP",
        Stage::Banner => "greeting",
        Stage::Ehlo => "EHLO",
        Stage::Starttls => "STARTTLS",
        Stage::Tls => "TLS",
        _ => "other",
    };
    format!("{name} {}", milliseconds(timing.microseconds))
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{} ms", microseconds / 1_000, microseconds / 100 % 10)
}
