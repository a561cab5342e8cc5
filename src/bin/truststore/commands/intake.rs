//! What is to be put into a store: certificates of files, and roots that everybody trusts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use truststore::{
    Candidate, Certificate, EditReport, Error, ErrorKind, Finding, FindingCode, Fingerprint, Found,
    FoundCertificate, ImportOptions, InputKind, Integrity, Note, Password, Policy, Severity, TrustStore,
    Unlock, check_certificates, import, in_pieces, read_bytes, read_path_watched, read_store, sniff,
};

use super::leaves;
use super::roots::{self, RootArgs};
use crate::args::fingerprint;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::words;
use crate::{source, wildcard};

/// Where certificates come from, and which are refused.
#[derive(Debug, clap::Args)]
pub(crate) struct IntakeArgs {
    /// A certificate file, a folder, another store, or - for standard input; may be repeated, and on
    /// Windows the name may have the wildcards * and ?
    #[arg(short, long, value_name = "FILE", num_args = 1)]
    file: Vec<PathBuf>,
    /// More files, as a shell expands wildcards
    #[arg(value_name = "FILE", hide = true, requires = "file")]
    more: Vec<PathBuf>,
    /// The alias; more than one certificate are numbered: NAME, NAME-2, … Public roots keep their own
    /// [default: from the subject]
    #[arg(short, long, value_name = "NAME")]
    alias: Option<String>,
    /// Refuse any certificate, but for public roots, that has not this SHA-256 fingerprint; may be repeated
    #[arg(long, value_name = "FINGERPRINT", value_parser = fingerprint)]
    pub(super) sha256: Vec<Fingerprint>,
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
    roots: RootArgs,
}

/// Certificates that may be put into a store, and what could not be read.
pub(super) struct Intake {
    files: Vec<Candidate>,
    roots: Vec<Candidate>,
    failures: Vec<truststore::Failure>,
    alias: Option<String>,
    keep_going: bool,
}

impl IntakeArgs {
    /// No source is named.
    pub(super) fn is_empty(&self) -> bool {
        self.file.is_empty() && self.roots.is_empty()
    }

    /// Reads everything, and `server`'s certificate beside it, before a store is opened.
    pub(super) fn gather(&self, server: Option<Found>, context: &mut Context) -> Result<Intake, Failure> {
        let mut files = Vec::new();
        for file in self.file.iter().chain(&self.more) {
            files.extend(wildcard::expand(file.clone())?);
        }
        check_stdin(&files, context)?;
        if !self.sha256.is_empty() && files.is_empty() && server.is_none() {
            return Err(Failure::usage(
                "--sha256 is for the certificates of --file and --from-server; public roots are taken as they are",
            ));
        }
        let password = context
            .named_password(self.source_password_file.as_deref(), self.source_password_env.as_deref())?;
        let mut failures = Vec::new();
        let mut found: Vec<Found> = server.into_iter().collect();
        for file in &files {
            match self.read(file, password.as_ref(), context) {
                Ok(one) => found.push(one),
                Err(failure) => match failure.library() {
                    Some(error) if self.keep_going => failures.push(truststore::Failure::of(error)),
                    _ => return Err(failure),
                },
            }
        }
        let roots = roots::gather(&self.roots, password.as_ref(), context)?;
        for source in [&found, &roots] {
            failures.extend(self.refuse_or_keep_going(source)?);
            tell_notes(source, context);
        }
        let [found, roots] = [&found, &roots]
            .map(|found| found.iter().flat_map(|found| &found.certificates).collect::<Vec<_>>());
        if found.is_empty() && roots.is_empty() {
            return Err(self.nothing_to_import(&failures));
        }
        if self.alias.is_some() && found.iter().any(|found| found.alias.is_some()) {
            context.warn("--alias is not used for the entries of another store: they keep their aliases");
        }
        if self.alias.is_some() && found.is_empty() {
            context.warn("--alias is not used for public roots: they keep their own aliases");
        }
        leaves::tell(&found, context);
        check_pins(&found, &self.sha256)?;
        self.check_quality(&found, context)?;
        self.check_quality_of_roots(&roots, context)?;
        Ok(Intake {
            files: candidates(&found),
            roots: candidates(&roots),
            failures,
            alias: self.alias.clone(),
            keep_going: self.keep_going,
        })
    }

    /// There is not one certificate, so that no store is opened, let alone created.
    fn nothing_to_import(&self, failures: &[truststore::Failure]) -> Failure {
        let first = self.file.first().map_or_else(|| Path::new("-"), PathBuf::as_path);
        match failures {
            [] => Error::new(ErrorKind::NoCertificate, "there is no certificate in the input")
                .at_path(first)
                .into(),
            failures => {
                let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
                Failure::Partial(format!("there is no certificate to import: {}", messages.join("; ")))
            }
        }
    }

    fn read(&self, path: &Path, password: Option<&Password>, context: &Context) -> Result<Found, Failure> {
        let limits = context.limits.clone();
        if path.is_dir() {
            let bar = context.bar("reading");
            return Ok(read_path_watched(path, &limits, &|progress| bar.draw(progress))?);
        }
        let (name, bytes) = source::read(path, "check the path given with --file", context)?;
        match sniff(&bytes) {
            InputKind::Store(_) => self.read_other_store(path, &name, bytes, password, context),
            _ => Ok(read_bytes(&name, bytes, &limits).map_err(|e| e.at_path(path))?),
        }
    }

