//! What an encrypted block holds, and what may be known of that before it is decrypted.

use bytes::Bytes;

use super::checking::Begun;
use super::opening::Opened;
use crate::bag::Raw;
use crate::ber::{self, Reader};
use crate::crypto::Secret;
use crate::crypto::pbe::Encryption;
use crate::error::Result;
use crate::format::Known;
use crate::limits::Limits;
use crate::octets::{Expected, Signed, stands_at};
use crate::store::TrustStore;
use crate::store::pkcs12::{Block, Pfx};
use crate::store::residue::Residue;
use crate::wiped::Wiped;

/// A SafeContents in the clear.
pub(super) enum Contents<'a> {
    Whole(Bytes),
    /// The bags alone.
    Bags(Vec<Raw<'a>>),
}

/// What is known before blocks are decrypted.
#[derive(Default)]
pub(super) struct Hints<'a> {
    file: Bytes,
    opened: Option<Box<Opened>>,
    /// The store that was written, and its blocks that were not compared yet.
    written: Option<(&'a Pfx, &'a [Block])>,
    /// The MAC that was made of it, and with what.
    signed: Option<(&'a Signed, Secret<'a>)>,
}

impl<'a> Hints<'a> {
    /// Of this file.
    pub(super) fn of_file(file: &Bytes, known: Known) -> Self {
        let opened = match known {
            Known::Opened(opened) => Some(opened),
            Known::Digest(_) | Known::Nothing => None,
        };
        Self { file: file.clone(), opened, ..Self::default() }
    }

    /// Of what was written from this store.
    pub(super) fn of_written(file: &Bytes, signed: Option<&'a Signed>, store: &'a TrustStore) -> Self {
        let Residue::Pkcs12(pfx) = &store.residue else { return Self::default() };
        let secret = store.password().map(|password| Secret { password, null: pfx.null_password });
        Self {
            file: file.clone(),
            written: Some((pfx, &pfx.blocks)),
            signed: signed.zip(secret),
            ..Self::default()
        }
    }

    /// True if this MAC, which is all of its MacData, was made over this very content under this password: to compute it
    /// again by the same means would tell nothing.
    pub(super) fn is_signed(&self, content: &[u8], mac: &[u8], secret: Secret<'_>) -> bool {
        self.signed.is_some_and(|(signed, with)| {
            stands_at(content, &signed.content, &self.file)
                && stands_at(mac, &signed.mac, &self.file)
                && (with.password.as_str(), with.null) == (secret.password.as_str(), secret.null)
        })
    }

    /// The MAC that was begun, and of what file.
    pub(super) fn take_begun(&mut self) -> Option<(Begun, Bytes)> {
        let begun = self.opened.as_mut()?.begun.take()?;
        Some((begun, self.file.clone()))
    }

    /// Decrypts a block; `None` if it does not fit.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(super) fn open(
        &mut self,
        encryption: &Encryption,
        secret: Secret<'_>,
        sealed: &[u8],
        limits: &Limits,
    ) -> Result<Option<Contents<'a>>> {
        if let Some(bags) = self.as_written(encryption, secret, sealed, limits)? {
            return Ok(Some(Contents::Bags(bags)));
        }
        let known = Opened::take(&mut self.opened, encryption, secret, sealed, &self.file, limits);
        let clear = match known {
            Some(clear) => Some(clear),
            None => encryption.decrypt(secret, sealed, limits)?,
        };
        match clear {
            // Wiped when the last bag is gone: there may be a private key in it.
            Some(clear) if is_one_sequence(&clear, limits)? => {
                Ok(Some(Contents::Whole(Bytes::from_owner(Wiped::from(clear)))))
            }
            _ => Ok(None),
        }
    }

    /// The bags of the next block of the store that was written, if that is what the block holds: a large one is in
    /// memory already, and compared with it part by part, without memory for another copy in the clear.
    fn as_written(
        &mut self,
        encryption: &Encryption,
        secret: Secret<'_>,
        sealed: &[u8],
        limits: &Limits,
    ) -> Result<Option<Vec<Raw<'a>>>> {
        let Some((pfx, blocks)) = self.written else { return Ok(None) };
        let is_written = |block: &Block| block.is_sealed() && (block.raw.is_some() || !block.bags.is_empty());
        let Some(next) = blocks.iter().position(is_written) else { return Ok(None) };
        let Some((block, behind)) = blocks.get(next..).and_then(<[Block]>::split_first) else {
            return Ok(None);
        };
        let Some(bags) = pfx.runs(block) else { return Ok(None) };
        let mut head = Vec::new();
        ber::der_header(&mut head, ber::SEQUENCE, bags.iter().map(Raw::len).sum());
        let mut expected = Expected::of([&head[..]].into_iter().chain(bags.iter().flat_map(Raw::parts)));
        let same = encryption.decrypt_to(secret, sealed, limits, &mut |part| expected.begin_with(part))?;
        if !(same && expected.is_empty()) {
            return Ok(None);
        }
        self.written = Some((pfx, behind));
        Ok(Some(bags))
    }
}

/// A wrong key passes the padding check one time in 256; this it does not pass. Nor does it make elements
/// that are nested too deep.
fn is_one_sequence(clear: &[u8], limits: &Limits) -> Result<bool> {
    let mut reader = Reader::new(clear, limits.max_depth);
    match reader.expect(ber::SEQUENCE, "SafeContents") {
        Ok(_) => Ok(reader.is_empty()),
        Err(error) if error.is_limit_exceeded() => Err(error),
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wrong_key_gives_is_not_one_sequence() {
        let limits = Limits { max_depth: 4, ..Limits::default() };
        for (clear, one) in [
            (&[0x30, 0][..], true),
            (&[0x30, 3, 2, 1, 0], true),
            (&[0x30, 0, 0], false),
            (&[0x31, 0], false),
            (&[0x30, 5], false),
            (&[], false),
        ] {
            assert_eq!(is_one_sequence(clear, &limits).unwrap(), one, "{clear:?}");
        }
        let deep = [0x30, 0x80].repeat(6);
        assert!(is_one_sequence(&deep, &limits).unwrap_err().is_limit_exceeded());
    }
}
