//! Before new bytes replace old ones: are they the store that was meant?

use std::ops::RangeInclusive;
use std::sync::mpsc;
use std::thread::{self, Scope};

use super::atomic::{Placed, Replacement};
use super::beside::Beside;
use crate::error::{Error, ErrorKind, Result};
use crate::format::ReadBack;
use crate::limits::Limits;
use crate::octets::Octets;
use crate::parallel::{self, Thing};
use crate::store::residue::Residue;
use crate::store::{Entry, Format, TrustStore};

/// The numbers of entries that are worth a thread for being read again. With more, the memory that two readers need
/// at the same time is worth more than the time; one alone needs it at whatever time.
const WORTHWHILE: RangeInclusive<usize> = 256..=65_536;

/// What a check has found.
pub(super) struct Checked {
    /// What the independent reader said; `None` if it was not asked.
    pub(super) read_back: Option<ReadBack>,
    /// What it made for that, which takes a while to be given back.
    pub(super) made: Option<Thing>,
}

/// Decodes the bytes with the store's own password and compares all entries, then asks the independent
/// reader, where there is one and it is wanted; `None` if it was not asked.
pub(super) fn check(octets: &Octets<'_>, store: &TrustStore, ask: bool) -> Result<Option<ReadBack>> {
    if !ask || !has_reader(store) {
        return require_same(octets, store).map(|()| None);
    }
    thread::scope(|scope| {
        // Neither waits for the other: with two cores it takes as long as the slower one.
        let reader = Beside::begin(scope, is_long(store), || read_back(octets, store).0);
        require_same(octets, store).and_then(|()| agreed(reader.finish()))
    })
}

/// Begins to check the bytes, which can be written meanwhile; the rest of the work, and the answer, is what it returns.
/// Of a few bytes that is all of it, and of those with a long digest: that is begun, since whoever writes waits for it, and
/// has time to check before.
///
/// Tells too whether a helper is at work that is to have a core for itself ([`parallel::beside_one`]).
pub(super) fn begin<'scope>(
    scope: &'scope Scope<'scope, '_>,
    octets: &'scope Octets<'_>,
    store: &'scope TrustStore,
    ask: bool,
) -> (bool, impl FnOnce() -> Result<Checked>) {
    // It takes longer than everything else together, so that it begins first.
    let is_read = ask && has_reader(store) && is_long(store);
    let (tell, told) = mpsc::channel();
    let reads = is_read
        && parallel::begin(scope, move || {
            // Unless nobody waits for it any more.
            let _ = tell.send(read_back(octets, store));
        })
        .is_ok();
    let digests = octets.has_long_digest();
    if digests {
        // Without a further thread it is computed when it is written.
        drop(parallel::begin(scope, || octets.digest_ahead()));
    }
    let is_slow = !reads && !digests && is_slow(octets, store, ask);
    let whole = Beside::begin(scope, is_slow, move || check(octets, store, ask));
    // How many cores there are is asked of files, which for few octets takes longer than it is worth.
    let is_large = parallel::is_much(octets.len()) && matches!(whole, Beside::Begun(_));
    let has_helper = reads || is_large;
    let finish = move || {
        if !reads {
            return Ok(Checked { read_back: whole.finish()?, made: None });
        }
        require_same(octets, store)?;
        // Or it panicked, which its scope tells.
        let nothing = || (Some(ReadBack::Disagrees("nothing is found".to_owned())), None);
        let (outcome, made) = told.recv().unwrap_or_else(|_| nothing());
        Ok(Checked { read_back: agreed(outcome)?, made })
    };
    (has_helper, finish)
}

fn agreed(outcome: Option<ReadBack>) -> Result<Option<ReadBack>> {
    match outcome {
        Some(ReadBack::Disagrees(found)) => Err(disagreement(format!("to an independent reader {found}"))),
        outcome => Ok(outcome),
    }
}

