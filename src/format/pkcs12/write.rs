//! Writing a PKCS#12 store: clean blocks as they were, the others anew, and a MAC over them all.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use super::{CONTENT_TYPES, DATA, ENCRYPTED_DATA};
use crate::ber;
use crate::crypto::mac::MacScheme;
use crate::crypto::pbe::{Encryption, Seal};
use crate::crypto::{Random, Secret};
use crate::error::{Error, ErrorKind, Result};
use crate::parallel;
use crate::store::TrustStore;
use crate::store::pkcs12::{BagId, Block, Pfx, Protection};
use crate::store::residue::Residue;

pub(super) fn encode(store: &TrustStore, random: &mut dyn Random) -> Result<Vec<u8>> {
    let Residue::Pkcs12(pfx) = &store.residue else {
        return Err(Error::unsupported("records cannot be written as a PKCS#12 store; convert it"));
    };
    let mut writer = Writer { store, pfx, random };
    let mut pieces = Vec::new();
    for block in &pfx.blocks {
        pieces.extend(writer.plan(block)?);
    }
    let safe = Frame::new(pieces.iter().map(|piece| piece.frame.len()).sum()).wrap(ber::SEQUENCE, &[]);
    let version = ber::der_unsigned(3);
    let mac_len = pfx.mac.map_or(0, |mac| mac.encoded_len());
    let frame = safe
        .wrap(ber::OCTET_STRING, &[])
        .wrap(ber::CONTEXT_0, &[])
        .wrap(ber::SEQUENCE, &[&content_type(DATA)])
        .followed_by(mac_len)
        .wrap(ber::SEQUENCE, &[&version]);
    // Everything is written, and encrypted, in the one place where it is to stand.
    let mut out = vec![0; frame.len() + pfx.trailing.len()];
    let (file, trailing) = out.split_at_mut_checked(frame.len()).ok_or_else(other_length)?;
    copy(&pfx.trailing, trailing)?;
    let signed_len = frame.head.len() + frame.body - mac_len;
    let (signed, mac_place) = file.split_at_mut_checked(signed_len).ok_or_else(other_length)?;
    let (head, blocks) = signed.split_at_mut_checked(frame.head.len()).ok_or_else(other_length)?;
    copy(&frame.head, head)?;
    let sealed = writer.write_all(blocks, frame.head.len(), &pieces)?;
    let safe_at = frame.head.len() - safe.head.len();
    match pfx.mac {
        Some(mac) => copy(&writer.seal_and_sign(signed, &sealed, safe_at, mac)?, mac_place)?,
        None => writer.seal(signed, &sealed, 0, &mut |_| {})?,
    }
    Ok(out)
}

struct Writer<'a> {
    store: &'a TrustStore,
    pfx: &'a Pfx,
    random: &'a mut dyn Random,
}

