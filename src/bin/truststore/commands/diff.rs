//! `truststore diff`: what two sides hold differently, be they stores, certificates or a manifest.

use std::path::{Path, PathBuf};

use serde::Serialize;
use truststore::apply::{DeclaredStore, Difference, PlanOptions, Side, diff, plan};
use truststore::{
    Certificate, Error, Format, Found, InputKind, Integrity, Password, StoreFile, Unlock, read_bytes,
    read_path, sniff,
};

use crate::Outcome;
use crate::context::Context;
use crate::failure::Failure;
use crate::manifest::Loaded;
use crate::output::difference;
use crate::source;

/// Compare two stores, a store and certificates, or a store and a manifest
///
/// Stores are compared by alias, certificates (PEM, DER, PKCS#7, a folder) by content. A manifest differs from
/// a store in all that `truststore apply --prune` would change. What is sealed, as private keys are, is not
/// looked into.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore diff ssl-truststore ssl-truststore.bak
  truststore diff ssl-truststore /etc/ssl/certs/ca-certificates.crt
  truststore diff trust.toml ssl-truststore --format json

Exit codes:
  0  the same
  1  they differ
  2  could not compare them")]
pub(crate) struct Args {
    /// One side: a store, certificates, a folder of these, a manifest, or - for standard input
    #[arg(value_name = "A")]
    a: PathBuf,
    /// The other side
    #[arg(value_name = "B")]
    b: PathBuf,
    /// Of a manifest with several stores the one of this name or path [default: the one that is compared]
    #[arg(long, value_name = "NAME|PATH")]
    store: Option<String>,
    /// Read the password of B from a file, where it is another one than that of A
    #[arg(long, value_name = "FILE", conflicts_with = "other_password_env")]
    other_password_file: Option<PathBuf>,
    /// Take the password of B from a variable
    #[arg(long, value_name = "VAR")]
    other_password_env: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    a: Facts,
    b: Facts,
    same: bool,
    differences: &'a [Difference],
}

/// What an answer says of a side.
#[derive(Serialize)]
struct Facts {
    path: String,
    kind: &'static str,
    format: Option<Format>,
    integrity: Option<Integrity>,
    entries: usize,
}

/// What a side is.
enum Content {
    Certificates(Vec<Certificate>),
    Manifest(Box<Loaded>),
    Store(Box<StoreFile>),
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    if context.global.keystore.is_some() {
        return Err(Failure::usage("diff takes its two sides as arguments; leave out --keystore"));
    }
    if source::is_stdin(&args.a) && source::is_stdin(&args.b) {
        return Err(Failure::usage("standard input can be read only once, and both sides are -"));
    }
    let other =
        context.named_password(args.other_password_file.as_deref(), args.other_password_env.as_deref())?;
    let a = read(&args.a, None, context)?;
    let b = read(&args.b, other.as_ref(), context)?;
    let (differences, entries) = match (&a, &b) {
        (Content::Store(file), Content::Manifest(loaded)) => declared(loaded, file, args, context)?,
        (Content::Manifest(loaded), Content::Store(file)) => {
            let (differences, entries) = declared(loaded, file, args, context)?;
            (differences.into_iter().map(Difference::reversed).collect(), entries)
        }
        (Content::Manifest(_), _) | (_, Content::Manifest(_)) => {
            return Err(Failure::usage(
                "a manifest is compared with a store: expected one on the other side",
            ));
        }
        (a, b) => (diff(&a.side(), &b.side()), 0),
    };
    let same = differences.is_empty();
    if context.is_json() {
        let (a, b) = (a.facts(&args.a, entries), b.facts(&args.b, entries));
        context.json("diff", Answer { a, b, same, differences: &differences })?;
    } else {
        difference::write(&args.a, &args.b, &differences, context)?;
    }
    Ok(if same { Outcome::Yes } else { Outcome::No })
}