/// The error for bytes that are not read again: a fault of ours, unless there are too many.
fn unreadable(error: Error) -> Error {
    if error.is_limit_exceeded() {
        let message = format!("the new store would be beyond a limit: {}", error.message());
        return Error::new(ErrorKind::LimitExceeded, message);
    }
    disagreement(format!("they cannot be read: {}", error.message())).because(error)
}

/// Writes the file and checks its bytes meanwhile; nothing is put in its place before the check is done.
pub(super) fn put_checked(
    replacement: &Replacement<'_>,
    octets: &Octets<'_>,
    store: &TrustStore,
    ask: bool,
) -> Result<(Placed, Checked)> {
    thread::scope(|scope| {
        let (is_read, finish) = begin(scope, octets, store, ask);
        let approve = || finish().map_err(|e| e.at_path(&replacement.target.given));
        parallel::beside_one(is_read, || replacement.put(approve))
    })
}

/// Whether [`check`] is worth a thread of its own. Of a few entries it is not, unless they are large, but for the keys
/// that the independent reader derives; ours are known from writing them.
fn is_slow(octets: &Octets<'_>, store: &TrustStore, ask: bool) -> bool {
    let count = store.entries().len();
    let (Residue::Pkcs12(pfx), true) = (&store.residue, ask && has_reader(store)) else {
        return count >= *WORTHWHILE.start() || parallel::is_worthwhile(octets.len());
    };
    let keys = pfx.mac.is_some_and(|mac| parallel::is_worthwhile(mac.work()));
    is_long(store) || (keys && count < *WORTHWHILE.start())
}

fn is_long(store: &TrustStore) -> bool {
    WORTHWHILE.contains(&store.entries().len())
}

/// The independent reader reads PKCS#12 alone.
fn has_reader(store: &TrustStore) -> bool {
    cfg!(feature = "readback") && store.format() == Format::Pkcs12
}

fn require_same(octets: &Octets<'_>, store: &TrustStore) -> Result<()> {
    // An account of its own: the limits protect from somebody else's file, and this one is ours.
    let limits = Limits { spent: Default::default(), ..store.limits.clone() };
    let decoded = TrustStore::from_written(octets, store, &limits).map_err(unreadable)?;
    compare(store, &decoded)
}

/// What the independent reader says, and what it made for that.
#[cfg(feature = "readback")]
fn read_back(octets: &Octets<'_>, store: &TrustStore) -> (Option<ReadBack>, Option<Thing>) {
    let (outcome, made) = crate::format::read_again(&octets.joined(), store);
    (Some(outcome), made.map(|made| Box::new(made) as _))
}

#[cfg(not(feature = "readback"))]
fn read_back(_: &Octets<'_>, _: &TrustStore) -> (Option<ReadBack>, Option<Thing>) {
    (None, None)
}

fn compare(expected: &TrustStore, found: &TrustStore) -> Result<()> {
    if expected.format() != found.format() {
        return Err(disagreement(format!("expected {}, found {}", expected.format(), found.format())));
    }
    if expected.integrity() != found.integrity() {
        return Err(disagreement("the store's integrity is not protected as it was"));
    }
    if expected.entries().len() != found.entries().len() {
        let (expected, found) = (expected.entries().len(), found.entries().len());
        return Err(disagreement(format!("expected {expected} entries, found {found}")));
    }
    // By name where the place does not tell: a new PKCS#12 bag goes into a block before others. A label is compared in
    // less time than the names in it.
    let same_label = |found: &Entry, entry: &Entry| found.label == entry.label;
    let same_name = |found: &&Entry, entry: &Entry| same_label(found, entry) || found.name() == entry.name();
    for (at, entry) in expected.entries().iter().enumerate() {
        let at_place = found.entries().get(at).filter(|found| same_name(found, entry));
        let by_name = || found.get(entry.name()).filter(|found| same_name(found, entry));
        let Some(found) = at_place.or_else(by_name) else {
            return Err(disagreement("the entry is missing").at_entry(entry.name()));
        };
        if entry.kind() != found.kind() {
            let (expected, found) = (entry.kind().code(), found.kind().code());
            let message = if expected == found {
                "the certificates are not the same".to_owned()
            } else {
                format!("expected a {expected} entry, found a {found} entry")
            };
            return Err(disagreement(message).at_entry(entry.name()));
        }
        let same_alias = same_label(found, entry) || entry.alias() == found.alias();
        if entry.created() != found.created() || !same_alias {
            return Err(disagreement("the alias or the date is not the same").at_entry(entry.name()));
        }
    }
    Ok(())
}

