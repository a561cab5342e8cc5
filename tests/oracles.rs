//! What we write is read by `keytool` and `openssl`, and the other way round.
//!
//! Each test says so when its tool is not there, and fails under `TRUSTSTORE_ORACLES=required`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use truststore::{Certificate, Format, Limits, Password, SystemRandom, TrustStore, Unlock};

const PASSWORD: &str = "changeit";

fn testdata(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(path)
}

fn is_there(tool: &str, argument: &str) -> bool {
    if Command::new(tool).arg(argument).output().is_ok() {
        return true;
    }
    let required = std::env::var("TRUSTSTORE_ORACLES").is_ok_and(|value| value == "required");
    assert!(!required, "{tool} is not there, and TRUSTSTORE_ORACLES=required");
    eprintln!("note: no {tool}: not asked what it reads");
    false
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn keytool(store: &Path, password: &str, arguments: &[&str]) -> String {
    let output = Command::new("keytool")
        .args(["-J-Duser.language=en", "-keystore"])
        .arg(store)
        .args(["-storepass", password])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", store.display(), said(&output));
    said(&output)
}

/// OpenSSL 3 keeps RC2 in its legacy provider, which may not be installed.
fn openssl(store: &Path, password: &str, legacy: bool) -> String {
    let mut command = Command::new("openssl");
    command
        .args(["pkcs12", "-info", "-nodes", "-in"])
        .arg(store)
        .args(["-passin", &format!("pass:{password}")]);
    if legacy {
        command.arg("-legacy");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}: {}", store.display(), said(&output));
    said(&output)
}

fn open(path: &Path, password: &str) -> TrustStore {
    let password = Password::new(password);
    let unlock = Unlock::WithUnverified(&password);
    TrustStore::from_bytes(std::fs::read(path).unwrap(), unlock, &Limits::default()).unwrap()
}

fn write(folder: &Path, name: &str, store: &TrustStore) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, store.to_bytes(&mut SystemRandom).unwrap()).unwrap();
    path
}

fn new_certificate() -> Certificate {
    Certificate::from_der(std::fs::read(testdata("inputs/folder/root-rsa.der")).unwrap())
}

/// Stores of other tools, and whether OpenSSL needs its legacy provider.
const EDITED: [(&str, bool); 16] = [
    ("keytool/mixed.p12", false),
    ("keytool/legacy.p12", true),
    ("keytool/no-mac.p12", false),
    ("keytool/plain-certs-mac.p12", false),
    ("keytool/mac-sha384.p12", false),
    ("keytool/pbe-hmacsha1-aes128.p12", false),
    ("keytool/pbe-hmacsha512-aes256.p12", false),
    ("keytool/pbe-sha1-desede.p12", false),
    ("keytool/pbe-sha1-rc2-128.p12", true),
    ("keytool/pbe-sha1-rc2-40.p12", true),
    ("openssl/key-chain.p12", false),
    ("openssl/key-legacy.p12", true),
    ("openssl/pbe-sha1-3des.p12", false),
    ("openssl/one-iteration.p12", false),
    ("bouncycastle/trusted-ber.p12", false),
    ("odd/several-safes.p12", false),
];

#[test]
fn keytool_reads_every_scheme_that_we_edited() {
    if !is_there("keytool", "-help") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, _) in EDITED {
        let mut store = open(&testdata("stores").join(name), PASSWORD);
        store.insert("imported", new_certificate(), 0).unwrap();
        let path = write(folder.path(), "edited.p12", &store);
        let listed = keytool(&path, PASSWORD, &["-list", "-v"]);
        let fingerprint = new_certificate().sha256().to_string().to_uppercase();
        assert!(listed.contains("Alias name: imported"), "{name}: {listed}");
        let plain = |text: &str| text.replace(':', "");
        assert!(plain(&listed).contains(&plain(&fingerprint)), "{name}: {fingerprint} in {listed}");
        let entries = store.entries().iter().filter(|entry| entry.java_alias().is_some()).count();
        let entry = if entries == 1 { "entry" } else { "entries" };
        assert!(listed.contains(&format!("contains {entries} {entry}")), "{name}: {listed}");
    }
}

