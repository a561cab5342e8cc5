//! The black-box checks of `keytool-conformance`, which stand outside the project.

use std::path::PathBuf;
use std::process::Command;

use crate::common::java::java;
use crate::text;

/// keytool drops the certificates that it does not see when it writes a store. We keep them and say so:
/// nothing is lost that nobody asked to remove (docs/keytool.md).
const NOT_COPIED: &[&str] = &["quirk.p12.drops-untagged"];

#[test]
fn every_check_passes_against_our_program() {
    let program = format!("{} keytool", env!("CARGO_BIN_EXE_truststore"));
    let Some(failed) = failures(&program) else { return };
    assert_eq!(failed.iter().map(|line| id(line)).collect::<Vec<_>>(), NOT_COPIED, "{failed:#?}");
}

#[test]
fn every_check_passes_against_the_keytool_of_the_jdk() {
    let Some(failed) = failures("keytool") else { return };
    assert!(failed.is_empty(), "{failed:#?}");
}

/// The checks that fail, each with its first line of explanation; `None` if there is nothing to ask.
fn failures(program: &str) -> Option<Vec<String>> {
    java()?;
    let script = script()?;
    let output = Command::new("python3")
        .arg(script)
        .arg(program)
        .args(["-j", "2"])
        .env("TRUSTSTORE_KEYTOOL_QUIET", "1")
        .output()
        .expect("python3");
    let said = text(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    assert!(last.ends_with(" failed"), "{said}\n{}", text(&output.stderr));
    let checks = said.lines().filter(|line| line.starts_with("PASS ") || line.starts_with("FAIL ")).count();
    assert!(checks >= 151, "{checks} checks: {said}");
    Some(said.lines().filter(|line| line.starts_with("FAIL ")).map(str::to_owned).collect())
}

/// `FAIL id - what`.
fn id(line: &str) -> &str {
    line.split(' ').nth(1).unwrap_or_default()
}

fn script() -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("TRUSTSTORE_KEYTOOL_CONFORMANCE") else {
        eprintln!("note: TRUSTSTORE_KEYTOOL_CONFORMANCE is not set: the checks of that folder are not run");
        return None;
    };
    let script = PathBuf::from(folder).join("conformance.py");
    assert!(script.is_file(), "{}: no such file", script.display());
    Some(script)
}
