//! `diff`: stores by alias, certificates by content, a manifest by what it would change.

use serde_json::Value;

use crate::sandbox::{Answer, Sandbox, sha256};

/// `where alias` of each difference.
fn differences(answer: &Value) -> Vec<String> {
    let differences = answer["differences"].as_array().unwrap().iter();
    differences
        .map(|d| format!("{} {}", d["difference"].as_str().unwrap(), d["alias"].as_str().unwrap()))
        .collect()
}

fn stores() -> Sandbox {
    let sandbox = Sandbox::with("");
    for (store, alias, file) in [
        ("a", "same", "root-a"),
        ("a", "changed", "corp-root"),
        ("a", "gone", "p521-root"),
        ("b", "SAME", "root-a"),
        ("b", "changed", "corp-root-2"),
        ("b", "new", "root-b"),
    ] {
        let format = if store == "a" { "jks" } else { "pkcs12" };
        sandbox.expect(0, &format!("import -k {store} --type {format} --file {file}.pem --alias {alias}"));
    }
    sandbox
}

#[test]
fn stores_are_compared_by_alias_whatever_their_formats() {
    let sandbox = stores();
    let answer = sandbox.json(1, "diff a b");
    assert_eq!(differences(&answer), ["different changed", "only-in-a gone", "only-in-b new"]);
    assert_eq!((&answer["a"]["format"], &answer["b"]["format"]), (&"jks".into(), &"pkcs12".into()));
    let changed = &answer["differences"][0];
    assert_eq!(changed["a"]["sha256"], sha256("corp-root").as_str());
    assert_eq!(changed["b"]["sha256"], sha256("corp-root-2").as_str());
    let other_way = sandbox.json(1, "diff b a");
    assert_eq!(differences(&other_way), ["different changed", "only-in-a new", "only-in-b gone"]);
    let text = sandbox.expect(1, "diff a b").stdout;
    let (root, new) = (sha256("p521-root"), sha256("root-b"));
    assert!(text.starts_with("--- a\n+++ b\n~ changed\n  - FE:"), "{text}");
    assert!(
        text.contains(&format!("\n- gone  {root}")) && text.contains(&format!("\n+ new  {new}")),
        "{text}"
    );
}

#[test]
fn every_store_is_the_same_as_itself() {
    let sandbox = Sandbox::with("");
    for store in [
        "keytool/mixed.p12",
        "keytool/secrets.jceks",
        "openssl/nokeys-three.p12",
        "odd/same-name.p12",
        "odd/nested-safe-contents.p12",
    ] {
        sandbox.copy(&format!("stores/{store}"), "s");
        let answer = sandbox.json(0, "diff s s");
        assert_eq!((&answer["same"], differences(&answer).len()), (&true.into(), 0), "{store}");
    }
    assert_eq!(sandbox.expect(0, "diff s s").stdout, "the same: s, s\n");
}

#[test]
fn a_certificate_that_java_sees_on_one_side_only_is_a_difference() {
    let sandbox = Sandbox::with("");
    for store in ["s", "t"] {
        sandbox.copy("stores/openssl/nokeys-three.p12", store);
    }
    sandbox.expect(0, "trust -k t one");
    let answer = sandbox.json(1, "diff s t");
    assert_eq!(differences(&answer), ["different one"]);
    assert!(answer["differences"][0]["note"].as_str().unwrap().contains("a trusted-certificate entry"));
    sandbox.expect(0, "export one -k t --out one.pem");
    assert_eq!(differences(&sandbox.json(1, "diff s one.pem"))[0], "different one");
}

#[test]
fn certificates_are_compared_by_content() {
    let sandbox = stores();
    let answer = sandbox.json(1, "diff b bundle.pem");
    assert_eq!(differences(&answer), ["only-in-b corp-root-ca", "only-in-b example-root-rsa"]);
    assert_eq!((&answer["b"]["kind"], &answer["b"]["entries"]), (&"certificates".into(), &5.into()));
    sandbox.expect(0, "export -k a --out all.crt");
    sandbox.expect(0, "diff all.crt a");
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    std::fs::rename(sandbox.path("all.crt"), sandbox.path("folder/all.crt")).unwrap();
    sandbox.expect(0, "diff a folder");
    assert_eq!(differences(&sandbox.json(1, "diff folder root-a.pem")).len(), 2);
    sandbox.write("none", "nothing");
    sandbox.expect(2, "diff a none");
    sandbox.expect(2, "diff a gone");
}

#[test]
fn a_manifest_differs_by_what_it_would_change_with_prune() {
    let sandbox = stores();
    let manifest = |name: &str, store: &str| {
        format!(
            "[[store]]\nname='{name}'\npath='{store}'\n[[store.certificate]]\nalias='same'\nfile='root-a.pem'\n\
             [[store.certificate]]\nalias='changed'\nfile='corp-root-2.pem'\n"
        )
    };
    sandbox.write("trust.toml", manifest("m", "a"));
    let answer = sandbox.json(1, "diff a trust.toml");
    assert_eq!(differences(&answer), ["different changed", "only-in-a gone"]);
    assert_eq!(answer["b"]["kind"], "manifest");
    assert_eq!(answer["differences"][0]["b"]["sha256"], sha256("corp-root-2").as_str());
    let answer = sandbox.json(1, "diff trust.toml a");
    assert_eq!(differences(&answer), ["different changed", "only-in-b gone"]);
    assert_eq!(answer["differences"][0]["a"]["sha256"], sha256("corp-root-2").as_str());
    sandbox.expect(0, "apply trust.toml --prune");
    sandbox.expect(0, "diff trust.toml a");
    // Of several stores the one that is compared, unless another is asked for.
    sandbox.write("trust.toml", manifest("m", "a") + &manifest("n", "b"));
    sandbox.expect(0, "diff trust.toml a");
    sandbox.expect(1, "diff b trust.toml");
    sandbox.expect(0, "diff a trust.toml --store n");
    std::fs::copy(sandbox.path("a"), sandbox.path("c")).unwrap();
    let said = sandbox.expect(2, "diff c trust.toml").stderr;
    assert!(said.contains("--store names one of \"m\", \"n\""), "{said}");
    sandbox.expect(2, "diff trust.toml bundle.pem");
}

#[test]
fn each_side_has_its_own_password() {
    let sandbox = stores();
    sandbox.write("of-b", "another");
    sandbox.expect(0, "passwd -k b --new-password-file of-b");
    let said = sandbox.expect(2, "diff a b").stderr;
    assert!(said.contains("--other-password-file"), "{said}");
    sandbox.expect(1, "diff a b --other-password-file of-b");
    let line = "diff b a --password-file of-b --other-password-env A";
    Answer::of(1, line, sandbox.command(line).env("A", "changeit"));
}
