//! What the page says, before it is HTML.

use std::collections::BTreeMap;
use std::fmt;

use truststore::{
    Finding, FindingCode, Place, Severity, Survey, SurveyedCertificate, SurveyedStore, printable, rfc3339,
    rfc3339_date,
};

use crate::output::words;

/// Somebody else's text with its control and direction characters made visible; the template escapes it.
#[derive(Clone)]
pub(super) struct Shown(String);

impl Shown {
    pub(super) fn new(text: &str) -> Self {
        Self(printable(text).into_owned())
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A distinguished name: its first part, which people know it by, and the rest.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) first: Shown,
    pub(super) rest: Shown,
}

impl Subject {
    fn of(known: &SurveyedCertificate) -> Self {
        let name = match known.summary.subject.as_deref() {
            Some("") => "(no subject)",
            Some(subject) => subject,
            None => "(cannot be read)",
        };
        // A comma of a value has a backslash before it.
        let mut commas = name.match_indices(", ").map(|(at, _)| at);
        let end = commas.find(|&at| !name.get(..at).is_some_and(|before| before.ends_with('\\')));
        let (first, rest) = name.split_at(end.unwrap_or(name.len()));
        Self { first: Shown::new(first), rest: Shown::new(rest) }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.first, self.rest)
    }
}

/// How a severity looks: a class of the style sheet, a sign and a word.
#[derive(Clone, Copy)]
pub(super) struct Badge {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
    /// The worst first.
    pub(super) rank: u8,
}

pub(super) fn badge(severity: Option<Severity>) -> Badge {
    match severity {
        Some(Severity::Error) => Badge { class: "bad", sign: "✕", word: "error", rank: 0 },
        Some(Severity::Warning) => Badge { class: "soon", sign: "▲", word: "warning", rank: 1 },
        Some(_) => Badge { class: "info", sign: "●", word: "info", rank: 2 },
        None => Badge { class: "fine", sign: "✓", word: "no finding", rank: 3 },
    }
}

pub(super) struct StoreCard {
    pub(super) number: usize,
    pub(super) path: Shown,
    pub(super) error: Option<Shown>,
    pub(super) hint: Option<Shown>,
    pub(super) what: String,
    pub(super) counts: Vec<Count>,
    pub(super) trusted: usize,
    pub(super) compared: Option<String>,
    pub(super) next: Option<Next>,
}

pub(super) struct Count {
    pub(super) badge: Badge,
    pub(super) text: String,
}

/// What expires next, or has expired.
pub(super) struct Next {
    pub(super) class: &'static str,
    pub(super) when: String,
    pub(super) date: String,
    pub(super) subject: Subject,
}

/// One kind of finding, and what it means.
pub(super) struct Kind {
    pub(super) badge: Badge,
    pub(super) code: &'static str,
    pub(super) count: usize,
    pub(super) meaning: Vec<Segment>,
}

pub(super) struct FindingRow {
    pub(super) badge: Badge,
    pub(super) code: &'static str,
    pub(super) store: usize,
    pub(super) path: Shown,
    pub(super) entry: Option<Shown>,
    pub(super) message: Shown,
    pub(super) remedy: Vec<Segment>,
}

/// A part of a sentence; what stood between backticks is code.
pub(super) struct Segment {
    pub(super) text: Shown,
    pub(super) code: bool,
}

pub(super) struct CertificateRow {
    pub(super) badge: Badge,
    pub(super) subject: Subject,
    pub(super) aliases: Shown,
    pub(super) short: String,
    pub(super) facts: Vec<(&'static str, Shown)>,
    pub(super) sha256: String,
    pub(super) next: Option<Next>,
    pub(super) not_after: i64,
    pub(super) key: Shown,
    pub(super) trusted: usize,
    pub(super) differs: bool,
    pub(super) places: Vec<PlaceLine>,
    pub(super) cells: Vec<Cell>,
}

pub(super) struct PlaceLine {
    pub(super) store: usize,
    pub(super) alias: Shown,
    pub(super) role: &'static str,
}

/// Whether and as what a certificate is in one store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
}

const ABSENT: Cell = Cell { class: "absent", sign: "–", word: "absent" };

/// A column of the matrix.
pub(super) struct Column {
    pub(super) number: usize,
    pub(super) name: Shown,
    pub(super) path: Shown,
}

