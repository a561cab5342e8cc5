//! What every command works with: settings, the store, stdout, and somebody to talk to.

mod edit;

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use truststore::{Error, Format, Integrity, Limits, Password, StoreFile, TrustStore, Unlock, printable};

use crate::args::{Global, OutputFormat};
use crate::failure::Failure;
use crate::location::{Location, NO_STORE, missing_store};
use crate::output::progress::Bar;
use crate::output::{Out, talk, talk_as_is, words};
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

    /// How a password that was given opens a store: with --allow-unverified also one without a MAC.
    pub(crate) fn unlock_with<'p>(&self, password: &'p Password) -> Unlock<'p> {
        match self.global.allow_unverified {
            true => Unlock::WithUnverified(password),
            false => Unlock::With(password),
        }
    }

    fn unlock_asking(
        &mut self,
        question: &str,
        mut open: impl FnMut(Unlock<'_>) -> Result<StoreFile, Error>,
    ) -> Result<StoreFile, Failure> {
        self.take_explicit()?;
        if let Some(password) = &self.explicit {
            return Ok(open(self.unlock_with(password))?);
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

const UNCHECKED: &str = "integrity not checked: no password that fits; the store is read-only";
