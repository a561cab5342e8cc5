//! The parts of a PKCS#12 store that are no entries: its blocks, and the bags in their order.

mod keys;
pub(crate) mod view;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::bag::{Around, Bag, BagKind, CertificateFrame, Raw};
use crate::ber;
use crate::cert::Certificate;
use crate::crypto::mac::MacScheme;
use crate::crypto::pbe::Seal;
use crate::error::Result;
use crate::octets::place_of;

/// A bag's place in [`Pfx::bags`]; never reused, so it stays valid while others come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BagId(pub(crate) u32);

/// A PKCS#12 store: `AuthenticatedSafe → blocks → bags` (RFC 7292, section 4).
#[derive(Clone, Debug)]
pub(crate) struct Pfx {
    pub(crate) blocks: Vec<Block>,
    /// All bags ever seen, by `BagId`; those removed are in no list of a block or bag.
    bags: Vec<Slot>,
    /// The octets of the bags that are in no block's contents.
    own: Vec<Bytes>,
    /// Of a bag in a nested SafeContents, and of one around others.
    families: HashMap<BagId, Family>,
    /// `None`: the file has no MAC, and gets none.
    pub(crate) mac: Option<MacScheme>,
    /// The MAC was made with the password of no octets, where an empty one has a terminator.
    pub(crate) null_password: bool,
    /// What stands behind the PFX; no reader looks at it.
    pub(crate) trailing: Bytes,
    pub(crate) max_depth: u8,
}

/// One ContentInfo of the AuthenticatedSafe.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The ContentInfo element as read; `None` once it must be written anew.
    pub(crate) raw: Option<Bytes>,
    pub(crate) protection: Protection,
    /// The SafeContents in the clear: most bags are ranges of it.
    pub(crate) contents: Bytes,
    pub(crate) bags: Vec<BagId>,
}

impl Block {
    pub(crate) fn is_sealed(&self) -> bool {
        matches!(self.protection, Protection::Sealed(_))
    }
}

/// How a block is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// `data`: not at all.
    Plain,
    /// `encryptedData`: with the store's password.
    Sealed(Seal),
    /// `envelopedData`: with somebody's public key. Kept, never opened.
    Enveloped,
}

/// What is kept of a bag: small, since there may be a million. The rest is read from its octets on demand.
#[derive(Clone, Debug)]
struct Slot {
    place: Place,
    /// Where in the block's contents the octets start, or which of [`Pfx::own`] they are.
    at: u32,
    /// How many there are in the contents; of own ones, where the certificate stands in them, which is the next of
    /// [`Pfx::own`] then, or 0 if they are all.
    len: u32,
    block: u32,
    role: Role,
}

/// Where the octets of a bag are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Contents,
    Own,
}

#[derive(Clone, Debug, Default)]
struct Family {
    parent: Option<BagId>,
    /// The bags in a nested SafeContents.
    children: Vec<BagId>,
    /// The children changed, so the bag's value must be written anew.
    stale: bool,
}

/// What is asked of all bags before one of them is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Certificate,
    /// A private key in the clear.
    Key,
    Other,
    Secret,
    ShroudedKey,
    TrustedCertificate,
}

impl Role {
    fn of(bag: &Bag) -> Self {
        match bag.kind() {
            BagKind::Certificate(_) if bag.attributes().is_trusted() => Self::TrustedCertificate,
            BagKind::Certificate(_) => Self::Certificate,
            BagKind::Key => Self::Key,
            BagKind::Secret => Self::Secret,
            BagKind::ShroudedKey => Self::ShroudedKey,
            _ => Self::Other,
        }
    }

    pub(crate) fn is_certificate(self) -> bool {
        matches!(self, Self::Certificate | Self::TrustedCertificate)
    }
}

impl Slot {
    fn block(&self) -> usize {
        usize::try_from(self.block).unwrap_or(usize::MAX)
    }

    fn place_in_contents(&self) -> Option<Range<usize>> {
        let (at, len) = (usize::try_from(self.at).ok()?, usize::try_from(self.len).ok()?);
        Some(at..at.checked_add(len)?)
    }
}

