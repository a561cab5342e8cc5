//! `truststore apply`: stores as a manifest declares them.

use std::path::{Path, PathBuf};

use serde::Serialize;
use truststore::apply::{Action, Kept, PlanOptions};
use truststore::{Failure as FailedItem, ReadBack};

use super::apply_store::{Settings, State, Work};
use crate::Outcome;
use crate::context::{Context, StoreFacts};
use crate::failure::Failure;
use crate::manifest::Loaded;
use crate::output::plan;

/// Make stores hold what a manifest declares; said again, it changes nothing
///
/// The manifest is TOML: stores, and the certificates, bundles and folders that each must hold. Everything is
/// read, checked and planned before anything is written; each store is changed as a whole or not at all.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A manifest:
  [[store]]
  path = \"conf/ssl-truststore\"

  [[store.certificate]]
  alias = \"corp-root\"
  file = \"corp-root.pem\"
  sha256 = \"FE:D6:AB:53:…\"

  [[store.bundle]]
  file = \"partners/\"

Examples:
  truststore apply trust.toml --dry-run
  truststore apply trust.toml --prune --backup
  truststore export --manifest > trust.toml

Exit codes:
  0  done, or unchanged; `changed` in JSON tells which
  1  with --dry-run --exit-code: something would change
  2  could not do it; of several stores the answer says which were changed")]
pub(crate) struct Args {
    /// The manifest, or - for standard input; its relative paths begin at its own folder
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    /// Only the store of this name or path; may be repeated
    #[arg(long, value_name = "NAME|PATH")]
    store: Vec<String>,
    /// Remove certificates that the manifest does not name; keys stay
    #[arg(long)]
    prune: bool,
    /// Let --prune remove the last certificate of a store
    #[arg(long, requires = "prune")]
    allow_empty: bool,
    /// Show what would change, and change nothing
    #[arg(long, help_heading = "Editing")]
    dry_run: bool,
    /// With --dry-run: exit with 1 if something would change
    #[arg(long, requires = "dry_run", help_heading = "Editing")]
    exit_code: bool,
    /// The same inputs give the same bytes: dates from SOURCE_DATE_EPOCH (else 1980-01-01), salts from the
    /// content and the password; also if SOURCE_DATE_EPOCH is set
    #[arg(long, help_heading = "Editing")]
    reproducible: bool,
    /// Keep the previous file of each store as PATH.bak
    #[arg(long, help_heading = "Editing")]
    backup: bool,
    /// Do not let an independent reader check a PKCS#12 store before it is replaced
    #[arg(long, help_heading = "Editing", hide_short_help = true)]
    no_read_back: bool,
    /// How long to wait for another writer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", help_heading = "Editing")]
    lock_timeout: u64,
}

#[derive(Serialize)]
struct Answer<'a> {
    manifest: &'a str,
    dry_run: bool,
    prune: bool,
    changed: bool,
    stores: Vec<StoreAnswer<'a>>,
}

#[derive(Serialize)]
struct StoreAnswer<'a> {
    name: Option<&'a str>,
    store: &'a StoreFacts,
    state: State,
    changed: bool,
    created: bool,
    actions: &'a [Action],
    unchanged: usize,
    kept: &'a [Kept],
    backup: Option<String>,
    read_back: Option<&'a ReadBack>,
    error: Option<FailedItem>,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let loaded = Loaded::read(&args.manifest, context)?;
    let stores = loaded.choose(&args.store)?;
    if context.global.keystore.is_some() && stores.iter().all(|store| store.path.is_some()) {
        return Err(Failure::usage(
            "--keystore is for a store to which the manifest gives no `path`; --store chooses among those it has",
        ));
    }
    let making = context.making(args.reproducible)?;
    let settings = Settings {
        plan: PlanOptions { prune: args.prune, allow_empty: args.allow_empty, now: making.date_ms },
        making,
        backup: args.backup,
        read_back: !args.no_read_back,
        lock_timeout: args.lock_timeout,
    };
    let mut works = Vec::new();
    for declared in stores {
        works.push(Work::read(&loaded, declared, context)?);
    }
    Work::require_apart(&works)?;
    for work in &mut works {
        work.plan(&settings, context)?;
    }
    let failed = if args.dry_run { None } else { carry_out(&mut works, &settings, context)? };
    let changed = works.iter().any(|work| work.state.is_change());
    if changed {
        context.tell_making(making, args.reproducible);
    }
    answer(&loaded, &works, args, changed, context)?;
    match failed {
        Some(failure) => Err(failure),
        None if args.exit_code && changed => Ok(Outcome::No),
        None => Ok(Outcome::Yes),
    }
}

/// Locks every store that is to be changed, and plans anew what another writer may have changed; then writes
/// one after the other. The failure of one ends it, and is told beside the answer.
fn carry_out(
    works: &mut [Work<'_>],
    settings: &Settings,
    context: &mut Context,
) -> Result<Option<Failure>, Failure> {
    // Always in the same order, so that two of us do not wait for each other.
    let mut order: Vec<&mut Work<'_>> =
        works.iter_mut().filter(|work| work.state == State::Planned).collect();
    order.sort_by(|a, b| a.path.cmp(&b.path));
    for work in order {
        work.lock(settings, context)?;
    }
    let mut failed = None;
    for work in works.iter_mut().filter(|work| work.state == State::Planned) {
        if failed.is_some() {
            work.state = State::NotDone;
        } else if let Err(error) = work.commit(settings, context) {
            work.state = State::Failed;
            work.error = Some(FailedItem::of(&error));
            failed = Some(error);
        }
    }
    let Some(error) = failed else { return Ok(None) };
    let labels = |state| -> Vec<String> {
        works.iter().filter(|work| work.state == state).map(|work| work.path.display().to_string()).collect()
    };
    let (done, left) = (labels(State::Done), labels(State::NotDone));
    if done.is_empty() && left.is_empty() {
        return Ok(Some(error.into()));
    }
    let list = |labels: Vec<String>| if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
    let message = format!("{error}; changed before: {}; left as they were: {}", list(done), list(left));
    Ok(Some(Failure::Other { code: error.kind().code(), message, hint: Some(AGAIN.to_owned()) }))
}

const AGAIN: &str = "put it right and run the same command again: what is done is left alone";

fn answer(
    loaded: &Loaded,
    works: &[Work<'_>],
    args: &Args,
    changed: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    if !context.is_json() {
        for work in works {
            plan::write(&plan_of(work), args.dry_run, context)?;
        }
        return Ok(());
    }
    let stores = works.iter().map(|work| {
        let committed = work.committed.as_ref();
        StoreAnswer {
            name: work.declared.name.as_deref(),
            store: &work.facts,
            state: work.state,
            changed: work.state.is_change(),
            created: work.created,
            actions: &work.plan.actions,
            unchanged: work.plan.unchanged,
            kept: &work.plan.kept,
            backup: committed.and_then(|done| Some(done.backup.as_ref()?.display().to_string())),
            read_back: committed.and_then(|done| done.read_back.as_ref()),
            error: work.error.clone(),
        }
    });
    let (dry_run, prune) = (args.dry_run, args.prune);
    let manifest = &loaded.manifest.name;
    context.json("apply", Answer { manifest, dry_run, prune, changed, stores: stores.collect() })
}

fn plan_of<'a>(work: &'a Work<'_>) -> plan::Shown<'a> {
    plan::Shown {
        path: Path::new(&work.facts.path),
        format: work.facts.format,
        state: work.state,
        created: work.created,
        plan: &work.plan,
    }
}