#[test]
fn openssl_reads_every_scheme_that_we_edited() {
    if !is_there("openssl", "version") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, legacy) in EDITED {
        let mut store = open(&testdata("stores").join(name), PASSWORD);
        let certificates = store.container().certificates;
        store.insert("imported", new_certificate(), 0).unwrap();
        let path = write(folder.path(), "edited.p12", &store);
        let shown = openssl(&path, PASSWORD, legacy);
        assert_eq!(shown.matches("BEGIN CERTIFICATE").count(), certificates + 1, "{name}: {shown}");
    }
}

#[test]
fn both_read_new_stores_with_and_without_password() {
    let folder = tempfile::tempdir().unwrap();
    for (name, password) in
        [("new.p12", Some(PASSWORD)), ("other.p12", Some("another one")), ("none.p12", None)]
    {
        let mut store = match password {
            Some(password) => TrustStore::new(Format::Pkcs12, Password::new(password)),
            None => TrustStore::new_without_password(),
        };
        store.insert("Corp CA \u{e4}\u{1f510}", new_certificate(), 0).unwrap();
        let path = write(folder.path(), name, &store);
        if is_there("keytool", "-help") {
            let listed = keytool(&path, password.unwrap_or("any password"), &["-list", "-v"]);
            assert!(listed.contains("contains 1 entry") && listed.contains("trustedCertEntry"), "{listed}");
        }
        if let Some(password) = password.filter(|_| is_there("openssl", "version")) {
            assert!(openssl(&path, password, false).contains("BEGIN CERTIFICATE"), "{name}");
        }
    }
}

#[test]
fn keytool_uses_keys_and_secrets_under_the_password_we_gave_them() {
    if !is_there("keytool", "-help") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, alias) in
        [("keytool/mixed.p12", "server"), ("keytool/legacy.p12", "server"), ("keytool/secrets.p12", "aes")]
    {
        for upgrade in [false, true] {
            let mut store = open(&testdata("stores").join(name), PASSWORD);
            if upgrade {
                store.upgrade(&mut SystemRandom).unwrap();
            }
            let change = store.set_password(Password::new("better one"), &mut SystemRandom).unwrap();
            assert!(change.kept.is_empty(), "{name}: {change:?}");
            let path = write(folder.path(), "changed.p12", &store);
            // Copying an entry opens its key.
            let target = folder.path().join("copy.p12");
            let _ = std::fs::remove_file(&target);
            let output = Command::new("keytool")
                .args(["-importkeystore", "-noprompt", "-srckeystore"])
                .arg(&path)
                .args(["-srcstorepass", "better one", "-srcalias", alias, "-deststorepass", PASSWORD])
                .args(["-deststoretype", "PKCS12", "-destkeystore"])
                .arg(&target)
                .output()
                .unwrap();
            assert!(output.status.success() && target.exists(), "{name}: {}", said(&output));
            assert!(open(&target, PASSWORD).get(alias).is_some(), "{name}");
        }
    }
}

#[test]
fn keytool_reads_edited_jks_and_jceks_stores_and_we_read_what_it_makes_of_ours() {
    if !is_there("keytool", "-help") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["keytool/mixed.jks", "keytool/mixed.jceks", "keytool/secrets.jceks", "keytool/mixed.p12"] {
        let kind = match name.rsplit('.').next() {
            Some("jks") => "JKS",
            Some("jceks") => "JCEKS",
            _ => "PKCS12",
        };
        let mut store = open(&testdata("stores").join(name), PASSWORD);
        let before = store.entries().len();
        store.insert("imported", new_certificate(), 1_700_000_000_000).unwrap();
        let path = write(folder.path(), "edited", &store);
        let listed = keytool(&path, PASSWORD, &["-list", "-v", "-storetype", kind]);
        assert!(listed.contains("Alias name: imported"), "{name}: {listed}");
        let root = testdata("inputs/root-b.pem").display().to_string();
        let import = ["-importcert", "-noprompt", "-alias", "theirs", "-file", &root, "-storetype", kind];
        keytool(&path, PASSWORD, &import);
        let read = open(&path, PASSWORD);
        assert_eq!(read.entries().len(), before + 2, "{name}");
        assert!(read.get("theirs").is_some_and(|entry| entry.is_trusted()), "{name}");
    }
}
