//! No password is left in memory when a command ends, however it was given.

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use crate::{Sandbox, input, remains};

const OLD: &str = "quartz-Fjord_2481-vex";
const NEW: &str = "nymph+Glyph*9365:waltz";
const KEY: &str = "sphinx%Judge~7702!bow";

/// Runs a command that must succeed, and asserts that neither its memory nor what it wrote has a password.
fn assert_wiped(sandbox: &Sandbox, line: &str) {
    let command = &command(sandbox, line);
    let remains = remains::at_exit(command, &sandbox.path("old"));
    let stderr = String::from_utf8_lossy(&remains.output.stderr).into_owned();
    assert!(!stderr.contains("error"), "{command:?}: {stderr}");
    for secret in [OLD, NEW, KEY] {
        assert_eq!(remains.of(secret), [""; 0], "{secret}: {line}");
        let written = [&remains.output.stdout, &remains.output.stderr].map(|text| contains(text, secret));
        assert_eq!(written, [false; 2], "{line}");
        for name in sandbox.files().iter().filter(|name| !PASSWORD_FILES.contains(&name.as_str())) {
            assert!(!contains(&sandbox.read(name), secret), "{name} after {line}");
        }
    }
}

const PASSWORD_FILES: &[&str] = &["old", "new", "key"];

fn contains(bytes: &[u8], secret: &str) -> bool {
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let has = |piece: &[u8]| bytes.windows(piece.len()).any(|window| window == piece);
    has(secret.as_bytes()) || has(&wide)
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, secret) in [("old", OLD), ("new", NEW), ("key", KEY)] {
        sandbox.write(name, format!("{secret}\n"));
    }
    sandbox
}

fn command(sandbox: &Sandbox, line: &str) -> Command {
    let mut command = sandbox.command();
    command.args(line.split(' ').map(|word| word.replace("ROOT", &input("corp-root.pem"))));
    command
}

#[test]
fn what_is_in_memory_is_found() {
    let sandbox = sandbox();
    // A variable stays where the system put it, and the store's own text is nobody's secret.
    let root = input("corp-root.pem");
    sandbox.expect(0, &["import", "-k", "s", "--file", &root, "--alias", KEY, "--no-password"]);
    let mut list = command(&sandbox, "list -k s");
    let remains = remains::at_exit(list.env("SOMETHING", OLD), &sandbox.path("old"));
    assert_eq!(remains.of(OLD), ["UTF-8"]);
    assert_eq!(remains.of(&OLD[5..]), ["UTF-8"], "a part of it");
    assert!(remains.of(KEY).contains(&"UTF-16BE"), "the bag's octets: {:?}", remains.of(KEY));
    assert_eq!(remains.of(NEW), [""; 0]);
    assert!(String::from_utf8_lossy(&remains.output.stdout).contains(&KEY[..10]));
}

#[test]
fn no_command_leaves_the_stores_password() {
    for format in ["pkcs12", "jks", "jceks"] {
        let sandbox = sandbox();
        for line in [
            &format!("import -k s --type {format} --file ROOT --password-file old")[..],
            "import -k s --file ROOT --alias again --password-file old",
            "list -k s --password-file old --format json",
            "verify -k s --password-file old",
            "list -k s --password-stdin",
            "info -k s --password-file old",
            "rename -k s again other --password-file old",
            "export -k s --password-file old --out pem",
            "convert -k s --to jks --out j --password-file old --new-password-file new",
            "convert -k s --to pkcs12 --out p --password-file old --new-password-file new",
            "passwd -k s --password-file old --new-password-file new",
            "remove -k s other --password-file new",
            "keytool -storepasswd -keystore s -storepass:file new -new:file old",
            "keytool -list -keystore s",
        ] {
            assert_wiped(&sandbox, line);
        }
    }
}

/// What comes in pieces could end up in a buffer on its way.
#[test]
fn a_password_that_comes_in_pieces_is_not_left_either() {
    let sandbox = sandbox();
    assert_wiped(&sandbox, "import -k s --type jks --file ROOT --password-file old");
    let pipe = sandbox.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (first, rest) = OLD.split_at(3);
    let remains = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut pipe = std::fs::File::options().write(true).open(&pipe).unwrap();
            pipe.write_all(first.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(500));
            pipe.write_all(rest.as_bytes()).unwrap();
        });
        remains::at_exit(&command(&sandbox, "list -k s --password-stdin"), &pipe)
    });
    assert!(String::from_utf8_lossy(&remains.output.stdout).contains("Corp Root"));
    assert_eq!(remains.of(OLD), [""; 0]);
}

#[test]
fn no_command_leaves_the_password_of_a_key() {
    for (format, other) in [("pkcs12", "jceks"), ("jks", "pkcs12"), ("jceks", "jks")] {
        let sandbox = sandbox();
        sandbox.copy("stores/keytool/keypass.jks", "k");
        sandbox.write("own", "keypass-other");
        for line in [
            &format!(
                "convert -k k --to {format} --out s --key-password-file own --new-password-file old \
                 --new-key-password-file key"
            )[..],
            &format!(
                "convert -k s --to {other} --out o --password-file old --key-password-file key \
                 --new-password-file new"
            ),
        ] {
            assert_wiped(&sandbox, line);
        }
    }
}
