//! `remove`, `rename`, `convert`, `create`, `restore`: what they change and what they leave.

use crate::{Sandbox, input};

fn store(sandbox: &Sandbox, format: &str) {
    for name in ["corp-root", "p521-root"] {
        let file = input(&format!("{name}.pem"));
        sandbox.expect(0, &["import", "--file", &file, "--alias", name, "-k", "store", "--type", format]);
    }
}

#[test]
fn remove_and_rename_leave_the_rest() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = Sandbox::new();
        store(&sandbox, format);
        sandbox.expect(0, &["rename", "corp-root", "corp", "-k", "store"]);
        assert_eq!(sandbox.aliases("store"), ["corp", "p521-root"]);
        let again = sandbox.expect(0, &["rename", "corp-root", "corp", "-k", "store"]);
        assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
        sandbox.expect(2, &["rename", "corp", "P521-ROOT", "-k", "store"]);
        sandbox.expect(0, &["remove", "corp", "-k", "store"]);
        sandbox.expect(1, &["remove", "corp", "-k", "store"]);
        assert_eq!(sandbox.aliases("store"), ["p521-root"]);
    }
}

#[test]
fn an_edit_of_a_store_that_is_not_there_creates_nothing() {
    let sandbox = Sandbox::new();
    for args in
        [&["remove", "x"][..], &["rename", "x", "y"], &["list"], &["verify"], &["info"], &["trust", "--all"]]
    {
        let answer = sandbox.expect(2, args);
        assert!(answer.stderr.contains("ssl-truststore"), "{args:?}: {}", answer.stderr);
        assert!(sandbox.files().is_empty(), "{args:?}");
    }
}

#[test]
fn a_backup_is_kept_and_restored() {
    let sandbox = Sandbox::new();
    store(&sandbox, "pkcs12");
    let before = sandbox.read("store");
    sandbox.expect(0, &["remove", "corp-root", "-k", "store", "--backup"]);
    assert_eq!(sandbox.read("store.bak"), before);
    sandbox.expect(0, &["restore", "-k", "store"]);
    assert_eq!(sandbox.read("store"), before);
    let again = sandbox.expect(0, &["restore", "-k", "store"]);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
}

#[test]
fn convert_tells_its_losses_and_repeats_as_unchanged() {
    let sandbox = Sandbox::new();
    store(&sandbox, "jks");
    let args = ["convert", "-k", "store", "--to", "pkcs12", "--out", "new.p12"];
    let answer = sandbox.expect(0, &args);
    assert!(answer.stderr.contains("creation dates"), "{}", answer.stderr);
    assert_eq!(sandbox.aliases("new.p12"), ["corp-root", "p521-root"]);
    let before = sandbox.read("new.p12");
    let again = sandbox.expect(0, &args);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    assert_eq!(sandbox.read("new.p12"), before);
    sandbox.write("taken", "something else");
    let refused = sandbox.expect(2, &["convert", "-k", "store", "--to", "pkcs12", "--out", "taken"]);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(sandbox.read("taken"), b"something else");
}

#[test]
fn create_makes_an_empty_store_and_leaves_one_that_is_there() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = Sandbox::new();
        let answer = sandbox.expect(0, &["create", "--type", format]);
        assert!(answer.stderr.contains("created"), "{}", answer.stderr);
        assert!(sandbox.aliases("ssl-truststore").is_empty());
        sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "--alias", "ca"]);
        let again = sandbox.expect(0, &["create", "--type", format]);
        assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
        assert_eq!(sandbox.aliases("ssl-truststore"), ["ca"]);
    }
}

#[test]
fn upgrade_moves_a_legacy_store_to_todays_algorithms() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/legacy.p12", "store");
    let before = sandbox.json(&["info", "-k", "store"]);
    assert_eq!(before["container"]["mac"]["legacy"], true);
    sandbox.expect(0, &["import", "--file", &input("p521-root.pem"), "--alias", "new", "-k", "store"]);
    assert_eq!(
        sandbox.json(&["info", "-k", "store"])["container"]["mac"]["legacy"],
        true,
        "its own are kept"
    );
    let args = ["import", "--file", &input("p521-root.pem"), "--alias", "new", "-k", "store", "--upgrade"];
    let report = sandbox.json(&args);
    assert_eq!(report["changed"], true);
    assert_eq!(sandbox.json(&["info", "-k", "store"])["container"]["mac"]["legacy"], false);
    assert_eq!(sandbox.json(&args)["changed"], false);
}

