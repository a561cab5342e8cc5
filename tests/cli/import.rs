//! `import`: every kind of input, safe to repeat, all or nothing.

use crate::{Sandbox, input};

const FORMATS: [&str; 3] = ["pkcs12", "jks", "jceks"];

#[test]
fn the_main_job_creates_the_store_and_repeats_as_unchanged() {
    for format in FORMATS {
        let sandbox = Sandbox::new();
        let root = input("corp-root.pem");
        let args = ["import", "--file", &root, "--alias", "corp-ca", "--type", format];
        let first = sandbox.expect(0, &args);
        assert!(first.stdout.contains("added: corp-ca"), "{}", first.stdout);
        assert!(first.stdout.contains("SHA-256"), "{}", first.stdout);
        assert!(first.stderr.contains("created"), "{}", first.stderr);
        assert!(first.stderr.contains("changeit"), "{}", first.stderr);
        let bytes = sandbox.read("ssl-truststore");
        let second = sandbox.expect(0, &args);
        assert!(second.stdout.contains("unchanged"), "{}", second.stdout);
        assert_eq!(sandbox.read("ssl-truststore"), bytes);
        assert_eq!(sandbox.files(), ["ssl-truststore"]);
    }
}

#[test]
fn another_certificate_under_the_alias_is_refused_or_replaced_on_request() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "--alias", "corp-ca"]);
    let before = sandbox.read("ssl-truststore");
    let other = input("corp-root-2.pem");
    let refused = sandbox.expect(2, &["import", "--file", &other, "--alias", "CORP-CA"]);
    assert!(refused.stderr.contains("taken") && refused.stderr.contains("--replace"), "{}", refused.stderr);
    assert_eq!(sandbox.read("ssl-truststore"), before);
    let replaced = sandbox.expect(0, &["import", "--file", &other, "--alias", "corp-ca", "--replace"]);
    assert!(replaced.stdout.contains("old SHA-256") && replaced.stdout.contains("new SHA-256"));
    assert_eq!(sandbox.aliases("ssl-truststore"), ["corp-ca"]);
}

#[test]
fn every_encoding_of_the_same_roots_gives_the_same_entries() {
    let mut expected: Option<Vec<String>> = None;
    for name in [
        "bundle.pem",
        "bundle-crlf.pem",
        "bundle-utf8bom.pem",
        "bundle-utf16le.pem",
        "bundle-utf16be.pem",
        "bundle.p7b",
        "bundle-der.p7b",
    ] {
        let sandbox = Sandbox::new();
        sandbox.expect(0, &["import", "--file", &input(name)]);
        let list = sandbox.json(&["list"]);
        let mut prints: Vec<String> = list["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["sha256"].as_str().unwrap().to_owned())
            .collect();
        prints.sort();
        assert_eq!(prints.len(), 5, "{name}");
        assert_eq!(*expected.get_or_insert_with(|| prints.clone()), prints, "{name}");
    }
}

#[test]
fn single_certificates_of_every_encoding_are_read() {
    for name in ["corp-root.pem", "corp-root.der", "bare-base64.txt", "trusted.pem"] {
        let sandbox = Sandbox::new();
        let report = sandbox.json(&["import", "--file", &input(name), "--alias", "ca"]);
        assert_eq!(report["added"].as_array().unwrap().len(), 1, "{name}");
    }
}

#[test]
fn many_certificates_are_numbered_and_found_again_in_any_order() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("bundle.pem"), "--alias", "corp-ca"]);
    assert_eq!(
        sandbox.aliases("ssl-truststore"),
        ["corp-ca", "corp-ca-2", "corp-ca-3", "corp-ca-4", "corp-ca-5"]
    );
    let before = sandbox.read("ssl-truststore");
    let pem = std::fs::read_to_string(input("bundle.pem")).unwrap();
    let mut blocks: Vec<&str> = pem.split_inclusive("-----END CERTIFICATE-----").collect();
    blocks.pop();
    blocks.reverse();
    sandbox.write("reversed.pem", blocks.join("\n"));
    let again = sandbox.json(&["import", "--file", "reversed.pem", "--alias", "corp-ca"]);
    assert_eq!(again["changed"], false);
    assert_eq!(again["unchanged"].as_array().unwrap().len(), 5);
    assert_eq!(sandbox.read("ssl-truststore"), before);
}

