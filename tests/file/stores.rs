//! Stores that are written as files of their own.

use std::fs;

use truststore::{
    Certificate, ErrorKind, Format, Limits, OutputOptions, Password, PrivateKey, SystemRandom, TrustStore,
    Unlock, Written, write_store,
};

use crate::{DATE, certificate, folder, refused};

fn store(format: Format, password: &str, aliases: &[&str]) -> TrustStore {
    let mut store = TrustStore::new(format, Password::new(password));
    for alias in aliases {
        store.insert(alias, certificate(alias), DATE).unwrap();
    }
    store
}

/// An Ed25519 key.
fn key(octet: u8) -> PrivateKey {
    let frame = [0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32];
    PrivateKey::from_pkcs8([&frame[..], &[octet; 32]].concat()).unwrap()
}

fn store_with_key(format: Format, octet: u8, password: &str) -> TrustStore {
    let mut store = store(format, "changeit", &["a"]);
    let chain = [certificate("chain")];
    let password = Password::new(password);
    store.insert_private_key("k", &key(octet), &chain, &password, DATE, &mut SystemRandom).unwrap();
    store
}

#[test]
fn a_file_that_holds_the_same_entries_under_the_same_password_is_left_alone_and_no_other() {
    let (folder, _) = folder();
    let path = folder.path().join("out");
    let options = OutputOptions::default();
    let write =
        |store: &TrustStore, options: &OutputOptions| write_store(&path, store, options, &mut SystemRandom);
    let own = store(Format::Pkcs12, "changeit", &["a", "b"]);
    assert_eq!(write(&own, &options).unwrap(), Written::Created);
    let before = fs::read(&path).unwrap();

    assert_eq!(write(&own, &options).unwrap(), Written::Unchanged, "whatever the salts");
    let mut changed = store(Format::Pkcs12, "changeit", &["a"]);
    changed.insert("b", certificate("c"), DATE).unwrap();
    let mut open = TrustStore::new_without_password();
    for alias in ["a", "b"] {
        open.insert(alias, certificate(alias), DATE).unwrap();
    }
    for (other, what) in [
        (store(Format::Jks, "changeit", &["a", "b"]), "format"),
        (store(Format::Pkcs12, "another", &["a", "b"]), "password"),
        (store(Format::Pkcs12, "changeit", &["a", "b", "c"]), "one more"),
        (store(Format::Pkcs12, "changeit", &["a"]), "one less"),
        (store(Format::Pkcs12, "changeit", &["a", "c"]), "alias"),
        (store(Format::Pkcs12, "changeit", &["a", "B"]), "the alias's case"),
        (changed, "certificate"),
        (open, "no MAC"),
    ] {
        assert_eq!(refused(write(&other, &options)).kind(), ErrorKind::Exists, "{what}");
    }
    let exact = OutputOptions { exact: true, ..options };
    assert_eq!(refused(write(&own, &exact)).kind(), ErrorKind::Exists, "other salts");
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(write(&own, &OutputOptions { force: true, ..exact }).unwrap(), Written::Replaced);
}

#[test]
fn private_keys_are_compared_and_their_file_is_for_its_owner_alone() {
    for format in [Format::Jks, Format::Jceks, Format::Pkcs12] {
        let (folder, _) = folder();
        let path = folder.path().join("out");
        let write = |octet, password: &str| {
            let store = store_with_key(format, octet, password);
            write_store(&path, &store, &OutputOptions::default(), &mut SystemRandom)
        };

        assert_eq!(write(1, "changeit").unwrap(), Written::Created);
        #[cfg(unix)]
        assert_eq!(crate::unix::mode(&path), 0o600);

        assert_eq!(write(1, "changeit").unwrap(), Written::Unchanged, "{format}: the same key sealed anew");
        assert_eq!(refused(write(2, "changeit")).kind(), ErrorKind::Exists, "{format}: another key");
        assert_eq!(refused(write(1, "another")).kind(), ErrorKind::Exists, "{format}: another password");

        let read = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
        let options = OutputOptions::default();
        assert_eq!(
            write_store(&path, &read, &options, &mut SystemRandom).unwrap(),
            Written::Unchanged,
            "{format}: what was read, whose key's password nobody gave"
        );
    }
}

#[test]
fn what_is_done_to_check_a_file_of_our_own_is_not_counted() {
    let (folder, _) = folder();
    let path = folder.path().join("out");
    let options = OutputOptions::default();
    let start = store(Format::Pkcs12, "changeit", &["a"]).to_bytes(&mut SystemRandom).unwrap();
    // Opened and written: twice a MAC and a block of certificates, with 10,000 iterations each; and a key sealed.
    let limits = Limits { max_iterations: 50_000, ..Limits::default() };
    let mut store = TrustStore::from_bytes(start, Unlock::Defaults, &limits).unwrap();
    let (chain, password) = ([Certificate::from_der(vec![0x30, 0])], Password::new("changeit"));
    store.insert_private_key("k", &key(1), &chain, &password, DATE, &mut SystemRandom).unwrap();

    assert_eq!(write_store(&path, &store, &options, &mut SystemRandom).unwrap(), Written::Created);

    assert!(refused(store.to_bytes(&mut SystemRandom)).is_limit_exceeded(), "all is spent");
    assert_eq!(write_store(&path, &store, &options, &mut SystemRandom).unwrap(), Written::Unchanged);
}
