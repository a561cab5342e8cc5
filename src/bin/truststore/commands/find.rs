//! `truststore find`: the trust stores of this machine.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use truststore::sources::{DISTRIBUTION_STORES, SearchOptions, search, usual_jdk_stores};
use truststore::{
    Error, FindingCode, Format, Integrity, Policy, Severity, StoreFile, TrustStore, Unlock, printable, verify,
};

use crate::Outcome;
use crate::context::Context;
use crate::failure::Failure;
use crate::location;
use crate::output::table;
use crate::output::words::{self, BAD, CAUTION, GOOD};

/// Find the trust stores of this machine, each with its health
///
/// Looks at the roots of every JDK, where JDKs usually are and where JAVA_HOME and PATH lead, at the
/// distribution's, at the store that other commands would use, and in the folders given. Stores are known
/// by their content, not by their name; a file that has several names is shown once. One that cannot be
/// read is shown too, with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore find
  truststore find /opt/app --levels 3
  truststore find --only . --format json

Exit codes:
  0  at least one was found, healthy or not
  1  none was found
  2  a folder given is not there or cannot be listed")]
pub(crate) struct Args {
    /// Search these folders too, and look at these files
    #[arg(value_name = "FOLDER")]
    folder: Vec<PathBuf>,
    /// Search only the folders given
    #[arg(long, requires = "folder")]
    only: bool,
    /// How many levels of folders below those given; links to folders are not followed
    #[arg(long, value_name = "COUNT", default_value = "8")]
    levels: u32,
    /// Count certificates that expire within so many days
    #[arg(long, value_name = "DAYS", default_value = "30")]
    warn_days: u32,
}

#[derive(Serialize)]
struct Answer<'a> {
    found: usize,
    stores: &'a [Row],
}

/// A store and how it is.
#[derive(Serialize)]
struct Row {
    path: String,
    /// Its other names.
    also: Vec<String>,
    /// No finding is an error, and it can be read.
    ok: bool,
    health: String,
    format: Option<Format>,
    integrity: Option<Integrity>,
    entries: Option<usize>,
    expired: usize,
    expiring: usize,
    errors: usize,
    warning_findings: usize,
    /// Why it cannot be read.
    error: Option<Fault>,
}

#[derive(Serialize)]
struct Fault {
    code: &'static str,
    message: String,
}

/// Of faults of one kind more are counted, not told.
const TOLD: usize = 5;

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let mut paths = if args.only { Vec::new() } else { usual(context) };
    for folder in &args.folder {
        paths.extend(inside(folder, args, context)?);
    }
    let mut policy = Policy::at(context.now());
    policy.warn_days = args.warn_days;
    let mut rows = Vec::new();
    for (path, also) in each_once(paths) {
        let opened = look(&path, context)?;
        let mut row = match opened {
            Ok(file) => healthy(&path, file.store(), &policy),
            Err(error) => unreadable(&path, &error),
        };
        row.also = also.iter().map(|path| path.display().to_string()).collect();
        rows.push(row);
    }
    let outcome = if rows.is_empty() { Outcome::No } else { Outcome::Yes };
    if context.is_json() {
        context.json("find", Answer { found: rows.len(), stores: &rows })?;
    } else if rows.is_empty() {
        context.note("no store was found; `truststore find FOLDER` searches another folder");
    } else {
        write(&rows, context)?;
    }
    Ok(outcome)
}

/// The stores that are where stores usually are. The best known name of each comes first.
fn usual(context: &Context) -> Vec<PathBuf> {
    let given = context.global.keystore.clone();
    let own = match location::jdk(given.clone()) {
        Some(_) => None,
        None => Some(location::Location::find(given).path),
    };
    let jdk = location::active_jdk().ok();
    let of_jdk = jdk.iter().flat_map(|jdk| std::iter::once(jdk.cacerts()).chain(jdk.jssecacerts()));
    let mut paths: Vec<PathBuf> = own.into_iter().chain(of_jdk).collect();
    paths.extend(usual_jdk_stores(|name| std::env::var_os(name)));
    paths.extend(DISTRIBUTION_STORES.map(PathBuf::from));
    // A link that leads nowhere is worth knowing; what is not there at all is not.
    paths.retain(|path| match path.symlink_metadata() {
        Ok(metadata) => !metadata.is_dir(),
        Err(error) => error.kind() == std::io::ErrorKind::PermissionDenied,
    });
    paths
}

