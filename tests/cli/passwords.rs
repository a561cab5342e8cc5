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

#[test]
fn a_second_passwd_without_the_old_password_is_unchanged_too() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = Sandbox::new();
        sandbox.expect(0, &["create", "-k", "store", "--type", format]);
        sandbox.write("new.txt", "another one");
        let args = ["passwd", "-k", "store", "--new-password-file", "new.txt"];
        let mut dry = args.to_vec();
        dry.extend(["--dry-run", "--exit-code"]);
        let would = sandbox.expect(1, &dry);
        assert!(would.stdout.contains("would change the password"), "{format}: {}", would.stdout);
        let first = sandbox.expect(0, &args);
        assert!(first.stdout.contains("changed the password"), "{format}: {}", first.stdout);
        let before = sandbox.read("store");
        let again = sandbox.expect(0, &args);
        assert!(again.stdout.contains("unchanged"), "{format}: {}", again.stdout);
        sandbox.expect(0, &dry);
        assert_eq!(sandbox.read("store"), before);
        sandbox.write("third.txt", "a third one");
        let wrong = sandbox.expect(2, &["passwd", "-k", "store", "--new-password-file", "third.txt"]);
        assert!(wrong.stderr.contains("--password-file"), "{format}: {}", wrong.stderr);
        assert_eq!(sandbox.read("store"), before);
    }
}

#[test]
fn convert_does_not_hide_that_the_integrity_was_not_checked() {
    let sandbox = Sandbox::new();
    store_with_password(&sandbox, "jks");
    let args = ["convert", "-k", "store", "--to", "pkcs12", "--out", "new.p12"];
    let refused = sandbox.expect(2, &args);
    assert!(refused.stderr.contains("--allow-unverified"), "{}", refused.stderr);
    assert_eq!(sandbox.files(), ["secret.txt", "store"]);
    let mut accepted = args.to_vec();
    accepted.push("--allow-unverified");
    let answer = sandbox.expect(0, &accepted);
    assert!(answer.stderr.contains("changeit"), "{}", answer.stderr);
    assert_eq!(sandbox.json(&["list", "-k", "new.p12"])["store"]["integrity"], "verified");
    let mut given = args.to_vec();
    given[6] = "given.p12";
    given.extend(["--password-file", "secret.txt"]);
    sandbox.expect(0, &given);
    sandbox.expect(0, &["verify", "-k", "given.p12", "--password-file", "secret.txt"]);
}

#[test]
fn a_copy_of_a_store_without_a_password_gets_one_where_the_format_needs_it() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/passwordless.p12", "store");
    sandbox.write("new.txt", "another one");
    let jks = sandbox.expect(0, &["convert", "-k", "store", "--to", "jks", "--out", "a.jks"]);
    assert!(jks.stderr.contains("changeit"), "{}", jks.stderr);
    sandbox.expect(0, &["convert", "-k", "store", "--to", "pkcs12", "--out", "a.p12"]);
    assert_eq!(sandbox.json(&["list", "-k", "a.p12"])["store"]["integrity"], "none");
    // What `verify` and `passwd` advise.
    let advice = "truststore convert --to pkcs12 --out FILE --new-password-file FILE";
    let verify = sandbox.expect(0, &["verify", "-k", "store"]);
    assert!(verify.stdout.contains(advice), "{}", verify.stdout);
    let passwd = sandbox.expect(2, &["passwd", "-k", "store", "--new-password-file", "new.txt"]);
    assert!(passwd.stderr.contains(advice), "{}", passwd.stderr);
    sandbox.expect(
        0,
        &["convert", "-k", "store", "--to", "pkcs12", "--out", "b.p12", "--new-password-file", "new.txt"],
    );
    let verified = sandbox.expect(0, &["verify", "-k", "b.p12", "--password-file", "new.txt"]);
    assert!(verified.stdout.contains("integrity verified"), "{}", verified.stdout);
}

#[test]
fn passwords_are_told_apart_from_the_bytes_around_them() {
    let sandbox = Sandbox::new();
    store_with_password(&sandbox, "pkcs12");
    for (content, code) in [
        (&b"s3cret pass"[..], 0),
        (b"s3cret pass\n", 0),
        (b"s3cret pass\r\n", 0),
        (b"\xef\xbb\xbfs3cret pass\r\n", 0),
        (b"s3cret pass\n\n", 2),
        (b"s3cret pass ", 2),
        (b"s3cret pass\r", 2),
        (b"", 2),
        (b"\xff\xfe\x00", 2),
        (b"\x80", 2),
    ] {
        sandbox.write("given.txt", content);
        sandbox.expect(code, &["list", "-k", "store", "--password-file", "given.txt"]);
    }
    let utf16: Vec<u8> = "\u{feff}s3cret pass\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    sandbox.write("given.txt", utf16);
    sandbox.expect(0, &["list", "-k", "store", "--password-file", "given.txt"]);
    sandbox.expect(2, &["list", "-k", "store", "--password-env", "NOT_SET"]);
    sandbox.expect(2, &["list", "-k", "store", "--password", "s3cret pass"]);
}

/// The room for a password is made twice: for what people have, then for the longest.
#[test]
fn a_password_may_be_long_and_not_longer() {
    let sandbox = Sandbox::new();
    for len in [8192, 16_383, 16_384, 16_385, 64 * 1024] {
        let password: String = ('a'..='z').cycle().take(len).collect();
        sandbox.write("given.txt", &password);
        let file = ["--password-file", "given.txt"];
        sandbox.write("other.txt", format!("{}!", &password[..len - 1]));
        let store = format!("store-{len}");
        let root = input("corp-root.pem");
        let import = ["import", "--file", &root, "-k", &store, "--type", "jks"];
        sandbox.expect(0, &[&import[..], &file].concat());
        sandbox.expect(0, &["list", "-k", &store, "--password-file", "given.txt"]);
        sandbox.expect(2, &["list", "-k", &store, "--password-file", "other.txt"]);
        let answer = sandbox.run_with_stdin(&["list", "-k", &store, "--password-stdin"], password.as_bytes());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
    }
    sandbox.write("given.txt", "a".repeat(64 * 1024 + 1));
    let answer = sandbox.expect(2, &["list", "-k", "store-8192", "--password-file", "given.txt"]);
    assert!(answer.stderr.contains("more than 64 KiB"), "{}", answer.stderr);
}