impl<'a> Writer<'a> {
    /// The ContentInfo of a block; none for one that became empty.
    fn plan(&mut self, block: &'a Block) -> Result<Option<Piece<'a>>> {
        if let Some(raw) = &block.raw {
            return Ok(Some(Piece { frame: Frame::new(raw.len()), body: Body::Clean(raw) }));
        }
        if block.bags.is_empty() {
            return Ok(None);
        }
        let mut len = 0;
        for &id in &block.bags {
            len += bag(self.pfx, id)?.len();
        }
        let contents = Frame::new(len).wrap(ber::SEQUENCE, &[]);
        match block.protection {
            Protection::Plain => {
                let frame = contents
                    .wrap(ber::OCTET_STRING, &[])
                    .wrap(ber::CONTEXT_0, &[])
                    .wrap(ber::SEQUENCE, &[&content_type(DATA)]);
                Ok(Some(Piece { frame, body: Body::Plain(&block.bags) }))
            }
            Protection::Sealed(seal) => {
                // Salt and IV come from what is sealed, so that their places are kept free.
                let frame = sealed_frame(&Encryption::blank(seal), contents.len());
                let len = contents.len();
                let body = Body::Sealed { head: contents.head, bags: &block.bags, len, seal };
                Ok(Some(Piece { frame, body }))
            }
            // Nothing of it can be edited, so its octets are always there.
            Protection::Enveloped => Err(Error::damaged("an envelopedData block without its octets")),
        }
    }

    /// Writes the pieces, their bags in the clear, into `place`, which starts at `at` in the file; returns what is to be
    /// done so that they are not.
    fn write_all(&mut self, place: &mut [u8], mut at: usize, pieces: &[Piece<'_>]) -> Result<Vec<Sealed>> {
        let mut rest = place;
        let mut sealed = Vec::new();
        for piece in pieces {
            let (place, behind) = rest.split_at_mut_checked(piece.frame.len()).ok_or_else(other_length)?;
            let encryption = self.write(place, piece)?;
            let body_at = at + piece.frame.head.len();
            sealed.extend(encryption.map(|(len, encryption)| Sealed { at: body_at, len, encryption }));
            (at, rest) = (at + piece.frame.len(), behind);
        }
        Ok(sealed)
    }

    /// Writes a piece; of one that is to be encrypted, returns how, and how long it is in the clear.
    fn write(&mut self, place: &mut [u8], piece: &Piece<'_>) -> Result<Option<(usize, Encryption)>> {
        let Frame { head: frame, .. } = &piece.frame;
        let (frame_place, place) = place.split_at_mut_checked(frame.len()).ok_or_else(other_length)?;
        copy(frame, frame_place)?;
        match &piece.body {
            Body::Clean(raw) => copy(raw, place)?,
            Body::Plain(bags) => write_bags(self.pfx, place, bags)?,
            Body::Sealed { head, bags, len, seal } => {
                let contents = place.get_mut(..*len).ok_or_else(other_length)?;
                let (head_place, bags_place) =
                    contents.split_at_mut_checked(head.len()).ok_or_else(other_length)?;
                copy(head, head_place)?;
                write_bags(self.pfx, bags_place, bags)?;
                let (secret, limits) = (self.secret()?, &self.store.limits);
                let encryption = Encryption::fresh(*seal, secret, contents, limits, self.random)?;
                copy(&sealed_frame(&encryption, *len).head, frame_place)?;
                return Ok(Some((*len, encryption)));
            }
        }
        Ok(None)
    }

    /// Encrypts what is to be, and makes the MacData over what stands from `from` on then; meanwhile, if the salt does
    /// not depend on that.
    fn seal_and_sign(
        &mut self,
        out: &mut [u8],
        sealed: &[Sealed],
        from: usize,
        mac: MacScheme,
    ) -> Result<Vec<u8>> {
        let (secret, limits) = (self.secret()?, &self.store.limits);
        let Some(salt) = mac.salt_ahead(self.random)? else {
            self.seal(out, sealed, from, &mut |_| {})?;
            let content = out.get(from..).unwrap_or_default();
            let salt = mac.salt_for(secret, content, limits, self.random)?;
            return mac.key(secret, &salt, limits)?.make(&mut std::iter::once(content));
        };
        let key = || mac.key(secret, &salt, limits);
        if parallel::is_worthwhile(out.len()) {
            let (encrypted, mac) =
                parallel::follow(|done| self.seal(out, sealed, from, done), |parts| key()?.make(parts));
            return encrypted.and(mac);
        }
        // A few octets are not worth waiting for each other.
        let (key, encrypted) = parallel::both(mac.work(), key, || self.seal(out, sealed, from, &mut |_| {}));
        encrypted?;
        key?.make(&mut std::iter::once(out.get(from..).unwrap_or_default()))
    }

    /// Encrypts what is to be, and hands everything from `from` on to `done`, part by part.
    fn seal<'b>(
        &self,
        out: &'b mut [u8],
        sealed: &[Sealed],
        from: usize,
        done: &mut dyn FnMut(&'b [u8]),
    ) -> Result<()> {
        let (mut at, mut rest) = (from, out.get_mut(from..).unwrap_or_default());
        for Sealed { at: next, len, encryption } in sealed {
            let (between, behind) = rest.split_at_mut_checked(next - at).ok_or_else(other_length)?;
            let sealed_len = encryption.sealed_len(*len);
            let (place, behind) = behind.split_at_mut_checked(sealed_len).ok_or_else(other_length)?;
            done(between);
            encryption.encrypt_parts(self.secret()?, place, *len, &self.store.limits, done)?;
            (at, rest) = (next + sealed_len, behind);
        }
        done(rest);
        Ok(())
    }

    fn secret(&self) -> Result<Secret<'a>> {
        let password = self.store.password().ok_or_else(|| {
            Error::new(ErrorKind::Refused, "the store has encrypted parts, but no password is known")
        })?;
        Ok(Secret { password, null: self.pfx.null_password })
    }
}

/// Writes bags, the second half of many beside the first.
fn write_bags(pfx: &Pfx, place: &mut [u8], bags: &[BagId]) -> Result<()> {
    let write = |mut place: &mut [u8], bags: &[BagId]| {
        for &id in bags {
            let raw = bag(pfx, id)?;
            let (this, rest) = place.split_at_mut_checked(raw.len()).ok_or_else(other_length)?;
            copy(&raw, this)?;
            place = rest;
        }
        if place.is_empty() { Ok(()) } else { Err(other_length()) }
    };
    let len = place.len();
    if !parallel::is_worthwhile(len) {
        return write(place, bags);
    }
    let (first, second) = bags.split_at(bags.len() / 2);
    let first_len = first.iter().map(|&id| bag(pfx, id).map(|raw| raw.len())).sum::<Result<usize>>()?;
    let (first_place, second_place) = place.split_at_mut_checked(first_len).ok_or_else(other_length)?;
    let second_place = Mutex::new(second_place);
    let beside = || write(&mut second_place.lock().unwrap_or_else(PoisonError::into_inner), second);
    let (beside, here) = parallel::both(len, beside, || write(first_place, first));
    here.and(beside)
}

/// Copies into a place of this very length.
fn copy(octets: &[u8], place: &mut [u8]) -> Result<()> {
    if octets.len() != place.len() {
        return Err(other_length());
    }
    place.copy_from_slice(octets);
    Ok(())
}

/// The headers of an encryptedData around so many octets before their encryption.
fn sealed_frame(encryption: &Encryption, len: usize) -> Frame {
    Frame::new(encryption.sealed_len(len))
        // [0] IMPLICIT OCTET STRING.
        .wrap(0x80, &[])
        .wrap(ber::SEQUENCE, &[&content_type(DATA), &encryption.encode()])
        .wrap(ber::SEQUENCE, &[&ber::der_unsigned(0)])
        .wrap(ber::CONTEXT_0, &[])
        .wrap(ber::SEQUENCE, &[&content_type(ENCRYPTED_DATA)])
}

/// One block: the headers of its ContentInfo, and what stands behind them.
struct Piece<'a> {
    frame: Frame,
    body: Body<'a>,
}

