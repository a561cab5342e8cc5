//! Reading a PKCS#12 store: the frame, the MAC, the blocks, the bags.

use bytes::Bytes;

use super::contents::{Contents, Hints};
use super::{CONTENT_TYPES, DATA, ENCRYPTED_DATA, ENVELOPED_DATA};
use crate::bag::{Bag, BagKind, Raw};
use crate::ber::{self, Element, Reader};
use crate::crypto::Secret;
use crate::crypto::algorithm::describe;
use crate::crypto::mac::MacData;
use crate::crypto::pbe::Encryption;
use crate::error::{Error, ErrorKind, Result};
use crate::format::{Unlock, candidates};
use crate::limits::Limits;
use crate::parallel::{self, TakenOnce};
use crate::password::Password;
use crate::store::pkcs12::view::Arriving;
use crate::store::pkcs12::{BagId, Block, Pfx, Protection};
use crate::store::residue::Residue;
use crate::store::{Format, Integrity, TrustStore};

pub(super) fn decode(
    bytes: Bytes,
    unlock: Unlock<'_>,
    limits: &Limits,
    hints: Hints<'_>,
) -> Result<TrustStore> {
    let frame = Frame::read(&bytes, limits)?;
    let Safe { mut pfx, arriving, keys, .. } = match &frame.mac {
        Some(mac) => checked(&frame, mac, unlock, limits, hints)?,
        None => read_blocks(&frame, Keys::unchecked(unlock)?, limits, hints)?,
    };
    let integrity = if frame.mac.is_some() { Integrity::Verified } else { Integrity::None };
    let (password, null_password) = keys.settle();
    pfx.null_password = null_password;
    let most = usize::try_from(limits.max_entries).unwrap_or(usize::MAX);
    let entries = arriving.finish(&pfx, most).ok_or_else(|| limits.too_many_in_chains())?;
    let residue = Residue::Pkcs12(Box::new(pfx));
    let format = Format::Pkcs12;
    Ok(TrustStore::assemble(format, entries, residue, integrity, password, limits.clone(), Some(bytes)))
}

/// An AuthenticatedSafe that was read.
struct Safe<'a> {
    pfx: Pfx,
    arriving: Arriving,
    keys: Keys,
    hints: Hints<'a>,
}

/// The blocks, opened with the first password that fits the MAC.
fn checked<'a>(
    frame: &Frame,
    mac: &MacData,
    unlock: Unlock<'_>,
    limits: &Limits,
    hints: Hints<'a>,
) -> Result<Safe<'a>> {
    let mut hints = Some(hints);
    let passwords = candidates(unlock);
    let forms = passwords.iter().flat_map(|password| mac.scheme.forms(password));
    for (number, secret) in forms.enumerate() {
        let work = mac.work(secret, frame.auth_safe.len());
        let is_signed =
            hints.as_ref().is_some_and(|hints| hints.is_signed(&frame.auth_safe, &frame.mac_data, secret));
        // Nearly always the first fits.
        let (fits, read) = match number == 0 && parallel::is_worthwhile(work) {
            _ if is_signed => (true, None),
            true => while_checked(frame, mac, secret, work, limits, hints.take().unwrap_or_default())?,
            false => (mac.fits(secret, &frame.auth_safe, limits)?, None),
        };
        if fits {
            let hints = hints.unwrap_or_default();
            return read.map_or_else(|| read_blocks(frame, Keys::fitting(secret), limits, hints), Ok);
        }
    }
    Err(wrong_password())
}

/// Whether the MAC fits, and, if it does, the blocks, which are read meanwhile; `None` if that failed: it is to be
/// done again, so that nothing else is said or booked than if it had been done afterwards.
fn while_checked<'a>(
    frame: &Frame,
    mac: &MacData,
    secret: Secret<'_>,
    work: usize,
    limits: &Limits,
    mut hints: Hints<'a>,
) -> Result<(bool, Option<Safe<'a>>)> {
    let trial = limits.trial();
    let content = &frame.auth_safe;
    let begun = TakenOnce::new(hints.take_begun());
    let fits = || {
        let fits = begun.take().and_then(|(begun, file)| begun.fits(mac, secret, content, &file, limits));
        fits.map_or_else(|| mac.fits(secret, content, limits), Ok)
    };
    let (fits, read) =
        parallel::both(work, fits, || read_blocks(frame, Keys::fitting(secret), &trial, hints).ok());
    let fits = fits?;
    Ok((fits, read.filter(|_| fits && limits.book(&trial))))
}

