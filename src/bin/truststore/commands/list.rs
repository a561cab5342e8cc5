//! `truststore list`: the entries of the store.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Serialize, Serializer};
use truststore::{
    Certificate, Entry, EntryKind, Glob, HiddenReason, JavaView, StoreFile, rfc3339, summarize,
};

use crate::Outcome;
use crate::args::{OutputFormat, duration};
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::csv;
use crate::output::table::{self, Row};
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
    entries: Entries<'a>,
}

/// Entries that are summarized one after the other, while they are written.
struct Entries<'a> {
    entries: &'a [&'a Entry],
    now: i64,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries.iter().map(|entry| summarize(entry, self.now)))
    }
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let now = context.now();
    let entries = select(&file, args, now);
    if context.is_json() {
        let path = context.path();
        let store = facts(&path, file.store());
        let answer = Answer { store, shown: entries.len(), entries: Entries { entries: &entries, now } };
        context.json("list", answer)?;
        return Ok(Outcome::Yes);
    }
    if context.global.format == OutputFormat::Csv {
        csv::write(&mut context.out, entries.iter().map(|entry| summarize(entry, now)))?;
        return Ok(Outcome::Yes);
    }
    if args.long {
        for entry in &entries {
            long(entry, now, context)?;
        }
    } else if !entries.is_empty() {
        write_table(&entries, now, context)?;
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

fn select<'a>(file: &'a StoreFile, args: &Args, now: i64) -> Vec<&'a Entry> {
    let glob = args.alias.as_deref().map(Glob::new);
    let subject = args.subject.as_deref().map(str::to_lowercase);
    let horizon = match (args.expired, args.expires_within) {
        (true, _) => Some(now),
        (false, within) => within.map(|within| now.saturating_add(within)),
    };
    let entries = file.store().entries().iter();
    let mut entries: Vec<&Entry> = entries
        .filter(|entry| glob.as_ref().is_none_or(|glob| glob.matches(entry.name())))
        .filter(|entry| {
            horizon.is_none_or(|horizon| expires(entry).is_some_and(|expires| expires < horizon))
                && subject.as_ref().is_none_or(|text| folded_subject(entry).is_some_and(|s| s.contains(text)))
        })
        .collect();
    match args.sort {
        Sort::File => {}
        // As in nearly every store. No room for keys, and little time if they are in order already.
        Sort::Alias if entries.iter().all(|entry| matches!(folded(entry.name()), Cow::Borrowed(_))) => {
            entries.sort_unstable_by_key(|entry| entry.name());
        }
        Sort::Alias if entries.iter().all(|entry| entry.name().is_ascii()) => {
            entries.sort_unstable_by(|a, b| by_ascii_alias(a.name(), b.name()));
        }
        Sort::Alias => entries.sort_by_cached_key(alias_key),
        Sort::Expires => entries.sort_by_cached_key(|entry| expires(entry).unwrap_or(i64::MAX)),
        Sort::Subject => entries.sort_by_cached_key(|entry| folded_subject(entry)),
    }
    entries
}

fn alias_key<'a>(entry: &&'a Entry) -> (Cow<'a, str>, &'a str) {
    (folded(entry.name()), entry.name())
}

/// The order of [`alias_key`] for ASCII; no two names are the same.
fn by_ascii_alias(a: &str, b: &str) -> Ordering {
    let [folded_a, folded_b] = [a, b].map(|name| name.bytes().map(|b| b.to_ascii_lowercase()));
    folded_a.cmp(folded_b).then_with(|| a.cmp(b))
}

fn expires(entry: &Entry) -> Option<i64> {
    Some(entry.certificate()?.view().ok()?.not_after)
}

fn folded_subject(entry: &Entry) -> Option<String> {
    Some(entry.certificate()?.view().ok()?.subject.to_string().to_lowercase())
}

/// In lower case, as most aliases are.
fn folded(name: &str) -> Cow<'_, str> {
    match name.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(name.to_lowercase()),
    }
}

fn write_table(entries: &[&Entry], now: i64, context: &mut Context) -> Result<(), Failure> {
    let room = match context.out.width() {
        None => Room::Pipe,
        Some(..NARROW) => Room::Narrow,
        Some(_) => Room::Wide,
    };
    let header = ["ALIAS", "KIND", "EXPIRES", "CA", "SUBJECT", "SHA-256"];
    // An alias is needed for the next command, a subject is often known by its beginning.
    table::write(&mut context.out, &header, &[(0, 3), (1, 3), (4, 2)], entries, |entry, row| {
        fill(row, entry, now, room);
    })
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

fn fill(row: &mut Row, entry: &Entry, now: i64, room: Room) {
    row.cell(entry.name());
    kind(row, entry, room);
    let Some(certificate) = entry.certificate() else {
        (0..3).for_each(|_| row.cell("-"));
        return row.styled(DIM, "-");
    };
    match certificate.view() {
        Ok(view) => {
            let days = (view.not_after - now).div_euclid(86_400);
            match room {
                // The heading and "ago" say the rest.
                Room::Narrow => row.styled(expiry_style(days), words::roughly(days).replace("expired ", "")),
                Room::Pipe | Room::Wide => row.styled(expiry_style(days), words::expiry(days)),
            }
            row.cell(if view.may_issue() { "yes" } else { "no" });
            row.cell(view.subject);
        }
        Err(_) => {
            row.styled(CAUTION, "unreadable");
            row.cell("-");
            row.cell("-");
        }
    }
    fingerprint(row, certificate, room);
}

fn kind(row: &mut Row, entry: &Entry, room: Room) {
    let (style, hidden) = match entry.java_view() {
        JavaView::Hidden(reason) => (CAUTION, Some(*reason)),
        _ => (anstyle::Style::new(), None),
    };
    match (room, entry.kind(), hidden) {
        (Room::Narrow, EntryKind::TrustedCertificate(_), None) => row.styled(style, "trusted"),
        (Room::Narrow, EntryKind::Certificate(_), Some(HiddenReason::NoTrustAttribute)) => {
            row.styled(style, "not trusted by Java");
        }
        _ => row.styled(style, words::kind(entry)),
    }
}

fn fingerprint(row: &mut Row, certificate: &Certificate, room: Room) {
    let fingerprint = certificate.sha256();
    let shown = match room {
        Room::Narrow => 11,
        Room::Pipe => return row.styled(DIM, fingerprint),
        Room::Wide => 23,
    };
    let text = fingerprint.to_string();
    row.styled(DIM, format_args!("{}…", text.get(..shown).unwrap_or_default()));
}

fn expiry_style(days: i64) -> anstyle::Style {
    match days {
        ..0 => BAD,
        0..30 => CAUTION,
        _ => GOOD,
    }
}

fn long(entry: &Entry, now: i64, context: &mut Context) -> Result<(), Failure> {
    let kind = words::kind(entry);
    let entry = summarize(entry, now);
    let mut field = |name: &str, value: &str| {
        context.out.wrapped(14, format_args!("  {name:<12}{}", truststore::printable(value)))
    };
    field("Alias", &entry.alias)?;
    field("Kind", &kind)?;
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
fn hint_untrusted(entries: &[&Entry], context: &mut Context) {
    let untrusted = entries.iter().filter(|entry| *entry.java_view() == LACKS_TRUST).count();
    if untrusted > 0 {
        context.warn(format_args!(
            "{} not trusted by Java for lack of its trust attribute; `truststore trust --all` adds it",
            words::count(untrusted, "certificate is", "certificates are"),
        ));
    }
}

const LACKS_TRUST: JavaView = JavaView::Hidden(HiddenReason::NoTrustAttribute);