#[test]
fn without_an_alias_the_subject_gives_one() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem")]);
    assert_eq!(sandbox.aliases("ssl-truststore"), ["corp-root-ca"]);
    // The other root has the same subject: it gets a number, and the first is left alone.
    sandbox.expect(0, &["import", "--file", &input("corp-root-2.pem")]);
    assert_eq!(sandbox.aliases("ssl-truststore"), ["corp-root-ca", "corp-root-ca-2"]);
    let again = sandbox.json(&["import", "--file", &input("corp-root-2.pem")]);
    assert_eq!(again["changed"], false);
}

#[test]
fn the_same_certificate_under_another_alias_is_added_with_a_warning_or_skipped() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    sandbox.expect(0, &["import", "--file", &root, "--alias", "one"]);
    let skipped = sandbox.json(&["import", "--file", &root, "--alias", "two", "--skip-duplicates"]);
    assert_eq!(skipped["changed"], false);
    assert_eq!(skipped["skipped"].as_array().unwrap().len(), 1);
    let added = sandbox.expect(0, &["import", "--file", &root, "--alias", "two"]);
    assert!(added.stderr.contains("\"one\""), "{}", added.stderr);
    assert_eq!(sandbox.aliases("ssl-truststore"), ["one", "two"]);
}

#[test]
fn a_pin_refuses_anything_else() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    let report = sandbox.json(&["import", "--file", &root, "--alias", "ca", "--dry-run"]);
    let pin = report["added"][0]["sha256"].as_str().unwrap().to_owned();
    assert!(sandbox.files().is_empty(), "a dry run writes nothing");
    let other = input("corp-root-2.pem");
    let refused = sandbox.expect(2, &["import", "--file", &other, "--alias", "ca", "--sha256", &pin]);
    assert!(
        refused.stderr.contains("expected SHA-256") && refused.stderr.contains(&pin),
        "{}",
        refused.stderr
    );
    assert!(sandbox.files().is_empty());
    for spelling in [pin.clone(), pin.to_lowercase(), pin.replace(':', ""), format!("SHA256:{pin}")] {
        sandbox.expect(0, &["import", "--file", &root, "--alias", "ca", "--sha256", &spelling]);
    }
    let sha1 = "0".repeat(40);
    let refused = sandbox.expect(2, &["import", "--file", &root, "--alias", "ca", "--sha256", &sha1]);
    assert!(refused.stderr.contains("SHA-1"), "{}", refused.stderr);
}

#[test]
fn one_bad_certificate_fails_the_bundle_unless_told_to_keep_going() {
    let sandbox = Sandbox::new();
    let refused = sandbox.expect(2, &["import", "--file", &input("one-bad.pem")]);
    assert!(refused.stderr.contains("--keep-going"), "{}", refused.stderr);
    assert!(sandbox.files().is_empty());
    let answer = sandbox.expect(2, &["import", "--file", &input("one-bad.pem"), "--keep-going"]);
    assert!(answer.stdout.contains("failed:"), "{}", answer.stdout);
    assert_eq!(sandbox.aliases("ssl-truststore").len(), 2);
}

#[test]
fn questionable_certificates_are_warned_of_and_refused_when_strict() {
    for name in [
        "expired.pem",
        "notyet.pem",
        "not-ca.pem",
        "weak-rsa1024.pem",
        "md5-root.pem",
        "sha1-root.pem",
        "bad-signature.pem",
    ] {
        let sandbox = Sandbox::new();
        let file = input(name);
        let refused = sandbox.expect(2, &["import", "--file", &file, "--alias", "x", "--strict"]);
        assert!(refused.stderr.contains("--strict"), "{name}: {}", refused.stderr);
        assert!(sandbox.files().is_empty(), "{name}");
        let warned = sandbox.expect(0, &["import", "--file", &file, "--alias", "x"]);
        assert!(warned.stderr.contains("warning"), "{name}: {}", warned.stderr);
    }
}

#[test]
fn a_private_key_is_never_imported() {
    let sandbox = Sandbox::new();
    let answer = sandbox.expect(0, &["import", "--file", &input("with-key.pem"), "--alias", "x"]);
    assert!(answer.stderr.to_lowercase().contains("private key"), "{}", answer.stderr);
    let list = sandbox.json(&["list"]);
    assert_eq!(list["entries"][0]["kind"], "trusted-certificate");
    let sandbox = Sandbox::new();
    let answer = sandbox.expect(2, &["import", "--file", &input("key-only.pem"), "--alias", "x"]);
    assert!(answer.stderr.contains("only a private key"), "{}", answer.stderr);
}

