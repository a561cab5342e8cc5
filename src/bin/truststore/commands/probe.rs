//! `truststore probe`: whether mail can go out through a server, and if not, why.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use truststore::mail::{AddressReport, Endpoint, ProbeOptions, ProbeReport, Settings, Verdict, probe};
use truststore::tls::default_provider;
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
  truststore probe --settings spoc.conf

Exit codes:
  0  trusted; with --settings: every server is
  1  refused: the certificate is not trusted, or TLS is not offered
  2  could not ask: name resolution, connection, timeout, settings")]
pub(crate) struct Args {
    /// The server: smtps://HOST, HOST:587, smtp://HOST:PORT (with STARTTLS), or tls://HOST:PORT for TLS
    /// without SMTP; an IPv6 address in brackets
    #[arg(value_name = "SERVER", required_unless_present = "settings", conflicts_with = "settings")]
    server: Option<String>,
    /// TLS begins after STARTTLS
    #[arg(long, conflicts_with = "settings")]
    starttls: bool,
    /// What is spoken before STARTTLS, as `import --starttls smtp` has it
    #[arg(value_name = "PROTOCOL", value_parser = ["smtp"], requires = "starttls", hide = true)]
    protocol: Option<String>,
    /// Ask the mail server of these settings (spoc.conf) and its backup, as they are to be used
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The central server's settings, for values that --settings leaves open
    #[arg(long, value_name = "FILE", requires = "settings")]
    central_settings: Option<PathBuf>,
    /// The name that the certificate must have [default: the host]
    #[arg(long, value_name = "NAME", conflicts_with = "settings")]
    server_name: Option<String>,
    /// Time for each step, in seconds or with a unit (500ms, 2m) [default: the settings', else 10s]
    #[arg(long, value_name = "TIME", value_parser = timeout)]
    timeout: Option<Duration>,
    /// Warn of certificates that expire within so many days
    #[arg(long, value_name = "DAYS", default_value = "30")]
    warn_days: u32,
    /// Write the certificates that the server sent to a file, as PEM; they are not trusted by that
    #[arg(long, value_name = "FILE", conflicts_with = "settings")]
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
    /// `main` or `backup` in the settings.
    role: Option<&'static str>,
    #[serde(flatten)]
    report: &'a ProbeReport,
    import: Vec<String>,
}

/// A server that was asked.
struct Asked {
    role: Option<&'static str>,
    title: String,
    lines: Vec<String>,
    report: ProbeReport,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = match &args.settings {
        Some(path) => Some(Settings::read(path, args.central_settings.as_deref(), &context.limits)?),
        None => None,
    };
    let targets = targets(args, settings.as_ref(), context)?;
    let file = read(context)?;
    // An empty store stands for one that is not there yet.
    let empty = TrustStore::new(Format::Pkcs12, Password::new(Password::JAVA_DEFAULT));
    let store = file.as_ref().map_or(&empty, StoreFile::store);
    let verifier = store.verifier(default_provider());
    let config = network::client_config(store, settings.as_ref())?;
    let mut asked = Vec::new();
    for (role, target, endpoint) in targets {
        let options = ProbeOptions {
            server_name: args.server_name.clone(),
            smtp: target.way != Way::Tls,
            ..ProbeOptions::default()
        };
        let report = network::wait(probe(&endpoint, &verifier, &config, &options, context.now()))?;
        asked.push(Asked::new(role, &target, report, args, context));
    }
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
        let servers =
            asked.iter().map(|one| Server { role: one.role, report: &one.report, import: one.lines.clone() });
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

/// A server to be asked, with its role in the settings.
type Planned = (Option<&'static str>, Target, Endpoint);

/// The servers to ask, in the order in which a sender tries them.
fn targets(args: &Args, settings: Option<&Settings>, context: &mut Context) -> Result<Vec<Planned>, Failure> {
    let Some(settings) = settings else {
        let target = Way::parse(args.server.as_deref().unwrap_or_default(), args.starttls)?;
        if let Some(note) = &target.note {
            context.note(note);
        }
        let endpoint = target.endpoint(args.timeout);
        return Ok(vec![(None, target, endpoint)]);
    };
    for lint in &settings.lints {
        let path = lint.path.display();
        context.warn(format_args!("{path}:{}: {}; {}", lint.line, lint.message, lint.remedy));
    }
    let servers = settings.servers().cloned().zip(["main", "backup"]);
    let targets = servers.map(|(mut endpoint, role)| {
        endpoint.connect_timeout = args.timeout.unwrap_or(endpoint.connect_timeout);
        endpoint.timeout = args.timeout.unwrap_or(endpoint.timeout);
        (Some(role), Target::of(&endpoint), endpoint)
    });
    Ok(targets.collect())
}

impl Asked {
    fn new(
        role: Option<&'static str>,
        target: &Target,
        report: ProbeReport,
        args: &Args,
        context: &Context,
    ) -> Self {
        let advice = report.decisive().map(|address| address.advice.as_slice()).unwrap_or_default();
        let name = args.server_name.as_deref();
        let lines = advice.iter().map(|advice| target.import_line(advice, name, &context.global)).collect();
        let prefix = role.map(|role| format!("{role} server ")).unwrap_or_default();
        Self { role, title: format!("{prefix}{target} ({})", target.way), lines, report }
    }
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
