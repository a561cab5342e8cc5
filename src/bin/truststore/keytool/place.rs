//! Where a store is, and of which type it is said to be.

use std::path::{Path, PathBuf};

use truststore::{Format, Password};

use super::trouble::Trouble;

/// Where a store is, and what was asked of it.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// The type that an option names.
    pub(crate) claimed: Option<Format>,
}

impl Place {
    /// Whether there is a file; an empty one is refused.
    pub(crate) fn exists(&self) -> Result<bool, Trouble> {
        match std::fs::metadata(&self.path) {
            Ok(metadata) if metadata.is_file() && metadata.len() == 0 => Err(Trouble::exception(format!(
                "Keystore file exists, but is empty: {}",
                self.path.display()
            ))),
            Ok(metadata) => Ok(!metadata.is_dir()),
            Err(_) => Ok(false),
        }
    }

    /// What the file is, by its first bytes.
    pub(crate) fn format(&self) -> Option<Format> {
        use std::io::Read as _;
        let mut start = Vec::new();
        std::fs::File::open(&self.path).ok()?.take(4_096).read_to_end(&mut start).ok()?;
        truststore::detect(&start)
    }

    /// The JDK reads JKS and PKCS#12 under each other's name, and JKS also as JCEKS.
    pub(crate) fn check(&self, found: Format) -> Result<(), Trouble> {
        match (self.claimed, found) {
            (None, _)
            | (Some(Format::Jks | Format::Pkcs12), Format::Jks | Format::Pkcs12)
            | (Some(Format::Jceks), Format::Jks | Format::Jceks) => Ok(()),
            _ => Err(Trouble::thrown("java.io.IOException", "Invalid keystore format")),
        }
    }
}

/// Java's name of a format.
pub(crate) fn type_name(format: Format) -> &'static str {
    match format {
        Format::Jceks => "JCEKS",
        Format::Jks => "JKS",
        _ => "PKCS12",
    }
}

/// The format that an option names.
pub(crate) fn claimed(name: Option<String>) -> Result<Option<Format>, Trouble> {
    let Some(name) = name else { return Ok(None) };
    let name = name.to_uppercase();
    match Format::ALL.into_iter().find(|format| type_name(*format) == name) {
        Some(format) => Ok(Some(format)),
        None => Err(Trouble::thrown("java.security.KeyStoreException", format!("{name} not found"))),
    }
}

/// Java does not open a PKCS#12 store with such a password.
pub(crate) fn refuse_beyond_ascii(format: Format, password: Option<&Password>) -> Result<(), Trouble> {
    match password {
        Some(password) if format == Format::Pkcs12 && !password.as_str().is_ascii() => {
            Err(Trouble::thrown("java.io.IOException", "getSecretKey failed: Password is not ASCII"))
        }
        _ => Ok(()),
    }
}

/// The user's own store, as the JDK has it.
pub(crate) fn default_store() -> PathBuf {
    std::env::home_dir().unwrap_or_default().join(".keystore")
}

pub(crate) fn missing(path: &Path) -> Trouble {
    Trouble::exception(format!("Keystore file does not exist: {}", path.display()))
}
