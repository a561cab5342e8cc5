//! Many writers at once, and one that is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use truststore::{EditOptions, Limits, SystemRandom, TrustStore, Unlock};

use crate::{add, aliases, creating, edit, folder, names, quick};

const WRITERS: usize = 4;
const IMPORTS: usize = 10;

/// This test binary again, running one test in a process of its own.
fn child(test: &str, path: &Path, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env("STORE", path)
        .env("NAME", name)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn told() -> (PathBuf, String) {
    (std::env::var_os("STORE").unwrap().into(), std::env::var("NAME").unwrap())
}

fn patient() -> EditOptions {
    EditOptions { lock_timeout: Duration::from_secs(60), ..creating() }
}

#[test]
fn many_processes_lose_no_entry_and_readers_never_see_half_a_file() {
    let (folder, _) = folder();
    let path = folder.path().join("shared");
    edit(&path, patient()).unwrap().commit(&mut SystemRandom).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) {
                let store = TrustStore::open(&path, Unlock::Defaults, &Limits::default()).unwrap();
                assert!(store.entries().len() >= count, "an entry was lost");
                count = store.entries().len();
            }
        });
        let children: Vec<Child> =
            (0..WRITERS).map(|n| child("many::child_imports", &path, &n.to_string())).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });

    assert_eq!(aliases(&path).len(), WRITERS * IMPORTS);
    assert_eq!(names(folder.path()), ["shared", "store"]);
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_imports() {
    let (path, name) = told();
    for n in 0..IMPORTS {
        add(&path, &format!("{name}-{n}"), patient()).unwrap();
    }
}

#[test]
fn threads_exclude_each_other_too() {
    let (_folder, path) = folder();
    std::thread::scope(|scope| {
        for thread in 0..WRITERS {
            let path = &path;
            scope.spawn(move || {
                for n in 0..IMPORTS {
                    add(path, &format!("{thread}-{n}"), patient()).unwrap();
                }
            });
        }
    });
    assert_eq!(aliases(&path).len(), 2 + WRITERS * IMPORTS);
}

#[test]
fn many_creators_make_one_store() {
    let (folder, _) = folder();
    let path = folder.path().join("new");
    let children: Vec<Child> =
        (0..WRITERS).map(|n| child("many::child_imports", &path, &n.to_string())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(aliases(&path).len(), WRITERS * IMPORTS);
}

#[test]
fn a_killed_holder_is_named_while_it_lives_and_blocks_nobody_after() {
    let (folder, path) = folder();
    let mut holder = child("many::child_holds_the_lock", &path, "");
    let start = Instant::now();
    while !folder.path().join("held").exists() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(10));
    }

    let error = crate::refused(edit(&path, quick()));
    assert!(error.message().contains(&format!("process {}", holder.id())), "{error}");

    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(folder.path().join(".store.lock").exists(), "it was left behind");
    add(&path, "c", quick()).unwrap();
    assert!(!folder.path().join(".store.lock").exists());
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_holds_the_lock() {
    let (path, _) = told();
    let _file = edit(&path, quick()).unwrap();
    fs::write(path.with_file_name("held"), "").unwrap();
    std::thread::sleep(Duration::from_secs(60));
}
