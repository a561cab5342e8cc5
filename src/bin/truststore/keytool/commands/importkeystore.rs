//! `-importkeystore`.

use std::path::{Path, PathBuf};

use truststore::{Format, OutputOptions, Password, StoreFile, TrustStore, read_file, write_output};

use super::transfer::Transfer;
use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::Opened;
use crate::keytool::place::{Place, claimed, default_store, refuse_beyond_ascii, type_name};
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;
use crate::keytool::{cacerts, console, secrets};

const ENTER_DESTINATION: &str = "Enter destination keystore password:  ";
const ENTER_SOURCE: &str = "Enter source keystore password:  ";

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let source = source_place(session)?;
    let target = target_place(session)?;
    if session.options.has(Opt::SrcProtected)
        && [Opt::SrcStorePass, Opt::SrcKeyPass].into_iter().any(|opt| session.options.has(opt))
    {
        return Err(Trouble::thrown(
            "java.lang.IllegalArgumentException",
            "if -srcprotected is specified, then -srcstorepass and -srckeypass must not be specified",
        ));
    }
    if let Some(password) = session.options.password(Opt::DestKeyPass)
        && !secrets::is_long_enough(password)
    {
        return Err(Trouble::exception("New password must be at least 6 characters"));
    }
    match is_same_file(&source.path, &target.path) {
        true => migrate(session, &source, &target),
        false => merge(session, &source, &target),
    }
}

/// Puts entries into another store.
fn merge(session: &mut Session, source: &Place, target: &Place) -> Result<(), Trouble> {
    let (from, to) = (source.path.display(), target.path.display());
    console::say(format_args!("Importing keystore {from} to {to}..."));
    let given = password(session, Opt::DestStorePass, Opt::StorePass);
    let mut file = session.edit_at(target, given, ENTER_DESTINATION, true)?;
    let opened = open_source(session, source)?;
    let warnings = Transfer::new(session, &opened)?.into(file.store_mut())?;
    session.warn(warnings);
    session.commit(file)?;
    session.tell_stored(&target.path);
    Ok(())
}

/// Puts a new store in the place of the old one, which is kept beside it.
fn migrate(session: &mut Session, source: &Place, target: &Place) -> Result<(), Trouble> {
    let opened = open_source(session, source)?;
    let old = opened.store().ok_or_else(|| Trouble::exception("the source needs its password"))?;
    let new_password = password(session, Opt::DestStorePass, Opt::StorePass);
    let new_password = new_password.or_else(|| old.duplicate_password());
    let format = target.claimed.unwrap_or(Format::Pkcs12);
    refuse_beyond_ascii(format, new_password.as_ref())?;
    let mut new = match new_password {
        Some(password) if !secrets::is_long_enough(&password) => {
            return Err(Trouble::exception("Keystore password must be at least 6 characters"));
        }
        Some(password) => TrustStore::new(format, password),
        None => TrustStore::new_without_password(),
    };
    // The lock of the old file is held from here on.
    let unlocked = Place { path: source.path.clone(), claimed: source.claimed };
    let mut file: StoreFile = session.edit_at(&unlocked, old.duplicate_password(), ENTER_SOURCE, false)?;
    let found = file.store().format();
    let warnings = Transfer::new(session, &opened)?.into(&mut new)?;
    session.warn(warnings);
    *file.store_mut() = new;
    let backup = keep(session, &source.path)?;
    session.commit(file)?;
    session.tell_stored(&target.path);
    let (path, backup) = (source.path.display(), backup.display());
    session.warn(vec![if found == format {
        format!("The original keystore \"{path}\" is backed up as \"{backup}\"...")
    } else {
        let (found, format) = (type_name(found), type_name(format));
        format!("Migrated \"{path}\" to {format}. The {found} keystore is backed up as \"{backup}\".")
    }]);
    Ok(())
}

/// Copies the file to the first of `.old`, `.old2`, … that is free.
fn keep(session: &Session, path: &Path) -> Result<PathBuf, Trouble> {
    let bytes = read_file(path, &session.limits).map_err(Trouble::of)?;
    let named = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let names =
        std::iter::once(named(".old")).chain((2..10_000).map(|number| named(&format!(".old{number}"))));
    for name in names {
        if name.symlink_metadata().is_ok() {
            continue;
        }
        // The old store may hold keys.
        let options = OutputOptions { private: true, ..OutputOptions::default() };
        write_output(&name, &bytes, &options).map_err(Trouble::of)?;
        return Ok(name);
    }
    Err(Trouble::exception(format!("too many backups of {}", path.display())))
}

fn open_source(session: &Session, source: &Place) -> Result<Opened, Trouble> {
    if !source.exists()? {
        return Err(Trouble::not_found(&source.path));
    }
    let given = session.options.password(Opt::SrcStorePass).map(Password::duplicate);
    let protected = session.options.has(Opt::SrcProtected);
    let password = match given {
        None if !protected && !session.has_no_password(source) => {
            let password = console::password(ENTER_SOURCE);
            if password.is_none() {
                console::say(UNVERIFIED);
            }
            password
        }
        given => given,
    };
    session.open(source, password)
}

fn source_place(session: &Session) -> Result<Place, Trouble> {
    let path = session.options.path(Opt::SrcKeystore);
    let path = path.ok_or_else(|| Trouble::exception("Please specify -srckeystore"))?;
    if std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0) {
        let path = path.display();
        return Err(Trouble::exception(format!("Source keystore file exists, but is empty: {path}")));
    }
    Ok(Place { path: path.to_owned(), claimed: claimed(session.options.text(Opt::SrcStoreType))? })
}

/// keytool takes the options of its other commands too.
fn target_place(session: &Session) -> Result<Place, Trouble> {
    let options = &session.options;
    let claimed = claimed(options.text(Opt::DestStoreType).or_else(|| options.text(Opt::StoreType)))?;
    let path = match options.path(Opt::DestKeystore).or_else(|| options.path(Opt::Keystore)) {
        Some(path) => path.to_owned(),
        None if options.has(Opt::Cacerts) => {
            cacerts::find().ok_or_else(|| Trouble::exception("there is no cacerts file: set JAVA_HOME"))?
        }
        None => default_store(),
    };
    Ok(Place { path, claimed })
}

fn password(session: &Session, first: Opt, second: Opt) -> Option<Password> {
    let options = &session.options;
    options.password(first).or_else(|| options.password(second)).map(Password::duplicate)
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    a == b || real(a).is_some_and(|a| real(b) == Some(a))
}

const UNVERIFIED: &str = "
*****************  WARNING WARNING WARNING  *****************
* The integrity of the information stored in the srckeystore*
* has NOT been verified!  In order to verify its integrity, *
* you must provide the srckeystore password.                *
*****************  WARNING WARNING WARNING  *****************
";
