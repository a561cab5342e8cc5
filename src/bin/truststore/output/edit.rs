//! What an edit did, for a person.

use truststore::{EditReport, Item, printable};

use super::Out;
use super::words::{BAD, CAUTION, DIM, GOOD};
use crate::failure::Failure;

/// Writes one line for each thing done, and what identifies it.
pub(crate) fn write(out: &mut Out, report: &EditReport, dry_run: bool) -> Result<(), Failure> {
    let would = if dry_run { "would be " } else { "" };
    let groups = [
        (&report.added, "added", GOOD),
        (&report.replaced, "replaced", CAUTION),
        (&report.renamed, "renamed", GOOD),
        (&report.trusted, "trusted", GOOD),
        (&report.removed, "removed", CAUTION),
        (&report.skipped, "skipped", DIM),
    ];
    for (items, verb, style) in groups {
        for item in items {
            let would = if verb == "skipped" { "" } else { would };
            out.wrapped(2, format_args!("{style}{would}{verb}{style:#}: {}", head(item)))?;
            details(out, item)?;
            // What is to be known about an added one is a warning, which stands on stderr.
            if let Some(note) = item.note.as_ref().filter(|_| verb != "added") {
                out.wrapped(2, format_args!("  {}", printable(note)))?;
            }
        }
    }
    for item in &report.unchanged {
        out.wrapped(2, format_args!("{DIM}unchanged{DIM:#}: {}", head(item)))?;
        if let Some(note) = &item.note {
            out.wrapped(2, format_args!("  {}", printable(note)))?;
        }
    }
    for failure in &report.failed {
        out.wrapped(2, format_args!("{BAD}failed{BAD:#}: {}", printable(&failure.message)))?;
    }
    Ok(())
}

fn head(item: &Item) -> String {
    if let (true, Some(sha256)) = (item.alias.is_empty(), item.sha256) {
        // Asked for by its fingerprint, and there is no such entry.
        return format!("SHA-256 {sha256}");
    }
    let mut head = match &item.previous {
        Some(previous) if previous.alias != item.alias => format!("{} -> {}", previous.alias, item.alias),
        _ => item.alias.clone(),
    };
    if let Some(subject) = &item.subject {
        head.extend(["  ", subject]);
    }
    printable(&head).into_owned()
}

fn details(out: &mut Out, item: &Item) -> Result<(), Failure> {
    match (&item.previous, item.sha256) {
        (Some(previous), Some(new)) if previous.sha256.is_some_and(|old| old != new) => {
            if let Some(old) = previous.sha256 {
                out.line(format_args!("  old SHA-256 {old}"))?;
            }
            out.line(format_args!("  new SHA-256 {new}"))?;
        }
        (_, Some(sha256)) => out.line(format_args!("  SHA-256 {sha256}"))?,
        (_, None) => {}
    }
    Ok(())
}
