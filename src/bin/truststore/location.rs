//! Which store is meant.

use std::path::{Path, PathBuf};

use truststore::{Error, ErrorKind};

use crate::failure::Failure;

/// The variable that names the store if no option does.
const VARIABLE: &str = "TRUSTSTORE_PATH";
/// The store of the installed product.
const PRODUCT: &str = r"C:\SafeQ6\SPOC\conf\ssl-truststore";
/// The store of the folder one stands in.
const LOCAL: &str = "ssl-truststore";

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
        let of_variable = || std::env::var_os(VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        if let Some(path) = given.or_else(of_variable) {
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
