//! What an edit leaves as it was, octet for octet, in stores made by other tools.

use super::*;
use crate::bag::BagKind;
use crate::cert::Certificate;
use crate::crypto::mac::{MacKind, MacScheme};
use crate::crypto::pbe::{Encryption, Scheme, Seal};
use crate::crypto::{Secret, SystemRandom};
use crate::error::ErrorKind;
use crate::octets::Signed;
use crate::password::Password;
use crate::store::pkcs12::{Pfx, Protection};
use crate::store::residue::Residue;
use crate::store::{Format, Integrity};

const ROOT: &[u8] = include_bytes!("../../../testdata/inputs/corp-root.der");
const OTHER_ROOT: &[u8] = include_bytes!("../../../testdata/inputs/folder/root-rsa.der");

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/stores/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn open(bytes: impl Into<Bytes>) -> Result<TrustStore> {
    TrustStore::from_bytes(bytes, Unlock::Defaults, &Limits::default())
}

fn stores() -> Vec<(String, TrustStore)> {
    let mut found = Vec::new();
    for folder in ["keytool", "openssl", "odd", "bouncycastle", "java"] {
        let path = format!("{}/testdata/stores/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(path).unwrap() {
            let name = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
            if let Some(store) = name.ends_with(".p12").then(|| open(file(&name)).ok()).flatten() {
                found.push((name, store));
            }
        }
    }
    assert!(found.len() > 60, "{}", found.len());
    found
}

fn pfx(store: &TrustStore) -> &Pfx {
    match &store.residue {
        Residue::Pkcs12(pfx) => pfx,
        Residue::Records { .. } => panic!("not a PKCS#12 store"),
    }
}

fn raw_bags(store: &TrustStore) -> Vec<Bytes> {
    pfx(store).in_order().map(|id| pfx(store).raw(id).unwrap()).collect()
}

fn again(store: &TrustStore) -> TrustStore {
    let bytes = store.to_bytes(&mut SystemRandom).unwrap();
    match store.password() {
        Some(password) => {
            TrustStore::from_bytes(bytes, Unlock::WithUnverified(password), &Limits::default()).unwrap()
        }
        None => open(bytes).unwrap(),
    }
}

#[test]
fn what_is_nested_too_deep_in_an_encrypted_block_is_no_wrong_password() {
    let seal = Seal { iterations: 1, ..Seal::JDK_DEFAULT };
    let deep = [[0x30, 0x80].repeat(40), [0, 0].repeat(40)].concat();
    let password = Password::new("changeit");
    let secret = Secret { password: &password, null: false };
    let limits = Limits::default();
    let encryption = Encryption::fresh(seal, secret, &deep, &limits, &mut SystemRandom).unwrap();
    let mut sealed = deep;
    encryption.encrypt(secret, &mut sealed, &limits).unwrap();
    let data = |arc| ber::der(ber::OID, &[CONTENT_TYPES, &[arc]]);
    let info = ber::der(ber::SEQUENCE, &[&data(DATA), &encryption.encode(), &ber::der(0x80, &[&sealed])]);
    let data_inside = ber::der(ber::SEQUENCE, &[&ber::der_unsigned(0), &info]);
    let block = ber::der(ber::SEQUENCE, &[&data(ENCRYPTED_DATA), &ber::der(ber::CONTEXT_0, &[&data_inside])]);
    let safe = ber::der(ber::OCTET_STRING, &[&ber::der(ber::SEQUENCE, &[&block])]);
    let outer = ber::der(ber::SEQUENCE, &[&data(DATA), &ber::der(ber::CONTEXT_0, &[&safe])]);
    let error = open(ber::der(ber::SEQUENCE, &[&ber::der_unsigned(3), &outer])).unwrap_err();
    assert!(error.is_limit_exceeded() && error.message().contains("--max-depth"), "{error}");
    assert!(error.message().starts_with("block 1: "), "{error}");
}

