//! `truststore create`: an empty store.

use truststore::EditReport;

use crate::Outcome;
use crate::args::{EditArgs, NewStoreArgs};
use crate::context::Context;
use crate::failure::Failure;

/// Create an empty store; one that exists is left as it is
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore create --type jks --password-file secret.txt
  truststore create --no-password -k /etc/app/truststore.p12

Exit codes:
  0  created, or there is a store already that the password opens
  1  with --dry-run --exit-code: it would be created
  2  could not do it")]
pub(crate) struct Args {
    #[command(flatten)]
    new: NewStoreArgs,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    context.edit("create", &args.edit, Some(&args.new), |_| Ok(EditReport::default()))
}
