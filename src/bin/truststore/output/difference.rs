//! What two sides hold differently, for a person.

use std::path::Path;

use truststore::apply::{Difference, DifferenceKind};
use truststore::printable;

use super::plan::facts;
use super::words::{self, BAD, CAUTION, GOOD};
use crate::context::Context;
use crate::failure::Failure;

/// Writes both sides' names, then a line for each difference; one line if there is none.
pub(crate) fn write(
    a: &Path,
    b: &Path,
    differences: &[Difference],
    context: &mut Context,
) -> Result<(), Failure> {
    let (a, b) = (a.display().to_string(), b.display().to_string());
    let (a, b) = (printable(&a), printable(&b));
    if differences.is_empty() {
        return context.out.line(format_args!("the same: {a}, {b}"));
    }
    context.out.line(format_args!("{BAD}---{BAD:#} {a}"))?;
    context.out.line(format_args!("{GOOD}+++{GOOD:#} {b}"))?;
    for difference in differences {
        one(difference, context)?;
    }
    context.out.flush()?;
    context.note(words::count(differences.len(), "difference", "differences"));
    Ok(())
}

fn one(difference: &Difference, context: &mut Context) -> Result<(), Failure> {
    let alias = printable(&difference.alias);
    let (a, b) = (difference.a.as_ref().map(facts), difference.b.as_ref().map(facts));
    let out = &mut context.out;
    match (difference.difference, a, b) {
        (DifferenceKind::OnlyInA, Some(facts), _) => {
            out.wrapped(4, format_args!("{BAD}-{BAD:#} {alias}  {facts}"))?;
        }
        (DifferenceKind::OnlyInB, _, Some(facts)) => {
            out.wrapped(4, format_args!("{GOOD}+{GOOD:#} {alias}  {facts}"))?;
        }
        (_, Some(a), Some(b)) if a == b => {
            out.wrapped(4, format_args!("{CAUTION}~{CAUTION:#} {alias}  {a}"))?;
        }
        (_, a, b) => {
            out.line(format_args!("{CAUTION}~{CAUTION:#} {alias}"))?;
            out.wrapped(4, format_args!("  {BAD}-{BAD:#} {}", a.unwrap_or_default()))?;
            out.wrapped(4, format_args!("  {GOOD}+{GOOD:#} {}", b.unwrap_or_default()))?;
        }
    }
    match &difference.note {
        Some(note) => out.wrapped(4, format_args!("    {}", printable(note))),
        None => Ok(()),
    }
}
