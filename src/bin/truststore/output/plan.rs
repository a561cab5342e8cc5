//! What a manifest changes of a store, as a diff.

use std::path::Path;

use truststore::apply::{Action, ActionKind, CertificateFacts, Plan};
use truststore::{Format, printable, rfc3339_date};

use super::words::{self, BAD, CAUTION, DIM, GOOD};
use crate::commands::apply_store::State;
use crate::context::Context;
use crate::failure::Failure;

/// A store and its plan.
pub(crate) struct Shown<'a> {
    pub(crate) path: &'a Path,
    pub(crate) format: Format,
    pub(crate) state: State,
    pub(crate) created: bool,
    pub(crate) plan: &'a Plan,
}

/// Writes what has become of the store, then a line for each change.
pub(crate) fn write(shown: &Shown<'_>, dry_run: bool, context: &mut Context) -> Result<(), Failure> {
    let path = shown.path.display().to_string();
    let path = printable(&path);
    let (style, state) = match shown.state {
        State::Unchanged => (DIM, "unchanged"),
        State::Planned if shown.created => (GOOD, "would be created"),
        State::Planned => (CAUTION, "would be changed"),
        State::Done if shown.created => (GOOD, "created"),
        State::Done => (CAUTION, "changed"),
        State::Failed => (BAD, "failed"),
        State::NotDone => (BAD, "not done"),
    };
    let format = shown.format;
    let there = shown.plan.unchanged;
    let counts = match there {
        0 => String::new(),
        there => format!(", {} as declared", words::count(there, "certificate", "certificates")),
    };
    context.out.line(format_args!("{style}{state}{style:#}: {path} ({format}{counts})"))?;
    for action in &shown.plan.actions {
        one(action, context)?;
    }
    if !shown.plan.kept.is_empty() {
        let kept: Vec<String> =
            shown.plan.kept.iter().map(|kept| format!("\"{}\" ({})", kept.alias, kept.kind)).collect();
        let would = if dry_run { "would not remove" } else { "does not remove" };
        context.note(format_args!("{path}: --prune {would} what is no certificate: {}", kept.join(", ")));
    }
    Ok(())
}

fn one(action: &Action, context: &mut Context) -> Result<(), Failure> {
    let alias = printable(&action.alias);
    let new = &action.certificate;
    let out = &mut context.out;
    match action.action {
        ActionKind::Replace => {
            out.line(format_args!("{CAUTION}~{CAUTION:#} {alias}"))?;
            if let Some(old) = &action.previous {
                out.wrapped(4, format_args!("    {}", facts(old)))?;
            }
            out.wrapped(4, format_args!("  → {}", facts(new)))?;
        }
        ActionKind::Remove => out.wrapped(4, format_args!("{BAD}-{BAD:#} {alias}  {}", facts(new)))?,
        ActionKind::Trust => out.wrapped(4, format_args!("{GOOD}!{GOOD:#} {alias}  {}", facts(new)))?,
        _ => out.wrapped(4, format_args!("{GOOD}+{GOOD:#} {alias}  {}", facts(new)))?,
    }
    match &action.note {
        Some(note) => out.wrapped(4, format_args!("    {}", printable(note))),
        None => Ok(()),
    }
}

/// Fingerprint, subject and dates of a certificate, as far as they can be read.
pub(crate) fn facts(facts: &CertificateFacts) -> String {
    let sha256 = facts.sha256.map_or_else(|| "no certificate".to_owned(), |sha256| sha256.to_string());
    let subject = facts.subject.as_deref().unwrap_or("unreadable");
    let dates = match (facts.not_before, facts.not_after) {
        (Some(from), Some(until)) => format!(" ({} to {})", rfc3339_date(from), rfc3339_date(until)),
        _ => String::new(),
    };
    match facts.sha256 {
        Some(_) => format!("{sha256}  {}{dates}", printable(subject)),
        None => sha256,
    }
}
