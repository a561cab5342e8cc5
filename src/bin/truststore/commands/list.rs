//! `truststore list`: the entries of the store.

use serde::Serialize;
use truststore::{EntrySummary, Glob, StoreFile, rfc3339, summarize};

use crate::Outcome;
use crate::args::{OutputFormat, duration};
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::csv;
use crate::output::table::{self, Cell};
use crate::output::words::{self, BAD, CAUTION, DIM, GOOD};

/// List the entries: alias, kind, expiry, subject, fingerprint
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore list
  truststore list --expires-within 60d
  truststore list --alias 'corp-*' --long
  truststore list --format json
  truststore list --format csv > roots.csv

Exit codes:
  0  listed, also if nothing matches
  2  could not read the store")]
pub(crate) struct Args {
    /// Only entries whose alias matches; * and ? are wildcards
    #[arg(long, value_name = "GLOB")]
    alias: Option<String>,
    /// Only entries whose subject has this text, without regard to case
    #[arg(long, value_name = "TEXT")]
    subject: Option<String>,
    /// Only certificates whose validity is over
    #[arg(long)]
    expired: bool,
    /// Only certificates that expire within this time, or have expired: 30d, 12h, 8w, 1y
    #[arg(long, value_name = "TIME", value_parser = duration)]
    expires_within: Option<i64>,
    /// Everything about each entry, on several lines
    #[arg(short, long)]
    long: bool,
    /// Order of the entries
    #[arg(long, value_name = "BY", default_value = "alias")]
    sort: Sort,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Sort {
    /// By alias, without regard to case
    Alias,
    /// The next to expire first
    Expires,
    /// As in the file
    File,
    /// By subject
    Subject,
}

#[derive(Serialize)]
struct Answer<'a> {
    store: StoreFacts,
    /// Of `store.entries` in all, those that were asked for.
    shown: usize,
    entries: &'a [EntrySummary],
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let now = context.now();
    let entries = select(&file, args, now);
    if context.is_json() {
        let path = context.path();
        let answer = Answer { store: facts(&path, file.store()), shown: entries.len(), entries: &entries };
        context.json("list", answer)?;
        return Ok(Outcome::Yes);
    }
    if context.global.format == OutputFormat::Csv {
        csv::write(&mut context.out, &entries)?;
        return Ok(Outcome::Yes);
    }
    if args.long {
        for entry in &entries {
            long(entry, context)?;
        }
    } else if !entries.is_empty() {
        write_table(&entries, context)?;
    }
    let all = file.store().entries().len();
    let shown = match entries.len() {
        shown if shown == all => String::new(),
        shown => format!("{shown} of "),
    };
    let path = context.path();
    context.out.flush()?;
    context.note(format_args!("{shown}{} in {}", words::count(all, "entry", "entries"), path.display()));
    hint_untrusted(&entries, context);
    Ok(Outcome::Yes)
}

fn select(file: &StoreFile, args: &Args, now: i64) -> Vec<EntrySummary> {
    let glob = args.alias.as_deref().map(Glob::new);
    let subject = args.subject.as_deref().map(str::to_lowercase);
    let horizon = match (args.expired, args.expires_within) {
        (true, _) => Some(now),
        (false, within) => within.map(|within| now.saturating_add(within)),
    };
    let mut entries: Vec<EntrySummary> = file
        .store()
        .entries()
        .iter()
        .filter(|entry| glob.as_ref().is_none_or(|glob| glob.matches(entry.name())))
        .map(|entry| summarize(entry, now))
        .filter(|entry| {
            let certificate = entry.certificate.as_ref();
            let expires = certificate.and_then(|c| c.not_after);
            let has = |text: &String| {
                certificate.and_then(|c| c.subject.as_ref()).is_some_and(|s| s.to_lowercase().contains(text))
            };
            horizon.is_none_or(|horizon| expires.is_some_and(|expires| expires < horizon))
                && subject.as_ref().is_none_or(has)
        })
        .collect();
    match args.sort {
        Sort::File => {}
        Sort::Alias => entries.sort_by_cached_key(|entry| (entry.alias.to_lowercase(), entry.alias.clone())),
        Sort::Expires => entries
            .sort_by_key(|entry| entry.certificate.as_ref().and_then(|c| c.not_after).unwrap_or(i64::MAX)),
        Sort::Subject => entries.sort_by_cached_key(|entry| {
            entry.certificate.as_ref().and_then(|c| c.subject.as_deref()).map(str::to_lowercase)
        }),
    }
    entries
}

