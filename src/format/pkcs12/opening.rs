//! The first encrypted block of a large store, decrypted while the file is read.

use std::ops::Range;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::{CONTENT_TYPES, DATA, ENCRYPTED_DATA};
use crate::ber::{self, Reader};
use crate::crypto::Secret;
use crate::crypto::pbe::Encryption;
use crate::format::{Unlock, candidates};
use crate::limits::Limits;
use crate::octets::place_of;
use crate::parallel;
use crate::password::Password;

/// How the block is to be decrypted: with the first password that is to be tried.
pub(crate) struct Opening {
    /// Where the encrypted octets stand in the file.
    place: Range<usize>,
    encryption: Encryption,
    password: Password,
    /// An account of its own: the work counts if its outcome is used.
    limits: Limits,
}

/// The block in the clear. Nobody has checked the MAC yet.
pub(crate) struct Opened {
    place: Range<usize>,
    encryption: Encryption,
    password: Password,
    limits: Limits,
    clear: Zeroizing<Vec<u8>>,
}

impl Opening {
    /// Of a file of this length, which begins with `first`; `None` if that does not tell, or it is not worth it.
    pub(crate) fn of(first: &[u8], len: usize, unlock: Unlock<'_>, limits: &Limits) -> Option<Self> {
        let (place, encryption) = first_sealed(first, limits.max_depth)?;
        if place.end > len || !parallel::is_worthwhile(place.len()) {
            return None;
        }
        let password = candidates(unlock).into_iter().next()?;
        Some(Self { place, encryption, password, limits: limits.trial() })
    }

    /// Decrypts it from the parts of the file, as they come; `None` if the password does not fit.
    pub(crate) fn open(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> Option<Opened> {
        let (mut before, mut left) = (self.place.start, self.place.len());
        let mut sealed = parts.map(|part| {
            let (skipped, part) = part.split_at(before.min(part.len()));
            let part = part.get(..left).unwrap_or(part);
            (before, left) = (before - skipped.len(), left - part.len());
            part
        });
        let secret = Secret { password: &self.password, null: false };
        let clear =
            self.encryption.decrypt_parts(secret, self.place.len(), &mut sealed, &self.limits).ok()??;
        Some(Opened {
            place: self.place.clone(),
            encryption: self.encryption.clone(),
            password: self.password.duplicate(),
            limits: self.limits.clone(),
            clear,
        })
    }
}

impl Opened {
    /// What these octets of the file are in the clear, if they are the block; what that cost is booked then.
    pub(super) fn take(
        slot: &mut Option<Self>,
        encryption: &Encryption,
        secret: Secret<'_>,
        sealed: &[u8],
        file: &Bytes,
        limits: &Limits,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let opened = slot.take_if(|opened| {
            opened.encryption == *encryption
                && opened.password.as_str() == secret.password.as_str()
                && !secret.null
                && opened.place.len() == sealed.len()
                && place_of(sealed, file) == Some(opened.place.start)
        })?;
        limits.book(&opened.limits).then_some(opened.clear)
    }
}

/// Where the contents of the first encryptedData with definite lengths stand, and how they are encrypted, in a store of
/// which only the beginning is there.
fn first_sealed(first: &[u8], max_depth: u8) -> Option<(Range<usize>, Encryption)> {
    let mut walk = Walk { file: first, at: 0 };
    walk.enter(ber::SEQUENCE)?;
    walk.pass(ber::INTEGER)?;
    walk.enter(ber::SEQUENCE)?;
    walk.pass(ber::OID)?;
    walk.enter(ber::CONTEXT_0)?;
    walk.enter(ber::OCTET_STRING)?;
    walk.enter(ber::SEQUENCE)?;
    loop {
        let len = walk.enter(ber::SEQUENCE)?;
        let behind = walk.at.checked_add(len)?;
        let Some([arc]) = walk.pass(ber::OID)?.strip_prefix(CONTENT_TYPES) else { return None };
        match *arc {
            ENCRYPTED_DATA => break,
            DATA => walk.at = behind,
            _ => return None,
        }
    }
    walk.enter(ber::CONTEXT_0)?;
    walk.enter(ber::SEQUENCE)?;
    walk.pass(ber::INTEGER)?;
    walk.enter(ber::SEQUENCE)?;
    walk.pass(ber::OID)?;
    let mut rest = Reader::new(walk.rest()?, max_depth);
    let encryption = Encryption::read(&mut rest).ok()?;
    walk.at = first.len() - rest.rest().len();
    // [0] IMPLICIT OCTET STRING, in one piece.
    let len = walk.enter(0x80)?;
    Some((walk.at..walk.at.checked_add(len)?, encryption))
}

/// Goes through elements whose ends need not be there.
struct Walk<'a> {
    file: &'a [u8],
    at: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> Option<&'a [u8]> {
        self.file.get(self.at..)
    }

    /// Goes to the contents of an element; returns how long they are.
    fn enter(&mut self, tag: u8) -> Option<usize> {
        let (header_len, len) = ber::begun(self.rest()?, tag)?;
        self.at += header_len;
        Some(len)
    }

    /// Goes behind an element; returns its contents.
    fn pass(&mut self, tag: u8) -> Option<&'a [u8]> {
        let len = self.enter(tag)?;
        let contents = self.rest()?.get(..len)?;
        self.at += len;
        Some(contents)
    }
}
