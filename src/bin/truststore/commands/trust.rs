//! `truststore trust`: makes Java see certificates that a PKCS#12 store has without its attribute.

use truststore::trust;

use crate::Outcome;
use crate::args::EditArgs;
use crate::context::Context;
use crate::failure::Failure;

/// Add Java's trust attribute to certificates of a PKCS#12 store
///
/// `openssl pkcs12 -export -nokeys` makes stores without it: a JVM sees an empty store, and keytool
/// deletes the certificates at its next write.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).multiple(true))]
#[command(after_help = "\
Examples:
  truststore trust --all
  truststore trust corp-ca

Exit codes:
  0  trusted, or it was so already
  1  no such entry; with --dry-run --exit-code: something would change
  2  not a certificate, or it could not be done")]
pub(crate) struct Args {
    /// The aliases
    #[arg(value_name = "ALIAS", group = "which")]
    alias: Vec<String>,
    /// All certificates that lack the attribute
    #[arg(long, group = "which")]
    all: bool,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    context.edit("trust", &args.edit, None, |store| trust(store, &args.alias, args.all))
}
