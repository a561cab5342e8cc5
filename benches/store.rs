//! What the library costs: opening, listing and writing a store of 10,000 certificates.
//!
//! `cargo bench` prints the times; `benches/compare` sets whole commands beside `keytool`.

#![allow(missing_docs, reason = "criterion's macros make undocumented functions")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that cannot run stops")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use truststore::{Certificate, Format, Limits, Password, SystemRandom, TrustStore, Unlock, summarize};

const ENTRIES: usize = 10_000;
const NOW: i64 = 1_800_000_000;

/// A root of the test data, repeated with its serial number changed so that each is another one.
fn certificates() -> Vec<Certificate> {
    let der = include_bytes!("../testdata/inputs/corp-root.der");
    // Inside the serial number: the frame stays that of a certificate.
    let at = 16;
    (0..ENTRIES)
        .map(|number| {
            let mut der = der.to_vec();
            der[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
            Certificate::from_der(der)
        })
        .collect()
}

fn store(format: Format) -> Vec<u8> {
    let mut store = TrustStore::new(format, Password::new("changeit"));
    for (number, certificate) in certificates().into_iter().enumerate() {
        store.insert(&format!("root-{number}"), certificate, NOW * 1_000).unwrap();
    }
    store.to_bytes(&mut SystemRandom).unwrap().to_vec()
}

fn formats(c: &mut Criterion) {
    let password = Password::new("changeit");
    for format in [Format::Jks, Format::Pkcs12] {
        let bytes = bytes::Bytes::from(store(format));
        let open =
            || TrustStore::from_bytes(bytes.clone(), Unlock::With(&password), &Limits::default()).unwrap();
        let mut group = c.benchmark_group(format!("{format} of {ENTRIES}"));
        group.sample_size(20);
        group.bench_function("open", |b| b.iter(|| black_box(open())));
        group.bench_function("open and summarize", |b| {
            b.iter(|| open().entries().iter().map(|entry| summarize(entry, NOW)).collect::<Vec<_>>());
        });
        let store = open();
        group.bench_function("look up an alias", |b| b.iter(|| black_box(store.get("ROOT-5000"))));
        group.bench_function("import one and encode", |b| {
            b.iter(|| {
                let mut store = open();
                store.insert("one-more", Certificate::from_der(vec![0x30, 0]), 0).unwrap();
                store.to_bytes(&mut SystemRandom).unwrap()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, formats);
criterion_main!(benches);
