//! `truststore verify`: the store's integrity and every entry, looked at critically; or one server's chain.

use std::path::PathBuf;

use serde::Serialize;
use truststore::{Finding, FindingCode, Integrity, Report, Severity, TrustStore, printable, verify_watched};

use super::policy::PolicyArgs;
use super::verify_chain;
use crate::Outcome;
use crate::args::OutputFormat;
use crate::context::{Context, StoreFacts, facts};
use crate::deliver::deliver;
use crate::failure::Failure;
use crate::output::prometheus::Metrics;
use crate::output::words::{self, BAD, CAUTION, DIM, GOOD};

/// Check the store's integrity and every entry: expiry, keys, signatures, what Java sees
///
/// With --chain: whether a mail sender with this store would trust that server, and if not, why.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub(crate) struct Args {
    #[command(flatten)]
    policy: PolicyArgs,
    /// Check a server's certificate instead: its own first, then those it sends with it, in any order
    #[arg(long, value_name = "FILE", help_heading = "One server", conflicts_with_all = ["deny", "allow"])]
    chain: Option<PathBuf>,
    /// The name or address by which the server is reached
    #[arg(long, value_name = "NAME", help_heading = "One server", requires = "chain")]
    host: Option<String>,
    /// Let the common name of a pinned certificate without host names stand for one
    #[arg(long, help_heading = "One server", requires = "chain")]
    common_name_fallback: bool,
    /// With --format prometheus: the file [default: stdout]
    #[arg(short, long, value_name = "FILE", help_heading = "Output", conflicts_with = "chain")]
    out: Option<PathBuf>,
    /// Overwrite a file that exists
    #[arg(long, requires = "out", help_heading = "Output")]
    force: bool,
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
  truststore verify --format prometheus --out /var/lib/node_exporter/truststore.prom --force
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

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let prometheus = context.global.format == OutputFormat::Prometheus;
    if args.out.is_some() && !prometheus {
        return Err(Failure::usage("--out is for --format prometheus"));
    }
    if args.chain.is_some() && prometheus {
        return Err(Failure::usage("--chain has the formats table and json; prometheus is for a store"));
    }
    let policy = args.policy.policy(context.now());
    let file = match context.read() {
        // What watches the store has to see that it cannot be read, not what it was before.
        Err(failure) if prometheus && failure.library().is_some() => {
            metrics(None, args, context)?;
            return Err(failure);
        }
        read => read?,
    };
    let path = context.path();
    if let Some(chain) = &args.chain {
        let asked = verify_chain::Asked {
            chain,
            host: args.host.as_deref(),
            common_name_fallback: args.common_name_fallback,
            at: policy.now,
            warn_days: policy.warn_days,
        };
        return verify_chain::run(&asked, &file, context);
    }
    let bar = context.bar("checking");
    let report = verify_watched(file.store(), &policy, &|progress| bar.draw(progress));
    drop(bar);
    let outcome = if report.has_errors() { Outcome::No } else { Outcome::Yes };
    if prometheus {
        metrics(Some((file.store(), &report)), args, context)?;
        return Ok(outcome);
    }
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

/// Writes what Prometheus is to know.
fn metrics(read: Option<(&TrustStore, &Report)>, args: &Args, context: &mut Context) -> Result<(), Failure> {
    let path = context.path();
    let store = path.display().to_string();
    let text = Metrics { store: &store, now: context.now(), read }.text();
    let written = deliver(&text, args.out.as_deref(), args.force, &[path], context)?;
    if let (Some(_), Some(out)) = (written, &args.out) {
        context.note(format_args!("wrote {}", out.display()));
    }
    Ok(())
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
    context.out.wrapped(2, format_args!("{style}{severity}{style:#} [{code}] {entry}{message}"))?;
    if finding.remedy.is_empty() || finding.severity == Severity::Info {
        return Ok(());
    }
    context.out.wrapped(2, format_args!("  {}", printable(&finding.remedy)))
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "info",
    }
}
