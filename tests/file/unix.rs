//! What only Unix has: modes, owners, ACLs, links, pipes, planted files.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use truststore::{
    Backup, EditOptions, ErrorKind, Limits, RestoreOptions, StoreFile, SystemRandom, TrustStore, Unlock,
    restore,
};
use xattr::FileExt;

use crate::{DATE, add, aliases, certificate, creating, edit, folder, names, quick, refused, store_bytes};

const NOBODY: u32 = 65_534;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn is_root() -> bool {
    // Of a file that we made ourselves.
    tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0
}

/// Runs one of the ignored tests below as `nobody`; false where that cannot be done.
fn as_nobody(test: &str, store: &Path) -> bool {
    if !is_root() {
        eprintln!("skipped: only root can become another user");
        return false;
    }
    // The build folder may be closed to others.
    let binary = store.with_file_name("test-binary");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    set_mode(&binary, 0o755);
    let status = Command::new("setpriv")
        .args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--"])
        .arg(&binary)
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("STORE", store)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    fs::remove_file(&binary).unwrap();
    assert!(status.success(), "{test}");
    true
}

fn told() -> std::path::PathBuf {
    std::env::var_os("STORE").unwrap().into()
}

#[test]
fn the_mode_is_kept() {
    let (_folder, path) = folder();
    for wanted in [0o600, 0o640, 0o644, 0o664, 0o666, 0o444] {
        set_mode(&path, wanted);
        let options = EditOptions { backup: Some(Backup::Beside), ..quick() };
        add(&path, &format!("{wanted:o}"), options).unwrap();
        assert_eq!(mode(&path), wanted);
        assert_eq!(mode(&path.with_file_name("store.bak")), wanted);
    }
}

#[test]
fn the_owner_is_kept_by_root() {
    if !is_root() {
        return;
    }
    let (_folder, path) = folder();
    chown(&path, Some(NOBODY), Some(12)).unwrap();
    set_mode(&path, 0o640);

    let committed = add(&path, "c", quick()).unwrap();

    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), mode(&path)), (NOBODY, 12, 0o640));
    assert_eq!(committed.not_kept, Vec::<String>::new());
}

#[test]
fn a_restored_file_keeps_its_present_mode() {
    let (_folder, path) = folder();
    add(&path, "c", EditOptions { backup: Some(Backup::Beside), ..quick() }).unwrap();
    set_mode(&path, 0o640);

    restore(&path, &Limits::default(), &RestoreOptions::default()).unwrap();

    assert_eq!(mode(&path), 0o640);
}

#[test]
fn a_new_file_of_certificates_has_the_mode_of_umask() {
    let (folder, _) = folder();
    let path = folder.path().join("new");
    let compared = folder.path().join("compared");
    fs::write(&compared, "").unwrap();

    add(&path, "c", creating()).unwrap();

    assert_eq!(mode(&path), mode(&compared));
}

#[test]
fn a_new_file_with_a_private_key_is_for_its_owner_alone() {
    let (folder, _) = folder();
    let path = folder.path().join("new");
    let mut store =
        TrustStore::from_bytes(store_with_private_key(), Unlock::Defaults, &Limits::default()).unwrap();

    store.save(&path, &mut SystemRandom).unwrap();

    assert_eq!(mode(&path), 0o600);
}

/// A JKS file by hand: one entry `k`, a key that is sealed for good, an empty chain.
fn store_with_private_key() -> Vec<u8> {
    use sha1::{Digest, Sha1};

    let mut file = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, b'k'];
    file.extend_from_slice(&DATE.to_be_bytes());
    file.extend_from_slice(&[0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0]);
    let mut hash = Sha1::new();
    hash.update("changeit".bytes().flat_map(|b| [0, b]).collect::<Vec<u8>>());
    hash.update("Mighty Aphrodite");
    hash.update(&file);
    file.extend_from_slice(&hash.finalize());
    file
}

/// `user::rw-, user:nobody:r--, group::---, mask::r--, other::---` (Linux `posix_acl_xattr.h`).
const ACL_FOR_NOBODY: [u8; 44] = [
    2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 254, 255, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255,
    16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
];

#[test]
fn access_control_lists_and_user_attributes_are_kept() {
    let (_folder, path) = folder();
    if xattr::set(&path, "user.note", b"ours").is_err()
        || xattr::set(&path, "system.posix_acl_access", &ACL_FOR_NOBODY).is_err()
    {
        eprintln!("skipped: this file system has no attributes");
        return;
    }
    let before = mode(&path);

    let committed = add(&path, "c", EditOptions { backup: Some(Backup::Beside), ..quick() }).unwrap();

    assert_eq!(committed.not_kept, Vec::<String>::new());
    for path in [&path, &path.with_file_name("store.bak")] {
        assert_eq!(mode(path), before);
        let file = fs::File::open(path).unwrap();
        assert_eq!(file.get_xattr("system.posix_acl_access").unwrap().unwrap(), ACL_FOR_NOBODY);
        assert_eq!(file.get_xattr("user.note").unwrap().unwrap(), b"ours");
    }
}

