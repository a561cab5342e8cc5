//! `truststore import`: certificates into the store.

use std::path::{Path, PathBuf};

use truststore::{
    Candidate, Certificate, Error, ErrorKind, Fingerprint, Found, FoundCertificate, ImportOptions, InputKind,
    Integrity, Note, Policy, Severity, Unlock, check_certificates, import, read_bytes, read_path_watched,
    read_store, roots_of, sniff,
};

use super::import_server::{self, ServerArgs};
use crate::Outcome;
use crate::args::{EditArgs, NewStoreArgs, fingerprint};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::words;
use crate::{source, wildcard};

/// Put certificates into the store, creating it if there is none
///
/// Reads PEM (one or many, any text around), DER, PKCS#7 (.p7b), folders of these, standard input (-)
/// and other stores. The same certificate under the same alias is left alone, so the command can be
/// repeated. All or nothing, unless --keep-going.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore import --file root.pem --alias corp-ca
  truststore import --file bundle.p7b --dry-run
  truststore import --file - --alias corp-ca --sha256 \"$(cat root.sha256)\" < root.pem
  truststore import --file /etc/ssl/certs/java/cacerts --skip-duplicates
  truststore import --from-server mail.example.com:587 --starttls smtp --alias mail-ca

Exit codes:
  0  imported, or unchanged
  1  with --dry-run --exit-code: something would change; --from-server, and the question was answered no
  2  alias taken, a refusal (--strict, --sha256), unreadable input, wrong password, …")]
pub(crate) struct Args {
    /// A certificate file, a folder, another store, or - for standard input; may be repeated, and on
    /// Windows the name may have the wildcards * and ?
    #[arg(short, long, value_name = "FILE", required_unless_present = "from_server", num_args = 1)]
    file: Vec<PathBuf>,
    /// More files, as a shell expands wildcards
    #[arg(value_name = "FILE", hide = true)]
    more: Vec<PathBuf>,
    /// The alias; more than one certificate are numbered: NAME, NAME-2, … [default: from the subject]
    #[arg(short, long, value_name = "NAME")]
    alias: Option<String>,
    /// Put the certificate in the place of another one under this alias
    #[arg(long)]
    replace: bool,
    /// Leave out certificates that are in the store under another alias
    #[arg(long)]
    skip_duplicates: bool,
    /// Refuse any certificate that has not this SHA-256 fingerprint; may be repeated
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    sha256: Vec<Fingerprint>,
    /// Refuse what is otherwise warned of: expired, not a CA, weak, …
    #[arg(long)]
    strict: bool,
    /// Report what cannot be imported, and import the rest
    #[arg(long)]
    keep_going: bool,
    /// Read the password of a store given as --file from a file
    #[arg(long, value_name = "FILE", conflicts_with = "source_password_env")]
    source_password_file: Option<PathBuf>,
    /// Take the password of a store given as --file from a variable
    #[arg(long, value_name = "VAR")]
    source_password_env: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    new: NewStoreArgs,
    #[command(flatten)]
    edit: EditArgs,
}

pub(crate) fn run(args: Args, context: &mut Context) -> Result<Outcome, Failure> {
    let mut files = Vec::new();
    for file in args.file.iter().chain(&args.more) {
        files.extend(wildcard::expand(file.clone())?);
    }
    check_stdin(&files, context)?;
    let mut found = Vec::new();
    let mut failures = Vec::new();
    args.server.check()?;
    if args.server.from_server.is_some() {
        match import_server::fetch(&args.server, &args.sha256, args.edit.dry_run, context)? {
            Some(one) => found.push(one),
            None => {
                context.note("nothing was imported");
                return Ok(Outcome::No);
            }
        }
    }
    for file in &files {
        match read(file, &args, context) {
            Ok(one) => found.push(one),
            Err(failure) => match failure.library() {
                Some(error) if args.keep_going => failures.push(truststore::Failure::of(error)),
                _ => return Err(failure),
            },
        }
    }
    failures.extend(refuse_or_keep_going(&found, &args)?);
    tell_notes(&found, context);
    let certificates: Vec<&FoundCertificate> = found.iter().flat_map(|found| &found.certificates).collect();
    if certificates.is_empty() {
        return Err(nothing_to_import(&failures, &args));
    }
    if args.alias.is_some() && certificates.iter().any(|found| found.alias.is_some()) {
        context.warn("--alias is not used for the entries of another store: they keep their aliases");
    }
    tell_leaves(&certificates, context);
    check_pins(&certificates, &args.sha256)?;
    check_quality(&certificates, &args, context)?;
    let candidates: Vec<Candidate> = certificates.into_iter().map(candidate).collect();
    let options = ImportOptions {
        alias: args.alias.clone(),
        replace: args.replace,
        skip_duplicates: args.skip_duplicates,
        keep_going: args.keep_going,
        now: context.now_ms,
    };
    context.edit("import", &args.edit, Some(&args.new), |store| {
        let mut report = import(store, &candidates, &options)?;
        report.failed.splice(0..0, failures);
        Ok(report)
    })
}

