//! Real file systems that are full, read-only or slow, and files that are no files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cases::{Case, FORMATS, PASSWORD};
use crate::sandbox::{Sandbox, clean, command, is_root, is_there, program, said};
use crate::trace::is_strace_there;

/// A folder with a store that fills more than a page.
fn prepared(format: &str) -> Sandbox {
    let sandbox = Case::folder(format);
    for n in 0..8 {
        let alias = format!("{n}");
        sandbox
            .expect_done(&words(&sandbox, &format!("import -k @/store --file @/new.pem --alias {alias} -q")));
    }
    sandbox
}

fn words(sandbox: &Sandbox, line: &str) -> Vec<String> {
    line.split(' ').map(|word| word.replace('@', sandbox.folder().to_str().unwrap())).collect()
}

/// Mounts a file system over a folder, for the processes of this script alone.
fn mounted(script: &str, sandbox: &Sandbox) -> Option<String> {
    if !is_root() || !is_there("util-linux", Command::new("unshare").args(["--mount", "true"])) {
        eprintln!("skipped: only root can mount");
        return None;
    }
    let mut shell = clean(Command::new("unshare"));
    shell.args(["--mount", "sh", "-c", &format!("set -e; {script}")]);
    shell.env("TRUSTSTORE", program()).env("FROM", sandbox.folder());
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    Some(said(&output))
}

#[test]
fn however_full_the_disk_is_the_store_is_the_old_one_or_the_new_one() {
    for format in FORMATS {
        let sandbox = prepared(format);
        fs::create_dir(sandbox.path("disk")).unwrap();
        // As many pages are free as the number says: for nothing, for the lock, for a part of the store.
        let script = r#"
            cd "$FROM"/disk
            for free in 0 1 2 3 4 5 6; do
              mount -t tmpfs -o size=128k none "$FROM"/disk
              cd "$FROM"/disk
              cp ../store store
              dd if=/dev/zero of=filler bs=4k 2>/dev/null || true
              truncate -s -$((free * 4096)) filler
              code=0
              "$TRUSTSTORE" import -k "$FROM"/disk/store --file ../b.pem --alias full >answer 2>&1 || code=$?
              rm answer
              same=other
              cmp -s store ../store && same=old
              entries=$("$TRUSTSTORE" list -k store --format json | grep -c '"alias"')
              echo "$free $code $same $entries $(ls -A | tr '\n' ' ')"
              cd "$FROM"
              umount "$FROM"/disk
            done
        "#;
        let Some(said) = mounted(script, &sandbox) else { return };
        let mut full = 0;
        for line in said.lines() {
            let (_, found) = line.split_once(' ').unwrap();
            full += usize::from(found == "2 old 10 filler store ");
            assert!(
                ["2 old 10 filler store ", "0 other 11 filler store "].contains(&found),
                "{format}: {said}"
            );
        }
        assert!((1..7).contains(&full), "{format}: it was full, and then it was not: {said}");
    }
}

#[test]
fn a_disk_without_room_for_a_name_or_that_is_read_only_is_told() {
    let sandbox = prepared("jks");
    fs::create_dir(sandbox.path("disk")).unwrap();
    let script = r#"
        mount -t tmpfs -o size=128k,nr_inodes=3 none "$FROM"/disk
        cp "$FROM"/store "$FROM"/disk/store
        "$TRUSTSTORE" remove -k "$FROM"/disk/store b && exit 1
        touch "$FROM"/disk/full-of-names
        "$TRUSTSTORE" remove -k "$FROM"/disk/store a && exit 1
        rm "$FROM"/disk/full-of-names
        mount -o remount,ro "$FROM"/disk
        "$TRUSTSTORE" remove -k "$FROM"/disk/store a && exit 1
        "$TRUSTSTORE" export -k "$FROM"/store --out "$FROM"/disk/out && exit 1
        "$TRUSTSTORE" remove -k "$FROM"/disk/store a --dry-run
        cmp "$FROM"/store "$FROM"/disk/store
        ls -A "$FROM"/disk
    "#;
    let Some(said) = mounted(script, &sandbox) else { return };
    assert_eq!(said.matches("No space left").count(), 2, "{said}");
    assert_eq!(said.matches("Read-only file system").count(), 2, "{said}");
    assert_eq!(said.matches("error: ").count(), 4, "{said}");
    assert!(said.contains("would be removed") && said.contains("\nstore\n"), "{said}");
    assert_eq!(said.matches(".lock\n").count() + said.matches(".tmp\n").count(), 0, "{said}");
}

/// Every line that reads or writes a store, with `STORE` for its path.
const LINES: [&str; 10] = [
    "list -k STORE",
    "import -k STORE --file @/new.pem --alias c",
    "remove -k STORE b",
    "rename -k STORE b z",
    "passwd -k STORE --new-password-file @/new.txt",
    "create -k STORE",
    "restore -k STORE",
    "convert -k STORE --to jks --out @/out",
    "convert -k @/store --to jks --out STORE --force",
    "verify -k STORE",
];

