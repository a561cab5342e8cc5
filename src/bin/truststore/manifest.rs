//! A manifest from a file or standard input, and what of it only the command can answer.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use truststore::apply::{DeclaredStore, Desired, Manifest, PasswordSource};
use truststore::{Error, ErrorKind, Password, near_matches};

use crate::context::Context;
use crate::failure::Failure;
use crate::source;

/// A manifest, and where its relative paths begin.
pub(crate) struct Loaded {
    pub(crate) manifest: Manifest,
    folder: PathBuf,
}

impl Loaded {
    /// Reads the manifest of this path, or of standard input.
    pub(crate) fn read(path: &Path, context: &Context) -> Result<Self, Failure> {
        if source::is_stdin(path) && context.global.password.password_stdin {
            return Err(Failure::usage(
                "standard input cannot be both the manifest (-) and the password (--password-stdin)",
            ));
        }
        if source::is_stdin(path) && std::io::stdin().is_terminal() {
            return Err(Failure::usage(
                "standard input is a terminal: expected a manifest from a file or a pipe",
            ));
        }
        let (name, bytes) = source::read(path, "check the path of the manifest", context)?;
        Self::of(path, &name, &bytes, context)
    }

    /// The manifest in these octets, which are the content of this path.
    pub(crate) fn of(path: &Path, name: &str, bytes: &[u8], context: &Context) -> Result<Self, Failure> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let found = match bytes {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
                _ => "octets that are none",
            };
            Error::new(ErrorKind::ManifestInvalid, format!("expected a manifest in UTF-8, found {found}"))
                .at_path(path)
                .at_offset(error.valid_up_to())
        })?;
        let manifest = Manifest::from_toml(text, name, &context.limits)?;
        let folder = if source::is_stdin(path) { None } else { path.parent() };
        Ok(Self { manifest, folder: folder.map(Path::to_owned).unwrap_or_default() })
    }

    /// The stores that these names or paths mean; all if there are none.
    pub(crate) fn choose(&self, wanted: &[String]) -> Result<Vec<&DeclaredStore>, Failure> {
        let stores = &self.manifest.stores;
        if wanted.is_empty() {
            return Ok(stores.iter().collect());
        }
        if let Some(unknown) =
            wanted.iter().find(|wanted| !stores.iter().any(|store| self.is_meant(store, wanted)))
        {
            let labels: Vec<String> = stores.iter().filter_map(DeclaredStore::label).collect();
            let mut known = near_matches(labels.iter().map(String::as_str), unknown);
            if known.is_empty() {
                known.extend(labels.iter().map(String::as_str).take(10));
            }
            return Err(Failure::usage(format!(
                "--store {unknown}: the manifest has no such store; it has \"{}\"",
                known.join("\", \"")
            )));
        }
        Ok(stores.iter().filter(|store| wanted.iter().any(|wanted| self.is_meant(store, wanted))).collect())
    }

    fn is_meant(&self, store: &DeclaredStore, wanted: &str) -> bool {
        let path = store.path.as_deref();
        store.name.as_deref() == Some(wanted)
            || path
                .is_some_and(|path| path == Path::new(wanted) || self.folder.join(path) == Path::new(wanted))
    }

    /// The store's file: as declared, else the one that the command line or the default means.
    pub(crate) fn path(&self, store: &DeclaredStore, context: &mut Context) -> PathBuf {
        self.own_path(store).unwrap_or_else(|| context.path())
    }

    /// The file that the manifest names for the store, if it does.
    pub(crate) fn own_path(&self, store: &DeclaredStore) -> Option<PathBuf> {
        store.path.as_ref().map(|path| self.folder.join(path))
    }

    /// The store's password, if the manifest says where it is.
    pub(crate) fn password(
        &self,
        store: &DeclaredStore,
        context: &mut Context,
    ) -> Result<Option<Password>, Failure> {
        match &store.password {
            None | Some(PasswordSource::NoPassword) => Ok(None),
            Some(source) => self.secret(source, context).map(Some),
        }
    }

    /// What the store must hold, with every file read.
    pub(crate) fn desired(&self, store: &DeclaredStore, context: &mut Context) -> Result<Desired, Failure> {
        let limits = context.limits.clone();
        Desired::gather(&self.manifest, store, &self.folder, &limits, |source| self.secret(source, context))
    }

    fn secret(&self, source: &PasswordSource, context: &mut Context) -> Result<Password, Failure> {
        let given = match source {
            PasswordSource::Env(variable) => context.named_password(None, Some(variable))?,
            PasswordSource::File(file) => context.named_password(Some(&self.folder.join(file)), None)?,
            _ => None,
        };
        given.ok_or_else(|| Failure::usage("the manifest names no source of a password"))
    }
}