/// The stores of a folder, or the one file that is named instead.
fn inside(folder: &Path, args: &Args, context: &mut Context) -> Result<Vec<PathBuf>, Failure> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let options = SearchOptions { levels: args.levels, ..SearchOptions::default() };
    let searched = search(folder, &options)
        .map_err(|error| Failure::Hinted(error, "name a folder to be searched, or a file to be looked at"))?;
    for error in searched.errors.iter().take(TOLD) {
        context.warn(error);
    }
    if let Some(more) = searched.errors.len().checked_sub(TOLD).filter(|more| *more > 0) {
        let folders = words::count(more, "more folder", "more folders");
        context.warn(format_args!("{folders} in {} cannot be listed", folder.display()));
    }
    if searched.stopped {
        context.warn(format_args!(
            "{}: the search ended after {} files and folders, and there are more: search a folder inside it, or \
             fewer --levels",
            folder.display(),
            options.max_members
        ));
    }
    Ok(searched.stores)
}

/// Each file once, under its first name, with the others. Hard links are files of their own, since an edit
/// parts them.
fn each_once(paths: Vec<PathBuf>) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let mut at: HashMap<PathBuf, usize> = HashMap::new();
    let mut once: Vec<(PathBuf, Vec<PathBuf>)> = Vec::new();
    for path in paths {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let known = *at.entry(real).or_insert(once.len());
        match once.get_mut(known) {
            Some((first, also)) if *first != path && !also.contains(&path) => also.push(path),
            Some(_) => {}
            None => once.push((path, Vec::new())),
        }
    }
    once
}

/// Opens a store of many with the defaults, else with the password that was given; nobody is asked.
fn look(path: &Path, context: &mut Context) -> Result<Result<StoreFile, Error>, Failure> {
    let limits = context.limits.clone();
    let opened = StoreFile::read(path, Unlock::Defaults, &limits);
    let is_open = match &opened {
        Ok(file) => file.store().integrity() != Integrity::Unchecked,
        Err(error) => !error.is_wrong_password(),
    };
    let Some(password) = context.take_explicit()?.filter(|_| !is_open) else { return Ok(opened) };
    Ok(StoreFile::read(path, Unlock::WithUnverified(password), &limits).or(opened))
}

fn healthy(path: &Path, store: &TrustStore, policy: &Policy) -> Row {
    let report = verify(store, policy);
    let of = |code| report.findings.iter().filter(|finding| finding.code == code).count();
    let (expired, expiring) = (of(FindingCode::Expired), of(FindingCode::Expiring));
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let others = errors + warnings - expired - expiring;
    let (one, many) = match others == errors + warnings {
        true => ("finding", "findings"),
        false => ("other finding", "other findings"),
    };
    let mut parts: Vec<String> = Vec::new();
    for (count, one, many) in
        [(expired, "expired", "expired"), (expiring, "expiring", "expiring"), (others, one, many)]
    {
        if count > 0 {
            parts.push(words::count(count, one, many));
        }
    }
    if store.integrity() == Integrity::Unchecked {
        parts.push("integrity not checked".to_owned());
    }
    Row {
        path: path.display().to_string(),
        also: Vec::new(),
        ok: errors == 0,
        health: if parts.is_empty() { "sound".to_owned() } else { parts.join(", ") },
        format: Some(store.format()),
        integrity: Some(store.integrity()),
        entries: Some(store.entries().len()),
        expired,
        expiring,
        errors,
        warning_findings: warnings,
        error: None,
    }
}

fn unreadable(path: &Path, error: &Error) -> Row {
    let health = match error.is_wrong_password() {
        true => "locked: no password that fits".to_owned(),
        false => format!("not readable: {}", error.message()),
    };
    Row {
        path: path.display().to_string(),
        also: Vec::new(),
        ok: false,
        health,
        format: None,
        integrity: None,
        entries: None,
        expired: 0,
        expiring: 0,
        errors: 0,
        warning_findings: 0,
        error: Some(Fault { code: error.kind().code(), message: error.to_string() }),
    }
}

fn write(rows: &[Row], context: &mut Context) -> Result<(), Failure> {
    let fill = |row: &Row, cells: &mut table::Row| {
        let format = row.format.map(|format| format.to_string());
        let style = match (row.ok, row.expired + row.expiring + row.warning_findings) {
            (false, _) => BAD,
            (true, 0) => GOOD,
            (true, _) => CAUTION,
        };
        cells.cell(&row.path);
        cells.cell(format.as_deref().unwrap_or("-"));
        match row.entries {
            Some(entries) => cells.cell(entries),
            None => cells.cell("-"),
        }
        cells.styled(style, &row.health);
        cells.cell(row.also.join(", "));
    };
    let header = ["STORE", "FORMAT", "ENTRIES", "HEALTH", "ALSO"];
    table::write(&mut context.out, &header, &[(0, 3), (3, 2), (4, 2)], rows, fill)?;
    context.out.flush()?;
    let found = words::count(rows.len(), "store", "stores");
    let bad = rows.iter().filter(|row| !row.ok).count();
    context.note(printable(&format!(
        "{found} found, {bad} with errors; `truststore verify -k STORE` says more"
    )));
    Ok(())
}