#[test]
fn entries_are_removed_by_fingerprint_and_by_expiry() {
    let sandbox = Sandbox::new();
    store(&sandbox, "jks");
    sandbox.expect(0, &["import", "--file", &input("expired.pem"), "--alias", "old", "-k", "store"]);
    let list = sandbox.json(&["list", "-k", "store", "--alias", "corp-root"]);
    let pin = list["entries"][0]["sha256"].as_str().unwrap().to_owned();
    let removed = sandbox.expect(0, &["remove", "--sha256", &pin, "-k", "store"]);
    assert!(removed.stdout.contains("removed: corp-root"), "{}", removed.stdout);
    sandbox.expect(1, &["remove", "--sha256", &pin, "-k", "store"]);
    let again = sandbox.expect(0, &["remove", "--sha256", &pin, "--if-present", "-k", "store"]);
    assert!(again.stdout.contains(&format!("unchanged: SHA-256 {pin}")), "{}", again.stdout);
    let expired = sandbox.expect(0, &["remove", "--expired", "-k", "store"]);
    assert!(expired.stdout.contains("removed: old"), "{}", expired.stdout);
    let none = sandbox.expect(0, &["remove", "--expired", "-k", "store"]);
    assert!(none.stdout.contains("unchanged"), "{}", none.stdout);
    assert_eq!(sandbox.aliases("store"), ["p521-root"]);
    let all_or_nothing = sandbox.expect(1, &["remove", "p521-root", "nope", "-k", "store"]);
    assert!(all_or_nothing.stderr.contains("\"nope\""), "{}", all_or_nothing.stderr);
    assert_eq!(sandbox.aliases("store"), ["p521-root"]);
}

#[test]
fn convert_works_in_all_nine_directions_and_refuses_what_it_cannot_take_along() {
    let formats = [
        ("jks", "keypass.jks", "does not open the key"),
        ("jceks", "secrets.jceks", "secret key"),
        ("pkcs12", "secrets.p12", "secret key"),
    ];
    for (from, others, reason) in formats {
        let sandbox = Sandbox::new();
        sandbox.write("k", "another");
        store(&sandbox, from);
        sandbox.copy(&format!("stores/keytool/{others}"), "others");
        let prints = |path: &str| {
            let list = sandbox.json(&["list", "-k", path]);
            let entries = list["entries"].as_array().unwrap().clone();
            entries.iter().map(|e| (e["alias"].to_string(), e["sha256"].to_string())).collect::<Vec<_>>()
        };
        for (to, ..) in formats {
            let out = format!("{from}-to-{to}");
            sandbox.expect(0, &["convert", "-k", "store", "--to", to, "--out", &out]);
            assert_eq!(prints(&out), prints("store"), "{out}");
            assert_eq!(sandbox.json(&["info", "-k", &out])["store"]["format"], to);
            let before = sandbox.read(&out);
            let again = sandbox.json(&["convert", "-k", "store", "--to", to, "--out", &out]);
            assert_eq!((&again["changed"], sandbox.read(&out)), (&false.into(), before), "{out}");
            let others =
                ["convert", "-k", "others", "--to", to, "--out", "refused", "--new-key-password-file", "k"];
            let refused = sandbox.expect(2, &others);
            assert!(refused.stderr.contains(reason), "{}", refused.stderr);
            assert!(!sandbox.path("refused").exists());
        }
    }
    let sandbox = Sandbox::new();
    sandbox.copy("stores/java/case-exact.jks", "store");
    let refused = sandbox.expect(2, &["convert", "-k", "store", "--to", "pkcs12", "--out", "refused"]);
    assert!(
        refused.stderr.contains("\"MiXeD\"") && refused.stderr.contains("but for case"),
        "{}",
        refused.stderr
    );
}
