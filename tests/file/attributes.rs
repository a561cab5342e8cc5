//! Modes, owners, access control lists: what a new file takes over from the old one.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use truststore::{
    Backup, EditOptions, ErrorKind, Limits, RestoreOptions, SystemRandom, TrustStore, Unlock, restore,
};
use xattr::FileExt;

use crate::unix::{NOBODY, as_nobody, as_nobody_in, is_root, mode, set_mode, told};
use crate::{DATE, add, aliases, certificate, creating, edit, folder, names, quick, refused, store_bytes};

#[test]
fn the_mode_is_kept() {
    let (_folder, path) = folder();
    for wanted in [0o600, 0o640, 0o644, 0o664, 0o666, 0o444] {
        set_mode(&path, wanted);
        let options = EditOptions { backup: Some(Backup::Beside), ..quick() };
        add(&path, &format!("{wanted:o}"), options).unwrap();
        assert_eq!(mode(&path), wanted);
        assert_eq!(mode(&path.with_file_name("store.bak")), wanted);

        let mut store = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
        store.insert(&format!("{wanted:o}, saved"), certificate("c"), DATE).unwrap();
        store.save(&path, &mut SystemRandom).unwrap();
        assert_eq!(mode(&path), wanted);
    }
}

#[test]
fn a_lock_file_is_open_to_those_who_may_write_into_the_folder() {
    let (folder, path) = folder();
    for (folders, locks) in [(0o700, 0o600), (0o755, 0o600), (0o775, 0o660), (0o777, 0o666)] {
        set_mode(folder.path(), folders);
        let _file = edit(&path, quick()).unwrap();
        assert_eq!(mode(&folder.path().join(".store.lock")), locks, "{folders:o}");
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

    set_mode(&path, 0o640);
    store.insert("c", certificate("c"), DATE).unwrap();
    store.save(&path, &mut SystemRandom).unwrap();
    assert_eq!(mode(&path), 0o640, "what its owner opened stays so");
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
    // The system's own belong to the old bytes; only root can set them.
    let _ = xattr::set(&path, "trusted.note", b"its");
    let before = mode(&path);

    let committed = add(&path, "c", EditOptions { backup: Some(Backup::Beside), ..quick() }).unwrap();

    assert_eq!(committed.not_kept, Vec::<String>::new());
    for path in [&path, &path.with_file_name("store.bak")] {
        assert_eq!(mode(path), before);
        let file = fs::File::open(path).unwrap();
        assert_eq!(file.get_xattr("system.posix_acl_access").unwrap().unwrap(), ACL_FOR_NOBODY);
        assert_eq!(file.get_xattr("user.note").unwrap().unwrap(), b"ours");
        assert_eq!(file.get_xattr("trusted.note").unwrap(), None);
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
fn an_owner_that_cannot_be_kept_locks_nobody_out() {
    let (folder, path) = folder();
    set_mode(folder.path(), 0o777);
    set_mode(&path, 0o664);
    if !as_nobody("attributes::child_edits_the_file_of_another", &path) {
        return;
    }
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), mode(&path)), (NOBODY, 0o644), "the group is another: it may not write");
    assert_eq!(aliases(&path), ["a", "b", "c"]);

    fs::write(&path, store_bytes(&["a", "b"])).unwrap();
    chown(&path, Some(NOBODY), Some(12)).unwrap();
    set_mode(&path, 0o640);
    as_nobody("attributes::child_is_refused_the_file_of_a_group", &path);
    assert_eq!(aliases(&path), ["a", "b"]);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_group_is_kept_by_its_members_unless_the_owner_could_no_longer_read_the_file() {
    if !is_root() {
        return;
    }
    let (folder, path) = folder();
    set_mode(folder.path(), 0o777);
    for (owner, wanted, child) in [
        (0, 0o640, "attributes::child_saves_the_file_of_its_group"),
        (13, 0o644, "attributes::child_saves_the_file_of_its_group"),
        (13, 0o640, "attributes::child_is_refused_the_file_of_a_group"),
    ] {
        fs::write(&path, store_bytes(&["a", "b"])).unwrap();
        chown(&path, Some(owner), Some(12)).unwrap();
        set_mode(&path, wanted);
        as_nobody_in(&["--groups", "12"], child, &path);
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.gid(), mode(&path)), (12, wanted));
        assert_eq!(metadata.uid() == NOBODY, child.contains("saves"), "{owner} {wanted:o}");
    }
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_saves_the_file_of_its_group() {
    let mut store = TrustStore::open(told(), Unlock::Defaults, &Limits::default()).unwrap();
    store.insert("c", certificate("c"), DATE).unwrap();
    assert_eq!(store.save(told(), &mut SystemRandom).unwrap().not_kept, ["owner"]);
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

    if as_nobody("attributes::child_adds", &store) {
        assert_eq!(aliases(&store), ["a", "b", "c"]);
        assert_eq!(names(&own), ["store"]);
    }
}

#[test]
#[ignore = "run by another test, as another user"]
fn child_adds() {
    add(&told(), "c", quick()).unwrap();
}
