//! The report as one page: no other file, no request, nothing in it that runs but our own script.

mod timeline;
mod view;

use askama::Template;
use base64ct::{Base64, Encoding as _};
use truststore::{Fingerprint, Policy, Severity, Survey, rfc3339};

use super::words;
use timeline::{NARROW, Timeline, WIDE, timeline};
use view::{CertificateRow, Column, FindingRow, Kind, Next, Shown, StoreCard};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// How many certificates the list of the next to expire has.
const NEXT: usize = 10;

#[derive(Template)]
#[template(path = "page.html", config = "src/bin/truststore/output/html/askama.toml")]
struct Page {
    policy: String,
    style: &'static str,
    script: &'static str,
    summary: String,
    class: &'static str,
    verdict: String,
    checked: String,
    version: &'static str,
    warn_days: u32,
    /// More than one store could be read.
    many: bool,
    stores: Vec<StoreCard>,
    columns: Vec<Column>,
    timelines: Vec<Timeline>,
    next: Vec<(Next, Shown)>,
    kinds: Vec<Kind>,
    findings: Vec<FindingRow>,
    certificates: Vec<CertificateRow>,
}

/// Makes the page; `hints` say for each store what helps where it could not be read.
pub(crate) fn page(
    survey: &Survey,
    hints: &[Option<String>],
    policy: &Policy,
) -> Result<String, askama::Error> {
    let (now, warn_days) = (policy.now, policy.warn_days);
    let expiries: Vec<i64> = survey.certificates.iter().filter_map(|known| known.summary.not_after).collect();
    let drawn = [&WIDE, &NARROW].map(|frame| timeline(&expiries, now, warn_days, frame));
    let certificates = view::certificates(survey, now, warn_days);
    let next = survey.certificates.iter().zip(&certificates);
    let next =
        next.filter_map(|(known, row)| Some((view::next(known, now, warn_days)?, row.aliases.clone())));
    let columns = view::columns(survey);
    let page = Page {
        policy: content_policy(),
        style: STYLE,
        script: SCRIPT,
        summary: summary(survey),
        class: class(survey),
        verdict: verdict(survey),
        checked: rfc3339(now).replace('T', " ").replace('Z', " UTC"),
        version: env!("CARGO_PKG_VERSION"),
        warn_days,
        many: columns.len() > 1,
        stores: view::stores(survey, hints, now, warn_days),
        columns,
        timelines: drawn.into_iter().flatten().collect(),
        next: next.take(NEXT).collect(),
        kinds: view::kinds(survey),
        findings: view::findings(survey),
        certificates,
    };
    page.render()
}

/// What a browser may do with the page: apply this style sheet and run this script, nothing else.
fn content_policy() -> String {
    let digest = |text: &str| Base64::encode_string(Fingerprint::of(text.as_bytes()).as_bytes());
    let (style, script) = (digest(STYLE), digest(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; \
         form-action 'none'"
    )
}

fn summary(survey: &Survey) -> String {
    let stores = words::count(survey.stores.len(), "trust store", "trust stores");
    let certificates = words::count(survey.certificates.len(), "certificate", "certificates");
    format!("{stores}, {certificates}")
}

fn class(survey: &Survey) -> &'static str {
    match (survey.unreadable(), survey.count(Severity::Error), survey.count(Severity::Warning)) {
        (0, 0, 0) => "fine",
        (0, 0, _) => "soon",
        _ => "bad",
    }
}

/// The answer in one line.
pub(crate) fn verdict(survey: &Survey) -> String {
    let errors = words::count(survey.count(Severity::Error), "error", "errors");
    let warnings = words::count(survey.count(Severity::Warning), "warning", "warnings");
    match survey.unreadable() {
        0 => format!("{errors}, {warnings}"),
        stores => {
            let stores = words::count(stores, "store", "stores");
            format!("{errors}, {warnings}; {stores} could not be read")
        }
    }
}
