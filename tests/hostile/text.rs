//! Aliases, subjects and paths that command a terminal: no command writes one raw, and JSON has them exactly.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use truststore::{Certificate, Format, SystemRandom, TrustStore};

use crate::build;
use crate::common::changeit;

/// Escape sequences, line ends, what turns the direction of writing, what nobody sees, and HTML.
const NAMES: [&str; 11] = [
    "escape\u{1b}[2J\u{1b}]0;title\u{7}",
    "line\nbreak",
    "return\rback\tTab\u{8}",
    "eight-bit\u{9b}31m",
    "nul\u{0}",
    "delete\u{7f}",
    "override\u{202e}gpj.exe",
    "isolate\u{2066}x\u{2069}",
    "invisible\u{200b}\u{feff}\u{e0041}",
    "separator\u{2028}\u{2029}",
    "<script>alert('1')</script> & \"quoted\"",
];

/// What a terminal could take for a command, or a reader for something else.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn certificate(number: u64, name: &str) -> Vec<u8> {
    build::certificate(number, &build::common_name(name), &build::common_name(&format!("{name} issuer")))
}

/// One store of each format with an entry of each name.
fn stores(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for format in [Format::Jks, Format::Jceks, Format::Pkcs12] {
        let mut store = TrustStore::new(format, changeit());
        for (number, alias) in NAMES.iter().enumerate() {
            let der = certificate(number as u64, alias);
            store.insert(alias, Certificate::from_der(der), 0).unwrap();
        }
        let name = format!("store.{format:?}");
        std::fs::write(folder.join(&name), store.to_bytes(&mut SystemRandom).unwrap()).unwrap();
        names.push(name);
    }
    std::fs::write(folder.join("odd"), odd()).unwrap();
    names.push("odd".to_owned());
    names
}

