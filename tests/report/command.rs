//! The command: what it answers, what it writes, and what it does with stores that cannot be read.

use serde::Deserialize;
use serde_json::Value;

use crate::{Sandbox, common};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    schema: u32,
    command: String,
    ok: bool,
    at: String,
    warn_days: u32,
    html: Option<String>,
    changed: bool,
    errors: usize,
    warning_findings: usize,
    unreadable: usize,
    stores: Vec<Store>,
    certificates: Vec<Certificate>,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    path: String,
    error: Option<Failure>,
    format: Option<String>,
    integrity: Option<String>,
    entries: usize,
    trusted: usize,
    lacks: usize,
    same_as: Option<usize>,
    findings: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    code: String,
    message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    subject: Option<String>,
    issuer: Option<String>,
    not_before: Option<i64>,
    not_after: Option<i64>,
    expires_in_days: Option<i64>,
    ca: Option<bool>,
    sha256: String,
    public_key: Option<String>,
    signature_algorithm: Option<String>,
    severity: Option<String>,
    places: Vec<Place>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    store: usize,
    alias: String,
    kind: String,
    trusted: bool,
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let of = |names: [&'static str; 2]| names.map(|name| (name, common::certificate(name)));
    sandbox.store("one.jks", of(["corp-root", "expired"]));
    sandbox.store("two.jks", of(["corp-root", "p521-root"]));
    sandbox
}

#[test]
fn the_data_is_the_page_s() {
    let sandbox = sandbox();
    sandbox.copy("stores/openssl/nokeys-named.p12", "three.p12");
    let args = ["report", "--at", "2026-01-01T00:00:00Z", "--format", "json"];
    let all = [&args[..], &["--html", "r.html", "one.jks", "two.jks", "three.p12", "none.jks"]].concat();
    let (stdout, _) = sandbox.expect(2, &all);
    let report: Report = serde_json::from_str(&stdout).unwrap();
    assert_eq!((report.schema, report.command.as_str(), report.ok), (1, "report", false));
    assert_eq!((report.at.as_str(), report.warn_days), ("2026-01-01T00:00:00Z", 30));
    assert_eq!((report.html.as_deref(), report.changed), (Some("r.html"), true));
    assert_eq!((report.errors, report.warning_findings, report.unreadable), (1, 1, 1));
    assert!(report.warnings.iter().any(|warning| warning.contains("none.jks")), "{:?}", report.warnings);
    let [one, two, three, none] = report.stores.as_slice() else { panic!("{:?}", report.stores) };
    assert_eq!((one.path.as_str(), one.format.as_deref(), one.entries), ("one.jks", Some("jks"), 2));
    assert_eq!((one.trusted, one.lacks, one.same_as), (2, 1, None));
    assert_eq!((two.trusted, two.lacks, two.findings.len()), (2, 1, 0));
    assert_eq!((three.trusted, three.lacks, three.integrity.as_deref()), (0, 3, Some("verified")));
    assert!(one.error.is_none());
    let error = none.error.as_ref().unwrap();
    assert_eq!(error.code, "not-found");
    assert!(error.message.contains("none.jks"), "{}", error.message);
    let corp = report.certificates.iter().find(|known| known.places.len() == 3).unwrap();
    assert_eq!(corp.subject.as_deref(), Some("CN=Corp Root CA, O=Example Corp, C=CH"));
    assert_eq!(corp.sha256, common::certificate("corp-root").sha256().to_string());
    assert_eq!((corp.public_key.as_deref(), corp.ca), (Some("EC P-256"), Some(true)));
    assert!(corp.issuer.is_some() && corp.signature_algorithm.is_some() && corp.not_before.is_some());
    assert_eq!(corp.severity.as_deref(), Some("warning"), "for the entry that Java does not see");
    assert_eq!((corp.places[0].store, corp.places[0].kind.as_str()), (0, "trusted-certificate"));
    assert_eq!((corp.places[2].alias.as_str(), corp.places[2].trusted), ("Corp Root CA", false));
    let first = &report.certificates[0];
    assert_eq!(first.severity.as_deref(), Some("error"), "the expired one stands first");
    assert!(first.expires_in_days < Some(0) && first.not_after < corp.not_after);
}

