//! `truststore rename`: another alias for an entry.

use truststore::{ErrorKind, rename};

use crate::Outcome;
use crate::args::EditArgs;
use crate::context::Context;
use crate::failure::Failure;

/// Give an entry another alias; everything else of it stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore rename corp-ca corp-ca-2024

Exit codes:
  0  renamed, or it had been renamed before
  1  no such entry; with --dry-run --exit-code: something would change
  2  the new alias is taken, or it could not be done")]
pub(crate) struct Args {
    /// The present alias
    #[arg(value_name = "OLD")]
    old: String,
    /// The new alias
    #[arg(value_name = "NEW")]
    new: String,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let renamed = context.edit("rename", &args.edit, None, |store| rename(store, &args.old, &args.new));
    renamed.map_err(|failure| match failure {
        Failure::Library(e) if e.kind() == ErrorKind::AliasTaken => {
            Failure::Hinted(e, "choose another name, or rename or remove that entry first")
        }
        other => other,
    })
}
