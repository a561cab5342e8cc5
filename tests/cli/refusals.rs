//! Weird input, wrong paths and broken outputs: exit codes, messages and hints that fit, and no panic.

#[cfg(unix)]
use std::process::Stdio;

#[cfg(unix)]
use crate::Answer;
use crate::{Sandbox, input};

fn root(sandbox: &Sandbox) {
    sandbox.expect(0, &["import", "--file", &input("corp-root.pem"), "--alias", "ca", "-k", "store"]);
}

#[test]
fn what_is_no_store_is_refused_by_name() {
    let sandbox = Sandbox::new();
    sandbox.write("empty", "");
    sandbox.write("text", "hello");
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    let pem = input("corp-root.pem");
    let der = input("corp-root.der");
    for path in ["empty", "text", "folder", &pem, &der] {
        for verb in [&["list"][..], &["verify"], &["info"], &["create"], &["remove", "x"], &["restore"]] {
            let mut args = verb.to_vec();
            args.extend(["-k", path]);
            let answer = sandbox.expect(2, &args);
            assert!(answer.stderr.starts_with(&format!("error: {path}")), "{args:?} {}", answer.stderr);
            assert!(answer.stdout.is_empty(), "{args:?} {}", answer.stdout);
        }
    }
    assert_eq!(sandbox.files(), ["empty", "folder", "text"]);
}

#[test]
fn a_missing_file_is_told_with_what_helps_there() {
    let sandbox = Sandbox::new();
    let root_pem = input("corp-root.pem");
    let import = sandbox.expect(2, &["import", "--file", "nope.pem"]);
    assert!(
        import.stderr.contains("nope.pem")
            && import.stderr.contains("hint: check the path given with --file")
    );
    let list = sandbox.expect(2, &["list", "-k", "nope"]);
    assert!(
        list.stderr.contains("no such store") && list.stderr.contains("truststore create"),
        "{}",
        list.stderr
    );
    let existing = sandbox.expect(2, &["import", "--file", &root_pem, "-k", "nope", "--existing"]);
    assert!(existing.stderr.contains("leave out --existing"), "{}", existing.stderr);
    let folder = sandbox.expect(2, &["import", "--file", &root_pem, "-k", "nodir/store"]);
    assert!(folder.stderr.contains("nodir") && !folder.stderr.contains("--existing"), "{}", folder.stderr);
    let password = sandbox.expect(2, &["list", "-k", "nope", "--password-file", "secret.txt"]);
    assert!(password.stderr.contains("secret.txt") && password.stderr.contains("password file"));
    root(&sandbox);
    let restore = sandbox.expect(2, &["restore", "-k", "store"]);
    assert!(restore.stderr.contains("hint: an edit with --backup"), "{}", restore.stderr);
    std::fs::rename(sandbox.path("store"), sandbox.path("store.bak")).unwrap();
    let existing = sandbox.expect(2, &["restore", "-k", "store", "--existing"]);
    assert!(existing.stderr.contains("leave out --existing"), "{}", existing.stderr);
    let created = sandbox.expect(0, &["restore", "-k", "store", "-q"]);
    assert!(created.stderr.contains("created"), "creating a store is always said: {}", created.stderr);
}

#[test]
fn aliases_that_are_none_are_refused() {
    let sandbox = Sandbox::new();
    let root_pem = input("corp-root.pem");
    for alias in ["", "   "] {
        let answer = sandbox.expect(2, &["import", "--file", &root_pem, "--alias", alias]);
        assert!(answer.stderr.contains("is not an alias"), "{}", answer.stderr);
    }
    // Windows cuts a command line at 32,767 characters, so that such an alias does not get there.
    let long = "a".repeat(if cfg!(windows) { 5_000 } else { 70_000 });
    let refusing = if cfg!(windows) { &[][..] } else { &["jks", "jceks"][..] };
    for store_type in refusing {
        let answer =
            sandbox.expect(2, &["import", "--file", &root_pem, "--alias", &long, "--type", store_type]);
        assert!(answer.stderr.len() < 2_000, "a message that can be read: {} bytes", answer.stderr.len());
    }
    assert!(sandbox.files().is_empty());
    root(&sandbox);
    for args in [&["remove", ""][..], &["show", ""], &["export", &long], &["trust", ""]] {
        let mut all = args.to_vec();
        all.extend(["-k", "store"]);
        let answer = sandbox.expect(1, &all);
        assert!(answer.stderr.contains("1 entry") && answer.stderr.len() < 2_000, "{}", answer.stderr);
    }
}

