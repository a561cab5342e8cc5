//! One store of a manifest on its way: read, planned, locked, written.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use truststore::apply::{DeclaredStore, Desired, PasswordSource, Plan, PlanOptions, plan};
use truststore::{
    Backup, Committed, EditOptions, Error, ErrorKind, Format, Integrity, NewStore, Note, Password, StoreFile,
    Unlock,
};

use crate::args::NewStoreArgs;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::making::Making;
use crate::manifest::Loaded;

/// How stores are planned and written.
pub(super) struct Settings {
    pub(super) plan: PlanOptions,
    pub(super) making: Making,
    pub(super) backup: bool,
    pub(super) read_back: bool,
    pub(super) lock_timeout: u64,
}

/// What has become of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// It is what is declared, and was before.
    Unchanged,
    /// It is to be changed; with a dry run it stays at that.
    Planned,
    /// It was changed.
    Done,
    /// It could not be changed.
    Failed,
    /// Another one failed before its turn came.
    NotDone,
}

/// One store of the manifest.
pub(super) struct Work<'a> {
    pub(super) declared: &'a DeclaredStore,
    pub(super) path: PathBuf,
    desired: Desired,
    /// The one that the manifest names; then the one that opened the store.
    password: Option<Password>,
    pub(super) facts: StoreFacts,
    pub(super) plan: Plan,
    pub(super) created: bool,
    pub(super) state: State,
    locked: Option<StoreFile>,
    pub(super) committed: Option<Committed>,
    pub(super) error: Option<truststore::Failure>,
}

impl State {
    /// Whether the store differs from what it was, or would.
    pub(crate) fn is_change(self) -> bool {
        matches!(self, Self::Planned | Self::Done)
    }
}

impl<'a> Work<'a> {
    /// Reads what the store must hold; the store itself is not looked at.
    pub(super) fn read(
        loaded: &Loaded,
        declared: &'a DeclaredStore,
        context: &mut Context,
    ) -> Result<Self, Failure> {
        let path = loaded.path(declared, context);
        let password = loaded.password(declared, context)?;
        let desired = loaded.desired(declared, context)?;
        for note in &desired.notes {
            match note {
                Note::PrivateKeyIgnored { .. } | Note::KeyChainIgnored { .. } => context.warn(note),
                Note::Repeated { .. } | Note::Skipped { .. } => context.detail(note),
                _ => context.note(note),
            }
        }
        let format = declared.format.unwrap_or(Format::Pkcs12);
        let facts =
            StoreFacts { path: path.display().to_string(), format, integrity: Integrity::None, entries: 0 };
        Ok(Self {
            declared,
            path,
            desired,
            password,
            facts,
            plan: Plan::default(),
            created: false,
            state: State::Unchanged,
            locked: None,
            committed: None,
            error: None,
        })
    }

    /// Two tables may name one store by two paths.
    pub(super) fn require_apart(works: &[Self]) -> Result<(), Failure> {
        let mut first = HashMap::new();
        for work in works {
            let Ok(file) = work.path.canonicalize() else { continue };
            if let Some(other) = first.insert(file, work) {
                let (here, there) = (work.declared.place.line, other.declared.place.line);
                let message =
                    format!("the stores in line {there} and line {here} of the manifest are one file");
                return Err(Error::new(ErrorKind::ManifestInvalid, message).at_path(&work.path).into());
            }
        }
        Ok(())
    }

    /// Plans what is to be done, on a copy in memory.
    pub(super) fn plan(&mut self, settings: &Settings, context: &mut Context) -> Result<(), Failure> {
        let mut file = self.open(settings, true, context)?;
        self.check(&file)?;
        self.created = file.created() && self.declared.wants_store();
        if file.created() && !self.created {
            context.note(format_args!("there is no store {}: nothing to remove", self.path.display()));
            self.plan.unchanged = self.declared.absent.len();
            return Ok(());
        }
        self.change(&mut file, settings)?;
        self.password = file.store().duplicate_password();
        if !self.plan.changed && !self.created {
            return Ok(());
        }
        if self.created {
            context.check_new_password(file.store().format(), self.password.as_ref());
        }
        self.state = State::Planned;
        // Encoded and checked, as it would be written.
        let mut making = settings.making;
        self.committed = Some(file.commit(&mut making)?);
        Ok(())
    }

