//! Open, edit, commit; open and save.

use std::fs;
use std::time::Duration;

use truststore::{
    Certificate, EditOptions, ErrorKind, Format, Limits, NewStore, Password, StoreFile, SystemRandom,
    TrustStore, Unlock,
};

use crate::{DATE, add, aliases, certificate, creating, edit, folder, names, quick, refused, store_bytes};

#[test]
fn an_edit_adds_and_leaves_nothing_behind() {
    let (folder, path) = folder();

    let committed = add(&path, "c", quick()).unwrap();

    assert!(committed.changed && committed.written && !committed.created && !committed.hard_link_broken);
    assert_eq!(committed.not_kept, Vec::<String>::new());
    assert_eq!(committed.read_back, None);
    assert_eq!(aliases(&path), ["a", "b", "c"]);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn an_unchanged_edit_writes_nothing() {
    let (folder, path) = folder();
    let before = fs::metadata(&path).unwrap();

    let committed = edit(&path, quick()).unwrap().commit(&mut SystemRandom).unwrap();

    let after = fs::metadata(&path).unwrap();
    assert!(!committed.changed && !committed.written);
    assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        assert_eq!((before.ino(), before.ctime_nsec()), (after.ino(), after.ctime_nsec()));
    }
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn changed_and_changed_back_writes_nothing() {
    let (_folder, path) = folder();
    let mut file = edit(&path, quick()).unwrap();
    let id = file.store_mut().insert("c", certificate("c"), DATE).unwrap();
    file.store_mut().remove(&[id]).unwrap();

    assert!(!file.commit(&mut SystemRandom).unwrap().changed);
}

#[test]
fn a_dry_run_writes_nothing_and_says_what_would_change() {
    let (folder, path) = folder();
    let before = fs::read(&path).unwrap();

    let committed = add(&path, "c", EditOptions { dry_run: true, ..quick() }).unwrap();

    assert!(committed.changed && !committed.written);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn an_absent_file_is_created_only_when_asked_for() {
    let (folder, _) = folder();
    let path = folder.path().join("new");

    let error = refused(edit(&path, quick()));
    assert_eq!((error.kind(), error.path()), (ErrorKind::NotFound, Some(path.as_path())));
    assert_eq!(error.message(), "the file does not exist");
    assert_eq!(names(folder.path()), ["store"], "no lock file either");

    let file = edit(&path, creating()).unwrap();
    assert!(file.created());
    drop(file);
    assert_eq!(names(folder.path()), ["store"], "nothing without a commit");

    assert!(add(&path, "c", creating()).unwrap().created);
    assert_eq!(aliases(&path), ["c"]);
    assert_eq!(names(folder.path()), ["new", "store"]);
    assert!(!edit(&path, creating()).unwrap().created(), "it is there now");
    assert!(!add(&path, "d", creating()).unwrap().created);
}

#[test]
fn an_empty_store_can_be_created() {
    let (folder, _) = folder();
    let path = folder.path().join("new");

    assert!(edit(&path, creating()).unwrap().commit(&mut SystemRandom).unwrap().written);

    assert_eq!(aliases(&path), Vec::<String>::new());
}

#[test]
fn a_new_jks_store_needs_a_password() {
    let (folder, _) = folder();
    let create = NewStore { format: Format::Jks, password: None };

    let error = refused(edit(&folder.path().join("new"), EditOptions { create: Some(create), ..quick() }));

    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_missing_folder_is_named() {
    let (folder, _) = folder();
    let path = folder.path().join("no/store");

    let error = refused(add(&path, "c", creating()));

    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.path(), Some(folder.path().join("no").as_path()));
    assert_eq!(error.message(), "the folder does not exist");
}

#[test]
fn a_path_that_ends_like_a_folder_names_no_file() {
    let (folder, _) = folder();

    let error = refused(add(&folder.path().join("new/"), "c", creating()));

    assert!(error.message().contains("found that of a folder"), "{error}");
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_file_that_another_program_changed_is_not_overwritten() {
    let (folder, path) = folder();
    let mut file = edit(&path, quick()).unwrap();
    file.store_mut().insert("c", certificate("c"), DATE).unwrap();
    // As keytool does: in place, and without a look at our lock.
    fs::write(&path, store_bytes(&["a", "k"])).unwrap();

    let error = refused(file.commit(&mut SystemRandom));

    assert!(error.is_changed_on_disk(), "{error}");
    assert_eq!(aliases(&path), ["a", "k"]);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_file_that_was_removed_or_made_meanwhile_is_noticed() {
    let (folder, path) = folder();
    let mut file = edit(&path, quick()).unwrap();
    file.store_mut().insert("c", certificate("c"), DATE).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(refused(file.commit(&mut SystemRandom)).is_changed_on_disk());

    let file = edit(&path, creating()).unwrap();
    fs::write(&path, store_bytes(&["k"])).unwrap();
    assert!(refused(file.commit(&mut SystemRandom)).is_changed_on_disk());
    assert_eq!(aliases(&path), ["k"]);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_store_read_without_lock_can_be_committed_unless_another_was_faster() {
    let (_folder, path) = folder();
    let read = || StoreFile::read(&path, Unlock::Defaults, &Limits::default()).unwrap();
    let (mut first, mut second) = (read(), read());
    first.store_mut().insert("c", certificate("c"), DATE).unwrap();
    second.store_mut().insert("d", certificate("d"), DATE).unwrap();

    assert!(first.commit(&mut SystemRandom).unwrap().written);
    assert!(refused(second.commit(&mut SystemRandom)).is_changed_on_disk());
    assert_eq!(aliases(&path), ["a", "b", "c"]);
}

#[test]
fn what_is_not_a_store_is_left_alone() {
    let (folder, path) = folder();
    fs::write(&path, "hello").unwrap();

    let error = refused(edit(&path, creating()));

    assert_eq!((error.kind(), error.path()), (ErrorKind::NotAStore, Some(path.as_path())));
    assert_eq!(fs::read(&path).unwrap(), b"hello");
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_file_above_the_size_limit_is_not_read() {
    let (_folder, path) = folder();
    let limits = Limits { max_file_size: 50, ..Limits::default() };

    let error = refused(StoreFile::read(&path, Unlock::Defaults, &limits));

    assert!(error.is_limit_exceeded(), "{error}");
    assert_eq!(error.path(), Some(path.as_path()));
}

#[test]
fn a_store_that_could_not_be_read_again_under_the_limits_is_not_written() {
    for format in [Format::Jks, Format::Pkcs12] {
        let (_folder, path) = folder();
        let mut store = TrustStore::new(format, Password::new("changeit"));
        store.insert("a", Certificate::from_der(vec![0x30, 0]), 0).unwrap();
        fs::write(&path, store.to_bytes(&mut SystemRandom).unwrap()).unwrap();
        let before = fs::read(&path).unwrap();
        let limits = Limits { max_entries: 1, ..Limits::default() };
        let mut file = StoreFile::edit(&path, Unlock::Defaults, &limits, quick()).unwrap();
        file.store_mut().insert("b", Certificate::from_der(vec![0x30, 1, 0]), 0).unwrap();
        let error = file.commit(&mut SystemRandom).unwrap_err();
        assert!(error.is_limit_exceeded() && error.message().contains("--max-entries"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_store_whose_password_is_unknown_is_not_written() {
    let (_folder, path) = folder();
    let store = TrustStore::new(Format::Jks, Password::new("another"));
    fs::write(&path, store.to_bytes(&mut SystemRandom).unwrap()).unwrap();

    assert_eq!(refused(add(&path, "c", quick())).kind(), ErrorKind::ReadOnly);
}

#[test]
fn the_lock_is_held_from_edit_to_commit_and_its_holder_is_named() {
    let (folder, path) = folder();
    let file = edit(&path, quick()).unwrap();
    assert_eq!(names(folder.path()), [".store.lock", "store"]);

    let error = refused(edit(&path, quick()));

    assert_eq!((error.kind(), error.path()), (ErrorKind::Locked, Some(path.as_path())));
    assert!(error.message().contains(&format!("process {}", std::process::id())), "{error}");
    #[cfg(target_os = "linux")]
    assert!(
        error.message().contains(fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim()),
        "{error}"
    );
    // Readers do not wait.
    assert_eq!(aliases(&path), ["a", "b"]);
    drop(file);
    assert_eq!(names(folder.path()), ["store"]);
    add(&path, "c", quick()).unwrap();
}

#[test]
fn a_waiter_gets_the_lock_when_it_is_free() {
    let (_folder, path) = folder();
    let mut file = edit(&path, quick()).unwrap();
    let waiter = std::thread::spawn({
        let path = path.clone();
        move || add(&path, "d", EditOptions { lock_timeout: Duration::from_secs(20), ..quick() })
    });
    std::thread::sleep(Duration::from_millis(300));
    file.store_mut().insert("c", certificate("c"), DATE).unwrap();
    file.commit(&mut SystemRandom).unwrap();

    assert!(waiter.join().unwrap().unwrap().written);
    assert_eq!(aliases(&path), ["a", "b", "c", "d"]);
}

#[test]
fn temporary_files_of_killed_processes_are_removed_and_no_others() {
    let (folder, path) = folder();
    for name in [".store.aB3xyz.tmp", ".store.ab.tmp", ".other.aB3xyz.tmp", "store.aB3xyz.tmp"] {
        fs::write(folder.path().join(name), "").unwrap();
    }

    add(&path, "c", quick()).unwrap();

    assert_eq!(names(folder.path()), [".other.aB3xyz.tmp", ".store.ab.tmp", "store", "store.aB3xyz.tmp"]);
}

#[test]
fn open_and_save() {
    let (folder, path) = folder();
    let mut store = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
    assert!(!store.save(&path, &mut SystemRandom).unwrap().written, "unchanged");

    store.insert("c", certificate("c"), DATE).unwrap();
    let committed = store.save(&path, &mut SystemRandom).unwrap();
    assert!(committed.changed && committed.written && !committed.created);
    assert!(!store.is_modified());
    store.insert("d", certificate("d"), DATE).unwrap();
    assert!(store.save(folder.path().join("./store"), &mut SystemRandom).unwrap().written, "once more");

    assert_eq!(aliases(&path), ["a", "b", "c", "d"]);
    assert_eq!(names(folder.path()), ["store"]);

    let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    let committed = store.save(folder.path().join("new"), &mut SystemRandom).unwrap();
    assert_eq!(committed.read_back.is_some(), cfg!(feature = "readback"));
}

#[test]
fn save_overwrites_only_what_was_opened() {
    let (folder, path) = folder();
    let mut store = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
    store.insert("c", certificate("c"), DATE).unwrap();
    fs::write(&path, store_bytes(&["k"])).unwrap();
    assert!(refused(store.save(&path, &mut SystemRandom)).is_changed_on_disk());
    fs::remove_file(&path).unwrap();
    assert!(refused(store.save(&path, &mut SystemRandom)).is_changed_on_disk());

    let other = folder.path().join("other");
    assert!(store.save(&other, &mut SystemRandom).unwrap().created, "to a new file");
    fs::create_dir(folder.path().join("folder")).unwrap();
    let namesake = folder.path().join("folder/other");
    fs::copy(&other, &namesake).unwrap();
    assert_eq!(refused(store.save(&namesake, &mut SystemRandom)).kind(), ErrorKind::Exists);
    fs::write(&path, store_bytes(&["k"])).unwrap();
    assert_eq!(refused(store.save(&path, &mut SystemRandom)).kind(), ErrorKind::Exists);

    let mut new = TrustStore::new(Format::Jks, Password::new("changeit"));
    assert_eq!(refused(new.save(&path, &mut SystemRandom)).kind(), ErrorKind::Exists);
    assert_eq!(aliases(&path), ["k"]);
    assert_eq!(aliases(&other), ["a", "b", "c"]);
}