/// Where in `whole` its part `part` starts, and its length; `None` if it is elsewhere in memory.
fn range_of(part: &[u8], whole: &Bytes) -> Option<(u32, u32)> {
    let at = place_of(part, whole)?;
    Some((u32::try_from(at).ok()?, u32::try_from(part.len()).ok()?))
}

impl Pfx {
    /// A store without blocks.
    pub(crate) fn new(mac: Option<MacScheme>, max_depth: u8) -> Self {
        Self {
            blocks: Vec::new(),
            bags: Vec::new(),
            own: Vec::new(),
            families: HashMap::new(),
            mac,
            null_password: false,
            trailing: Bytes::new(),
            max_depth,
        }
    }

    /// Appends a bag as read to a block, or to the SafeContents of `parent`; the block stays clean.
    pub(crate) fn push(&mut self, block: usize, parent: Option<BagId>, bag: &Bag) -> BagId {
        self.push_octets(block, parent, bag.raw(), Role::of(bag))
    }

    fn push_octets(&mut self, block: usize, parent: Option<BagId>, octets: Raw<'_>, role: Role) -> BagId {
        // More bags or blocks than fit 32 bits are refused by `Limits::max_entries` long before.
        let id = BagId(u32::try_from(self.bags.len()).unwrap_or(u32::MAX));
        let contents = self.blocks.get(block).map(|block| &block.contents);
        let range = match octets {
            Raw::Piece { octets, .. } => contents.and_then(|contents| range_of(octets, contents)),
            Raw::Around(_) => None,
        };
        let (place, (at, len)) = match range {
            Some(range) => (Place::Contents, range),
            None => (Place::Own, self.keep(octets)),
        };
        let slot = Slot { place, at, len, block: u32::try_from(block).unwrap_or(u32::MAX), role };
        self.bags.push(slot);
        if parent.is_some() {
            self.families.insert(id, Family { parent, ..Family::default() });
        }
        if let Some(list) = self.siblings(block, parent) {
            list.push(id);
        }
        id
    }

    /// The octets of a block's bags: those that follow each other in memory are in one piece.
    pub(crate) fn runs<'a>(&'a self, block: &'a Block) -> Option<Vec<Raw<'a>>> {
        let mut runs: Vec<Raw<'a>> = Vec::new();
        let mut run: Option<Range<usize>> = None;
        let buffer = &block.contents;
        let end = |run: Option<Range<usize>>| run.and_then(|run| buffer.get(run));
        let put = |runs: &mut Vec<Raw<'a>>, octets: Option<&'a [u8]>| {
            runs.extend(octets.map(|octets| Raw::Piece { octets, buffer }));
        };
        for &id in &block.bags {
            let slot = self.slot(id)?;
            match (slot.place, &mut run) {
                (Place::Contents, run) => {
                    let place = slot.place_in_contents()?;
                    match run {
                        Some(run) if run.end == place.start => run.end = place.end,
                        _ => put(&mut runs, end(run.replace(place))),
                    }
                }
                (Place::Own, run) => {
                    put(&mut runs, end(run.take()));
                    runs.push(self.own(slot)?);
                }
            }
        }
        put(&mut runs, end(run));
        Some(runs)
    }

