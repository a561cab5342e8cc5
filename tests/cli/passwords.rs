//! Passwords: where they come from, what is said when they are wrong, and that they are never shown.

use crate::{Sandbox, input};

fn store_with_password(sandbox: &Sandbox, format: &str) {
    sandbox.write("secret.txt", "s3cret pass\r\n");
    sandbox.expect(
        0,
        &[
            "import",
            "--file",
            &input("corp-root.pem"),
            "-k",
            "store",
            "--type",
            format,
            "--password-file",
            "secret.txt",
        ],
    );
}

#[test]
fn every_source_gives_the_password_less_one_line_end() {
    for format in ["pkcs12", "jks"] {
        let sandbox = Sandbox::new();
        store_with_password(&sandbox, format);
        sandbox.expect(0, &["list", "-k", "store", "--password-file", "secret.txt"]);
        let stdin = sandbox.run_with_stdin(&["list", "-k", "store", "--password-stdin"], b"s3cret pass\n");
        assert_eq!(stdin.code, 0, "{}", stdin.stderr);
        let two = sandbox.run_with_stdin(&["list", "-k", "store", "--password-stdin"], b"s3cret pass\n\n");
        assert_eq!(two.code, 2, "exactly one line end is lost");
        for (variable, args) in [
            ("TRUSTSTORE_PASSWORD", &["list", "-k", "store"][..]),
            ("X", &["list", "-k", "store", "--password-env", "X"]),
        ] {
            let output = sandbox.command().env(variable, "s3cret pass").args(args).output().unwrap();
            assert!(output.status.success(), "{variable}");
        }
    }
}

#[test]
fn two_sources_are_a_usage_error() {
    let sandbox = Sandbox::new();
    store_with_password(&sandbox, "jks");
    let answer =
        sandbox.expect(2, &["list", "-k", "store", "--password-file", "secret.txt", "--password-env", "X"]);
    assert!(answer.stderr.contains("cannot be used with"), "{}", answer.stderr);
}

#[test]
fn a_wrong_password_is_said_and_never_shown() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = Sandbox::new();
        store_with_password(&sandbox, format);
        sandbox.write("wrong.txt", "hunter2");
        let answer = sandbox.expect(2, &["list", "-k", "store", "--password-file", "wrong.txt"]);
        assert!(answer.stderr.contains("wrong password, or the file is damaged"), "{}", answer.stderr);
        assert!(answer.stderr.contains("--password-file"), "{}", answer.stderr);
        assert!(!answer.stderr.contains("hunter2") && !answer.stdout.contains("hunter2"));
    }
}

#[test]
fn without_a_password_that_fits_jks_is_listed_and_read_only_and_pkcs12_is_not_read() {
    let sandbox = Sandbox::new();
    store_with_password(&sandbox, "jks");
    let answer = sandbox.expect(0, &["list", "-k", "store"]);
    assert!(answer.stderr.contains("integrity not checked"), "{}", answer.stderr);
    assert_eq!(sandbox.json(&["list", "-k", "store"])["store"]["integrity"], "unchecked");
    let before = sandbox.read("store");
    let refused = sandbox.expect(2, &["import", "--file", &input("p521-root.pem"), "-k", "store"]);
    assert!(refused.stderr.contains("password"), "{}", refused.stderr);
    assert_eq!(sandbox.read("store"), before);

    let sandbox = Sandbox::new();
    store_with_password(&sandbox, "pkcs12");
    sandbox.expect(2, &["list", "-k", "store"]);
}

#[test]
fn an_explicit_password_and_no_mac_is_refused_unless_allowed() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "-k", "store", "--no-password"]);
    assert_eq!(sandbox.json(&["list", "-k", "store"])["store"]["integrity"], "none");
    sandbox.write("secret.txt", "x");
    let refused = sandbox.expect(2, &["list", "-k", "store", "--password-file", "secret.txt"]);
    assert!(refused.stderr.contains("--allow-unverified"), "{}", refused.stderr);
    sandbox.expect(0, &["list", "-k", "store", "--password-file", "secret.txt", "--allow-unverified"]);
    // TRUSTSTORE_PASSWORD is explicit, even when it is empty.
    let output =
        sandbox.command().env("TRUSTSTORE_PASSWORD", "").args(["list", "-k", "store"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn passwd_changes_the_password_and_repeats_as_unchanged() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = Sandbox::new();
        store_with_password(&sandbox, format);
        sandbox.write("new.txt", "another one");
        let args =
            ["passwd", "-k", "store", "--password-file", "secret.txt", "--new-password-file", "new.txt"];
        sandbox.expect(0, &args);
        sandbox.expect(2, &["verify", "-k", "store", "--password-file", "secret.txt"]);
        sandbox.expect(0, &["list", "-k", "store", "--password-file", "new.txt"]);
        let before = sandbox.read("store");
        let again = sandbox.expect(0, &args);
        assert!(again.stdout.contains("unchanged"), "{format}: {}", again.stdout);
        assert_eq!(sandbox.read("store"), before);
    }
}

#[test]
fn a_new_password_that_java_refuses_is_warned_of() {
    let sandbox = Sandbox::new();
    let root = input("corp-root.pem");
    let umlauts = sandbox.write("umlauts.txt", "p\u{e4}ssw\u{f6}rd");
    let umlauts = umlauts.to_str().unwrap();
    let warning = "beyond ASCII";
    for (format, warned) in [("pkcs12", true), ("jks", false)] {
        let args = ["import", "--file", &root, "--type", format, "-k", format];
        let answer = sandbox.expect(0, &[&args[..], &["--password-file", umlauts]].concat());
        assert_eq!(answer.stderr.contains(warning), warned, "{format}: {}", answer.stderr);
        let again = sandbox.expect(0, &[&args[..], &["--password-file", umlauts]].concat());
        assert!(!again.stderr.contains(warning), "{}", again.stderr);
    }
    let convert =
        ["convert", "-k", "jks", "--to", "pkcs12", "--out", "converted", "--password-file", umlauts];
    assert!(sandbox.expect(0, &convert).stderr.contains(warning));
    sandbox.expect(0, &["create", "-k", "plain"]);
    let passwd = sandbox.expect(0, &["passwd", "-k", "plain", "--new-password-file", umlauts]);
    assert!(passwd.stderr.contains(warning), "{}", passwd.stderr);
}
