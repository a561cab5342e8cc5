//! A verifier that follows the file.

use std::path::Path;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::HandshakeKind;
use rustls::version::{TLS12, TLS13};
use truststore::tls::{ReloadEvent, ReloadOptions, ReloadingVerifier, default_provider};
use truststore::{Certificate, ErrorKind, Format, Limits, SystemRandom, TrustStore, Unlock};

use crate::common::changeit;
use crate::common::pki::{Identity, LOCAL, VALID};
use crate::{Bench, server_config, shake, store};

/// So long that only `check` looks at the file.
const NEVER: Duration = Duration::from_secs(100_000);

type Heard = Arc<Mutex<Vec<String>>>;

fn watching(path: &Path) -> (Arc<ReloadingVerifier>, Heard) {
    let heard = Heard::default();
    let ears = heard.clone();
    let on_event = move |event: &ReloadEvent| {
        let said = match event {
            ReloadEvent::Reloaded { generation } => format!("reloaded {generation}"),
            ReloadEvent::Failed { error, generation } => {
                format!("failed {} {generation}", error.kind().code())
            }
            _ => "unknown".to_owned(),
        };
        ears.lock().unwrap().push(said);
    };
    let options =
        ReloadOptions { interval: NEVER, on_event: Some(Box::new(on_event)), ..ReloadOptions::default() };
    (ReloadingVerifier::open(path, default_provider(), options).unwrap(), heard)
}

fn take(heard: &Heard) -> Vec<String> {
    std::mem::take(&mut heard.lock().unwrap())
}

fn save(path: &Path, entries: &[(&str, &Identity)]) {
    let bytes = store(entries).to_bytes(&mut SystemRandom).unwrap();
    // A rename, as every careful writer does it.
    let beside = path.with_extension("new");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(&beside, path).unwrap();
}

#[test]
fn a_new_file_counts_and_a_bad_one_leaves_the_last_good_state() {
    let bench = Bench::new();
    let path = bench.folder.path().join("ssl-truststore");
    let (one, two) = (bench.pki.root("one"), bench.pki.root("two"));
    save(&path, &[("one", &one)]);
    let (verifier, heard) = watching(&path);
    assert_eq!(verifier.generation(), 1);
    assert!(!verifier.check() && !verifier.check());

    save(&path, &[("one", &one), ("two", &two)]);
    assert!(verifier.check());
    assert_eq!((verifier.generation(), verifier.current().trust().anchors.len()), (2, 2));
    // The same content under another inode is no new state.
    save(&path, &[("one", &one), ("two", &two)]);
    let generation = verifier.generation();
    verifier.check();
    assert!(verifier.generation() <= generation + 1);
    take(&heard);

    std::fs::write(&path, b"no store").unwrap();
    assert!(!verifier.check() && !verifier.check());
    assert_eq!(take(&heard), [format!("failed not-a-store {}", verifier.generation())]);
    std::fs::remove_file(&path).unwrap();
    assert!(!verifier.check());
    assert_eq!(verifier.current().trust().anchors.len(), 2);
    assert_eq!(take(&heard), [format!("failed not-found {}", verifier.generation())]);
    let generation = verifier.generation();
    save(&path, &[("two", &two)]);
    assert!(verifier.check());
    assert_eq!(take(&heard), [format!("reloaded {}", generation + 1)]);
    assert_eq!(verifier.current().trust().anchors[0].alias, "two");
}

/// A write in place within the tick of the file system's clock, of the same length.
#[test]
fn two_writes_in_place_one_after_the_other_are_both_seen() {
    let bench = Bench::new();
    let path = bench.folder.path().join("ssl-truststore");
    let (one, two) = (bench.pki.root("one"), bench.pki.root("two"));
    save(&path, &[("a", &one)]);
    let (verifier, _) = watching(&path);
    for _ in 0..20 {
        for identity in [&two, &one] {
            let bytes = store(&[("a", identity)]).to_bytes(&mut SystemRandom).unwrap();
            std::fs::write(&path, bytes).unwrap();
            verifier.check();
            verifier.check();
            let trusted = verifier.current().trust().anchors[0].certificate.der().to_vec();
            assert_eq!(trusted, identity.der());
        }
    }
}

#[test]
fn the_thread_notices_a_rename_and_ends_with_its_verifier() {
    let bench = Bench::new();
    let path = bench.folder.path().join("ssl-truststore");
    let root = bench.pki.root("root");
    save(&path, &[]);
    let (heard, hear) = mpsc::channel();
    let on_event: Box<dyn Fn(&ReloadEvent) + Send + Sync> = Box::new(move |event| {
        if let ReloadEvent::Reloaded { generation } = event {
            heard.send(*generation).unwrap();
        }
    });
    let interval = Duration::from_millis(20);
    let options = ReloadOptions { interval, on_event: Some(on_event), ..ReloadOptions::default() };
    let verifier = ReloadingVerifier::open(&path, default_provider(), options).unwrap();
    save(&path, &[("corp", &root)]);
    assert_eq!(hear.recv_timeout(Duration::from_secs(30)), Ok(2));
    drop(verifier);
    // The callback, and with it the sender, goes with the last reference.
    assert_eq!(hear.recv_timeout(Duration::from_secs(30)), Err(mpsc::RecvTimeoutError::Disconnected));
}