    /// The octets of a bag that is in no block's contents.
    fn own(&self, slot: &Slot) -> Option<Raw<'_>> {
        let mut own = self.own.get(usize::try_from(slot.at).ok()?..)?.iter();
        let octets = own.next()?;
        Some(match usize::try_from(slot.len).ok()? {
            0 => Raw::whole(octets),
            at => Raw::Around(Around { frame: octets, at, certificate: own.next()? }),
        })
    }

    /// The bag of this place, read from its octets.
    pub(crate) fn bag(&self, id: BagId) -> Option<Bag> {
        Bag::of(self.octets(id)?, self.max_depth).ok()
    }

    /// The octets of the bag.
    pub(crate) fn raw(&self, id: BagId) -> Option<Bytes> {
        Some(self.octets(id)?.joined())
    }

    fn octets(&self, id: BagId) -> Option<Raw<'_>> {
        let slot = self.slot(id)?;
        match slot.place {
            Place::Own => self.own(slot),
            Place::Contents => {
                let buffer = &self.blocks.get(slot.block())?.contents;
                Some(Raw::Piece { octets: buffer.get(slot.place_in_contents()?)?, buffer })
            }
        }
    }

    /// What the bag is.
    pub(crate) fn role(&self, id: BagId) -> Role {
        self.slot(id).map_or(Role::Other, |slot| slot.role)
    }

    /// The block in which the bag stands, or the bags around it.
    pub(crate) fn block_of(&self, id: BagId) -> Option<usize> {
        self.slot(id).map(Slot::block)
    }

    /// The bags of a nested SafeContents.
    pub(crate) fn children(&self, id: BagId) -> &[BagId] {
        self.families.get(&id).map_or(&[], |family| &family.children)
    }

    /// True if the bag stands in a nested SafeContents.
    pub(crate) fn is_nested(&self, id: BagId) -> bool {
        self.parent(id).is_some()
    }

    /// True if the bags of a nested SafeContents changed and it was not settled.
    pub(crate) fn is_stale(&self, id: BagId) -> bool {
        self.families.get(&id).is_some_and(|family| family.stale)
    }

    /// All bags in the order of the file; a nested SafeContents before the bags inside it.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = BagId> {
        let mut inside: Vec<BagId> = Vec::new();
        let mut outside = self.blocks.iter().flat_map(|block| &block.bags).copied();
        std::iter::from_fn(move || {
            let id = inside.pop().or_else(|| outside.next())?;
            inside.extend(self.children(id).iter().rev());
            Some(id)
        })
    }

    /// The number of bags, nested ones included.
    pub(crate) fn len(&self) -> usize {
        self.bags.len()
    }

    /// Changes a bag; its block, and the bags around it, will be written anew.
    pub(crate) fn edit<T>(&mut self, id: BagId, change: impl FnOnce(&mut Bag, u8) -> Result<T>) -> Result<T> {
        let max_depth = self.max_depth;
        let mut bag = self.bag(id).ok_or_else(|| crate::Error::damaged("no such bag"))?;
        let result = change(&mut bag, max_depth)?;
        self.put(id, &bag);
        self.touch(id);
        Ok(result)
    }

    fn put(&mut self, id: BagId, bag: &Bag) {
        let Some(&Slot { place, at, len, .. }) = self.slot(id) else { return };
        let own = usize::try_from(at).ok().filter(|_| place == Place::Own);
        let mut own = own.and_then(|at| self.own.get_mut(at..)).unwrap_or_default().iter_mut();
        let (at, len) = match (own.next(), bag.raw()) {
            (Some(own_octets), octets @ Raw::Piece { .. }) => {
                *own_octets = octets.joined();
                // Nor is a certificate kept that is not the bag's any more.
                own.take(usize::from(len > 0)).for_each(|octets| *octets = Bytes::new());
                (at, 0)
            }
            (_, octets) => self.keep(octets),
        };
        if let Some(slot) = self.slot_mut(id) {
            *slot = Slot { place: Place::Own, at, len, role: Role::of(bag), ..*slot };
        }
    }

    /// Keeps the octets of a bag; returns where in `own`, as its slot says it.
    fn keep(&mut self, octets: Raw<'_>) -> (u32, u32) {
        // A bag has at most two.
        let at = u32::try_from(self.own.len()).unwrap_or(u32::MAX);
        match octets {
            Raw::Piece { .. } => {
                self.own.push(octets.joined());
                (at, 0)
            }
            Raw::Around(Around { frame, at: within, certificate }) => {
                self.own.extend([frame.clone(), certificate.clone()]);
                (at, u32::try_from(within).unwrap_or(u32::MAX))
            }
        }
    }

    /// How many bags inside these would be lost with them, not being among them.
    pub(crate) fn orphans(&self, ids: &std::collections::HashSet<BagId>) -> usize {
        ids.iter().flat_map(|&id| self.children(id)).filter(|child| !ids.contains(child)).count()
    }

    /// Takes many bags out at once, in one pass over each list.
    pub(crate) fn remove_all(&mut self, ids: &std::collections::HashSet<BagId>) {
        for &id in ids {
            self.touch(id);
        }
        for block in &mut self.blocks {
            block.bags.retain(|id| !ids.contains(id));
        }
        for family in self.families.values_mut() {
            family.children.retain(|id| !ids.contains(id));
        }
    }

    /// Adds a new bag to the block where certificates belong, which is made if there is none.
    pub(crate) fn add_certificate(&mut self, bag: &Bag, new: Protection) -> BagId {
        let block = self.block_of_new(new);
        self.add_bag(block, bag)
    }

    /// As [`add_certificate`](Self::add_certificate), of a certificate that Java trusts, in this frame.
    pub(crate) fn add_trusted(
        &mut self,
        frame: &CertificateFrame,
        certificate: &Certificate,
        new: Protection,
    ) -> BagId {
        let block = self.block_of_new(new);
        self.add_octets(block, Raw::Around(frame.around(certificate)), Role::TrustedCertificate)
    }

    /// The block where certificates belong, which is made if there is none.
    fn block_of_new(&mut self, new: Protection) -> usize {
        self.block_for_certificates().unwrap_or_else(|| self.add_block(new))
    }

    fn add_block(&mut self, protection: Protection) -> usize {
        self.blocks.push(Block { raw: None, protection, contents: Bytes::new(), bags: Vec::new() });
        self.blocks.len() - 1
    }

    fn add_bag(&mut self, block: usize, bag: &Bag) -> BagId {
        self.add_octets(block, bag.raw(), Role::of(bag))
    }

    fn add_octets(&mut self, block: usize, octets: Raw<'_>, role: Role) -> BagId {
        let id = self.push_octets(block, None, octets, role);
        self.touch(id);
        id
    }

    /// The last block with a trusted certificate, else the last with any, else the last empty one.
    fn block_for_certificates(&self) -> Option<usize> {
        let holds =
            |block: &Block, wanted: fn(Role) -> bool| block.bags.iter().any(|&id| wanted(self.role(id)));
        let last = |accept: &dyn Fn(&Block) -> bool| self.blocks.iter().rposition(accept);
        last(&|b| holds(b, |role| role == Role::TrustedCertificate))
            .or_else(|| last(&|b| holds(b, Role::is_certificate)))
            .or_else(|| last(&|b| b.bags.is_empty() && b.protection != Protection::Enveloped))
    }

    /// Encodes the nested SafeContents whose bags have changed, so that every bag's octets are those to be
    /// written, and what is named by its content has the name it will have when it is read again.
    pub(crate) fn settle(&mut self) -> Result<()> {
        // A bag's place is behind that of the bag around it: from the innermost outwards.
        let stale = self.families.iter().filter(|(_, family)| family.stale);
        let mut stale: Vec<BagId> = stale.map(|(id, _)| *id).collect();
        stale.sort_unstable_by_key(|id| Reverse(id.0));
        for id in stale {
            let bags: Vec<Bytes> = self.children(id).iter().filter_map(|&id| self.raw(id)).collect();
            let bags: Vec<&[u8]> = bags.iter().map(|raw| &raw[..]).collect();
            let contents = Zeroizing::new(ber::der(ber::SEQUENCE, &bags));
            let Some(mut bag) = self.bag(id) else { continue };
            bag.replace_value(&contents, self.max_depth)?;
            self.put(id, &bag);
            if let Some(family) = self.families.get_mut(&id) {
                family.stale = false;
            }
        }
        Ok(())
    }

    fn touch(&mut self, id: BagId) {
        let mut at = id;
        while let Some(parent) = self.parent(at) {
            self.families.entry(parent).or_default().stale = true;
            at = parent;
        }
        let block = self.slot(at).map(Slot::block);
        if let Some(block) = block.and_then(|block| self.blocks.get_mut(block)) {
            block.raw = None;
        }
    }

    fn siblings(&mut self, block: usize, parent: Option<BagId>) -> Option<&mut Vec<BagId>> {
        match parent {
            Some(parent) => Some(&mut self.families.entry(parent).or_default().children),
            None => self.blocks.get_mut(block).map(|block| &mut block.bags),
        }
    }

    fn parent(&self, id: BagId) -> Option<BagId> {
        self.families.get(&id)?.parent
    }

    fn slot(&self, id: BagId) -> Option<&Slot> {
        self.bags.get(usize::try_from(id.0).ok()?)
    }

    fn slot_mut(&mut self, id: BagId) -> Option<&mut Slot> {
        self.bags.get_mut(usize::try_from(id.0).ok()?)
    }
}
