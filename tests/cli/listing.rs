//! `list`, `show`, `export`, `info`, `verify`: the questions.

use truststore::{Format, Limits, Password, SystemRandom, TrustStore, read_path};

use crate::{Sandbox, input};

#[test]
fn a_store_of_openssl_is_shown_as_not_trusted_and_can_be_trusted() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/openssl/nokeys.p12", "store");
    let answer = sandbox.expect(0, &["list", "-k", "store"]);
    assert!(answer.stdout.contains("certificate, not trusted by Java"), "{}", answer.stdout);
    assert!(answer.stderr.contains("truststore trust --all"), "{}", answer.stderr);
    let names = sandbox.aliases("store");
    sandbox.expect(0, &["trust", "--all", "-k", "store"]);
    assert_eq!(sandbox.aliases("store"), names, "names stay");
    let list = sandbox.json(&["list", "-k", "store"]);
    assert!(list["entries"].as_array().unwrap().iter().all(|e| e["kind"] == "trusted-certificate"));
    let again = sandbox.json(&["trust", "--all", "-k", "store"]);
    assert_eq!(again["changed"], false);
}

#[test]
fn nothing_is_cut_in_a_pipe() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "--alias", &"long".repeat(60)]);
    let answer = sandbox.expect(0, &["list"]);
    assert!(answer.stdout.contains(&"long".repeat(60)));
    assert!(!answer.stdout.contains('…'), "{}", answer.stdout);
    assert!(!answer.stdout.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn hostile_text_never_reaches_the_terminal_and_json_keeps_it() {
    let sandbox = Sandbox::new();
    sandbox
        .expect(0, &["import", "--file", &input("hostile-subject.pem"), "--alias", "x\u{202e}\u{1b}[31my"]);
    for args in [&["list"][..], &["list", "--long"], &["verify"], &["list", "--color", "always"]] {
        let answer = sandbox.run(args);
        for c in ['\u{202e}', '\u{7}'] {
            assert!(!answer.stdout.contains(c) && !answer.stderr.contains(c), "{args:?} {}", answer.stdout);
        }
        assert!(!answer.stdout.contains("\u{1b}[31my"), "{args:?}");
    }
    let list = sandbox.json(&["list"]);
    assert_eq!(list["entries"][0]["alias"], "x\u{202e}\u{1b}[31my");
}

#[test]
fn filters_choose_entries() {
    let sandbox = Sandbox::new();
    for name in ["corp-root", "expired", "p521-root"] {
        sandbox.expect(0, &["import", "--file", &input(&format!("{name}.pem")), "--alias", name]);
    }
    for (args, expected) in [
        (&["--expired"][..], vec!["expired"]),
        (&["--expires-within", "30d"], vec!["expired"]),
        (&["--alias", "*-ROOT"], vec!["corp-root", "p521-root"]),
        (&["--subject", "corp root"], vec!["corp-root"]),
        (&["--alias", "none"], vec![]),
    ] {
        let mut all = vec!["list"];
        all.extend(args);
        let list = sandbox.json(&all);
        let found: Vec<&str> =
            list["entries"].as_array().unwrap().iter().map(|e| e["alias"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{args:?}");
    }
}

#[test]
fn a_missing_alias_is_answered_with_no_and_a_suggestion() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "--alias", "corp-ca"]);
    for args in [
        &["show", "corp-cq"][..],
        &["export", "corp-cq"],
        &["remove", "corp-cq"],
        &["rename", "corp-cq", "x"],
    ] {
        let answer = sandbox.expect(1, args);
        assert!(answer.stderr.contains("\"corp-ca\""), "{args:?} {}", answer.stderr);
    }
    sandbox.expect(0, &["remove", "corp-cq", "--if-present"]);
}