#[test]
fn an_import_leaves_every_other_bag_octet_for_octet_and_removing_it_gives_them_back() {
    for (name, mut store) in stores() {
        let before = raw_bags(&store);
        let clean: Vec<Bytes> = pfx(&store).blocks.iter().filter_map(|block| block.raw.clone()).collect();
        store.insert("the new one", Certificate::from_der(ROOT), 0).unwrap();
        let mut read = again(&store);
        let id = read.get("the new one").unwrap().id();
        let others: Vec<Bytes> = pfx(&read)
            .in_order()
            .filter(|bag| bag.0 != id.0)
            .map(|bag| pfx(&read).bag(bag).unwrap().octets())
            .collect();
        assert_eq!(others, before, "{name}");
        let unchanged = pfx(&read).blocks.iter().filter(|block| clean.contains(block.raw.as_ref().unwrap()));
        assert!(unchanged.count() + 1 >= clean.len(), "{name}: at most one block is written anew");
        assert_eq!(pfx(&read).mac, pfx(&store).mac, "{name}");
        assert_eq!(pfx(&read).trailing, pfx(&store).trailing, "{name}");
        read.remove(&[id]).unwrap();
        assert_eq!(raw_bags(&again(&read)), before, "{name}");
    }
}

/// The check of what was written decrypts a block to compare it with what is in memory; what it finds is the same, and
/// what was not written is not found.
#[test]
fn what_was_written_is_read_as_any_file_is() {
    let mut stores = stores();
    for (_, store) in &mut stores {
        let first = store.entries().first().map(|entry| entry.id());
        if let Some(id) = first {
            store.rename(id, "another name").unwrap();
        }
        store.insert("the new one", Certificate::from_der(ROOT), 0).unwrap();
        store.insert("one more", Certificate::from_der(OTHER_ROOT), 0).unwrap();
        let id = store.get("the new one").unwrap().id();
        store.remove(&[id]).unwrap();
    }
    for number in 0..stores.len() {
        let (name, store) = &stores[number];
        let octets = store.to_octets(&mut SystemRandom).unwrap();
        let bytes = octets.joined();
        let unlock = store.password().map_or(Unlock::Defaults, Unlock::WithUnverified);
        let read = |hints: Hints<'_>| {
            let read = read::decode(bytes.clone(), unlock, &Limits::default(), hints).unwrap();
            let entries: Vec<_> = read
                .entries()
                .iter()
                .map(|e| (e.name().to_owned(), e.kind().clone(), format!("{:?}", e.java_view())))
                .collect();
            (raw_bags(&read), entries, read.container())
        };
        let expected = read(Hints::default());
        let hints = |store| Hints::of_written(&bytes, octets.mac(), store);
        assert_eq!(read(hints(store)), expected, "{name}");
        let (other_name, other) = &stores[(number + 1) % stores.len()];
        assert_eq!(read(hints(other)), expected, "{name}, not {other_name}");
    }
}

