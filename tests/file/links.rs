//! Symbolic links, hard links, pipes, planted files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use truststore::{
    Backup, EditOptions, ErrorKind, Limits, RestoreOptions, StoreFile, SystemRandom, TrustStore, Unlock,
    restore,
};

use crate::unix::{NOBODY, is_root, set_mode};
use crate::{DATE, add, aliases, certificate, creating, edit, folder, names, quick, refused};

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
    let error = refused(edit(&link, quick()));
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("the symbolic link leads to"), "{error}");

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

    fs::hard_link(&path, folder.path().join("third")).unwrap();
    let mut store = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
    store.insert("e", certificate("e"), DATE).unwrap();
    assert!(store.save(&path, &mut SystemRandom).unwrap().hard_link_broken);
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
    let mkfifo = || assert!(Command::new("mkfifo").arg(&lock).status().unwrap().success());
    let plants: [(&dyn Fn(), &str); 4] = [
        (&|| symlink(&victim, &lock).unwrap(), "found a symbolic link"),
        (&|| symlink(folder.path().join("made"), &lock).unwrap(), "found a symbolic link"),
        (&|| fs::hard_link(&victim, &lock).unwrap(), "found a file with another name"),
        (&mkfifo, "found something else"),
    ];
    for (plant, found) in plants {
        plant();
        let start = Instant::now();
        let error = refused(add(&path, "c", EditOptions::default()));
        assert_eq!((error.kind(), error.path()), (ErrorKind::Refused, Some(lock.as_path())), "{error}");
        assert!(error.message().contains(found), "{error}");
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
    for (folders_owner, folders_mode, links_owner) in
        [(NOBODY, 0o1777, 0), (NOBODY, 0o1777, NOBODY), (0, 0o755, NOBODY)]
    {
        std::os::unix::fs::chown(&shared, Some(folders_owner), None).unwrap();
        set_mode(&shared, folders_mode);
        std::os::unix::fs::lchown(&link, Some(links_owner), None).unwrap();
        assert!(edit(&link, quick()).is_ok(), "{folders_owner} {folders_mode:o} {links_owner}");
    }
}

#[test]
fn very_long_names_work() {
    let (folder, _) = folder();
    let path = folder.path().join("n".repeat(251));
    add(&path, "c", creating()).unwrap();
    add(&path, "d", EditOptions { backup: Some(Backup::Beside), ..quick() }).unwrap();
    assert_eq!(aliases(&path), ["c", "d"]);

    let _locked = edit(&path, quick()).unwrap();
    add(&folder.path().join("m".repeat(251)), "c", creating()).unwrap();
}

#[test]
fn a_name_that_is_too_long_is_not_taken_for_one_that_is_not_there() {
    let (folder, path) = folder();
    let long = folder.path().join("n".repeat(252));
    fs::rename(&path, &long).unwrap();

    let error = refused(add(&long, "c", EditOptions { backup: Some(Backup::Beside), ..quick() }));
    assert!(error.message().contains("look at the backup"), "{error}");
    assert_eq!(refused(restore(&long, &Limits::default(), &RestoreOptions::default())).kind(), ErrorKind::Io);
    assert_eq!(aliases(&long), ["a", "b"]);

    let inside = long.join("a file is no folder");
    let error = refused(add(&inside, "c", creating()));
    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(inside.as_path())));
}
