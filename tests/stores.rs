//! Every store of `testdata/MANIFEST.tsv` gives what its row says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stderr)]

mod common;

use std::time::{Duration, Instant};

use common::manifest::{Expect, Row, rows};
use common::{NoRandom, escaped};
use truststore::{
    Entry, EntryKind, Error, ErrorKind, Format, Integrity, Limits, Password, TrustStore, Unlock,
};

/// How many rows the manifest has, so that none is skipped in silence.
const ROWS: usize = 203;
const ROWS_PKCS12: usize = 139;

/// No row takes longer, hostile ones included; a debug build on a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a row is not met on purpose.
enum Deviation {
    /// Opens, with nothing in it that could be read, where the manifest has a refusal.
    Opens,
    /// Refused, naming this, where Java reads it.
    Refused(&'static str),
    /// So many certificates without trust, where the manifest counts otherwise.
    Untrusted(usize),
}
use Deviation::{Opens, Refused, Untrusted};

/// Rows that are not met, each with the reason. All others are as the manifest says.
const DEVIATIONS: &[(&str, Deviation, &str)] = &[
    ("stores/keytool/pbe-sha1-rc4-128.p12", Refused("RC4"), "a cipher that nobody writes unasked"),
    ("stores/keytool/pbe-sha1-rc4-40.p12", Refused("RC4"), "a cipher that nobody writes unasked"),
    ("stores/openssl/pbe-sha1-rc4-128.p12", Refused("RC4"), "a cipher that nobody writes unasked"),
    ("stores/openssl/pbe-sha1-rc4-40.p12", Refused("RC4"), "a cipher that nobody writes unasked"),
    ("stores/odd/enveloped-safe.p12", Opens, "what is sealed for a public key is kept, never opened"),
    (
        "stores/odd/key-without-local-key-id.p12",
        Untrusted(1),
        "Java finds no chain for this key, and so the certificate is in none",
    ),
];

/// Rows without a MAC that have a password: it is refused unless the caller accepts that.
const NO_MAC: &[&str] = &[
    "stores/keytool/no-mac.p12",
    "stores/openssl/key-nomac.p12",
    "stores/openssl/nomac.p12",
    "stores/openssl/plain-nomac.p12",
];

/// Damaged files that exceed a limit before the damage can be seen.
const DAMAGED_BEYOND_LIMITS: &[&str] = &["hostile/deep-ber.p12", "hostile/deep-octets.p12"];

/// What the error text must contain.
const NAMED: &[(&str, &str)] = &[
    ("hostile/alias-bad-utf.jks", "Modified UTF-8"),
    ("hostile/alias-too-long.jks", "65535"),
    ("hostile/chain-max.jks", "4294967295"),
    ("hostile/count-2g.jks", "2147483647"),
    ("hostile/count-max.jks", "4294967295"),
    ("hostile/deep-safe-contents.p12", "--max-depth"),
    ("hostile/empty.jks", "empty"),
    ("hostile/empty.jceks", "empty"),
    ("hostile/empty.p12", "empty"),
    ("hostile/flipped.jks", "wrong password, or the file is damaged"),
    ("hostile/flipped.p12", "wrong password, or the file is damaged"),
    ("hostile/four-bytes.jks", "version"),
    ("hostile/length-huge.jks", "2147483647"),
    ("hostile/length-negative.jks", "4294967295"),
    ("hostile/mac-iterations-64-bit.p12", "4611686018427387904"),
    ("hostile/mac-iterations-max.p12", "2147483647"),
    ("hostile/page.p12", "expected a PKCS#12, JKS or JCEKS store"),
    ("hostile/pbe-iterations-max.p12", "2147483647"),
    ("hostile/secret-cut.jceks", "secret key"),
    ("hostile/secret-deep.jceks", "too deep"),
    ("hostile/secret-huge-array.jceks", "secret key"),
    ("hostile/secret-in-jks.jks", "tag 3"),
    ("hostile/tag-unknown.jks", "tag 9"),
    ("hostile/version-3.jks", "version 3"),
    ("stores/odd/scrypt.p12", "scrypt"),
    ("stores/odd/signed-authsafe.p12", "signedData"),
    ("stores/odd/version-4.p12", "version 4"),
    ("stores/openssl/pbes2-camellia-256-cbc.p12", "1.2.392.200011.61.1.1.1.4"),
];

#[test]
fn every_row_of_the_manifest_is_what_it_says() {
    let rows = rows();
    let pkcs12 = rows.iter().filter(|row| row.format == Format::Pkcs12).count();
    assert_eq!((rows.len(), pkcs12), (ROWS, ROWS_PKCS12), "the manifest changed");
    let listed = DEVIATIONS.iter().map(|(path, ..)| path).chain(NAMED.iter().map(|(path, _)| path));
    for path in listed.chain(NO_MAC).chain(DAMAGED_BEYOND_LIMITS) {
        assert!(rows.iter().any(|row| row.path == *path), "{path} is not in the manifest");
    }

    let mut faults = Vec::new();
    let mut checked = 0;
    for row in &rows {
        let start = Instant::now();
        if let Err(fault) = check(row) {
            faults.push(format!("{} ({}): {fault}", row.path, row.note));
        }
        if start.elapsed() > PATIENCE {
            faults.push(format!("{}: took {:?}", row.path, start.elapsed()));
        }
        checked += 1;
    }
    assert!(faults.is_empty(), "{} of {checked} rows:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(checked, ROWS);
}

#[test]
fn a_wrong_password_is_told_apart_from_none() {
    let wrong = Password::new("not the password");
    for row in rows().iter().filter(|row| row.expect == Expect::Ok) {
        if row.password.is_none() || NO_MAC.contains(&&*row.path) || deviation(row).is_some() {
            continue;
        }
        let bytes = common::read(&row.path);
        let error = TrustStore::from_bytes(bytes, Unlock::With(&wrong), &Limits::default())
            .expect_err("opened with a wrong password");
        assert!(error.is_wrong_password(), "{}: {error:?}", row.path);
        assert!(error.to_string().contains("wrong password"), "{}: {error}", row.path);
    }
}

fn check(row: &Row) -> Result<(), String> {
    match (row.expect, deviation(row)) {
        (_, Some(Opens)) | (Expect::Ok, None | Some(Untrusted(_))) => check_content(row),
        (Expect::Ok, Some(Refused(named))) => {
            let error = open(row).err().ok_or("is no longer refused: take it off the list")?;
            if error.kind() != ErrorKind::Unsupported || !error.to_string().contains(named) {
                return Err(format!("expected unsupported, naming {named}, found {error:?}"));
            }
            Ok(())
        }
        (Expect::Damaged | Expect::Refused, _) => {
            let error = open(row).err().ok_or("was opened")?;
            check_error(row, &error)
        }
    }
}

fn check_error(row: &Row, error: &Error) -> Result<(), String> {
    let beyond_limits = DAMAGED_BEYOND_LIMITS.contains(&&*row.path);
    let fits = match (row.expect, error.kind()) {
        (Expect::Refused, ErrorKind::Unsupported | ErrorKind::LimitExceeded)
        | (Expect::Damaged, ErrorKind::Damaged | ErrorKind::NotAStore | ErrorKind::WrongPassword) => true,
        (Expect::Damaged, ErrorKind::LimitExceeded) => beyond_limits,
        _ => false,
    };
    if !fits {
        return Err(format!("expected {:?}, found {error:?}", row.expect));
    }
    let text = error.to_string();
    if error.message().len() < 12 || text.ends_with('.') || text.chars().any(char::is_control) {
        return Err(format!("an error text that says nothing: {text:?}"));
    }
    match NAMED.iter().find(|(path, _)| *path == row.path) {
        Some((_, named)) if !text.contains(named) => Err(format!("expected \"{named}\" in: {text}")),
        _ => Ok(()),
    }
}

fn check_content(row: &Row) -> Result<(), String> {
    let store = open(row).map_err(|e| format!("{e:?}"))?;
    if store.format() != row.format {
        return Err(format!("found as {}", store.format()));
    }
    let seen: Vec<(String, &Entry)> =
        store.entries().iter().filter_map(|entry| Some((entry.java_alias()?, entry))).collect();
    let of_kind = |wanted: fn(&EntryKind) -> bool| seen.iter().filter(|(_, e)| wanted(e.kind())).count();
    let found = [
        seen.len(),
        of_kind(|kind| matches!(kind, EntryKind::TrustedCertificate(_))),
        of_kind(|kind| matches!(kind, EntryKind::PrivateKey(_))),
        of_kind(|kind| matches!(kind, EntryKind::SecretKey)),
        store.entries().iter().filter(|e| matches!(e.kind(), EntryKind::Certificate(_))).count(),
    ];
    let untrusted = match deviation(row) {
        Some(Untrusted(count)) => *count,
        _ => row.untrusted,
    };
    let expected = [row.entries_java, row.trusted, row.keys, row.secrets, untrusted];
    if found != expected {
        let entries = common::portraits(&store).join("\n  ");
        return Err(format!("expected {expected:?} entries, found {found:?}:\n  {entries}"));
    }
    let mut aliases: Vec<String> = seen.iter().map(|(alias, _)| escaped(alias)).collect();
    aliases.sort_unstable();
    if aliases != row.aliases {
        return Err(format!("expected aliases {:?}, found {aliases:?}", row.aliases));
    }
    let mut fingerprints: Vec<String> = seen
        .iter()
        .filter(|(_, entry)| entry.is_trusted())
        .filter_map(|(alias, entry)| {
            Some(format!("{}={}", escaped(alias), entry.certificate()?.sha256().to_hex()))
        })
        .collect();
    fingerprints.sort_unstable();
    if fingerprints != row.fingerprints {
        return Err(format!("expected fingerprints {:?}, found {fingerprints:?}", row.fingerprints));
    }
    check_names(&store)?;
    // Decode, then encode, is the identity.
    let bytes = store.to_bytes(&mut NoRandom).map_err(|e| format!("cannot write: {e:?}"))?;
    if bytes != common::read(&row.path) {
        return Err("an unchanged store is not written as it was read".to_owned());
    }
    Ok(())
}

/// Every entry has a name of its own that finds it.
fn check_names(store: &TrustStore) -> Result<(), String> {
    for entry in store.entries() {
        match store.get(entry.name()) {
            Some(found) if found.id() == entry.id() => {}
            other => return Err(format!("\"{}\" finds {other:?}", entry.name())),
        }
    }
    Ok(())
}

fn open(row: &Row) -> truststore::Result<TrustStore> {
    let bytes = common::read(&row.path);
    let limits = Limits::default();
    let Some(password) = &row.password else {
        let store = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits)?;
        assert_eq!(store.integrity(), Integrity::None, "{}", row.path);
        return Ok(store);
    };
    if !NO_MAC.contains(&&*row.path) {
        let store = TrustStore::from_bytes(bytes, Unlock::With(password), &limits)?;
        assert_eq!(store.integrity(), Integrity::Verified, "{}", row.path);
        return Ok(store);
    }
    let error = TrustStore::from_bytes(bytes.clone(), Unlock::With(password), &limits)
        .expect_err("a MAC that may have been stripped");
    assert_eq!(error.kind(), ErrorKind::MacMissing, "{}: {error}", row.path);
    let store = TrustStore::from_bytes(bytes, Unlock::WithUnverified(password), &limits)?;
    assert_eq!(store.integrity(), Integrity::None, "{}", row.path);
    Ok(store)
}

fn deviation(row: &Row) -> Option<&'static Deviation> {
    DEVIATIONS.iter().find(|(path, ..)| *path == row.path).map(|(_, deviation, _)| deviation)
}