pub(super) fn columns(survey: &Survey) -> Vec<Column> {
    let read = survey.stores.iter().enumerate().filter(|(_, store)| store.error.is_none());
    let column = |(at, store): (usize, &SurveyedStore)| Column {
        number: at + 1,
        name: Shown::new(short_path(&store.path)),
        path: Shown::new(&store.path),
    };
    read.map(column).collect()
}

/// The path's end, which tells most.
fn short_path(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path)
}

pub(super) fn stores(survey: &Survey, hints: &[Option<String>], now: i64, warn_days: u32) -> Vec<StoreCard> {
    let card = |(at, store): (usize, &SurveyedStore)| StoreCard {
        number: at + 1,
        path: Shown::new(&store.path),
        error: store.error.as_ref().map(|error| Shown::new(without_path(&error.message, &store.path))),
        hint: hints.get(at).and_then(Option::as_deref).map(Shown::new),
        what: what(store),
        counts: counts(store),
        trusted: store.trusted,
        compared: compared(survey, store),
        next: survey.first_to_expire(at).and_then(|known| next(known, now, warn_days)),
    };
    survey.stores.iter().enumerate().map(card).collect()
}

/// The path stands above already.
fn without_path<'a>(message: &'a str, path: &str) -> &'a str {
    message.strip_prefix(path).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(message)
}

fn what(store: &SurveyedStore) -> String {
    let format = store.format.map(|format| format.to_string()).unwrap_or_default();
    let integrity = store.integrity.map(words::integrity).unwrap_or_default();
    let entries = words::count(store.entries, "entry", "entries");
    format!("{format}, {entries}, integrity {integrity}")
}

fn counts(store: &SurveyedStore) -> Vec<Count> {
    let all = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Info, "info", "infos"),
    ];
    let found = all.into_iter().filter(|(severity, ..)| store.count(*severity) > 0);
    let counts: Vec<Count> = found
        .map(|(severity, one, many)| Count {
            badge: badge(Some(severity)),
            text: words::count(store.count(severity), one, many),
        })
        .collect();
    match counts.is_empty() {
        true => vec![Count { badge: badge(None), text: "no findings".to_owned() }],
        false => counts,
    }
}

fn compared(survey: &Survey, store: &SurveyedStore) -> Option<String> {
    if survey.stores.len() - survey.unreadable() < 2 || store.error.is_some() {
        return None;
    }
    Some(match (store.same_as, store.lacks) {
        (Some(same), 0) => format!("Trusts all that any store trusts, as store {} does.", same + 1),
        (Some(same), lacks) => {
            format!("Trusts the same as store {}. {}", same + 1, lack(lacks))
        }
        (None, 0) => "Trusts all that any store trusts.".to_owned(),
        (None, lacks) => lack(lacks),
    })
}

fn lack(number: usize) -> String {
    format!("Lacks {} that another store trusts.", words::count(number, "certificate", "certificates"))
}

/// When a certificate expires, if that can be read.
pub(super) fn next(known: &SurveyedCertificate, now: i64, warn_days: u32) -> Option<Next> {
    let not_after = known.summary.not_after?;
    let days = known.summary.expires_in_days?;
    let class = match not_after.saturating_sub(now) {
        ..0 => "bad",
        left if left <= i64::from(warn_days) * 86_400 => "soon",
        _ => "fine",
    };
    Some(Next {
        class,
        when: words::roughly(days),
        date: rfc3339_date(not_after),
        subject: Subject::of(known),
    })
}

pub(super) fn kinds(survey: &Survey) -> Vec<Kind> {
    let mut counts: BTreeMap<(std::cmp::Reverse<Severity>, FindingCode), usize> = BTreeMap::new();
    for finding in survey.stores.iter().flat_map(|store| &store.findings) {
        *counts.entry((std::cmp::Reverse(finding.severity), finding.code)).or_default() += 1;
    }
    let kind = |((severity, code), count): ((std::cmp::Reverse<Severity>, FindingCode), usize)| Kind {
        badge: badge(Some(severity.0)),
        code: code.as_str(),
        count,
        meaning: segments(code.description()),
    };
    counts.into_iter().map(kind).collect()
}

