//! Which store is meant.

use std::path::{Path, PathBuf};

use truststore::sources::Jdk;
use truststore::{Error, ErrorKind};

use crate::context::Context;
use crate::failure::Failure;

/// The variable that names the store if no option does.
const VARIABLE: &str = "TRUSTSTORE_PATH";
/// The store of the installed product.
const PRODUCT: &str = r"C:\SafeQ6\SPOC\conf\ssl-truststore";
/// The store of the folder one stands in.
const LOCAL: &str = "ssl-truststore";
/// What stands in the place of a path for the roots of a JDK, with its folder behind it or nothing.
const JDK: &str = "jdk:";

/// A store's path, and whether nobody named it.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) path: PathBuf,
    pub(crate) defaulted: bool,
}

impl Location {
    /// The path given, else that of the variable unless it is empty, else the installed product's store
    /// where it exists, else the local one.
    pub(crate) fn find(given: Option<PathBuf>) -> Self {
        if let Some(path) = named(given) {
            return Self { path, defaulted: false };
        }
        let product = PathBuf::from(PRODUCT);
        // Where it cannot be told, it is taken as there: another store must not silently stand in for one
        // that this user may not look at.
        let installed = cfg!(windows) && product.try_exists().unwrap_or(true);
        let path = if installed { product } else { PathBuf::from(LOCAL) };
        Self { path, defaulted: true }
    }
}

impl Context {
    /// Finds the store that `jdk:` means, if that was given for its path.
    pub(crate) fn locate(&mut self) -> Result<(), Failure> {
        let Some(jdk) = jdk(self.global.keystore.clone()).transpose()? else { return Ok(()) };
        let path = jdk.cacerts();
        self.note(format_args!("using the store {}", path.display()));
        if let Some(instead) = jdk.jssecacerts() {
            self.warn(format_args!("Java reads {} instead of this store", instead.display()));
        }
        self.use_store(path);
        Ok(())
    }
}

/// The JDK whose roots are meant, if the path given or that of the variable begins with `jdk:`.
pub(crate) fn jdk(given: Option<PathBuf>) -> Option<Result<Jdk, Failure>> {
    let path = named(given)?;
    let home = path.to_str()?.strip_prefix(JDK)?;
    Some(match home {
        "" => active_jdk(),
        home => Jdk::at(Path::new(home)).map_err(Failure::from),
    })
}

/// The JDK of `JAVA_HOME`, else that of `PATH`.
pub(crate) fn active_jdk() -> Result<Jdk, Failure> {
    let [home, path] = ["JAVA_HOME", "PATH"].map(std::env::var_os);
    Jdk::active(home.as_deref(), path.as_deref()).map_err(|error| {
        Failure::Hinted(
            error,
            "set JAVA_HOME, or name the JDK's folder; `truststore find` lists those there are",
        )
    })
}

fn named(given: Option<PathBuf>) -> Option<PathBuf> {
    let of_variable = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
    given.or_else(of_variable)
}

/// Refuses to write something else in the place of the store that it is made from.
pub(crate) fn refuse_own_store(out: &Path, store: &Path) -> Result<(), Failure> {
    match (out.canonicalize(), store.canonicalize()) {
        (Ok(out_file), Ok(store_file)) if out_file == store_file => {
            let message = "the output would take the place of the store itself; nothing was written";
            Err(Failure::Hinted(
                Error::new(ErrorKind::Refused, message).at_path(out),
                "give another file with --out, then move it if that is what you want",
            ))
        }
        _ => Ok(()),
    }
}

/// What to do where there is no store.
pub(crate) const NO_STORE: &str =
    "check --keystore PATH; `truststore import` and `truststore create` make a store";
/// What to do where there is no store, and --existing is given.
pub(crate) const NOT_TO_CREATE: &str = "check --keystore PATH, or leave out --existing to create the store";

/// Says what to do where there is no store.
pub(crate) fn missing_store(failure: Failure, path: &Path, hint: &'static str) -> Failure {
    match &failure {
        Failure::Library(error)
            if error.kind() == ErrorKind::NotFound && std::fs::symlink_metadata(path).is_err() =>
        {
            let error = Error::new(ErrorKind::NotFound, "there is no such store").at_path(path);
            Failure::Hinted(error, hint)
        }
        _ => failure,
    }
}
