//! The JSON of `probe`, field by field; an unknown field fails.

#![expect(dead_code, reason = "that a field is there, and of its type, is what is asked")]

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    schema: u32,
    command: String,
    store: Option<Store>,
    ok: bool,
    servers: Vec<Server>,
    saved_chain: Option<String>,
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    path: String,
    format: String,
    integrity: String,
    entries: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    role: Option<String>,
    host: String,
    port: u16,
    encryption: String,
    name: String,
    verdict: Verdict,
    code: String,
    dns_microseconds: Option<u64>,
    failure: Option<Failure>,
    decisive: Option<usize>,
    addresses: Vec<Address>,
    import: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    Trusted,
    Refused,
    Unreachable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    stage: String,
    code: String,
    message: String,
    remedy: Option<String>,
    reply: Option<Reply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    code: u16,
    lines: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    verdict: Verdict,
    code: String,
    failure: Option<Failure>,
    address: Option<std::net::SocketAddr>,
    tls: Option<Tls>,
    capabilities: Option<Capabilities>,
    timings: Vec<Timing>,
    speaks: Option<Tls>,
    client_certificate_asked: bool,
    decision: Option<Decision>,
    advice: Vec<Advice>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    version: String,
    cipher_suite: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capabilities {
    starttls: bool,
    auth: Vec<String>,
    size: Option<u64>,
    eight_bit_mime: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timing {
    stage: String,
    microseconds: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    anchor: Option<Value>,
    refusal: Option<Value>,
    chain: Vec<Value>,
    java: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advice {
    source: Source,
    subject: String,
    key_id: Option<String>,
    sha256: Option<String>,
    alias: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    File,
    ServerTop,
    ServerLeaf,
}
