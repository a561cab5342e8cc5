//! `truststore probe`: whether mail can go out through a server, and if not, why.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use truststore::mail::{AddressReport, Endpoint, ProbeOptions, ProbeReport, Verdict, probe};
use truststore::tls::{Verifier, default_provider};
use truststore::{
    Error, ErrorKind, Format, OutputOptions, Password, StoreFile, TrustStore, Written, to_pem, write_output,
};

use crate::Outcome;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::location::refuse_own_store;
use crate::network;
use crate::output::{decision, probe as page, words};
use crate::target::{Target, Way, timeout};

/// Ask a mail server whether a sender with this store could use it, and if not, why
///
/// Connects to every address of the host and goes up to the point where a sender would log in. No
/// credentials are sent, and nothing is trusted that the store does not trust.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore probe smtps://mail.example.com
  truststore probe mail.example.com:587 --starttls
  truststore probe smtps://192.0.2.1 --server-name mail.example.com --save-chain chain.pem
  truststore probe tls://ldap.example.com:636 --format json

Exit codes:
  0  trusted
  1  refused: the certificate is not trusted, or TLS is not offered
  2  could not ask: name resolution, connection, timeout")]
pub(crate) struct Args {
    /// The server: smtps://HOST, HOST:587, smtp://HOST:PORT (with STARTTLS), or tls://HOST:PORT for TLS
    /// without SMTP; an IPv6 address in brackets
    #[arg(value_name = "SERVER")]
    server: String,
    /// TLS begins after STARTTLS
    #[arg(long)]
    starttls: bool,
    /// The name that the certificate must have [default: the host]
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
    /// Time for each step, in seconds or with a unit (500ms, 2m) [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    timeout: Option<Duration>,
    /// Warn of certificates that expire within so many days
    #[arg(long, value_name = "DAYS", default_value = "30")]
    warn_days: u32,
    /// Write the certificates that the server sent to a file, as PEM; they are not trusted by that
    #[arg(long, value_name = "FILE")]
    save_chain: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    store: Option<StoreFacts>,
    ok: bool,
    servers: Vec<Server<'a>>,
    saved_chain: Option<String>,
}

/// One server's answer, and the commands that import what is missing.
#[derive(Serialize)]
struct Server<'a> {
    #[serde(flatten)]
    report: &'a ProbeReport,
    import: Vec<String>,
}

/// A server that was asked.
struct Asked {
    title: String,
    lines: Vec<String>,
    report: ProbeReport,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let target = Way::parse(&args.server, args.starttls)?;
    if let Some(note) = &target.note {
        context.note(note);
    }
    let file = read(context)?;
    // An empty store stands for one that is not there yet.
    let empty = TrustStore::new(Format::Pkcs12, Password::new(Password::JAVA_DEFAULT));
    let store = file.as_ref().map_or(&empty, StoreFile::store);
    let verifier = store.verifier(default_provider());
    let endpoint = target.endpoint(args.timeout);
    let asked = vec![ask(&target, &endpoint, args, store, &verifier, context)?];
    for asked in &asked {
        tell(&asked.report, args.warn_days, context);
    }
    let saved_chain = match &args.save_chain {
        Some(path) => save_chain(path, &asked, context)?,
        None => None,
    };
    let worst = asked.iter().map(|asked| asked.report.verdict).max_by_key(|verdict| match verdict {
        Verdict::Trusted => 0,
        Verdict::Unreachable => 1,
        _ => 2,
    });
    if context.is_json() {
        let servers = asked.iter().map(|one| Server { report: &one.report, import: one.lines.clone() });
        let ok = worst == Some(Verdict::Trusted);
        let path = context.path();
        let store = file.as_ref().map(|file| facts(&path, file.store()));
        context.json("probe", Answer { store, ok, servers: servers.collect(), saved_chain })?;
    } else {
        for one in &asked {
            page::write(&one.title, &one.report, &one.lines, context.now(), context)?;
        }
    }
    match worst {
        Some(Verdict::Trusted) => Ok(Outcome::Yes),
        Some(Verdict::Unreachable) => Err(unreachable(&asked)),
        _ => Ok(Outcome::No),
    }
}

/// The store; `None` where there is none yet: the answer then says what to import first.
fn read(context: &mut Context) -> Result<Option<StoreFile>, Failure> {
    match context.read() {
        Ok(file) => Ok(Some(file)),
        Err(failure) if failure.library().is_some_and(Error::is_not_found) => {
            let path = context.path();
            context.warn(format_args!("there is no store {} yet, so nothing is trusted", path.display()));
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

fn ask(
    target: &Target,
    endpoint: &Endpoint,
    args: &Args,
    store: &TrustStore,
    verifier: &Verifier,
    context: &Context,
) -> Result<Asked, Failure> {
    let config = store.client_config(default_provider()).map_err(|e| Failure::usage(e.to_string()))?;
    let options = ProbeOptions {
        server_name: args.server_name.clone(),
        smtp: target.way != Way::Tls,
        ..ProbeOptions::default()
    };
    let report = network::wait(probe(endpoint, verifier, &config, &options, context.now()))?;
    let advice = report.decisive().map(|address| address.advice.as_slice()).unwrap_or_default();
    let name = args.server_name.as_deref();
    let lines = advice.iter().map(|advice| target.import_line(advice, name, &context.global)).collect();
    Ok(Asked { title: format!("{target} ({})", target.way), lines, report })
}

/// What is to be known beside the verdict.
fn tell(report: &ProbeReport, warn_days: u32, context: &mut Context) {
    if report.addresses_differ() {
        context.warn(format_args!(
            "the addresses of {} answer differently; a sender takes the first that it can connect to",
            report.host
        ));
    }
    let Some(address) = report.decisive() else { return };
    if address.client_certificate_asked && address.verdict == Verdict::Trusted {
        context.warn("the server asks for a certificate of the client, and does without");
    }
    if let Some(decision) = &address.decision {
        for warning in decision::expiry_warnings(decision, context.now(), warn_days) {
            context.warn(warning);
        }
    }
}

fn save_chain(path: &Path, asked: &[Asked], context: &mut Context) -> Result<Option<String>, Failure> {
    let chain = asked.iter().filter_map(|asked| asked.report.decisive());
    let chain =
        chain.map(|address: &AddressReport| address.certificates.as_slice()).next().unwrap_or_default();
    if chain.is_empty() {
        context.warn(format_args!("the server sent no certificate; {} is not written", path.display()));
        return Ok(None);
    }
    refuse_own_store(path, &context.path())?;
    let written = write_output(path, to_pem(chain)?.as_bytes(), &OutputOptions::default()).map_err(|e| {
        match e.kind() {
            ErrorKind::Exists => Failure::Hinted(e, "give another file with --save-chain"),
            _ => e.into(),
        }
    })?;
    let verb = if written == Written::Unchanged { "unchanged:" } else { "wrote" };
    let count = words::count(chain.len(), "certificate", "certificates");
    context.note(format_args!("{verb} {count} in {}; nothing is trusted by that", path.display()));
    Ok(Some(path.display().to_string()))
}

/// The answer could not be had: exit code 2, with the code of the first server that was not reached.
fn unreachable(asked: &[Asked]) -> Failure {
    let mut unreached = asked.iter().filter(|asked| asked.report.verdict == Verdict::Unreachable);
    let first = unreached.next();
    Failure::Other {
        code: first.map_or("connect-failed", |asked| asked.report.code),
        message: format!(
            "{} could not be asked",
            first.map(|asked| asked.title.as_str()).unwrap_or_default()
        ),
        hint: None,
    }
}
