//! What an edit did, for a person.

use std::fmt::{Arguments, Write as _};

use anstyle::Style;
use truststore::{EditReport, Item, printable};

use super::words::{BAD, CAUTION, DIM, GOOD};
use super::{Out, wrap};
use crate::failure::Failure;

/// Items whose lines are made, on every core, before they are written.
const ROUND: usize = 4_096;

/// Writes one line for each thing done, and what identifies it.
pub(crate) fn write(out: &mut Out, report: &EditReport, dry_run: bool) -> Result<(), Failure> {
    let would = if dry_run { "would be " } else { "" };
    let look = Look { has_colors: out.has_colors(), width: out.width() };
    let groups = [
        (&report.added, "added", GOOD),
        (&report.replaced, "replaced", CAUTION),
        (&report.renamed, "renamed", GOOD),
        (&report.trusted, "trusted", GOOD),
        (&report.removed, "removed", CAUTION),
        (&report.skipped, "skipped", DIM),
    ];
    for (items, verb, style) in groups {
        let style = look.style(style);
        let would = if verb == "skipped" { "" } else { would };
        write_lines(out, items, |item, lines| {
            look.wrapped(lines, format_args!("{style}{would}{verb}{style:#}: {}", head(item)));
            details(lines, item);
            // What is to be known about an added one is a warning, which stands on stderr.
            if let Some(note) = item.note.as_ref().filter(|_| verb != "added") {
                look.wrapped(lines, format_args!("  {}", printable(note)));
            }
        })?;
    }
    let style = look.style(DIM);
    write_lines(out, &report.unchanged, |item, lines| {
        look.wrapped(lines, format_args!("{style}unchanged{style:#}: {}", head(item)));
        if let Some(note) = &item.note {
            look.wrapped(lines, format_args!("  {}", printable(note)));
        }
    })?;
    let style = look.style(BAD);
    write_lines(out, &report.failed, |failure, lines| {
        look.wrapped(lines, format_args!("{style}failed{style:#}: {}", printable(&failure.message)));
    })
}

/// How lines look on what they are written to.
struct Look {
    has_colors: bool,
    width: Option<usize>,
}

impl Look {
    fn style(&self, style: Style) -> Style {
        if self.has_colors { style } else { Style::new() }
    }

    /// Adds one line; on a terminal that it is too long for it goes on in the next ones.
    fn wrapped(&self, lines: &mut String, line: Arguments<'_>) {
        lines.push_str(&wrap::fit(line, self.width, 2));
        lines.push('\n');
    }
}

/// Writes the lines of many items; `draw` adds those of one, in which every text is printable.
fn write_lines<T: Sync>(
    out: &mut Out,
    items: &[T],
    draw: impl Fn(&T, &mut String) + Sync,
) -> Result<(), Failure> {
    for round in items.chunks(ROUND) {
        let drawn = truststore::in_pieces(round, &|_| (), |items| {
            let mut lines = String::new();
            items.iter().for_each(|item| draw(item, &mut lines));
            lines
        });
        drawn.iter().try_for_each(|lines| out.safe_lines(lines))?;
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

fn details(lines: &mut String, item: &Item) {
    let mut line = |text: Arguments<'_>| {
        // Writing to a String cannot fail.
        let _ = writeln!(lines, "{text}");
    };
    match (&item.previous, item.sha256) {
        (Some(previous), Some(new)) if previous.sha256.is_some_and(|old| old != new) => {
            if let Some(old) = previous.sha256 {
                line(format_args!("  old SHA-256 {old}"));
            }
            line(format_args!("  new SHA-256 {new}"));
        }
        (_, Some(sha256)) => line(format_args!("  SHA-256 {sha256}")),
        (_, None) => {}
    }
}
