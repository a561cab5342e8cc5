//! Aliases and certificates just within a limit and just beyond it: what is refused when it is read is refused
//! when it is put in.

use crate::build;
use crate::common::{bytes_of, changeit};
use truststore::{
    Certificate, Error, ErrorKind, Format, Limits, SystemRandom, TrustStore, Unlock, read_bytes,
};

const FORMATS: [Format; 3] = [Format::Jks, Format::Jceks, Format::Pkcs12];

fn limited() -> Limits {
    Limits { max_alias: 100, max_certificate: 2_000, ..Limits::default() }
}

fn open(bytes: impl Into<bytes::Bytes>, limits: &Limits) -> truststore::Result<TrustStore> {
    TrustStore::from_bytes(bytes, Unlock::WithUnverified(&changeit()), limits)
}

/// An empty store that was read under `limits`.
fn empty(format: Format, limits: &Limits) -> TrustStore {
    open(bytes_of(&TrustStore::new(format, changeit())), limits).unwrap()
}

fn certificate(len: usize) -> Certificate {
    let der = build::certificate_of(len);
    assert_eq!(der.len(), len);
    Certificate::from_der(der)
}

#[track_caller]
fn assert_names<T>(result: Result<T, Error>, option: &str) {
    let error = result.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded, "{error}");
    assert!(error.message().contains(option), "{error}");
}

#[test]
fn an_alias_is_counted_as_java_counts_it() {
    for (within, beyond) in
        [("a".repeat(100), "a".repeat(101)), ("\u{1f600}".repeat(50), "\u{1f600}".repeat(51))]
    {
        let mut store = open(build::aliased(&within), &limited()).unwrap();
        assert_eq!(store.entries()[0].name(), within);
        assert_names(open(build::aliased(&beyond), &limited()), "permitted; --max-alias");
        store.remove(&[store.entries()[0].id()]).unwrap();
        assert_names(store.insert(&beyond, certificate(200), 0), "--max-alias");
        let id = store.insert("short", certificate(200), 0).unwrap();
        assert_names(store.rename(id, &beyond), "--max-alias");
        store.rename(id, &within).unwrap();
    }
}

#[test]
fn the_longest_alias_of_a_jks_fits_a_pkcs12_store() {
    let name = "x".repeat(65_535);
    for format in FORMATS {
        let mut store = TrustStore::new(format, changeit());
        store.insert(&name, certificate(200), 0).unwrap();
        let read = open(bytes_of(&store), &Limits::default()).unwrap();
        assert!(read.get(&name).is_some(), "{format}");
        store.insert(&format!("{name}x"), certificate(200), 0).unwrap_err();
    }
}

#[test]
fn a_certificate_beyond_the_limit_is_neither_read_nor_put_in() {
    for format in FORMATS {
        let mut store = empty(format, &limited());
        assert_names(
            store.insert("a", certificate(2_001), 0),
            "2001 required, 2000 permitted; --max-certificate",
        );
        let id = store.insert("a", certificate(2_000), 0).unwrap();
        assert_names(store.replace(id, certificate(2_001), 0), "--max-certificate");
        assert_eq!(open(bytes_of(&store), &limited()).unwrap().entries().len(), 1, "{format}");

        let mut large = TrustStore::new(format, changeit());
        large.insert("a", certificate(2_001), 0).unwrap();
        assert_names(open(bytes_of(&large), &limited()), "--max-certificate");
    }
}

#[test]
fn a_chain_beyond_the_limit_is_neither_read_nor_put_in() {
    let key = [&[0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32][..], &[7; 32]].concat();
    let key = truststore::PrivateKey::from_pkcs8(key).unwrap();
    for format in FORMATS {
        let add = |store: &mut TrustStore, alias: &str, len: usize| {
            let (chain, password) = ([certificate(len)], changeit());
            store.insert_private_key(alias, &key, &chain, &password, 0, &mut SystemRandom)
        };
        let mut store = empty(format, &limited());
        assert_names(add(&mut store, "a", 2_001), "--max-certificate");
        add(&mut store, "a", 2_000).unwrap();
        if format == Format::Pkcs12 {
            assert_names(add(&mut store, &"b".repeat(101), 1_000), "--max-alias");
        }
        assert_eq!(open(bytes_of(&store), &limited()).unwrap().entries().len(), 1, "{format}");
        let mut large = TrustStore::new(format, changeit());
        add(&mut large, "a", 2_001).unwrap();
        assert_names(open(bytes_of(&large), &limited()), "--max-certificate");
    }
}

#[test]
fn a_certificate_of_an_input_beyond_the_limit_is_an_error_item() {
    let pem = |der: &[u8]| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(der)).into_bytes()
    };
    for shape in
        [|der: &[u8]| der.to_vec(), |der: &[u8]| build::pkcs7(der), |der: &[u8]| base64(der).into_bytes()]
    {
        assert_found(shape(&build::certificate_of(2_000)), 1);
        assert_found(shape(&build::certificate_of(2_001)), 0);
    }
    assert_found(pem(&build::certificate_of(2_000)), 1);
    assert_found(pem(&build::certificate_of(2_001)), 0);
    // Refused before it is decoded; blanks do not count.
    assert_found(pem(&build::certificate_of(100_000)), 0);
    let wide = base64(&build::certificate_of(2_000)).replace('\n', &" \n".repeat(5_000));
    let wide = format!("-----BEGIN CERTIFICATE-----\n{wide}\n-----END CERTIFICATE-----\n");
    assert_found(wide.into_bytes(), 1);
}

fn base64(der: &[u8]) -> String {
    pem_rfc7468::encode_string("X", pem_rfc7468::LineEnding::LF, der)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<Vec<_>>()
        .join("\n")
}

#[track_caller]
fn assert_found(bytes: Vec<u8>, certificates: usize) {
    let found = read_bytes("input", bytes.into(), &limited()).unwrap();
    assert_eq!((found.certificates.len(), found.errors.len()), (certificates, 1 - certificates));
    if let Some(fault) = found.errors.into_iter().next() {
        assert_names(Err::<(), _>(fault.error), "--max-certificate");
    }
}