/// Who wrote a MAC tells where, and over what; it is not computed again for that place, content and password.
#[test]
fn the_mac_of_what_was_written_is_known_for_what_it_was_made_over_alone() {
    let mut seen = 0;
    for (name, mut store) in stores() {
        store.insert("the new one", Certificate::from_der(ROOT), 0).unwrap();
        let octets = store.to_octets(&mut SystemRandom).unwrap();
        assert_eq!(octets.mac().is_some(), pfx(&store).mac.is_some(), "{name}");
        let (Some(signed), Some(password)) = (octets.mac(), store.password()) else { continue };
        seen += 1;
        // Another MAC in its place, as nobody writes it.
        let mut other = octets.joined().to_vec();
        other[signed.mac.end - 1 - signed.mac.len() / 2] ^= 1;
        let read = |file: &Bytes, signed: &Signed| {
            let hints = Hints::of_written(file, Some(signed), &store);
            let unlock = Unlock::WithUnverified(password);
            read::decode(file.clone(), unlock, &Limits::default(), hints).map(|read| read.integrity())
        };
        let right = octets.joined();
        assert_eq!(read(&right, signed).unwrap(), Integrity::Verified, "{name}");
        let Signed { content, mac } = signed;
        for signed in [
            Signed { content: content.start + 1..content.end, mac: mac.clone() },
            Signed { content: content.start..content.end - 1, mac: mac.clone() },
            Signed { content: content.clone(), mac: mac.start + 1..mac.end },
            Signed { content: content.clone(), mac: mac.start..mac.end + 1 },
        ] {
            assert_eq!(read(&right, &signed).unwrap(), Integrity::Verified, "{name}");
            assert!(read(&other.clone().into(), &signed).is_err(), "{name}");
        }
        let hints = Hints::of_written(&right, octets.mac(), &store);
        let secret = Secret { password, null: pfx(&store).null_password };
        let (content, mac) = (&right[content.clone()], &right[mac.clone()]);
        assert!(hints.is_signed(content, mac, secret), "{name}");
        let not = Password::new("another password");
        assert!(!hints.is_signed(content, mac, Secret { password: &not, ..secret }), "{name}");
        assert!(!hints.is_signed(content, mac, Secret { null: !secret.null, ..secret }), "{name}");
        let elsewhere = content.to_vec();
        assert!(!hints.is_signed(&elsewhere, mac, secret), "{name}");
        assert!(!Hints::default().is_signed(content, mac, secret), "{name}");
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn a_block_that_is_written_anew_keeps_its_algorithm_and_count() {
    for (name, mut store) in stores() {
        let protections = |store: &TrustStore| -> Vec<Protection> {
            pfx(store).blocks.iter().map(|block| block.protection).collect()
        };
        let before = protections(&store);
        let ids: Vec<_> = store.entries().iter().map(|entry| entry.id()).collect();
        for (number, id) in ids.into_iter().enumerate() {
            store.rename(id, &format!("renamed {number}")).unwrap();
        }
        let read = again(&store);
        let kept: Vec<Protection> = before
            .iter()
            .zip(&pfx(&store).blocks)
            .filter(|(_, b)| b.raw.is_some() || !b.bags.is_empty())
            .map(|(p, _)| *p)
            .collect();
        assert_eq!(protections(&read), kept, "{name}");
        assert_eq!(pfx(&read).mac, pfx(&store).mac, "{name}");
    }
}

#[test]
fn salts_are_fresh() {
    let mut store = open(file("keytool/three.p12")).unwrap();
    store.insert("new", Certificate::from_der(ROOT), 0).unwrap();
    let [first, second] = [0; 2].map(|_| store.to_bytes(&mut SystemRandom).unwrap());
    assert_eq!(first.len(), second.len());
    assert_ne!(first, second);
}

/// What `keytool` of JDK 17 writes, but for salts, IV and MAC.
#[test]
fn a_new_store_looks_like_the_jdks() {
    let theirs = file("keytool/one.p12");
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    store.insert("corp-root", Certificate::from_der(ROOT), 0).unwrap();
    let ours = store.to_bytes(&mut SystemRandom).unwrap();
    assert_eq!(ours.len(), theirs.len());
    let [a, b] = [open(theirs.clone()).unwrap(), open(ours.clone()).unwrap()];
    assert_eq!(raw_bags(&a), raw_bags(&b));
    assert_eq!(a.container(), b.container());
    // The headers, up to the salt of the encryption, and behind it up to the IV.
    let salt = theirs.windows(2).position(|w| w == [4, 20]).unwrap() + 2;
    assert_eq!(ours[..salt], theirs[..salt]);
    assert_eq!(ours[salt + 20..][..36], theirs[salt + 20..][..36]);
    let empty = TrustStore::new(Format::Pkcs12, Password::new("changeit")).to_bytes(&mut SystemRandom);
    assert_eq!(empty.unwrap().len(), file("keytool/empty.p12").len());
}

#[test]
fn a_block_that_became_empty_is_dropped() {
    let mut store = open(file("keytool/three.p12")).unwrap();
    let ids: Vec<_> = store.entries().iter().map(|entry| entry.id()).collect();
    store.remove(&ids).unwrap();
    assert!(store.container().blocks.is_empty());
    let read = again(&store);
    assert!(pfx(&read).blocks.is_empty());
    assert_eq!(read.integrity(), Integrity::Verified);
}

#[test]
fn of_a_small_store_the_mac_is_asked_before_anything_is_decrypted() {
    let limits = Limits { max_iterations: 25_000, ..Limits::default() };
    // `changeit` and the empty password in two forms, 10,000 iterations each.
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("other"));
    store.insert("a", Certificate::from_der(ROOT), 0).unwrap();
    let bytes = store.to_bytes(&mut SystemRandom).unwrap();
    let error = TrustStore::from_bytes(bytes.clone(), Unlock::Defaults, &limits).unwrap_err();
    assert!(error.is_limit_exceeded(), "{error}");
    let wrong = Password::new("wrong");
    let error = TrustStore::from_bytes(bytes, Unlock::With(&wrong), &Limits::default()).unwrap_err();
    assert!(error.is_wrong_password(), "{error}");
    assert_eq!(error.message(), "wrong password, or the file is damaged");
}

#[test]
fn a_password_without_a_mac_is_refused_unless_the_caller_says_otherwise() {
    let password = Password::new("changeit");
    for name in ["keytool/no-mac.p12", "keytool/passwordless.p12"] {
        let error =
            TrustStore::from_bytes(file(name), Unlock::With(&password), &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MacMissing, "{name}");
        let unlock = Unlock::WithUnverified(&password);
        let store = TrustStore::from_bytes(file(name), unlock, &Limits::default()).unwrap();
        assert_eq!(store.integrity(), Integrity::None, "{name}");
        assert_eq!(open(file(name)).unwrap().integrity(), Integrity::None, "{name}");
    }
    let wrong = Password::new("wrong");
    let unlock = Unlock::WithUnverified(&wrong);
    let error = TrustStore::from_bytes(file("keytool/no-mac.p12"), unlock, &Limits::default()).unwrap_err();
    assert_eq!(error.message(), "wrong password, or the file is damaged");
}

#[test]
fn a_store_that_no_password_protects_has_none() {
    let mut store = open(file("keytool/passwordless.p12")).unwrap();
    assert!(store.password().is_none());
    store.insert("more", Certificate::from_der(ROOT.to_vec()), 0).unwrap();
    assert_eq!(again(&store).integrity(), Integrity::None);
}

#[test]
fn the_null_form_of_the_empty_password_is_kept() {
    for (name, null) in [("odd/mac-null-password.p12", true), ("odd/mac-empty-password.p12", false)] {
        let mut store = open(file(name)).unwrap();
        store.insert("new", Certificate::from_der(OTHER_ROOT), 0).unwrap();
        assert_eq!(pfx(&again(&store)).null_password, null, "{name}");
    }
}

#[test]
fn a_block_under_another_password_is_named() {
    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    store.insert("a", Certificate::from_der(ROOT), 0).unwrap();
    let mut store = again(&store);
    // The MAC moves to the new password, the block does not.
    store.password = Some(Password::new("other"));
    store.touch();
    let bytes = store.to_bytes(&mut SystemRandom).unwrap();
    let other = Password::new("other");
    let error = TrustStore::from_bytes(bytes, Unlock::With(&other), &Limits::default()).unwrap_err();
    assert!(error.message().starts_with("block 1: the MAC fits the password, but"), "{error}");
}

#[test]
fn a_new_password_takes_the_keys_along_that_the_old_one_opens() {
    let mut store = open(file("keytool/mixed.p12")).unwrap();
    let change = store.set_password(Password::new("better"), &mut SystemRandom).unwrap();
    assert_eq!((change.resealed, change.kept), (vec!["server".to_owned()], vec![]));
    let mut read = again(&store);
    assert!(open(store.to_bytes(&mut SystemRandom).unwrap()).unwrap_err().is_wrong_password());
    let change = read.set_password(Password::new("changeit"), &mut SystemRandom).unwrap();
    assert_eq!(change.resealed, ["server"], "the key opens with the password it was moved to");

    let mut store = open(file("odd/key-other-password.p12")).unwrap();
    let change = store.set_password(Password::new("better"), &mut SystemRandom).unwrap();
    assert_eq!((change.resealed, change.kept), (vec![], vec!["server".to_owned()]));

    let mut store = open(file("keytool/secrets.p12")).unwrap();
    let mut change = store.set_password(Password::new("better"), &mut SystemRandom).unwrap();
    change.resealed.sort();
    assert_eq!((change.resealed, change.kept), (vec!["aes".to_owned(), "text".to_owned()], vec![]));

    let mut store = open(file("keytool/passwordless.p12")).unwrap();
    let error = store.set_password(Password::new("better"), &mut SystemRandom).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(!store.is_modified());

    for (name, mut kept) in
        [("keytool/mixed.jks", vec!["server"]), ("keytool/secrets.jceks", vec!["aes", "text"])]
    {
        let mut store = open(file(name)).unwrap();
        let mut change = store.set_password(Password::new("better"), &mut SystemRandom).unwrap();
        change.kept.sort();
        kept.sort();
        assert_eq!(
            (change.resealed, change.kept),
            (vec![], kept.iter().map(|k| (*k).to_owned()).collect()),
            "{name}"
        );
        assert_eq!(again(&store).integrity(), Integrity::Verified);
    }
}

#[test]
fn a_new_password_leaves_every_bag_that_is_not_sealed_octet_for_octet() {
    for (name, mut store) in stores() {
        let before = raw_bags(&store);
        if store.set_password(Password::new("better"), &mut SystemRandom).is_err() {
            assert_eq!(raw_bags(&store), before, "{name}: refused");
            continue;
        }
        let read = again(&store);
        let after: Vec<(Bytes, BagKind)> = pfx(&read)
            .in_order()
            .map(|id| pfx(&read).bag(id).unwrap())
            .map(|bag| (bag.octets(), bag.kind().clone()))
            .collect();
        assert_eq!(after.len(), before.len(), "{name}");
        for ((after, kind), before) in after.into_iter().zip(before) {
            let sealed = matches!(kind, BagKind::ShroudedKey | BagKind::Secret | BagKind::SafeContents);
            assert!(sealed || after == before, "{name}: a bag of kind {kind:?} changed");
        }
    }
}

#[test]
fn an_upgrade_ends_with_the_jdks_defaults_and_is_then_none() {
    let mut store = open(file("keytool/legacy.p12")).unwrap();
    assert!(store.container().mac.unwrap().legacy);
    assert!(store.upgrade(&mut SystemRandom).unwrap());
    let mut read = again(&store);
    assert_eq!(pfx(&read).mac, Some(MacScheme::JDK_DEFAULT));
    for block in &pfx(&read).blocks {
        assert!(matches!(block.protection, Protection::Plain | Protection::Sealed(Seal::JDK_DEFAULT)));
    }
    let keys = pfx(&read).in_order().filter_map(|id| pfx(&read).bag(id));
    for key in keys.filter(|bag| *bag.kind() == BagKind::ShroudedKey) {
        assert_eq!(sealed_bag::SealedBag::of(&key, 32).unwrap().unwrap().seal(), Seal::JDK_DEFAULT);
    }
    assert!(!read.upgrade(&mut SystemRandom).unwrap());
    assert!(!read.is_modified());
    let mut modern = open(file("keytool/mixed.p12")).unwrap();
    assert!(!modern.upgrade(&mut SystemRandom).unwrap());
    assert!(!open(file("keytool/passwordless.p12")).unwrap().upgrade(&mut SystemRandom).unwrap());
}

#[test]
fn a_container_is_described() {
    let info = open(file("keytool/three.p12")).unwrap().container();
    let mac = info.mac.unwrap();
    assert_eq!(mac.algorithm, "HMAC-SHA256 (PKCS#12 key derivation)");
    assert_eq!((mac.iterations, mac.salt_len, mac.legacy), (10_000, 20, false));
    let block = &info.blocks[0];
    assert_eq!(block.algorithm.as_deref(), Some("PBES2 (PBKDF2 HMAC-SHA256, AES-256-CBC)"));
    assert_eq!((block.protection, block.bags, block.legacy), ("encrypted", 3, false));
    assert!(open(file("odd/trailing-bytes.p12")).unwrap().container().trailing_bytes > 0);
    let kind = pfx(&open(file("odd/pbmac1-sha512.p12")).unwrap()).mac.unwrap().kind;
    assert!(matches!(kind, MacKind::Pbmac1 { .. }));
    let info = open(file("odd/enveloped-safe.p12")).unwrap().container();
    assert!(info.blocks.iter().any(|block| block.protection == "enveloped"));
    let legacy = open(file("openssl/pbe-sha1-2des.p12")).unwrap();
    let sealed = pfx(&legacy).blocks.iter().find_map(|block| match block.protection {
        Protection::Sealed(seal) => Some(seal.scheme),
        _ => None,
    });
    assert!(matches!(sealed, Some(Scheme::Pkcs12(_))));
    let jks = open(file("odd/version-1.jks")).unwrap().container();
    assert_eq!((jks.version, jks.digest), (Some(1), Some("SHA-1 keyed (Mighty Aphrodite)")));
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (name, word) in [
        ("odd/scrypt.p12", "scrypt (1.3.6.1.4.1.11591.4.11)"),
        ("odd/signed-authsafe.p12", "signedData (1.2.840.113549.1.7.2)"),
        ("odd/version-4.p12", "version 4"),
        ("openssl/pbe-sha1-rc4-40.p12", "pbeWithSHAAnd40BitRC4"),
        ("openssl/pbes2-camellia-256-cbc.p12", "CAMELLIA-256-CBC"),
    ] {
        let error = open(file(name)).unwrap_err();
        assert!(error.is_unsupported() && error.message().contains(word), "{name}: {error}");
    }
}