fn read_blocks<'a>(frame: &Frame, keys: Keys, limits: &Limits, hints: Hints<'a>) -> Result<Safe<'a>> {
    let mut pfx = Pfx::new(frame.mac.as_ref().map(|mac| mac.scheme), limits.max_depth);
    pfx.trailing = frame.trailing.clone();
    let mut safe = Safe { pfx, arriving: Arriving::default(), keys, hints };
    let mut outer = Reader::new(&frame.auth_safe, limits.max_depth);
    let mut blocks = outer.expect(ber::SEQUENCE, "AuthenticatedSafe").and_then(|safe| safe.children());
    if let Ok(blocks) = &mut blocks {
        outer.finish("AuthenticatedSafe").map_err(|e| inside(e, "authSafe"))?;
        while let Some(info) = blocks.next().map_err(|e| inside(e, "authSafe"))? {
            let number = safe.pfx.blocks.len() + 1;
            limits.check_entries(u64::try_from(number).unwrap_or(u64::MAX))?;
            safe.read_block(&frame.auth_safe, &info, limits)
                .map_err(|e| inside(e, &format!("block {number}")))?;
        }
    }
    blocks.map_err(|e| inside(e, "authSafe"))?;
    Ok(safe)
}

/// The parts of a PFX.
struct Frame {
    /// The value of the authSafe's OCTET STRING, which is what the MAC is over: segments are joined
    /// without their headers, and what they hold is as it was written.
    auth_safe: Bytes,
    mac: Option<MacData>,
    /// The element that `mac` was read from.
    mac_data: Bytes,
    trailing: Bytes,
}

impl Frame {
    fn read(bytes: &Bytes, limits: &Limits) -> Result<Self> {
        let mut file = Reader::new(bytes, limits.max_depth);
        let mut fields = file.expect(ber::SEQUENCE, "PFX")?.children()?;
        let version = fields.expect(ber::INTEGER, "PFX version")?.unsigned("PFX version")?;
        if version != 3 {
            return Err(Error::unsupported(format!("PFX version {version} is not supported: expected 3")));
        }
        let info = ContentInfo::read(&fields.expect(ber::SEQUENCE, "authSafe")?)?;
        if info.kind != Some(DATA) {
            let found = describe(info.id);
            return Err(Error::unsupported(format!(
                "an authSafe of type {found} (integrity by public key) is not supported: expected data"
            )));
        }
        let auth_safe = info.octet_string("authSafe")?.shared_octets(bytes)?;
        let element = fields.optional(ber::SEQUENCE)?;
        let mac = element.as_ref().map(MacData::read).transpose()?;
        let mac_data = bytes.slice_ref(element.map_or(&[][..], |element| element.raw));
        fields.finish("PFX")?;
        Ok(Self { auth_safe, mac, mac_data, trailing: bytes.slice_ref(file.rest()) })
    }
}

/// The passwords that may open the blocks.
struct Keys {
    /// One, once a MAC or a block has told which.
    candidates: Vec<(Password, bool)>,
    /// `candidates` is one that was seen to fit.
    settled: bool,
    /// The caller gave the password, so it is kept even if nothing could check it.
    given: bool,
    has_mac: bool,
}

impl Keys {
    /// The one that fits the MAC.
    fn fitting(secret: Secret<'_>) -> Self {
        let candidates = vec![(secret.password.duplicate(), secret.null)];
        Self { candidates, settled: true, given: true, has_mac: true }
    }

    /// Those to try where no MAC tells which fits.
    fn unchecked(unlock: Unlock<'_>) -> Result<Self> {
        if matches!(unlock, Unlock::With(_)) {
            return Err(mac_missing());
        }
        let given = !matches!(unlock, Unlock::Defaults);
        let candidates = candidates(unlock).into_iter().map(|password| (password, false)).collect();
        Ok(Self { candidates, settled: false, given, has_mac: false })
    }

