//! Store files through the public API: what an edit keeps, refuses and leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

#[cfg(unix)]
mod attributes;
mod backup;
mod edit;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod links;
mod many;
mod output;
mod stores;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use truststore::{
    Certificate, Committed, EditOptions, Error, Format, Limits, NewStore, Password, Result, StoreFile,
    SystemRandom, TrustStore, Unlock,
};

const DATE: i64 = 1_700_000_000_000;

/// A folder with a JKS store `store` of the entries `a` and `b`.
fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::write(&path, store_bytes(&["a", "b"])).unwrap();
    (folder, path)
}

fn store_bytes(aliases: &[&str]) -> Vec<u8> {
    let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
    for alias in aliases {
        store.insert(alias, certificate(alias), DATE).unwrap();
    }
    store.to_bytes(&mut SystemRandom).unwrap().to_vec()
}

/// Not a certificate that a parser would take, which a file does not care about.
fn certificate(text: &str) -> Certificate {
    let mut der = vec![0x30, u8::try_from(text.len()).unwrap()];
    der.extend_from_slice(text.as_bytes());
    Certificate::from_der(der)
}

fn quick() -> EditOptions {
    EditOptions { lock_timeout: Duration::from_millis(200), ..EditOptions::default() }
}

fn creating() -> EditOptions {
    let create = NewStore { format: Format::Jks, password: Some(Password::new("changeit")) };
    EditOptions { create: Some(create), ..quick() }
}

fn edit(path: &Path, options: EditOptions) -> Result<StoreFile> {
    StoreFile::edit(path, Unlock::Defaults, &Limits::default(), options)
}

fn add(path: &Path, alias: &str, options: EditOptions) -> Result<Committed> {
    let mut file = edit(path, options)?;
    file.store_mut().insert(alias, certificate(alias), DATE)?;
    file.commit(&mut SystemRandom)
}

fn aliases(path: &Path) -> Vec<String> {
    let store = TrustStore::open(path, Unlock::Defaults, &Limits::default()).unwrap();
    store.entries().iter().map(|entry| entry.name().to_owned()).collect()
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[track_caller]
fn refused<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error,
    }
}
