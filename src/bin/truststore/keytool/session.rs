//! What every command works with: the options, where results go, warnings, the store.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use truststore::{
    Committed, EditOptions, Entry, ErrorKind, Format, Integrity, Limits, NewStore, Password, StoreFile,
    TrustStore, Unlock,
};

use super::grammar::Options;
use super::grammar::options::Opt;
use super::opened::Opened;
use super::place::{Place, claimed, default_store, missing, refuse_beyond_ascii, type_name};
use super::trouble::Trouble;
use super::{cacerts, console, secrets};
use crate::making::Making;
use crate::output::Out;

/// What every command works with.
pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) out: Out,
    /// Milliseconds since 1970-01-01 UTC; read once.
    pub(crate) now_ms: i64,
    /// How new things are made: reproducibly if SOURCE_DATE_EPOCH is set.
    pub(crate) making: Making,
    pub(crate) limits: Limits,
    /// Our own notes are not wanted.
    pub(crate) quiet: bool,
    warnings: Vec<String>,
}

/// The questions with which a password is asked for.
pub(crate) const ENTER: &str = "Enter keystore password:  ";

impl Session {
    pub(crate) fn new(options: Options) -> Result<Self, Trouble> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let making = Making::find(false, now_ms).map_err(|e| Trouble::exception(e.to_string()))?;
        let repeated = options.repeated.iter().map(|name| {
            format!("The {name} option is specified multiple times. All except the last one will be ignored.")
        });
        Ok(Self {
            warnings: repeated.collect(),
            out: Out::new(),
            now_ms,
            making,
            limits: Limits::default(),
            quiet: std::env::var_os(QUIET).is_some_and(|value| value == "1"),
            options,
        })
    }

    pub(crate) fn is_verbose(&self) -> bool {
        self.options.has(Opt::Verbose)
    }

    /// Says something that keytool does not say.
    pub(crate) fn note(&self, line: impl std::fmt::Display) {
        console::note(self.quiet, line);
    }

    /// Keeps warnings for [`Session::tell_warnings`].
    pub(crate) fn warn(&mut self, warnings: Vec<String>) {
        self.warnings.extend(warnings);
    }

    /// Says the warnings so far, as keytool does at the end and before some questions.
    pub(crate) fn tell_warnings(&mut self, before_question: bool) {
        if !self.warnings.is_empty() && !self.options.has(Opt::NoWarn) {
            console::say(format_args!("\nWarning:\n{}", self.warnings.join("\n")));
            if before_question {
                console::say("");
            }
        }
        self.warnings.clear();
    }

    /// The store that `-keystore` or `-cacerts` name, else the user's own.
    pub(crate) fn place(&self) -> Result<Place, Trouble> {
        let claimed = claimed(self.options.text(Opt::StoreType))?;
        if self.options.has(Opt::Cacerts) {
            if self.options.has(Opt::Keystore) || claimed.is_some() {
                return Err(Trouble::thrown(
                    "java.lang.IllegalArgumentException",
                    "The -keystore or -storetype option cannot be used with the -cacerts option",
                ));
            }
            let path = cacerts::find().ok_or_else(|| {
                Trouble::exception("there is no cacerts file: set JAVA_HOME, or name it with -keystore")
            })?;
            return Ok(Place { path, claimed });
        }
        let Some(path) = self.options.path(Opt::Keystore) else {
            return Ok(Place { path: default_store(), claimed });
        };
        if path.as_os_str() == "NONE" {
            return Err(Trouble::exception("-keystore NONE is for security tokens: use a JDK's keytool"));
        }
        if cacerts::is(path) {
            console::say("Warning: use -cacerts option to access cacerts keystore");
        }
        Ok(Place { path: path.to_owned(), claimed })
    }

    /// The password of `-storepass`, refused together with `-protected`.
    pub(crate) fn store_password(&self) -> Result<Option<Password>, Trouble> {
        let given = [Opt::StorePass, Opt::KeyPass, Opt::New].into_iter().any(|opt| self.options.has(opt));
        if self.options.has(Opt::Protected) && given {
            return Err(Trouble::thrown(
                "java.lang.IllegalArgumentException",
                "if -protected is specified, then -storepass, -keypass, and -new must not be specified",
            ));
        }
        Ok(self.options.password(Opt::StorePass).map(Password::duplicate))
    }

    /// The store, for reading; asks for its password unless it has none or was told not to.
    pub(crate) fn read(&self) -> Result<Opened, Trouble> {
        let place = self.place()?;
        let given = self.store_password()?;
        if !place.exists()? {
            return Err(missing(&place.path));
        }
        let protected = self.options.has(Opt::Protected);
        let password = match given {
            None if !protected && !self.has_no_password(&place) => {
                let password = console::password(ENTER);
                if password.is_none() {
                    console::say(UNVERIFIED);
                }
                password
            }
            given => given,
        };
        self.open(&place, password)
    }

    /// The store, if it is there, without asking anybody.
    pub(crate) fn peek(&self) -> Result<Option<Opened>, Trouble> {
        let place = self.place()?;
        let given = self.store_password()?;
        if place.exists()? { self.open(&place, given).map(Some) } else { Ok(None) }
    }

    /// Reads a store with this password or without one.
    pub(crate) fn open(&self, place: &Place, password: Option<Password>) -> Result<Opened, Trouble> {
        let unlock = password.as_ref().map_or(Unlock::Defaults, Unlock::WithUnverified);
        let opened = StoreFile::read(&place.path, unlock, &self.limits);
        let format = place.format();
        let file = match opened {
            Ok(file) => Some(file),
            // keytool takes such a store for empty.
            Err(error) if error.is_wrong_password() && password.is_none() => None,
            Err(error) => return Err(Trouble::of_store(error, format, place.claimed.is_some())),
        };
        let format = file.as_ref().map(|file| file.store().format()).or(format).unwrap_or(Format::Pkcs12);
        place.check(format)?;
        let sealed = password.is_none()
            && format == Format::Pkcs12
            && file.as_ref().is_none_or(|file| has_sealed_block(file.store()));
        if sealed {
            self.note("the certificates are encrypted, and not shown without a password");
        }
        let shown = place.claimed.unwrap_or(format);
        let path = place.path.display().to_string();
        Ok(Opened::new(file, shown, sealed, path))
    }

    /// The store that is to be changed, locked; a new one if `create` and there is none.
    pub(crate) fn edit(&self, create: bool) -> Result<(Place, StoreFile), Trouble> {
        let place = self.place()?;
        let given = self.store_password()?;
        let file = self.edit_at(&place, given, ENTER, create)?;
        Ok((place, file))
    }

    /// As [`Session::edit`], of this place, with the password given or else asked for.
    pub(crate) fn edit_at(
        &self,
        place: &Place,
        given: Option<Password>,
        question: &str,
        create: bool,
    ) -> Result<StoreFile, Trouble> {
        let exists = place.exists()?;
        if !exists && !create {
            return Err(missing(&place.path));
        }
        if !exists && given.as_ref().is_some_and(|password| !secrets::is_long_enough(password)) {
            return Err(Trouble::exception("Keystore password must be at least 6 characters"));
        }
        let protected = self.options.has(Opt::Protected) || self.options.has(Opt::DestProtected);
        let password = match given {
            Some(password) => Some(password),
            None if protected || self.has_no_password(place) => None,
            None if exists => Some(secrets::ask_existing(question)?),
            None => Some(secrets::ask_new(question)?),
        };
        self.open_for_edit(place, password.as_ref(), create)
    }

    /// Locks and reads a store; makes one if there is none and `create`.
    fn open_for_edit(
        &self,
        place: &Place,
        password: Option<&Password>,
        create: bool,
    ) -> Result<StoreFile, Trouble> {
        let format = place.claimed.unwrap_or(Format::Pkcs12);
        if create && !place.path.exists() {
            refuse_beyond_ascii(format, password)?;
        }
        let create = create.then(|| NewStore { format, password: password.map(Password::duplicate) });
        let options = EditOptions { create, ..EditOptions::default() };
        let unlock = password.map_or(Unlock::Defaults, Unlock::WithUnverified);
        let file =
            StoreFile::edit(&place.path, unlock, &self.limits, options).map_err(|e| match e.kind() {
                // The folder is missing, which the error names.
                ErrorKind::NotFound => Trouble::not_found(&place.path),
                _ => Trouble::of_store(e, place.format(), place.claimed.is_some()),
            })?;
        place.check(file.store().format())?;
        let hidden = file.store().entries().iter().filter(|entry| entry.java_alias().is_none()).count();
        if hidden > 0 {
            self.note(format_args!(
                "{hidden} of the entries are none to Java; keytool would drop them, here they are kept"
            ));
        }
        Ok(file)
    }

    /// Writes what was changed.
    pub(crate) fn commit(&mut self, file: StoreFile) -> Result<Committed, Trouble> {
        self.warn_of_store(&file);
        let committed = file.commit(&mut self.making).map_err(Trouble::of)?;
        if committed.changed && self.making.reproducible {
            self.note("SOURCE_DATE_EPOCH is set: dates and salts are reproducible");
        }
        Ok(committed)
    }

    /// Keeps the JDK's advice on stores with keys that are not PKCS#12.
    pub(crate) fn warn_of_store(&mut self, file: &StoreFile) {
        let has_keys = |entry: &Entry| entry.java_alias().is_some() && !entry.is_certificate();
        if file.store().entries().iter().any(has_keys) {
            self.warn_of_format(file.store().format(), &file.path().display().to_string());
        }
    }

    /// Says with `-v` that the store was written.
    pub(crate) fn tell_stored(&self, path: &Path) {
        if self.is_verbose() {
            console::say(format_args!("[Storing {}]", path.display()));
        }
    }

    pub(crate) fn warn_of_format(&mut self, format: Format, path: &str) {
        if format != Format::Pkcs12 {
            let name = type_name(format);
            self.warnings.push(format!(
                "The {name} keystore uses a proprietary format. It is recommended to migrate to PKCS12 which \
                 is an industry standard format using \"keytool -importkeystore -srckeystore {path} \
                 -destkeystore {path} -deststoretype pkcs12\"."
            ));
        }
    }

    /// True for a PKCS#12 store with neither MAC nor encryption, for which nobody is asked.
    pub(crate) fn has_no_password(&self, place: &Place) -> bool {
        place.format() == Some(Format::Pkcs12)
            && StoreFile::read(&place.path, Unlock::Defaults, &self.limits).is_ok_and(|file| {
                file.store().integrity() == Integrity::None && !has_sealed_block(file.store())
            })
    }
}

fn has_sealed_block(store: &TrustStore) -> bool {
    store.container().blocks.iter().any(|block| block.protection != "plain")
}

/// Switches our own notes off.
const QUIET: &str = "TRUSTSTORE_KEYTOOL_QUIET";

const UNVERIFIED: &str = "
*****************  WARNING WARNING WARNING  *****************
* The integrity of the information stored in your keystore  *
* has NOT been verified!  In order to verify its integrity, *
* you must provide your keystore password.                  *
*****************  WARNING WARNING WARNING  *****************
";