/// Standard input can be read once: for one file, or for the password.
fn check_stdin(files: &[PathBuf], context: &Context) -> Result<(), Failure> {
    let readers = files.iter().filter(|file| source::is_stdin(file)).count();
    if readers > 1 {
        return Err(Failure::usage(
            "standard input can be read only once, and --file - is given more than once",
        ));
    }
    if readers == 1 && context.global.password.password_stdin {
        return Err(Failure::usage(
            "standard input cannot be both the certificate (--file -) and the password (--password-stdin)",
        ));
    }
    Ok(())
}

/// There is not one certificate, so that no store is opened, let alone created.
fn nothing_to_import(failures: &[truststore::Failure], args: &Args) -> Failure {
    let first = args.file.first().map_or_else(|| Path::new("-"), PathBuf::as_path);
    match failures {
        [] => {
            Error::new(ErrorKind::NoCertificate, "there is no certificate in the input").at_path(first).into()
        }
        failures => {
            let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
            Failure::Partial(format!("there is no certificate to import: {}", messages.join("; ")))
        }
    }
}

fn read(path: &Path, args: &Args, context: &mut Context) -> Result<Found, Failure> {
    let limits = context.limits.clone();
    if path.is_dir() {
        let bar = context.bar("reading");
        return Ok(read_path_watched(path, &limits, &|progress| bar.draw(progress))?);
    }
    let (name, bytes) = source::read(path, "check the path given with --file", context)?;
    match sniff(&bytes) {
        InputKind::Store(_) => read_other_store(path, &name, bytes, args, context),
        _ => Ok(read_bytes(&name, bytes, &limits).map_err(|e| e.at_path(path))?),
    }
}

fn read_other_store(
    path: &Path,
    name: &str,
    bytes: bytes::Bytes,
    args: &Args,
    context: &mut Context,
) -> Result<Found, Failure> {
    let password =
        context.named_password(args.source_password_file.as_deref(), args.source_password_env.as_deref())?;
    let unlock = match (&password, context.global.allow_unverified) {
        (Some(password), false) => Unlock::With(password),
        (Some(password), true) => Unlock::WithUnverified(password),
        (None, _) => Unlock::Defaults,
    };
    let found = read_store(name, bytes, unlock, &context.limits)
        .map_err(|error| error.at_path(path))
        .map_err(|error| match error.is_wrong_password() {
            true => Failure::Hinted(
                error,
                "give the source's password with --source-password-file FILE or --source-password-env VAR",
            ),
            false => error.into(),
        })?;
    if found.integrity != Some(Integrity::Verified) && args.sha256.is_empty() {
        let (why, hint) = match found.integrity {
            Some(Integrity::None) => (
                "this store has no MAC that proves its integrity",
                "pin each of its certificates with --sha256 FINGERPRINT",
            ),
            _ => (
                "the integrity of this store was not checked, for want of its password",
                "give its password with --source-password-file FILE or --source-password-env VAR, or pin each \
                 certificate with --sha256 FINGERPRINT",
            ),
        };
        return Err(Failure::Hinted(Error::new(ErrorKind::Refused, why).at_path(path), hint));
    }
    Ok(found)
}

