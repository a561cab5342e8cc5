//! `truststore convert`: the same entries in another format.

use std::path::PathBuf;

use serde::Serialize;
use truststore::{
    ConvertOptions, Error, ErrorKind, Format, Integrity, Item, Loss, OutputOptions, Password, Written,
    convert, printable, write_store,
};

use crate::Outcome;
use crate::args::StoreType;
use crate::context::Context;
use crate::failure::Failure;
use crate::location::refuse_own_store;
use crate::output::words;

/// Write trusted certificates and private keys into a new store of another format
///
/// The new store has the same password unless another is given. Private keys are opened with the store's
/// password, or their own, and get the new store's. What the target cannot hold is refused before
/// anything is written, or left out with --trusted-only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore convert --to pkcs12 --out truststore.p12
  truststore convert -k cacerts --to jks --out old.jks --new-password-file secret.txt
  truststore convert -k server.jks --to pkcs12 --out server.p12 --key-password-file key.txt

Exit codes:
  0  written, or the target has these entries already
  1  with --dry-run --exit-code: something would be written
  2  entries that cannot be converted, the target exists (see --force), …")]
pub(crate) struct Args {
    /// The new format
    #[arg(long, value_name = "FORMAT")]
    to: StoreType,
    /// The new store
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// Overwrite a file that exists
    #[arg(long)]
    force: bool,
    /// Leave out keys, secrets and whatever else cannot be converted
    #[arg(long)]
    trusted_only: bool,
    /// The same inputs give the same bytes: dates from SOURCE_DATE_EPOCH (else 1980-01-01), salts from the
    /// content and the password; also if SOURCE_DATE_EPOCH is set
    #[arg(long)]
    reproducible: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: exit with 1 if something would be written
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Do not let an independent reader check a PKCS#12 store before it is written
    #[arg(long, hide_short_help = true)]
    no_read_back: bool,
    /// Write a PKCS#12 store without encryption and MAC
    #[arg(long, conflicts_with_all = ["new_password_file", "new_password_env"])]
    no_password: bool,
    /// Read the new store's password from a file
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_env")]
    new_password_file: Option<PathBuf>,
    /// Take the new store's password from a variable
    #[arg(long, value_name = "VAR")]
    new_password_env: Option<String>,
    /// Read the password of the private keys from a file, where it is not the store's
    #[arg(long, value_name = "FILE", conflicts_with = "key_password_env")]
    key_password_file: Option<PathBuf>,
    /// Take the password of the private keys from a variable
    #[arg(long, value_name = "VAR")]
    key_password_env: Option<String>,
    /// Read the password that private keys get from a file, where it is not to be the new store's
    #[arg(long, value_name = "FILE", conflicts_with = "new_key_password_env")]
    new_key_password_file: Option<PathBuf>,
    /// Take the password that private keys get from a variable
    #[arg(long, value_name = "VAR")]
    new_key_password_env: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    out: String,
    format: Format,
    changed: bool,
    created: bool,
    dry_run: bool,
    added: &'a [Item],
    replaced: [Item; 0],
    removed: [Item; 0],
    unchanged: &'a [Item],
    skipped: &'a [Item],
    losses: &'a [Loss],
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    if args.out.as_os_str() == "-" {
        return Err(Failure::usage("a store is not written to standard output; give a file with --out"));
    }
    let file = context.read()?;
    let source = context.path();
    refuse_own_store(&args.out, &source)?;
    if file.store().integrity() == Integrity::Unchecked && !context.global.allow_unverified {
        let message = "the integrity of the store was not checked, and the new store would hide that";
        return Err(Failure::Hinted(
            Error::new(ErrorKind::ReadOnly, message).at_path(&source),
            "give the store's password, or accept its content as it is with --allow-unverified",
        ));
    }
    let new = context.named_password(args.new_password_file.as_deref(), args.new_password_env.as_deref())?;
    let format = Format::from(args.to);
    let without = format == Format::Pkcs12 && file.store().integrity() == Integrity::None;
    let mut defaulted = false;
    let password = match new.or_else(|| file.store().duplicate_password()) {
        _ if args.no_password => None,
        None if !without => {
            defaulted = true;
            Some(Password::new(Password::JAVA_DEFAULT))
        }
        password => password,
    };
    context.check_new_password(format, password.as_ref());
    let mut making = context.making(args.reproducible)?;
    let options = key_options(args, making.date_ms, context)?;
    if let (Format::Pkcs12, Some(keys), Some(store)) = (format, &options.new_key_password, &password)
        && keys.as_str() != store.as_str()
    {
        context
            .warn("Java's keytool opens the private keys of a PKCS#12 store with the store's password alone");
    }
    let converted = convert(file.store(), format, password, &options, &mut making)
        .map_err(|e| e.at_path(&source))
        .map_err(|e| match e.kind() {
            ErrorKind::CannotKeep => Failure::Hinted(e, "--trusted-only leaves these out on purpose"),
            ErrorKind::WrongPassword => Failure::Hinted(
                e,
                "give the private keys' own password with --key-password-file FILE or --key-password-env VAR",
            ),
            _ => e.into(),
        })?;
    // As large as what is made of it.
    drop(file);
    for loss in &converted.losses {
        let entries = words::count(loss.entries.len(), "entry", "entries");
        context.warn(format_args!("lost for {entries}: {}", loss.message));
    }
    let options = OutputOptions {
        force: args.force,
        exact: making.reproducible,
        dry_run: args.dry_run,
        read_back: !args.no_read_back,
        ..OutputOptions::default()
    };
    let written = write_store(&args.out, &converted.store, &options, &mut making)?;
    let changed = written != Written::Unchanged;
    if changed {
        context.tell_making(making, args.reproducible);
    }
    context.written = changed && !args.dry_run;
    if defaulted && changed {
        context.note_default_password();
    }
    if context.is_json() {
        let (items, none) = (converted.items(), [].as_slice());
        let (added, unchanged) = if changed { (&items[..], none) } else { (none, &items[..]) };
        let answer = Answer {
            out: args.out.display().to_string(),
            format,
            changed,
            created: written == Written::Created,
            dry_run: args.dry_run,
            added,
            replaced: [],
            removed: [],
            unchanged,
            skipped: &converted.left_out,
            losses: &converted.losses,
        };
        context.json("convert", answer)?;
    } else {
        let verb = match (changed, args.dry_run) {
            (false, _) => "unchanged:",
            (true, true) => "would write",
            (true, false) => "wrote",
        };
        let count = words::count(converted.converted.len(), "entry", "entries");
        let out = args.out.display();
        context.out.line(printable(&format!("{verb} {count} in the {format} store {out}")))?;
        for item in &converted.left_out {
            let note = item.note.as_deref().unwrap_or_default();
            context.out.line(printable(&format!("left out: {} ({note})", item.alias)))?;
        }
    }
    Ok(if args.exit_code && changed { Outcome::No } else { Outcome::Yes })
}

/// What is said of private keys: which are taken along, and their passwords.
fn key_options(args: &Args, now: i64, context: &mut Context) -> Result<ConvertOptions, Failure> {
    let old = context.named_password(args.key_password_file.as_deref(), args.key_password_env.as_deref())?;
    let new = context
        .named_password(args.new_key_password_file.as_deref(), args.new_key_password_env.as_deref())?;
    Ok(ConvertOptions { trusted_only: args.trusted_only, key_password: old, new_key_password: new, now })
}