    /// Locks the store and plans again, since another writer may have been faster.
    pub(super) fn lock(&mut self, settings: &Settings, context: &mut Context) -> Result<(), Failure> {
        let mut file = self.open(settings, false, context)?;
        self.check(&file)?;
        self.created = file.created();
        self.change(&mut file, settings)?;
        self.locked = Some(file);
        Ok(())
    }

    /// Writes the store.
    pub(super) fn commit(&mut self, settings: &Settings, context: &mut Context) -> Result<(), Error> {
        let Some(file) = self.locked.take() else { return Ok(()) };
        let mut making = settings.making;
        let committed = file.commit(&mut making)?;
        context.written |= committed.written;
        context.tell_commit(&self.facts, false, &committed);
        let default = |password: &Password| password.as_str() == Password::JAVA_DEFAULT;
        if committed.created
            && self.declared.password.is_none()
            && self.password.as_ref().is_some_and(default)
        {
            context.note_default_password();
        }
        self.state = if committed.changed { State::Done } else { State::Unchanged };
        self.committed = Some(committed);
        Ok(())
    }

    fn change(&mut self, file: &mut StoreFile, settings: &Settings) -> Result<(), Failure> {
        self.plan = plan(file.store_mut(), &self.desired, &settings.plan).map_err(|e| {
            let e = e.at_path(&self.path);
            match e.kind() {
                ErrorKind::Refused if settings.plan.prune && e.entry().is_none() => {
                    Failure::Hinted(e, "--allow-empty lets --prune remove the last certificate")
                }
                _ => e.into(),
            }
        })?;
        self.facts = facts(&self.path, file.store());
        Ok(())
    }

    fn open(&self, settings: &Settings, dry_run: bool, context: &mut Context) -> Result<StoreFile, Failure> {
        // A store is a command of its own, as far as its cost goes.
        let limits = context.limits.renewed();
        let format = self.declared.format.unwrap_or(Format::Pkcs12);
        let without = self.declared.password == Some(PasswordSource::NoPassword);
        let new_password = match &self.password {
            _ if without => None,
            Some(password) => Some(password.duplicate()),
            None => context.new_store(&NewStoreArgs { store_type: None, no_password: false })?.password,
        };
        let options = || EditOptions {
            lock_timeout: Duration::from_secs(settings.lock_timeout),
            create: Some(NewStore { format, password: new_password.as_ref().map(Password::duplicate) }),
            dry_run,
            backup: settings.backup.then_some(Backup::Beside),
            read_back: settings.read_back,
        };
        // Planned before, it is opened as it was then.
        let planned = self.state == State::Planned && !self.created;
        let unverified =
            context.global.allow_unverified || (planned && self.facts.integrity == Integrity::None);
        let unlock = match &self.password {
            Some(password) if unverified => Unlock::WithUnverified(password),
            Some(password) => Unlock::With(password),
            None if without || planned => Unlock::Defaults,
            None => {
                return context.unlock_apart(&self.path, |unlock| {
                    StoreFile::edit(&self.path, unlock, &limits, options())
                });
            }
        };
        Ok(StoreFile::edit(&self.path, unlock, &limits, options())?)
    }

    /// The store is of the declared format, and protected as declared.
    fn check(&self, file: &StoreFile) -> Result<(), Failure> {
        if file.created() {
            return Ok(());
        }
        let found = file.store().format();
        if let Some(expected) = self.declared.format.filter(|expected| *expected != found) {
            let message = format!("expected a {expected} store, as the manifest declares, found {found}");
            let hint =
                "`truststore convert` makes a store of the declared format of it; or declare the one it has";
            return Err(Failure::Hinted(Error::new(ErrorKind::Refused, message).at_path(&self.path), hint));
        }
        let without = self.declared.password == Some(PasswordSource::NoPassword);
        if without && file.store().integrity() != Integrity::None {
            let message =
                "expected a store without a password, as the manifest declares, found one with a MAC";
            let hint = "`truststore convert --no-password` makes such a store of it; or declare its password";
            return Err(Failure::Hinted(Error::new(ErrorKind::Refused, message).at_path(&self.path), hint));
        }
        Ok(())
    }
}