/// Every name also for an untrusted certificate, a private key, a twin that is shadowed, and a bag of a kind
/// that nobody knows.
fn odd() -> Vec<u8> {
    let mut bags = Vec::new();
    for (number, name) in NAMES.iter().enumerate() {
        let alias = build::friendly_name(name);
        let id = build::local_key_id(&number.to_be_bytes());
        let der = certificate(number as u64, name);
        bags.push(build::certificate_bag(&der, &[&alias]));
        bags.push(build::certificate_bag(&der, &[&alias, &build::trusted()]));
        bags.push(build::certificate_bag(&certificate(99, name), &[&alias, &build::trusted()]));
        bags.push(build::certificate_bag(&certificate(100, name), &[&id]));
        bags.push(build::bag(2, &build::sealed_key(&build::pbes2(1)), Some(&[&alias, &id])));
        bags.push(build::bag(9, &build::octets(name.as_bytes()), Some(&[&alias])));
    }
    let bags: Vec<&[u8]> = bags.iter().map(Vec::as_slice).collect();
    build::pfx(&[&build::plain_block(&bags)], |safe| build::pbmac1(safe, 1))
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_truststore"));
    for variable in ["TRUSTSTORE_PASSWORD", "TRUSTSTORE_PATH", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.args(arguments).arg("--no-input").current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command that answers or refuses, and looks at every character it writes.
fn assert_harmless(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(matches!(output.status.code(), Some(0..=2)), "{arguments:?}: {:?}", output.status);
    let [stdout, stderr] = [output.stdout, output.stderr]
        .map(|text| String::from_utf8(text).unwrap_or_else(|e| panic!("{arguments:?}: {e}")));
    crate::schema::judge(&stdout, &stderr);
    // The line ends of CSV (RFC 4180).
    let text = (stdout + &stderr).replace("\r\n", "\n");
    let harmful = text.char_indices().find(|&(_, c)| is_harmful(c));
    if let Some((at, c)) = harmful {
        let before: String =
            text[..at].chars().rev().take(80).collect::<Vec<_>>().into_iter().rev().collect();
        panic!("{arguments:?} writes U+{:04X} behind {before:?}", u32::from(c));
    }
    assert!(!text.contains("panicked"), "{arguments:?}: {text}");
    text
}

#[test]
fn no_command_writes_a_hostile_name_raw() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut bundle = String::new();
    for (number, name) in NAMES.iter().enumerate() {
        let der = certificate(number as u64 + 1_000, name);
        bundle
            .push_str(&pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, &der).unwrap());
    }
    std::fs::write(folder.join("bundle.pem"), &bundle).unwrap();
    std::fs::write(folder.join("trust.toml"), "[[store]]\n[[store.bundle]]\nfile = 'bundle.pem'\n").unwrap();
    for store in &stores(folder)[2..] {
        let store = store.as_str();
        let commands: [&[&str]; 21] = [
            &["list", "-v"],
            &["list", "--long", "--sort", "subject"],
            &["info"],
            &["verify", "-v"],
            &["report"],
            &["report", "--html", "-"],
            &["verify", "--chain", "bundle.pem", "--host", "localhost"],
            &["trust", "--all", "--dry-run"],
            &["remove", "*", "--dry-run"],
            &["remove", "--expired", "--dry-run"],
            &["export"],
            &["convert", "--to", "jks", "--out", "converted", "--dry-run"],
            &["convert", "--to", "pkcs12", "--out", "converted", "--trusted-only", "--dry-run"],
            &["passwd", "--new-password-env", "PATH", "--dry-run"],
            &["import", "--file", "bundle.pem", "--dry-run"],
            &["import", "--file", "odd", "--dry-run"],
            &["list", "--format", "csv"],
            &["verify", "--format", "prometheus"],
            &["export", "--manifest"],
            &["diff", store, "bundle.pem"],
            &["apply", "trust.toml", "--prune", "--dry-run"],
        ];
        for command in commands {
            let text = assert_harmless(folder, &[command, &["-k", store]].concat());
            assert!(!text.contains("Usage:"), "{command:?}: {text}");
        }
        if store != "odd" {
            continue;
        }
        for name in NAMES.iter().filter(|name| !name.contains('\0')) {
            let shown = assert_harmless(folder, &["show", name, "-k", store]);
            assert!(shown.contains(&name[..4]), "{store}: {shown}");
            let absent = format!("{name}x");
            let first = bundle.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
            std::fs::write(folder.join("one.pem"), first).unwrap();
            for command in [
                &["show", &absent][..],
                &["export", name],
                &["export", &absent],
                &["remove", &absent],
                &["rename", name, &absent, "--dry-run"],
                &["rename", &absent, name, "--dry-run"],
                &["rename", NAMES[10], name, "--dry-run"],
                &["trust", name, "--dry-run"],
                &["remove", name, "--dry-run"],
                &["import", "--file", "one.pem", "--alias", name, "--dry-run"],
                &["import", "--file", "one.pem", "--alias", name, "--replace", "--dry-run"],
                &["import", "--file", "one.pem", "--alias", &absent, "--dry-run"],
            ] {
                let text = assert_harmless(folder, &[command, &["-k", store]].concat());
                assert!(!text.contains("Usage:"), "{command:?}: {text}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn no_command_writes_a_hostile_path_raw() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    stores(folder);
    for name in NAMES.iter().filter(|name| !name.contains(['\0', '/'])) {
        for command in [
            &["list", "-k", name][..],
            &["import", "--file", name, "-k", "store.Jks"],
            &["verify", "--chain", name, "-k", "store.Jks"],
            &["create", "-k", name],
            &["info", "-k", name],
            &["info", "-k", &format!("jdk:{name}")],
            &["find", "--only", "."],
            &["find", "--only", name],
            &["import", "--from-jdk", name, "-k", "store.Jks"],
            &["import", "--file", "store.Jks", "-k", name, "--backup"],
            &["restore", "-k", name],
            &["convert", "-k", "store.Jks", "--to", "pkcs12", "--out", name],
            &["convert", "-k", "store.Jks", "--to", "pkcs12", "--out", &format!("{name}2")],
            &["export", "-k", "store.Jks", "--out", &format!("{name}3")],
            &["export", "-k", "store.Jks", "--out", name],
            &["passwd", "-k", name, "--new-password-file", name],
            &["list", "-k", name, "--password-env", name],
            &["list", "-k", name, "--password-file", name],
            &["send-test", "--settings", name, "--to", "a@example.com", "-k", "store.Jks"],
            &["probe", "--settings", name, "-k", "store.Jks"],
            &["probe", name, "-k", "store.Jks"],
            &["send-test", "--server", name, "--from", name, "--to", name, "-k", "store.Jks"],
            &["import", "--from-server", name, "-k", "store.Jks"],
            // What is no command line at all.
            &[name],
            &["list", name],
            &["list", &format!("--{name}")],
            &["list", "--sort", name],
            &["list", "--expires-within", name],
            &["list", "--max-size", name],
        ] {
            assert_harmless(folder, command);
        }
    }
}

#[test]
fn json_has_every_name_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for store in stores(folder) {
        let output = run(folder, &["list", "-k", &store, "--format", "json"]);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let entries = answer["entries"].as_array().unwrap();
        for name in NAMES {
            let is_it = |entry: &&Value| {
                entry["alias"] == *name
                    || entry["stored_alias"] == *name
                    || entry["java_alias"].as_str().is_some_and(|alias| alias.to_lowercase() == name)
            };
            // A record has its name in lower case.
            let lower = name.to_lowercase();
            let found = entries.iter().find(|entry| is_it(entry) || entry["alias"] == lower);
            let entry = found.unwrap_or_else(|| panic!("{store}: {name:?}: {entries:#?}"));
            // RFC 4514 has an escape of its own for NUL and for signs that mean something in a name.
            let subject = entry["subject"].as_str().unwrap().replace("\\00", "\0").replace('\\', "");
            assert_eq!(subject, format!("CN={name}"));
        }
        // An error names the entry exactly as well.
        let absent = format!("{}x", NAMES[0]);
        let output = run(folder, &["show", &absent, "-k", &store, "--format", "json"]);
        let answer: Value = serde_json::from_slice(&output.stderr).unwrap();
        assert!(answer["error"]["message"].as_str().unwrap().contains("escape"), "{answer}");
        assert!(!String::from_utf8(output.stderr).unwrap().contains('\u{1b}'));
    }
}