fn write_table(entries: &[EntrySummary], context: &mut Context) -> Result<(), Failure> {
    let room = match context.out.width() {
        None => Room::Pipe,
        Some(..NARROW) => Room::Narrow,
        Some(_) => Room::Wide,
    };
    let header = ["ALIAS", "KIND", "EXPIRES", "CA", "SUBJECT", "SHA-256"];
    // An alias is needed for the next command, a subject is often known by its beginning.
    table::write(
        &mut context.out,
        &header,
        &[(0, 3), (1, 3), (4, 2)],
        entries.iter().map(|entry| row(entry, room)),
    )
}

/// Terminals with fewer columns get short words.
const NARROW: usize = 110;

/// How much a row may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Narrow,
    /// Nobody looks, and nothing is cut.
    Pipe,
    Wide,
}

fn row(entry: &EntrySummary, room: Room) -> Vec<Cell> {
    let certificate = entry.certificate.as_ref();
    let kind_style = if entry.hidden.is_some() { CAUTION } else { anstyle::Style::new() };
    let expires = match certificate.map(|c| c.expires_in_days) {
        Some(Some(days)) if room == Room::Narrow => {
            // The heading and "ago" say the rest.
            Cell::styled(words::roughly(days).replace("expired ", ""), expiry_style(days))
        }
        Some(Some(days)) => Cell::styled(words::expiry(days), expiry_style(days)),
        Some(None) => Cell::styled("unreadable", CAUTION),
        None => Cell::new("-"),
    };
    let ca = match certificate.and_then(|c| c.ca) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    let fingerprint = certificate.map_or_else(|| "-".to_owned(), |c| c.sha256.to_string());
    let shown = match room {
        Room::Narrow => 11,
        Room::Pipe => fingerprint.len(),
        Room::Wide => 23,
    };
    let fingerprint = match fingerprint.get(..shown) {
        Some(start) if start.len() < fingerprint.len() => format!("{start}…"),
        _ => fingerprint,
    };
    let kind = match (room, entry.kind, entry.hidden) {
        (Room::Narrow, "trusted-certificate", None) => "trusted".to_owned(),
        (Room::Narrow, "certificate", Some("no-trust-attribute")) => "not trusted by Java".to_owned(),
        _ => words::kind(entry),
    };
    let subject = certificate.and_then(|c| c.subject.as_deref()).unwrap_or("-");
    vec![
        Cell::new(entry.alias.as_str()),
        Cell::styled(kind, kind_style),
        expires,
        Cell::new(ca),
        Cell::new(subject),
        Cell::styled(fingerprint, DIM),
    ]
}

fn expiry_style(days: i64) -> anstyle::Style {
    match days {
        ..0 => BAD,
        0..30 => CAUTION,
        _ => GOOD,
    }
}

fn long(entry: &EntrySummary, context: &mut Context) -> Result<(), Failure> {
    let mut field = |name: &str, value: &str| {
        context.out.wrapped(14, format_args!("  {name:<12}{}", truststore::printable(value)))
    };
    field("Alias", &entry.alias)?;
    field("Kind", &words::kind(entry))?;
    match &entry.java_alias {
        Some(alias) if *alias != entry.alias => field("Java alias", alias)?,
        Some(_) => {}
        None => field("Java alias", "none: a JVM does not see the entry")?,
    }
    if let Some(created) = entry.created {
        field("Created", &rfc3339(created.div_euclid(1_000)))?;
    }
    if let Some(certificate) = &entry.certificate {
        let readable = |text: &Option<String>| text.clone().unwrap_or_else(|| "unreadable".to_owned());
        field("Subject", &readable(&certificate.subject))?;
        field("Issuer", &readable(&certificate.issuer))?;
        if let (Some(from), Some(until), Some(days)) =
            (certificate.not_before, certificate.not_after, certificate.expires_in_days)
        {
            field("Valid", &format!("{} to {} ({})", rfc3339(from), rfc3339(until), words::expiry(days)))?;
        }
        if let Some(ca) = certificate.ca {
            field("CA", if ca { "yes" } else { "no: accepted as itself only" })?;
        }
        field("SHA-256", &certificate.sha256.to_string())?;
    }
    if entry.certificates > 1 {
        field("Chain", &words::count(entry.certificates, "certificate", "certificates"))?;
    }
    context.out.line("")
}

/// The commonest support case: a store made by openssl, which Java sees as empty.
fn hint_untrusted(entries: &[EntrySummary], context: &mut Context) {
    let untrusted = entries.iter().filter(|entry| entry.hidden == Some("no-trust-attribute")).count();
    if untrusted > 0 {
        context.warn(format_args!(
            "{} not trusted by Java for lack of its trust attribute; `truststore trust --all` adds it",
            words::count(untrusted, "certificate is", "certificates are"),
        ));
    }
}
