//! Reads and writes that take a byte at a time and are interrupted in between, for real: a library that is
//! loaded before the C library. (`strace` can only say that a call wrote less, which is a lie.)

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::cases::Case;
use crate::sandbox::{Sandbox, command, is_there, said};
use crate::verdict::Known;

/// Every second call is interrupted, the others move one byte; calls on folders and the like are others.
const SHORT: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

static int interrupted;

#define SHORT(NAME, BUFFER)                                                        \
    ssize_t NAME(int file, BUFFER buffer, size_t length) {                         \
        ssize_t (*real)(int, BUFFER, size_t) = dlsym(RTLD_NEXT, #NAME);            \
        interrupted = !interrupted;                                                \
        if (interrupted) { errno = EINTR; return -1; }                             \
        return real(file, buffer, length > 1 ? 1 : length);                        \
    }

SHORT(read, void *)
SHORT(write, const void *)

ssize_t pread64(int file, void *buffer, size_t length, off64_t at) {
    ssize_t (*real)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
    interrupted = !interrupted;
    if (interrupted) { errno = EINTR; return -1; }
    return real(file, buffer, length > 1 ? 1 : length, at);
}
"#;

/// The library, compiled; `None` where there is no C compiler.
fn short() -> Option<(TempDir, PathBuf)> {
    if !is_there("gcc and libc6-dev", Command::new("cc").arg("--version")) {
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("short.c"), folder.path().join("short.so"));
    fs::write(&source, SHORT).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).output();
    let built = built.unwrap();
    assert!(built.status.success(), "{}", said(&built));
    Some((folder, library))
}

#[test]
fn one_byte_at_a_time_and_interrupted_in_between_everything_is_done() {
    let Some((_folder, library)) = short() else { return };
    for (case, format) in Case::each() {
        let before = case.prepare(format);
        let after = Sandbox::copy_of(&before);
        after.expect_done(&case.arguments(format, &after));
        let slow = Sandbox::copy_of(&before);
        let known = Known::new(case, format, before, &after);

        let output = command().args(case.arguments(format, &slow)).env("LD_PRELOAD", &library).output();

        let output = output.unwrap();
        assert_eq!(output.status.into_raw(), 0, "{} ({format}): {}", case.name, said(&output));
        assert!(!said(&output).contains("cannot be preloaded"), "{}", said(&output));
        known.require_done(&slow).unwrap_or_else(|error| panic!("{} ({format}): {error}", case.name));
    }
}
