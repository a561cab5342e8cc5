//! `truststore send-test`: one message, sent the way that the product sends.

use mail_builder::MessageBuilder;
use serde::Serialize;
use truststore::mail::{
    Address, Attempt, Delivery, Encryption, Endpoint, Failure as Reason, FailureCode, ProbeOptions,
    ProbeReport, SendError, probe,
};
use truststore::tls::default_provider;
use truststore::{TrustStore, printable};

use super::send_test_plan::{Options, Plan};
use crate::Outcome;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::network;
use crate::output::probe as page;
use crate::output::words::{BAD, GOOD};
use crate::target::Target;

/// Send a test message through a mail server that the store trusts
///
/// TLS comes before user and password: a server that does not offer STARTTLS, or whose certificate the
/// store does not trust, gets neither. The backup server is tried only when the first cannot be reached.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore send-test --to ops@example.com --settings spoc.conf
  truststore send-test --to ops@example.com --settings spoc.conf --central-settings central.conf
  truststore send-test --to ops@example.com --settings spoc.conf --server other.example.com:587
  truststore send-test --to ops@example.com --server mail.example.com:587

Exit codes:
  0  the server took the message
  1  the answer is no: the certificate is not trusted, TLS is not offered, or the server refuses
  2  could not ask: name resolution, connection, timeout, settings, store")]
pub(crate) struct Args {
    /// Who gets the message; may be repeated
    #[arg(long, value_name = "ADDRESS", required = true)]
    to: Vec<Address>,
    /// The subject [default: truststore test message from HOST]
    #[arg(long, value_name = "TEXT", value_parser = one_line)]
    subject: Option<String>,
    #[command(flatten)]
    options: Options,
}

#[derive(Serialize)]
struct Answer<'a> {
    store: StoreFacts,
    from: &'a str,
    to: Vec<&'a str>,
    sent: bool,
    delivery: Option<&'a Delivery>,
    /// Why it was not sent: that of the last attempt.
    failure: Option<&'a Reason>,
    /// The attempts that failed.
    attempts: Vec<&'a Attempt>,
    /// Why the last server's certificate is not trusted, as `probe` finds it.
    probe: Option<&'a ProbeReport>,
    /// The commands that import what is missing.
    import: &'a [String],
}

/// Why a certificate is not trusted, and what to do about it.
struct Explanation {
    title: String,
    report: ProbeReport,
    lines: Vec<String>,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let plan = args.options.plan(&args.to, file.store(), context)?;
    let message = message(args, &plan, context)?;
    let sent = network::wait(plan.sender.send(&plan.from, &args.to, &message))?;
    let explanation = match &sent {
        Err(error) if error.failure().code == FailureCode::CertificateRefused => {
            Some(explain(&plan, error, file.store(), context)?)
        }
        _ => None,
    };
    if let Ok(delivery) = &sent {
        for attempt in &delivery.failed_attempts {
            context.warn(format_args!("{attempt}; the backup server was used"));
        }
        delivery.warnings.iter().for_each(|warning| context.warn(warning));
    }
    if context.is_json() {
        let store = facts(&context.path(), file.store());
        context.json("send-test", answer(args, &plan, store, &sent, explanation.as_ref()))?;
    }
    match sent {
        Ok(delivery) => {
            if !context.is_json() {
                write(args, &delivery, context)?;
            }
            Ok(Outcome::Yes)
        }
        Err(error) if error.failure().code.is_refusal() => {
            if !context.is_json() {
                refused(&error, explanation.as_ref(), context)?;
            }
            Ok(Outcome::No)
        }
        Err(error) => Err(Failure::Other {
            code: error.failure().code.as_str(),
            message: error.to_string(),
            hint: error.last.failure.remedy,
        }),
    }
}

fn answer<'a>(
    args: &'a Args,
    plan: &'a Plan,
    store: StoreFacts,
    sent: &'a Result<Delivery, SendError>,
    explanation: Option<&'a Explanation>,
) -> Answer<'a> {
    Answer {
        store,
        from: plan.from.as_str(),
        to: args.to.iter().map(Address::as_str).collect(),
        sent: sent.is_ok(),
        delivery: sent.as_ref().ok(),
        failure: sent.as_ref().err().map(SendError::failure),
        attempts: match sent {
            Ok(delivery) => delivery.failed_attempts.iter().collect(),
            Err(error) => error.attempts().collect(),
        },
        probe: explanation.map(|explanation| &explanation.report),
        import: explanation.map(|explanation| explanation.lines.as_slice()).unwrap_or_default(),
    }
}

