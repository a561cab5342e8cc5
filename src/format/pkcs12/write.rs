//! Writing a PKCS#12 store: clean blocks as they were, the others anew, and a MAC over them all.

use bytes::Bytes;

use super::{CONTENT_TYPES, DATA, ENCRYPTED_DATA};
use crate::bag::Raw;
use crate::ber;
use crate::crypto::cipher::Cipher;
use crate::crypto::mac::MacScheme;
use crate::crypto::pbe::{Encryption, Seal};
use crate::crypto::{Random, Secret};
use crate::error::{Error, ErrorKind, Result};
use crate::octets::{Octets, Signed};
use crate::parallel;
use crate::store::TrustStore;
use crate::store::pkcs12::{Block, Pfx, Protection};
use crate::store::residue::Residue;

pub(super) fn encode(store: &TrustStore, random: &mut dyn Random) -> Result<Octets<'static>> {
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
    let signed = match pfx.mac {
        Some(mac) => {
            copy(&writer.seal_and_sign(signed, &sealed, safe_at, mac)?, mac_place)?;
            Some(Signed { content: safe_at..signed_len, mac: signed_len..frame.len() })
        }
        None => {
            writer.seal(signed, &sealed, 0, &mut |_| {})?;
            None
        }
    };
    Ok(Octets::signed(out, signed))
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
        let bags = bags(self.pfx, block)?;
        let contents = Frame::new(len_of(&bags)).wrap(ber::SEQUENCE, &[]);
        match block.protection {
            Protection::Plain => {
                let frame = contents
                    .wrap(ber::OCTET_STRING, &[])
                    .wrap(ber::CONTEXT_0, &[])
                    .wrap(ber::SEQUENCE, &[&content_type(DATA)]);
                Ok(Some(Piece { frame, body: Body::Plain(bags) }))
            }
            Protection::Sealed(seal) => {
                // Salt and IV come from what is sealed, so that their places are kept free.
                let frame = sealed_frame(&Encryption::blank(seal), contents.len());
                let clear = Clear { head: contents.head, bags };
                Ok(Some(Piece { frame, body: Body::Sealed { clear, seal } }))
            }
            // Nothing of it can be edited, so its octets are always there.
            Protection::Enveloped => Err(Error::damaged("an envelopedData block without its octets")),
        }
    }

    /// Writes the pieces into `place`, which starts at `at` in the file, the bags in the clear; returns what is to be
    /// done so that they are not.
    fn write_all<'p>(
        &mut self,
        place: &mut [u8],
        mut at: usize,
        pieces: &'p [Piece<'_>],
    ) -> Result<Vec<Sealed<'p>>> {
        let mut rest = place;
        let mut sealed = Vec::new();
        for piece in pieces {
            let (place, behind) = rest.split_at_mut_checked(piece.frame.len()).ok_or_else(other_length)?;
            sealed.extend(self.write(place, at, piece)?);
            (at, rest) = (at + piece.frame.len(), behind);
        }
        Ok(sealed)
    }

    /// Writes a piece, which starts at `at` in the file; of one that is to be encrypted, returns how.
    fn write<'p>(&mut self, place: &mut [u8], at: usize, piece: &'p Piece<'_>) -> Result<Option<Sealed<'p>>> {
        let Frame { head: frame, .. } = &piece.frame;
        let (frame_place, place) = place.split_at_mut_checked(frame.len()).ok_or_else(other_length)?;
        copy(frame, frame_place)?;
        match &piece.body {
            Body::Clean(raw) => copy(raw, place)?,
            Body::Plain(bags) if len_of(bags) == place.len() => {
                fill([place].into_iter(), parts(bags), &mut drop);
            }
            Body::Plain(_) => return Err(other_length()),
            Body::Sealed { clear, seal } => {
                let len = clear.parts().map(<[u8]>::len).sum();
                let place = place.get_mut(..len).ok_or_else(other_length)?;
                let (encryption, clear) = match self.encryption_ahead(*seal, len)? {
                    Some(encryption) => (encryption, Some(clear)),
                    None => {
                        fill([&mut *place].into_iter(), clear.parts(), &mut drop);
                        let (secret, limits) = (self.secret()?, &self.store.limits);
                        (Encryption::fresh(*seal, secret, place, limits, self.random)?, None)
                    }
                };
                copy(&sealed_frame(&encryption, len).head, frame_place)?;
                return Ok(Some(Sealed { at: at + frame.len(), len, encryption, clear }));
            }
        }
        Ok(None)
    }

    /// How so many octets are to be encrypted while they are written, if they are worth it and the salt does not depend
    /// on them.
    fn encryption_ahead(&mut self, seal: Seal, len: usize) -> Result<Option<Encryption>> {
        if !parallel::is_worthwhile(len) {
            return Ok(None);
        }
        Encryption::ahead(seal, self.random)
    }

    /// Encrypts what is to be, and makes the MacData over what stands from `from` on then; meanwhile, if the salt does
    /// not depend on that.
    fn seal_and_sign(
        &mut self,
        out: &mut [u8],
        sealed: &[Sealed<'_>],
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
            let len = out.len().saturating_sub(from);
            let make = |parts: &mut dyn Iterator<Item = &[u8]>| {
                let mut made = 0;
                let mac = key()?.make(&mut parts.inspect(|part| made += part.len()))?;
                // They stand one behind the other: together as long as all, they are all.
                if made == len { Ok(mac) } else { Err(other_length()) }
            };
            let (encrypted, mac) = parallel::follow(|done| self.seal(out, sealed, from, done), make);
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
        sealed: &[Sealed<'_>],
        from: usize,
        done: &mut dyn FnMut(&'b [u8]),
    ) -> Result<()> {
        let (mut at, mut rest) = (from, out.get_mut(from..).unwrap_or_default());
        for Sealed { at: next, len, encryption, clear } in sealed {
            let (between, behind) = rest.split_at_mut_checked(next - at).ok_or_else(other_length)?;
            let sealed_len = encryption.sealed_len(*len);
            let (place, behind) = behind.split_at_mut_checked(sealed_len).ok_or_else(other_length)?;
            done(between);
            let (secret, limits) = (self.secret()?, &self.store.limits);
            let parts = Cipher::parts(place);
            let mut encrypt = |parts: &mut dyn Iterator<Item = &'b mut [u8]>| {
                encryption.encrypt_parts(secret, parts, *len, limits, done)
            };
            match clear {
                None => encrypt(&mut { parts })?,
                Some(clear) => parallel::led(|put| fill(parts, clear.parts(), put), encrypt)?,
            }
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

/// Copies the octets into the places, one behind the other, and hands each place to `put` when it is done.
fn fill<'a, 'b>(
    places: impl Iterator<Item = &'b mut [u8]>,
    mut octets: impl Iterator<Item = &'a [u8]>,
    put: &mut dyn FnMut(&'b mut [u8]),
) {
    let mut left: &[u8] = &[];
    for place in places {
        let mut room = &mut *place;
        while !room.is_empty() {
            if left.is_empty() {
                let Some(next) = octets.next() else { break };
                left = next;
            }
            let len = left.len().min(room.len());
            let ((these, behind), (here, rest)) = (left.split_at(len), room.split_at_mut(len));
            here.copy_from_slice(these);
            (left, room) = (behind, rest);
        }
        put(place);
    }
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
    Plain(Vec<Raw<'a>>),
    /// A SafeContents, to be encrypted.
    Sealed { clear: Clear<'a>, seal: Seal },
}

/// A SafeContents in the clear.
struct Clear<'a> {
    head: Vec<u8>,
    bags: Vec<Raw<'a>>,
}

impl Clear<'_> {
    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        [&self.head[..]].into_iter().chain(parts(&self.bags))
    }
}

/// What is to be encrypted.
struct Sealed<'p> {
    /// Where it starts in the file.
    at: usize,
    /// In the clear; there is room for the padding behind.
    len: usize,
    encryption: Encryption,
    /// What is to be put there while it is encrypted; nothing, if it is there already.
    clear: Option<&'p Clear<'p>>,
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

/// The octets of a block's bags.
fn bags<'a>(pfx: &'a Pfx, block: &'a Block) -> Result<Vec<Raw<'a>>> {
    if block.bags.iter().any(|&id| pfx.is_stale(id)) {
        return Err(Error::damaged("a nested SafeContents has changed and was not encoded"));
    }
    pfx.runs(block).ok_or_else(|| Error::damaged("a block names a bag that is not there"))
}

fn parts<'a>(bags: &[Raw<'a>]) -> impl Iterator<Item = &'a [u8]> {
    bags.iter().flat_map(Raw::parts)
}

fn len_of(bags: &[Raw<'_>]) -> usize {
    bags.iter().map(Raw::len).sum()
}

fn content_type(arc: u8) -> Vec<u8> {
    ber::der(ber::OID, &[CONTENT_TYPES, &[arc]])
}
