//! The schemas of `docs/schema`: every one is exercised, closed to what it does not name, and complete in its
//! codes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use truststore::FindingCode;

use crate::schema::{documents, faults, judge, manifest_faults};
use crate::{Sandbox, input, testdata};

/// Lines that are run in this order; `@` stands before the name of an input. Nobody listens at port 1.
const LINES: &str = "\
create -k empty
list -k empty
verify -k empty
import -k s --file @corp-root.pem --alias a
import -k s --file @corp-root.pem --alias a
import -k s --file @corp-root-2.pem --alias a --replace --backup
import -k s --file @corp-root-2.pem --alias b --skip-duplicates
import -k s --file @expired.pem --no-read-back
import -k t --file @one-bad.pem --keep-going
import -k t --file @nothing.pem
list -k s --expired
show a -k s
show nobody -k s
rename a b -k s --dry-run
rename a b -k s
trust --all -k untrusted.p12
trust b -k s
passwd -k t --new-password-file new.txt
passwd -k t
list -k t
remove b -k s --backup
remove b -k s
restore -k s
restore -k s
verify -k s --deny expired
verify -k mixed.p12
verify -k s --chain @corp-root-2.pem --host mail.example.com
verify -k s --chain @expired.pem
verify -k empty --chain @corp-root.pem
export -k mixed.p12
export -k mixed.p12 --manifest
export -k mixed.p12 --out all.pem
export -k mixed.p12 --out s
convert -k mixed.p12 --to jks --out new.jks --trusted-only
convert -k mixed.p12 --to jks --out new.jks --trusted-only
convert -k secrets.p12 --to jks --out x
info -k new.jks
diff mixed.p12 new.jks
diff new.jks @corp-root.pem
diff s trust.toml
apply trust.toml --dry-run
apply trust.toml --prune --backup
apply trust.toml
apply mistyped.toml
find --only .
report s mixed.p12 nothing.jks --html report.html
report s -k s
probe smtp://127.0.0.1:1 -k s
send-test -k s --to a@example.org --from a@example.org --server 127.0.0.1:1 --encryption starttls --timeout 30
list --no-such-option
";

const MANIFEST: &str = "\
[[store]]
name = 'n'
path = 's'
[[store.certificate]]
alias = 'b'
pem = '''PEM'''
[[store.certificate]]
alias = 'gone'
absent = true
";

/// Every document that the lines, and questions about every odd store, are answered with.
fn documents_of_runs() -> Vec<(String, Value)> {
    let sandbox = Sandbox::new();
    for store in ["mixed.p12", "secrets.p12"] {
        sandbox.copy(&format!("stores/keytool/{store}"), store);
    }
    sandbox.copy("stores/openssl/nokeys-named.p12", "untrusted.p12");
    sandbox.write("new.txt", "another one");
    let pem = fs::read_to_string(testdata("inputs/corp-root.pem")).unwrap();
    sandbox.write("trust.toml", MANIFEST.replace("PEM", &pem));
    sandbox.write("mistyped.toml", MANIFEST.replace("alias", "alais"));
    let mut lines: Vec<Vec<String>> = Vec::new();
    for line in LINES.lines() {
        let word = |word: &str| word.strip_prefix('@').map_or_else(|| word.to_owned(), input);
        lines.push(line.split(' ').map(word).collect());
    }
    let odd = fs::read_dir(testdata("stores/odd")).unwrap();
    let mut odd: Vec<String> = odd.map(|file| file.unwrap().path().display().to_string()).collect();
    odd.sort();
    for store in odd {
        lines.extend(
            ["list", "info", "verify"].map(|verb| vec![verb.to_owned(), "-k".to_owned(), store.clone()]),
        );
    }
    let mut all = Vec::new();
    for line in lines {
        let mut arguments: Vec<&str> = line.iter().map(String::as_str).collect();
        arguments.extend(["--format", "json"]);
        let answer = sandbox.run(&arguments);
        let documents = judge(&answer.stdout, &answer.stderr);
        let expected = usize::from(answer.code != 2 && !answer.stdout.is_empty());
        assert!(documents.len() >= expected.max(1), "{line:?}: {}{}", answer.stdout, answer.stderr);
        all.extend(documents);
    }
    all
}

#[test]
fn every_schema_is_exercised_and_refuses_what_it_does_not_name() {
    let answers = documents_of_runs();
    let exercised: BTreeSet<&str> = answers.iter().map(|(schema, _)| schema.as_str()).collect();
    let of_answers =
        documents().keys().map(String::as_str).filter(|name| !["defs", "manifest"].contains(name));
    assert_eq!(exercised, of_answers.collect());
    for (schema, document) in answers {
        let mut places = Vec::new();
        objects(&document, String::new(), &mut places);
        for place in places {
            let mut other = document.clone();
            let object = other.pointer_mut(&place).and_then(Value::as_object_mut).unwrap();
            object.insert("colour".to_owned(), Value::from(0));
            assert!(!faults(&schema, &other).is_empty(), "{schema} takes an unknown field at {place:?}");
            for field in document.pointer(&place).and_then(Value::as_object).unwrap().keys() {
                let mut other = document.clone();
                let object = other.pointer_mut(&place).and_then(Value::as_object_mut).unwrap();
                object.remove(field);
                let may_lack = OPTIONAL.contains(&field.as_str()) || place.ends_with("/kinds");
                let found = faults(&schema, &other);
                assert!(may_lack || !found.is_empty(), "{schema} does without {field:?} at {place:?}");
            }
        }
    }
}

/// Fields that are left out where there is nothing to say, in one object or another.
const OPTIONAL: [&str; 11] = [
    "detail",
    "entry",
    "hidden",
    "hint",
    "note",
    "path",
    "previous",
    "remedy",
    "reply",
    "source",
    "stored_alias",
];