fn write(args: &Args, delivery: &Delivery, context: &mut Context) -> Result<(), Failure> {
    let out = &mut context.out;
    let to: Vec<&str> = args.to.iter().map(Address::as_str).collect();
    out.line(format_args!("{GOOD}sent{GOOD:#} to {}", to.join(", ")))?;
    let mut field = |name: &str, value: &str| out.line(format_args!("{name:<8}{}", printable(value)));
    let address = delivery.facts.address.map(|address| format!(" ({address})")).unwrap_or_default();
    field("Server", &format!("{}:{}{address}", delivery.host, delivery.port))?;
    let tls = match &delivery.facts.tls {
        Some(tls) => format!("{}, {}", tls.version, tls.cipher_suite),
        None => "none: the message went over in plain text".to_owned(),
    };
    field("TLS", &tls)?;
    if let Some(login) = &delivery.authenticated {
        field("Login", &format!("{}, {}", login.user, login.mechanism))?;
    }
    // The reply makes itself safe to print.
    out.line(format_args!("{:<8}{}", "Reply", delivery.reply))
}

/// Asks the server again, without a message: the sender knows only that rustls refused.
fn explain(
    plan: &Plan,
    error: &SendError,
    store: &TrustStore,
    context: &Context,
) -> Result<Explanation, Failure> {
    let is_backup = !error.earlier.is_empty();
    let backup = plan.sender.backup.as_ref().filter(|_| is_backup);
    let endpoint = backup.unwrap_or(&plan.sender.server);
    let verifier = store.verifier(default_provider());
    let options =
        ProbeOptions { ehlo_name: plan.sender.options.ehlo_name.clone(), ..ProbeOptions::default() };
    let asking = probe(endpoint, &verifier, &plan.sender.config, &options, context.now());
    let report = network::wait(asking)?;
    let target = Target::of(endpoint);
    let advice = report.decisive().map(|address| address.advice.as_slice()).unwrap_or_default();
    let lines = advice.iter().map(|advice| target.import_line(advice, None, &context.global)).collect();
    Ok(Explanation { title: format!("{target} ({})", target.way), report, lines })
}

fn refused(
    error: &SendError,
    explanation: Option<&Explanation>,
    context: &mut Context,
) -> Result<(), Failure> {
    for attempt in &error.earlier {
        context.out.line(format_args!("{BAD}not reached{BAD:#}: {attempt}"))?;
    }
    let failure = error.failure();
    context.out.line(format_args!("{BAD}not sent{BAD:#} [{}]: {}", failure.code, error.last))?;
    if let Some(Explanation { title, report, lines }) = explanation {
        return page::write(title, report, lines, context.now(), context);
    }
    match &failure.remedy {
        Some(remedy) => context.out.line(format_args!("  {}", printable(remedy))),
        None => Ok(()),
    }
}

/// What is sent: it says where it comes from and what it proves.
fn message(args: &Args, plan: &Plan, context: &Context) -> Result<Vec<u8>, Failure> {
    let host = host_name();
    let subject = match &args.subject {
        Some(subject) => subject.clone(),
        None => format!("truststore test message from {host}"),
    };
    let name = |server: &Endpoint| format!("{}:{}", server.host, server.port);
    let backup = plan.sender.backup.iter().map(|backup| format!(" or its backup {}", name(backup)));
    let protection = match plan.sender.server.encryption {
        Encryption::None => "Plain text: nothing is proved of TLS and the trust store.",
        _ if plan.sender.options.opportunistic => {
            "TLS if the server offered it: that it was used is not proved."
        }
        _ => "TLS: the trust store trusts the server's certificate, for this name.",
    };
    let body = format!(
        "This is a test message of truststore {} on {host}.\n\nThat it arrived proves that mail goes out through \
         {}{}, from {}.\n{protection}\n",
        env!("CARGO_PKG_VERSION"),
        name(&plan.sender.server),
        backup.collect::<String>(),
        plan.from,
    );
    let to: Vec<&str> = args.to.iter().map(Address::as_str).collect();
    let message = MessageBuilder::new()
        .from(plan.from.as_str())
        .to(to)
        .subject(subject)
        .date(context.now())
        .text_body(body);
    message.write_to_vec().map_err(Failure::Output)
}

/// A line that cannot become a second header.
fn one_line(text: &str) -> Result<String, String> {
    match text.chars().any(char::is_control) {
        true => Err("a subject is one line, without control characters".to_owned()),
        false => Ok(text.to_owned()),
    }
}

#[cfg(unix)]
fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host_name() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "an unnamed host".to_owned())
}
