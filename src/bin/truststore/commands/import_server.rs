//! `truststore import --from-server`: a certificate that a server sends, once somebody vouches for it.

use truststore::mail::{ProbeOptions, fetch_chain, top_of};
use truststore::tls::default_provider;
use truststore::{
    Certificate, Details, Error, ErrorKind, Fingerprint, Found, printable, read_bytes, rfc3339_date,
};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{talk, words};
use crate::target::{Target, Way, word};
use crate::{network, prompt};

/// Which server, and which of its certificates.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Take the certificate from a server: the highest CA that it sends; asks first, or requires --sha256.
    /// smtps://HOST, HOST:587, smtp://HOST:PORT (with STARTTLS), or tls://HOST:PORT
    #[arg(long, value_name = "SERVER", help_heading = "From a server", conflicts_with_all = ["file", "more"])]
    pub(super) from_server: Option<String>,
    /// TLS begins after STARTTLS
    #[arg(
        long,
        value_name = "PROTOCOL",
        num_args = 0..=1,
        default_missing_value = "smtp",
        requires = "from_server",
        help_heading = "From a server"
    )]
    starttls: Option<Protocol>,
    /// Take the server's own certificate: a pin, for this server only
    #[arg(long, requires = "from_server", help_heading = "From a server")]
    leaf: bool,
    /// The name to ask the server for [default: the host]
    #[arg(long, value_name = "NAME", requires = "from_server", help_heading = "From a server")]
    server_name: Option<String>,
}

impl ServerArgs {
    /// clap does not ask for an argument that another one excludes: `--file` beside `--leaf` gets by.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let of_server = self.leaf || self.starttls.is_some() || self.server_name.is_some();
        if of_server && self.from_server.is_none() {
            return Err(Failure::usage("--leaf, --starttls and --server-name are for --from-server"));
        }
        Ok(())
    }
}

/// What is spoken before STARTTLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Protocol {
    Smtp,
}

/// The certificate that is to be imported, confirmed by a person or by its fingerprint; `None` if the person
/// said no.
pub(super) fn fetch(
    args: &ServerArgs,
    pins: &[Fingerprint],
    dry_run: bool,
    context: &mut Context,
) -> Result<Option<Found>, Failure> {
    let server = args.from_server.as_deref().unwrap_or_default();
    let target = Way::parse(server, args.starttls == Some(Protocol::Smtp))?;
    if let Some(note) = &target.note {
        context.note(note);
    }
    let options = ProbeOptions {
        server_name: args.server_name.clone(),
        smtp: target.way != Way::Tls,
        ..ProbeOptions::default()
    };
    let endpoint = target.endpoint(None);
    let chain = fetch_chain(&endpoint, default_provider(), &options, context.now());
    let chain = network::wait(chain)??;
    let chosen = choose(&chain, args.leaf, context)?;
    if !confirm(chosen, &chain, &target, pins, dry_run, context)? {
        return Ok(None);
    }
    let name = format!("{target}");
    Ok(Some(read_bytes(&name, chosen.der().to_vec().into(), &context.limits)?))
}

fn choose<'a>(
    chain: &'a [Certificate],
    leaf: bool,
    context: &mut Context,
) -> Result<&'a Certificate, Failure> {
    let top = if leaf { Some(0) } else { top_of(chain) };
    let Some(chosen) = top.and_then(|top| chain.get(top)) else {
        let message = "the server's certificate cannot be read";
        return Err(Error::new(ErrorKind::NoCertificate, message).into());
    };
    let Ok(view) = chosen.view() else { return Ok(chosen) };
    if top == Some(0) && !leaf && !view.may_issue() {
        context.warn(
            "the server sent no CA's certificate, only its own: trusting that is a pin, for this server only, \
             until it gets another one",
        );
    } else if !leaf && !view.is_self_issued() {
        context.note(format_args!(
            "the server did not send its root; the highest CA that it sent was issued by {}",
            view.issuer
        ));
    }
    Ok(chosen)
}

/// Whether the certificate is the one that is meant: its fingerprint was given, or a person says so.
fn confirm(
    chosen: &Certificate,
    chain: &[Certificate],
    target: &Target,
    pins: &[Fingerprint],
    dry_run: bool,
    context: &Context,
) -> Result<bool, Failure> {
    let sha256 = chosen.sha256();
    if !pins.is_empty() {
        return match (pins.contains(&sha256), chain.first()) {
            (false, Some(leaf)) if pins.contains(&leaf.sha256()) => Err(Failure::Hinted(
                Error::new(
                    ErrorKind::FingerprintMismatch,
                    format!(
                        "the SHA-256 given is that of the server's own certificate, not of its CA's, {sha256}"
                    ),
                ),
                "--leaf takes the server's own certificate, as a pin for this server only",
            )),
            // The import compares all the same, and says what it found.
            _ => Ok(true),
        };
    }
    if dry_run {
        return Ok(true);
    }
    let details = chosen.details()?;
    if context.is_json() || !prompt::is_possible(context.global.no_input) {
        return Err(Failure::Other {
            code: ErrorKind::Refused.code(),
            message: format!(
                "nobody is here to confirm the certificate that {target} sent: {}, SHA-256 {sha256}; nothing \
                 was imported",
                details.subject
            ),
            hint: Some(format!("{COMPARE}, then run: {} --sha256 {sha256}", own_command_line())),
        });
    }
    show(&details, target, context);
    talk(COMPARE);
    prompt::confirm("Trust this certificate?")
}

const COMPARE: &str = "compare the SHA-256 with who runs the CA or the server, over another channel than this \
                       connection (telephone, a signed page)";

fn show(details: &Details, target: &Target, context: &Context) {
    let days = (details.not_after_unix - context.now()).div_euclid(86_400);
    let (from, until) = (rfc3339_date(details.not_before_unix), rfc3339_date(details.not_after_unix));
    let issuer = if details.self_issued { "the subject itself" } else { &details.issuer };
    for (name, value) in [
        ("Sent by", target.to_string()),
        ("Subject", details.subject.clone()),
        ("Issuer", issuer.to_owned()),
        ("Names", details.subject_alt_names().join(", ")),
        ("Valid", format!("{from} to {until} ({})", words::expiry(days))),
        ("CA", if details.may_issue { "yes" } else { "no: accepted as itself only" }.to_owned()),
        ("SHA-256", details.sha256.clone()),
    ] {
        if !value.is_empty() {
            talk(printable(&format!("{name:<9}{value}")));
        }
    }
}

/// What was typed, to be typed again; a password is never in it.
fn own_command_line() -> String {
    let arguments = std::env::args_os().skip(1);
    let words = arguments.map(|argument| word(&argument.to_string_lossy()).into_owned());
    std::iter::once("truststore".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