#[test]
fn the_folders_default_acl_lets_nobody_into_an_old_file() {
    let (folder, path) = folder();
    set_mode(&path, 0o640);
    if xattr::set(folder.path(), "system.posix_acl_default", &ACL_FOR_NOBODY).is_err() {
        eprintln!("skipped: this file system has no attributes");
        return;
    }

    add(&path, "c", quick()).unwrap();

    assert_eq!(xattr::get(&path, "system.posix_acl_access").unwrap(), None);
    assert_eq!(mode(&path), 0o640);
}

#[test]
fn a_symbolic_link_stays_one() {
    let (folder, path) = folder();
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    symlink("../store", other.join("second")).unwrap();
    symlink("second", other.join("first")).unwrap();
    let link = other.join("first");

    let options = EditOptions { backup: Some(Backup::Beside), ..quick() };
    let mut file = edit(&link, options).unwrap();
    assert_eq!(file.path(), link);
    assert_eq!(fs::canonicalize(file.resolved()).unwrap(), fs::canonicalize(&path).unwrap());
    assert!(names(folder.path()).contains(&".store.lock".to_owned()), "the lock is the file's own");
    file.store_mut().insert("c", certificate("c"), DATE).unwrap();
    let committed = file.commit(&mut SystemRandom).unwrap();

    assert_eq!(fs::read_link(&link).unwrap(), Path::new("second"));
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
    assert_eq!(aliases(&path), ["a", "b", "c"]);
    let backup = committed.backup.unwrap();
    assert_eq!(fs::canonicalize(backup).unwrap(), fs::canonicalize(folder.path().join("store.bak")).unwrap());
    assert_eq!(names(&other), ["first", "second"]);
    assert!(restore(&link, &Limits::default(), &RestoreOptions::default()).unwrap().changed);
    assert_eq!(aliases(&path), ["a", "b"]);
}

#[test]
fn through_a_dangling_link_the_file_it_names_is_made() {
    let (folder, _) = folder();
    let link = folder.path().join("link");
    symlink("new", &link).unwrap();
    assert_eq!(refused(edit(&link, quick())).kind(), ErrorKind::NotFound);

    assert!(add(&link, "c", creating()).unwrap().created);

    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(aliases(&folder.path().join("new")), ["c"]);

    let lost = folder.path().join("lost");
    symlink("no/such/new", &lost).unwrap();
    let error = refused(add(&lost, "c", creating()));
    assert_eq!(error.path(), Some(folder.path().join("no/such").as_path()), "{error}");
}

#[test]
fn links_in_a_circle_are_found_out() {
    let (folder, _) = folder();
    symlink("two", folder.path().join("one")).unwrap();
    symlink("one", folder.path().join("two")).unwrap();

    let error = refused(add(&folder.path().join("one"), "c", creating()));

    assert!(error.message().contains("symbolic links"), "{error}");
}

#[test]
fn a_link_that_is_turned_elsewhere_is_noticed() {
    let (folder, path) = folder();
    fs::copy(&path, folder.path().join("other")).unwrap();
    let link = folder.path().join("link");
    symlink("store", &link).unwrap();
    let mut file = edit(&link, quick()).unwrap();
    file.store_mut().insert("c", certificate("c"), DATE).unwrap();
    fs::remove_file(&link).unwrap();
    symlink("other", &link).unwrap();

    assert!(refused(file.commit(&mut SystemRandom)).is_changed_on_disk());
    assert_eq!(names(folder.path()), ["link", "other", "store"]);
}

#[test]
fn a_hard_link_is_broken_and_reported() {
    let (folder, path) = folder();
    fs::hard_link(&path, folder.path().join("second")).unwrap();

    assert!(add(&path, "c", quick()).unwrap().hard_link_broken);

    assert_eq!(aliases(&folder.path().join("second")), ["a", "b"]);
    assert!(!add(&path, "d", quick()).unwrap().hard_link_broken);
}

