//! `truststore import`: certificates into the store.

use truststore::ImportOptions;

use super::import_server::{self, ServerArgs};
use super::intake::IntakeArgs;
use crate::Outcome;
use crate::args::{EditArgs, NewStoreArgs};
use crate::context::Context;
use crate::failure::Failure;

/// Put certificates into the store, creating it if there is none
///
/// Reads PEM (one or many, any text around), DER, PKCS#7 (.p7b), folders of these, standard input (-)
/// and other stores; and the roots that the system, Mozilla or a JDK trust. The same certificate under
/// the same alias is left alone, so the command can be repeated. All or nothing, unless --keep-going.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore import --file root.pem --alias corp-ca
  truststore import --file bundle.p7b --dry-run
  truststore import --file - --alias corp-ca --sha256 \"$(cat root.sha256)\" < root.pem
  truststore import --file /etc/ssl/certs/java/cacerts --skip-duplicates
  truststore import --from-server mail.example.com:587 --starttls smtp --alias mail-ca
  truststore import --from-mozilla --file root.pem --alias corp-ca

Exit codes:
  0  imported, or unchanged
  1  with --dry-run --exit-code: something would change; --from-server, and the question was answered no
  2  alias taken, a refusal (--strict, --sha256), unreadable input, wrong password, …")]
pub(crate) struct Args {
    #[command(flatten)]
    intake: IntakeArgs,
    /// Put the certificate in the place of another one under this alias
    #[arg(long)]
    replace: bool,
    /// Leave out certificates that are in the store under another alias; of public roots this is always done
    #[arg(long)]
    skip_duplicates: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    new: NewStoreArgs,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    args.server.check()?;
    if args.intake.is_empty() && args.server.from_server.is_none() {
        return Err(Failure::usage(
            "expected where certificates come from: --file FILE, --from-server SERVER, --from-system, \
             --from-mozilla or --from-jdk",
        ));
    }
    let mut server = None;
    if args.server.from_server.is_some() {
        server = import_server::fetch(&args.server, &args.intake.sha256, args.edit.dry_run, context)?;
        if server.is_none() {
            context.note("nothing was imported");
            return Ok(Outcome::No);
        }
    }
    let intake = args.intake.gather(server, context)?;
    let options = ImportOptions {
        replace: args.replace,
        skip_duplicates: args.skip_duplicates,
        now: context.making(args.edit.reproducible)?.date_ms,
        ..ImportOptions::default()
    };
    context.edit("import", &args.edit, Some(&args.new), |store| intake.put(store, &options))
}
