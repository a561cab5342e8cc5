//! One store: made, left alone, changed as its manifest changes; and what a JVM reads then.

use std::io::Write as _;
use std::process::Stdio;

use crate::common::java::{Question, java};
use crate::common::testdata;
use crate::sandbox::{Sandbox, actions, sha256};

const FORMATS: [&str; 3] = ["pkcs12", "jks", "jceks"];

/// A store `s` with one certificate under `corp`, beside what follows.
fn manifest(format: &str, certificate: &str, more: &str) -> String {
    format!(
        "version = 1\n[[store]]\npath = 's'\nformat = '{format}'\n\
         [[store.certificate]]\nalias = 'corp'\nfile = '{certificate}.pem'\nsha256 = '{}'\n{more}",
        sha256(certificate)
    )
}

#[test]
fn the_second_time_writes_nothing() {
    for format in FORMATS {
        let bundle = "[[store.bundle]]\nfile = 'bundle.pem'\nalias-prefix = 'b-'\n";
        let sandbox = Sandbox::with(&manifest(format, "corp-root", bundle));
        let first = sandbox.json(0, "apply trust.toml");
        assert_eq!((&first["changed"], &first["stores"][0]["created"]), (&true.into(), &true.into()));
        assert_eq!(first["stores"][0]["store"]["format"], format);
        assert_eq!(actions(&first)[..2], ["add corp", "add b-corp-root-ca"]);
        let before = sandbox.state("s");
        let folder = sandbox.path("").metadata().unwrap().modified().unwrap();
        for line in [
            "apply trust.toml",
            "apply trust.toml --prune --backup",
            "apply trust.toml --dry-run --exit-code",
        ] {
            let again = sandbox.json(0, line);
            assert_eq!(again["changed"], false, "{format} {line}");
            assert_eq!((&again["stores"][0]["state"], actions(&again).len()), (&"unchanged".into(), 0));
            assert_eq!(again["stores"][0]["unchanged"], 6);
        }
        assert_eq!(sandbox.state("s"), before, "{format}");
        // Not even a lock was taken.
        assert_eq!(sandbox.path("").metadata().unwrap().modified().unwrap(), folder, "{format}");
        assert!(sandbox.expect(0, "apply trust.toml").stdout.starts_with("unchanged: s ("));
    }
}

#[test]
fn a_dry_run_says_all_and_does_nothing() {
    let sandbox = Sandbox::with(&manifest("jks", "corp-root", ""));
    let answer = sandbox.expect(0, "apply trust.toml --dry-run");
    assert!(answer.stdout.contains("would be created: s (JKS)\n+ corp  FE:D6:AB:"), "{}", answer.stdout);
    let answer = sandbox.json(1, "apply trust.toml --dry-run --exit-code");
    assert_eq!((&answer["changed"], &answer["dry_run"]), (&true.into(), &true.into()));
    assert_eq!(answer["stores"][0]["state"], "planned");
    assert!(sandbox.files().is_empty());
}

#[test]
fn a_declared_alias_with_another_certificate_is_replaced_and_both_fingerprints_are_shown() {
    for format in FORMATS {
        let sandbox = Sandbox::with(&manifest(format, "corp-root", ""));
        sandbox.expect(0, "apply trust.toml");
        sandbox.write("trust.toml", manifest(format, "corp-root-2", ""));
        let text = sandbox.expect(0, "apply trust.toml --dry-run").stdout;
        let (old, new) = (sha256("corp-root"), sha256("corp-root-2"));
        assert!(text.contains(&format!("~ corp\n    {old}  CN=Corp Root CA")), "{text}");
        assert!(text.contains(&format!("\n  → {new}  CN=Corp Root CA")), "{text}");
        assert_eq!(text.matches("(2024-01-01 to 2044-01-01)").count(), 2, "{text}");
        let answer = sandbox.json(0, "apply trust.toml --backup");
        let action = &answer["stores"][0]["actions"][0];
        assert_eq!((&action["action"], &action["sha256"]), (&"replace".into(), &new.as_str().into()));
        assert_eq!(action["previous"]["sha256"], old.as_str());
        assert!(action["source"].as_str().unwrap().contains("corp-root-2.pem"));
        assert_eq!(answer["stores"][0]["backup"], "s.bak");
        let Some(java) = java() else { continue };
        let file = sandbox.path("s");
        let java_type = ["PKCS12", "JKS", "JCEKS"][FORMATS.iter().position(|f| *f == format).unwrap()];
        let dumped =
            java.dump(&[Question { file, java_type, password: "changeit", key_password: "changeit" }]);
        assert_eq!(dumped[0].len(), 1);
        assert_eq!((dumped[0][0].alias.as_str(), dumped[0][0].kind.as_str()), ("corp", "trusted"));
        assert_eq!(dumped[0][0].fingerprints, [new.replace(':', "").to_lowercase()]);
    }
}