    /// Opens a block, and so finds out which password fits if there was no MAC to tell.
    fn open<'a>(
        &mut self,
        encryption: &Encryption,
        sealed: &[u8],
        limits: &Limits,
        hints: &mut Hints<'a>,
    ) -> Result<Contents<'a>> {
        for (password, null) in &self.candidates {
            for secret in encryption.seal.scheme.forms(password, *null) {
                let Some(contents) = hints.open(encryption, secret, sealed, limits)? else { continue };
                if !self.settled {
                    self.candidates = vec![(password.duplicate(), secret.null)];
                    self.settled = true;
                }
                return Ok(contents);
            }
        }
        match (self.has_mac, self.settled) {
            (true, _) => Err(Error::new(
                ErrorKind::WrongPassword,
                "the MAC fits the password, but the block does not decrypt: it is under another password, \
                 or damaged",
            )),
            (false, true) => Err(Error::new(
                ErrorKind::WrongPassword,
                "does not decrypt with the password of the blocks before it: it is under another \
                 password, or damaged",
            )),
            (false, false) => Err(wrong_password()),
        }
    }

    /// The password that the store keeps, and whether it is the NULL form of an empty one.
    fn settle(mut self) -> (Option<Password>, bool) {
        match self.candidates.pop() {
            Some((password, null)) if self.settled || self.given => (Some(password), null),
            _ => (None, false),
        }
    }
}

fn wrong_password() -> Error {
    Error::new(ErrorKind::WrongPassword, "wrong password, or the file is damaged")
}

fn mac_missing() -> Error {
    Error::new(
        ErrorKind::MacMissing,
        "a password was given, but the file has no MAC that it could check: someone may have removed it",
    )
}

impl Safe<'_> {
    fn read_block(&mut self, auth_safe: &Bytes, element: &Element<'_>, limits: &Limits) -> Result<()> {
        if element.tag != ber::SEQUENCE {
            return Err(Error::damaged(format!(
                "expected a ContentInfo, found an element with tag 0x{:02x}",
                element.tag
            )));
        }
        let info = ContentInfo::read(element)?;
        let (protection, contents) = match info.kind {
            Some(DATA) => {
                let contents = info.octet_string("data")?.shared_octets(auth_safe)?;
                (Protection::Plain, Some(Contents::Whole(contents)))
            }
            Some(ENCRYPTED_DATA) => {
                let (encryption, sealed) = encrypted_data(&info, auth_safe)?;
                let contents = match sealed {
                    Some(sealed) => Some(self.keys.open(&encryption, &sealed, limits, &mut self.hints)?),
                    None => None,
                };
                (Protection::Sealed(encryption.seal), contents)
            }
            Some(ENVELOPED_DATA) => (Protection::Enveloped, None),
            _ => {
                return Err(Error::unsupported(format!(
                    "a content of type {} is not supported: expected data or encryptedData",
                    describe(info.id)
                )));
            }
        };
        self.pfx.blocks.push(Block {
            raw: Some(auth_safe.slice_ref(element.raw)),
            protection,
            contents: match &contents {
                Some(Contents::Whole(contents)) => contents.clone(),
                _ => Bytes::new(),
            },
            bags: Vec::new(),
        });
        match contents {
            Some(Contents::Whole(contents)) => self.read_contents(None, &contents, limits.max_depth, limits),
            Some(Contents::Bags(runs)) => {
                let depth_left = limits.max_depth.saturating_sub(1);
                runs.iter().try_for_each(|run| match run {
                    Raw::Piece { octets, buffer } => {
                        self.read_bags(None, &mut Reader::new(octets, depth_left), buffer, depth_left, limits)
                    }
                    &Raw::Around(around) => {
                        let bag = Bag::parse_around(around, limits.max_depth)?;
                        self.take_bag(None, bag, depth_left, limits)
                    }
                })
            }
            None => Ok(()),
        }
    }

    /// Reads a SafeContents into the last block, or into the bag `parent`.
    fn read_contents(
        &mut self,
        parent: Option<BagId>,
        contents: &Bytes,
        depth_left: u8,
        limits: &Limits,
    ) -> Result<()> {
        let depth_left = depth_left.checked_sub(1).ok_or_else(|| {
            Error::new(
                ErrorKind::LimitExceeded,
                "SafeContents are nested deeper than the limit permits; --max-depth raises the limit",
            )
        })?;
        let mut outer = Reader::new(contents, limits.max_depth);
        let mut bags = outer.expect(ber::SEQUENCE, "SafeContents")?.children()?;
        outer.finish("SafeContents")?;
        self.read_bags(parent, &mut bags, contents, depth_left, limits)
    }

    /// Reads bags that stand one behind the other in `contents`.
    fn read_bags(
        &mut self,
        parent: Option<BagId>,
        bags: &mut Reader<'_>,
        contents: &Bytes,
        depth_left: u8,
        limits: &Limits,
    ) -> Result<()> {
        while let Some(element) = bags.next()? {
            let bag = Bag::parse(contents.slice_ref(element.raw), limits.max_depth)?;
            self.take_bag(parent, bag, depth_left, limits)?;
        }
        Ok(())
    }

    /// Takes up a bag of the last block, and those in it.
    fn take_bag(&mut self, parent: Option<BagId>, bag: Bag, depth_left: u8, limits: &Limits) -> Result<()> {
        limits.check_entries(u64::try_from(self.pfx.len()).unwrap_or(u64::MAX).saturating_add(1))?;
        limits.check_alias(bag.attributes().friendly_name().unwrap_or_default())?;
        limits.check_attributes(bag.attributes().len())?;
        let nested = match bag.kind() {
            BagKind::SafeContents => Some(bag.value(limits.max_depth)?),
            BagKind::Certificate(certificate) => {
                limits.check_certificate(certificate.der().len())?;
                None
            }
            _ => None,
        };
        let id = self.pfx.push(self.pfx.blocks.len().saturating_sub(1), parent, &bag);
        self.arriving.push(&self.pfx, id, bag);
        nested.map_or(Ok(()), |nested| self.read_contents(Some(id), &nested, depth_left, limits))
    }
}

