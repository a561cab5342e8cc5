//! What only Windows does: files that others hold open.

use std::fs::{self, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use truststore::{EditOptions, ErrorKind};

use crate::{add, aliases, edit, folder, names, quick, refused};

const SHARE_READ: u32 = 1;
const SHARE_READ_WRITE_DELETE: u32 = 7;

#[test]
fn a_file_that_is_open_and_shared_is_replaced() {
    let (folder, path) = folder();
    let open = OpenOptions::new().read(true).share_mode(SHARE_READ_WRITE_DELETE).open(&path).unwrap();

    add(&path, "c", quick()).unwrap();

    assert_eq!(aliases(&path), ["a", "b", "c"]);
    drop(open);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_file_that_is_held_open_is_waited_for_and_stays_whole() {
    let (folder, path) = folder();
    let before = fs::read(&path).unwrap();
    let open = OpenOptions::new().read(true).share_mode(SHARE_READ).open(&path).unwrap();
    let start = Instant::now();

    let error = refused(add(&path, "c", quick()));

    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.message().contains("open"), "{error}");
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["store"]);

    let waiter = std::thread::spawn({
        let path = path.clone();
        move || add(&path, "c", EditOptions { lock_timeout: Duration::from_secs(20), ..quick() })
    });
    std::thread::sleep(Duration::from_millis(500));
    drop(open);
    assert!(waiter.join().unwrap().unwrap().written);
    assert_eq!(aliases(&path), ["a", "b", "c"]);
}

#[test]
fn a_file_marked_read_only_is_refused_at_once() {
    let (_folder, path) = folder();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions.clone()).unwrap();

    let error = refused(add(&path, "c", quick()));

    assert!(error.message().contains("read-only"), "{error}");
    assert_eq!(aliases(&path), ["a", "b"]);
    #[expect(clippy::permissions_set_readonly_false, reason = "so that the folder can be removed")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
}

#[test]
fn a_hard_link_is_reported() {
    let (folder, path) = folder();
    fs::hard_link(&path, folder.path().join("second")).unwrap();

    assert!(add(&path, "c", quick()).unwrap().hard_link_broken);
    assert_eq!(aliases(&folder.path().join("second")), ["a", "b"]);
}

#[test]
fn every_spelling_of_a_name_has_the_same_lock() {
    let (folder, path) = folder();
    let holder = edit(&path, quick()).unwrap();

    // Windows drops a dot at the end and does not distinguish case.
    for name in ["store.", "STORE"] {
        let error = refused(add(&folder.path().join(name), "c", quick()));
        assert_eq!(error.kind(), ErrorKind::Locked, "{name}: {error}");
    }
    drop(holder);
    assert_eq!(names(folder.path()), ["store"]);
}

#[test]
fn a_path_of_more_than_260_characters_is_replaced() {
    let (folder, path) = folder();
    let deep = folder.path().join("f".repeat(150)).join("g".repeat(150));
    fs::create_dir_all(&deep).unwrap();
    let path = fs::rename(&path, deep.join("store")).map(|()| deep.join("store")).unwrap();

    add(&path, "c", quick()).unwrap();

    assert_eq!(aliases(&path), ["a", "b", "c"]);
    assert_eq!(names(&deep), ["store"]);
}
