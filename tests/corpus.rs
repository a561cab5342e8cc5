//! Every row of the shared corpus: stores written by other implementations, with what is expected of
//! each (`MANIFEST.tsv` there), and of our own `testdata/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use truststore::{
    Certificate, EntryKind, Error, ErrorKind, HiddenReason, JavaView, Limits, Password, SystemRandom,
    TrustStore, Unlock,
};

struct Row {
    path: PathBuf,
    name: String,
    columns: BTreeMap<String, String>,
}

impl Row {
    fn get(&self, column: &str) -> &str {
        self.columns.get(column).map_or("", String::as_str)
    }

    fn count(&self, column: &str) -> Option<usize> {
        self.get(column).parse().ok()
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    fn open(&self) -> Result<TrustStore, Error> {
        let limits = Limits::default();
        match self.get("password") {
            "<none>" | "<unknown>" => TrustStore::from_bytes(self.bytes(), Unlock::Defaults, &limits),
            password => {
                let password = Password::new(if password == "<empty>" { "" } else { password });
                TrustStore::from_bytes(self.bytes(), Unlock::WithUnverified(&password), &limits)
            }
        }
    }
}

/// What the JDK would list, and all certificates.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    java: usize,
    trusted: usize,
    keys: usize,
    secrets: usize,
    certificates: usize,
}

fn counts(store: &TrustStore) -> Counts {
    let entries = store.entries();
    let seen = |wanted: fn(&EntryKind) -> bool| {
        entries.iter().filter(|e| e.java_alias().is_some() && wanted(e.kind())).count()
    };
    let distinct: BTreeSet<&[u8]> =
        entries.iter().flat_map(|entry| entry.certificates()).map(Certificate::der).collect();
    Counts {
        java: seen(|_| true),
        trusted: seen(|kind| matches!(kind, EntryKind::TrustedCertificate(_))),
        keys: seen(|kind| matches!(kind, EntryKind::PrivateKey(_))),
        secrets: seen(|kind| matches!(kind, EntryKind::SecretKey)),
        certificates: distinct.len(),
    }
}

fn rows(folder: &Path) -> Vec<Row> {
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut lines = manifest.lines();
    let header: Vec<&str> = lines.next().unwrap().split('\t').collect();
    lines
        .map(|line| {
            let columns: BTreeMap<String, String> =
                header.iter().zip(line.split('\t')).map(|(k, v)| ((*k).to_owned(), v.to_owned())).collect();
            Row { path: folder.join(&columns["path"]), name: columns["path"].clone(), columns }
        })
        .collect()
}

fn corpus() -> Option<Vec<Row>> {
    let folder = std::env::var_os("TRUSTSTORE_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"), PathBuf::from);
    if folder.join("MANIFEST.tsv").exists() {
        return Some(rows(&folder));
    }
    eprintln!("note: no corpus at {}: its rows are not checked", folder.display());
    assert!(
        std::env::var_os("TRUSTSTORE_CORPUS").is_none(),
        "TRUSTSTORE_CORPUS names a folder without MANIFEST.tsv"
    );
    None
}

#[test]
fn every_row_of_the_corpus_gives_what_it_says() {
    let Some(rows) = corpus() else { return };
    let mut faults = Vec::new();
    for row in &rows {
        let opened = row.open();
        let outcome = match row.get("valid") {
            _ if row.get("format") == "UBER" => refused_by_name(&opened, "UBER"),
            "valid" | "valid(openssl-only)" => {
                opened.map_err(|e| e.to_string()).and_then(|s| as_listed(row, &s))
            }
            "invalid" => match opened {
                Err(error) if error.to_string().len() > 10 => Ok(()),
                Err(error) => Err(format!("not a clear error: {error}")),
                Ok(_) => Err("an invalid file was opened".to_owned()),
            },
            "unverified" => Ok(()),
            other => Err(format!("unknown column valid: {other}")),
        };
        if let Err(fault) = outcome {
            faults.push(format!("{}: {fault}", row.name));
        }
    }
    assert!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

fn refused_by_name(opened: &Result<TrustStore, Error>, name: &str) -> Result<(), String> {
    match opened {
        Err(error) if error.to_string().contains(name) => Ok(()),
        Err(error) => Err(format!("refused without its name: {error}")),
        Ok(_) => Err("opened".to_owned()),
    }
}

fn as_listed(row: &Row, store: &TrustStore) -> Result<(), String> {
    let found = counts(store);
    for (column, found) in [
        ("entries_java", found.java),
        ("trusted", found.trusted),
        ("keys", found.keys),
        ("secrets", found.secrets),
        ("openssl35_certs", found.certificates),
    ] {
        if row.count(column).is_some_and(|expected| expected != found) {
            return Err(format!("{column}: expected {}, found {found}", row.get(column)));
        }
    }
    Ok(())
}
