//! Another store as a source: its trusted certificates, with their names and dates.

use bytes::Bytes;

use super::collect::Collector;
use super::note::Note;
use super::{Found, nothing_found};
use crate::error::Result;
use crate::format::Unlock;
use crate::limits::Limits;
use crate::store::{Entry, EntryKind, HiddenReason, JavaView, TrustStore};

/// Reads the certificates of another store; `source` names it in messages.
///
/// Trusted certificates come with their alias and date, and so do certificates without Java's trust
/// attribute, with a note. Private keys and the certificates of their chains are not imported.
///
/// # Errors
/// As [`TrustStore::from_bytes`]; `NoCertificate` if the store has none to import.
pub fn read_store(source: &str, bytes: Bytes, unlock: Unlock<'_>, limits: &Limits) -> Result<Found> {
    let at_source = |e: crate::error::Error| e.at_path(source.as_ref());
    let store = TrustStore::from_bytes(bytes, unlock, limits).map_err(at_source)?;
    let mut collector = Collector::new(source, limits);
    for entry in store.entries() {
        take(entry, &mut collector).map_err(at_source)?;
    }
    let mut found = collector.finish();
    found.integrity = Some(store.integrity());
    if found.certificates.is_empty() && found.errors.is_empty() {
        return Err(at_source(nothing_found(&found.notes)));
    }
    Ok(found)
}

fn take(entry: &Entry, out: &mut Collector<'_>) -> Result<()> {
    let source = out.source().to_owned();
    let name = entry.name().to_owned();
    let certificate = match entry.kind() {
        EntryKind::TrustedCertificate(certificate) => certificate,
        EntryKind::Certificate(certificate) => {
            out.note(Note::NoTrustAttribute { source: source.clone(), entry: name.clone() })?;
            certificate
        }
        EntryKind::PrivateKey(chain) => {
            let certificates = chain.len();
            return out.note(Note::KeyChainIgnored { source, entry: name, certificates });
        }
        other => {
            let kind = other.code().to_owned();
            return out.note(Note::EntryIgnored { source, entry: name, kind });
        }
    };
    // A shadowed entry's own alias is taken by the later entry; its name is unique.
    let alias = if entry.java_view() == &JavaView::Hidden(HiddenReason::Shadowed) {
        out.note(Note::Shadowed { source, entry: name.clone() })?;
        Some(name.as_str())
    } else {
        entry.alias()
    };
    out.named_candidate(certificate.clone(), None, alias, entry.created())
}
