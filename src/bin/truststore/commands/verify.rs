//! `truststore verify`: the store's integrity and every entry, looked at critically; or one server's chain.

use std::path::PathBuf;

use serde::Serialize;
use truststore::{Finding, FindingCode, Integrity, Policy, Severity, printable, verify_watched};

use super::verify_chain;
use crate::Outcome;
use crate::args::timestamp;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::words::{self, BAD, CAUTION, DIM, GOOD};

/// Check the store's integrity and every entry: expiry, keys, signatures, what Java sees
///
/// With --chain: whether a mail sender with this store would trust that server, and if not, why.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub(crate) struct Args {
    /// Find certificates that expire within so many days
    #[arg(long, value_name = "DAYS", default_value = "30")]
    warn_days: u32,
    /// Make a finding an error; may be repeated
    #[arg(long, value_name = "CODE", value_parser = code)]
    deny: Vec<FindingCode>,
    /// Drop a finding; may be repeated
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<FindingCode>,
    /// Check a server's certificate instead: its own first, then those it sends with it, in any order
    #[arg(long, value_name = "FILE", help_heading = "One server", conflicts_with_all = ["deny", "allow"])]
    chain: Option<PathBuf>,
    /// The name or address by which the server is reached
    #[arg(long, value_name = "NAME", help_heading = "One server", requires = "chain")]
    host: Option<String>,
    /// Let the common name of a pinned certificate without host names stand for one
    #[arg(long, help_heading = "One server", requires = "chain")]
    common_name_fallback: bool,
    /// Check as of this time, like 2026-12-31T23:59:59Z, instead of now
    #[arg(long, value_name = "TIME", value_parser = timestamp)]
    at: Option<i64>,
}

#[derive(Serialize)]
struct Answer<'a> {
    store: StoreFacts,
    ok: bool,
    errors: usize,
    /// Findings that are warnings; `warnings` are those of the command itself.
    warning_findings: usize,
    findings: &'a [Finding],
}

fn after_help() -> String {
    let mut help = "\
Examples:
  truststore verify
  truststore verify --warn-days 60 --deny expiring
  truststore verify --format json
  truststore verify --chain server.pem --host mail.example.com

Exit codes:
  0  no finding is an error; with --chain: the server is trusted
  1  at least one is; the server is not trusted
  2  could not read the store or the chain

Findings, and their severity unless --deny or --allow names them:
"
    .to_owned();
    for code in FindingCode::all() {
        let severity = severity(code.severity());
        help.push_str(&format!("  {:<24}{severity:<9}{}\n", code.as_str(), code.description()));
    }
    help
}

fn code(text: &str) -> Result<FindingCode, String> {
    text.parse::<FindingCode>().map_err(|error| error.message().to_owned())
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let path = context.path();
    let at = args.at.unwrap_or_else(|| context.now());
    if let Some(chain) = &args.chain {
        let asked = verify_chain::Asked {
            chain,
            host: args.host.as_deref(),
            common_name_fallback: args.common_name_fallback,
            at,
            warn_days: args.warn_days,
        };
        return verify_chain::run(&asked, &file, context);
    }
    let mut policy = Policy::at(at);
    policy.warn_days = args.warn_days;
    policy.deny.clone_from(&args.deny);
    policy.allow.clone_from(&args.allow);
    let bar = context.bar("checking");
    let report = verify_watched(file.store(), &policy, &|progress| bar.draw(progress));
    drop(bar);
    let outcome = if report.has_errors() { Outcome::No } else { Outcome::Yes };
    let store = facts(&path, file.store());
    if context.is_json() {
        let answer = Answer {
            store,
            ok: outcome == Outcome::Yes,
            errors: report.count(Severity::Error),
            warning_findings: report.count(Severity::Warning),
            findings: &report.findings,
        };
        context.json("verify", answer)?;
        return Ok(outcome);
    }
    let integrity = match store.integrity {
        Integrity::Verified => GOOD,
        _ => CAUTION,
    };
    let words = words::integrity(store.integrity);
    context.out.line(format_args!("integrity {integrity}{words}{integrity:#}"))?;
    for finding in &report.findings {
        write(finding, context)?;
    }
    let entries = words::count(report.checked, "entry", "entries");
    let count = |severity, one, many| words::count(report.count(severity), one, many);
    let summary = format!(
        "{entries} checked: {}, {}",
        count(Severity::Error, "error", "errors"),
        count(Severity::Warning, "warning", "warnings"),
    );
    context.out.line(summary)?;
    Ok(outcome)
}

fn write(finding: &Finding, context: &mut Context) -> Result<(), Failure> {
    let style = match finding.severity {
        Severity::Error => BAD,
        Severity::Warning => CAUTION,
        _ => DIM,
    };
    let severity = severity(finding.severity);
    let entry = finding.entry.as_deref().map(|entry| format!("{entry}: ")).unwrap_or_default();
    let entry = printable(&entry).into_owned();
    let message = printable(&finding.message);
    let code = finding.code.as_str();
    context.out.line(format_args!("{style}{severity}{style:#} [{code}] {entry}{message}"))?;
    if finding.remedy.is_empty() || finding.severity == Severity::Info {
        return Ok(());
    }
    context.out.line(format_args!("  {}", printable(&finding.remedy)))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "info",
    }
}
