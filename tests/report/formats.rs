//! CSV for spreadsheets, metrics for Prometheus, and the refusal of formats that a command does not have.

use crate::{Sandbox, common};

#[test]
fn a_list_as_csv_has_one_record_for_each_entry() {
    let sandbox = Sandbox::new();
    let hostile = "=cmd|' /C calc'!A0, \"x\"\r\n@b\u{202e}";
    sandbox.store(
        "s.jks",
        [("corp", common::certificate("corp-root")), (hostile, common::certificate("hostile-subject"))],
    );
    let (stdout, stderr) = sandbox.expect(0, &["list", "-k", "s.jks", "--format", "csv", "--sort", "file"]);
    assert!(stderr.is_empty(), "{stderr}");
    let lines: Vec<&str> = stdout.split("\r\n").collect();
    assert_eq!(lines.len(), 4, "a header, two records, an end: {stdout}");
    assert!(!stdout.replace("\r\n", "").contains(char::is_control), "{stdout}");
    assert_eq!(
        lines[0],
        "alias,java_alias,kind,hidden,subject,issuer,not_before,not_after,expires_in_days,ca,sha256"
    );
    let sha = common::certificate("corp-root").sha256();
    assert!(lines[1].starts_with("\"corp\",\"corp\",trusted-certificate,,\"CN=Corp Root CA, O="), "{stdout}");
    assert!(lines[1].ends_with(&format!(",true,{sha}")), "{stdout}");
    assert!(lines[1].contains(",2024-01-01T00:00:00Z,2044-01-01T00:00:00Z,"), "{stdout}");
    assert!(
        lines[2].starts_with("\"'=cmd|' /c calc'!a0, \"\"x\"\"\\u{d}\\u{a}@b\\u{202e}\",\"'=cmd"),
        "{stdout}"
    );
    let (one, _) = sandbox.expect(0, &["list", "-k", "s.jks", "--format", "csv", "--alias", "corp"]);
    assert_eq!(one.split("\r\n").count(), 3, "filters hold");
}

#[test]
fn metrics_have_their_units_their_help_and_their_labels() {
    let sandbox = Sandbox::new();
    sandbox.store(
        "s.jks",
        [("a\"b\\c\nd", common::certificate("corp-root")), ("old", common::certificate("expired"))],
    );
    let (text, stderr) = sandbox.expect(1, &["verify", "-k", "s.jks", "--format", "prometheus"]);
    assert!(stderr.is_empty(), "{stderr}");
    let sha = common::certificate("corp-root").sha256().to_hex();
    let not_after = "truststore_certificate_not_after_timestamp_seconds";
    for expected in [
        "truststore_up{store=\"s.jks\"} 1".to_owned(),
        "truststore_integrity_verified{store=\"s.jks\"} 1".to_owned(),
        "truststore_entries{store=\"s.jks\",kind=\"trusted-certificate\"} 2".to_owned(),
        "truststore_findings{store=\"s.jks\",severity=\"error\",code=\"expired\"} 1".to_owned(),
        "truststore_findings{store=\"s.jks\",severity=\"warning\",code=\"weak-key\"} 0".to_owned(),
        format!(
            "{not_after}{{store=\"s.jks\",alias=\"a\\\"b\\\\c\\\\u{{a}}d\",sha256=\"{sha}\"}} 2335219200"
        ),
        format!("# TYPE {not_after} gauge"),
    ] {
        assert_eq!(text.lines().filter(|line| *line == expected).count(), 1, "{expected}\n{text}");
    }
    // One help and one type for each name, before its samples, which stand together.
    let mut families: Vec<&str> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("# HELP ") {
            Some(help) => families.push(help.split(' ').next().unwrap()),
            None if line.starts_with("# TYPE ") => {}
            None => assert!(line.starts_with(families.last().unwrap()), "{line}"),
        }
    }
    let mut once = families.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), families.len(), "{families:?}");
}

#[test]
fn metrics_of_a_store_that_cannot_be_read_say_so_in_the_file() {
    let sandbox = Sandbox::new();
    let verify = ["verify", "-k", "s.jks", "--format", "prometheus", "--out", "t.prom", "--force"];
    let (stdout, stderr) = sandbox.expect(2, &verify);
    assert!(stdout.is_empty() && stderr.contains("there is no such store"), "{stdout}{stderr}");
    assert!(sandbox.read("t.prom").contains("truststore_up{store=\"s.jks\"} 0\n"));
    sandbox.store("s.jks", [("corp", common::certificate("corp-root"))]);
    sandbox.expect(0, &verify);
    assert!(sandbox.read("t.prom").contains("truststore_up{store=\"s.jks\"} 1\n"));
    sandbox.expect(2, &["verify", "-k", "s.jks", "--format", "prometheus", "--out", "s.jks", "--force"]);
    let (_, stderr) = sandbox.expect(2, &["verify", "-k", "s.jks", "--out", "t.prom"]);
    assert!(stderr.contains("--format prometheus"), "{stderr}");
}

#[test]
fn a_format_that_a_command_does_not_have_is_refused_with_those_it_has() {
    let sandbox = Sandbox::new();
    for (args, expected) in [
        (&["info", "--format", "csv"][..], "the formats of this command are table and json"),
        (&["--format", "prometheus", "info"], "the formats of this command are table and json"),
        (&["list", "--format", "prometheus"], "table, json"),
        (&["--format", "prometheus", "list"], "of this command are table, json and csv"),
        (&["--format", "csv", "verify"], "csv is for `truststore list`"),
        (&["verify", "--format", "csv"], "table, json"),
        (&["verify", "--format", "xml"], "[possible values: table, json, prometheus]"),
        (&["report", "--format", "xml"], "[possible values: table, json]"),
    ] {
        let (_, stderr) = sandbox.expect(2, args);
        assert!(stderr.contains(expected), "{args:?}: {stderr}");
    }
    let (help, _) = sandbox.expect(0, &["info", "--help"]);
    assert!(help.contains("[possible values: table, json]"), "{help}");
}
