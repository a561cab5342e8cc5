//! Every JSON answer, field by field; an unknown field fails.

#![cfg_attr(not(unix), allow(dead_code, reason = "some answers are looked at by Unix's tests alone"))]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Store {
    pub(crate) path: String,
    pub(crate) format: String,
    pub(crate) integrity: String,
    pub(crate) entries: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) alias: String,
    pub(crate) subject: Option<String>,
    pub(crate) sha256: Option<String>,
    pub(crate) previous: Option<Previous>,
    #[serde(default)]
    pub(crate) source: Option<String>,
    #[serde(default)]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Previous {
    pub(crate) alias: String,
    pub(crate) sha256: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadBack {
    pub(crate) result: String,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) store: Store,
    pub(crate) dry_run: bool,
    pub(crate) changed: bool,
    pub(crate) created: bool,
    pub(crate) added: Vec<Item>,
    pub(crate) replaced: Vec<Item>,
    pub(crate) removed: Vec<Item>,
    pub(crate) renamed: Vec<Item>,
    pub(crate) trusted: Vec<Item>,
    pub(crate) unchanged: Vec<Item>,
    pub(crate) skipped: Vec<Item>,
    pub(crate) failed: Vec<Failed>,
    pub(crate) backup: Option<String>,
    pub(crate) read_back: Option<ReadBack>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) alias: String,
    #[serde(default)]
    pub(crate) stored_alias: Option<String>,
    pub(crate) kind: String,
    pub(crate) java_alias: Option<String>,
    #[serde(default)]
    pub(crate) hidden: Option<String>,
    pub(crate) created: Option<i64>,
    // Those of a certificate stand beside the others, if there is one.
    #[serde(default)]
    pub(crate) subject: Option<String>,
    #[serde(default)]
    pub(crate) issuer: Option<String>,
    #[serde(default)]
    pub(crate) not_before: Option<i64>,
    #[serde(default)]
    pub(crate) not_after: Option<i64>,
    #[serde(default)]
    pub(crate) expires_in_days: Option<i64>,
    #[serde(default)]
    pub(crate) ca: Option<bool>,
    #[serde(default)]
    pub(crate) sha256: Option<String>,
    pub(crate) certificates: usize,
    #[serde(default)]
    pub(crate) detail: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) store: Store,
    pub(crate) shown: usize,
    pub(crate) entries: Vec<Entry>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Show {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) store: Store,
    pub(crate) entry: Entry,
    pub(crate) details: Vec<Option<Details>>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Details {
    pub(crate) version: u8,
    pub(crate) serial: String,
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) self_issued: bool,
    pub(crate) not_before: String,
    pub(crate) not_after: String,
    pub(crate) not_before_unix: i64,
    pub(crate) not_after_unix: i64,
    pub(crate) signature_algorithm: String,
    pub(crate) signature_hash: Option<String>,
    pub(crate) public_key: Value,
    pub(crate) public_key_sha256: String,
    pub(crate) may_issue: bool,
    pub(crate) extensions: Vec<Value>,
    pub(crate) sha256: String,
    pub(crate) sha1_for_comparison_only: String,
    pub(crate) strict_parse_error: Option<String>,
    pub(crate) extensions_error: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verify {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) store: Store,
    pub(crate) ok: bool,
    pub(crate) errors: usize,
    pub(crate) warning_findings: usize,
    pub(crate) findings: Vec<Finding>,
    pub(crate) warnings: Vec<String>,
}

/// The answer of `verify --chain`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chain {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) store: Store,
    pub(crate) host: Option<String>,
    pub(crate) at: String,
    pub(crate) trusted: bool,
    pub(crate) anchor: Option<Anchor>,
    /// A tagged enum: which fields it has depends on its code.
    pub(crate) refusal: Option<Value>,
    pub(crate) java: Option<Java>,
    pub(crate) chain: Vec<Member>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Anchor {
    pub(crate) alias: String,
    pub(crate) role: String,
    pub(crate) subject: String,
    pub(crate) sha256: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Java {
    pub(crate) trusted: bool,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    pub(crate) not_before: i64,
    pub(crate) not_after: i64,
    pub(crate) sha256: String,
    pub(crate) ca: bool,
    pub(crate) self_issued: bool,
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) entry: Option<String>,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Info {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) store: Store,
    pub(crate) size: u64,
    pub(crate) kinds: BTreeMap<String, usize>,
    pub(crate) container: Container,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Container {
    pub(crate) format: String,
    pub(crate) version: Option<u32>,
    pub(crate) integrity: String,
    pub(crate) digest: Option<String>,
    pub(crate) mac: Option<Mac>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) entries: usize,
    pub(crate) certificates: usize,
    pub(crate) trailing_bytes: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mac {
    pub(crate) algorithm: String,
    pub(crate) iterations: u64,
    pub(crate) salt_len: usize,
    pub(crate) legacy: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    pub(crate) protection: String,
    pub(crate) algorithm: Option<String>,
    pub(crate) iterations: Option<u64>,
    pub(crate) salt_len: Option<usize>,
    pub(crate) legacy: bool,
    pub(crate) bags: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Export {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) out: Option<String>,
    pub(crate) changed: bool,
    pub(crate) entries: Vec<String>,
    #[serde(default)]
    pub(crate) pem: Option<String>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Convert {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) out: String,
    pub(crate) format: String,
    pub(crate) changed: bool,
    pub(crate) created: bool,
    pub(crate) dry_run: bool,
    pub(crate) added: Vec<Item>,
    pub(crate) replaced: Vec<Item>,
    pub(crate) removed: Vec<Item>,
    pub(crate) unchanged: Vec<Item>,
    pub(crate) skipped: Vec<Item>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loss {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) entries: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Restore {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) path: String,
    pub(crate) backup: String,
    pub(crate) changed: bool,
    pub(crate) created: bool,
    pub(crate) dry_run: bool,
    pub(crate) added: Vec<Item>,
    pub(crate) replaced: Vec<Item>,
    pub(crate) removed: Vec<Item>,
    pub(crate) unchanged: Vec<Item>,
    pub(crate) skipped: Vec<Item>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorAnswer {
    pub(crate) schema: u32,
    pub(crate) error: ErrorFacts,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorFacts {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) entry: Option<String>,
    #[serde(default)]
    pub(crate) hint: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Find {
    pub(crate) schema: u32,
    pub(crate) command: String,
    pub(crate) found: usize,
    pub(crate) stores: Vec<FoundStore>,
    pub(crate) warnings: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoundStore {
    pub(crate) path: String,
    pub(crate) also: Vec<String>,
    pub(crate) ok: bool,
    pub(crate) health: String,
    pub(crate) format: Option<String>,
    pub(crate) integrity: Option<String>,
    pub(crate) entries: Option<usize>,
    pub(crate) expired: usize,
    pub(crate) expiring: usize,
    pub(crate) errors: usize,
    pub(crate) warning_findings: usize,
    pub(crate) error: Option<Failed>,
}