fn read(path: &Path, password: Option<&Password>, context: &mut Context) -> Result<Content, Failure> {
    let limits = context.limits.clone();
    if path.is_dir() {
        return Ok(Content::Certificates(certificates(read_path(path, &limits)?, context)?));
    }
    let (name, bytes) = source::read(path, "check the path of what is to be compared", context)?;
    if matches!(sniff(&bytes), InputKind::Store(_)) {
        if source::is_stdin(path) {
            return Err(Failure::usage("a store is compared as a file, not from standard input"));
        }
        let file = match password {
            Some(password) => {
                StoreFile::read(path, context.unlock_with(password), &limits).map_err(Failure::from)
            }
            None => context.unlock_apart(path, |unlock| StoreFile::read(path, unlock, &limits)),
        };
        let file = file.map_err(|failure| match failure {
            Failure::Library(error) if error.is_wrong_password() => Failure::Hinted(error, PASSWORDS),
            other => other,
        })?;
        if file.store().integrity() == Integrity::Unchecked {
            context.warn(format_args!("{}: integrity not checked: no password that fits", path.display()));
        }
        return Ok(Content::Store(Box::new(file)));
    }
    if is_manifest(path, &bytes) {
        return Ok(Content::Manifest(Box::new(Loaded::of(path, &name, &bytes, context)?)));
    }
    let found = read_bytes(&name, bytes, &limits).map_err(|e| e.at_path(path))?;
    Ok(Content::Certificates(certificates(found, context)?))
}

const PASSWORDS: &str = "give the password of A with --password-file FILE or --password-env VAR, that of B with \
                         --other-password-file FILE or --other-password-env VAR";

/// A manifest may hold PEM, so that its content alone does not tell.
fn is_manifest(path: &Path, bytes: &[u8]) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
        || bytes.split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == b"[[store]]")
}

/// What is no certificate and claims to be one is not passed over: it would look like a difference.
fn certificates(found: Found, context: &mut Context) -> Result<Vec<Certificate>, Failure> {
    if let Some(first) = found.errors.first() {
        let message = format!("{}: {}", first.origin, first.error.message());
        return Err(Error::new(first.error.kind(), message).into());
    }
    for note in &found.notes {
        context.detail(note);
    }
    Ok(found.certificates.into_iter().map(|found| found.certificate).collect())
}

/// What the manifest would change of the store, and how many certificates it declares.
fn declared(
    loaded: &Loaded,
    file: &StoreFile,
    args: &Args,
    context: &mut Context,
) -> Result<(Vec<Difference>, usize), Failure> {
    let store = meant(loaded, file, args)?;
    let desired = loaded.desired(store, context)?;
    let entries = desired.certificates.len() + desired.bundled.len();
    // A copy, read as the original was: a plan is made by carrying it out.
    let password = file.store().duplicate_password();
    let unlock = password.as_ref().map_or(Unlock::Defaults, Unlock::WithUnverified);
    let mut copy = StoreFile::read(file.path(), unlock, &context.limits)?;
    let options = PlanOptions { prune: true, allow_empty: true, now: context.now_ms };
    let plan = plan(copy.store_mut(), &desired, &options).map_err(|e| e.at_path(file.path()))?;
    if let Some(expected) = store.format.filter(|format| *format != file.store().format()) {
        let found = file.store().format();
        context.warn(format_args!("the manifest declares a {expected} store, and this is {found}"));
    }
    Ok((Difference::of_plan(&plan), entries))
}

/// The store of the manifest that is compared: the one asked for, the one of this file, or the only one.
fn meant<'a>(loaded: &'a Loaded, file: &StoreFile, args: &Args) -> Result<&'a DeclaredStore, Failure> {
    let wanted: Vec<String> = args.store.iter().cloned().collect();
    let stores = loaded.choose(&wanted)?;
    if let [only] = stores.as_slice() {
        return Ok(only);
    }
    let this = file.resolved().canonicalize().ok();
    let is_this = |store: &&&DeclaredStore| {
        this.is_some() && loaded.own_path(store).and_then(|path| path.canonicalize().ok()) == this
    };
    stores.iter().find(is_this).copied().ok_or_else(|| {
        let labels: Vec<String> = stores.iter().filter_map(|store| store.label()).take(10).collect();
        Failure::usage(format!(
            "the manifest has several stores and none is {}; --store names one of \"{}\"",
            file.path().display(),
            labels.join("\", \"")
        ))
    })
}

impl Content {
    fn side(&self) -> Side<'_> {
        match self {
            Self::Store(file) => Side::Store(file.store()),
            Self::Certificates(certificates) => Side::Certificates(certificates),
            Self::Manifest(_) => Side::Certificates(&[]),
        }
    }

    fn facts(&self, path: &Path, declared: usize) -> Facts {
        let path = path.display().to_string();
        match self {
            Self::Store(file) => Facts {
                path,
                kind: "store",
                format: Some(file.store().format()),
                integrity: Some(file.store().integrity()),
                entries: file.store().entries().len(),
            },
            Self::Certificates(certificates) => Facts {
                path,
                kind: "certificates",
                format: None,
                integrity: None,
                entries: certificates.len(),
            },
            Self::Manifest(_) => {
                Facts { path, kind: "manifest", format: None, integrity: None, entries: declared }
            }
        }
    }
}
