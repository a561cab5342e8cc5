//! Which store is meant.

use std::path::PathBuf;

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
    /// The path given, else the installed product's store where it exists, else the local one.
    pub(crate) fn find(given: Option<PathBuf>) -> Self {
        if let Some(path) = given.filter(|path| !path.as_os_str().is_empty()) {
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