/// All findings, the worst first, as they stand in the stores otherwise.
pub(super) fn findings(survey: &Survey) -> Vec<FindingRow> {
    let all = survey.stores.iter().enumerate();
    let mut all: Vec<(usize, &SurveyedStore, &Finding)> =
        all.flat_map(|(at, store)| store.findings.iter().map(move |finding| (at, store, finding))).collect();
    all.sort_by_key(|(_, _, finding)| std::cmp::Reverse(finding.severity));
    let row = |(at, store, finding): (usize, &SurveyedStore, &Finding)| FindingRow {
        badge: badge(Some(finding.severity)),
        code: finding.code.as_str(),
        store: at + 1,
        path: Shown::new(short_path(&store.path)),
        entry: finding.entry.as_deref().map(Shown::new),
        message: Shown::new(&finding.message),
        remedy: segments(&finding.remedy),
    };
    all.into_iter().map(row).collect()
}

/// Splits a sentence at its backticks.
fn segments(text: &str) -> Vec<Segment> {
    let parts = text.split('`').enumerate().filter(|(_, part)| !part.is_empty());
    parts.map(|(at, part)| Segment { text: Shown::new(part), code: at % 2 == 1 }).collect()
}

pub(super) fn certificates(survey: &Survey, now: i64, warn_days: u32) -> Vec<CertificateRow> {
    let read: Vec<usize> = (0..survey.stores.len())
        .filter(|&at| survey.stores.get(at).is_some_and(|store| store.error.is_none()))
        .collect();
    survey.certificates.iter().map(|known| certificate(known, &read, now, warn_days)).collect()
}

fn certificate(known: &SurveyedCertificate, read: &[usize], now: i64, warn_days: u32) -> CertificateRow {
    let summary = &known.summary;
    let trusted = read.iter().filter(|&&store| known.is_trusted_in(store)).count();
    let sha256 = summary.sha256.to_string();
    let mut aliases: Vec<&str> = known.places.iter().map(|place| place.alias.as_str()).collect();
    aliases.sort_unstable();
    aliases.dedup();
    let mut facts = vec![("Issuer", Shown::new(summary.issuer.as_deref().unwrap_or("unreadable")))];
    if let (Some(from), Some(until)) = (summary.not_before, summary.not_after) {
        facts.push(("Valid", Shown::new(&format!("{} to {}", rfc3339(from), rfc3339(until)))));
    }
    if let Some(ca) = summary.ca {
        facts.push(("CA", Shown::new(if ca { "yes" } else { "no: accepted as itself only" })));
    }
    if let Some(algorithm) = &known.signature_algorithm {
        facts.push(("Signature", Shown::new(algorithm)));
    }
    CertificateRow {
        badge: badge(known.severity),
        subject: Subject::of(known),
        aliases: Shown::new(&some_of(&aliases)),
        short: sha256.get(..23).unwrap_or_default().to_owned(),
        facts,
        sha256,
        next: next(known, now, warn_days),
        not_after: summary.not_after.unwrap_or(i64::MAX),
        key: Shown::new(known.public_key.as_deref().unwrap_or("unreadable")),
        trusted,
        differs: trusted != read.len(),
        places: known.places.iter().map(place).collect(),
        cells: read.iter().map(|&store| cell(known, store)).collect(),
    }
}

/// The first names, and how many there are besides.
fn some_of(names: &[&str]) -> String {
    match names {
        [one, two, rest @ ..] if rest.len() > 1 => format!("{one}, {two} and {} more", rest.len()),
        _ => names.join(", "),
    }
}

fn place(place: &Place) -> PlaceLine {
    PlaceLine { store: place.store + 1, alias: Shown::new(&place.alias), role: role(place).word }
}

fn role(place: &Place) -> Cell {
    match (place.trusted, place.kind) {
        (true, _) => Cell { class: "trusted", sign: "●", word: "trusted" },
        (false, "private-key") => Cell { class: "key", sign: "◆", word: "of a private key" },
        (false, _) => Cell { class: "hidden", sign: "○", word: "not trusted by Java" },
    }
}

fn cell(known: &SurveyedCertificate, store: usize) -> Cell {
    let places = known.places.iter().filter(|place| place.store == store);
    places.map(role).min_by_key(|cell| cell.class != "trusted").unwrap_or(ABSENT)
}
