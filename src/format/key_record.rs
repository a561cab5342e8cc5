//! The body of a private key's record in JKS and JCEKS, from the date on.
//!
//! ```text
//! body = date:i64 key:blob count:u32 cert{count}           -- the rest of the grammar is in jks.rs
//! ```

use bytes::Bytes;

use super::jks::{Cursor, write_blob, write_certificate};
use crate::cert::Certificate;
use crate::crypto::key_protector::{ProtectedKey, protect_for_jceks, protect_for_jks};
use crate::crypto::{PrivateKey, Random};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;
use crate::store::Format;

const DATE_LEN: usize = 8;

/// The body of a new record.
///
/// # Errors
/// As of the key protectors.
pub(super) fn write(sealed: &[u8], chain: &[Certificate], created: i64, version: u32) -> Result<Bytes> {
    let count = u32::try_from(chain.len()).map_err(|_| {
        Error::new(ErrorKind::LimitExceeded, "a chain of more than 4,294,967,295 certificates")
    })?;
    let mut body = created.to_be_bytes().to_vec();
    let mut put = |part: &[u8]| body.extend_from_slice(part);
    write_blob(&mut put, sealed)?;
    put(&count.to_be_bytes());
    chain.iter().try_for_each(|certificate| write_certificate(&mut put, certificate, version))?;
    Ok(body.into())
}

/// The same record with the key sealed anew.
///
/// # Errors
/// `Damaged`.
pub(super) fn with_key(body: &Bytes, sealed: &[u8]) -> Result<Bytes> {
    let mut cursor = Cursor::new(body);
    let mut new = cursor.take(DATE_LEN, "an entry's date")?.to_vec();
    cursor.blob("a private key")?;
    write_blob(&mut |part| new.extend_from_slice(part), sealed)?;
    new.extend_from_slice(cursor.rest());
    Ok(new.into())
}

/// Opens the key of a record.
///
/// # Errors
/// `WrongPassword`, `Damaged`, `Unsupported`, `LimitExceeded`.
pub(super) fn open(body: &Bytes, password: &Password, limits: &Limits) -> Result<PrivateKey> {
    let mut cursor = Cursor::new(body);
    cursor.take(DATE_LEN, "an entry's date")?;
    ProtectedKey::read(cursor.blob("a private key")?, limits.max_depth)?.recover(password, limits)
}

/// Seals a key as the format does.
///
/// # Errors
/// `Refused` for a password that JCEKS does not take; `LimitExceeded`.
pub(super) fn seal(
    format: Format,
    key: &PrivateKey,
    password: &Password,
    limits: &Limits,
    random: &mut dyn Random,
) -> Result<Vec<u8>> {
    match format {
        Format::Jceks => protect_for_jceks(key, password, limits, random),
        _ => protect_for_jks(key, password, limits, random),
    }
}
