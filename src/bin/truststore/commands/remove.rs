//! `truststore remove`: entries out of the store.

use truststore::{Fingerprint, RemoveOptions, remove};

use crate::Outcome;
use crate::args::{EditArgs, fingerprint};
use crate::context::Context;
use crate::failure::Failure;

/// Remove entries by alias, by fingerprint, or those that are expired
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
#[command(after_help = "\
Examples:
  truststore remove corp-ca
  truststore remove old-ca older-ca --if-present
  truststore remove --expired --dry-run

Exit codes:
  0  removed; with --if-present also: it was not there
  1  no such entry; with --dry-run --exit-code: something would change
  2  could not do it")]
pub(crate) struct Args {
    /// The aliases
    #[arg(value_name = "ALIAS", group = "which")]
    alias: Vec<String>,
    /// Remove the certificates with this SHA-256 fingerprint; may be repeated
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint, group = "which")]
    sha256: Vec<Fingerprint>,
    /// Remove certificates whose validity is over
    #[arg(long, group = "which")]
    expired: bool,
    /// Do not mind if there is no such entry
    #[arg(long)]
    if_present: bool,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Outcome, Failure> {
    let options = RemoveOptions {
        names: args.alias,
        fingerprints: args.sha256,
        expired_at: args.expired.then(|| context.now()),
        if_present: args.if_present,
    };
    context.edit("remove", &args.edit, None, |store| remove(store, &options))
}
