//! Single calls that fail: where the sweep takes any end that breaks no promise, here it is the one that is meant.

use crate::cases::Case;
use crate::sandbox::said;
use crate::trace::{is_strace_there, strace};

const REMOVE: &str = "remove -k @/store b";
const CREATE: &str = "create -k @/made --type jks";

/// The command, the file whose calls fail (`.` is the folder, nothing is every file), the faults, the exit code,
/// and what is said.
type Row = (&'static str, &'static str, &'static [&'static str], i32, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // A lease that another process gives back.
    (REMOVE, "store", &["openat:error=EAGAIN:when=1"], 0, "removed"),
    (REMOVE, "store", &["openat:error=EIO:when=1"], 2, "cannot open the file"),
    // It was there right before.
    (REMOVE, "store", &["openat:error=ENOENT:when=1"], 2, "the file does not exist"),
    (REMOVE, "store", &["read:error=EIO:when=1"], 2, "cannot read the file"),
    (REMOVE, "store", &["read:error=EINTR:when=1"], 0, "removed"),
    // For the comparison, of which there is one: only a large file has two.
    (REMOVE, "store", &["pread64:error=EIO:when=1"], 2, "cannot read the file"),
    (REMOVE, "store", &["pread64:error=EINTR:when=1"], 0, "removed"),
    (REMOVE, "store", &["fgetxattr:error=EIO:when=1"], 2, "cannot keep the file's access control list"),
    (REMOVE, "store", &["fgetxattr:error=EINTR:when=1"], 0, "removed"),
    (REMOVE, "store", &["flistxattr:error=EIO:when=1"], 0, "extended attributes could not be kept"),
    (REMOVE, "store", &["flistxattr:error=EOPNOTSUPP:when=1"], 0, "removed"),
    // Another writer made it right before.
    (REMOVE, ".store.lock", &["openat:error=EEXIST:when=2"], 0, "removed"),
    (REMOVE, ".store.lock", &["flock:error=EINTR:when=1"], 0, "removed"),
    (REMOVE, ".store.lock", &["flock:error=EIO:when=1"], 2, "cannot lock the lock file"),
    (REMOVE, ".", &["openat:error=EIO:when=1"], 2, "cannot use the folder"),
    // A file system that cannot sync a folder.
    (REMOVE, ".", &["fsync:error=EINVAL:when=1"], 0, "removed"),
    (REMOVE, ".", &["fsync:error=EIO:when=1"], 2, "the new file is in place, but"),
    // A file system that takes nothing and says that it took some; the message is lost as well.
    (REMOVE, "", &["write:retval=1"], 2, ""),
    // A file system that cannot refuse to replace a file.
    (CREATE, "", &["renameat2:error=EINVAL", "linkat:error=EPERM"], 0, "created"),
];

#[test]
fn one_call_that_fails_has_the_end_that_is_meant() {
    if !is_strace_there() {
        return;
    }
    for (line, file, faults, code, expected) in ROWS {
        let sandbox = Case::folder("jks");
        let before = sandbox.read("store");
        let folder = sandbox.folder().to_str().unwrap();
        let words: Vec<String> = line.split(' ').map(|word| word.replace('@', folder)).collect();
        let path = if *file == "." { folder.to_owned() } else { format!("{folder}/{file}") };
        let faults: Vec<String> = faults.iter().map(|fault| format!("inject={fault}")).collect();
        let mut options: Vec<&str> = faults.iter().flat_map(|fault| ["-e", fault]).collect();
        if !file.is_empty() {
            options.extend(["-P", &path]);
        }

        let (output, calls) = strace(&sandbox, &words, &options);

        let what = format!("{line}, {file}, {faults:?}: {}", said(&output));
        assert!(calls.iter().filter(|call| call.injected).count() >= faults.len(), "{what}");
        assert_eq!(output.status.code(), Some(*code), "{what}");
        assert!(said(&output).contains(expected), "{what}");
        let promised = *code == 2 && !expected.contains("in place");
        assert!(!promised || sandbox.read("store") == before, "the old file: {what}");
        if *code == 0 {
            assert!(!said(&output).contains("not be kept") || expected.contains("not be kept"), "{what}");
        }
    }
}
