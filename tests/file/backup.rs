//! The previous file, kept and put back.

use std::fs;
use std::path::PathBuf;

use truststore::{
    Backup, EditOptions, ErrorKind, Format, Limits, Password, RestoreOptions, SystemRandom, TrustStore,
    restore,
};

use crate::{add, aliases, edit, folder, names, quick, refused, store_bytes};

fn with_backup() -> EditOptions {
    EditOptions { backup: Some(Backup::Beside), ..quick() }
}

#[test]
fn the_previous_file_is_kept_and_comes_back_without_password() {
    let (folder, path) = folder();
    let bak = folder.path().join("store.bak");
    let before = fs::read(&path).unwrap();

    assert_eq!(add(&path, "c", with_backup()).unwrap().backup, Some(bak.clone()));
    assert_eq!(fs::read(&bak).unwrap(), before);
    assert_eq!(names(folder.path()), ["store", "store.bak"]);

    let restored = restore(&path, &Limits::default(), &RestoreOptions::default()).unwrap();
    assert!(restored.changed && !restored.created);
    assert_eq!(restored.backup, bak);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!restore(&path, &Limits::default(), &RestoreOptions::default()).unwrap().changed, "identical");
    assert_eq!(names(folder.path()), ["store", "store.bak"]);
}

#[test]
fn a_later_backup_replaces_the_earlier_one_and_an_unchanged_run_does_not() {
    let (folder, path) = folder();
    add(&path, "c", with_backup()).unwrap();
    add(&path, "d", with_backup()).unwrap();
    let bak = folder.path().join("store.bak");
    assert_eq!(aliases(&bak), ["a", "b", "c"]);

    let committed = edit(&path, with_backup()).unwrap().commit(&mut SystemRandom).unwrap();

    assert_eq!(committed.backup, None);
    assert_eq!(aliases(&bak), ["a", "b", "c"]);
}

#[test]
fn a_failed_commit_leaves_the_earlier_backup() {
    let (folder, path) = folder();
    let bak = folder.path().join("store.bak");
    for earlier in [Some(b"earlier"), None] {
        let _ = fs::remove_file(&bak);
        if let Some(earlier) = earlier {
            fs::write(&bak, earlier).unwrap();
        }
        let before = names(folder.path());
        let mut file = edit(&path, with_backup()).unwrap();
        let first = file.store().entries()[0].id();
        file.store_mut().remove(&[first]).unwrap();
        fs::write(&path, store_bytes(&["k", if earlier.is_some() { "l" } else { "m" }])).unwrap();

        assert!(refused(file.commit(&mut SystemRandom)).is_changed_on_disk());
        assert_eq!(fs::read(&bak).ok().as_deref(), earlier.map(|bytes| &bytes[..]));
        assert_eq!(names(folder.path()), before);
    }
}

#[test]
fn a_file_that_has_gone_comes_back() {
    let (folder, path) = folder();
    add(&path, "c", with_backup()).unwrap();
    fs::remove_file(&path).unwrap();

    assert!(restore(&path, &Limits::default(), &RestoreOptions::default()).unwrap().created);

    assert_eq!(aliases(&path), ["a", "b"]);
    assert_eq!(names(folder.path()), ["store", "store.bak"]);
}

#[test]
fn a_backup_under_an_unknown_password_comes_back() {
    let (_folder, path) = folder();
    let store = TrustStore::new(Format::Pkcs12, Password::new("unknown"));
    let bytes = store.to_bytes(&mut SystemRandom).unwrap();
    fs::write(path.with_file_name("store.bak"), &bytes).unwrap();

    assert!(restore(&path, &Limits::default(), &RestoreOptions::default()).unwrap().changed);

    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_folder_in_the_place_of_the_backup_is_named_and_nothing_is_changed() {
    let (folder, path) = folder();
    let bak = folder.path().join("store.bak");
    fs::create_dir(&bak).unwrap();

    let error = refused(add(&path, "c", with_backup()));

    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(bak.as_path())));
    assert!(error.message().contains("found a folder"), "{error}");
    assert_eq!(aliases(&path), ["a", "b"]);
    assert_eq!(names(folder.path()), ["store", "store.bak"]);
}

#[test]
fn a_dry_run_restores_nothing() {
    let (_folder, path) = folder();
    add(&path, "c", with_backup()).unwrap();

    let options = RestoreOptions { dry_run: true, ..RestoreOptions::default() };
    assert!(restore(&path, &Limits::default(), &options).unwrap().changed);

    assert_eq!(aliases(&path), ["a", "b", "c"]);
}

#[test]
fn what_is_not_a_store_is_not_restored() {
    let (folder, path) = folder();
    let bak = folder.path().join("store.bak");
    let attempt = || refused(restore(&path, &Limits::default(), &RestoreOptions::default()));
    let error = attempt();
    assert_eq!((error.kind(), error.path().map(PathBuf::from)), (ErrorKind::NotFound, Some(bak.clone())));
    fs::write(&bak, "hello").unwrap();
    assert_eq!(attempt().kind(), ErrorKind::NotAStore);
    let whole = store_bytes(&["a"]);
    fs::write(&bak, &whole[..whole.len() - 30]).unwrap();
    let error = attempt();
    assert_eq!((error.kind(), error.path().map(PathBuf::from)), (ErrorKind::Damaged, Some(bak)));
    assert_eq!(aliases(&path), ["a", "b"]);
}