#[test]
fn standard_input_is_a_file_too() {
    let sandbox = Sandbox::new();
    let pem = std::fs::read(input("corp-root.pem")).unwrap();
    let answer = sandbox.run_with_stdin(&["import", "--file", "-", "--alias", "ca"], &pem);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let both = sandbox.run_with_stdin(&["import", "--file", "-", "--password-stdin"], &pem);
    assert_eq!(both.code, 2);
    assert!(both.stderr.contains("standard input"), "{}", both.stderr);
}

#[test]
fn another_store_brings_its_aliases() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("bundle.pem"), "-k", "source.jks", "--type", "jks"]);
    let source = sandbox.aliases("source.jks");
    sandbox.expect(0, &["import", "--file", "source.jks"]);
    assert_eq!(sandbox.aliases("ssl-truststore"), source);
    let again = sandbox.json(&["import", "--file", "source.jks"]);
    assert_eq!(again["changed"], false);
}

#[test]
fn a_mistyped_store_is_not_created_on_request() {
    let sandbox = Sandbox::new();
    let answer =
        sandbox.expect(2, &["import", "--file", &input("corp-root.pem"), "-k", "typo", "--existing"]);
    assert!(answer.stderr.contains("typo"), "{}", answer.stderr);
    assert!(sandbox.files().is_empty());
}

#[test]
fn a_dry_run_tells_and_does_nothing() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    let args = ["import", "--file", &root, "--alias", "ca", "--dry-run", "--exit-code"];
    let answer = sandbox.expect(1, &args);
    assert!(answer.stdout.contains("would be added"), "{}", answer.stdout);
    assert!(sandbox.files().is_empty());
    sandbox.expect(0, &["import", "--file", &root, "--alias", "ca"]);
    sandbox.expect(0, &args);
}

#[test]
fn a_folder_is_imported_and_what_is_no_certificate_is_said() {
    let sandbox = Sandbox::new();
    let answer = sandbox.expect(0, &["import", "--file", &input("folder")]);
    assert!(answer.stderr.contains("README.txt"), "{}", answer.stderr);
    assert!(sandbox.aliases("ssl-truststore").len() > 2);
}

#[test]
fn an_import_trusts_the_same_certificate_that_java_did_not_see() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/openssl/nokeys-named.p12", "store");
    let list = sandbox.json(&["list", "-k", "store"]);
    assert_eq!(list["entries"][0]["kind"], "certificate");
    let alias = list["entries"][0]["alias"].as_str().unwrap().to_owned();
    sandbox.expect(0, &["export", &alias, "-k", "store", "--out", "root.pem"]);
    let args = ["import", "--file", "root.pem", "--alias", &alias, "-k", "store"];
    let mut dry = args.to_vec();
    dry.extend(["--dry-run", "--exit-code"]);
    let answer = sandbox.expect(1, &dry);
    assert!(answer.stdout.contains(&format!("would be trusted: {alias}")), "{}", answer.stdout);
    let report = sandbox.json(&args);
    assert_eq!(report["changed"], true);
    assert_eq!(report["trusted"][0]["alias"], alias.as_str());
    assert_eq!(report["added"].as_array().unwrap().len(), 0);
    assert_eq!(sandbox.json(&["list", "-k", "store"])["entries"][0]["kind"], "trusted-certificate");
    assert_eq!(sandbox.json(&args)["changed"], false);
}

#[test]
fn keep_going_reports_each_item_with_its_place_and_creates_no_store_for_nothing() {
    let sandbox = Sandbox::new();
    let bad = input("one-bad.pem");
    let args = ["import", "--file", "nope.pem", "--file", &bad, "--keep-going", "--format", "json"];
    let answer = sandbox.expect(2, &args);
    let report: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let failed: Vec<&str> =
        report["failed"].as_array().unwrap().iter().map(|f| f["message"].as_str().unwrap()).collect();
    assert!(failed[0].contains("nope.pem"), "{failed:?}");
    assert!(failed[1].contains("one-bad.pem (certificate 2 of 3, line 13)"), "{failed:?}");
    assert_eq!(report["added"].as_array().unwrap().len(), 2);
    let error: serde_json::Value = serde_json::from_str(answer.stderr.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "failed-items");

    let sandbox = Sandbox::new();
    let answer = sandbox.expect(2, &["import", "--file", "nope.pem", "--keep-going"]);
    assert!(answer.stderr.contains("nope.pem"), "{}", answer.stderr);
    assert!(sandbox.files().is_empty(), "nothing to import, so no store");
}

