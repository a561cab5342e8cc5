//! `export --manifest`: of it the same store is made again.

use truststore::apply::{Desired, Manifest, PlanOptions, describe, plan};
use truststore::{Error, ErrorKind, Format, JavaView, Limits, Password, TrustStore};

use crate::common::certificate;
use crate::sandbox::Sandbox;

#[test]
fn a_store_is_described_so_that_it_can_be_made_again() {
    for store in ["keytool/three.jks", "keytool/three.p12", "keytool/passwordless.p12"] {
        let sandbox = Sandbox::with("");
        sandbox.copy(&format!("stores/{store}"), "s");
        sandbox.expect(0, "export --manifest -k s --out m.toml");
        let before = sandbox.state("s");
        assert_eq!(sandbox.json(0, "apply m.toml -k s --prune")["changed"], false, "{store}");
        assert_eq!(sandbox.state("s"), before, "{store}");
        sandbox.expect(0, "apply m.toml -k t");
        sandbox.expect(0, "diff s t");
        let list = |store: &str| sandbox.json(0, &format!("list -k {store}"))["store"].clone();
        assert_eq!(
            (&list("s")["format"], &list("s")["integrity"]),
            (&list("t")["format"], &list("t")["integrity"])
        );
        // And what is described is described alike.
        sandbox.expect(0, "export --manifest -k t --out n.toml");
        assert_eq!(sandbox.state("m.toml").0, sandbox.state("n.toml").0, "{store}");
    }
}

#[test]
fn what_a_manifest_cannot_describe_is_said() {
    let sandbox = Sandbox::with("");
    sandbox.copy("stores/keytool/mixed.p12", "s");
    let answer = sandbox.expect(0, "export --manifest -k s");
    assert!(
        answer.stderr.contains("warning: not in the manifest: \"server\" (private-key)"),
        "{}",
        answer.stderr
    );
    assert!(answer.stdout.contains("# Not described: \"server\" (private-key)."), "{}", answer.stdout);
    let json = sandbox.json(0, "export --manifest -k s");
    assert_eq!(json["manifest"].as_str().unwrap(), answer.stdout);
    assert_eq!(json["entries"].as_array().unwrap().len(), 2);
    sandbox.copy("stores/openssl/nokeys-three.p12", "s");
    let json = sandbox.json(0, "export --manifest -k s");
    assert_eq!(
        (json["entries"].as_array().unwrap().len(), json["warnings"].as_array().unwrap().len()),
        (0, 3)
    );
    sandbox.expect(2, "export --manifest --as der -k s");
}

#[test]
fn every_alias_can_be_written() {
    let odd = [
        "\"",
        "\\",
        "\\u0041",
        "a\nb",
        "x\u{1}\u{7f}\u{9b}",
        "'''",
        "\"\"\"",
        "ä中🔐",
        "\u{202e}x",
        "# x",
        "[[store]]",
    ];
    for format in [Format::Pkcs12, Format::Jks] {
        let mut store = TrustStore::new(format, Password::new("changeit"));
        for alias in odd {
            store.insert(alias, certificate("root-a"), 0).unwrap();
        }
        let described = describe(&store, store.entries()).unwrap();
        assert!(described.left_out.is_empty() && described.entries.len() == odd.len());
        assert!(
            described
                .toml
                .chars()
                .all(|c| c == '\n' || truststore::printable(&c.to_string()) == c.to_string())
        );
        let again = made(&described.toml, format);
        let names =
            |store: &TrustStore| store.entries().iter().map(|e| e.name().to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&again), names(&store));
        assert!(again.entries().iter().all(|entry| *entry.java_view() == JavaView::ByAlias));
    }
}

fn made(toml: &str, format: Format) -> TrustStore {
    let limits = Limits::default();
    let manifest = Manifest::from_toml(toml, "m.toml", &limits).unwrap();
    let none = |_: &_| Err(Error::new(ErrorKind::Refused, "no passwords"));
    let desired = Desired::gather(&manifest, &manifest.stores[0], "".as_ref(), &limits, none).unwrap();
    let mut store = TrustStore::new(format, Password::new("changeit"));
    plan(&mut store, &desired, &PlanOptions::default()).unwrap();
    store
}