#[test]
fn the_same_manifest_gives_the_same_octets_where_that_is_asked_for() {
    for format in FORMATS {
        let made = |line: &str| {
            let sandbox =
                Sandbox::with(&manifest(format, "corp-root", "[[store.bundle]]\nfile = 'bundle.pem'\n"));
            sandbox.expect(0, line);
            sandbox.state("s").0
        };
        assert_eq!(
            made("apply trust.toml --reproducible"),
            made("apply trust.toml --reproducible"),
            "{format}"
        );
        assert_ne!(made("apply trust.toml --reproducible"), made("apply trust.toml"), "{format}");
    }
}

#[test]
fn keytool_lists_what_was_declared() {
    let Some(java) = java() else { return };
    let sandbox = Sandbox::with(&manifest("pkcs12", "corp-root", "[[store.bundle]]\nfile = 'root-a.pem'\n"));
    sandbox.expect(0, "apply trust.toml");
    let list = java.keytool(&["-list"], &sandbox.path("s"), "PKCS12");
    assert!(list.contains("contains 2 entries") && list.matches("trustedCertEntry").count() == 2, "{list}");
    assert!(list.contains(&sha256("corp-root")) && list.contains("example-root-a"), "{list}");
}

#[test]
fn a_certificate_under_another_alias_stays_until_it_is_pruned() {
    let sandbox = Sandbox::with(&manifest("pkcs12", "corp-root", ""));
    sandbox.expect(0, "import -k s --file corp-root.pem --alias before");
    let answer = sandbox.json(0, "apply trust.toml");
    assert_eq!(actions(&answer), ["add corp"]);
    assert_eq!(
        answer["stores"][0]["actions"][0]["note"],
        "the same certificate is also in the store as \"before\""
    );
    assert_eq!(sandbox.aliases("s"), ["before", "corp"]);
    assert_eq!(actions(&sandbox.json(0, "apply trust.toml --prune")), ["remove before"]);
    assert_eq!(sandbox.aliases("s"), ["corp"]);
}

#[test]
fn what_is_absent_goes_by_alias_by_fingerprint_or_by_both() {
    let absent =
        |fields: &str| format!("[[store]]\npath='s'\n[[store.certificate]]\nabsent=true\n{fields}\n");
    let (a, b) = (sha256("root-a"), sha256("root-b"));
    let cases = [
        ("alias='ONE'".to_owned(), vec!["remove one"]),
        (format!("sha256='{a}'"), vec!["remove one", "remove again"]),
        (format!("alias='one'\nsha256='{a}'"), vec!["remove one"]),
        (format!("alias='one'\nsha256='{b}'"), vec![]),
        ("alias='none'".to_owned(), vec![]),
    ];
    for (fields, expected) in cases {
        let sandbox = Sandbox::with(&absent(&fields));
        // There is no store, and none is made to hold nothing.
        assert_eq!(sandbox.json(0, "apply trust.toml")["changed"], false);
        assert!(sandbox.files().is_empty());
        for (alias, file) in [("one", "root-a"), ("two", "root-b"), ("again", "root-a")] {
            sandbox.expect(0, &format!("import -k s --file {file}.pem --alias {alias}"));
        }
        assert_eq!(actions(&sandbox.json(0, "apply trust.toml")), expected, "{fields}");
        assert_eq!(sandbox.json(0, "apply trust.toml")["changed"], false, "{fields}");
    }
    let twice = absent(&format!("sha256='{a}'\n[[store.certificate]]\nalias='x'\nfile='root-a.pem'"));
    let said = Sandbox::with(&twice).expect(2, "apply trust.toml").stderr;
    assert!(said.contains("line 6, column 1: the certificate is declared `absent` in line 3"), "{said}");
}

