//! Files that ask for endless work: refused quickly, by a limit that is named or as damaged.

use crate::build::{self, seq};
use crate::common::changeit;
use truststore::{Certificate, Error, ErrorKind, Limits, TrustStore, Unlock, read_bytes};

const ENDLESS: u64 = 1 << 31;
const MILLION: usize = 1_000_000;

/// On a stack of 1 MB, which is what Windows gives to a main thread.
fn on_a_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap()
}

fn refusal(bytes: Vec<u8>) -> Error {
    on_a_small_stack(move || {
        let unlock = Unlock::WithUnverified(&changeit());
        TrustStore::from_bytes(bytes, unlock, &Limits::default()).expect_err("a bomb was opened")
    })
}

fn exceeds(name: &str, bytes: Vec<u8>, option: &str) {
    let error = refusal(bytes);
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{name}: {error}");
    assert!(error.message().contains(option), "{name}: {error}");
}

#[test]
fn iterations_without_end_are_refused_before_they_are_done() {
    let safe = build::plain_block(&[]);
    let mac = build::pfx(&[&safe], |_| build::some_mac(ENDLESS));
    exceeds("MAC", mac, "--max-iterations");
    let pbmac1 = build::pfx(&[&safe], |safe| build::pbmac1(safe, ENDLESS));
    exceeds("PBMAC1", pbmac1, "--max-iterations");
    for (name, algorithm) in [("PBES2", build::pbes2(ENDLESS)), ("PBES1", build::pbes1(ENDLESS))] {
        let block = build::encrypted_block(&algorithm, &[0; 32]);
        exceeds(name, build::pfx(&[&block], build::no_mac), "--max-iterations");
    }
}

#[test]
fn many_derivations_that_each_are_cheap_are_refused_by_their_sum() {
    let limits = || Limits { max_iterations: 50_000, ..Limits::default() };
    // A key without a MAC to check it: every block is tried with every password and form.
    let block = build::encrypted_block(&build::pbes2(1_000), &[0; 32]);
    let blocks = vec![&block[..]; 1_000];
    let bytes = build::pfx(&blocks, build::no_mac);
    let error = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits()).unwrap_err();
    assert!(error.is_wrong_password(), "the first block tells: {error}");

    // Keys that are opened to be sealed again.
    let key = build::bag(2, &build::sealed_key(&build::pbes2(1_000)), Some(&[]));
    let certificate = build::certificate_bag(&build::certificate(1, b"", b""), &[&build::trusted()]);
    let mut bags = vec![&key[..]; 1_000];
    bags.push(&certificate);
    let bytes = build::pfx(&[&build::plain_block(&bags)], |safe| build::pbmac1(safe, 1));
    let password = changeit();
    let mut store = TrustStore::from_bytes(bytes.clone(), Unlock::With(&password), &limits()).unwrap();
    let error = store.set_password("new".into_password(), &mut truststore::SystemRandom).unwrap_err();
    assert!(error.is_limit_exceeded() && error.message().contains("--max-iterations"), "{error}");
    assert!(!store.is_modified());
    assert_eq!(store.to_bytes(&mut truststore::SystemRandom).unwrap(), bytes);
    let mut store = TrustStore::from_bytes(bytes.clone(), Unlock::With(&password), &limits()).unwrap();
    let error = store.upgrade(&mut truststore::SystemRandom).unwrap_err();
    assert!(error.is_limit_exceeded(), "{error}");
    assert_eq!(store.to_bytes(&mut truststore::SystemRandom).unwrap(), bytes);
}