/// With resumption the removed root would go on being accepted; the control shows that it is so.
#[test]
fn a_removed_root_is_refused_by_the_next_connection() {
    let bench = Bench::new();
    let root = bench.pki.root("root");
    let leaf = bench.pki.server("leaf", LOCAL, VALID, &root);
    for version in [&TLS12, &TLS13] {
        let path = bench.folder.path().join("ssl-truststore");
        save(&path, &[("corp", &root)]);
        let (verifier, _) = watching(&path);
        let server = Arc::new(server_config(&leaf, &[version]));
        let client = Arc::new(verifier.client_config().unwrap());
        let mut resuming = verifier.client_config().unwrap();
        resuming.resumption = rustls::client::Resumption::in_memory_sessions(8);
        let resuming = Arc::new(resuming);
        for _ in 0..2 {
            assert_eq!(shake(&client, &server, "localhost").unwrap(), HandshakeKind::Full);
        }
        shake(&resuming, &server, "localhost").unwrap();

        save(&path, &[]);
        assert!(verifier.check());
        assert_eq!(
            shake(&resuming, &server, "localhost").unwrap(),
            HandshakeKind::Resumed,
            "the danger is no more, so this test shows nothing"
        );
        let error = shake(&client, &server, "localhost").unwrap_err();
        assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    }
}

#[test]
fn what_cannot_be_read_at_first_is_an_error() {
    let bench = Bench::new();
    let path = bench.folder.path().join("absent");
    let error = ReloadingVerifier::open(&path, default_provider(), ReloadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("absent"), "{error}");
    let error = ReloadingVerifier::open(bench.folder.path(), default_provider(), ReloadOptions::default())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
}

/// A PKCS#12 store costs iterations at each reading; they are not summed over the years.
#[test]
fn many_reloads_do_not_use_the_limits_up() {
    let bench = Bench::new();
    let path = bench.folder.path().join("ssl-truststore");
    let limits = Limits { max_iterations: 50_000, ..Limits::default() };
    let write = |alias: &str| {
        let mut store = TrustStore::new(Format::Pkcs12, changeit());
        store.insert(alias, crate::common::certificate("corp-root"), 0).unwrap();
        std::fs::write(&path, store.to_bytes(&mut SystemRandom).unwrap()).unwrap();
    };
    write("start");
    let options = ReloadOptions { interval: NEVER, limits, ..ReloadOptions::default() };
    let verifier = ReloadingVerifier::open(&path, default_provider(), options).unwrap();
    for round in 0..8 {
        write(&format!("round-{round}"));
        assert!(verifier.check(), "round {round}");
    }
    let store = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
    assert_eq!(store.entries().len(), 1);
}

/// A verifier that follows a file under an explicit password takes nothing that somebody without the password
/// could have written.
#[test]
fn with_a_password_a_file_is_taken_only_if_its_digest_or_mac_fits() {
    let bench = Bench::new();
    let path = bench.folder.path().join("ssl-truststore");
    let (one, two) = (bench.pki.root("one"), bench.pki.root("two"));
    let bytes = |format, identity: &Identity| {
        let mut store = TrustStore::new(format, changeit());
        store.insert("root", Certificate::from_der(identity.der()), 0).unwrap();
        store.to_bytes(&mut SystemRandom).unwrap().to_vec()
    };
    let mut unprotected = TrustStore::new_without_password();
    unprotected.insert("root", Certificate::from_der(two.der()), 0).unwrap();
    let unprotected = unprotected.to_bytes(&mut SystemRandom).unwrap().to_vec();
    for format in [Format::Jks, Format::Jceks, Format::Pkcs12] {
        std::fs::write(&path, bytes(format, &one)).unwrap();
        let options =
            || ReloadOptions { interval: NEVER, password: Some(changeit()), ..ReloadOptions::default() };
        let verifier = ReloadingVerifier::open(&path, default_provider(), options()).unwrap();
        let mut forged = bytes(format, &two);
        let middle = forged.len() / 2;
        forged[middle] ^= 1;
        let cut = bytes(format, &two);
        for hostile in [forged, cut[..cut.len() - 1].to_vec(), unprotected.clone(), Vec::new()] {
            std::fs::write(&path, &hostile).unwrap();
            assert!(!verifier.check() && !verifier.check(), "{format}");
            assert_eq!(verifier.current().trust().anchors[0].certificate.der(), one.der());
            TrustStore::open(&path, Unlock::With(&changeit()), &Limits::default()).unwrap_err();
            assert!(ReloadingVerifier::open(&path, default_provider(), options()).is_err());
        }
        std::fs::write(&path, bytes(format, &two)).unwrap();
        assert!(verifier.check());
        assert_eq!(verifier.current().trust().anchors[0].certificate.der(), two.der());
    }
}
