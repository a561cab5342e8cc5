//! `truststore restore`: the previous file, which `--backup` kept, back in its place.

use std::time::Duration;

use serde::Serialize;
use truststore::{EditReport, Error, ErrorKind, Item, RestoreOptions, compare, printable, restore};

use crate::Outcome;
use crate::context::Context;
use crate::failure::Failure;

/// Put the copy that --backup kept (PATH.bak) back in its place
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore remove corp-ca --backup
  truststore restore

Exit codes:
  0  restored, or the store is as the backup already
  1  with --dry-run --exit-code: something would change
  2  no backup, or it could not be done")]
pub(crate) struct Args {
    /// How long to wait for another writer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    lock_timeout: u64,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: exit with 1 if something would change
    #[arg(long, requires = "dry_run")]
    exit_code: bool,
    /// Do not create a store that is not there
    #[arg(long)]
    existing: bool,
}

#[derive(Serialize)]
struct Answer {
    path: String,
    backup: String,
    changed: bool,
    created: bool,
    dry_run: bool,
    added: Vec<Item>,
    replaced: Vec<Item>,
    removed: Vec<Item>,
    unchanged: Vec<Item>,
    skipped: [Item; 0],
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let path = context.path();
    let options =
        RestoreOptions { lock_timeout: Duration::from_secs(args.lock_timeout), dry_run: args.dry_run };
    if args.existing && !path.exists() {
        let error = Error::new(ErrorKind::NotFound, "there is no such store").at_path(&path);
        return Err(Failure::Hinted(error, "check --keystore PATH, or leave out --existing"));
    }
    // No password is needed, but with one JSON says what becomes of the entries.
    let before = if context.is_json() { context.peek(&path)? } else { None };
    let restored = restore(&path, &context.limits, &options).map_err(|e| match e.is_not_found() {
        true => Failure::Hinted(e, "an edit with --backup keeps a copy of the store as it was"),
        false => e.into(),
    })?;
    context.written = restored.changed && !args.dry_run;
    if restored.created {
        context.always_note(format_args!(
            "{} the {} store {}",
            if args.dry_run { "would create" } else { "created" },
            restored.format,
            path.display()
        ));
    }
    for lost in &restored.not_kept {
        context.warn_not_kept(lost);
    }
    if context.is_json() {
        let entries = match (&before, context.peek(&restored.backup)?) {
            (None, Some(after)) if restored.created => compare(None, after.store()),
            (Some(before), Some(after)) => compare(Some(before.store()), after.store()),
            _ => {
                context.warn("the entries were not compared: no password that fits both files");
                EditReport::default()
            }
        };
        let answer = Answer {
            path: path.display().to_string(),
            backup: restored.backup.display().to_string(),
            changed: restored.changed,
            created: restored.created,
            dry_run: args.dry_run,
            added: entries.added,
            replaced: entries.replaced,
            removed: entries.removed,
            unchanged: entries.unchanged,
            skipped: [],
        };
        context.json("restore", answer)?;
    } else {
        let verb = match (restored.changed, args.dry_run) {
            (false, _) => "unchanged:",
            (true, true) => "would restore",
            (true, false) => "restored",
        };
        let (path, backup) = (path.display(), restored.backup.display());
        context.out.line(printable(&format!("{verb} {path} from {backup}")))?;
    }
    Ok(if args.exit_code && restored.changed { Outcome::No } else { Outcome::Yes })
}
