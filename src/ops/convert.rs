//! The same entries in another format.

use std::borrow::Cow;
use std::collections::HashSet;

use super::copy::{self, KeyPasswords};
use super::report::Item;
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::in_order;
use crate::password::Password;
use crate::store::alias::{Label, checked, fold};
use crate::store::{Entry, EntryId, EntryKind, Format, HiddenReason, JavaView, TrustStore};

/// How a store is converted.
#[derive(Debug, Default)]
pub struct ConvertOptions {
    /// Leave out what the target cannot hold or this program cannot convert, instead of refusing.
    pub trusted_only: bool,
    /// The password of the source's private keys. Without: the source's.
    pub key_password: Option<Password>,
    /// The password that private keys get. Without: the new store's.
    pub new_key_password: Option<Password>,
    /// Creation date of entries that have none, in milliseconds since 1970-01-01 UTC.
    pub now: i64,
}

/// A converted store, and what did not come along.
#[derive(Debug)]
#[non_exhaustive]
pub struct Conversion {
    /// The store in its new format.
    pub store: TrustStore,
    /// What the target's format cannot express.
    pub losses: Vec<Loss>,
    /// The entries that were left out on request, each with the reason.
    pub left_out: Vec<Item>,
    /// The entries that were taken over, as they are in `store`.
    pub converted: Vec<EntryId>,
}

impl Conversion {
    /// The entries that were taken over, described; made on every core, since it is a third of the work.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        let entries: Vec<&Entry> = self.converted.iter().filter_map(|&id| self.store.entry(id)).collect();
        in_order(&entries, &|_| (), |entry| Item::of(entry))
    }
}

/// Something that the target's format cannot express.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Loss {
    /// A stable kebab-case code: `alias-case`, `alias-made`, `attributes`, `dates`, `dates-made`.
    pub code: &'static str,
    /// What is lost, in a sentence.
    pub message: String,
    /// The names of the entries concerned.
    pub entries: Vec<String>,
}

/// Converts the entries of `source` to `format`, to be written under `password`, or without one (PKCS#12
/// only): trusted certificates, private keys with their chains, and from JCEKS to JCEKS secret keys whose
/// password stays the same.
///
/// # Errors
/// `CannotKeep`, naming them, if there are entries that cannot be converted and `trusted_only` is not
/// set; `AliasInvalid`; those of [`TrustStore::private_key`] and [`TrustStore::insert_private_key`].
pub fn convert(
    source: &TrustStore,
    format: Format,
    password: Option<Password>,
    options: &ConvertOptions,
    random: &mut dyn Random,
) -> Result<Conversion> {
    let shared = shared_aliases(source);
    let new_key_password = options.new_key_password.as_ref().or(password.as_ref()).map(Password::duplicate);
    let keys = KeyPasswords {
        old: options.key_password.as_ref().or_else(|| source.password()),
        new: new_key_password.as_ref(),
    };
    let mut taken = Vec::new();
    let mut left_out = Vec::new();
    for entry in source.entries() {
        let obstacle = match entry.kind() {
            EntryKind::PrivateKey(_) if options.trusted_only => Some("a private key"),
            EntryKind::SecretKey if options.trusted_only => Some("a secret key"),
            _ => copy::obstacle(entry, source.format(), format, keys)
                .or_else(|| name_obstacle(entry, format, &shared)),
        };
        match obstacle {
            Some(reason) => left_out.push(Item::of(entry).with_note(reason)),
            None => taken.push(entry),
        }
    }
    if !left_out.is_empty() && !options.trusted_only {
        return Err(refusal(&left_out, format));
    }
    let mut store = match (password, format) {
        (Some(password), format) => TrustStore::new(format, password),
        (None, Format::Pkcs12) => TrustStore::new_without_password(),
        (None, format) => {
            return Err(Error::new(ErrorKind::Refused, format!("a {format} store needs a password")));
        }
    };
    store.limits = source.limits.clone();
    store.reserve(taken.len());
    let mut converted = Vec::with_capacity(taken.len());
    // Certificates that follow each other are added together.
    let mut certificates = Vec::new();
    for entry in &taken {
        let name = entry.name();
        let content = copy::open(source, entry, format, keys).map_err(|e| e.at_entry(name))?;
        if let Some(certificate) = content.certificate(name, options.now) {
            certificates.push(certificate);
            continue;
        }
        converted.extend(store.insert_all(&std::mem::take(&mut certificates))?);
        let put = content.put(&mut store, name, keys, options.now, None, random);
        converted.push(put.map_err(|e| e.at_entry(name))?);
    }
    converted.extend(store.insert_all(&certificates)?);
    let losses = losses(source, &taken, format);
    Ok(Conversion { store, losses, left_out, converted })
}

