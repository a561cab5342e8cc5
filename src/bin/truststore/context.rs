//! What every command works with: settings, the store, stdout, and somebody to talk to.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use truststore::{
    Backup, Committed, EditOptions, EditReport, Error, Format, Integrity, Limits, NewStore, Password,
    ReadBack, StoreFile, TrustStore, Unlock, printable,
};

use crate::Outcome;
use crate::args::{EditArgs, Global, NewStoreArgs, OutputFormat};
use crate::failure::Failure;
use crate::location::{Location, NO_STORE, NOT_TO_CREATE, missing_store};
use crate::output::progress::Bar;
use crate::output::{Out, edit, talk, talk_as_is, words};
use crate::{hint, prompt, secrets};

/// What every command works with.
pub(crate) struct Context {
    pub(crate) out: Out,
    pub(crate) global: Global,
    pub(crate) limits: Limits,
    /// Milliseconds since 1970-01-01 UTC; read once.
    pub(crate) now_ms: i64,
    /// A file has been written.
    pub(crate) written: bool,
    warnings: Vec<String>,
    explicit: Option<Password>,
    location: Option<PathBuf>,
}

/// Which store an answer is about.
#[derive(Serialize)]
pub(crate) struct StoreFacts {
    pub(crate) path: String,
    pub(crate) format: Format,
    pub(crate) integrity: Integrity,
    pub(crate) entries: usize,
}

