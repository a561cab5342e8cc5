//! `truststore show`: all of one entry.

use serde::Serialize;
use truststore::{
    Details, Entry, EntrySummary, ExtensionDetails, ExtensionValue, find, printable, rfc3339, summarize,
};

use crate::Outcome;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::words;

/// Show all of one entry: every field and extension of its certificates
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore show corp-ca
  truststore show corp-ca --format json

Exit codes:
  0  shown
  1  no such entry
  2  could not read the store")]
pub(crate) struct Args {
    /// The alias
    #[arg(value_name = "ALIAS")]
    alias: String,
}

#[derive(Serialize)]
struct Answer {
    store: StoreFacts,
    entry: EntrySummary,
    /// Of a private key the chain, end-entity first; `None` for a certificate that cannot be read.
    details: Vec<Option<Details>>,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let path = context.path();
    let entry = find(file.store(), &args.alias).map_err(|e| e.at_path(&path))?;
    let summary = summarize(entry, context.now());
    let details: Vec<Option<Details>> = entry.certificates().iter().map(|c| c.details().ok()).collect();
    if context.is_json() {
        let answer = Answer { store: facts(&path, file.store()), entry: summary, details };
        context.json("show", answer)?;
        return Ok(Outcome::Yes);
    }
    let mut page = Page { context };
    page.entry(entry, &summary)?;
    let many = details.len() > 1;
    for (number, (details, certificate)) in details.iter().zip(entry.certificates()).enumerate() {
        if many {
            page.line("")?;
            page.line(&format!("Certificate {} of {}", number + 1, entry.certificates().len()))?;
        }
        match details {
            Some(details) => page.certificate(details)?,
            None => {
                page.field("Certificate", "cannot be read; it is kept and exported as it is")?;
                page.field("SHA-256", &certificate.sha256().to_string())?;
            }
        }
    }
    Ok(Outcome::Yes)
}

/// Labelled lines on stdout.
struct Page<'a> {
    context: &'a mut Context,
}

impl Page<'_> {
    fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.context.out.line(printable(line))
    }

    fn field(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let value = printable(value);
        self.context.out.wrapped(15, format_args!("{name:<15}{value}"))
    }

    fn entry(&mut self, entry: &Entry, summary: &EntrySummary) -> Result<(), Failure> {
        self.field("Alias", &summary.alias)?;
        self.field("Kind", &words::kind(entry))?;
        match &summary.java_alias {
            Some(alias) if *alias != summary.alias => self.field("Java alias", alias)?,
            Some(_) => {}
            None => self.field("Java alias", "none: a JVM does not see the entry")?,
        }
        match summary.created {
            Some(created) => self.field("Created", &rfc3339(created.div_euclid(1_000))),
            None => Ok(()),
        }
    }

    fn certificate(&mut self, details: &Details) -> Result<(), Failure> {
        let days = (details.not_after_unix - self.context.now()).div_euclid(86_400);
        self.field("Subject", &details.subject)?;
        self.field("Issuer", if details.self_issued { "the subject itself" } else { &details.issuer })?;
        self.field("Valid from", &details.not_before)?;
        self.field("Valid until", &format!("{} ({})", details.not_after, words::expiry(days)))?;
        self.field("CA", if details.may_issue { "yes" } else { "no: accepted as itself only" })?;
        self.field("Serial number", &details.serial)?;
        self.field("Version", &details.version.to_string())?;
        self.field("Public key", &details.public_key.to_string())?;
        self.field("Signature", &details.signature_algorithm)?;
        self.field("SHA-256", &details.sha256)?;
        self.field("SHA-1", &format!("{} (for comparison only)", details.sha1_for_comparison_only))?;
        self.field("Key SHA-256", &details.public_key_sha256)?;
        if let Some(error) = &details.strict_parse_error {
            self.field("Remark", &format!("a strict parser refuses this certificate: {error}"))?;
        }
        if let Some(error) = &details.extensions_error {
            self.field("Remark", &format!("the extensions cannot be read to their end: {error}"))?;
        }
        if !details.extensions.is_empty() {
            self.line("Extensions")?;
        }
        details.extensions.iter().try_for_each(|extension| self.extension(extension))
    }

    fn extension(&mut self, extension: &ExtensionDetails) -> Result<(), Failure> {
        let name = extension.name.unwrap_or(&extension.oid);
        let critical = if extension.critical { ", critical" } else { "" };
        self.line(&format!("  {name}{critical}"))?;
        let mut lines = meaning(&extension.value).into_iter();
        lines.try_for_each(|line| self.context.out.wrapped(6, format_args!("    {}", printable(&line))))
    }
}

fn meaning(value: &ExtensionValue) -> Vec<String> {
    match value {
        ExtensionValue::AuthorityInfoAccess(lines)
        | ExtensionValue::CertificatePolicies(lines)
        | ExtensionValue::CrlDistributionPoints(lines)
        | ExtensionValue::SubjectAltName(lines) => lines.clone(),
        ExtensionValue::AuthorityKeyIdentifier(id) => vec![id.clone().unwrap_or_else(|| "empty".to_owned())],
        ExtensionValue::BasicConstraints { ca, path_length } => {
            let length = path_length.map(|length| format!(", path length {length}")).unwrap_or_default();
            vec![format!("CA: {}{length}", if *ca { "yes" } else { "no" })]
        }
        ExtensionValue::ExtendedKeyUsage(purposes) => vec![purposes.join(", ")],
        ExtensionValue::KeyUsage(purposes) => vec![purposes.join(", ")],
        ExtensionValue::NameConstraints { permitted, excluded } => {
            let permitted = permitted.iter().map(|name| format!("permitted: {name}"));
            permitted.chain(excluded.iter().map(|name| format!("excluded: {name}"))).collect()
        }
        ExtensionValue::SubjectKeyIdentifier(id) => vec![id.clone()],
        ExtensionValue::Other { hex, error } => {
            error.iter().map(|error| format!("cannot be read: {error}")).chain([hex.clone()]).collect()
        }
        _ => Vec::new(),
    }
}