#[test]
fn the_alias_option_does_not_silently_lose_against_those_of_a_store() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/one.p12", "source");
    let answer = sandbox.expect(0, &["import", "--file", "source", "--alias", "mine"]);
    assert!(answer.stderr.contains("--alias is not used"), "{}", answer.stderr);
    assert_eq!(sandbox.aliases("ssl-truststore"), ["corp-root"]);
}

#[test]
fn an_unverified_store_is_a_source_only_with_pins() {
    for (source, hint) in [
        ("stores/keytool/passwordless.p12", "--sha256"),
        ("stores/java/nonascii-password.jks", "--source-password-file"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.copy(source, "source");
        let answer = sandbox.expect(2, &["import", "--file", "source"]);
        assert!(answer.stderr.contains(hint), "{}", answer.stderr);
        assert_eq!(sandbox.files(), ["source"]);
        let list = sandbox.json(&["list", "-k", "source"]);
        let mut args = vec!["import", "--file", "source"];
        for entry in list["entries"].as_array().unwrap() {
            args.extend(["--sha256", entry["sha256"].as_str().unwrap()]);
        }
        sandbox.expect(0, &args);
    }
    let sandbox = Sandbox::new();
    sandbox.write("secret", "pässwörd€中🔐\r\n");
    let root = input("corp-root.pem");
    sandbox.expect(
        0,
        &["import", "--file", &root, "--alias", "ca", "-k", "source", "--password-file", "secret"],
    );
    let answer = sandbox.expect(2, &["import", "--file", "source"]);
    assert!(answer.stderr.contains("hint: give the source's password"), "{}", answer.stderr);
    sandbox.expect(0, &["import", "--file", "source", "--source-password-file", "secret"]);
    assert_eq!(sandbox.aliases("ssl-truststore"), ["ca"]);
}

#[test]
fn a_folder_with_the_same_certificate_in_many_files_says_so_once() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    for name in ["a.pem", "b.pem", "c.pem"] {
        sandbox.copy("inputs/corp-root.pem", &format!("folder/{name}"));
    }
    let answer = sandbox.expect(0, &["import", "--file", "folder"]);
    assert_eq!(answer.stderr.matches("taken once").count(), 1, "{}", answer.stderr);
    assert!(answer.stderr.contains("2 files have certificates"), "{}", answer.stderr);
    let verbose = sandbox.expect(0, &["import", "--file", "folder", "-v"]);
    assert!(verbose.stderr.contains("b.pem"), "{}", verbose.stderr);
}

#[test]
fn the_password_of_a_new_store_is_given_or_left_out_but_not_both() {
    let sandbox = Sandbox::new();
    sandbox.write("secret", "secret");
    let root = input("corp-root.pem");
    sandbox.expect(2, &["import", "--file", &root, "--no-password", "--password-file", "secret"]);
    sandbox.expect(2, &["create", "--no-password", "--password-file", "secret"]);
    sandbox.expect(2, &["create", "--no-password", "--type", "jks"]);
    assert_eq!(sandbox.files(), ["secret"]);
}

#[test]
fn of_a_server_with_its_chain_the_root_is_named_whatever_files_they_are_in() {
    let sandbox = Sandbox::new();
    let chain = sandbox.expect(0, &["import", "--file", &input("chain.pem"), "--dry-run"]);
    assert!(
        chain.stderr.contains("chain.pem (certificate 1 of 3, line 1): CN=Corp Root CA"),
        "{}",
        chain.stderr
    );
    let (server, issuing, root) = (input("server.pem"), input("issuing.pem"), input("corp-root.pem"));
    let files =
        sandbox.expect(0, &["import", "--file", &server, "--file", &issuing, "--file", &root, "--dry-run"]);
    assert!(files.stderr.contains("corp-root.pem (line 1): CN=Corp Root CA"), "{}", files.stderr);
}
