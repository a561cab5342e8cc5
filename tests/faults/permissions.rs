//! Who may read what, from the first moment on; and links that somebody planted.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::Path;
use std::process::Command;

use crate::cases::Case;
use crate::common::testdata;
use crate::sandbox::{Sandbox, clean, is_root, names, program, said};
use crate::trace::{Call, is_strace_there, record};

const NOBODY: u32 = 65_534;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

/// The umask of this process; a test must not change it for the others.
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:")).unwrap();
    u32::from_str_radix(line.trim(), 8).unwrap()
}

#[test]
fn a_temporary_file_is_never_more_open_than_what_it_becomes() {
    if !is_strace_there() {
        return;
    }
    for (case, format) in Case::each() {
        let wide = [0o600, 0o640, 0o644];
        for old in if case.watched == "store" { &wide[..] } else { &wide[..1] } {
            let sandbox = case.prepare(format);
            let watched = sandbox.path(case.watched);
            // Another mode would be another access control list.
            if watched.exists() && !case.name.contains("ACL") {
                fs::set_permissions(&watched, Permissions::from_mode(*old)).unwrap();
            }
            let (output, calls) = record(&sandbox, &case.arguments(format, &sandbox));
            assert!(output.status.success(), "{}", said(&output));
            for name in [case.watched].into_iter().chain(case.extra) {
                require_closed(&calls, name, mode(&sandbox.path(name)), &format!("{} ({format})", case.name));
            }
        }
    }
}

/// From the calls that made the file of this name: the modes it had, and who owned it then.
fn require_closed(calls: &[Call], name: &str, result: u32, what: &str) {
    let renamed = calls
        .iter()
        .find(|call| call.name.starts_with("rename") && call.paths.last().is_some_and(|path| path == name));
    let temp = &renamed.unwrap_or_else(|| panic!("{what}: {name}")).paths;
    let temp = &temp[temp.len() - 2];
    let of_temp: Vec<&Call> = calls.iter().filter(|call| call.paths.contains(temp)).collect();
    let created = of_temp.iter().position(|call| call.text.contains("O_CREAT")).unwrap();
    let text = &of_temp[created].text;
    assert!(text.contains("O_EXCL") && text.contains("O_NOFOLLOW"), "{what}: {text}");
    let argument = |text: &str, before: &str| {
        let (arguments, _) = text.rsplit_once(before).unwrap();
        u32::from_str_radix(arguments.rsplit([',', ' ']).next().unwrap(), 8).unwrap()
    };
    let first = argument(text.rsplit_once(" = ").unwrap().0, ")") & !umask();
    assert_eq!(first & !result, 0, "{what}: made with {first:o}, became {result:o}");
    let at = |name: &str| of_temp.iter().position(|call| call.name == name);
    if let Some(opened) = at("fchmod") {
        let call = &of_temp[opened].text;
        assert_eq!(argument(call.rsplit_once(" = ").unwrap().0, ")"), result, "{what}");
        assert_eq!(first, 0o600, "{what}: until then it is for its owner alone");
        for earlier in ["write", "fchown", "fsetxattr"] {
            assert!(at(earlier).is_none_or(|earlier| earlier < opened), "{what}: {earlier} before fchmod");
        }
    }
}

#[test]
fn every_file_that_is_opened_to_be_written_is_opened_without_following_a_link() {
    if !is_strace_there() {
        return;
    }
    let mut writes = 0;
    for (case, format) in Case::each() {
        let sandbox = case.prepare(format);
        let (_, calls) = record(&sandbox, &case.arguments(format, &sandbox));
        for call in calls.iter().filter(|call| call.name == "openat") {
            if ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|flag| call.text.contains(flag)) {
                assert!(call.text.contains("O_NOFOLLOW"), "{} ({format}): {}", case.name, call.text);
                writes += 1;
            }
        }
    }
    assert!(writes > 2 * crate::cases::CASES.len());
}

#[test]
fn a_new_file_of_certificates_has_the_mode_that_umask_leaves() {
    for (umask, expected) in [("022", 0o644), ("027", 0o640), ("077", 0o600), ("002", 0o664)] {
        for line in [
            "import -k @/made --file @/new.pem --alias c",
            "create -k @/made",
            "export -k @/store --out @/made",
            "convert -k @/store --to jks --out @/made",
        ] {
            let sandbox = Case::folder("pkcs12");
            let line = line.replace('@', sandbox.folder().to_str().unwrap());
            let mut shell = clean(Command::new("sh"));
            shell.args(["-c", &format!("umask {umask}; exec \"$TRUSTSTORE\" {line}")]);
            let output = shell.env("TRUSTSTORE", program()).output().unwrap();
            assert!(output.status.success(), "{}", said(&output));
            assert_eq!(mode(&sandbox.path("made")), expected, "umask {umask}: {line}");
        }
    }
}

#[test]
fn a_store_with_a_private_key_stays_closed_and_so_does_its_backup() {
    let sandbox = Sandbox::new();
    let store = sandbox.path("keys");
    fs::copy(testdata("stores/openssl/key-chain.p12"), &store).unwrap();
    fs::set_permissions(&store, Permissions::from_mode(0o600)).unwrap();
    let new = testdata("inputs/corp-root-2.pem");
    let arguments = ["import", "--file", new.to_str().unwrap(), "--alias", "c", "--backup", "-k"];
    let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
    arguments.push(store.to_str().unwrap().to_owned());
    sandbox.expect_done(&arguments);
    fs::remove_file(&store).unwrap();
    assert_eq!(mode(&sandbox.path("keys.bak")), 0o600);

    sandbox.expect_done(&["restore".to_owned(), "-k".to_owned(), arguments.pop().unwrap()]);

    assert_eq!(mode(&store), 0o600, "made anew from its backup");
}

/// In a folder like `/tmp`, where everyone may make names but nobody removes another one's.
#[test]
fn nothing_follows_a_link_that_somebody_planted_in_a_shared_folder() {
    if !is_root() {
        eprintln!("skipped: only root can plant another user's link");
        return;
    }
    for (line, planted) in [
        ("import -k @/shared/s --file @/new.pem --alias c", "s"),
        ("import -k @/shared/s --file @/new.pem --alias c", ".s.lock"),
        ("create -k @/shared/s", "s"),
        ("create -k @/shared/s", ".s.lock"),
        ("export -k @/store --out @/shared/s --force", "s"),
        ("export -k @/store --out @/shared/s --force", ".s.lock"),
        ("convert -k @/store --to jks --out @/shared/s --force", "s"),
        ("restore -k @/shared/s", "s.bak"),
    ] {
        for victim in ["store", "made"] {
            let sandbox = Case::folder("jks");
            let shared = sandbox.path("shared");
            fs::create_dir(&shared).unwrap();
            fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
            symlink(sandbox.path(victim), shared.join(planted)).unwrap();
            lchown(shared.join(planted), Some(NOBODY), Some(NOBODY)).unwrap();
            let before = (sandbox.names(), sandbox.read("store"));
            let line = line.replace('@', sandbox.folder().to_str().unwrap());

            let output = sandbox.run(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());

            assert_eq!(output.status.code(), Some(2), "{line}, {planted}: {}", said(&output));
            assert!(said(&output).contains(planted), "{line}, {planted}: {}", said(&output));
            assert_eq!((sandbox.names(), sandbox.read("store")), before, "{line}, {planted} to {victim}");
            assert_eq!(names(&shared), [planted], "{line}");
        }
    }
}