fn disagreement(found: impl std::fmt::Display) -> Error {
    let message =
        format!("the new bytes are not the store that was to be written ({found}); nothing was written");
    Error::new(ErrorKind::Disagreement, message)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::cert::Certificate;
    use crate::crypto::{PrivateKey, SystemRandom};
    use crate::file::target::Target;
    use crate::password::Password;

    fn store(format: Format, entries: &[(&str, u8, i64)]) -> TrustStore {
        let mut store = TrustStore::new(format, Password::new("changeit"));
        for &(alias, octet, date) in entries {
            store.insert(alias, Certificate::from_der(vec![0x30, 1, octet]), date).unwrap();
        }
        store
    }

    #[test]
    fn another_large_store_than_was_meant_is_not_put_in_place() {
        let entries: Vec<String> = (0..1_200).map(|number| format!("entry-{number}")).collect();
        let store = |names: &[String]| {
            let mut store = TrustStore::new(Format::Jks, Password::new("changeit"));
            for name in names {
                store.insert(name, Certificate::from_der(vec![0x30; 1_000]), 0).unwrap();
            }
            store
        };
        let (meant, other) = (store(&entries), store(&entries[1..]));
        let octets = meant.to_octets(&mut SystemRandom).unwrap();
        assert!(octets.has_long_digest());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let target = Target::resolve(&path).unwrap();
        let replacement = Replacement::of(&target, &octets);
        let error = put_checked(&replacement, &octets, &other, true).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Disagreement, "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        put_checked(&replacement, &octets, &meant, true).unwrap();
        assert!(fs::read(&path).unwrap() == *octets.joined());
    }

    /// Nothing that the library does makes such bytes: this is asked of faults that nobody knows yet.
    #[test]
    fn whatever_differs_from_the_store_that_was_meant_is_named() {
        let meant = store(Format::Jks, &[("a", 1, 0), ("b", 2, 0)]);
        assert!(compare(&meant, &store(Format::Jks, &[("a", 1, 0), ("b", 2, 0)])).is_ok());
        let mut key = store(Format::Jks, &[("a", 1, 0)]);
        let (der, password) = (vec![0x30, 12, 2, 1, 0, 0x30, 3, 6, 1, 0x2a, 4, 2, 4, 0], Password::new("k"));
        let sealed = PrivateKey::from_pkcs8(der).unwrap();
        key.insert_private_key("b", &sealed, &[], &password, 0, &mut SystemRandom).unwrap();
        for (found, named) in [
            (store(Format::Jceks, &[("a", 1, 0), ("b", 2, 0)]), "expected JKS, found JCEKS"),
            (store(Format::Jks, &[("a", 1, 0)]), "expected 2 entries, found 1"),
            (store(Format::Jks, &[("a", 1, 0), ("c", 2, 0)]), "the entry is missing"),
            (store(Format::Jks, &[("a", 1, 0), ("b", 3, 0)]), "the certificates are not the same"),
            (store(Format::Jks, &[("a", 1, 0), ("b", 2, 1)]), "the alias or the date"),
            (key, "found a private-key entry"),
        ] {
            let error = compare(&meant, &found).unwrap_err();
            assert!(error.kind() == ErrorKind::Disagreement && error.message().contains(named), "{error}");
        }
        let sealed = store(Format::Pkcs12, &[]);
        let error = compare(&sealed, &TrustStore::new_without_password()).unwrap_err();
        assert!(error.message().contains("integrity"), "{error}");
    }
}
