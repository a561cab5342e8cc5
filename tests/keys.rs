//! Private keys: out of the stores of other tools, into ours, and what a JVM, keytool and OpenSSL make of
//! them there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::java::{Java, Question, java, text};
use common::manifest::{Expect, rows};
use common::{bytes_of, certificate, changeit, java_type, read, testdata};
use proptest::prelude::*;
use truststore::{
    ConvertOptions, Entry, EntryKind, ErrorKind, Existing, Format, Limits, Password, PrivateKey,
    SystemRandom, TransferOptions, TransferOutcome, TrustStore, Unlock, convert, transfer,
};

/// 2023-11-14T22:13:20.123Z.
const CREATED: i64 = 1_700_000_000_123;
const OTHER: &str = "keypass-other";

fn open(path: &Path) -> TrustStore {
    let password = changeit();
    let unlock = Unlock::WithUnverified(&password);
    TrustStore::from_bytes(fs::read(path).unwrap(), unlock, &Limits::default())
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn reopened(store: &TrustStore) -> TrustStore {
    let password = store.duplicate_password().unwrap();
    TrustStore::from_bytes(bytes_of(store), Unlock::With(&password), &Limits::default()).unwrap()
}

fn is_key(entry: &&Entry) -> bool {
    matches!(entry.kind(), EntryKind::PrivateKey(_))
}

/// A PKCS#8 frame around arbitrary octets.
fn key_of(octets: &[u8]) -> PrivateKey {
    let len = |len: usize| u16::try_from(len).unwrap().to_be_bytes();
    let inner = [&[4, 0x82][..], &len(octets.len()), octets].concat();
    let fields = [&[2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70][..], &inner].concat();
    PrivateKey::from_pkcs8([&[0x30, 0x82][..], &len(fields.len()), &fields].concat()).unwrap()
}

/// Nothing here opens these: RC4 is refused by name.
const REFUSED: [&str; 4] = [
    "stores/keytool/pbe-sha1-rc4-128.p12",
    "stores/keytool/pbe-sha1-rc4-40.p12",
    "stores/openssl/pbe-sha1-rc4-128.p12",
    "stores/openssl/pbe-sha1-rc4-40.p12",
];

#[test]
fn every_private_key_of_the_test_data_opens_and_they_are_the_same() {
    let mut opened = 0;
    let mut keytools: Vec<Vec<u8>> = Vec::new();
    for row in rows().iter().filter(|row| row.expect == Expect::Ok && row.keys > 0) {
        if REFUSED.contains(&&*row.path) {
            continue;
        }
        let unlock = row.password.as_ref().map_or(Unlock::Defaults, Unlock::WithUnverified);
        let Ok(store) = TrustStore::from_bytes(read(&row.path), unlock, &Limits::default()) else {
            panic!("{}", row.path);
        };
        let own = match row.note.contains(OTHER) {
            true => Password::new(OTHER),
            false => row.password.as_ref().map_or_else(changeit, Password::duplicate),
        };
        for entry in store.entries().iter().filter(is_key) {
            let key = match store.private_key(entry.id(), &own) {
                Ok(key) => key,
                Err(error) => panic!("{} ({}): {error}", row.path, row.note),
            };
            let error = store.private_key(entry.id(), &Password::new("not this one")).unwrap_err();
            assert!(error.is_wrong_password(), "{}: {error}", row.path);
            assert_eq!(error.entry(), Some(entry.name()), "{}", row.path);
            if row.path.starts_with("stores/keytool/") {
                keytools.push(key.pkcs8().to_vec());
            }
            opened += 1;
        }
    }
    assert!(opened > 40, "{opened}");
    keytools.dedup();
    assert_eq!(keytools.len(), 1, "keytool copied one key into all its stores");
}

#[test]
fn only_a_private_key_has_one() {
    let store = open(&testdata("stores/keytool/mixed.jks"));
    let root = store.get("corp-root").unwrap().id();
    assert_eq!(store.private_key(root, &changeit()).unwrap_err().kind(), ErrorKind::Refused);
    assert!(PrivateKey::from_pkcs8(vec![0x30, 0]).unwrap_err().is_damaged());
    let mut trailing = key_of(b"key").pkcs8().to_vec();
    trailing.push(0);
    assert!(PrivateKey::from_pkcs8(trailing).unwrap_err().is_damaged());
}

#[test]
fn a_key_in_the_clear_is_read_and_has_no_password_to_change() {
    let clear = rows().into_iter().filter(|row| row.note.contains("keyBag")).map(|row| row.path);
    let mut seen = 0;
    for path in clear {
        let mut store = open(&testdata(&path));
        let id = store.entries().iter().find(is_key).unwrap().id();
        assert!(!store.private_key(id, &Password::new("any")).unwrap().pkcs8().is_empty(), "{path}");
        let refused = store.set_key_password(id, &changeit(), &changeit(), &mut SystemRandom).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Refused, "{path}");
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_key_gets_another_password_and_nothing_else_changes() {
    let stores = [
        ("keypass.jks", OTHER),
        ("keypass.jceks", OTHER),
        ("legacy.p12", "changeit"),
        ("mixed.p12", "changeit"),
    ];
    for (name, own) in stores {
        let mut store = open(&testdata(&format!("stores/keytool/{name}")));
        let before = common::portraits(&store);
        let (old, new) = (Password::new(own), Password::new("another"));
        let id = store.get("server").unwrap().id();
        let key = store.private_key(id, &old).unwrap();
        let refused = store.set_key_password(id, &new, &old, &mut SystemRandom).unwrap_err();
        assert!(refused.is_wrong_password() && !store.is_modified(), "{name}");
        store.set_key_password(id, &old, &new, &mut SystemRandom).unwrap();
        let again = reopened(&store);
        assert_eq!(common::portraits(&again), before, "{name}");
        let id = again.get("server").unwrap().id();
        assert_eq!(again.private_key(id, &new).unwrap().pkcs8(), key.pkcs8(), "{name}");
        assert!(again.private_key(id, &old).unwrap_err().is_wrong_password(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_protected_is_recovered_with_its_password_alone(
        octets in proptest::collection::vec(any::<u8>(), 0..300),
        any_password in "\\PC{0,20}",
        ascii in "[ -~]{0,20}",
        created in 0..i64::MAX,
    ) {
        let key = key_of(&octets);
        let chain = [certificate("corp-root")];
        for format in Format::ALL {
            let text = if format == Format::Jceks { &ascii } else { &any_password };
            let password = Password::new(text.as_str());
            let wrong = Password::new(format!("{text}x"));
            let mut store = TrustStore::new(format, changeit());
            store.insert_private_key("Key", &key, &chain, &password, created, &mut SystemRandom).unwrap();
            let store = reopened(&store);
            let entry = store.get("key").unwrap();
            prop_assert_eq!(entry.kind(), &EntryKind::PrivateKey(chain.to_vec()));
            prop_assert_eq!(entry.created(), Some(created));
            let recovered = store.private_key(entry.id(), &password).unwrap();
            prop_assert_eq!(recovered.pkcs8(), key.pkcs8());
            prop_assert!(store.private_key(entry.id(), &wrong).unwrap_err().is_wrong_password());
        }
    }
}

#[test]
fn jceks_takes_no_key_password_beyond_ascii() {
    let mut store = TrustStore::new(Format::Jceks, changeit());
    let password = Password::new("pässwörd");
    let error =
        store.insert_private_key("k", &key_of(b"k"), &[], &password, 0, &mut SystemRandom).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(store.entries().is_empty());
}

#[test]
fn a_chain_that_pkcs12_cannot_hold_is_refused_and_nothing_changes() {
    let source = open(&testdata("stores/keytool/mixed.jks"));
    let chain = source.get("server").unwrap().certificates().to_vec();
    let mut store = TrustStore::new(Format::Pkcs12, changeit());
    store.insert("root-a", certificate("root-a"), CREATED).unwrap();
    let before = common::portraits(&store);
    let backwards: Vec<_> = chain.iter().rev().cloned().collect();
    let mut insert = |chain: &[_]| {
        store.insert_private_key("server", &key_of(b"k"), chain, &changeit(), CREATED, &mut SystemRandom)
    };
    assert_eq!(insert(&backwards).unwrap_err().kind(), ErrorKind::CannotKeep);
    insert(&chain).unwrap();
    // Two keys of one date and one chain are told apart, and share the chain's upper part.
    let second =
        store.insert_private_key("second", &key_of(b"l"), &chain, &changeit(), CREATED, &mut SystemRandom);
    let second = store.entry(second.unwrap()).unwrap().created();
    assert_eq!(second, Some(CREATED + 1));
    let store = reopened(&store);
    assert_eq!(store.container().certificates, 1 + chain.len() + 1);
    for (name, content) in [("server", b"k"), ("second", b"l")] {
        let entry = store.get(name).unwrap();
        assert_eq!(entry.certificates(), chain);
        assert_eq!(store.private_key(entry.id(), &changeit()).unwrap().pkcs8(), key_of(content).pkcs8());
    }
    assert_eq!(common::portraits(&store).iter().filter(|portrait| before.contains(portrait)).count(), 1);
}

/// Stores that keytool made, with an RSA and an EC key, a trusted root, and the keys' password.
fn keytools(java: &Java, folder: &Path) -> Vec<(Format, PathBuf, &'static str)> {
    let input = testdata("inputs/corp-root.pem");
    Format::ALL
        .into_iter()
        .map(|format| {
            let keys = if format == Format::Pkcs12 { "changeit" } else { OTHER };
            let store = folder.join(format!("keytool.{}", java_type(format)));
            for (alias, algorithm) in [("rsa", "RSA"), ("ec", "EC")] {
                let dn = format!("CN={alias}");
                let arguments =
                    ["-genkeypair", "-alias", alias, "-keyalg", algorithm, "-dname", &dn, "-keypass", keys];
                java.keytool(&arguments, &store, java_type(format));
            }
            let arguments = ["-importcert", "-noprompt", "-alias", "root", "-file", input.to_str().unwrap()];
            java.keytool(&arguments, &store, java_type(format));
            (format, store, keys)
        })
        .collect()
}

fn question(file: &Path, format: Format, key_password: &'static str) -> Question {
    Question { file: file.to_owned(), java_type: java_type(format), password: "changeit", key_password }
}

fn written(store: &TrustStore, path: PathBuf) -> PathBuf {
    fs::write(&path, bytes_of(store)).unwrap();
    path
}

#[test]
fn a_jvm_opens_the_same_keys_after_each_of_the_nine_conversions() {
    let Some(java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    let sources = keytools(java, folder.path());
    let mut questions = Vec::new();
    let mut wrong = Vec::new();
    for (from, path, keys) in &sources {
        questions.push(question(path, *from, keys));
        let source = open(path);
        for to in Format::ALL {
            let new = if to == Format::Pkcs12 { "changeit" } else { "brand-new" };
            let options = ConvertOptions {
                key_password: Some(Password::new(*keys)),
                new_key_password: Some(Password::new(new)),
                now: CREATED,
                ..ConvertOptions::default()
            };
            let converted = convert(&source, to, Some(changeit()), &options, &mut SystemRandom).unwrap();
            let path = folder.path().join(format!("{from:?}-{to:?}"));
            let path = written(&converted.store, path);
            questions.push(question(&path, to, new));
            if to != Format::Pkcs12 {
                wrong.push(question(&path, to, "not-this"));
            }
        }
    }
    let dumps = java.keys(&questions);
    for (number, dumps) in dumps.chunks(4).enumerate() {
        let [source, converted @ ..] = dumps else { panic!("a chunk") };
        assert_eq!(source.len(), 3);
        assert!(source.iter().any(|line| line.starts_with("rsa\tkey\tRSA\t")), "{source:?}");
        assert!(source.iter().any(|line| line.starts_with("ec\tkey\tEC\t")), "{source:?}");
        for (to, dump) in Format::ALL.iter().zip(converted) {
            assert_eq!(dump, source, "{:?} to {to:?}", sources[number].0);
        }
    }
    for dump in java.keys(&wrong) {
        let keys: Vec<_> = dump.iter().filter(|line| line.contains("\tkey\t")).collect();
        assert!(keys.len() == 2 && keys.iter().all(|line| line.contains("unrecoverable")), "{dump:?}");
    }
}

#[test]
fn keytool_imports_the_keys_that_we_wrote() {
    let Some(java) = java() else { return };
    let folder = tempfile::tempdir().unwrap();
    let source = open(&testdata("stores/keytool/mixed.p12"));
    let mut questions = Vec::new();
    for format in Format::ALL {
        let options = ConvertOptions { now: CREATED, ..ConvertOptions::default() };
        let converted = convert(&source, format, Some(changeit()), &options, &mut SystemRandom).unwrap();
        let ours = written(&converted.store, folder.path().join(format!("ours-{format:?}")));
        let theirs = folder.path().join(format!("theirs-{format:?}.p12"));
        let arguments = [
            "-importkeystore",
            "-noprompt",
            "-srckeystore",
            ours.to_str().unwrap(),
            "-srcstoretype",
            java_type(format),
            "-srcstorepass",
            "changeit",
            "-deststorepass",
            "changeit",
            "-deststoretype",
            "PKCS12",
            "-destkeystore",
            theirs.to_str().unwrap(),
        ];
        let output = Command::new("keytool").args(arguments).output().unwrap();
        assert!(output.status.success(), "{format:?}: {}", said(&output));
        questions.push(question(&theirs, Format::Pkcs12, "changeit"));
    }
    questions.push(question(&testdata("stores/keytool/mixed.p12"), Format::Pkcs12, "changeit"));
    let dumps = java.keys(&questions);
    assert!(dumps[3].iter().any(|line| line.starts_with("server\tkey\t")), "{:?}", dumps[3]);
    for dump in &dumps {
        assert_eq!(dump, &dumps[3]);
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

#[test]
fn openssl_opens_the_keys_that_we_wrote() {
    let required = std::env::var("TRUSTSTORE_ORACLES").is_ok_and(|value| value == "required");
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(!required, "openssl is not there, and TRUSTSTORE_ORACLES=required");
        eprintln!("note: no openssl: not asked what it reads");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["keypass.jks", "keypass.jceks", "legacy.p12"] {
        let source = open(&testdata(&format!("stores/keytool/{name}")));
        let own = Password::new(if name.starts_with("keypass") { OTHER } else { "changeit" });
        let key = source.private_key(source.get("server").unwrap().id(), &own).unwrap();
        let options = ConvertOptions { key_password: Some(own), now: CREATED, ..ConvertOptions::default() };
        let converted =
            convert(&source, Format::Pkcs12, Some(changeit()), &options, &mut SystemRandom).unwrap();
        let ours = written(&converted.store, folder.path().join("ours.p12"));
        let pem = folder.path().join("key.pem");
        let output = Command::new("openssl")
            .args(["pkcs12", "-nodes", "-nocerts", "-passin", "pass:changeit", "-in"])
            .arg(&ours)
            .arg("-out")
            .arg(&pem)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", said(&output));
        let output = Command::new("openssl")
            .args(["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in"])
            .arg(&pem)
            .output()
            .unwrap();
        assert_eq!(output.stdout, key.pkcs8(), "{name}: {}", text(&output.stderr));
        let described = fs::read_to_string(&pem).unwrap();
        assert!(
            described.contains("friendlyName: server") && described.contains("localKeyID: 54 69 6D 65 20"),
            "{described}"
        );
    }
}

#[test]
fn a_conversion_of_keys_names_what_it_cannot_keep() {
    let secrets = open(&testdata("stores/keytool/secrets.jceks"));
    let (same, other) = (|| Some(changeit()), || Some(Password::new("another")));
    let go =
        |to, password, options: &ConvertOptions| convert(&secrets, to, password, options, &mut SystemRandom);
    let plain = ConvertOptions::default();
    let kept = go(Format::Jceks, same(), &plain).unwrap();
    assert_eq!(common::portraits(&reopened(&kept.store)), common::portraits(&secrets));
    for (to, password) in [(Format::Jceks, other()), (Format::Pkcs12, same()), (Format::Jks, same())] {
        let error = go(to, password, &plain).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CannotKeep);
        assert!(error.message().contains("\"aes\"") && error.message().contains("secret key"), "{error}");
    }
    let trusted_only = ConvertOptions { trusted_only: true, ..ConvertOptions::default() };
    assert_eq!(go(Format::Pkcs12, same(), &trusted_only).unwrap().left_out.len(), 2);

    let keyed = open(&testdata("stores/keytool/keypass.jks"));
    let error = convert(&keyed, Format::Pkcs12, same(), &plain, &mut SystemRandom).unwrap_err();
    assert!(error.is_wrong_password() && error.entry() == Some("server"), "{error}");
    let own = ConvertOptions { key_password: Some(Password::new(OTHER)), ..ConvertOptions::default() };
    let error = convert(&keyed, Format::Pkcs12, None, &own, &mut SystemRandom).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CannotKeep);
    assert!(error.message().contains("\"server\"") && error.message().contains("password"), "{error}");
}

#[test]
fn a_transfer_reports_each_entry_and_does_what_is_asked_with_those_that_are_there() {
    let source = open(&testdata("stores/keytool/mixed.jks"));
    let keyed = open(&testdata("stores/keytool/keypass.jks"));
    for format in Format::ALL {
        let mut target = TrustStore::new(format, changeit());
        let options = |existing| TransferOptions { existing, now: CREATED, ..TransferOptions::default() };
        let outcomes = |source: &TrustStore, target: &mut TrustStore, options: &TransferOptions| {
            let report = transfer(source, target, options, &mut SystemRandom).unwrap();
            let mut outcomes: Vec<_> =
                report.entries.into_iter().map(|entry| (entry.item.alias, entry.outcome)).collect();
            outcomes.sort_by(|a, b| a.0.cmp(&b.0));
            (report.changed, outcomes)
        };
        let all =
            |outcome| ["corp-root", "root-a", "server"].map(|alias| (alias.to_owned(), outcome)).to_vec();
        let first = outcomes(&source, &mut target, &options(Existing::Refuse));
        assert_eq!(first, (true, all(TransferOutcome::Added)), "{format:?}");
        target = reopened(&target);
        for existing in [Existing::Refuse, Existing::Overwrite] {
            let again = outcomes(&source, &mut target, &options(existing));
            assert_eq!(again, (false, all(TransferOutcome::Unchanged)), "{format:?}");
        }
        let skipped = outcomes(&source, &mut target, &options(Existing::Skip));
        assert_eq!(skipped, (false, all(TransferOutcome::Skipped)), "{format:?}");
        assert!(!target.is_modified());

        // A wrong key password fails one entry of two, and changes nothing of it.
        let one = TransferOptions { keep_going: true, ..options(Existing::Overwrite) };
        let report = transfer(&keyed, &mut target, &one, &mut SystemRandom).unwrap();
        let failed: Vec<_> = report.entries.iter().filter(|e| e.outcome == TransferOutcome::Failed).collect();
        assert_eq!(failed.len(), 1, "{report:?}");
        assert_eq!(failed[0].failure.as_ref().unwrap().code, "wrong-password");
        assert_eq!((failed[0].item.alias.as_str(), failed[0].kind), ("server", "private-key"));
        assert!(!report.changed && !target.is_modified(), "{report:?}");

        // One entry under another alias, the key in the place of a certificate.
        let one = TransferOptions {
            alias: Some("server".to_owned()),
            new_alias: Some("root-a".to_owned()),
            key_password: Some(Password::new(OTHER)),
            new_key_password: Some(Password::new("third-one")),
            ..options(Existing::Overwrite)
        };
        let (changed, replaced) = outcomes(&keyed, &mut target, &one);
        assert_eq!((changed, &replaced[..]), (true, &[("root-a".to_owned(), TransferOutcome::Replaced)][..]));
        let target = reopened(&target);
        assert_eq!(target.entries().len(), 3, "{format:?}");
        let moved = target.get("root-a").unwrap();
        assert_eq!(moved.certificates(), keyed.get("server").unwrap().certificates(), "{format:?}");
        let key = target.private_key(moved.id(), &Password::new("third-one")).unwrap();
        let own = keyed.private_key(keyed.get("server").unwrap().id(), &Password::new(OTHER)).unwrap();
        assert_eq!(key.pkcs8(), own.pkcs8(), "{format:?}");

        let refused = TransferOptions {
            alias: Some("corp-root".to_owned()),
            new_alias: Some("ROOT-A".to_owned()),
            ..options(Existing::Refuse)
        };
        let mut target = target;
        let error = transfer(&source, &mut target, &refused, &mut SystemRandom).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AliasTaken);
        let unknown = TransferOptions { alias: Some("nobody".to_owned()), ..TransferOptions::default() };
        let error = transfer(&source, &mut target, &unknown, &mut SystemRandom).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AliasUnknown);
        // And a certificate in the place of a key.
        let back = TransferOptions { alias: Some("root-a".to_owned()), ..options(Existing::Overwrite) };
        outcomes(&source, &mut target, &back);
        assert!(reopened(&target).get("root-a").unwrap().is_trusted(), "{format:?}");
    }
}
