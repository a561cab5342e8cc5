//! Reads a manifest from any text; and carries out twice what it says without naming a file: the second time
//! changes nothing, and the manifest that describes the result makes it again.
#![no_main]

use truststore::apply::{CertificateSource, Desired, Manifest, PlanOptions, describe, plan};
use truststore::{Error, ErrorKind, Format, Password, TrustStore};
use truststore_fuzz::checks;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let limits = checks::limits();
    let manifest = match Manifest::from_toml(text, "manifest", &limits) {
        Ok(manifest) => manifest,
        Err(error) => {
            assert!(error.message().starts_with("line ") || error.is_limit_exceeded(), "{error}");
            return;
        }
    };
    for declared in &manifest.stores {
        let inside = |source: &CertificateSource| matches!(source, CertificateSource::Pem(_));
        if !declared.bundles.is_empty() || !declared.certificates.iter().all(|one| inside(&one.source)) {
            continue;
        }
        let none = |_: &_| Err(Error::new(ErrorKind::Refused, "no passwords"));
        let Ok(desired) = Desired::gather(&manifest, declared, "".as_ref(), &limits, none) else { continue };
        let options = PlanOptions { prune: true, allow_empty: true, now: 0 };
        let empty = || TrustStore::new(declared.format.unwrap_or(Format::Pkcs12), Password::new("changeit"));
        let mut store = empty();
        if plan(&mut store, &desired, &options).is_err() {
            continue;
        }
        assert!(!plan(&mut store, &desired, &options).expect("it was done before").changed);
        let described = describe(&store, store.entries()).expect("PEM");
        assert!(described.left_out.is_empty());
        let again = Manifest::from_toml(&described.toml, "described", &limits).expect("ours");
        let desired = Desired::gather(&again, &again.stores[0], "".as_ref(), &limits, none).expect("ours");
        assert!(!plan(&mut store, &desired, &options).expect("ours").changed);
        let mut other = empty();
        plan(&mut other, &desired, &options).expect("ours");
        assert_eq!(describe(&other, other.entries()).expect("PEM").toml, described.toml);
    }
});