#[test]
fn the_exit_code_is_the_worst_that_was_found() {
    let sandbox = sandbox();
    sandbox.expect(0, &["report", "two.jks"]);
    sandbox.expect(1, &["report", "one.jks", "two.jks"]);
    sandbox.expect(0, &["report", "one.jks", "--allow", "expired"]);
    let (stdout, stderr) = sandbox.expect(2, &["report", "one.jks", "two.jks", "none.jks"]);
    assert!(stdout.contains("none.jks") && stdout.contains("not-found"), "{stdout}");
    assert!(stderr.contains("there is no such store"), "{stderr}");
    sandbox.expect(0, &["report", "-k", "two.jks"]);
    sandbox.expect(2, &["report", "-k", "two.jks", "one.jks"]);
}

#[test]
fn the_file_is_written_as_other_outputs_are() {
    let sandbox = sandbox();
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let report = |code: i32, args: &[&str]| sandbox.expect(code, &[&["report"], &at[..], args].concat());
    let (stdout, _) = report(0, &["two.jks", "--html", "r.html"]);
    assert!(stdout.ends_with("wrote r.html\n"), "{stdout}");
    let (stdout, _) = report(0, &["two.jks", "--html", "r.html"]);
    assert!(stdout.ends_with("unchanged: r.html\n"), "{stdout}");
    let before = sandbox.read("r.html");
    let (_, stderr) = report(2, &["two.jks", "--html", "r.html", "--warn-days", "31"]);
    assert!(stderr.contains("--force"), "{stderr}");
    assert_eq!(sandbox.read("r.html"), before);
    report(0, &["two.jks", "--html", "r.html", "--warn-days", "31", "--force"]);
    let store = std::fs::read(sandbox.path("two.jks")).unwrap();
    let (_, stderr) = report(2, &["one.jks", "two.jks", "--html", "two.jks", "--force"]);
    assert!(stderr.contains("the store itself"), "{stderr}");
    assert_eq!(std::fs::read(sandbox.path("two.jks")).unwrap(), store);
    let (stdout, _) = report(0, &["two.jks", "--html", "-"]);
    assert!(stdout.starts_with("<!DOCTYPE html>") && stdout.trim_end().ends_with("</html>"));
    report(2, &["two.jks", "--html", "-", "--format", "json"]);
}

#[test]
fn a_password_is_tried_with_every_store_and_is_nowhere_in_the_page() {
    let sandbox = sandbox();
    std::fs::write(sandbox.path("p.txt"), "Sesame-4711").unwrap();
    sandbox.expect(0, &["create", "-k", "own.p12", "--password-file", "p.txt"]);
    let args = ["report", "two.jks", "own.p12", "--html", "r.html", "--password-file"];
    let (_, stderr) = sandbox.expect(0, &[&args[..], &["p.txt"]].concat());
    assert!(!sandbox.read("r.html").contains("Sesame"), "{stderr}");
    let (_, stderr) = sandbox.expect(2, &["report", "two.jks", "own.p12"]);
    assert!(stderr.contains("own.p12: wrong password"), "{stderr}");
    let (_, stderr) = sandbox.expect(2, &[&args[..], &["none.txt"]].concat());
    assert!(
        stderr.contains("none.txt") && !stderr.contains("could not be read"),
        "not a store's fault: {stderr}"
    );
}

#[test]
fn an_empty_store_has_a_page_too() {
    let sandbox = Sandbox::new();
    sandbox.expect(0, &["create", "-k", "s.p12"]);
    sandbox.expect(0, &["report", "--html", "r.html", "s.p12"]);
    let page = sandbox.read("r.html");
    assert!(page.contains("There is no certificate whose date can be read."));
    assert!(page.contains("0 errors, 0 warnings"));
}
