//! Entries of one store put into another that exists: what `keytool -importkeystore` does.

use super::copy::{self, KeyPasswords};
use super::edit::find;
use super::report::{Failure, Item};
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::password::Password;
use crate::store::{Entry, Format, TrustStore};

/// How entries are transferred.
#[derive(Debug, Default)]
pub struct TransferOptions {
    /// The one entry that is transferred. Without: all that Java sees.
    pub alias: Option<String>,
    /// The alias of that one entry in the target. Without: the one it has.
    pub new_alias: Option<String>,
    /// The password of the source's private keys. Without: the source's.
    pub key_password: Option<Password>,
    /// The password that private keys get. Without: in PKCS#12 the target's, as Java expects; in JKS and
    /// JCEKS the one they had, as keytool does.
    pub new_key_password: Option<Password>,
    /// What becomes of an entry whose alias the target has already.
    pub existing: Existing,
    /// Report what cannot be transferred, and go on.
    pub keep_going: bool,
    /// Creation date of entries that have none, in milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// What becomes of an entry whose alias the target has already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It cannot be transferred.
    #[default]
    Refuse,
    /// The target's stays.
    Skip,
    /// It takes the place of the target's, whatever that is.
    Overwrite,
}

/// What a transfer did, entry by entry.
#[derive(Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct TransferReport {
    /// Whether the target differs from what it was.
    pub changed: bool,
    /// The entries, in the order of the source.
    pub entries: Vec<Transferred>,
}

/// One entry of a transfer.
#[derive(Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Transferred {
    /// The entry under its alias in the target; its `source` is the one it has in the source.
    pub item: Item,
    /// The code of the entry's kind, such as `private-key`.
    pub kind: &'static str,
    /// What became of it.
    pub outcome: TransferOutcome,
    /// Why it was not transferred.
    pub failure: Option<Failure>,
}

/// What became of one entry of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum TransferOutcome {
    /// It is new in the target.
    Added,
    /// It took the place of another.
    Replaced,
    /// The target had it already, and a key under the same password.
    Unchanged,
    /// The target has another entry of this alias, which stays; or Java does not see the entry.
    Skipped,
    /// It could not be transferred; [`Transferred::failure`] says why.
    Failed,
}

/// Puts entries of `source` into `target`: trusted certificates; private keys with their chains, opened
/// with one password and sealed with another; secret keys from JCEKS to JCEKS, as they are, if the keys'
/// password stays the same.
///
/// # Errors
/// `AliasUnknown` if the source has no such entry. Without `keep_going` also what is wrong with the first
/// entry that cannot be transferred: `AliasTaken`, `AliasInvalid`, `WrongPassword` of a key, `CannotKeep`,
/// `Unsupported`, `LimitExceeded`; the target is then to be discarded.
///
/// ```
/// use truststore::{Certificate, Format, Password, SystemRandom, TransferOptions, TrustStore, transfer};
///
/// let mut source = TrustStore::new(Format::Jks, Password::new("changeit"));
/// source.insert("corp-ca", Certificate::from_der(vec![0x30, 0x00]), 0)?;
/// let mut target = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
/// let report = transfer(&source, &mut target, &TransferOptions::default(), &mut SystemRandom)?;
/// assert!(report.changed && target.get("corp-ca").is_some());
/// # Ok::<(), truststore::Error>(())
/// ```
pub fn transfer(
    source: &TrustStore,
    target: &mut TrustStore,
    options: &TransferOptions,
    random: &mut dyn Random,
) -> Result<TransferReport> {
    let entries: Vec<&Entry> = match &options.alias {
        Some(alias) => vec![find(source, alias)?],
        None => source.entries().iter().collect(),
    };
    let mut report = TransferReport::default();
    for entry in entries {
        let alias = match (&options.alias, &options.new_alias, entry.java_alias()) {
            (Some(_), Some(new), _) => new.clone(),
            (Some(alias), ..) => alias.clone(),
            (None, _, Some(alias)) => alias,
            (None, ..) => {
                let mut item = Item::of(entry).with_source(entry.name());
                item.note = Some("Java does not see it".to_owned());
                let outcome = TransferOutcome::Skipped;
                report.entries.push(Transferred { item, kind: entry.kind().code(), outcome, failure: None });
                continue;
            }
        };
        let item = Item::new(&alias, entry.certificate()).with_source(entry.name());
        let (outcome, failure) = match one(source, entry, target, &alias, options, random) {
            Ok(outcome) => (outcome, None),
            Err(error) if options.keep_going => (TransferOutcome::Failed, Some(Failure::of(&error))),
            Err(error) => return Err(error),
        };
        report.changed |= matches!(outcome, TransferOutcome::Added | TransferOutcome::Replaced);
        report.entries.push(Transferred { item, kind: entry.kind().code(), outcome, failure });
    }
    Ok(report)
}

fn one(
    source: &TrustStore,
    entry: &Entry,
    target: &mut TrustStore,
    alias: &str,
    options: &TransferOptions,
    random: &mut dyn Random,
) -> Result<TransferOutcome> {
    // Copies, since the target changes while they are used.
    let old = options.key_password.as_ref().map(Password::duplicate).or_else(|| source.duplicate_password());
    let new = options.new_key_password.as_ref().map(Password::duplicate).or_else(|| match target.format() {
        Format::Pkcs12 => target.duplicate_password(),
        _ => old.as_ref().map(Password::duplicate),
    });
    let keys = KeyPasswords { old: old.as_ref(), new: new.as_ref() };
    let taken = target.get(alias);
    if taken.is_some() && options.existing == Existing::Skip {
        return Ok(TransferOutcome::Skipped);
    }
    let content = copy::open(source, entry, target.format(), keys)?;
    if taken.is_some_and(|found| content.is(target, found, keys)) {
        return Ok(TransferOutcome::Unchanged);
    }
    let instead = taken.map(Entry::id);
    match (options.existing, instead) {
        (Existing::Overwrite, Some(_)) => {
            content.put(target, alias, keys, options.now, instead, random)?;
            Ok(TransferOutcome::Replaced)
        }
        (_, Some(_)) => {
            let message = "the target has another entry of this alias";
            Err(Error::new(ErrorKind::AliasTaken, message).at_entry(alias))
        }
        (_, None) => {
            content.put(target, alias, keys, options.now, None, random)?;
            Ok(TransferOutcome::Added)
        }
    }
}