    fn read_other_store(
        &self,
        path: &Path,
        name: &str,
        bytes: bytes::Bytes,
        password: Option<&Password>,
        context: &Context,
    ) -> Result<Found, Failure> {
        let unlock = password.map_or(Unlock::Defaults, |password| context.unlock_with(password));
        let found = read_store(name, bytes, unlock, &context.limits)
            .map_err(|error| error.at_path(path))
            .map_err(|error| match error.is_wrong_password() {
                true => Failure::Hinted(
                    error,
                    "give the source's password with --source-password-file FILE or --source-password-env VAR",
                ),
                false => error.into(),
            })?;
        if found.integrity != Some(Integrity::Verified) && self.sha256.is_empty() {
            let (why, hint) = match found.integrity {
                Some(Integrity::None) => (
                    "this store has no MAC that proves its integrity",
                    "pin each of its certificates with --sha256 FINGERPRINT",
                ),
                _ => (
                    "the integrity of this store was not checked, for want of its password",
                    "give its password with --source-password-file FILE or --source-password-env VAR, or pin \
                     each certificate with --sha256 FINGERPRINT",
                ),
            };
            return Err(Failure::Hinted(Error::new(ErrorKind::Refused, why).at_path(path), hint));
        }
        Ok(found)
    }

    /// One bad item fails the whole import, or is reported beside the rest.
    fn refuse_or_keep_going(&self, found: &[Found]) -> Result<Vec<truststore::Failure>, Failure> {
        let mut errors = found.iter().flat_map(|found| &found.errors);
        if self.keep_going {
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

    /// Warns of certificates that will not do what an administrator expects, or refuses them.
    fn check_quality(
        &self,
        certificates: &[&FoundCertificate],
        context: &mut Context,
    ) -> Result<(), Failure> {
        for (found, findings) in certificates.iter().zip(check(certificates, context)) {
            for finding in findings {
                if finding.severity == Severity::Info {
                    continue;
                }
                let message = format!("{}: {}", found.origin, finding.message);
                if self.strict {
                    let message = format!("{message}; refused by --strict");
                    return Err(Error::new(ErrorKind::Refused, message).into());
                }
                context.warn(message);
            }
        }
        Ok(())
    }

    /// Of public roots, of which many are old, one warning for each kind of finding is enough.
    fn check_quality_of_roots(
        &self,
        roots: &[&FoundCertificate],
        context: &mut Context,
    ) -> Result<(), Failure> {
        let mut concerned: BTreeMap<FindingCode, Vec<String>> = BTreeMap::new();
        for (root, findings) in roots.iter().zip(check(roots, context)) {
            for finding in findings {
                if finding.severity == Severity::Info {
                    continue;
                }
                let subject = root.certificate.view().map(|view| view.subject.to_string());
                let name = subject.unwrap_or_else(|_| root.origin.to_string());
                if self.strict {
                    let message =
                        format!("{}: {name}: {}; refused by --strict", root.origin, finding.message);
                    return Err(Error::new(ErrorKind::Refused, message).into());
                }
                concerned.entry(finding.code).or_default().push(name);
            }
        }
        for (code, names) in concerned {
            let count = words::count(names.len(), "public root", "public roots");
            let first = names.first().map(String::as_str).unwrap_or_default();
            let more = if names.len() > 1 { ", …" } else { "" };
            context.warn(format_args!("{count} with the finding {code} ({first}{more})"));
        }
        Ok(())
    }
}

impl Intake {
    /// Puts it all into a store: first what was named, under `--alias`; then the roots, under their own aliases,
    /// but for those that are there already under any.
    ///
    /// # Errors
    /// Those of [`import`].
    pub(super) fn put(
        self,
        store: &mut TrustStore,
        options: &ImportOptions,
    ) -> truststore::Result<EditReport> {
        let named = ImportOptions { alias: self.alias, keep_going: self.keep_going, ..options.clone() };
        let mut report = import(store, &self.files, &named)?;
        let public = ImportOptions { alias: None, skip_duplicates: true, ..named };
        let roots = import(store, &self.roots, &public)?;
        report.changed |= roots.changed;
        report.added.extend(roots.added);
        report.replaced.extend(roots.replaced);
        report.trusted.extend(roots.trusted);
        report.skipped.extend(roots.skipped);
        report.unchanged.extend(roots.unchanged);
        report.failed.extend(roots.failed);
        report.failed.splice(0..0, self.failures);
        Ok(report)
    }
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

/// The findings of each certificate, in their order.
fn check(certificates: &[&FoundCertificate], context: &Context) -> Vec<Vec<Finding>> {
    let checked: Vec<&Certificate> = certificates.iter().map(|found| &found.certificate).collect();
    let bar = context.bar("checking");
    check_certificates(&checked, &Policy::at(context.now()), &|progress| bar.draw(progress))
}

fn candidates(found: &[&FoundCertificate]) -> Vec<Candidate> {
    let candidate = |found: &&FoundCertificate| Candidate {
        certificate: found.certificate.clone(),
        alias: found.alias.clone(),
        created: found.created,
        source: found.origin.to_string(),
    };
    let pieces = in_pieces(found, &|_| (), |piece| piece.iter().map(candidate).collect::<Vec<_>>());
    pieces.into_iter().flatten().collect()
}