#[test]
fn an_output_never_takes_the_place_of_the_store() {
    let sandbox = Sandbox::new();
    root(&sandbox);
    let before = sandbox.read("store");
    for args in [
        &["export", "-k", "store", "--out", "./store", "--force"][..],
        &["convert", "-k", "store", "--to", "jks", "--out", "store", "--force"],
        &["convert", "-k", "store", "--to", "jks", "--out", "-"],
    ] {
        let answer = sandbox.expect(2, args);
        assert!(answer.stderr.contains("--out"), "{args:?} {}", answer.stderr);
    }
    assert_eq!(sandbox.read("store"), before);
    assert_eq!(sandbox.files(), ["store"]);
}

#[test]
fn errors_of_the_command_line_are_json_too() {
    let sandbox = Sandbox::new();
    for args in
        [&["list", "--format", "json", "--nope"][..], &["trust", "--format=json"], &["--format", "json", "x"]]
    {
        let answer = sandbox.expect(2, args);
        let error: serde_json::Value = serde_json::from_str(&answer.stderr)
            .unwrap_or_else(|e| panic!("{args:?} {e}: {}", answer.stderr));
        assert_eq!(error["error"]["code"], "usage");
        assert!(!error["error"]["message"].as_str().unwrap().contains("Usage:"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_a_closed_pipe_is_not() {
    let sandbox = Sandbox::new();
    root(&sandbox);
    for args in [
        &["list", "-k", "store"][..],
        &["list", "-k", "store", "--format", "json"],
        &["export", "-k", "store"],
        &["verify", "-k", "store"],
        &["--help"],
        &["import", "--help"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = sandbox.command().args(args).stdout(full).output().unwrap();
        let answer = Answer::of(output);
        assert_eq!(answer.code, 2, "{args:?} {}", answer.stderr);
        assert!(answer.stderr.contains("cannot write the output"), "{args:?} {}", answer.stderr);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = sandbox.command().args(args).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let answer = Answer::of(output);
        assert_eq!(answer.code, 0, "{args:?} {}", answer.stderr);
        assert!(!answer.stderr.contains("error"), "{args:?} {}", answer.stderr);
    }
}

#[cfg(unix)]
#[test]
fn paths_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let sandbox = Sandbox::new();
    root(&sandbox);
    let odd = OsStr::from_bytes(b"st\xffre");
    std::fs::rename(sandbox.path("store"), sandbox.folder.path().join(odd)).unwrap();
    for args in [&["list"][..], &["list", "--format", "json"], &["remove", "ca"]] {
        let answer = Answer::of(sandbox.command().args(args).arg("-k").arg(odd).output().unwrap());
        assert_eq!(answer.code, 0, "{args:?} {}", answer.stderr);
    }
    let answer = Answer::of(sandbox.command().arg("show").arg(odd).output().unwrap());
    assert_eq!(answer.code, 2, "{}", answer.stderr);
}

#[test]
fn a_choice_of_the_store_that_nobody_made_is_printed() {
    let sandbox = Sandbox::new();
    let root_pem = input("corp-root.pem");
    let answer = sandbox.expect(0, &["import", "--file", &root_pem]);
    assert!(answer.stderr.contains("using the store ssl-truststore"), "{}", answer.stderr);
    let output = sandbox.command().args(["list"]).env("TRUSTSTORE_PATH", "ssl-truststore").output().unwrap();
    assert!(!String::from_utf8_lossy(&output.stderr).contains("using the store"));
    let output =
        sandbox.command().args(["list", "-k", "x"]).env("TRUSTSTORE_PATH", "ssl-truststore").output();
    assert_eq!(output.unwrap().status.code(), Some(2), "--keystore wins");
    let output = sandbox.command().arg("list").env("TRUSTSTORE_PATH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "an empty variable is none");
    sandbox.expect(2, &["list", "-k", ""]);
}
