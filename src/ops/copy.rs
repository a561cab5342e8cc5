//! One entry of a store put into another, of whatever format.

use crate::crypto::{PrivateKey, Random};
use crate::error::{Error, ErrorKind, Result};
use crate::password::Password;
use crate::store::{Entry, EntryId, EntryKind, Format, HiddenReason, JavaView, NewCertificate, TrustStore};

/// The passwords of private keys: in the store they come from, and in the one they go to.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyPasswords<'a> {
    pub(super) old: Option<&'a Password>,
    pub(super) new: Option<&'a Password>,
}

impl KeyPasswords<'_> {
    fn are_equal(&self) -> bool {
        matches!((self.old, self.new), (Some(old), Some(new)) if old.as_str() == new.as_str())
    }
}

/// Why an entry cannot be put into a store of this format, as far as its kind tells.
pub(super) fn obstacle(
    entry: &Entry,
    from: Format,
    to: Format,
    keys: KeyPasswords<'_>,
) -> Option<&'static str> {
    match entry.kind() {
        EntryKind::TrustedCertificate(_) => None,
        EntryKind::Certificate(_) if to == Format::Pkcs12 => {
            Some("Java does not trust it (no trust attribute); `truststore trust` adds that")
        }
        EntryKind::Certificate(_) => Some(
            "Java does not trust it (no trust attribute), and in the target it would be trusted; \
             `truststore trust` it first, or leave it out",
        ),
        EntryKind::PrivateKey(_) if keys.old.is_none() => {
            Some("no password is known for its private key; --key-password-file gives it")
        }
        EntryKind::PrivateKey(_) if keys.new.is_none() => {
            Some("the target has no password, and a private key needs one; --new-key-password-file gives it")
        }
        EntryKind::PrivateKey(chain) if chain.is_empty() && is_unsupported(entry) => {
            Some("nothing says which certificate belongs to the private key")
        }
        EntryKind::PrivateKey(_) => None,
        EntryKind::SecretKey if (from, to) != (Format::Jceks, Format::Jceks) => {
            Some("secret keys move from JCEKS to JCEKS only")
        }
        EntryKind::SecretKey if !keys.are_equal() => {
            Some("a secret key moves as it is, under the password it has, and the keys are to get another")
        }
        EntryKind::SecretKey => None,
        EntryKind::Crl => Some("the target has no certificate revocation lists"),
        EntryKind::Other(_) => Some("an unknown kind of entry, which the target cannot hold"),
    }
}

fn is_unsupported(entry: &Entry) -> bool {
    entry.java_view() == &JavaView::Hidden(HiddenReason::NotSupported)
}

/// What is to be put into a store, its private key opened.
pub(super) enum Content<'a> {
    Certificate(&'a Entry),
    PrivateKey(&'a Entry, PrivateKey),
    Secret(&'a Entry),
}

/// Opens what is sealed in an entry.
///
/// # Errors
/// `CannotKeep` if there is an [`obstacle`]; those of [`TrustStore::private_key`].
pub(super) fn open<'a>(
    source: &TrustStore,
    entry: &'a Entry,
    to: Format,
    keys: KeyPasswords<'_>,
) -> Result<Content<'a>> {
    let reason = obstacle(entry, source.format(), to, keys);
    match (entry.kind(), keys.old, reason) {
        (_, _, Some(reason)) => Err(Error::new(ErrorKind::CannotKeep, reason).at_entry(entry.name())),
        (EntryKind::PrivateKey(_), Some(old), _) => {
            Ok(Content::PrivateKey(entry, source.private_key(entry.id(), old)?))
        }
        (EntryKind::SecretKey, ..) => Ok(Content::Secret(entry)),
        _ => Ok(Content::Certificate(entry)),
    }
}

impl<'a> Content<'a> {
    /// A certificate entry as it is to be added under this alias, if it is one. `now` is as for [`Content::put`].
    pub(super) fn certificate(&self, alias: &'a str, now: i64) -> Option<NewCertificate<'a>> {
        let Self::Certificate(entry) = self else { return None };
        let created = entry.created().unwrap_or(now);
        entry.certificate().map(|certificate| NewCertificate { alias, certificate, created })
    }

    /// Puts it into a store under this alias, or in the place of an entry there. `now` is the date of
    /// what has none, in milliseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// `AliasTaken`, `AliasInvalid`, and those of [`TrustStore::insert_private_key`]. Then nothing is
    /// changed.
    pub(super) fn put(
        &self,
        target: &mut TrustStore,
        alias: &str,
        keys: KeyPasswords<'_>,
        now: i64,
        instead: Option<EntryId>,
        random: &mut dyn Random,
    ) -> Result<EntryId> {
        match self {
            Self::Certificate(entry) => {
                let Some(certificate) = entry.certificate().cloned() else {
                    return Err(Error::new(ErrorKind::CannotKeep, "not a certificate").at_entry(alias));
                };
                let created = entry.created().unwrap_or(now);
                match instead.and_then(|id| target.entry(id)) {
                    Some(old) if old.is_trusted() => {
                        let id = old.id();
                        target.replace(id, certificate, created)?;
                        return Ok(id);
                    }
                    Some(old) => target.remove(&[old.id()])?,
                    None => {}
                }
                target.insert(alias, certificate, created)
            }
            Self::PrivateKey(entry, key) => {
                let created = entry.created().unwrap_or(now);
                let Some(password) = keys.new else {
                    return Err(Error::new(ErrorKind::Refused, "a private key needs a password"));
                };
                let chain = entry.certificates();
                target.put_private_key(alias, key, chain, password, created, instead, random)
            }
            Self::Secret(entry) => target.add_sealed_secret(alias, entry, instead),
        }
    }

    /// Whether the target's entry is this already.
    pub(super) fn is(&self, target: &TrustStore, found: &Entry, keys: KeyPasswords<'_>) -> bool {
        match self {
            Self::Certificate(entry) => found.kind() == entry.kind(),
            Self::PrivateKey(entry, key) => {
                found.kind() == entry.kind()
                    && keys.new.is_some_and(|password| {
                        target.private_key(found.id(), password).is_ok_and(|own| own.is(key))
                    })
            }
            Self::Secret(_) => false,
        }
    }
}