#[test]
fn what_was_imported_is_exported() {
    let sandbox = Sandbox::new();
    let root = std::fs::read(input("corp-root.der")).unwrap();
    sandbox.expect(0, &["import", "--file", &input("corp-root.der"), "--alias", "corp-ca"]);
    sandbox.expect(0, &["export", "corp-ca", "--as", "der", "--out", "root.der"]);
    assert_eq!(sandbox.read("root.der"), root);
    sandbox.expect(0, &["export", "corp-ca", "--as", "der", "--out", "root.der"]);
    sandbox.write("other.der", b"other");
    let refused = sandbox.expect(2, &["export", "corp-ca", "--as", "der", "--out", "other.der"]);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(sandbox.read("other.der"), b"other");
    sandbox.expect(0, &["export", "corp-ca", "--as", "der", "--out", "other.der", "--force"]);
    for encoding in ["pem", "bundle", "pkcs7", "p7b"] {
        let file = format!("out.{encoding}");
        sandbox.expect(0, &["export", "--as", encoding, "--out", &file]);
        let report = sandbox.json(&["import", "--file", &file, "--alias", "corp-ca"]);
        assert_eq!(report["unchanged"].as_array().unwrap().len(), 1, "{encoding}");
    }
}

#[test]
fn verify_answers_with_no_where_an_entry_is_expired() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "--alias", "good"]);
    sandbox.expect(0, &["verify"]);
    sandbox.expect(0, &["import", "--file", &input("expired.pem"), "--alias", "old"]);
    let answer = sandbox.expect(1, &["verify", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let codes: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"expired"), "{codes:?}");
    sandbox.expect(0, &["verify", "--allow", "expired"]);
    let unknown = sandbox.expect(2, &["verify", "--deny", "no-such-code"]);
    assert!(unknown.stderr.contains("expired"), "lists the known ones: {}", unknown.stderr);
}

#[test]
fn info_tells_the_algorithms() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["create", "-k", "new.p12"]);
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "-k", "new.p12"]);
    let info = sandbox.expect(0, &["info", "-k", "new.p12"]);
    assert!(info.stdout.contains("PKCS#12") && info.stdout.contains("10000 iterations"), "{}", info.stdout);
    let json = sandbox.json(&["info", "-k", "new.p12"]);
    assert_eq!(json["store"]["integrity"], "verified");
    assert_eq!(json["container"]["mac"]["iterations"], 10_000);
}

#[test]
fn rows_past_the_first_thousand_are_written_as_they_come() {
    let sandbox = Sandbox::new();
    let mut store = TrustStore::new(Format::Jks, Password::new(Password::JAVA_DEFAULT));
    let root = read_path(input("corp-root.pem").as_ref(), &Limits::default())
        .unwrap()
        .certificates
        .remove(0)
        .certificate;
    let long = format!("zz-{}", "long-".repeat(20));
    for number in 0..1_200 {
        store.insert(&format!("root-{number:04}"), root.clone(), 0).unwrap();
    }
    store.insert(&long, root, 0).unwrap();
    std::fs::write(sandbox.path("s"), store.to_bytes(&mut SystemRandom).unwrap()).unwrap();
    let listed = sandbox.expect(0, &["list", "-k", "s"]).stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 1 + 1_201);
    let (first, rest) = lines[1].split_once("  ").unwrap();
    assert_eq!(first, "root-0000");
    for (number, line) in lines[1..=1_200].iter().enumerate() {
        assert_eq!(*line, format!("root-{number:04}  {rest}"));
    }
    assert_eq!(lines[1_201], format!("{long}  {rest}"), "it pushes its own line");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.expect(0, &["list", "-k", "s", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["shown"], 1_201);
    let aliases: Vec<&str> =
        json["entries"].as_array().unwrap().iter().map(|entry| entry["alias"].as_str().unwrap()).collect();
    assert!(aliases.is_sorted() && aliases.len() == 1_201);
}

/// Without regard to case, and then the same every time, whether all aliases are ASCII or not.
#[test]
fn entries_are_in_the_order_of_their_aliases() {
    let sandbox = Sandbox::new();
    let file = input("corp-root.pem");
    let add = |alias| {
        sandbox.expect(0, &["import", "-k", "s", "--type", "pkcs12", "--file", &file, "--alias", alias]);
    };
    ["zeta", "GAMMA", "gamma-2", "Beta", "alpha"].into_iter().for_each(add);
    assert_eq!(sandbox.aliases("s"), ["alpha", "Beta", "GAMMA", "gamma-2", "zeta"]);
    ["étude", "Édition"].into_iter().for_each(add);
    assert_eq!(sandbox.aliases("s"), ["alpha", "Beta", "GAMMA", "gamma-2", "zeta", "Édition", "étude"]);
}