fn objects(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| objects(item, format!("{at}/{n}"), places));
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                objects(field, format!("{at}/{name}"), places);
            }
            places.push(at);
        }
        _ => {}
    }
}

#[test]
fn every_code_of_the_library_is_in_its_enumeration_and_no_other() {
    assert_eq!(enumeration("defs", "finding-code"), FindingCode::all().map(FindingCode::as_str).collect());
    // Arms `Self::Locked => "locked",` of the function that follows the words.
    for (schema, name, file, after) in [
        ("defs", "entry-kind", "store/entry.rs", "impl EntryKind {"),
        ("defs", "error-kind", "error.rs", "impl ErrorKind {"),
        ("defs", "hash", "cert/algorithm.rs", "impl fmt::Display for HashAlgorithm {"),
        ("defs", "hidden-reason", "store/entry.rs", "impl HiddenReason {"),
        ("defs", "mail-failure-code", "mail/failure.rs", "impl FailureCode {"),
        ("defs", "refusal-code", "tls/decision.rs", "pub fn code(&self) -> &'static str {"),
    ] {
        let source = source(file);
        let (_, rest) = source.split_once(after).unwrap_or_else(|| panic!("{file}: {after}"));
        let (arms, _) = rest.split_once("}\n    }\n").or_else(|| rest.split_once("})\n    }\n")).unwrap();
        let codes = arms.lines().filter_map(|line| line.split_once(" => \"")?.1.strip_suffix("\","));
        assert_eq!(enumeration(schema, name), codes.collect(), "{file}");
    }
    // Variants of an enumeration that is written as serde writes it.
    for (schema, name, file, of) in [
        ("apply", "action-kind", "apply/action.rs", "ActionKind"),
        ("apply", "state", "bin/truststore/commands/apply_store.rs", "State"),
        ("defs", "advice-source", "mail/probe/advice.rs", "AdviceSource"),
        ("defs", "anchor-role", "tls/decision.rs", "AnchorRole"),
        ("defs", "encryption", "mail/mod.rs", "Encryption"),
        ("defs", "format", "store/kind.rs", "Format"),
        ("defs", "integrity", "store/kind.rs", "Integrity"),
        ("defs", "probe-verdict", "mail/probe/report.rs", "Verdict"),
        ("defs", "severity", "verify/finding.rs", "Severity"),
        ("defs", "stage", "mail/failure.rs", "Stage"),
        ("diff", "difference-kind", "apply/diff.rs", "DifferenceKind"),
        ("show", "extension-type", "cert/extension.rs", "ExtensionValue"),
    ] {
        let source = source(file);
        let (_, rest) =
            source.split_once(&format!("enum {of} {{\n")).unwrap_or_else(|| panic!("{file}: {of}"));
        let (variants, _) = rest.split_once("\n}\n").unwrap();
        let variants = variants.lines().filter_map(|line| line.strip_prefix("    "));
        let variants = variants.filter(|line| line.starts_with(char::is_uppercase));
        let codes: Vec<String> = variants.map(kebab).collect();
        assert_eq!(enumeration(schema, name), codes.iter().map(String::as_str).collect(), "{file}");
    }
    let losses = source("ops/convert.rs");
    let losses = losses.split("lose(").skip(1).map(|call| call.split('"').nth(1).unwrap());
    assert_eq!(enumeration("convert", "loss-code"), losses.collect());
}

fn source(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{file}: {e}")).replace("\r\n", "\n")
}

fn enumeration<'a>(schema: &str, name: &str) -> BTreeSet<&'a str> {
    let codes = &documents()[schema]["$defs"][name]["enum"];
    let codes = codes.as_array().unwrap_or_else(|| panic!("{schema}: {name}")).iter();
    codes.map(|code| code.as_str().unwrap()).collect()
}

/// `NotDone,` as `not-done`.
fn kebab(variant: &str) -> String {
    let mut code = String::new();
    for c in variant.chars().take_while(char::is_ascii_alphanumeric) {
        if c.is_ascii_uppercase() && !code.is_empty() {
            code.push('-');
        }
        code.push(c.to_ascii_lowercase());
    }
    code
}

#[test]
fn every_refusal_and_extension_has_its_own_fields_written_down() {
    for (schema, object, key, all) in
        [("defs", "refusal", "code", "refusal-code"), ("show", "extension", "type", "extension-type")]
    {
        let branches = documents()[schema]["$defs"][object]["oneOf"].as_array().unwrap();
        let of_branch = |branch: &'static Value| match &branch["properties"][key] {
            one if one["const"].is_string() => vec![one["const"].as_str().unwrap()],
            several => {
                several["enum"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
            }
        };
        let codes: Vec<&str> = branches.iter().flat_map(of_branch).collect();
        assert_eq!(codes.iter().copied().collect::<BTreeSet<_>>(), enumeration(schema, all));
        assert_eq!(codes.len(), enumeration(schema, all).len(), "{schema}: one branch for each {key}");
    }
}

#[test]
fn the_schemas_are_schemas_and_the_example_and_the_transcripts_are_as_they_say() {
    for (name, schema) in documents() {
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        jsonschema::meta::validate(schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(root.join("examples/trust.toml")).unwrap();
    assert_eq!(manifest_faults(&example), Some(vec![]));
    let mut found = 0;
    for file in fs::read_dir(root.join("tests/cmd")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap().replace("\r\n", "\n").replace("[..]", "0");
        for part in text.split("\n{\n").skip(1) {
            let (answer, _) = part.split_once("\n}\n").unwrap();
            found += judge(&format!("{{\n{answer}\n}}\n"), "").len();
        }
        found += judge("", &text).len();
    }
    assert!(found >= 3, "found only {found} answers in the transcripts");
}
