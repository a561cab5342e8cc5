//! The one path of every change: open, change, commit, report.

use std::time::Duration;

use serde::Serialize;
use truststore::{
    Backup, Committed, EditOptions, EditReport, Error, Format, Integrity, NewStore, Password, ReadBack,
    StoreFile, TrustStore,
};

use super::{Context, StoreFacts, UNCHECKED, facts};
use crate::Outcome;
use crate::args::{EditArgs, NewStoreArgs};
use crate::failure::Failure;
use crate::location::{NO_STORE, NOT_TO_CREATE, missing_store};
use crate::output::{edit, words};

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

/// Another one like it, whose password is wiped on its own.
fn copy(new: &NewStore) -> NewStore {
    NewStore { format: new.format, password: new.password.as_ref().map(Password::duplicate) }
}
