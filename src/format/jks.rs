//! JKS and JCEKS, as `sun.security.provider.JavaKeyStore` and `com.sun.crypto.provider.JceKeyStore` of
//! the JDK write them. All numbers are big endian.
//!
//! ```text
//! store   = magic:u32 version:u32 count:u32 entry{count} digest[20]
//! entry   = tag:u32 alias:utf date:i64 body
//! body    = key:blob count:u32 cert{count}    -- tag 1, private key, sealed
//!         | cert                              -- tag 2, trusted certificate
//!         | serialized Java object            -- tag 3, secret key, JCEKS only
//! cert    = type:utf der:blob                 -- version 1 has no type
//! utf     = length:u16, Modified UTF-8        blob = length:u32, octets
//! digest  = SHA-1(password in UTF-16BE || "Mighty Aphrodite" || everything before)
//! ```

use std::borrow::Cow;

use bytes::Bytes;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::ahead::Digesting;
use super::{Codec, Digest, Known, Unlock, candidates, java_object, modified_utf8};
use crate::cert::Certificate;
use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::octets::{Gather, KeyedSha1, Octets};
use crate::parallel::{self, TakenOnce};
use crate::password::Password;
use crate::store::alias::Label;
use crate::store::entry::{Entry, EntryId, EntryKind, Home, JavaView, Parts, Rest};
use crate::store::residue::Residue;
use crate::store::{Format, Integrity, PRIVATE_KEY_RECORD, SECRET_KEY_RECORD, TRUSTED_RECORD, TrustStore};

/// The codec of both: they differ in the magic number, and JCEKS may hold secret keys.
pub(super) struct Records {
    format: Format,
    magic: [u8; 4],
}

pub(super) const JKS: Records = Records { format: Format::Jks, magic: [0xfe, 0xed, 0xfe, 0xed] };
pub(super) const JCEKS: Records = Records { format: Format::Jceks, magic: [0xce, 0xce, 0xce, 0xce] };

pub(super) const DIGEST_LEN: usize = 20;
/// Tag, an empty alias, a date and a length: no entry is shorter.
const MIN_ENTRY_LEN: usize = 18;
/// A length; version 1 has no type.
const MIN_CERTIFICATE_LEN: usize = 4;
const CERTIFICATE_TYPE: &[u8] = b"X.509";

impl Codec for Records {
    fn detect(&self, bytes: &[u8]) -> bool {
        bytes.starts_with(&self.magic)
    }

    fn decode(&self, file: Bytes, unlock: Unlock<'_>, limits: &Limits, known: Known) -> Result<TrustStore> {
        let passwords = candidates(unlock);
        // Nearly always the digest is the file's end, and the first password fits.
        let likely = file.len().saturating_sub(DIGEST_LEN);
        let read = || {
            let mut cursor = Cursor::new(&file);
            let Read { version, entries } = self.read(&mut cursor, limits)?;
            let body_len = cursor.offset();
            let digest = cursor.take(DIGEST_LEN, "the digest")?;
            let trailing = cursor.rest();
            Ok((version, entries, body_len, digest, cursor.share(trailing)))
        };
        let begun = match known {
            Known::Digest(begun) if begun.done() <= likely => Some(begun),
            _ => None,
        };
        let left = file.len() - begun.as_ref().map_or(0, KeyedSha1::done);
        let begun = TakenOnce::new(begun);
        let first =
            || passwords.first().map(|password| Digesting::new(password, likely).digest(begun.take(), &file));
        let (ahead, read) = parallel::both(left, first, read);
        let (version, entries, body_len, found, trailing) = read?;
        let ahead = ahead.filter(|_| body_len == likely);
        let fitting = passwords.into_iter().enumerate().find(|(number, password)| {
            let digest = ahead.filter(|_| *number == 0).unwrap_or_else(|| digest(password, &file, body_len));
            bool::from(digest.as_slice().ct_eq(found))
        });
        let integrity = match (&fitting, unlock) {
            (Some(_), _) => Integrity::Verified,
            (None, Unlock::Defaults) => Integrity::Unchecked,
            (None, _) => {
                return Err(Error::new(ErrorKind::WrongPassword, "wrong password, or the file is damaged"));
            }
        };
        let residue = Residue::Records { version, trailing, source: file.clone() };
        let password = fitting.map(|(_, password)| password);
        let limits = limits.clone();
        Ok(TrustStore::assemble(self.format, entries, residue, integrity, password, limits, Some(file)))
    }

