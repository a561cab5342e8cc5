//! Many writers on one store, with readers between them and some that are killed.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use truststore::{Limits, Password, TrustStore, Unlock};

use crate::cases::{Case, FORMATS, PASSWORD};
use crate::common::java::{Question, java};
use crate::sandbox::{Sandbox, clean, command, program, said};
use crate::trace::is_strace_there;

/// Between reads, since there may be no more than two processors.
const PAUSE: Duration = Duration::from_millis(5);

#[test]
fn some_writers_lose_no_entry() {
    for format in FORMATS {
        write_at_once(format, 6, 3);
    }
}

#[test]
#[ignore = "takes long; `some_writers_lose_no_entry` is a part of it"]
fn sixteen_processes_with_fifty_imports_each_lose_no_entry() {
    for format in FORMATS {
        write_at_once(format, 16, 50);
    }
}

/// Each import is a process; `writers` of them run at any time.
fn write_at_once(format: &'static str, writers: usize, imports: usize) {
    let sandbox = Case::folder(format);
    let store = sandbox.path("store");
    let done = AtomicBool::new(false);
    let (reads, kills) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let readers = [
            scope.spawn(|| read_until(&done, &sandbox, &reads)),
            scope.spawn(|| list_until(&done, &sandbox, &reads)),
        ];
        let killed = scope.spawn(|| kill_until(&done, &sandbox, &kills));
        let writers: Vec<_> = (0..writers)
            .map(|writer| {
                let sandbox = &sandbox;
                scope.spawn(move || {
                    for import in 0..imports {
                        let output =
                            import_as(command(), sandbox, &format!("{writer}-{import}")).output().unwrap();
                        assert!(output.status.success(), "{}", said(&output));
                    }
                })
            })
            .collect();
        let results: Vec<_> = writers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        done.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok), "a writer failed");
        assert!(readers.into_iter().all(|reader| reader.join().is_ok()), "a reader failed");
        killed.join().unwrap();
    });
    // Clears what the last one that was killed has left.
    sandbox.expect_done(&["remove", "-k", store.to_str().unwrap(), "a"].map(str::to_owned));
    let expected = 1 + writers * imports;
    let found = open(&sandbox);
    assert_eq!(found.entries().len(), expected, "{format}");
    assert!(found.get("killed").is_none(), "who was killed before the rename has changed nothing");
    let litter = sandbox.names().into_iter().find(|name| name.starts_with('.'));
    assert_eq!(litter, None);
    if let Some(java) = java() {
        let java_type = if format == "pkcs12" { "PKCS12" } else { format };
        let question = Question { file: store, java_type, password: PASSWORD, key_password: PASSWORD };
        assert_eq!(java.dump(&[question])[0].len(), expected, "{format}");
    }
    let (reads, kills) = (reads.into_inner(), kills.into_inner());
    assert!(reads > 0);
    eprintln!(
        "{format}: {} imports by {writers} processes, {reads} reads, {kills} writers killed",
        expected - 1
    );
}

/// The lock has no queue: on a machine that does something else besides, bad luck may last.
fn import_as(mut program: Command, sandbox: &Sandbox, alias: &str) -> Command {
    let (store, file) = (sandbox.path("store"), sandbox.path("new.pem"));
    program.arg("import").arg("-k").arg(store).arg("--file").arg(file);
    program.args(["--alias", alias, "--lock-timeout", "600", "-q"]);
    program
}

fn open(sandbox: &Sandbox) -> TrustStore {
    let password = Password::new(PASSWORD);
    TrustStore::open(sandbox.path("store"), Unlock::With(&password), &Limits::default()).unwrap()
}

/// Entries only ever become more.
fn read_until(done: &AtomicBool, sandbox: &Sandbox, reads: &AtomicUsize) {
    let mut count = 0;
    while !done.load(Ordering::Relaxed) {
        let found = open(sandbox).entries().len();
        assert!(found >= count, "found {found} entries after {count}");
        count = found;
        thread::sleep(PAUSE);
        reads.fetch_add(1, Ordering::Relaxed);
    }
}

/// The command as a reader.
fn list_until(done: &AtomicBool, sandbox: &Sandbox, reads: &AtomicUsize) {
    let list = ["list".to_owned(), "-k".to_owned(), sandbox.path("store").to_str().unwrap().to_owned()];
    while !done.load(Ordering::Relaxed) {
        sandbox.expect_done(&list);
        thread::sleep(PAUSE);
        reads.fetch_add(1, Ordering::Relaxed);
    }
}

/// Writers that are killed while they hold the lock and have written everything but the name.
fn kill_until(done: &AtomicBool, sandbox: &Sandbox, kills: &AtomicUsize) {
    if !is_strace_there() {
        return;
    }
    while !done.load(Ordering::Relaxed) {
        let mut strace = clean(Command::new("strace"));
        strace.args([
            "-f",
            "-o",
            "/dev/null",
            "-e",
            "trace=renameat",
            "-e",
            "inject=renameat:signal=KILL",
            "--",
        ]);
        strace.arg(program());
        let output = import_as(strace, sandbox, "killed").output().unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        kills.fetch_add(1, Ordering::Relaxed);
    }
}
