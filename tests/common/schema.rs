//! The command's JSON, judged by the schemas of `docs/schema`: a field that is not written down there fails.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use jsonschema::{Registry, Validator};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// Every schema by its name: `list` of `list.schema.json`.
pub(crate) fn documents() -> &'static BTreeMap<String, Value> {
    static DOCUMENTS: OnceLock<BTreeMap<String, Value>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let schemas = files.filter_map(|file| {
            let name = file.file_name()?.to_str()?.strip_suffix(".schema.json")?.to_owned();
            let text = fs::read_to_string(&file).unwrap();
            Some((name, serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))))
        });
        schemas.collect()
    })
}

fn validators() -> &'static BTreeMap<&'static str, Validator> {
    static VALIDATORS: OnceLock<BTreeMap<&str, Validator>> = OnceLock::new();
    VALIDATORS.get_or_init(|| {
        let uri = |name: &str| format!("file:///docs/schema/{name}.schema.json");
        let registry = Registry::new().add(uri("defs"), &documents()["defs"]).unwrap().prepare().unwrap();
        let compiled = documents().iter().map(|(name, schema)| {
            let options = jsonschema::options().with_registry(&registry).with_base_uri(uri(name));
            (name.as_str(), options.build(schema).unwrap_or_else(|e| panic!("{name}: {e}")))
        });
        compiled.collect()
    })
}

/// What a schema says against a document.
pub(crate) fn faults(schema: &str, document: &Value) -> Vec<String> {
    let faults = validators()[schema].iter_errors(document);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

/// The schema of an answer on stdout.
pub(crate) fn of_answer(answer: &Value) -> &str {
    match answer["command"].as_str().unwrap_or_else(|| panic!("no command: {answer}")) {
        "verify" if answer.get("findings").is_none() => "verify-chain",
        command => command,
    }
}

/// Judges what a command wrote, as far as it is JSON of ours: all of stdout, and every error on stderr. The
/// documents, each with the name of its schema.
pub(crate) fn judge(stdout: &str, stderr: &str) -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    if stdout.starts_with("{\n  \"schema\"") {
        let answer: Value = serde_json::from_str(stdout).unwrap_or_else(|e| panic!("{e}: {stdout}"));
        if let Some(manifest) = answer["manifest"].as_str().filter(|_| answer["command"] == "export") {
            assert_eq!(manifest_faults(manifest), Some(vec![]), "{manifest}");
        }
        documents.push((of_answer(&answer).to_owned(), answer));
    }
    for line in stderr.lines().filter(|line| line.starts_with("{\"schema\"")) {
        documents.push(("error".to_owned(), serde_json::from_str(line).unwrap()));
    }
    for (schema, document) in &documents {
        let faults = faults(schema, document);
        assert!(faults.is_empty(), "{schema}.schema.json: {faults:#?}\n{document:#}");
    }
    documents
}

/// What the schema says against a manifest; `None` for what is no TOML.
pub(crate) fn manifest_faults(toml: &str) -> Option<Vec<String>> {
    let table = DeTable::parse(toml.trim_start_matches('\u{feff}')).ok()?;
    Some(faults("manifest", &Value::Object(object(table.get_ref()))))
}

fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref()))).collect()
}

/// TOML as JSON; a date becomes a text, as every converter has it.
fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(number) => serde_json::from_str(&number.to_string()).unwrap(),
        DeValue::Float(number) => serde_json::from_str(&number.to_string()).unwrap(),
        DeValue::Boolean(flag) => Value::from(*flag),
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => Value::Object(object(table)),
    }
}