    fn decode_written(
        &self,
        octets: &Octets<'_>,
        store: &TrustStore,
        unlock: Unlock<'_>,
        limits: &Limits,
    ) -> Result<TrustStore> {
        // Their digest is made of these very parts: to compute it again by the same means would tell nothing, and it
        // need not be waited for.
        let Some((parts, trailing)) = octets.digested_parts() else {
            return self.decode(octets.joined(), unlock, limits, Known::Nothing);
        };
        let mut cursor = Cursor::of_parts(&parts);
        let Read { version, entries } = self.read(&mut cursor, limits)?;
        if !cursor.rest().is_empty() {
            return Err(
                Error::damaged("octets between the entries and the digest").at_offset(cursor.offset())
            );
        }
        let residue = Residue::Records { version, trailing, source: Bytes::new() };
        let password = store.duplicate_password();
        let (format, integrity, limits) = (self.format, Integrity::Verified, limits.clone());
        Ok(TrustStore::assemble(format, entries, residue, integrity, password, limits, None))
    }

    fn encode(&self, store: &TrustStore, _: &mut dyn Random) -> Result<Octets<'static>> {
        let Residue::Records { version, trailing, source } = &store.residue else {
            return Err(Error::unsupported("a PKCS#12 store cannot be written as records; convert it"));
        };
        let password = store.password().ok_or_else(|| {
            Error::new(ErrorKind::Refused, format!("a {} store needs a password", self.format))
        })?;
        let count = u32::try_from(store.entries.len())
            .map_err(|_| Error::new(ErrorKind::LimitExceeded, "more than 4,294,967,295 entries"))?;
        let mut file = Gather::new(source);
        file.add(&[self.magic, version.to_be_bytes(), count.to_be_bytes()].concat(), &[]);
        let mut head = Vec::new();
        for entry in &store.entries {
            head.clear();
            let put: Put<'_> = &mut |part| head.extend_from_slice(part);
            let body = write_head(put, entry, *version).map_err(|e| e.at_entry(entry.name()))?;
            file.add(&head, body);
        }
        Ok(Octets::digested(file.parts(), key_of_digest(password), trailing.clone()))
    }
}

impl Records {
    /// Everything before the digest.
    fn read(&self, cursor: &mut Cursor<'_>, limits: &Limits) -> Result<Read> {
        cursor.take(self.magic.len(), "the format")?;
        let version = cursor.u32("the version")?;
        if !matches!(version, 1 | 2) {
            return Err(Error::unsupported(format!("{} version {version}: expected 1 or 2", self.format)));
        }
        let count = cursor.u32("the number of entries")?;
        let room = cursor.require_room(count, MIN_ENTRY_LEN, "entries")?;
        limits.check_entries(count.into())?;
        let mut entries = Vec::with_capacity(room);
        let mut chained = 0;
        for number in 0..count {
            entries.push(self.entry(cursor, EntryId(number), version, limits)?);
            // A certificate of a chain costs as much as an entry.
            chained += entries.last().map_or(0, |entry| entry.certificates().len());
            limits.check_entries(u64::try_from(chained).unwrap_or(u64::MAX))?;
        }
        Ok(Read { version, entries })
    }

    fn entry(&self, cursor: &mut Cursor<'_>, id: EntryId, version: u32, limits: &Limits) -> Result<Entry> {
        let start = cursor.offset();
        let tag = cursor.u32("an entry's tag")?;
        let label = label(cursor)?;
        let body_start = cursor.offset();
        let date = cursor.date()?;
        // Date, type and certificate give the body back, octet for octet.
        let mut rebuilt = false;
        let kind = match tag {
            PRIVATE_KEY_RECORD => {
                cursor.blob("a private key")?;
                let count = cursor.u32("the length of a chain")?;
                cursor.require_room(count, MIN_CERTIFICATE_LEN, "certificates of a chain")?;
                limits.check_entries(count.into())?;
                let mut chain = Vec::new();
                for _ in 0..count {
                    chain.push(certificate(cursor, version, limits)?.0);
                }
                EntryKind::PrivateKey(chain)
            }
            TRUSTED_RECORD => {
                let (certificate, type_is_usual) = certificate(cursor, version, limits)?;
                rebuilt = type_is_usual;
                EntryKind::TrustedCertificate(certificate)
            }
            SECRET_KEY_RECORD if self.format == Format::Jceks => {
                let len = java_object::measure(cursor.rest()).map_err(|e| e.at_offset(cursor.offset()))?;
                cursor.take(len, "a secret key")?;
                EntryKind::SecretKey
            }
            other => {
                return Err(Error::damaged(format!(
                    "an entry with tag {other}: expected 1 (private key), 2 (trusted certificate){}",
                    if self.format == Format::Jceks { " or 3 (secret key)" } else { "" }
                ))
                .at_entry(label.name())
                .at_offset(start));
            }
        };
        let rest = match rebuilt {
            true => None,
            false => Some(Box::new(Rest::Body(cursor.since(body_start)?))),
        };
        Ok(Entry { id, label, kind, created: Some(date), java: JavaView::ByAlias, home: Home::Record, rest })
    }
}

