//! Every hostile file through the command: an answer or a refusal, never a crash.

use std::process::Command;

use crate::common::testdata;

fn exit_code(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_truststore"))
        .args(arguments)
        .env_remove("TRUSTSTORE_PASSWORD")
        .env_remove("TRUSTSTORE_PATH")
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn no_hostile_file_makes_the_command_crash() {
    let mut files = 0;
    for file in std::fs::read_dir(testdata("hostile")).unwrap() {
        let path = file.unwrap().path();
        let path = path.to_str().unwrap();
        files += 1;
        for arguments in [
            &["list", "--no-input", "-k", path][..],
            &["verify", "--no-input", "-k", path],
            &["report", "--no-input", "--html", "-", path],
            &["import", "--no-input", "--dry-run", "-k", "/nowhere/store", "--file", path],
        ] {
            let (code, stderr) = exit_code(arguments);
            // 1 is for findings.
            let fits = matches!((code, arguments[0]), (Some(0 | 2), _) | (Some(1), "verify" | "report"));
            assert!(fits, "{arguments:?}: exit {code:?}: {stderr}");
            assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
            assert!(code != Some(2) || !stderr.is_empty(), "{arguments:?}: silent");
        }
    }
    assert!(files >= 49, "{files}");
}
