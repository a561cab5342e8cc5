//! The library beside other crates, in one process: what a program pays that has a store open already, or opens it.

use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use p12_keystore::Pkcs12ImportPolicy;
use truststore::{Limits, Password, TrustStore, Unlock};

use crate::Result;

const PASSWORD: &str = "changeit";
const LOOKUPS: u32 = 10_000;

/// One thing to time. It says how long it took itself: what it frees afterwards does not count for anybody.
type Task<'a> = (String, Box<dyn FnMut() -> Duration + 'a>);

/// Does every task in turn, again and again, each of two times in a row, and prints median and minimum of the second.
///
/// The folder has `150.jks`, `150.pem`, and `small`, `middle` and `large` as `.jks` and `.p12`.
pub fn run(folder: &Path, rounds: u32) -> Result {
    let path = |name: &str| folder.join(name);
    let password = Password::new(PASSWORD);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let open = |name: &str| {
        TrustStore::open(folder.join(name), Unlock::With(&password), &Limits::default())
            .expect("a store opens")
    };
    let (bundle, jks, p12) = (path("150.pem"), path("middle.jks"), path("middle.p12"));
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for kind in ["jks", "p12"] {
        let (provider, open) = (provider.clone(), &open);
        tasks.push((
            format!("verifier 150 {kind}"),
            Box::new(move || timed(|| open(&format!("150.{kind}")).verifier(provider.clone()))),
        ));
    }
    tasks.push((
        "rustls-native-certs 150".into(),
        Box::new(|| {
            timed(|| {
                let loaded = rustls_native_certs::load_certs_from_paths(Some(&bundle), None);
                assert!(loaded.errors.is_empty() && loaded.certs.len() == 150, "{:?}", loaded.errors);
                loaded
            })
        }),
    ));
    for kind in ["jks", "p12"] {
        let open = &open;
        tasks.push((
            format!("open and get middle {kind}"),
            Box::new(move || {
                timed(|| {
                    let store = open(&format!("middle.{kind}"));
                    assert!(store.get("ROOT-0000500").is_some());
                    store
                })
            }),
        ));
    }
    tasks.push((
        "jks crate middle".into(),
        Box::new(|| {
            timed(|| {
                let bytes = std::fs::read(&jks).expect("a file");
                let mut store = jks::KeyStore::new();
                store.load(bytes.as_slice(), PASSWORD.as_bytes()).expect("a store");
                assert!(store.get_trusted_certificate_entry("ROOT-0000500").is_ok());
                store
            })
        }),
    ));
    tasks.push((
        "p12-keystore middle".into(),
        Box::new(|| {
            timed(|| {
                let bytes = std::fs::read(&p12).expect("a file");
                let policy = Pkcs12ImportPolicy::Relaxed;
                let store = p12_keystore::KeyStore::from_pkcs12(&bytes, PASSWORD, policy).expect("a store");
                assert!(store.entry("root-0000500").is_some());
                store
            })
        }),
    ));
    for size in ["small", "middle", "large"] {
        let store = open(&format!("{size}.jks"));
        let names: Vec<String> = (0..LOOKUPS)
            .map(|number| {
                let count = u32::try_from(store.entries().len()).expect("not so many");
                format!("ROOT-{:07}", number.wrapping_mul(7_919) % count)
            })
            .collect();
        // As many names in what everybody calls constant, with a value as large as an entry.
        let table: HashMap<String, [u8; 96]> =
            store.entries().iter().map(|entry| (entry.name().to_uppercase(), [0; 96])).collect();
        let asked = names.clone();
        tasks.push((
            format!("get {size} jks"),
            Box::new(move || {
                timed(|| names.iter().filter(|name| store.get(name).is_some()).count() as u32) / LOOKUPS
            }),
        ));
        tasks.push((
            format!("get {size} HashMap"),
            Box::new(move || {
                timed(|| asked.iter().filter(|name| table.contains_key(*name)).count() as u32) / LOOKUPS
            }),
        ));
    }
    measure(tasks, rounds);
    Ok(())
}

fn measure(mut tasks: Vec<Task<'_>>, rounds: u32) {
    let mut times = vec![Vec::new(); tasks.len()];
    for _ in 0..rounds {
        for ((_, task), times) in tasks.iter_mut().zip(&mut times) {
            // Once for nothing: what the task before it left in caches and in the allocator counts for nobody.
            task();
            times.push(task());
        }
    }
    for ((name, _), times) in tasks.iter().zip(&mut times) {
        times.sort();
        println!("{name}\t{}\t{}", times[times.len() / 2].as_nanos(), times[0].as_nanos());
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let answer = black_box(work());
    let elapsed = start.elapsed();
    drop(answer);
    elapsed
}