fn encrypted_data(info: &ContentInfo<'_>, auth_safe: &Bytes) -> Result<(Encryption, Option<Bytes>)> {
    if info.content.tag != ber::SEQUENCE {
        return Err(Error::damaged("encryptedData: expected a SEQUENCE"));
    }
    let mut data = info.content.children()?;
    let version = data.expect(ber::INTEGER, "encryptedData version")?.unsigned("encryptedData version")?;
    if version != 0 {
        return Err(Error::unsupported(format!(
            "encryptedData version {version} is not supported: expected 0"
        )));
    }
    let mut fields = data.expect(ber::SEQUENCE, "encryptedContentInfo")?.children()?;
    data.finish("encryptedData")?;
    let kind = fields.expect(ber::OID, "contentType")?.content;
    if content_type(kind) != Some(DATA) {
        let found = describe(kind);
        return Err(Error::unsupported(format!(
            "an encrypted content of type {found} is not supported: expected data"
        )));
    }
    let encryption = Encryption::read(&mut fields)?;
    let sealed = match fields.next()? {
        // [0] IMPLICIT: primitive, or constructed of OCTET STRING segments.
        Some(content) if content.tag & !ber::CONSTRUCTED == 0x80 => Some(content.shared_octets(auth_safe)?),
        Some(other) => {
            return Err(Error::damaged(format!(
                "encryptedContent: expected an element with tag 0x80, found 0x{:02x}",
                other.tag
            )));
        }
        None => None,
    };
    fields.finish("encryptedContentInfo")?;
    Ok((encryption, sealed))
}

/// The fields of a ContentInfo.
struct ContentInfo<'a> {
    id: &'a [u8],
    /// The last arc of a content type of CMS.
    kind: Option<u8>,
    /// The element inside `[0] EXPLICIT`.
    content: Element<'a>,
}

impl<'a> ContentInfo<'a> {
    fn read(element: &Element<'a>) -> Result<Self> {
        let mut fields = element.children()?;
        let id = fields.expect(ber::OID, "contentType")?.content;
        let mut explicit = fields.expect(ber::CONTEXT_0, "content")?.children()?;
        fields.finish("ContentInfo")?;
        let content = explicit.next()?.ok_or_else(|| Error::damaged("content: empty"))?;
        explicit.finish("content")?;
        Ok(Self { id, kind: content_type(id), content })
    }

    fn octet_string(&self, what: &str) -> Result<&Element<'a>> {
        if self.content.tag & !ber::CONSTRUCTED == ber::OCTET_STRING {
            return Ok(&self.content);
        }
        Err(Error::damaged(format!(
            "{what}: expected an OCTET STRING, found an element with tag 0x{:02x}",
            self.content.tag
        )))
    }
}

fn content_type(id: &[u8]) -> Option<u8> {
    match id.strip_prefix(CONTENT_TYPES)? {
        [arc] => Some(*arc),
        _ => None,
    }
}

/// Names the part of the file; offsets in it are none in the file, which may have been in segments or
/// encrypted.
fn inside(error: Error, part: &str) -> Error {
    if error.is_wrong_password() && error.message().starts_with("wrong") {
        return error;
    }
    Error::new(error.kind(), format!("{part}: {}", error.message()))
}
