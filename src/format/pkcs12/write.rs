//! Writing a PKCS#12 store: clean blocks as they were, the others anew, and a MAC over them all.

use std::borrow::Cow;

use bytes::Bytes;

use super::{CONTENT_TYPES, DATA, ENCRYPTED_DATA};
use crate::ber;
use crate::crypto::pbe::{Encryption, Seal};
use crate::crypto::{Random, Secret};
use crate::error::{Error, ErrorKind, Result};
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
        pieces.extend(writer.block(block)?);
    }
    let blocks = pieces.iter().map(Piece::len).sum();
    let safe = Frame::new(blocks).wrap(ber::SEQUENCE, &[]);
    let mac = writer.mac(&safe, &pieces)?;
    let version = ber::der_unsigned(3);
    let frame = safe
        .wrap(ber::OCTET_STRING, &[])
        .wrap(ber::CONTEXT_0, &[])
        .wrap(ber::SEQUENCE, &[&content_type(DATA)])
        .followed_by(mac.len())
        .wrap(ber::SEQUENCE, &[&version]);
    let mut out = Vec::with_capacity(frame.len() + pfx.trailing.len());
    out.extend_from_slice(&frame.head);
    for part in pieces.iter().flat_map(Piece::parts) {
        out.extend_from_slice(part);
    }
    out.extend_from_slice(&mac);
    out.extend_from_slice(&pfx.trailing);
    Ok(out)
}

struct Writer<'a> {
    store: &'a TrustStore,
    pfx: &'a Pfx,
    random: &'a mut dyn Random,
}

impl<'a> Writer<'a> {
    /// The ContentInfo of a block; none for one that became empty.
    fn block(&mut self, block: &'a Block) -> Result<Option<Piece<'a>>> {
        if let Some(raw) = &block.raw {
            return Ok(Some(Piece { head: Vec::new(), body: Cow::Borrowed(raw) }));
        }
        if block.bags.is_empty() {
            return Ok(None);
        }
        match block.protection {
            Protection::Plain => {
                let contents = safe_contents(self.pfx, &block.bags)?;
                let frame = Frame::new(contents.len())
                    .wrap(ber::OCTET_STRING, &[])
                    .wrap(ber::CONTEXT_0, &[])
                    .wrap(ber::SEQUENCE, &[&content_type(DATA)]);
                Ok(Some(Piece { head: frame.head, body: Cow::Owned(contents) }))
            }
            Protection::Sealed(seal) => self.sealed(seal, &block.bags).map(Some),
            // Nothing of it can be edited, so its octets are always there.
            Protection::Enveloped => Err(Error::damaged("an envelopedData block without its octets")),
        }
    }

    fn sealed(&mut self, seal: Seal, bags: &[BagId]) -> Result<Piece<'a>> {
        let contents = safe_contents(self.pfx, bags)?;
        let secret = self.secret()?;
        let limits = &self.store.limits;
        let encryption = Encryption::fresh(seal, secret, &contents, limits, self.random)?;
        let sealed = encryption.encrypt(secret, contents, limits)?;
        let frame = Frame::new(sealed.len())
            // [0] IMPLICIT OCTET STRING.
            .wrap(0x80, &[])
            .wrap(ber::SEQUENCE, &[&content_type(DATA), &encryption.encode()])
            .wrap(ber::SEQUENCE, &[&ber::der_unsigned(0)])
            .wrap(ber::CONTEXT_0, &[])
            .wrap(ber::SEQUENCE, &[&content_type(ENCRYPTED_DATA)]);
        Ok(Piece { head: frame.head, body: Cow::Owned(sealed) })
    }

    /// MacData, or nothing for a store without.
    fn mac(&mut self, safe: &Frame, pieces: &[Piece<'_>]) -> Result<Vec<u8>> {
        let Some(scheme) = self.pfx.mac else { return Ok(Vec::new()) };
        let parts: Vec<&[u8]> =
            [safe.head.as_slice()].into_iter().chain(pieces.iter().flat_map(Piece::parts)).collect();
        scheme.make(self.secret()?, &parts, &self.store.limits, self.random)
    }

    fn secret(&self) -> Result<Secret<'a>> {
        let password = self.store.password().ok_or_else(|| {
            Error::new(ErrorKind::Refused, "the store has encrypted parts, but no password is known")
        })?;
        Ok(Secret { password, null: self.pfx.null_password })
    }
}

/// The octets of one block.
struct Piece<'a> {
    head: Vec<u8>,
    body: Cow<'a, [u8]>,
}

impl Piece<'_> {
    fn parts(&self) -> [&[u8]; 2] {
        [&self.head, &self.body]
    }

    fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }
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
    fn wrap(self, tag: u8, before: &[&[u8]]) -> Self {
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
    fn followed_by(self, len: usize) -> Self {
        Self { head: self.head, body: self.body + len }
    }
}

/// A SafeContents of these bags, with room for a cipher's padding.
fn safe_contents(pfx: &Pfx, bags: &[BagId]) -> Result<Vec<u8>> {
    let bags = bags.iter().map(|&id| bag(pfx, id)).collect::<Result<Vec<_>>>()?;
    let len = bags.iter().map(|bag| bag.len()).sum();
    let mut out = Vec::with_capacity(len + 32);
    ber::der_header(&mut out, ber::SEQUENCE, len);
    for bag in &bags {
        out.extend_from_slice(bag);
    }
    Ok(out)
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
