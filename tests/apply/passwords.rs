//! Where the passwords of a manifest's stores come from; and stores that are not what is declared.

use crate::sandbox::{Answer, Sandbox};

const ONE: &str = "[[store.certificate]]\nalias='a'\nfile='root-a.pem'\n";

#[test]
fn each_store_has_a_password_of_its_own() {
    let sandbox = Sandbox::with(&format!(
        "[[store]]\npath='file'\npassword-file='secrets/one'\n{ONE}\
         [[store]]\npath='env'\npassword-env='TWO'\n{ONE}\
         [[store]]\npath='none'\nno-password=true\n{ONE}\
         [[store]]\npath='given'\n{ONE}"
    ));
    std::fs::create_dir(sandbox.path("secrets")).unwrap();
    sandbox.write("secrets/one", "first one\n");
    sandbox.write("four", "fourth one");
    let line = "apply trust.toml --password-file four";
    let answer = Answer::of(0, line, sandbox.command(line).env("TWO", "second one"));
    assert!(!answer.stderr.contains("Java's default"), "{}", answer.stderr);
    for (store, password) in [("file", "first one"), ("env", "second one"), ("given", "fourth one")] {
        let line = format!("list -k {store} --password-env P");
        Answer::of(0, &line, sandbox.command(&line).env("P", password));
        Answer::of(2, &line, sandbox.command(&line).env("P", "another"));
    }
    assert_eq!(sandbox.json(0, "list -k none")["store"]["integrity"], "none");
    let again = Answer::of(0, line, sandbox.command(line).env("TWO", "second one"));
    assert_eq!(again.stdout.matches("unchanged: ").count(), 4, "{}", again.stdout);
    let said = sandbox.expect(2, line).stderr;
    assert!(said.contains("the variable TWO, which is to hold the password, is not set"), "{said}");
    // A changed store keeps its password.
    sandbox.write("root-a.pem", std::fs::read(sandbox.path("root-b.pem")).unwrap());
    let changed = Answer::of(0, line, sandbox.command(line).env("TWO", "second one"));
    assert_eq!(changed.stdout.matches("changed: ").count(), 4, "{}", changed.stdout);
}

#[test]
fn a_wrong_password_changes_nothing() {
    let sandbox = Sandbox::with(&format!("[[store]]\npath='s'\npassword-file='secret'\n{ONE}"));
    sandbox.expect(0, "import -k s --file root-b.pem --alias b");
    sandbox.write("secret", "another");
    let before = sandbox.state("s");
    let answer = sandbox.expect(2, "apply trust.toml --format json");
    assert!(answer.stderr.contains("\"wrong-password\""), "{}", answer.stderr);
    assert_eq!(sandbox.state("s"), before);
}

#[test]
fn a_store_of_another_format_or_protection_is_left_alone() {
    let sandbox = Sandbox::with(&format!("[[store]]\npath='s'\nformat='jks'\n{ONE}"));
    sandbox.expect(0, "import -k s --file root-b.pem --alias b");
    let before = sandbox.state("s");
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("s: expected a JKS store, as the manifest declares, found PKCS#12"), "{said}");
    assert!(said.contains("truststore convert"), "{said}");
    sandbox.write("trust.toml", format!("[[store]]\npath='s'\nno-password=true\n{ONE}"));
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("expected a store without a password"), "{said}");
    assert_eq!(sandbox.state("s"), before);
    // Without a declared format any will do.
    sandbox.write("trust.toml", format!("[[store]]\npath='s'\n{ONE}"));
    sandbox.expect(0, "apply trust.toml");
}

#[test]
fn a_bundle_that_is_a_store_is_opened_with_its_own_password() {
    let sandbox =
        Sandbox::with("[[store]]\npath='s'\n[[store.bundle]]\nfile='from'\npassword-file='secret'\n");
    sandbox.write("secret", "of the bundle");
    sandbox.expect(0, "import -k from --file root-b.pem --alias b --password-file secret");
    sandbox.expect(0, "apply trust.toml");
    assert_eq!(sandbox.aliases("s"), ["b"]);
    sandbox.write("secret", "another");
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("(named in trust.toml, line 3)"), "{said}");
}
