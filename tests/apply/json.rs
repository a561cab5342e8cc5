//! JSON of `apply`, `diff` and `export --manifest`: exactly these fields. One that comes or goes fails a test.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::sandbox::Sandbox;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Apply {
    schema: u32,
    command: String,
    manifest: String,
    dry_run: bool,
    prune: bool,
    changed: bool,
    stores: Vec<Store>,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    name: Option<String>,
    store: Facts,
    state: String,
    changed: bool,
    created: bool,
    actions: Vec<Action>,
    unchanged: usize,
    kept: Vec<Kept>,
    backup: Option<String>,
    read_back: Option<Value>,
    error: Option<Failed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    path: String,
    format: String,
    integrity: String,
    entries: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    action: String,
    alias: String,
    subject: Option<String>,
    sha256: Option<String>,
    not_before: Option<i64>,
    not_after: Option<i64>,
    previous: Option<Certificate>,
    source: Option<String>,
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Certificate {
    subject: Option<String>,
    sha256: Option<String>,
    not_before: Option<i64>,
    not_after: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    alias: String,
    kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    code: String,
    message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Diff {
    schema: u32,
    command: String,
    a: Side,
    b: Side,
    same: bool,
    differences: Vec<Difference>,
    warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Side {
    path: String,
    kind: String,
    format: Option<String>,
    integrity: Option<String>,
    entries: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    difference: String,
    alias: String,
    kind: String,
    a: Option<Certificate>,
    b: Option<Certificate>,
    note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export {
    schema: u32,
    command: String,
    out: Option<String>,
    changed: bool,
    entries: Vec<String>,
    #[serde(default)]
    manifest: Option<String>,
    warnings: Vec<String>,
}

fn strict<T: DeserializeOwned>(answer: Value) -> T {
    T::deserialize(&answer).unwrap_or_else(|e| panic!("{e}: {answer:#}"))
}

#[test]
fn apply_answers_with_these_fields() {
    let sandbox = Sandbox::with(
        "[[store]]\nname='n'\npath='s'\n[[store.certificate]]\nalias='corp'\nfile='corp-root.pem'\n\
         [[store]]\npath='t'\n[[store.certificate]]\nalias='corp'\nfile='corp-root.pem'\n",
    );
    sandbox.copy("stores/keytool/mixed.p12", "s");
    sandbox.expect(0, "import -k s --file corp-root-2.pem --alias corp");
    sandbox.expect(0, "apply trust.toml --store t");
    let answer: Apply = strict(sandbox.json(0, "apply trust.toml --prune --backup"));
    assert_eq!(
        (answer.schema, answer.command.as_str(), answer.manifest.as_str()),
        (1, "apply", "trust.toml")
    );
    assert!(answer.changed && answer.prune && !answer.dry_run && answer.warnings.is_empty());
    let [first, second] = &answer.stores[..] else { panic!("{answer:?}") };
    assert_eq!((first.name.as_deref(), first.state.as_str()), (Some("n"), "done"));
    assert_eq!(
        (first.store.path.as_str(), first.store.format.as_str(), first.store.entries),
        ("s", "pkcs12", 2)
    );
    assert!(first.changed && !first.created && first.error.is_none() && first.read_back.is_some());
    assert_eq!((first.backup.as_deref(), first.store.integrity.as_str()), (Some("s.bak"), "verified"));
    assert_eq!((first.kept[0].alias.as_str(), first.kept[0].kind.as_str()), ("server", "private-key"));
    let replaced = &first.actions[0];
    let previous = replaced.previous.as_ref().unwrap();
    assert_eq!((replaced.action.as_str(), replaced.alias.as_str()), ("replace", "corp"));
    assert!(replaced.sha256.is_some() && replaced.sha256 != previous.sha256 && replaced.source.is_some());
    assert_eq!((&replaced.subject, replaced.not_before), (&previous.subject, previous.not_before));
    assert!(replaced.not_after.is_some() && previous.not_after.is_some() && replaced.note.is_none());
    assert!(
        first.actions[1..].iter().all(|a| a.action == "remove" && a.note.is_some() && a.previous.is_none())
    );
    assert_eq!((second.state.as_str(), second.changed, second.unchanged), ("unchanged", false, 1));
    // A failure has its code.
    std::fs::remove_file(sandbox.path("s.bak")).unwrap();
    std::fs::create_dir(sandbox.path("s.bak")).unwrap();
    sandbox.expect(0, "import -k s --file corp-root-2.pem --alias corp --replace");
    let failed: Apply = strict(sandbox.json(2, "apply trust.toml --backup"));
    let error = failed.stores[0].error.as_ref().unwrap();
    assert!(!failed.changed && failed.stores[0].state == "failed" && !error.code.is_empty());
    assert!(error.message.contains("s.bak"), "{}", error.message);
}

#[test]
fn diff_and_export_answer_with_these_fields() {
    let sandbox = Sandbox::with("[[store]]\npath='s'\n[[store.certificate]]\nalias='a'\nfile='root-a.pem'\n");
    sandbox.expect(0, "import -k s --file root-b.pem --alias a");
    let diff: Diff = strict(sandbox.json(1, "diff s trust.toml"));
    assert_eq!((diff.schema, diff.command.as_str(), diff.same), (1, "diff", false));
    assert_eq!((diff.a.path.as_str(), diff.a.kind.as_str(), diff.a.entries), ("s", "store", 1));
    assert_eq!((diff.a.format.as_deref(), diff.a.integrity.as_deref()), (Some("pkcs12"), Some("verified")));
    assert_eq!((diff.b.kind.as_str(), &diff.b.format, &diff.b.integrity), ("manifest", &None, &None));
    let one = &diff.differences[0];
    assert_eq!((one.difference.as_str(), one.alias.as_str()), ("different", "a"));
    assert_eq!((one.kind.as_str(), &one.note), ("trusted-certificate", &None));
    let (a, b) = (one.a.as_ref().unwrap(), one.b.as_ref().unwrap());
    assert!(
        a.sha256 != b.sha256 && a.subject != b.subject && a.not_before.is_some() && b.not_after.is_some()
    );
    assert!(diff.warnings.is_empty());
    let export: Export = strict(sandbox.json(0, "export --manifest -k s"));
    assert_eq!((export.schema, export.command.as_str(), export.entries.len()), (1, "export", 1));
    assert!(export.out.is_none() && !export.changed && export.warnings.is_empty());
    assert!(export.manifest.unwrap().contains("[[store.certificate]]\nalias = \"a\"\n"));
}