#[test]
fn forms_of_a_password_that_give_one_key_are_tried_once() {
    // `changeit` and the empty password; the latter has two forms for the PKCS#12 derivation alone. Triple DES
    // takes two blocks of SHA-1 for its key and one for the IV.
    let limits = |derivations: u64| Limits { max_iterations: 1_000 * derivations, ..Limits::default() };
    let block = build::plain_block(&[]);
    for (needed, bytes) in [
        (2, build::pfx(&[&block], |safe| build::pbmac1(safe, 1_000))),
        (3, build::pfx(&[&block], |_| build::some_mac(1_000))),
        (2, build::pfx(&[&build::encrypted_block(&build::pbes2(1_000), &[0; 32])], build::no_mac)),
        (3 * 3, build::pfx(&[&build::encrypted_block(&build::pbes1(1_000), &[0; 32])], build::no_mac)),
    ] {
        let enough = TrustStore::from_bytes(bytes.clone(), Unlock::Defaults, &limits(needed)).unwrap_err();
        assert!(enough.is_wrong_password(), "{needed}: {enough}");
        let less = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits(needed - 1)).unwrap_err();
        assert!(less.is_limit_exceeded(), "{needed}: {less}");
    }
}

trait IntoPassword {
    fn into_password(self) -> truststore::Password;
}

impl IntoPassword for &str {
    fn into_password(self) -> truststore::Password {
        truststore::Password::new(self)
    }
}

#[test]
fn counts_without_entries_behind_them_are_damage() {
    for magic in [build::JKS, build::JCEKS] {
        let error = refusal(build::records(magic, u32::MAX, &[]));
        assert!(error.is_damaged() && error.message().contains("4294967295"), "{error}");
        // The digest could be an entry too.
        let error = refusal(build::records(magic, 3, &[0; 18]));
        assert!(error.message().contains("claims 3 entries, the file has room for 2"), "{error}");
        // A private key, two octets of it, and a chain of 2^32-1 certificates.
        let key = [&[0, 0, 0, 1, 0, 1, b'a'][..], &[0; 8], &[0, 0, 0, 2, 1, 2], &[0xff; 4]].concat();
        let error = refusal(build::records(magic, 1, &key));
        assert!(error.is_damaged() && error.message().contains("4294967295"), "{error}");
    }
}

#[test]
fn more_entries_than_the_limit_are_refused_by_it() {
    let limits = Limits { max_entries: 10, ..Limits::default() };
    let bag = build::certificate_bag(b"0", &[]);
    let empty = build::plain_block(&[]);
    let key = [&[0, 0, 0, 1, 0, 1, b'a'][..], &[0; 8], &[0; 7]].concat();
    let chain = |len: u8| [&key[..], &[len], &[0, 1, b'X', 0, 0, 0, 0].repeat(len.into())].concat();
    let entry = [&[0, 0, 0, 2, 0, 1, b'a'][..], &[0; 8], &[0, 1, b'X', 0, 0, 0, 0]].concat();
    let attributes = vec![&build::trusted()[..]; 1_001].concat();
    let many = build::certificate_bag(b"0", &[&attributes]);
    for (name, bytes) in [
        ("attributes", build::pfx(&[&build::plain_block(&[&many])], build::no_mac)),
        ("bags", build::pfx(&[&build::plain_block(&[&bag[..]; 11])], build::no_mac)),
        ("blocks", build::pfx(&[&empty[..]; 11], build::no_mac)),
        ("entries", build::records(build::JKS, 11, &entry.repeat(11))),
        ("a chain", build::records(build::JKS, 1, &chain(11))),
        ("two chains", build::records(build::JKS, 2, &[chain(6), chain(6)].concat())),
    ] {
        let password = changeit();
        let error =
            TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &limits).expect_err(name);
        assert!(error.is_limit_exceeded() && error.message().contains("--max-entries"), "{name}: {error}");
    }
}