/// One bad item fails the whole import, or is reported beside the rest.
fn refuse_or_keep_going(found: &[Found], args: &Args) -> Result<Vec<truststore::Failure>, Failure> {
    let mut errors = found.iter().flat_map(|found| &found.errors);
    if args.keep_going {
        return Ok(errors
            .map(|item| {
                let mut failure = truststore::Failure::of(&item.error);
                failure.message = item.to_string();
                failure
            })
            .collect());
    }
    let Some(first) = errors.next() else { return Ok(Vec::new()) };
    let more = errors.count();
    let rest = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let error = Error::new(
        first.error.kind(),
        format!(
            "{}: {}{rest}; nothing was imported, --keep-going imports the rest",
            first.origin,
            first.error.message()
        ),
    );
    Err(error.into())
}

fn tell_notes(found: &[Found], context: &mut Context) {
    for found in found {
        let mut repeated = 0;
        for note in &found.notes {
            match note {
                Note::Repeated { .. } => {
                    repeated += 1;
                    context.detail(note);
                }
                Note::PrivateKeyIgnored { .. } | Note::KeyChainIgnored { .. } => context.warn(note),
                _ => context.note(note),
            }
        }
        if repeated > 0 {
            let files = words::count(repeated, "file has a certificate", "files have certificates");
            context.note(format_args!("{files} that another file has too; each is taken once"));
        }
    }
}

/// A server's certificate given with its chain is hardly what should be trusted: says which one is the root.
fn tell_leaves(found: &[&FoundCertificate], context: &Context) {
    // Of a single certificate `check_quality` says enough.
    if found.len() < 2 {
        return;
    }
    let certificates: Vec<Certificate> = found.iter().map(|found| found.certificate.clone()).collect();
    for leaf in roots_of(&certificates).leaves {
        let root = leaf.root.and_then(|root| found.get(root)).zip(leaf.root_name.as_ref());
        match (root, &leaf.missing) {
            (Some((root, name)), _) => context.note(format_args!(
                "{} is a server's certificate, not a CA's; the root of its chain is {}: {name}",
                leaf.leaf_name, root.origin
            )),
            (None, Some(_)) if leaf.issuers.is_empty() => {}
            _ => context.note(leaf),
        }
    }
}

/// Every certificate must be one of those that the caller has pinned.
fn check_pins(certificates: &[&FoundCertificate], pins: &[Fingerprint]) -> Result<(), Failure> {
    if pins.is_empty() {
        return Ok(());
    }
    for found in certificates {
        let sha256 = found.certificate.sha256();
        if !pins.contains(&sha256) {
            let expected: Vec<String> = pins.iter().map(ToString::to_string).collect();
            return Err(Error::new(
                ErrorKind::FingerprintMismatch,
                format!("{}: expected SHA-256 {}, found {sha256}", found.origin, expected.join(" or ")),
            )
            .into());
        }
    }
    Ok(())
}

/// Warns of certificates that will not do what an administrator expects, or refuses them.
fn check_quality(
    certificates: &[&FoundCertificate],
    args: &Args,
    context: &mut Context,
) -> Result<(), Failure> {
    let policy = Policy::at(context.now());
    let bar = context.bar("checking");
    let checked: Vec<&Certificate> = certificates.iter().map(|found| &found.certificate).collect();
    let findings = check_certificates(&checked, &policy, &|progress| bar.draw(progress));
    drop(bar);
    for (found, findings) in certificates.iter().zip(findings) {
        for finding in findings {
            if finding.severity == Severity::Info {
                continue;
            }
            let message = format!("{}: {}", found.origin, finding.message);
            if args.strict {
                return Err(Error::new(ErrorKind::Refused, format!("{message}; refused by --strict")).into());
            }
            context.warn(message);
        }
    }
    Ok(())
}

fn candidate(found: &FoundCertificate) -> Candidate {
    Candidate {
        certificate: found.certificate.clone(),
        alias: found.alias.clone(),
        created: found.created,
        source: found.origin.to_string(),
    }
}
