//! Folders and file systems that do not take a file.

use std::fs;
use std::process::Command;

use truststore::{Backup, EditOptions, ErrorKind};

use crate::unix::{as_nobody, is_root, set_mode, told};
use crate::{add, aliases, folder, names, quick, refused, store_bytes};

#[test]
fn a_folder_without_write_permission_is_named() {
    let (folder, path) = folder();
    set_mode(folder.path(), 0o755);
    as_nobody("faults::child_cannot_write_the_folder", &path);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_cannot_write_the_folder() {
    let path = told();
    let error = refused(add(&path, "c", EditOptions::default()));
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("permission to write in its folder"), "{error}");
    assert_eq!(aliases(&path), ["a", "b"], "it can be read");
    add(&path, "c", EditOptions { dry_run: true, ..quick() }).unwrap();
}

#[test]
fn a_file_mounted_by_itself_and_a_read_only_file_system_are_explained() {
    let (folder, path) = folder();
    let script = r#"
        set -e
        mount --bind "$STORE" "$STORE"
        "$TESTS" --exact faults::child_finds_a_mount_point --ignored
        umount "$STORE"
        mount --bind "$FOLDER" "$FOLDER"
        mount -o remount,ro,bind "$FOLDER"
        "$TESTS" --exact faults::child_finds_a_read_only_file_system --ignored
        mount -o remount,rw,bind "$FOLDER"
        : > "$FOLDER/.store.lock"
        mount -o remount,ro,bind "$FOLDER"
        "$TESTS" --exact faults::child_finds_a_read_only_file_system --ignored
    "#;
    let unshared = |script: &str| {
        Command::new("unshare")
            .args(["--mount", "--", "sh", "-c", script])
            .env("STORE", &path)
            .env("FOLDER", folder.path())
            .env("TESTS", std::env::current_exe().unwrap())
            .output()
    };
    if !is_root() || !unshared("mount --bind \"$STORE\" \"$STORE\"").is_ok_and(|o| o.status.success()) {
        eprintln!("skipped: only root can mount");
        return;
    }
    let output = unshared(script).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(aliases(&path), ["a", "b"]);
    assert_eq!(names(folder.path()), [".store.lock", "store"]);
}

#[test]
#[ignore = "run by another test, with the file bind-mounted"]
fn child_finds_a_mount_point() {
    let path = told();
    let error = refused(add(&path, "c", EditOptions { backup: Some(Backup::Beside), ..quick() }));
    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(path.as_path())));
    assert!(error.message().contains("mount its folder instead"), "{error}");
    assert!(!path.with_file_name("store.bak").exists(), "nothing changed, nothing kept");
}

#[test]
#[ignore = "run by another test, on a read-only file system"]
fn child_finds_a_read_only_file_system() {
    let error = refused(add(&told(), "c", quick()));
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().to_lowercase().contains("read-only file system"), "{error}");
}

#[test]
fn a_full_disk_leaves_the_old_file_and_one_without_attributes_takes_the_new_one() {
    let (folder, path) = folder();
    let script = r#"
        set -e
        mount -t tmpfs -o size=64k none "$FOLDER"
        "$TESTS" --exact faults::child_fills_the_disk --ignored
        mount -t ramfs none "$FOLDER"
        "$TESTS" --exact faults::child_finds_no_attributes --ignored
    "#;
    let output = Command::new("unshare")
        .args(["--mount", "--", "sh", "-c", script])
        .env("STORE", &path)
        .env("FOLDER", folder.path())
        .env("TESTS", std::env::current_exe().unwrap())
        .output();
    if !is_root() {
        eprintln!("skipped: only root can mount");
        return;
    }
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "run by another test, on a small file system"]
fn child_fills_the_disk() {
    let path = told();
    fs::write(&path, store_bytes(&["a", "b"])).unwrap();
    let _ = fs::write(path.with_file_name("filler"), vec![0; 1 << 17]);
    let before = names(path.parent().unwrap());

    let error = refused(add(&path, "c", quick()));

    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().to_lowercase().contains("no space"), "{error}");
    assert_eq!(aliases(&path), ["a", "b"]);
    assert_eq!(names(path.parent().unwrap()), before);
}

#[test]
#[ignore = "run by another test, on a file system without access control lists and extended attributes"]
fn child_finds_no_attributes() {
    let path = told();
    fs::write(&path, store_bytes(&["a", "b"])).unwrap();
    assert_eq!(add(&path, "c", quick()).unwrap().not_kept, Vec::<String>::new());
    assert_eq!(aliases(&path), ["a", "b", "c"]);
}

#[test]
fn what_another_user_keeps_from_us_is_explained() {
    let (folder, path) = folder();
    let lock = folder.path().join(".store.lock");
    set_mode(&path, 0o644);
    set_mode(folder.path(), 0o1777);
    if as_nobody("faults::child_cannot_replace_the_file", &path) {
        assert_eq!(names(folder.path()), ["store"]);
        fs::write(&lock, "somebody\n").unwrap();
        set_mode(&lock, 0o600);
        as_nobody("faults::child_cannot_open_the_lock", &path);
        assert_eq!(fs::read(&lock).unwrap(), b"somebody\n");
    }
    assert_eq!(aliases(&path), ["a", "b"]);
}

#[test]
#[ignore = "run by another test, as another user, in a sticky folder"]
fn child_cannot_replace_the_file() {
    let error = refused(add(&told(), "c", quick()));
    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(told().as_path())));
    assert!(
        error.message().contains("the permission to rename in its folder; the file is unchanged"),
        "{error}"
    );
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_cannot_open_the_lock() {
    let error = refused(add(&told(), "c", quick()));
    assert_eq!((error.kind(), error.path()), (ErrorKind::Locked, Some(told().as_path())));
    assert!(error.message().contains("its lock file cannot be opened"), "{error}");
}
