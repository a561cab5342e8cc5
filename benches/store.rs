//! What the library costs at 150 and 10,000 certificates: opening, verifying, looking up, editing, encoding,
//! converting; `p12-keystore` in the same group where it does the same.
//!
//! `cargo bench` prints the times; `benches/compare` sets whole commands, and the library, beside other peers.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot run stops")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use criterion::{
    BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use p12_keystore::Pkcs12ImportPolicy;
use truststore::{
    Certificate, ConvertOptions, Format, Limits, Password, SystemRandom, TrustStore, Unlock, convert,
    summarize,
};

const PASSWORD: &str = "changeit";
const NOW: i64 = 1_800_000_000;

/// A root of the test data with its serial number changed, so that each is another one.
fn certificates(entries: usize) -> impl Iterator<Item = Certificate> {
    let der = include_bytes!("../testdata/inputs/corp-root.der");
    // Inside the serial number: the frame stays that of a certificate.
    let at = 16;
    (0..entries).map(move |number| {
        let mut der = der.to_vec();
        der[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        Certificate::from_der(der)
    })
}

fn new(format: Format, entries: usize) -> TrustStore {
    let mut store = TrustStore::new(format, Password::new(PASSWORD));
    for (number, certificate) in certificates(entries).enumerate() {
        store.insert(&format!("root-{number}"), certificate, NOW * 1_000).unwrap();
    }
    store
}

/// Limits of its own for every store: clones share the account of key derivation.
fn open(bytes: &Bytes) -> TrustStore {
    let password = Password::new(PASSWORD);
    TrustStore::from_bytes(bytes.clone(), Unlock::With(&password), &Limits::default()).unwrap()
}

fn benches(c: &mut Criterion) {
    for entries in [150, 10_000] {
        for format in [Format::Jks, Format::Pkcs12] {
            let bytes = new(format, entries).to_bytes(&mut SystemRandom).unwrap();
            let mut group = c.benchmark_group(format!("{format} of {entries}"));
            group.sample_size(10).measurement_time(Duration::from_secs(3));
            reading(&mut group, &bytes);
            writing(&mut group, format, entries, &bytes);
            group.finish();
        }
    }
}

fn reading(group: &mut BenchmarkGroup<'_, WallTime>, bytes: &Bytes) {
    group.bench_function("open", |b| b.iter_with_large_drop(|| open(bytes)));
    let store = open(bytes);
    if store.format() == Format::Pkcs12 {
        group.bench_function("open, p12-keystore", |b| {
            let policy = Pkcs12ImportPolicy::Relaxed;
            b.iter_with_large_drop(|| p12_keystore::KeyStore::from_pkcs12(bytes, PASSWORD, policy).unwrap());
        });
    }
    group.bench_function("open and summarize", |b| {
        b.iter(|| open(bytes).entries().iter().map(|entry| summarize(entry, NOW)).collect::<Vec<_>>());
    });
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    group.bench_function("open and verifier", |b| {
        b.iter_with_large_drop(|| open(bytes).verifier(provider.clone()));
    });
    group.bench_function("look up an alias", |b| b.iter(|| black_box(store.get("ROOT-100"))));
}

fn writing(group: &mut BenchmarkGroup<'_, WallTime>, format: Format, entries: usize, bytes: &Bytes) {
    group.bench_function("open, import one, encode", |b| {
        b.iter_with_large_drop(|| {
            let mut store = open(bytes);
            store.insert("one-more", Certificate::from_der(vec![0x30, 0]), 0).unwrap();
            store.to_bytes(&mut SystemRandom).unwrap()
        });
    });
    group.bench_function("encode", |b| {
        let store = || new(format, entries);
        b.iter_batched(store, |store| store.to_bytes(&mut SystemRandom).unwrap(), BatchSize::PerIteration);
    });
    let other = if format == Format::Jks { Format::Pkcs12 } else { Format::Jks };
    let store = open(bytes);
    group.bench_function(format!("convert to {other} and encode"), |b| {
        b.iter_with_large_drop(|| {
            let password = Some(Password::new(PASSWORD));
            let options = ConvertOptions::default();
            let converted = convert(&store, other, password, &options, &mut SystemRandom).unwrap();
            converted.store.to_bytes(&mut SystemRandom).unwrap()
        });
    });
}

criterion_group!(all, benches);
criterion_main!(all);
