//! What holds for every store: encoding and decoding, edits undone and repeated, names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

mod common;

use std::collections::HashSet;

use common::manifest::{Expect, Row, rows};
use common::{bytes_of, changeit, portraits};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sha1::{Digest, Sha1};
use truststore::{
    Candidate, Certificate, Entry, ErrorKind, Format, ImportOptions, Limits, RemoveOptions, TrustStore,
    Unlock, import, remove,
};

/// An edit of a store; those that the store refuses change nothing.
#[derive(Debug, Clone)]
enum Edit {
    Insert(String, Vec<u8>, i64),
    Remove(Index),
    Rename(Index, String),
    Replace(Index, Vec<u8>, i64),
}

/// Aliases that meet each other or the names that are made, and aliases that are hard to write.
const ODD: &[&str] = &[
    "a",
    "A",
    "b",
    "ä",
    "Ä",
    "ß",
    "SS",
    "ſ",
    "İ",
    "ı",
    "ΑΣ",
    "ας",
    "1",
    "01",
    "a#0",
    "unnamed-1",
    " a ",
    "",
    " ",
    "\0",
    "a\0b",
    "\u{202e}a",
    "中",
    "🔐",
    "\\uD800",
    "\u{10ffff}",
    "a;b=c",
];

fn alias() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(ODD).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9._ -]{1,20}",
        2 => any::<String>(),
        1 => ".{300}",
    ]
}

/// Mostly what is no certificate, of few values, so that some are equal.
fn der() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<u8>().prop_map(|n| vec![0x30, 1, n % 4]),
        proptest::collection::vec(any::<u8>(), 0..300),
    ]
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    prop_oneof![
        3 => (alias(), der(), any::<i64>()).prop_map(|(alias, der, date)| Edit::Insert(alias, der, date)),
        1 => index().prop_map(Edit::Remove),
        2 => (index(), alias()).prop_map(|(at, alias)| Edit::Rename(at, alias)),
        1 => (index(), der(), any::<i64>()).prop_map(|(at, der, date)| Edit::Replace(at, der, date)),
    ]
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    proptest::collection::vec(edit(), 0..12)
}

/// A new store of any format, or a JKS or JCEKS file as no JDK writes it: aliases equal, in any case.
fn start() -> impl Strategy<Value = Start> {
    let record = (alias(), der(), any::<i64>());
    let file = (any::<bool>(), 1..3u32, proptest::collection::vec(record, 0..8));
    prop_oneof![
        select(Format::ALL.to_vec()).prop_map(Start::New),
        file.prop_map(|(jceks, version, records)| Start::File(records_file(jceks, version, &records))),
    ]
}

#[derive(Debug, Clone)]
enum Start {
    New(Format),
    File(Vec<u8>),
}

impl Start {
    fn open(&self) -> TrustStore {
        match self {
            Self::New(format) => TrustStore::new(*format, changeit()),
            Self::File(bytes) => open(bytes.clone()),
        }
    }
}

