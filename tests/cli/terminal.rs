//! On a terminal: prompts, colours, and a table that fits. `script` of util-linux gives one.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::{Answer, Sandbox, input};

/// Runs the command on a terminal of 80 columns, typing one line after the other.
fn on_terminal(sandbox: &Sandbox, command: &str, lines: &[&str]) -> Answer {
    let binary = env!("CARGO_BIN_EXE_truststore");
    let mut script = std::process::Command::new("script");
    let mut child = script
        .args(["-qefc", &format!("stty cols 80 rows 24; '{binary}' {command}"), "/dev/null"])
        .current_dir(sandbox.path(""))
        .env_remove("TRUSTSTORE_PASSWORD")
        .env_remove("TRUSTSTORE_PATH")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script, of the package bsdutils");
    let mut stdin = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let reader = {
        let seen = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut some = [0; 512];
            while let Ok(count @ 1..) = output.read(&mut some) {
                seen.lock().unwrap().extend_from_slice(&some[..count]);
            }
        })
    };
    for (number, line) in lines.iter().enumerate() {
        wait_for_prompts(&seen, number + 1);
        let _ = writeln!(stdin, "{line}");
    }
    let mut answer = Answer::of(child.wait_with_output().unwrap());
    drop(stdin);
    reader.join().unwrap();
    answer.stdout = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    answer
}

/// What the questions of these tests have in them.
const QUESTIONS: &[&str] = &[
    "Password of the store: ",
    "New password: ",
    "The same again: ",
    "Mail password of ",
    "Enter key password for ",
    "overwrite? [no]:",
    "Enter new alias name",
];

/// Until so many questions were asked: what is typed too early is thrown away.
fn wait_for_prompts(seen: &Mutex<Vec<u8>>, count: usize) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let asked = || {
        let text = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
        QUESTIONS.iter().map(|question| text.matches(question).count()).sum::<usize>()
    };
    while asked() < count && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    // The question stands there a moment before the echo is off.
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_password_is_asked_on_a_terminal_and_not_shown() {
    for format in ["pkcs12", "jks"] {
        let sandbox = Sandbox::new();
        sandbox.write("old.txt", "s3cret");
        sandbox.expect(0, &["create", "-k", "s", "--type", format, "--password-file", "old.txt"]);
        let right = on_terminal(&sandbox, "verify -k s", &["s3cret"]);
        assert_eq!(right.code, 0, "{}", right.stdout);
        assert!(right.stdout.contains("Password of the store:") && right.stdout.contains("verified"));
        assert!(!right.stdout.contains("s3cret"), "{}", right.stdout);
        let wrong = on_terminal(&sandbox, "verify -k s", &["wrong"]);
        if format == "jks" {
            // As without a prompt: it can be read, and is not believed.
            assert_eq!(wrong.code, 0, "{}", wrong.stdout);
            assert!(wrong.stdout.contains("does not fit"), "{}", wrong.stdout);
            assert!(wrong.stdout.contains("integrity not checked"), "{}", wrong.stdout);
        } else {
            assert_eq!(wrong.code, 2, "{}", wrong.stdout);
            assert!(wrong.stdout.contains("wrong password, or the file is damaged"), "{}", wrong.stdout);
        }
        let silent = on_terminal(&sandbox, "info -k s --no-input", &[]);
        assert!(!silent.stdout.contains("Password of"), "{}", silent.stdout);
        assert_eq!(silent.code, if format == "jks" { 0 } else { 2 });
    }
}

#[test]
fn passwd_asks_the_old_password_and_twice_the_new_one() {
    let sandbox = Sandbox::new();
    sandbox.write("old.txt", "s3cret");
    sandbox.write("new.txt", "another one");
    sandbox.expect(0, &["create", "-k", "s", "--password-file", "old.txt"]);
    let before = sandbox.read("s");
    let differ = on_terminal(&sandbox, "passwd -k s", &["s3cret", "another one", "another two"]);
    assert_eq!(differ.code, 2, "{}", differ.stdout);
    assert!(differ.stdout.contains("differ"), "{}", differ.stdout);
    assert_eq!(sandbox.read("s"), before);
    let done = on_terminal(&sandbox, "passwd -k s", &["s3cret", "another one", "another one"]);
    assert_eq!(done.code, 0, "{}", done.stdout);
    sandbox.expect(0, &["verify", "-k", "s", "--password-file", "new.txt"]);
    let nobody = sandbox.expect(2, &["passwd", "-k", "s", "--password-file", "new.txt"]);
    assert!(nobody.stderr.contains("--new-password-file"), "{}", nobody.stderr);
}

#[test]
fn a_list_fits_80_columns_and_is_coloured_there_only() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["import", "-k", "s", "--file", &input("bundle.pem")]);
    let long = "a-long-alias-of-some-authority-that-likes-names";
    sandbox.expect(0, &["import", "-k", "s", "--file", &input("unicode-subject.pem"), "--alias", long]);
    let plain = on_terminal(&sandbox, "list -k s --color never", &[]);
    assert_eq!(plain.code, 0);
    let rows: Vec<&str> = plain.stdout.lines().filter(|line| !line.starts_with("note:")).collect();
    assert_eq!(rows.len(), 7, "{rows:?}");
    for row in &rows {
        assert!(row.trim_end().chars().count() <= 80, "{row}");
        assert!(!row.contains('\u{1b}'), "{row}");
    }
    assert!(rows.iter().any(|row| row.starts_with("corp-root-ca ") && row.contains("in ")), "{rows:?}");
    assert!(on_terminal(&sandbox, "list -k s", &[]).stdout.contains("\u{1b}["));
    let output = sandbox.command().args(["list", "-k", "s", "--color", "always"]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("\u{1b}["));
}

/// A window's title, colours, an overwritten line and text from right to left.
const HOSTILE: &str = "evil\u{1b}]0;title\u{7}\u{1b}[31mred\rlast\u{9b}2J\u{202e}desrever";

#[track_caller]
fn assert_harmless(answer: &Answer) {
    let harmful = |c: char| c.is_control() && !"\r\n\t".contains(c) || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!answer.stdout.contains(harmful), "{:?}", answer.stdout);
    assert!(!answer.stdout.replace("\r\n", "\n").contains('\r'), "{:?}", answer.stdout);
    assert!(answer.stdout.contains("evil"), "{:?}", answer.stdout);
}

#[test]
fn a_hostile_name_in_a_question_commands_no_terminal() {
    let sandbox = Sandbox::new();
    sandbox.copy("stores/keytool/keypass.jks", "k");
    sandbox.expect(0, &["rename", "-k", "k", "server", HOSTILE]);
    let import = format!(
        "keytool -importkeystore -srckeystore k -srcstorepass changeit -destkeystore d -deststoretype JKS \
         -deststorepass changeit -srcalias '{HOSTILE}'"
    );
    let asked = on_terminal(&sandbox, &import, &["keypass-other"]);
    assert!(asked.code == 0 && asked.stdout.contains("Enter key password for <"), "{}", asked.stdout);
    assert_harmless(&asked);
    let again = on_terminal(&sandbox, &import, &["no", ""]);
    assert!(again.stdout.contains("overwrite? [no]:"), "{}", again.stdout);
    assert_harmless(&again);

    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let send = format!(
        "send-test --color never -k k --to a@example.org --from a@example.org --server 127.0.0.1:{port} \
         --encryption ssl-tls --user '{HOSTILE}'"
    );
    let sent = on_terminal(&sandbox, &send, &["a secret"]);
    assert!(sent.stdout.contains("Mail password of evil"), "{}", sent.stdout);
    assert_harmless(&sent);
}
