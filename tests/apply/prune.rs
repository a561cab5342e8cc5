//! What a manifest does not name, with `--prune`; and what is never removed.

use crate::sandbox::{Sandbox, actions};

const ONE: &str = "[[store]]\npath='s'\n[[store.certificate]]\nalias='a'\nfile='root-a.pem'\n";

#[test]
fn without_prune_everything_else_stays() {
    let sandbox = Sandbox::with(ONE);
    sandbox.expect(0, "import -k s --file root-b.pem --alias other");
    assert_eq!(actions(&sandbox.json(0, "apply trust.toml")), ["add a"]);
    assert_eq!(sandbox.aliases("s"), ["other", "a"]);
}

#[test]
fn keys_and_what_is_unknown_stay_and_are_named() {
    for (store, kept) in [("keytool/mixed.p12", "private-key"), ("keytool/secrets.jceks", "secret-key")] {
        let sandbox = Sandbox::with(ONE);
        sandbox.copy(&format!("stores/{store}"), "s");
        let answer = sandbox.json(0, "apply trust.toml --prune");
        let kinds = answer["stores"][0]["kept"].as_array().unwrap();
        assert!(!kinds.is_empty() && kinds.iter().all(|k| k["kind"] == kept), "{store}: {kinds:?}");
        let list = sandbox.json(0, "list -k s");
        let entries = list["entries"].as_array().unwrap();
        assert_eq!(entries.len(), kinds.len() + 1, "{store}");
        let again = sandbox.expect(0, "apply trust.toml --prune");
        assert!(again.stdout.starts_with("unchanged: s"), "{store}: {}", again.stdout);
        assert!(again.stderr.contains("--prune does not remove what is no certificate"), "{}", again.stderr);
    }
}

#[test]
fn certificates_that_java_does_not_see_are_removed_too() {
    // For other readers of the file they are certificates like any other.
    let sandbox = Sandbox::with(ONE);
    sandbox.copy("stores/openssl/nokeys-three.p12", "s");
    let answer = sandbox.json(0, "apply trust.toml --prune");
    assert_eq!(actions(&answer), ["add a", "remove one", "remove two", "remove three"]);
    let sandbox = Sandbox::with(ONE);
    sandbox.copy("stores/odd/same-name.p12", "s");
    sandbox.expect(0, "apply trust.toml --prune");
    assert_eq!(sandbox.aliases("s"), ["a"]);
}

#[test]
fn the_last_certificate_is_removed_only_when_told() {
    let sandbox = Sandbox::with("[[store]]\npath='s'\n");
    sandbox.expect(0, "import -k s --file root-a.pem --alias a");
    let before = sandbox.state("s");
    let answer = sandbox.expect(2, "apply trust.toml --prune");
    assert!(answer.stderr.contains("s: pruning would remove all certificates of the store (1)"));
    assert!(answer.stderr.contains("hint: --allow-empty"), "{}", answer.stderr);
    assert_eq!(sandbox.state("s"), before);
    assert_eq!(actions(&sandbox.json(0, "apply trust.toml --prune --allow-empty")), ["remove a"]);
    assert!(sandbox.aliases("s").is_empty());
    // And what is empty already is no reason to refuse.
    assert_eq!(sandbox.json(0, "apply trust.toml --prune")["changed"], false);
}

#[test]
fn what_would_be_lost_is_refused() {
    let sandbox =
        Sandbox::with("[[store]]\npath='s'\n[[store.certificate]]\nalias='server'\nfile='root-a.pem'\n");
    sandbox.copy("stores/keytool/mixed.p12", "s");
    let before = sandbox.state("s");
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("entry \"server\": expected a certificate entry, found private-key"), "{said}");
    sandbox.write("trust.toml", "[[store]]\npath='s'\n[[store.certificate]]\nalias='server'\nabsent=true\n");
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("a private-key entry has the alias that is to be absent"), "{said}");
    assert_eq!(sandbox.state("s"), before);
}