#[test]
fn a_bundle_is_there_under_any_alias_and_leaves_out_what_is_absent() {
    let sandbox = Sandbox::with(&format!(
        "[[store]]\npath='s'\n[[store.bundle]]\nfile='bundle.pem'\n\
         [[store.certificate]]\nabsent=true\nsha256='{}'\n[[store.certificate]]\nabsent=true\nalias='example-root-b'",
        sha256("root-a")
    ));
    sandbox.expect(0, "import -k s --file corp-root.pem --alias mine");
    let answer = sandbox.json(0, "apply trust.toml");
    assert_eq!(actions(&answer), ["add corp-root-ca", "add example-root-b-2", "add example-root-rsa"]);
    assert_eq!(sandbox.json(0, "apply trust.toml --prune")["changed"], false);
    // The alias that is taken is not taken over.
    let sandbox = Sandbox::with("[[store]]\npath='s'\n[[store.bundle]]\nfile='root-a.pem'");
    sandbox.expect(0, "import -k s --file root-b.pem --alias example-root-a");
    assert_eq!(actions(&sandbox.json(0, "apply trust.toml")), ["add example-root-a-2"]);
}

#[test]
fn another_store_is_a_bundle_with_its_aliases_and_dates() {
    let sandbox =
        Sandbox::with("[[store]]\npath='s'\nformat='jks'\n[[store.bundle]]\nfile='from'\nalias-prefix='x-'");
    sandbox.copy("stores/keytool/three.jks", "from");
    let answer = sandbox.json(0, "apply trust.toml");
    let aliases = sandbox.aliases("from");
    assert_eq!(actions(&answer), aliases.iter().map(|alias| format!("add x-{alias}")).collect::<Vec<_>>());
    let created = |store: &str| sandbox.json(0, &format!("list -k {store}"))["entries"][0]["created"].clone();
    assert_eq!(created("s"), created("from"));
    assert_eq!(sandbox.json(0, "apply trust.toml --prune")["changed"], false);
    // Nothing proves who made this one.
    sandbox.copy("stores/keytool/passwordless.p12", "from");
    let said = sandbox.expect(2, "apply trust.toml").stderr;
    assert!(said.contains("has no MAC") && said.contains("(named in trust.toml, line 4)"), "{said}");
}

#[test]
fn certificates_that_java_does_not_see_are_trusted_when_they_are_declared() {
    let root = sha256("corp-root");
    let sandbox = Sandbox::with(&format!(
        "[[store]]\npath='s'\n[[store.certificate]]\nalias='one'\nfile='corp-root.pem'\nsha256='{root}'\n\
         [[store.bundle]]\nfile='root-a.pem'"
    ));
    sandbox.copy("stores/openssl/nokeys-three.p12", "s");
    assert_eq!(actions(&sandbox.json(0, "apply trust.toml")), ["trust one", "trust two"]);
    assert_eq!(sandbox.json(0, "apply trust.toml")["changed"], false);
}

#[test]
fn a_manifest_from_standard_input_begins_at_the_working_folder() {
    let sandbox = Sandbox::with("");
    let mut child = sandbox.command("apply -").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifest("jks", "corp-root", "").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(sandbox.aliases("s"), ["corp"]);
}

#[test]
fn paths_begin_at_the_manifest_and_a_store_without_one_is_the_one_of_the_command_line() {
    let sandbox = Sandbox::with("");
    std::fs::create_dir(sandbox.path("etc")).unwrap();
    let pem = std::fs::read_to_string(testdata("inputs/root-a.pem")).unwrap();
    let certificate = format!("[[store.certificate]]\nalias='a'\npem='''\n{pem}'''\n");
    sandbox.write("etc/trust.toml", format!("[[store]]\npath='../s'\n{certificate}"));
    sandbox.expect(0, "apply etc/trust.toml");
    assert_eq!(sandbox.aliases("s"), ["a"]);
    sandbox.write("etc/trust.toml", format!("[[store]]\n{certificate}"));
    sandbox.expect(0, "apply etc/trust.toml -k t");
    assert_eq!(sandbox.aliases("t"), ["a"]);
    let answer = sandbox.expect(0, "apply etc/trust.toml");
    assert!(answer.stderr.contains("using the store ssl-truststore"), "{}", answer.stderr);
    assert_eq!(sandbox.files(), ["etc", "s", "ssl-truststore", "t"]);
}

#[test]
fn the_example_is_one() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/trust.toml")).unwrap();
    let manifest =
        truststore::apply::Manifest::from_toml(&text, "trust.toml", &truststore::Limits::default()).unwrap();
    assert!(manifest.stores.len() > 1);
}
