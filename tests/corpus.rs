//! Every row of the shared corpus: stores written by other implementations, with what is expected of
//! each (`MANIFEST.tsv` there), and of our own `testdata/`.
#![cfg(feature = "readback")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use truststore::{
    Certificate, Entry, EntryKind, Error, Integrity, Limits, Password, ReadBack, SystemRandom, TrustStore,
    Unlock, read_back,
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
        self.open_as(self.bytes())
    }

    fn open_as(&self, bytes: Vec<u8>) -> Result<TrustStore, Error> {
        let limits = Limits::default();
        match self.get("password") {
            "<none>" | "<unknown>" => TrustStore::from_bytes(bytes, Unlock::Defaults, &limits),
            password => {
                let password = Password::new(if password == "<empty>" { "" } else { password });
                TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &limits)
            }
        }
    }

    /// The manifest cuts long lists, so that the last alias may be half of one.
    fn aliases(&self) -> Vec<String> {
        let column = self.get("aliases");
        let mut aliases: Vec<String> =
            column.split(';').filter(|a| !a.is_empty()).map(|a| a.replace("\\0", "\0")).collect();
        if column.chars().count() >= 200 {
            aliases.pop();
        }
        aliases
    }
}

/// Rows that are not met, and why. Everything else must be as the manifest says.
const DEVIATIONS: [(&str, &str); 2] = [
    (
        "keystore-go/keystore.jks",
        "the manifest counts a JKS private key record without a chain as a secret; JKS has no secrets",
    ),
    ("rustcrypto-pkcs12/example11.pfx", "a MAC with BLAKE2b-512, which is refused by name"),
];

#[test]
fn every_row_of_the_corpus_gives_what_it_says() {
    let Some(rows) = corpus() else { return };
    let mut faults = Vec::new();
    for row in &rows {
        let opened = row.open();
        let outcome = match row.get("valid") {
            _ if row.get("format") == "UBER" => refused_by_name(&opened, "UBER"),
            "valid" | "valid(openssl-only)" => {
                opened.map_err(|e| e.to_string()).and_then(|store| as_listed(row, &store))
            }
            "invalid" => clear_refusal(&opened),
            "unverified" => Ok(()),
            other => Err(format!("unknown value {other}")),
        };
        let deviation = DEVIATIONS.iter().find(|(name, _)| *name == row.name);
        match (outcome, deviation) {
            (Err(fault), None) => faults.push(format!("{}: {fault}", row.name)),
            (Ok(()), Some(_)) => faults.push(format!("{}: is no deviation any more", row.name)),
            _ => {}
        }
    }
    assert!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
}

#[test]
fn what_is_read_and_not_changed_is_written_as_the_identical_file() {
    for row in all_rows() {
        let Ok(store) = row.open() else { continue };
        assert_eq!(store.to_bytes(&mut SystemRandom).unwrap(), row.bytes(), "{}", row.name);
    }
}

#[test]
fn importing_and_removing_a_certificate_gives_the_entries_back() {
    let new = Certificate::from_der(std::fs::read(testdata("inputs/corp-root.der")).unwrap());
    for row in all_rows() {
        let Ok(mut store) = row.open() else { continue };
        if store.integrity() == Integrity::Unchecked || costly(&store) {
            continue;
        }
        let before = entries(&store);
        store.insert(NEW_ALIAS, new.clone(), 7).unwrap();
        let outcome = read_back(&store.to_bytes(&mut SystemRandom).unwrap(), &store);
        assert!(!matches!(outcome, ReadBack::Disagrees(_)), "{}: {outcome:?}", row.name);
        let mut store = again(&store, &row);
        assert_eq!(store.get(NEW_ALIAS).and_then(|e| e.certificate()), Some(&new), "{}", row.name);
        let others: Vec<_> = entries(&store).into_iter().filter(|e| !e.contains(NEW_ALIAS)).collect();
        assert_eq!(others, before, "{}", row.name);
        let id = store.get(NEW_ALIAS).unwrap().id();
        store.remove(&[id]).unwrap();
        assert_eq!(entries(&again(&store, &row)), before, "{}", row.name);
    }
}