/// A JKS or JCEKS file of trusted certificates.
fn records_file(jceks: bool, version: u32, records: &[(String, Vec<u8>, i64)]) -> Vec<u8> {
    let mut file = if jceks { vec![0xce; 4] } else { vec![0xfe, 0xed, 0xfe, 0xed] };
    file.extend(version.to_be_bytes());
    file.extend(u32::try_from(records.len()).unwrap().to_be_bytes());
    for (alias, der, date) in records {
        file.extend(2u32.to_be_bytes());
        let utf: Vec<u8> = alias.encode_utf16().flat_map(modified_utf8).collect();
        file.extend(u16::try_from(utf.len()).unwrap().to_be_bytes());
        file.extend(utf);
        file.extend(date.to_be_bytes());
        if version == 2 {
            file.extend([0, 5]);
            file.extend(b"X.509");
        }
        file.extend(u32::try_from(der.len()).unwrap().to_be_bytes());
        file.extend(der);
    }
    let mut hash = Sha1::new();
    hash.update("changeit".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    hash.update(b"Mighty Aphrodite");
    hash.update(&file);
    file.extend(hash.finalize());
    file
}

/// `java.io.DataOutput.writeUTF` of one code unit.
fn modified_utf8(unit: u16) -> Vec<u8> {
    let six = |shift: u16| 0x80 | u8::try_from(unit >> shift & 0x3f).unwrap();
    match unit {
        1..0x80 => vec![u8::try_from(unit).unwrap()],
        0 | 0x80..0x800 => vec![0xc0 | u8::try_from(unit >> 6).unwrap(), six(0)],
        _ => vec![0xe0 | u8::try_from(unit >> 12).unwrap(), six(6), six(0)],
    }
}

fn open(bytes: Vec<u8>) -> TrustStore {
    let password = changeit();
    TrustStore::from_bytes(bytes, Unlock::With(&password), &Limits::default()).unwrap()
}

/// Applies an edit; an edit hides no entry from Java.
fn apply(edit: &Edit, store: &mut TrustStore) -> Result<(), TestCaseError> {
    let visible = |store: &TrustStore| store.entries().iter().filter(|e| e.java_alias().is_some()).count();
    let before = (visible(store), portraits(store));
    let pick = |at: &Index| (!store.entries().is_empty()).then(|| at.get(store.entries()).id());
    let (outcome, more) = match edit {
        Edit::Insert(alias, der, date) => {
            (store.insert(alias, Certificate::from_der(der.clone()), *date).map(drop), 1)
        }
        Edit::Remove(at) => {
            if let Some(id) = pick(at) {
                store.remove(&[id]).unwrap();
                prop_assert!(store.entry(id).is_none());
            }
            return check_names(store);
        }
        Edit::Rename(at, alias) => match pick(at) {
            Some(id) => (store.rename(id, alias), 0),
            None => return Ok(()),
        },
        Edit::Replace(at, der, date) => match pick(at) {
            Some(id) => (store.replace(id, Certificate::from_der(der.clone()), *date), 0),
            None => return Ok(()),
        },
    };
    match outcome {
        Ok(()) => prop_assert!(visible(store) >= before.0 + more, "{edit:?} hides an entry"),
        Err(error) => {
            let kind = error.kind();
            prop_assert!(matches!(kind, ErrorKind::AliasInvalid | ErrorKind::AliasTaken), "{error:?}");
            prop_assert_eq!(portraits(store), before.1);
        }
    }
    check_names(store)
}

/// Every entry has a name of its own that finds it.
fn check_names(store: &TrustStore) -> Result<(), TestCaseError> {
    let names: HashSet<&str> = store.entries().iter().map(Entry::name).collect();
    prop_assert_eq!(names.len(), store.entries().len(), "{:?}", portraits(store));
    for entry in store.entries() {
        let found = store.get(entry.name()).map(Entry::id);
        prop_assert_eq!(found, Some(entry.id()), "{}", entry.name());
        prop_assert_eq!(store.entry(entry.id()).map(Entry::name), Some(entry.name()));
    }
    Ok(())
}

fn candidate(der: Vec<u8>, alias: Option<String>) -> Candidate {
    Candidate { certificate: Certificate::from_der(der), alias, created: None, source: "test".to_owned() }
}

/// The sound stores of the test data that one password opens.
fn fixtures() -> Vec<(Row, TrustStore)> {
    let sound = rows().into_iter().filter(|row| row.expect == Expect::Ok);
    sound
        .filter_map(|row| {
            let password = row.password.as_ref()?.duplicate();
            let bytes = common::read(&row.path);
            let store =
                TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &Limits::default()).ok()?;
            Some((row, store))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_decodes_to_the_same(start in start(), edits in edits()) {
        let mut store = start.open();
        check_names(&store)?;
        for edit in &edits {
            apply(edit, &mut store)?;
        }
        let bytes = bytes_of(&store);
        let read = open(bytes.clone());
        prop_assert_eq!(portraits(&read), portraits(&store));
        prop_assert_eq!(bytes_of(&read), bytes);
    }

    #[test]
    fn a_store_read_and_not_changed_is_written_as_it_was(start in start()) {
        if let Start::File(bytes) = &start {
            let store = start.open();
            prop_assert_eq!(&bytes_of(&store), bytes);
        }
    }

    #[test]
    fn an_import_repeated_in_any_order_changes_nothing(
        start in start(),
        edits in edits(),
        pool in proptest::collection::vec(der(), 1..6).prop_shuffle(),
        again in any::<u64>(),
        alias in proptest::option::of(select(vec!["a", "corp-CA", "ß"])),
        replace in any::<bool>(),
        skip_duplicates in any::<bool>(),
    ) {
        let mut store = start.open();
        for edit in &edits {
            apply(edit, &mut store)?;
        }
        let options = ImportOptions {
            alias: alias.map(str::to_owned),
            replace,
            skip_duplicates,
            ..ImportOptions::default()
        };
        let mut candidates: Vec<Candidate> = pool.into_iter().map(|der| candidate(der, None)).collect();
        match import(&mut store, &candidates, &options) {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::AliasTaken),
            Ok(first) => {
                check_names(&store)?;
                prop_assert_eq!(first.changed, !first.added.is_empty() || !first.replaced.is_empty());
                let added: HashSet<_> = first.added.iter().map(|item| item.sha256).collect();
                prop_assert_eq!(added.len(), first.added.len(), "added twice: {:?}", first);
                let before = portraits(&store);
                let len = u64::try_from(candidates.len()).unwrap();
                candidates.rotate_left(usize::try_from(again % len).unwrap());
                if again % 2 == 0 {
                    candidates.reverse();
                }
                let report = import(&mut store, &candidates, &options).unwrap();
                prop_assert!(!report.changed, "{:?} then {:?}", first, report);
                prop_assert_eq!(portraits(&store), before);
            }
        }
    }
}

#[test]
fn what_is_imported_and_removed_leaves_every_fixture_as_it_was() {
    let fixtures = fixtures();
    let records = fixtures.iter().filter(|(row, _)| row.format != Format::Pkcs12).count();
    assert_eq!(records, 38, "a fixture is left out");
    let candidates: Vec<Candidate> = ["root-b", "ed448-root", "unicode-subject"]
        .into_iter()
        .zip(["zz-new", "ZZ-ü-中", "zz 🔐"])
        .map(|(input, alias)| candidate(common::certificate(input).der().to_vec(), Some(alias.to_owned())))
        .collect();
    for (row, mut store) in fixtures {
        let before = portraits(&store);
        let report = import(&mut store, &candidates, &ImportOptions::default()).unwrap();
        assert_eq!(report.added.len(), candidates.len(), "{}", row.path);
        let with = reopen(&store, &row);
        assert_eq!(portraits(&with), portraits(&store), "{}", row.path);

        let names = report.added.into_iter().map(|item| item.alias).collect();
        remove(&mut store, &RemoveOptions { names, ..RemoveOptions::default() }).unwrap();
        assert_eq!(portraits(&store), before, "{}", row.path);
        if row.format == Format::Pkcs12 {
            assert_eq!(portraits(&reopen(&store, &row)), before, "{}", row.path);
        } else {
            assert_eq!(bytes_of(&store), common::read(&row.path), "{}", row.path);
        }
    }
}

fn reopen(store: &TrustStore, row: &Row) -> TrustStore {
    let password = row.password.as_ref().unwrap();
    TrustStore::from_bytes(bytes_of(store), Unlock::WithUnverified(password), &Limits::default())
        .unwrap_or_else(|e| panic!("{}: {e:?}", row.path))
}