enum Body<'a> {
    /// The ContentInfo as it was read.
    Clean(&'a Bytes),
    /// The bags of a SafeContents.
    Plain(&'a [BagId]),
    /// A SafeContents, to be encrypted: the header, the bags, and how long they are together.
    Sealed { head: Vec<u8>, bags: &'a [BagId], len: usize, seal: Seal },
}

/// What stands in the clear where it is to be encrypted.
struct Sealed {
    /// Where it starts in the file.
    at: usize,
    /// In the clear; there is room for the padding behind.
    len: usize,
    encryption: Encryption,
}

/// The headers that stand before some octets, made from the innermost outwards, so that the octets
/// themselves need not be copied for every element around them.
struct Frame {
    head: Vec<u8>,
    /// The length of what follows `head`.
    body: usize,
}

impl Frame {
    fn new(body: usize) -> Self {
        Self { head: Vec::new(), body }
    }

    fn len(&self) -> usize {
        self.head.len() + self.body
    }

    /// Puts an element around it all, in which `before` stands first.
    fn wrap(&self, tag: u8, before: &[&[u8]]) -> Self {
        let content = before.iter().map(|part| part.len()).sum::<usize>() + self.len();
        let mut head = Vec::new();
        ber::der_header(&mut head, tag, content);
        for part in before {
            head.extend_from_slice(part);
        }
        head.extend_from_slice(&self.head);
        Self { head, body: self.body }
    }

    /// Counts octets that will stand behind.
    fn followed_by(&self, len: usize) -> Self {
        Self { head: self.head.clone(), body: self.body + len }
    }
}

fn other_length() -> Error {
    Error::damaged("the store has another length than was planned")
}

fn bag(pfx: &Pfx, id: BagId) -> Result<Bytes> {
    let raw = pfx.raw(id).ok_or_else(|| Error::damaged("a block names a bag that is not there"))?;
    if pfx.is_stale(id) {
        return Err(Error::damaged("a nested SafeContents has changed and was not encoded"));
    }
    Ok(raw)
}

fn content_type(arc: u8) -> Vec<u8> {
    ber::der(ber::OID, &[CONTENT_TYPES, &[arc]])
}