#[test]
fn the_private_keys_of_the_corpus_open() {
    let Some(rows) = corpus() else { return };
    let mut opened = 0;
    let mut faults = Vec::new();
    for row in rows.iter().filter(|row| row.get("valid").starts_with("valid")) {
        let Ok(store) = row.open() else { continue };
        if costly(&store) {
            continue;
        }
        let own = if row.get("password") == "<empty>" { "" } else { row.get("password") };
        for entry in store.entries().iter().filter(|e| matches!(e.kind(), EntryKind::PrivateKey(_))) {
            // The others are those of pyjks and of keystore-go.
            let passwords = [own, "private_password", "keypass", "keypassword"].map(Password::new);
            let key = passwords.iter().map(|password| store.private_key(entry.id(), password));
            match key.reduce(|first, next| first.or(next)) {
                Some(Err(error)) => faults.push((row.name.clone(), error.to_string())),
                _ => opened += 1,
            }
        }
    }
    assert!(faults.is_empty() && opened > 70, "{opened} opened: {faults:?}");
}

const NEW_ALIAS: &str = "imported by the test";

/// Everything of the entries that is public, one text each.
fn entries(store: &TrustStore) -> Vec<String> {
    let text = |e: &Entry| {
        format!("{:?} {:?} {:?} {:?} {:?}", e.name(), e.alias(), e.kind(), e.created(), e.java_view())
    };
    store.entries().iter().map(text).collect()
}

fn again(store: &TrustStore, row: &Row) -> TrustStore {
    let bytes = store.to_bytes(&mut SystemRandom).unwrap();
    row.open_as(bytes.to_vec()).unwrap_or_else(|e| panic!("{}: {e}", row.name))
}

fn clear_refusal(opened: &Result<TrustStore, Error>) -> Result<(), String> {
    match opened {
        Err(error) if error.message().len() > 10 => Ok(()),
        Err(error) => Err(format!("not a clear error: {error}")),
        Ok(_) => Err("was opened".to_owned()),
    }
}

fn refused_by_name(opened: &Result<TrustStore, Error>, name: &str) -> Result<(), String> {
    match opened {
        Err(error) if error.to_string().contains(name) => Ok(()),
        Err(error) => Err(format!("refused without its name: {error}")),
        Ok(_) => Err("opened".to_owned()),
    }
}

/// Compares what the JDK lists, where it can read the file, and all certificates.
fn as_listed(row: &Row, store: &TrustStore) -> Result<(), String> {
    let listed: Vec<&Entry> = store.entries().iter().filter(|e| e.java_alias().is_some()).collect();
    let count = |wanted: fn(&EntryKind) -> bool| listed.iter().filter(|e| wanted(e.kind())).count();
    let certificates = store.container().certificates;
    for (column, found) in [
        ("entries_java", listed.len()),
        ("trusted", count(|kind| matches!(kind, EntryKind::TrustedCertificate(_)))),
        ("keys", count(|kind| matches!(kind, EntryKind::PrivateKey(_)))),
        ("secrets", count(|kind| matches!(kind, EntryKind::SecretKey))),
        ("openssl35_certs", certificates),
    ] {
        if row.count(column).is_some_and(|expected| expected != found) {
            return Err(format!("{column}: expected {}, found {found}", row.get(column)));
        }
    }
    if row.get("aliases").is_empty() {
        return Ok(());
    }
    let found: BTreeSet<String> =
        listed.iter().filter_map(|e| e.java_alias()).map(|a| a.to_lowercase()).collect();
    let missing: Vec<String> = row.aliases().into_iter().filter(|alias| !found.contains(alias)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("aliases {missing:?} are not in {found:?}")) }
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

fn all_rows() -> Vec<Row> {
    let mut all = rows(&testdata(""));
    all.extend(corpus().unwrap_or_default());
    all
}

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

/// Stores with counts that take minutes without optimization.
fn costly(store: &TrustStore) -> bool {
    let info = store.container();
    let counts = info.blocks.iter().filter_map(|b| b.iterations).chain(info.mac.map(|mac| mac.iterations));
    counts.sum::<u64>() > 200_000
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
