//! Round trips with the real `keytool` and a JVM, both ways, in every format.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::java::{Dumped, Java, Question, java};
use common::{bytes_of, certificate, changeit, java_type, testdata};
use truststore::{Entry, EntryKind, Format, Limits, TrustStore, Unlock, detect};

/// 2023-11-14T22:13:20.123Z: milliseconds that are not whole seconds.
const CREATED: i64 = 1_700_000_000_123;
const LATER: i64 = 1_800_000_000_456;

#[test]
fn what_we_write_keytool_reads() {
    let Some(java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut questions = Vec::new();
    for format in Format::ALL {
        let file = folder.path().join(format!("{}.store", java_type(format)));
        fs::write(&file, bytes_of(&edited(format))).unwrap();
        let listing = java.keytool(&["-list", "-v"], &file, java_type(format));
        for (alias, input, _) in EDITED {
            let fingerprint = certificate(input).sha256();
            let entry = listing
                .split("Alias name: ")
                .find(|entry| entry.lines().next() == Some(alias))
                .unwrap_or_else(|| panic!("{format}: no {alias} in\n{listing}"));
            assert!(entry.contains(&format!("SHA256: {fingerprint}")), "{format} {alias}: {entry}");
            assert!(entry.contains("Entry type: trustedCertEntry"), "{format} {alias}: {entry}");
        }
        assert!(listing.contains(&format!("contains {} entries", EDITED.len())), "{listing}");
        questions.push(question(&file, "changeit"));
    }
    for (format, dump) in Format::ALL.into_iter().zip(java.dump(&questions)) {
        assert_eq!(dump.len(), EDITED.len(), "{format}");
        for (alias, input, created) in EDITED {
            let entry = dump.iter().find(|entry| entry.alias == alias).unwrap();
            assert_eq!(entry.kind, "trusted", "{format} {alias}");
            assert_eq!(entry.fingerprints, [certificate(input).sha256().to_hex()], "{format} {alias}");
            if format != Format::Pkcs12 {
                assert_eq!(entry.created, created, "{format} {alias}");
            }
        }
    }
}

/// What [`edited`] holds: alias as Java lists it, certificate, date.
const EDITED: [(&str, &str, i64); 6] = [
    ("corp-ca", "corp-root", CREATED),
    ("upper-case", "root-rsa", LATER),
    ("ä-root", "root-a", CREATED),
    ("中-root", "root-b", CREATED),
    ("🔐-root", "p521-root", CREATED),
    ("a name with blanks & \"quotes\"", "unicode-subject", CREATED),
];

/// A new store after every kind of edit.
fn edited(format: Format) -> TrustStore {
    let mut store = TrustStore::new(format, changeit());
    for (alias, input) in [
        ("corp-root", "corp-root"),
        ("Upper-Case", "root-a"),
        ("Ä-root", "root-a"),
        ("gone", "expired"),
        ("中-root", "root-b"),
        ("🔐-root", "p521-root"),
        ("a name with blanks & \"quotes\"", "unicode-subject"),
    ] {
        store.insert(alias, certificate(input), CREATED).unwrap();
    }
    let id = |store: &TrustStore, name: &str| store.get(name).unwrap().id();
    store.rename(id(&store, "corp-root"), "corp-ca").unwrap();
    store.replace(id(&store, "upper-case"), certificate("root-rsa"), LATER).unwrap();
    store.remove(&[id(&store, "gone")]).unwrap();
    store
}

/// Stores with keys, and the password of these.
const WITH_KEYS: &[(&str, &str)] = &[
    ("stores/keytool/mixed.jks", "changeit"),
    ("stores/keytool/mixed.jceks", "changeit"),
    ("stores/keytool/mixed.p12", "changeit"),
    ("stores/keytool/keypass.jks", "keypass-other"),
    ("stores/keytool/keypass.jceks", "keypass-other"),
    ("stores/keytool/secrets.jceks", "changeit"),
    ("stores/keytool/secrets.p12", "changeit"),
    ("stores/keytool/legacy.p12", "changeit"),
    ("stores/keytool/no-mac.p12", "changeit"),
    ("stores/keytool/plain-certs-mac.p12", "changeit"),
    ("stores/bouncycastle/keystore-pkcs12.p12", "changeit"),
    ("stores/odd/version-1-key.jks", "changeit"),
    ("stores/odd/key-other-password.p12", "keypass-other"),
    ("stores/odd/key-chain-root-trusted.p12", "changeit"),
    ("stores/openssl/key-chain.p12", "changeit"),
    ("stores/openssl/key-and-extra-root.p12", "changeit"),
];

/// Each edit, in another store each time: what it is called, and what it does to a list of entries.
const EDITS: [&str; 4] = ["insert", "rename another", "rename the keys", "remove another"];

#[test]
fn keys_and_secrets_survive_our_edits() {
    let Some(java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    let mut questions = Vec::new();
    for (path, key_password) in WITH_KEYS {
        questions.push(question(&testdata(path), key_password));
        for edit in EDITS {
            let mut store = open(&testdata(path));
            apply(edit, &mut store);
            let file = folder.path().join(format!("{}-{edit}.store", path.replace('/', "-")));
            fs::write(&file, bytes_of(&store)).unwrap();
            questions.push(question(&file, key_password));
        }
        cases.push(path);
    }
    let mut dumps = java.dump(&questions).into_iter();
    for path in cases {
        let before = dumps.next().unwrap();
        assert!(before.iter().any(|entry| entry.usable == Some(true)), "{path}: {before:?}");
        for edit in EDITS {
            let after = comparable(dumps.next().unwrap(), path);
            assert_eq!(after, comparable(expected(edit, before.clone()), path), "{path}: {edit}");
        }
    }
    assert_eq!(dumps.next(), None);
}

fn apply(edit: &str, store: &mut TrustStore) {
    let is_key = |entry: &&Entry| matches!(entry.kind(), EntryKind::PrivateKey(_) | EntryKind::SecretKey);
    let trusted = store.entries().iter().filter(|entry| entry.is_trusted());
    let other = trusted.min_by_key(|entry| entry.java_alias()).map(Entry::id);
    match (edit, other) {
        ("insert", _) => {
            store.insert("zz-added-ü", certificate("root-b"), CREATED).unwrap();
        }
        ("rename another", Some(id)) => store.rename(id, "zz-renamed-中").unwrap(),
        ("rename the keys", _) => {
            let keys: Vec<_> =
                store.entries().iter().filter(is_key).map(|e| (e.id(), e.name().to_owned())).collect();
            for (id, name) in keys {
                store.rename(id, &format!("{name}-neu-ß")).unwrap();
            }
        }
        ("remove another", Some(id)) => store.remove(&[id]).unwrap(),
        _ => {}
    }
}

/// What an edit is to make of what the JVM found before.
fn expected(edit: &str, mut entries: Vec<Dumped>) -> Vec<Dumped> {
    let other = entries.iter().position(|entry| entry.kind == "trusted");
    match (edit, other) {
        ("insert", _) => entries.push(Dumped {
            alias: "zz-added-ü".to_owned(),
            kind: "trusted".to_owned(),
            created: CREATED,
            fingerprints: vec![certificate("root-b").sha256().to_hex()],
            usable: None,
        }),
        ("rename another", Some(at)) => entries[at].alias = "zz-renamed-中".to_owned(),
        ("rename the keys", _) => {
            for entry in entries.iter_mut().filter(|entry| entry.kind != "trusted") {
                entry.alias.push_str("-neu-ß");
            }
        }
        ("remove another", Some(at)) => {
            entries.remove(at);
        }
        _ => {}
    }
    entries
}

/// Without the dates that PKCS#12 does not hold: Java shows the time of loading.
fn comparable(mut entries: Vec<Dumped>, path: &str) -> Vec<Dumped> {
    let dated = |entry: &Dumped| match path.rsplit_once('.').unwrap().1 {
        "p12" => entry.kind != "trusted" && path.starts_with("stores/keytool/"),
        _ => true,
    };
    for entry in &mut entries {
        if !dated(entry) {
            entry.created = 0;
        }
    }
    entries.sort_by(|a, b| a.alias.cmp(&b.alias));
    entries
}

#[test]
fn keytool_goes_on_with_what_we_wrote_and_we_with_what_it_wrote() {
    let Some(java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let extension = if format == Format::Pkcs12 { "p12" } else { &java_type(format).to_lowercase() };
        let file = folder.path().join(format!("three.{extension}"));
        let original = testdata(&format!("stores/keytool/three.{extension}"));
        let mut store = open(&original);
        store.insert("von-uns-ü", certificate("root-b"), CREATED).unwrap();
        store.rename(store.get("corp-root").unwrap().id(), "konzern-中").unwrap();
        fs::write(&file, bytes_of(&store)).unwrap();

        let input = testdata("inputs/unicode-subject.pem");
        let arguments =
            ["-importcert", "-noprompt", "-alias", "by-keytool", "-file", input.to_str().unwrap()];
        java.keytool(&arguments, &file, java_type(format));

        let mut again = open(&file);
        let found = |alias: &str| again.get(alias).unwrap_or_else(|| panic!("{format}: no {alias}"));
        for (alias, input) in [
            ("by-keytool", "unicode-subject"),
            ("konzern-中", "corp-root"),
            ("root-a", "root-a"),
            ("root-rsa", "root-rsa"),
            ("von-uns-ü", "root-b"),
        ] {
            assert!(found(alias).is_trusted(), "{format} {alias}");
            assert_eq!(found(alias).certificate(), Some(&certificate(input)), "{format} {alias}");
        }
        assert_eq!(again.entries().len(), 5, "{format}");
        if format != Format::Pkcs12 {
            assert_eq!(found("von-uns-ü").created(), Some(CREATED), "{format}");
            let dated = open(&original).get("corp-root").unwrap().created();
            assert_eq!(found("konzern-中").created(), dated, "{format}");
        }

        again.remove(&[again.get("by-keytool").unwrap().id()]).unwrap();
        fs::write(&file, bytes_of(&again)).unwrap();
        assert_eq!(open(&file).entries().len(), 4, "{format}");
    }
}

#[test]
fn a_jvm_refuses_a_server_before_its_root_is_inserted_and_accepts_it_after() {
    let Some(java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    for format in Format::ALL {
        let file = folder.path().join("trust.store");
        let mut store = TrustStore::new(format, changeit());
        store.insert("unrelated", certificate("root-a"), CREATED).unwrap();
        assert_handshake(java, &file, &store, false);
        store.insert("corp-root", certificate("corp-root"), CREATED).unwrap();
        assert_handshake(java, &file, &store, true);
    }
}

fn assert_handshake(java: &Java, file: &Path, store: &TrustStore, accepted: bool) {
    fs::write(file, bytes_of(store)).unwrap();
    let output = java.handshake(file, java_type(store.format()));
    let said = common::java::text(&output.stdout);
    assert_eq!(output.status.success(), accepted, "{store:?}: {said}{}", common::java::text(&output.stderr));
    let expected = if accepted { "OK" } else { "unable to find valid certification path" };
    assert!(said.contains(expected), "{store:?}: {said}");
}

fn open(file: &Path) -> TrustStore {
    let password = changeit();
    let bytes = fs::read(file).unwrap();
    TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &Limits::default())
        .unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn question(file: &Path, key_password: &'static str) -> Question {
    let bytes = fs::read(file).unwrap();
    let java_type = java_type(detect(&bytes).unwrap_or(Format::Pkcs12));
    Question { file: PathBuf::from(file), java_type, password: "changeit", key_password }
}
