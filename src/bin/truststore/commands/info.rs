//! `truststore info`: what the container is made of.

use std::collections::BTreeMap;

use serde::Serialize;
use truststore::ContainerInfo;

use crate::Outcome;
use crate::context::{Context, StoreFacts, facts};
use crate::failure::Failure;
use crate::output::words::{self, CAUTION};

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
    warnings: &'a [String],
}

pub(crate) fn run(_: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let file = context.read()?;
    let path = context.path();
    let container = file.store().container();
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    for entry in file.store().entries() {
        *kinds.entry(entry.kind().code()).or_default() += 1;
    }
    let store = facts(&path, file.store());
    if context.is_json() {
        let warnings = context.warnings().to_vec();
        let answer =
            Answer { store, size: file.size(), kinds: &kinds, container: &container, warnings: &warnings };
        context.out.json("info", answer)?;
        return Ok(Outcome::Yes);
    }
    let mut field = |name: &str, value: &str| {
        context.out.line(format_args!("{name:<12}{}", truststore::printable(value)))
    };
    field("Store", &store.path)?;
    field("Size", &format!("{} bytes", file.size()))?;
    let version = container.version.map(|version| format!(", version {version}")).unwrap_or_default();
    field("Format", &format!("{}{version}", store.format))?;
    field("Integrity", words::integrity(store.integrity))?;
    for line in container.lines() {
        let (name, value) = line;
        field(&name, &value)?;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    field("Entries", &if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") })?;
    if container.is_legacy() {
        let style = CAUTION;
        context.note(format_args!(
            "{style}legacy algorithms protect this store{style:#}; an edit with --upgrade replaces them"
        ));
    }
    Ok(Outcome::Yes)
}
