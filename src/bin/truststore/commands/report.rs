//! `truststore report`: one or many stores on one page.

use std::path::{Path, PathBuf};

use anstyle::Style;
use serde::Serialize;
use truststore::{Severity, Survey, SurveyedStore, Surveyor, Written, printable, rfc3339, rfc3339_date};

use super::policy::PolicyArgs;
use crate::Outcome;
use crate::context::Context;
use crate::deliver::deliver;
use crate::failure::Failure;
use crate::hint;
use crate::output::html;
use crate::output::table::{self, Row};
use crate::output::words::{self, BAD, CAUTION, GOOD};

/// Show stores on one page: what expires when, findings, which certificate is where
///
/// The page is one file that needs no other, and no network. A password that is given is tried with every
/// store, and where it does not fit the default ones; nobody is asked if there are several stores.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore report
  truststore report --html trust.html a/ssl-truststore b/ssl-truststore
  truststore report --html trust.html --force /etc/ssl/certs/java/cacerts ssl-truststore
  truststore report --format json *.p12

Exit codes:
  0  no finding is an error
  1  at least one is
  2  a store could not be read (the others are in the report), or the page could not be written")]
pub(crate) struct Args {
    /// The stores [default: the one of --keystore]
    #[arg(value_name = "STORE", conflicts_with = "keystore")]
    stores: Vec<PathBuf>,
    /// Write the page into this file; - is stdout
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Overwrite a file that exists
    #[arg(long, requires = "html")]
    force: bool,
    #[command(flatten)]
    policy: PolicyArgs,
}

#[derive(Serialize)]
struct Answer<'a> {
    ok: bool,
    at: String,
    warn_days: u32,
    html: Option<String>,
    changed: bool,
    errors: usize,
    /// Findings that are warnings; `warnings` are those of the command itself.
    warning_findings: usize,
    unreadable: usize,
    #[serde(flatten)]
    survey: &'a Survey,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let to_stdout = args.html.as_deref() == Some(Path::new("-"));
    if to_stdout && context.is_json() {
        return Err(Failure::usage("the page (--html -) and JSON cannot both go to stdout"));
    }
    let stores = match args.stores.is_empty() {
        true => vec![context.path()],
        false => args.stores.clone(),
    };
    let policy = args.policy.policy(context.now());
    let mut surveyor = Surveyor::new(policy.clone());
    let mut hints = Vec::new();
    for path in &stores {
        let name = path.display().to_string();
        let error = match context.read_among(path, stores.len() == 1)? {
            Ok(file) => {
                surveyor.add(name, file.store());
                hints.push(None);
                continue;
            }
            Err(error) => error,
        };
        surveyor.add_unreadable(name, &error);
        let asks_password = error.is_wrong_password();
        let failure = Failure::Library(error);
        context.warn(&failure);
        // Other hints are about options that name one store.
        hints.push(hint::hint(&failure).filter(|_| asks_password).map(str::to_owned));
    }
    let survey = surveyor.finish();
    let mut written = None;
    if let Some(out) = &args.html {
        let page = html::page(&survey, &hints, &policy)
            .map_err(|e| Failure::Output(std::io::Error::other(e.to_string())))?;
        written = deliver(&page, Some(out), args.force, &stores, context)?;
    }
    let outcome = if survey.count(Severity::Error) > 0 { Outcome::No } else { Outcome::Yes };
    if context.is_json() {
        let answer = Answer {
            ok: outcome == Outcome::Yes && survey.unreadable() == 0,
            at: rfc3339(policy.now),
            warn_days: policy.warn_days,
            html: args.html.as_ref().map(|out| out.display().to_string()),
            changed: written.is_some_and(|written| written != Written::Unchanged),
            errors: survey.count(Severity::Error),
            warning_findings: survey.count(Severity::Warning),
            unreadable: survey.unreadable(),
            survey: &survey,
        };
        context.json("report", answer)?;
    } else if !to_stdout {
        write_table(&survey, context)?;
        if let (Some(written), Some(out)) = (written, &args.html) {
            let verb = if written == Written::Unchanged { "unchanged:" } else { "wrote" };
            context.out.line(printable(&format!("{verb} {}", out.display())))?;
        }
    }
    match survey.unreadable() {
        0 => Ok(outcome),
        stores => {
            let stores = words::count(stores, "store", "stores");
            Err(Failure::Partial(format!("{stores} could not be read; the report has the others")))
        }
    }
}

fn write_table(survey: &Survey, context: &mut Context) -> Result<(), Failure> {
    let room =
        context.out.width().filter(|&width| width < NARROW).map(|width| width.saturating_sub(OTHERS).max(10));
    let header = ["STORE", "FORMAT", "TRUSTED", "LACKS", "ERRORS", "WARNINGS", "NEXT EXPIRY"];
    let stores: Vec<_> = survey.stores.iter().enumerate().collect();
    table::write(&mut context.out, &header, &[(0, 1)], &stores, |&(at, store), row| {
        fill(row, survey, at, store, room);
    })?;
    let certificates = words::count(survey.certificates.len(), "certificate", "certificates");
    context.out.line(format_args!("{certificates}: {}", html::verdict(survey)))
}

/// Terminals with fewer columns get no dates, and the ends of paths.
const NARROW: usize = 110;
/// Columns that such a terminal needs for all but the paths.
const OTHERS: usize = 60;

/// Of a long path the end, which tells most.
fn shown_path(path: &str, room: Option<usize>) -> String {
    match (room, path.chars().count()) {
        (Some(room), long) if long > room => {
            path.chars().rev().take(room - 1).chain(['…']).collect::<Vec<_>>().iter().rev().collect()
        }
        _ => path.to_owned(),
    }
}

fn fill(row: &mut Row, survey: &Survey, at: usize, store: &SurveyedStore, room: Option<usize>) {
    let path = shown_path(&store.path, room);
    let Some(format) = store.format else {
        row.styled(BAD, path);
        (0..5).for_each(|_| row.cell("-"));
        return row.styled(BAD, store.error.as_ref().map_or("unreadable", |error| error.code.as_str()));
    };
    row.cell(path);
    row.cell(format);
    row.cell(store.trusted);
    let mut number =
        |count: usize, style: Style| row.styled(if count == 0 { Style::new() } else { style }, count);
    number(store.lacks, CAUTION);
    number(store.count(Severity::Error), BAD);
    number(store.count(Severity::Warning), CAUTION);
    let next = survey.first_to_expire(at);
    match next.and_then(|known| Some((known.summary.not_after?, known.summary.expires_in_days?))) {
        Some((not_after, days)) => {
            let style = if days < 0 { BAD } else { GOOD };
            // The heading and "ago" say what it is about.
            let when = words::roughly(days).replace("expired ", "");
            match room {
                None => row.styled(style, format_args!("{}, {when}", rfc3339_date(not_after))),
                Some(_) => row.styled(style, when),
            }
        }
        None => row.cell("-"),
    }
}
