//! The first encrypted block of a large store, decrypted while the file is read.

use std::ops::Range;

use bytes::Bytes;
use zeroize::Zeroizing;

use super::checking::{Begun, Checking};
use super::trial::Trial;
use super::{CONTENT_TYPES, DATA, ENCRYPTED_DATA};
use crate::ber::{self, Reader};
use crate::crypto::Secret;
use crate::crypto::pbe::Encryption;
use crate::format::{Unlock, candidates};
use crate::limits::Limits;
use crate::octets::within;
use crate::parallel;

/// How the block is to be decrypted.
pub(crate) struct Opening {
    /// Of the encrypted octets.
    trial: Trial,
    encryption: Encryption,
    checking: Checking,
}

/// The block in the clear. Nobody has checked the MAC yet.
pub(crate) struct Opened {
    trial: Trial,
    encryption: Encryption,
    clear: Zeroizing<Vec<u8>>,
    pub(in crate::format) begun: Option<Begun>,
}

impl Opening {
    /// Of a file of this length, which begins with `first`; `None` if that does not tell, or it is not worth it.
    pub(crate) fn of(first: &[u8], len: usize, unlock: Unlock<'_>, limits: &Limits) -> Option<Self> {
        let Found { content, mac: data, place, encryption } = find(first, limits.max_depth)?;
        if place.end > len || !parallel::is_worthwhile(place.len()) {
            return None;
        }
        let password = candidates(unlock).into_iter().next()?;
        let trial = |place| Trial::new(place, &password, limits);
        let checking = Checking { trial: trial(content), data };
        Some(Self { trial: trial(place), encryption, checking })
    }

    /// Decrypts it from the parts of the file, as they come; `None` if the password does not fit.
    pub(crate) fn open(&self, parts: &mut dyn Iterator<Item = &[u8]>) -> Option<Opened> {
        let Trial { place, limits, .. } = &self.trial;
        let mut sealed = within(parts, place);
        let clear = self.encryption.decrypt_parts(self.trial.secret(), place.len(), &mut sealed, limits);
        let (trial, encryption) = (self.trial.share(), self.encryption.clone());
        Some(Opened { trial, encryption, clear: clear.ok()??, begun: None })
    }

    /// Begins with the MAC of a file that came in these parts, while the block is decrypted, until that `is_over`.
    pub(crate) fn check(&self, parts: &[&[u8]], is_over: &dyn Fn() -> bool) -> Option<Begun> {
        self.checking.begin(parts, is_over)
    }
}

impl Opened {
    /// What these octets of the file are in the clear, if they are the block; what that cost is booked then.
    pub(super) fn take(
        slot: &mut Option<Box<Self>>,
        encryption: &Encryption,
        secret: Secret<'_>,
        sealed: &[u8],
        file: &Bytes,
        limits: &Limits,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let counts = |opened: &mut Box<Self>| {
            opened.encryption == *encryption && opened.trial.counts(sealed, secret, file, limits)
        };
        slot.take_if(counts).map(|opened| opened.clear)
    }
}

/// What the beginning of a store tells.
struct Found {
    /// Where that stands which the MAC is over.
    content: Range<usize>,
    /// Where the MacData stands, or nothing.
    mac: Range<usize>,
    /// Where the contents of the first encryptedData stand.
    place: Range<usize>,
    /// How they are encrypted.
    encryption: Encryption,
}

/// Finds the first encryptedData, as far as lengths are definite, in a store of which only the beginning is there.
fn find(first: &[u8], max_depth: u8) -> Option<Found> {
    let mut walk = Walk { file: first, at: 0 };
    let pfx = walk.enter_to_end(ber::SEQUENCE)?;
    walk.pass(ber::INTEGER)?;
    let info = walk.enter_to_end(ber::SEQUENCE)?;
    walk.pass(ber::OID)?;
    walk.enter(ber::CONTEXT_0)?;
    let content = walk.enter_to_end(ber::OCTET_STRING)?;
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
    let place = walk.enter_to_end(0x80)?;
    Some(Found { content, mac: info.end..pfx.end, place, encryption })
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

    /// Goes to the contents of an element; returns where they stand.
    fn enter_to_end(&mut self, tag: u8) -> Option<Range<usize>> {
        let len = self.enter(tag)?;
        Some(self.at..self.at.checked_add(len)?)
    }

    /// Goes behind an element; returns its contents.
    fn pass(&mut self, tag: u8) -> Option<&'a [u8]> {
        let len = self.enter(tag)?;
        let contents = self.rest()?.get(..len)?;
        self.at += len;
        Some(contents)
    }
}