#[test]
fn a_million_nested_elements_end_at_the_limit() {
    // Indefinite: the header is all there is.
    for tag in [0x30, 0x24, 0xa0] {
        exceeds("BER", [&[0x30, 0x80, 2, 1, 3][..], &[tag, 0x80].repeat(MILLION)].concat(), "--max-depth");
    }
    let safe = [0x24, 0x80].repeat(MILLION);
    let info = [&[0x30, 0x80][..], &build::oid(build::OID_DATA), &[0xa0, 0x80], &safe].concat();
    exceeds("strings", [&[0x30, 0x80, 2, 1, 3][..], &info].concat(), "--max-depth");
    // Definite: sizes grow outwards, so the file is built from the inside.
    exceeds("strings of known length", wrapped_octets(100_000), "--max-depth");
    exceeds("SafeContents", nested_safe_contents(1_000), "--max-depth");
    // Inside what is encrypted or in a certificate, nesting is bounded as well.
    let error = on_a_small_stack(|| {
        let deep = [&[0x30, 0x80, 2, 1, 1][..], &[0x30, 0x80].repeat(MILLION)].concat();
        read_bytes("deep", deep.into(), &Limits::default()).unwrap().errors.remove(0).error
    });
    assert!(error.is_limit_exceeded() && error.message().contains("--max-depth"), "{error}");
}

/// An authSafe whose OCTET STRING is in segments in segments.
fn wrapped_octets(depth: usize) -> Vec<u8> {
    // Headers from the innermost outwards.
    let mut headers: Vec<Vec<u8>> = Vec::with_capacity(depth);
    let mut len = 2;
    for _ in 0..depth {
        let header = build::tlv(0x24, &[]);
        let digits: Vec<u8> = (len as u32).to_be_bytes().into();
        let header = [&header[..1], &[0x84], &digits].concat();
        len += header.len();
        headers.push(header);
    }
    headers.reverse();
    let string = [headers.concat(), vec![4, 0]].concat();
    seq(&[&build::integer(3), &seq(&[&build::oid(build::OID_DATA), &build::tlv(0xa0, &[&string])])])
}

fn nested_safe_contents(depth: usize) -> Vec<u8> {
    let mut bag = build::certificate_bag(b"0", &[]);
    for _ in 0..depth {
        bag = build::bag(6, &seq(&[&bag]), None);
    }
    build::pfx(&[&build::plain_block(&[&bag])], build::no_mac)
}

#[test]
fn the_deepest_nesting_that_can_be_asked_for_fits_a_small_stack() {
    let limits = || Limits { max_depth: u8::MAX, ..Limits::default() };
    let bytes = nested_safe_contents(250);
    on_a_small_stack(move || {
        let password = changeit();
        let mut store = TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &limits()).unwrap();
        let inner = store.entries().iter().find(|entry| entry.kind().code() == "certificate").unwrap().id();
        store.rename(inner, "renamed").unwrap();
        let bytes = store.to_bytes(&mut truststore::SystemRandom).unwrap();
        let store = TrustStore::from_bytes(bytes, Unlock::WithUnverified(&password), &limits()).unwrap();
        assert!(store.get("renamed").is_some());
        let deep = TrustStore::from_bytes(wrapped_octets(1_000), Unlock::Defaults, &limits()).unwrap_err();
        assert!(deep.is_limit_exceeded(), "{deep}");
    });
}

#[test]
fn lengths_beyond_the_file_are_damage() {
    let gigabyte = 0x4000_0000u32.to_be_bytes();
    let jks = [&[0, 0, 0, 2, 0, 1, b'a'][..], &[0; 8], &[0, 1, b'X'], &gigabyte, &[0; 60]].concat();
    let p12 = [&[0x30, 0x84][..], &gigabyte, &[2, 1, 3], &[0; 90]].concat();
    let safe = [
        &[0x30, 0x5e, 2, 1, 3, 0x30, 0x59][..],
        &build::oid(build::OID_DATA),
        &[0xa0, 0x4c, 4, 0x84],
        &gigabyte,
        &[0; 70],
    ];
    for bytes in [build::records(build::JKS, 1, &jks), p12, safe.concat()] {
        assert!(bytes.len() < 130, "{}", bytes.len());
        let error = refusal(bytes);
        assert!(error.is_damaged() && error.message().contains("1073741824"), "{error}");
    }
}

