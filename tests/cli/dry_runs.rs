//! `--dry-run`: every edit says what it would do, answers with `--exit-code`, and touches nothing.

use std::collections::BTreeMap;

use crate::{Sandbox, input};

/// Names, contents and times of all files in the sandbox.
fn state(sandbox: &Sandbox) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    let files = sandbox.files().into_iter();
    files
        .map(|name| {
            let modified = sandbox.path(&name).metadata().unwrap().modified().unwrap();
            (name.clone(), (sandbox.read(&name), modified))
        })
        .collect()
}

#[test]
fn every_edit_can_be_tried_without_touching_anything() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = Sandbox::new();
        let (one, two) = (input("corp-root.pem"), input("expired.pem"));
        sandbox.expect(0, &["import", "-k", "s", "--file", &one, "--alias", "a", "--type", format]);
        sandbox.expect(0, &["import", "-k", "s", "--file", &two, "--alias", "b", "--backup"]);
        sandbox.copy("stores/openssl/nokeys-three.p12", "untrusted");
        sandbox.write("new.txt", "another one");
        let wanted =
            format!("[[store]]\npath = 's'\n[[store.bundle]]\nfile = '{}'\n", input("corp-root-2.pem"));
        sandbox.write("trust.toml", wanted);
        let before = state(&sandbox);
        let folder = sandbox.path("");
        let writable = std::fs::metadata(&folder).unwrap().permissions();
        let mut read_only = writable.clone();
        read_only.set_readonly(true);
        std::fs::set_permissions(&folder, read_only).unwrap();
        let other = input("corp-root-2.pem");
        for args in [
            &["import", "-k", "s", "--file", &other, "--alias", "c"][..],
            &["import", "-k", "s", "--file", &other, "--alias", "a", "--replace", "--backup"],
            &["import", "-k", "new", "--file", &other],
            &["remove", "-k", "s", "a", "--backup"],
            &["remove", "-k", "s", "--expired"],
            &["rename", "-k", "s", "a", "x"],
            &["trust", "-k", "untrusted", "--all"],
            &["passwd", "-k", "s", "--new-password-file", "new.txt"],
            &["create", "-k", "new"],
            &["restore", "-k", "s"],
            &["convert", "-k", "s", "--to", "pkcs12", "--out", "new"],
            &["apply", "trust.toml"],
        ] {
            let mut all = args.to_vec();
            all.push("--dry-run");
            let answer = sandbox.expect(0, &all);
            let said = format!("{}{}", answer.stdout, answer.stderr);
            assert!(said.contains("would "), "{format} {args:?} {said}");
            all.push("--exit-code");
            sandbox.expect(1, &all);
            all.extend(["--format", "json"]);
            let report: serde_json::Value = serde_json::from_str(&sandbox.expect(1, &all).stdout).unwrap();
            assert_eq!((&report["changed"], &report["dry_run"]), (&true.into(), &true.into()), "{args:?}");
            assert_eq!(state(&sandbox), before, "{format} {args:?}");
        }
        std::fs::set_permissions(&folder, writable).unwrap();
        for args in [
            &["import", "-k", "s", "--file", &one, "--alias", "a"][..],
            &["remove", "-k", "s", "nope", "--if-present"],
            &["rename", "-k", "s", "gone", "a"],
            &["trust", "-k", "s", "a"],
            &["create", "-k", "s"],
        ] {
            let mut all = args.to_vec();
            all.extend(["--dry-run", "--exit-code"]);
            sandbox.expect(0, &all);
            // And done in earnest it writes nothing either.
            sandbox.expect(0, args);
            assert_eq!(state(&sandbox), before, "{format} {args:?}");
        }
    }
}

#[test]
fn the_exit_code_option_goes_with_a_dry_run_only() {
    let sandbox = Sandbox::new();
    let answer = sandbox.expect(2, &["create", "--exit-code"]);
    assert!(answer.stderr.contains("--dry-run"), "{}", answer.stderr);
    assert!(sandbox.files().is_empty());
}
