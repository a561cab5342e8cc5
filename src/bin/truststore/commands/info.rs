//! `truststore info`: what the container is made of.

use std::collections::BTreeMap;

use serde::Serialize;
use truststore::ContainerInfo;

use crate::Outcome;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::words;

/// Show the format, algorithms, iteration counts and integrity of the store
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore info
  truststore info -k /etc/ssl/certs/java/cacerts --format json

Exit codes:
  0  shown
  2  could not read the store")]
pub(crate) struct Args {}

#[derive(Serialize)]
struct Answer<'a> {
    store: StoreFacts,
    size: u64,
    kinds: &'a BTreeMap<&'static str, usize>,
    container: &'a ContainerInfo,
}

pub(crate) fn run(_: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let path = context.path();
    let size = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    let container = file.store().container();
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    for entry in file.store().entries() {
        *kinds.entry(entry.kind().code()).or_default() += 1;
    }
    let store = facts(&path, file.store());
    if context.is_json() {
        let answer = Answer { store, size, kinds: &kinds, container: &container };
        context.json("info", answer)?;
        return Ok(Outcome::Yes);
    }
    let mut field = |name: &str, value: &str| {
        context.out.wrapped(12, format_args!("{name:<12}{}", truststore::printable(value)))
    };
    field("Store", &store.path)?;
    field("Size", &format!("{size} bytes"))?;
    let version = container.version.map(|version| format!(", version {version}")).unwrap_or_default();
    field("Format", &format!("{}{version}", store.format))?;
    field("Integrity", words::integrity(store.integrity))?;
    for (name, value) in protection(&container) {
        field(name, &value)?;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    field("Entries", &if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") })?;
    let legacy =
        container.mac.iter().any(|mac| mac.legacy) || container.blocks.iter().any(|block| block.legacy);
    if legacy {
        context.out.flush()?;
        context.note("legacy algorithms protect this store; an edit with --upgrade replaces them");
    }
    Ok(Outcome::Yes)
}

/// How the container is protected: its digest or MAC, and each of its blocks.
fn protection(container: &ContainerInfo) -> Vec<(&'static str, String)> {
    let derived = |algorithm: &str, iterations: Option<u64>, salt: Option<usize>, legacy: bool| {
        let iterations = iterations.map(|n| format!(", {n} iterations")).unwrap_or_default();
        let salt = salt.map(|n| format!(", {n} bytes of salt")).unwrap_or_default();
        format!("{algorithm}{iterations}{salt}{}", if legacy { " (legacy)" } else { "" })
    };
    let mut lines = Vec::new();
    match (&container.digest, &container.mac) {
        (Some(digest), _) => lines.push(("Digest", (*digest).to_owned())),
        (None, Some(mac)) => {
            lines
                .push(("MAC", derived(&mac.algorithm, Some(mac.iterations), Some(mac.salt_len), mac.legacy)));
        }
        (None, None) => lines.push(("MAC", "none".to_owned())),
    }
    for block in &container.blocks {
        let algorithm = block.algorithm.as_deref().unwrap_or("not encrypted");
        let what = derived(algorithm, block.iterations, block.salt_len, block.legacy);
        lines.push(("Block", format!("{}: {what}", words::count(block.bags, "bag", "bags"))));
    }
    if container.trailing_bytes > 0 {
        lines.push(("Trailing", words::count(container.trailing_bytes, "byte", "bytes")));
    }
    lines
}