#[test]
fn an_alias_of_ten_megabytes_is_refused_or_kept_and_never_repeated_in_an_error() {
    let name = "a".repeat(10 << 20);
    let bytes = build::aliased(&name);
    exceeds("an alias", bytes.clone(), "10485760 required, 65535 permitted; --max-alias");
    let limits = Limits { max_alias: 10 << 20, ..Limits::default() };
    let mut store = TrustStore::from_bytes(bytes, Unlock::Defaults, &limits).unwrap();
    assert_eq!(store.entries()[0].name().len(), name.len());
    let id = store.entries()[0].id();
    let error = store.insert(&name, Certificate::from_der(vec![0x30, 0]), 0).unwrap_err();
    assert!(error.to_string().len() < 1_000, "{}", error.to_string().len());
    store.rename(id, "short").unwrap();
    // JKS has no room for it.
    let mut store = TrustStore::new(truststore::Format::Jks, changeit());
    let certificate = Certificate::from_der(build::certificate(1, b"", b""));
    let error = store.insert(&name, certificate, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AliasInvalid);
    assert!(
        error.to_string().len() < 1_000 && error.message().contains("65535"),
        "{}",
        error.message().len()
    );
}

#[test]
fn pkcs7_bombs_end_at_a_limit() {
    let limits = Limits { max_entries: 1_000, ..Limits::default() };
    let many = build::pkcs7(&build::certificate(1, b"", b"").repeat(100_000));
    let error = read_bytes("bomb", many.into(), &limits).unwrap_err();
    assert!(error.is_limit_exceeded() && error.message().contains("--max-entries"), "{error}");
    // What is in it counts even if it is nothing.
    let nothing = build::pkcs7(&[0xa1, 0].repeat(100_000));
    let error = read_bytes("bomb", nothing.into(), &limits).unwrap_err();
    assert!(error.is_limit_exceeded(), "{error}");
    // Each fault costs more memory than its two octets.
    for content in [[0x30, 0], [0xa1, 0]] {
        let nothing = build::pkcs7(&content.repeat(100_000));
        let error = read_bytes("bomb", nothing.into(), &Limits::default()).unwrap_err();
        assert!(error.message().starts_with("what is no certificate in the input: 1251 required"), "{error}");
        assert!(error.is_limit_exceeded() && error.message().contains("--max-entries"), "{error}");
    }
    // A PKCS#7 in a PKCS#7 is not looked into.
    let inner = build::pkcs7(&build::certificate(1, b"", b""));
    let found = read_bytes("nested", build::pkcs7(&inner).into(), &Limits::default()).unwrap();
    assert_eq!((found.certificates.len(), found.errors.len()), (0, 1));
}

#[test]
fn a_certificate_of_many_extensions_or_names_is_read_to_a_limit() {
    let extension = |id: &[u8], value: &[u8]| seq(&[&build::oid(id), &build::octets(value)]);
    let details = |extensions: &[u8]| {
        let certificate = build::certificate_with(&build::tlv(0xa3, &[&seq(&[extensions])]));
        Certificate::from_der(certificate).details().unwrap()
    };
    let many = details(&extension(&[0x2a], b"").repeat(100_000));
    assert_eq!(many.extensions.len(), 1_000);
    assert_eq!(many.extensions_error.as_deref(), Some("there are more than 1000"));
    let names = |count: usize| seq(&[&build::tlv(0x82, &[b"a"]).repeat(count)]);
    assert_eq!(details(&extension(&[0x55, 0x1d, 0x11], &names(10_000))).subject_alt_names().len(), 10_000);
    let giant = details(&extension(&[0x55, 0x1d, 0x11], &names(100_000)));
    let truststore::ExtensionValue::Other { error: Some(error), .. } = &giant.extensions[0].value else {
        panic!("{:?}", giant.extensions[0].name)
    };
    assert_eq!(error, "it has more than 262144 bytes");
}
