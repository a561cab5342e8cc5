//! `truststore passwd`: another password for the store.

use std::path::PathBuf;

use truststore::{EditReport, Error, ErrorKind, Integrity, Password, StoreFile};

use crate::Outcome;
use crate::args::EditArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::prompt;

/// Give the store another password
///
/// Keys of a PKCS#12 store that open with the old password are sealed under the new one, as keytool
/// does; others stay as they are. Keys of JKS and JCEKS stores have passwords of their own and stay.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore passwd
  truststore passwd --password-file old.txt --new-password-file new.txt

Exit codes:
  0  changed, or the store has the new password already
  1  with --dry-run --exit-code: it would be changed
  2  wrong password, or it could not be done")]
pub(crate) struct Args {
    /// Read the new password from a file, less one line end
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_env")]
    new_password_file: Option<PathBuf>,
    /// Take the new password from a variable
    #[arg(long, value_name = "VAR")]
    new_password_env: Option<String>,
    #[command(flatten)]
    edit: EditArgs,
}

/// keytool refuses shorter ones; a script may have its reasons.
const SHORT: usize = 6;

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let new = new_password(args, context)?;
    if new.as_str().chars().count() < SHORT {
        context.warn(format_args!(
            "the new password has fewer than {SHORT} characters; keytool will not take it"
        ));
    }
    let mut file = open(args, context, &new)?;
    let path = context.path();
    let mut making = context.making(args.edit.reproducible)?;
    let would = if args.edit.dry_run { "would change" } else { "changed" };
    let mut done = None;
    if !file.store().has_password(&new) {
        context.check_new_password(file.store().format(), Some(&new));
        let change = file.store_mut().set_password(new, &mut making).map_err(|e| e.at_path(&path))?;
        if !change.kept.is_empty() {
            let names = change.kept.join("\", \"");
            context.warn(format_args!("keys with a password of their own keep it: \"{names}\""));
        }
        if !change.resealed.is_empty() {
            let names = change.resealed.join("\", \"");
            context.note(format_args!("keys sealed again under the new password: \"{names}\""));
        }
        done = Some(format!("{would} the password"));
    }
    if args.edit.upgrade && file.store_mut().upgrade(&mut making).map_err(|e| e.at_path(&path))? {
        done.get_or_insert_with(|| format!("{would} the algorithms to today's"));
    }
    let outcome = context.finish_edit("passwd", &args.edit, file, EditReport::default())?;
    if let Some(done) = done.filter(|_| !context.is_json()) {
        context.out.line(done)?;
    }
    Ok(outcome)
}

/// The store under its old password; or under the new one, if it was changed before.
fn open(args: &Args, context: &mut Context, new: &Password) -> Result<StoreFile, Failure> {
    let failure = match context.open_for_edit(&args.edit, None) {
        Ok(file) if file.store().integrity() == Integrity::Unchecked => {
            let message =
                "the store was read without a password that fits, so its password cannot be changed";
            Error::new(ErrorKind::ReadOnly, message).at_path(&context.path()).into()
        }
        Err(failure) if failure.library().is_some_and(Error::is_wrong_password) => failure,
        opened => return opened,
    };
    context.use_password(new.duplicate());
    context.open_for_edit(&args.edit, None).map_err(|_| failure)
}

fn new_password(args: &Args, context: &mut Context) -> Result<Password, Failure> {
    match context.named_password(args.new_password_file.as_deref(), args.new_password_env.as_deref())? {
        Some(password) => Ok(password),
        None if prompt::is_possible(context.global.no_input) => {
            // The old one is asked first, and a mistyped path is told before anything is typed.
            context.read()?;
            prompt::new_password("New password")
        }
        None => Err(Failure::usage(
            "expected the new password: give --new-password-file FILE or --new-password-env VAR",
        )),
    }
}