fn label(cursor: &mut Cursor<'_>) -> Result<Label> {
    let start = cursor.offset();
    let raw = cursor.utf("an alias")?;
    let text = modified_utf8::decode(raw).map_err(|e| e.at_offset(start))?;
    let is_given_back = matches!(text, Cow::Borrowed(_)) || *modified_utf8::encode(&text) == *raw;
    let raw = (!is_given_back).then(|| cursor.share(raw));
    Ok(Label::alias_as_read(&text, raw))
}

/// A certificate, and whether its type is the one that we write.
fn certificate(cursor: &mut Cursor<'_>, version: u32, limits: &Limits) -> Result<(Certificate, bool)> {
    let usual = version == 1 || cursor.utf("a certificate's type")? == CERTIFICATE_TYPE;
    let der = cursor.blob("a certificate")?;
    limits.check_certificate(der.len())?;
    Ok((Certificate::from_der(cursor.share(der)), usual))
}

/// Whether a file begins as one of these does.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    [JKS, JCEKS].iter().any(|codec| codec.detect(bytes))
}

/// The digest over the first octets of a file.
fn digest(password: &Password, file: &[u8], len: usize) -> Digest {
    Digesting::new(password, len).digest(None, file)
}

/// What is digested before the file (JDK `JavaKeyStore.getPreKeyedHash`). On the heap until then: a hash that has
/// begun keeps a short password as it is, and leaves it behind wherever it is moved.
pub(super) fn key_of_digest(password: &Password) -> Zeroizing<Vec<u8>> {
    const SALT: &[u8] = b"Mighty Aphrodite";
    let text = password.utf16_be();
    let mut key = Zeroizing::new(Vec::with_capacity(text.len() + SALT.len()));
    key.extend_from_slice(&text);
    key.extend_from_slice(SALT);
    key
}

/// Where the octets of a file go, one part after the other.
pub(super) type Put<'a> = &'a mut dyn FnMut(&[u8]);

/// Writes what stands in an entry's record before its last octets, and returns those.
fn write_head<'e>(put: Put<'_>, entry: &'e Entry, version: u32) -> Result<&'e [u8]> {
    let tag = match &entry.kind {
        EntryKind::PrivateKey(_) => PRIVATE_KEY_RECORD,
        EntryKind::SecretKey => SECRET_KEY_RECORD,
        _ => TRUSTED_RECORD,
    };
    let (Parts::Record { body }, Some(alias)) = (entry.parts(), entry.alias()) else {
        return Err(Error::unsupported("not an entry of a JKS or JCEKS store"));
    };
    put(&tag.to_be_bytes());
    match entry.label.raw() {
        Some(raw) => write_utf(put, raw)?,
        None => write_utf(put, &modified_utf8::encode(alias))?,
    }
    match (body, &entry.kind) {
        (Some(body), _) => Ok(body),
        (None, EntryKind::TrustedCertificate(certificate)) => {
            put(&entry.created.unwrap_or_default());
            write_certificate_head(put, certificate, version)?;
            Ok(certificate.der())
        }
        _ => Err(Error::unsupported("only certificates can be added")),
    }
}

pub(super) fn write_certificate(put: Put<'_>, certificate: &Certificate, version: u32) -> Result<()> {
    write_certificate_head(put, certificate, version)?;
    put(certificate.der());
    Ok(())
}

fn write_certificate_head(put: Put<'_>, certificate: &Certificate, version: u32) -> Result<()> {
    if version > 1 {
        write_utf(put, CERTIFICATE_TYPE)?;
    }
    write_blob_len(put, certificate.der())
}

fn write_utf(put: Put<'_>, octets: &[u8]) -> Result<()> {
    let len = u16::try_from(octets.len()).map_err(|_| {
        Error::new(
            ErrorKind::AliasInvalid,
            format!("the alias has {} bytes, JKS and JCEKS hold at most 65535", octets.len()),
        )
    })?;
    put(&len.to_be_bytes());
    put(octets);
    Ok(())
}