/// Why an entry cannot be converted under its name, or from where it stands.
fn name_obstacle(entry: &Entry, format: Format, shared: &HashSet<Cow<'_, str>>) -> Option<&'static str> {
    match entry.java_view() {
        JavaView::Hidden(HiddenReason::Shadowed) => {
            return Some("a later entry has the same alias, and Java sees that one");
        }
        JavaView::Hidden(HiddenReason::Nested) => {
            return Some("it stands in a nested SafeContents, where Java does not look");
        }
        _ => {}
    }
    if !is_alias_of(entry.name(), format) {
        Some("its alias is blank, or longer than the target can hold; rename it first")
    } else if shared.contains(&fold(entry.name())) {
        Some("another entry has the same alias but for case")
    } else if entry.has_unpaired_surrogates() {
        Some("its alias has unpaired surrogates, which PKCS#12 cannot be trusted to keep")
    } else {
        None
    }
}

fn is_alias_of(name: &str, format: Format) -> bool {
    match format {
        Format::Jceks | Format::Jks => Label::for_record(name).is_ok(),
        Format::Pkcs12 => checked(name).is_ok(),
    }
}

/// The names that, without regard to case, more than one entry has.
fn shared_aliases(source: &TrustStore) -> HashSet<Cow<'_, str>> {
    let mut once = HashSet::with_capacity(source.entries().len());
    let folded = source.entries().iter().map(|entry| fold(entry.name()));
    folded.filter(|name| !once.insert(name.clone())).collect()
}

fn refusal(left_out: &[Item], format: Format) -> Error {
    const SHOWN: usize = 5;
    let mut named: Vec<String> = left_out
        .iter()
        .take(SHOWN)
        .map(|item| format!("\"{}\" ({})", item.alias, item.note.as_deref().unwrap_or_default()))
        .collect();
    if left_out.len() > SHOWN {
        named.push(format!("and {} more", left_out.len() - SHOWN));
    }
    Error::new(
        ErrorKind::CannotKeep,
        format!("{} of the entries cannot be converted to {format}: {}", left_out.len(), named.join(", ")),
    )
}

fn losses(source: &TrustStore, taken: &[&Entry], format: Format) -> Vec<Loss> {
    let names = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<String> {
        taken.iter().filter(|entry| wanted(entry)).map(|entry| entry.name().to_owned()).collect()
    };
    let mut losses = Vec::new();
    let mut lose = |code, message: &str, entries: Vec<String>| {
        if !entries.is_empty() {
            losses.push(Loss { code, message: message.to_owned(), entries });
        }
    };
    if format == Format::Pkcs12 && source.format() != Format::Pkcs12 {
        lose("dates", "PKCS#12 has no creation dates for certificates", names(&Entry::is_certificate));
    }
    if format != Format::Pkcs12 {
        let upper = |entry: &Entry| entry.name() != entry.name().to_lowercase();
        lose("alias-case", "JKS and JCEKS have aliases in lower case", names(&upper));
        let more = |entry: &Entry| source.has_further_attributes(entry);
        lose("attributes", "JKS and JCEKS have no attributes", names(&more));
        if source.format() == Format::Pkcs12 {
            lose(
                "dates-made",
                "PKCS#12 had no creation dates; that of the conversion is written",
                names(&|entry| entry.created().is_none()),
            );
        }
    } else if source.format() == Format::Pkcs12 {
        let more = |entry: &Entry| source.has_further_attributes(entry);
        lose("attributes", "attributes other than the alias and the trust are not taken over", names(&more));
    }
    lose("alias-made", "they had no alias and are given one", names(&|entry| entry.alias().is_none()));
    losses
}