#[test]
fn what_is_not_a_regular_file_is_refused_and_not_waited_for() {
    let (folder, _) = folder();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let before = names(folder.path());
    let start = Instant::now();
    for (path, found) in [
        (folder.path(), "a folder"),
        (&folder.path().join("."), "a folder"),
        (&pipe, "a named pipe"),
        (&socket, "a socket"),
        (Path::new("/dev/null"), "a device"),
    ] {
        for error in [
            refused(edit(path, creating())),
            refused(StoreFile::read(path, Unlock::Defaults, &Limits::default())),
        ] {
            assert!(error.message().contains(found), "{error}");
            assert_eq!(error.path(), Some(path));
        }
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(names(folder.path()), before);
}

#[test]
fn a_link_planted_at_the_locks_name_is_not_followed() {
    let (folder, path) = folder();
    let victim = folder.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let lock = folder.path().join(".store.lock");
    let plant: [&dyn Fn(); 3] = [
        &|| symlink(&victim, &lock).unwrap(),
        &|| symlink(folder.path().join("made"), &lock).unwrap(),
        &|| fs::hard_link(&victim, &lock).unwrap(),
    ];
    for plant in plant {
        plant();
        let start = Instant::now();
        let error = refused(add(&path, "c", EditOptions::default()));
        assert_eq!((error.kind(), error.path()), (ErrorKind::Refused, Some(lock.as_path())), "{error}");
        assert!(start.elapsed() < Duration::from_secs(1), "waiting does not help");
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert_eq!(names(folder.path()), [".store.lock", "store", "victim"]);
        fs::remove_file(&lock).unwrap();
    }
}

#[test]
fn a_link_planted_at_the_backups_name_is_replaced_and_not_followed() {
    let (folder, path) = folder();
    let victim = folder.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let bak = folder.path().join("store.bak");
    symlink(&victim, &bak).unwrap();
    assert!(restore(&path, &Limits::default(), &RestoreOptions::default()).is_err());

    add(&path, "c", EditOptions { backup: Some(Backup::Beside), ..quick() }).unwrap();

    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(fs::symlink_metadata(&bak).unwrap().is_file());
    assert_eq!(aliases(&bak), ["a", "b"]);
}

#[test]
fn a_link_of_another_user_in_a_shared_folder_is_not_followed() {
    if !is_root() {
        return;
    }
    let (folder, path) = folder();
    let shared = folder.path().join("shared");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o1777);
    let link = shared.join("link");
    for to in ["../store", "../made"] {
        symlink(to, &link).unwrap();
        std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
        let error = refused(add(&link, "c", creating()));
        assert_eq!((error.kind(), error.path()), (ErrorKind::Refused, Some(link.as_path())));
        fs::remove_file(&link).unwrap();
    }
    assert_eq!(names(folder.path()), ["shared", "store"]);

    symlink("../store", &link).unwrap();
    add(&link, "c", quick()).unwrap();
    assert_eq!(aliases(&path), ["a", "b", "c"], "one's own link is");
}

#[test]
fn very_long_names_work() {
    let (folder, _) = folder();
    let path = folder.path().join("n".repeat(251));
    add(&path, "c", creating()).unwrap();
    add(&path, "d", EditOptions { backup: Some(Backup::Beside), ..quick() }).unwrap();
    assert_eq!(aliases(&path), ["c", "d"]);
}

#[test]
fn a_folder_without_write_permission_is_named() {
    let (folder, path) = folder();
    set_mode(folder.path(), 0o755);
    as_nobody("unix::child_cannot_write_the_folder", &path);
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
fn an_owner_that_cannot_be_kept_locks_nobody_out() {
    let (folder, path) = folder();
    set_mode(folder.path(), 0o777);
    set_mode(&path, 0o664);
    if !as_nobody("unix::child_edits_the_file_of_another", &path) {
        return;
    }
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), mode(&path)), (NOBODY, 0o644), "the group is another: it may not write");
    assert_eq!(aliases(&path), ["a", "b", "c"]);

    fs::write(&path, store_bytes(&["a", "b"])).unwrap();
    chown(&path, Some(NOBODY), Some(12)).unwrap();
    set_mode(&path, 0o640);
    as_nobody("unix::child_is_refused_the_file_of_a_group", &path);
    assert_eq!(aliases(&path), ["a", "b"]);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_edits_the_file_of_another() {
    assert_eq!(add(&told(), "c", quick()).unwrap().not_kept, ["owner", "group"]);
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_is_refused_the_file_of_a_group() {
    let error = refused(add(&told(), "c", quick()));
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().contains("group 12"), "{error}");
}

#[test]
fn a_lock_file_left_by_root_keeps_nobody_out() {
    let (folder, path) = folder();
    let own = folder.path().join("own");
    fs::create_dir(&own).unwrap();
    set_mode(folder.path(), 0o755);
    let store = own.join("store");
    fs::rename(&path, &store).unwrap();
    if is_root() {
        chown(&own, Some(NOBODY), Some(NOBODY)).unwrap();
        chown(&store, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let file = edit(&store, quick()).unwrap();
    // As if killed: the lock goes, the file stays.
    fs::hard_link(own.join(".store.lock"), own.join("saved")).unwrap();
    drop(file);
    fs::rename(own.join("saved"), own.join(".store.lock")).unwrap();

    if as_nobody("unix::child_adds", &store) {
        assert_eq!(aliases(&store), ["a", "b", "c"]);
        assert_eq!(names(&own), ["store"]);
    }
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_adds() {
    add(&told(), "c", quick()).unwrap();
}

#[test]
fn a_file_mounted_by_itself_and_a_read_only_file_system_are_explained() {
    let (folder, path) = folder();
    let script = r#"
        set -e
        mount --bind "$STORE" "$STORE"
        "$TESTS" --exact unix::child_finds_a_mount_point --ignored
        umount "$STORE"
        mount --bind "$FOLDER" "$FOLDER"
        mount -o remount,ro,bind "$FOLDER"
        "$TESTS" --exact unix::child_finds_a_read_only_file_system --ignored
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
    assert_eq!(names(folder.path()), ["store"]);
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
fn a_full_disk_leaves_the_old_file() {
    let (folder, path) = folder();
    let script = r#"
        set -e
        mount -t tmpfs -o size=64k none "$FOLDER"
        "$TESTS" --exact unix::child_fills_the_disk --ignored
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
