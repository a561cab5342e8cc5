//! Files that are made, not edited.

use std::fs;

use truststore::{ErrorKind, OutputOptions, Written, write_output};

use crate::{folder, names, refused};

#[test]
fn an_output_is_created_and_not_overwritten_without_force() {
    let (folder, _) = folder();
    let path = folder.path().join("out.pem");
    let force = OutputOptions { force: true, ..OutputOptions::default() };

    assert_eq!(write_output(&path, b"one", &OutputOptions::default()).unwrap(), Written::Created);
    assert_eq!(write_output(&path, b"one", &OutputOptions::default()).unwrap(), Written::Unchanged);
    for other in ["two", "one more", "on", ""] {
        let error = refused(write_output(&path, other.as_bytes(), &OutputOptions::default()));
        assert_eq!((error.kind(), error.path()), (ErrorKind::Exists, Some(path.as_path())), "{other}");
    }
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(write_output(&path, b"two", &force).unwrap(), Written::Replaced);

    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(names(folder.path()), ["out.pem", "store"]);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let (folder, path) = folder();
    let before = fs::read(&path).unwrap();
    let options = OutputOptions { dry_run: true, ..OutputOptions::default() };
    let force = OutputOptions { force: true, ..options.clone() };

    assert_eq!(write_output(folder.path().join("out"), b"one", &options).unwrap(), Written::Created);
    assert_eq!(write_output(&path, &before, &options).unwrap(), Written::Unchanged);
    assert_eq!(refused(write_output(&path, b"one", &options)).kind(), ErrorKind::Exists);
    assert_eq!(write_output(&path, b"one", &force).unwrap(), Written::Replaced);

    assert_eq!(names(folder.path()), ["store"]);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_folder_is_no_output() {
    let (folder, _) = folder();
    let options = OutputOptions { force: true, ..OutputOptions::default() };

    let error = refused(write_output(folder.path(), b"one", &options));

    assert!(error.message().contains("a folder"), "{error}");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_private_output_is_for_its_owner_alone() {
        let (folder, _) = folder();
        let path = folder.path().join("key.pem");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        let private = OutputOptions { private: true, force: true, ..OutputOptions::default() };

        write_output(&path, b"key", &private).unwrap();
        assert_eq!(mode(), 0o600);

        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write_output(&path, b"key", &private).unwrap();
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_device_takes_the_bytes() {
        let options = OutputOptions::default();
        assert_eq!(write_output("/dev/null", b"one", &options).unwrap(), Written::Streamed);
        let error = refused(write_output("/dev/full", b"one", &options));
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.message().to_lowercase().contains("no space"), "{error}");
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_not_waited_for_for_ever() {
        let (folder, _) = folder();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let wait = |time| OutputOptions { lock_timeout: time, ..OutputOptions::default() };

        let error = refused(write_output(&pipe, b"one", &wait(Duration::from_millis(50))));
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(pipe.as_path())));
        assert!(error.message().contains("a process that reads the pipe"), "{error}");

        // More than a pipe holds, for a reader that comes late.
        let bytes = vec![7; 1 << 17];
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read(pipe).unwrap()
        });
        assert_eq!(write_output(&pipe, &bytes, &wait(Duration::from_secs(60))).unwrap(), Written::Streamed);
        assert!(reader.join().unwrap() == bytes);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_device_that_cannot_be_opened_is_not_waited_for_as_a_pipe_is() {
        let child = Command::new("setsid")
            .arg("--wait")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "output::unix::child_has_no_terminal", "--ignored"])
            .stdout(Stdio::null())
            .status();
        assert!(child.unwrap().success());
    }

    #[test]
    #[ignore = "run by another test, in a session of its own"]
    fn child_has_no_terminal() {
        let wait = OutputOptions { lock_timeout: Duration::from_secs(3600), ..OutputOptions::default() };
        let error = refused(write_output("/dev/tty", b"one", &wait));
        assert!(error.kind() == ErrorKind::Io && !error.message().contains("pipe"), "{error}");
    }

    #[test]
    fn standard_output_is_written_to_and_not_replaced() {
        let (folder, _) = folder();
        let path = folder.path().join("out");
        fs::write(&path, "before\n").unwrap();
        let out = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "output::unix::child_writes_to_standard_output", "--ignored", "--nocapture"])
            .stdout(Stdio::from(out))
            .status();
        assert!(child.unwrap().success());

        let written = fs::read_to_string(&path).unwrap();
        assert!(written.starts_with("before\n") && written.contains("from the child"), "{written}");
        assert_eq!(names(folder.path()), ["out", "store"]);
    }

    #[test]
    #[ignore = "run by another test, in a process of its own"]
    fn child_writes_to_standard_output() {
        let written = write_output("/dev/stdout", b"from the child\n", &OutputOptions::default());
        assert_eq!(written.unwrap(), Written::Streamed);
    }
}
