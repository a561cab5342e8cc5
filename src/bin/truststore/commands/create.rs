//! `truststore create`: a new store, empty or with roots.

use truststore::{EditReport, ImportOptions};

use super::intake::IntakeArgs;
use crate::Outcome;
use crate::args::{EditArgs, NewStoreArgs};
use crate::context::Context;
use crate::failure::Failure;

/// Create a store, empty or with certificates; one that exists is left as it is
///
/// With --from-… and --file the new store has these roots and certificates from the beginning.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore create --type jks --password-file secret.txt
  truststore create --no-password -k /etc/app/truststore.p12
  truststore create --from-mozilla --file root.pem --alias corp-ca
  truststore create --from-jdk --reproducible -k image/truststore.p12

Exit codes:
  0  created, or there is a store already that the password opens
  1  with --dry-run --exit-code: it would be created
  2  could not do it")]
pub(crate) struct Args {
    #[command(flatten)]
    intake: IntakeArgs,
    #[command(flatten)]
    new: NewStoreArgs,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    if args.intake.is_empty() {
        return context.edit("create", &args.edit, Some(&args.new), |_| Ok(EditReport::default()));
    }
    let intake = args.intake.gather(None, context)?;
    let now = context.making(args.edit.reproducible)?.date_ms;
    let mut file = context.open_for_edit(&args.edit, Some(&args.new))?;
    let mut report = EditReport::default();
    if file.created() {
        let options = ImportOptions { now, ..ImportOptions::default() };
        let path = context.path();
        report = intake.put(file.store_mut(), &options).map_err(|e| e.at_path(&path))?;
    } else {
        context.note("the store exists and is left as it is; `truststore import` puts certificates into it");
    }
    context.finish_edit("create", &args.edit, file, report)
}