pub(super) fn write_blob(put: Put<'_>, octets: &[u8]) -> Result<()> {
    write_blob_len(put, octets)?;
    put(octets);
    Ok(())
}

fn write_blob_len(put: Put<'_>, octets: &[u8]) -> Result<()> {
    let len = u32::try_from(octets.len())
        .map_err(|_| Error::new(ErrorKind::LimitExceeded, "a key or certificate of more than 4 GiB"))?;
    put(&len.to_be_bytes());
    Ok(())
}

/// What stands before the digest.
struct Read {
    version: u32,
    entries: Vec<Entry>,
}

/// Reads a file, which may be in several parts: each ends where an entry does.
pub(super) struct Cursor<'a> {
    /// The part that is read.
    part: &'a Bytes,
    at: usize,
    /// Those behind it.
    parts: &'a [Bytes],
    /// What was read before it.
    before: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(file: &'a Bytes) -> Self {
        Self { part: file, at: 0, parts: &[], before: 0 }
    }

    fn of_parts(parts: &'a [Bytes]) -> Self {
        static NOTHING: Bytes = Bytes::new();
        let (part, parts) = parts.split_first().unwrap_or((&NOTHING, &[]));
        Self { part, at: 0, parts, before: 0 }
    }

    /// Where it is in the file.
    fn offset(&self) -> usize {
        self.before + self.at
    }

    /// What is left of the part.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        while self.at == self.part.len()
            && let Some((part, parts)) = self.parts.split_first()
        {
            self.before += self.at;
            (self.part, self.at, self.parts) = (part, 0, parts);
        }
        self.part.get(self.at..).unwrap_or_default()
    }

    /// These octets of the part, without copying them.
    fn share(&self, octets: &'a [u8]) -> Bytes {
        self.part.slice_ref(octets)
    }

    /// What was read since then, without copying it.
    fn since(&self, offset: usize) -> Result<Bytes> {
        let start = offset.checked_sub(self.before).filter(|&start| start <= self.at);
        let start = start.ok_or_else(|| Error::damaged("an entry in two parts").at_offset(offset))?;
        Ok(self.part.slice(start..self.at))
    }

    fn left(&self) -> usize {
        self.part.len() - self.at + self.parts.iter().map(Bytes::len).sum::<usize>()
    }

    /// `count` things of at least `min_len` octets each must fit what is left; returns `count`.
    fn require_room(&self, count: u32, min_len: usize, what: &str) -> Result<usize> {
        let most = self.left() / min_len;
        match usize::try_from(count) {
            Ok(count) if count <= most => Ok(count),
            _ => Err(Error::damaged(format!("claims {count} {what}, the file has room for {most}"))
                .at_offset(self.offset().saturating_sub(4))),
        }
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize, what: &str) -> Result<&'a [u8]> {
        match self.part.get(self.at..).and_then(|rest| rest.get(..len)) {
            Some(taken) => {
                self.at += len;
                Ok(taken)
            }
            None => self.take_from_next(len, what),
        }
    }

    /// What is not in this part begins in the next one.
    #[cold]
    fn take_from_next(&mut self, len: usize, what: &str) -> Result<&'a [u8]> {
        let Some(taken) = self.rest().get(..len) else {
            let left = self.left();
            let message = format!("{what}: expected {len} bytes, {left} are left in the file");
            return Err(Error::damaged(message).at_offset(self.offset()));
        };
        self.at += len;
        Ok(taken)
    }

    /// As [`take`](Self::take), so many octets that they need no place in memory.
    #[inline]
    fn array<const LEN: usize>(&mut self, what: &str) -> Result<[u8; LEN]> {
        self.take(LEN, what)?.try_into().map_err(|_| Error::damaged(format!("{what}: of another length")))
    }

    fn utf(&mut self, what: &str) -> Result<&'a [u8]> {
        let len = u16::from_be_bytes(self.array(what)?);
        self.take(len.into(), what)
    }

    pub(super) fn blob(&mut self, what: &str) -> Result<&'a [u8]> {
        let len = usize::try_from(self.u32(what)?).unwrap_or(usize::MAX);
        self.take(len, what)
    }

    fn u32(&mut self, what: &str) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    fn date(&mut self) -> Result<[u8; 8]> {
        self.array("an entry's date")
    }
}