#[derive(Serialize)]
struct EditAnswer<'a> {
    store: StoreFacts,
    dry_run: bool,
    #[serde(flatten)]
    report: &'a EditReport,
    backup: Option<String>,
    read_back: Option<ReadBack>,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let defaults = Limits::default();
        let limits = Limits {
            max_file_size: global.max_size.unwrap_or(defaults.max_file_size),
            max_entries: global.max_entries.unwrap_or(defaults.max_entries),
            max_alias: global.max_alias.unwrap_or(defaults.max_alias),
            max_certificate: global.max_certificate.unwrap_or(defaults.max_certificate),
            max_iterations: global.max_iterations.unwrap_or(defaults.max_iterations),
            max_iterations_each: global.max_iterations.unwrap_or(defaults.max_iterations_each),
            max_depth: global.max_depth.unwrap_or(defaults.max_depth),
            ..defaults
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        Self {
            out: Out::new(),
            global,
            limits,
            now_ms,
            written: false,
            warnings: Vec::new(),
            explicit: None,
            location: None,
        }
    }

    /// Seconds since 1970-01-01 UTC.
    pub(crate) fn now(&self) -> i64 {
        self.now_ms.div_euclid(1_000)
    }

    pub(crate) fn is_json(&self) -> bool {
        self.global.format == OutputFormat::Json
    }

    /// A bar for long work, where somebody looks.
    pub(crate) fn bar(&self, what: &'static str) -> Bar {
        Bar::new(what, !self.global.quiet && !self.is_json())
    }

    /// Says something that is good to know.
    pub(crate) fn note(&self, message: impl std::fmt::Display) {
        if !self.global.quiet {
            self.always_note(message);
        }
    }

    /// Says that a store was created, also with --quiet: a mistyped path is found out by this line.
    pub(crate) fn always_note(&self, message: impl std::fmt::Display) {
        talk(format_args!("note: {}", printable(&message.to_string())));
    }

    /// Says something that is good to know for those who asked for more.
    pub(crate) fn detail(&self, message: impl std::fmt::Display) {
        if self.global.verbose {
            self.note(message);
        }
    }

    /// Says something that may be a mistake; JSON has it too.
    pub(crate) fn warn(&mut self, message: impl std::fmt::Display) {
        let message = message.to_string();
        if !self.global.quiet {
            let style = words::CAUTION;
            talk(format_args!("{style}warning{style:#}: {}", printable(&message)));
        }
        self.warnings.push(message);
    }

    /// Warns of an owner, a group or an attribute that the old file had.
    pub(crate) fn warn_not_kept(&mut self, what: &str) {
        self.warn(format_args!("the file's {what} could not be kept"));
    }

    /// Writes a result as JSON, with the warnings given so far.
    pub(crate) fn json(&mut self, command: &str, result: impl Serialize) -> Result<(), Failure> {
        self.out.json(command, result, &self.warnings)
    }

    /// Says why the command failed, and what to do next.
    pub(crate) fn report_failure(&self, failure: Failure) {
        let failure = match failure {
            Failure::Output(error) if self.written => Failure::Untold(error),
            failure => failure,
        };
        if self.is_json() {
            talk_as_is(failure.json(&self.warnings));
            return;
        }
        let style = words::BAD;
        talk(format_args!("{style}error{style:#}: {failure}"));
        if let Some(hint) = hint::hint(&failure) {
            talk(format_args!("hint: {}", printable(hint)));
        }
    }

    /// Goes on with the store at this path.
    pub(crate) fn use_store(&mut self, path: PathBuf) {
        self.location = Some(path);
    }

    /// The path of the store that is meant; says so if nobody named it.
    pub(crate) fn path(&mut self) -> PathBuf {
        if let Some(path) = &self.location {
            return path.clone();
        }
        let location = Location::find(self.global.keystore.clone());
        if location.defaulted {
            self.note(format_args!("using the store {}", location.path.display()));
        }
        self.location = Some(location.path.clone());
        location.path
    }

    /// The store, for reading.
    pub(crate) fn read(&mut self) -> Result<StoreFile, Failure> {
        let path = self.path();
        let limits = self.limits.clone();
        let file = self
            .unlock(|unlock| StoreFile::read(&path, unlock, &limits))
            .map_err(|failure| missing_store(failure, &path, NO_STORE))?;
        match file.store().integrity() {
            Integrity::Unchecked => {
                self.warn(UNCHECKED);
            }
            Integrity::None => self.detail("the store has no MAC: nothing proves who wrote it"),
            _ => {}
        }
        Ok(file)
    }

    /// One of several stores, for reading: with the password that was given where it fits, else with the
    /// defaults. Why this one cannot be read is a part of the answer.
    pub(crate) fn read_among(&mut self, path: &Path, ask: bool) -> Result<Result<StoreFile, Error>, Failure> {
        self.take_explicit()?;
        let limits = self.limits.renewed();
        let read = |unlock: Unlock<'_>| StoreFile::read(path, unlock, &limits);
        let result = match ask || self.explicit.is_some() {
            true => self.unlock(read),
            false => read(Unlock::Defaults).map_err(Failure::Library),
        };
        let result = match result {
            Err(failure) if !ask && failure.library().is_some_and(Error::is_wrong_password) => {
                read(Unlock::Defaults).map_err(Failure::Library)
            }
            other => other,
        };
        match result.map_err(|failure| missing_store(failure, path, NO_STORE)) {
            Ok(file) => Ok(Ok(file)),
            Err(Failure::Library(error) | Failure::Hinted(error, _)) => Ok(Err(error)),
            Err(failure) => Err(failure),
        }
    }

    /// A store that is only looked at on the way: nobody is asked, and nothing is said.
    pub(crate) fn peek(&mut self, path: &Path) -> Result<Option<StoreFile>, Failure> {
        self.take_explicit()?;
        let unlock = self.explicit.as_ref().map_or(Unlock::Defaults, Unlock::WithUnverified);
        Ok(StoreFile::read(path, unlock, &self.limits).ok())
    }

    /// Opens with the password that was given, else with the defaults, else asks if that is possible.
    pub(crate) fn unlock(
        &mut self,
        open: impl FnMut(Unlock<'_>) -> Result<StoreFile, Error>,
    ) -> Result<StoreFile, Failure> {
        self.unlock_asking("Password of the store", open)
    }

    fn unlock_asking(
        &mut self,
        question: &str,
        mut open: impl FnMut(Unlock<'_>) -> Result<StoreFile, Error>,
    ) -> Result<StoreFile, Failure> {
        self.take_explicit()?;
        if let Some(password) = &self.explicit {
            let unlock = match self.global.allow_unverified {
                true => Unlock::WithUnverified(password),
                false => Unlock::With(password),
            };
            return Ok(open(unlock)?);
        }
        let result = open(Unlock::Defaults);
        let needs_password = match &result {
            Ok(file) => file.store().integrity() == Integrity::Unchecked,
            Err(error) => error.is_wrong_password(),
        };
        if !needs_password || !prompt::is_possible(self.global.no_input) {
            return Ok(result?);
        }
        let readable = result.is_ok();
        // The lock of a first attempt must be gone before the second.
        drop(result);
        let asked = prompt::password(question)?;
        match open(Unlock::With(&asked)) {
            Err(error) if readable && error.is_wrong_password() => {
                self.warn("the password does not fit");
                Ok(open(Unlock::Defaults)?)
            }
            opened => {
                self.explicit = Some(asked);
                Ok(opened?)
            }
        }
    }

    /// Opens one of several stores: a password that is asked for is this store's alone.
    pub(crate) fn unlock_apart(
        &mut self,
        path: &Path,
        open: impl FnMut(Unlock<'_>) -> Result<StoreFile, Error>,
    ) -> Result<StoreFile, Failure> {
        self.take_explicit()?;
        let given = self.explicit.as_ref().map(Password::duplicate);
        let question = format!("Password of the store {}", path.display());
        let opened = self.unlock_asking(&printable(&question), open);
        self.explicit = given;
        opened
    }

    /// Goes on with this password instead of the one that was given.
    pub(crate) fn use_password(&mut self, password: Password) {
        self.explicit = Some(password);
    }

    /// The password in a file or a variable that an option names; what is to be said of it is said.
    pub(crate) fn named_password(
        &mut self,
        file: Option<&Path>,
        variable: Option<&str>,
    ) -> Result<Option<Password>, Failure> {
        let given = secrets::named(file, variable)?;
        Ok(given.map(|given| self.accept(given)))
    }

    fn accept(&mut self, given: secrets::Given) -> Password {
        if let Some(warning) = given.warning {
            self.warn(warning);
        }
        given.password
    }

    /// Says which password a new store has that got none.
    pub(crate) fn note_default_password(&self) {
        self.note("its password is Java's default, \"changeit\"; `truststore passwd` changes it");
    }

    /// Reads the password that was explicitly given, once: standard input gives it only once.
    pub(crate) fn take_explicit(&mut self) -> Result<Option<&Password>, Failure> {
        if self.explicit.is_none()
            && let Some(given) = secrets::explicit(&self.global.password, self.global.no_input)?
        {
            self.explicit = Some(self.accept(given));
        }
        Ok(self.explicit.as_ref())
    }

    /// The store to make if there is none: under the password given, else under Java's default.
    pub(crate) fn new_store(&mut self, args: &NewStoreArgs) -> Result<NewStore, Failure> {
        let format = args.store_type.map_or(Format::Pkcs12, Format::from);
        if args.no_password {
            if format != Format::Pkcs12 {
                return Err(Failure::usage(format!(
                    "--no-password is for PKCS#12; a {format} store needs a password"
                )));
            }
            return Ok(NewStore { format, password: None });
        }
        self.take_explicit()?;
        let password = match &self.explicit {
            Some(password) => password.duplicate(),
            None => Password::new(Password::JAVA_DEFAULT),
        };
        Ok(NewStore { format, password: Some(password) })
    }

    /// Warns of a password that a store is about to get and that Java refuses: its key derivation for
    /// PKCS#12 says "Password is not ASCII", and keytool that the password is incorrect.
    pub(crate) fn check_new_password(&mut self, format: Format, password: Option<&Password>) {
        let is_ascii = |password: &Password| password.as_str().bytes().all(|b| (b' '..=b'~').contains(&b));
        if format == Format::Pkcs12 && password.is_some_and(|password| !is_ascii(password)) {
            self.warn(
                "the new password has characters beyond ASCII; Java will not open a PKCS#12 store with it",
            );
        }
    }

    /// Opens the store for an edit, lets `change` change it, and commits; one path for every command.
    pub(crate) fn edit(
        &mut self,
        command: &str,
        args: &EditArgs,
        create: Option<&NewStoreArgs>,
        change: impl FnOnce(&mut TrustStore) -> Result<EditReport, Error>,
    ) -> Result<Outcome, Failure> {
        let mut file = self.open_for_edit(args, create)?;
        let path = self.path();
        let mut making = self.making(args.reproducible)?;
        let report = change(file.store_mut()).map_err(|e| e.at_path(&path))?;
        if args.upgrade && file.store_mut().upgrade(&mut making).map_err(|e| e.at_path(&path))? {
            self.note("the store gets today's algorithms and counts");
        }
        self.finish_edit(command, args, file, report)
    }

    /// The store, locked for an edit; for a dry run a copy of it in memory.
    pub(crate) fn open_for_edit(
        &mut self,
        args: &EditArgs,
        create: Option<&NewStoreArgs>,
    ) -> Result<StoreFile, Failure> {
        let path = self.path();
        let limits = self.limits.clone();
        // What is wrong with the date is said before anything is locked.
        self.making(args.reproducible)?;
        let new = match create.filter(|_| !args.existing) {
            Some(new) => Some(self.new_store(new)?),
            None => None,
        };
        let options = || EditOptions {
            lock_timeout: Duration::from_secs(args.lock_timeout),
            create: new.as_ref().map(copy),
            dry_run: args.dry_run,
            backup: args.backup.then_some(Backup::Beside),
            read_back: !args.no_read_back,
        };
        let file = self.unlock(|unlock| StoreFile::edit(&path, unlock, &limits, options())).map_err(
            |failure| match (create, args.existing) {
                (Some(_), false) => failure,
                (Some(_), true) => missing_store(failure, &path, NOT_TO_CREATE),
                (None, _) => missing_store(failure, &path, NO_STORE),
            },
        )?;
        if !file.created()
            && let Some(asked) = create.and_then(|new| new.store_type).map(Format::from)
            && asked != file.store().format()
        {
            let found = file.store().format();
            self.warn(format_args!(
                "the store exists and stays {found}; `truststore convert` makes a {asked} store of it"
            ));
        }
        Ok(file)
    }

    /// Writes what was changed and reports it.
    pub(crate) fn finish_edit(
        &mut self,
        command: &str,
        args: &EditArgs,
        file: StoreFile,
        mut report: EditReport,
    ) -> Result<Outcome, Failure> {
        let path = self.path();
        let defaulted_password = self.explicit.is_none() && file.store().integrity() == Integrity::Verified;
        if file.created() {
            self.check_new_password(file.store().format(), file.store().duplicate_password().as_ref());
        }
        let facts = facts(&path, file.store());
        let mut making = self.making(args.reproducible)?;
        let committed = file.commit(&mut making)?;
        report.created = committed.created;
        report.changed = committed.changed;
        self.written = committed.written;
        self.tell_commit(&facts, args.dry_run, &committed);
        if committed.changed {
            self.tell_making(making, args.reproducible);
        }
        if facts.integrity == Integrity::Unchecked {
            self.warn(UNCHECKED);
        }
        for item in &report.added {
            if let Some(note) = &item.note {
                self.warn(format_args!("\"{}\": {note}", item.alias));
            }
        }
        if committed.created && defaulted_password {
            self.note_default_password();
        }
        let outcome = if !report.failed.is_empty() {
            Err(())
        } else if args.exit_code && report.changed {
            Ok(Outcome::No)
        } else {
            Ok(Outcome::Yes)
        };
        if self.is_json() {
            let answer = EditAnswer {
                store: facts,
                dry_run: args.dry_run,
                report: &report,
                backup: committed.backup.map(|path| path.display().to_string()),
                read_back: committed.read_back,
            };
            self.json(command, answer)?;
        } else {
            edit::write(&mut self.out, &report, args.dry_run)?;
            let silent = [&report.unchanged, &report.skipped].iter().all(|items| items.is_empty());
            if !report.changed && silent && report.failed.is_empty() {
                self.out.line("unchanged")?;
            }
        }
        outcome.map_err(|()| {
            let failed = words::count(report.failed.len(), "item", "items");
            Failure::Partial(format!("{failed} failed; the rest was done as reported"))
        })
    }

    /// Says what is to be known of a commit.
    pub(crate) fn tell_commit(&mut self, facts: &StoreFacts, dry_run: bool, committed: &Committed) {
        if committed.created {
            let verb = if dry_run { "would create" } else { "created" };
            self.always_note(format_args!("{verb} the {} store {}", facts.format, facts.path));
        }
        if committed.hard_link_broken {
            self.warn("the file had other hard links, which keep the old content");
        }
        for lost in &committed.not_kept {
            self.warn_not_kept(lost);
        }
        if let Some(backup) = &committed.backup {
            self.note(format_args!("the previous file is kept as {}", backup.display()));
        }
        match &committed.read_back {
            Some(ReadBack::Cannot(reason)) => {
                self.detail(format_args!("the independent reader cannot read this kind of store: {reason}"));
            }
            Some(ReadBack::Agrees) => self.detail("an independent reader finds the same certificates"),
            _ => {}
        }
    }
}

/// What an answer says of its store.
pub(crate) fn facts(path: &Path, store: &TrustStore) -> StoreFacts {
    StoreFacts {
        path: path.display().to_string(),
        format: store.format(),
        integrity: store.integrity(),
        entries: store.entries().len(),
    }
}

/// Another one like it, whose password is wiped on its own.
fn copy(new: &NewStore) -> NewStore {
    NewStore { format: new.format, password: new.password.as_ref().map(Password::duplicate) }
}

const UNCHECKED: &str = "integrity not checked: no password that fits; the store is read-only";