#[test]
fn what_is_no_file_is_refused_at_once_by_every_command() {
    let sandbox = Case::folder("jks");
    fs::create_dir(sandbox.path("folder")).unwrap();
    symlink("circle", sandbox.path("circle")).unwrap();
    symlink("pipe", sandbox.path("to-pipe")).unwrap();
    symlink("no/such/folder", sandbox.path("dangling")).unwrap();
    let pipe = sandbox.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let before = sandbox.names();
    for name in ["folder", "circle", "pipe", "to-pipe", "dangling"] {
        for line in LINES {
            let is_output = line.contains("--out STORE");
            if is_output && name.ends_with("pipe") {
                continue;
            }
            let store = format!("@/{name}");
            let mut child = command()
                .args(words(&sandbox, &line.replace("STORE", &store)))
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let start = Instant::now();
            while child.try_wait().unwrap().is_none() {
                if start.elapsed() > Duration::from_secs(60) {
                    child.kill().unwrap();
                    panic!("{line} hangs with {name}");
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{line} with {name}: {}", said(&output));
            assert!(said(&output).contains("error: "), "{line} with {name}: {}", said(&output));
            assert_eq!(sandbox.names(), before, "{line} with {name}");
        }
    }
}

#[test]
fn a_change_whose_report_finds_no_room_says_that_it_was_made() {
    for line in LINES.map(|line| line.replace("STORE", "@/store")) {
        let sandbox = Case::folder("jks");
        sandbox.expect_done(&words(&sandbox, "rename -k @/store a y --backup"));
        let before = sandbox.read("store");
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();

        let output = command().args(words(&sandbox, &line)).stdout(full).output().unwrap();

        let changed = sandbox.read("store") != before || sandbox.names().contains(&"out".to_owned());
        let told = said(&output).contains("the change was made, but its report cannot be written");
        // What has nothing to report has not failed.
        assert!(matches!(output.status.code(), Some(0 | 2)), "{line}: {}", said(&output));
        assert_eq!(told, changed && output.status.code() == Some(2), "{line}: {}", said(&output));
    }
}

#[test]
fn an_output_device_that_is_full_is_an_error() {
    let sandbox = Case::folder("jks");
    for line in ["export -k @/store --out /dev/full", "convert -k @/store --to pkcs12 --out /dev/full"] {
        let output = sandbox.run(&words(&sandbox, line));
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(said(&output).contains("/dev/full: cannot write: No space left"), "{}", said(&output));
    }
}

#[test]
fn the_rename_lasts_in_a_folder_that_may_be_written_and_not_read() {
    if !is_root() || !is_strace_there() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let sandbox = Case::folder("jks");
    let (folder, binary) = (sandbox.path("closed"), sandbox.path("truststore"));
    fs::create_dir(&folder).unwrap();
    fs::rename(sandbox.path("store"), folder.join("store")).unwrap();
    fs::copy(program(), &binary).unwrap();
    for (path, mode) in [(sandbox.folder(), 0o711), (&folder, 0o333), (&binary, 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let log = sandbox.path("log");
    fs::write(&log, "").unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
    let mut nobody = clean(Command::new("setpriv"));
    nobody.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--", "strace", "-f"]);
    nobody.args(["-e", "trace=syncfs,renameat", "-o"]).arg(&log).arg("--").arg(&binary);

    let output = nobody.args(words(&sandbox, "remove -k @/closed/store b")).output().unwrap();

    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("the file's owner could not be kept"), "{}", said(&output));
    let log = fs::read_to_string(log).unwrap();
    let at = |what: &str| log.find(what).unwrap_or_else(|| panic!("no {what}: {log}"));
    assert!(at("renameat(") < at("syncfs("), "{log}");
}

#[test]
fn a_slow_disk_makes_others_wait_and_nothing_else() {
    if !is_strace_there() {
        return;
    }
    let sandbox = Case::folder("jks");
    let mut slow = clean(Command::new("strace"));
    slow.args(["-f", "-o", "/dev/null", "-e", "trace=fsync,write,renameat"]);
    slow.args(["-e", "inject=fsync,write,renameat:delay_enter=700000", "--"]).arg(program());
    slow.args(words(&sandbox, "import -k @/store --file @/new.pem --alias slow -q"));
    let mut slow = slow.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !sandbox.path(".store.lock").exists() {
        assert!(start.elapsed() < Duration::from_secs(60) && slow.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }

    let hasty = sandbox.run(&words(&sandbox, "remove -k @/store a --lock-timeout 0"));
    let reader = sandbox.run(&words(&sandbox, "list -k @/store"));
    let patient = sandbox.run(&words(&sandbox, "rename -k @/store b z --lock-timeout 60"));

    assert!(slow.wait().unwrap().success());
    assert_eq!(hasty.status.code(), Some(2));
    assert!(said(&hasty).contains("the store is being changed"), "{}", said(&hasty));
    assert!(reader.status.success() && patient.status.success(), "{}", said(&patient));
    let password = truststore::Password::new(PASSWORD);
    let unlock = truststore::Unlock::With(&password);
    let store = truststore::TrustStore::open(sandbox.path("store"), unlock, &truststore::Limits::default());
    let mut names: Vec<String> = store.unwrap().entries().iter().map(|e| e.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["a", "slow", "z"]);
}
