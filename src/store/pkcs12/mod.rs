//! The parts of a PKCS#12 store that are no entries: its blocks, and the bags in their order.

mod keys;
pub(crate) mod view;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::bag::{Bag, BagKind, Fresh};
use crate::ber;
use crate::cert::Certificate;
use crate::crypto::mac::MacScheme;
use crate::crypto::pbe::Seal;
use crate::error::Result;

/// A bag's place in [`Pfx::bags`]; never reused, so it stays valid while others come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct BagId(pub(crate) u32);

/// A PKCS#12 store: `AuthenticatedSafe → blocks → bags` (RFC 7292, section 4).
#[derive(Clone, Debug)]
pub(crate) struct Pfx {
    pub(crate) blocks: Vec<Block>,
    /// All bags ever seen, by `BagId`; those removed are in no list of a block or bag.
    bags: Vec<Slot>,
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
    pub(crate) bags: Vec<BagId>,
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

#[derive(Clone, Debug)]
struct Slot {
    bag: Bag,
    block: usize,
    parent: Option<BagId>,
    /// The bags in a nested SafeContents.
    children: Vec<BagId>,
    /// The children changed, so the bag's value must be written anew.
    stale: bool,
}

impl Pfx {
    /// A store without blocks.
    pub(crate) fn new(mac: Option<MacScheme>, max_depth: u8) -> Self {
        Self {
            blocks: Vec::new(),
            bags: Vec::new(),
            mac,
            null_password: false,
            trailing: Bytes::new(),
            max_depth,
        }
    }

    /// Appends a bag as read to a block, or to the SafeContents of `parent`; the block stays clean.
    pub(crate) fn push(&mut self, block: usize, parent: Option<BagId>, bag: Bag) -> BagId {
        // More bags than fit 32 bits are refused by `Limits::max_entries` long before.
        let id = BagId(u32::try_from(self.bags.len()).unwrap_or(u32::MAX));
        self.bags.push(Slot { bag, block, parent, children: Vec::new(), stale: false });
        if let Some(list) = self.siblings(block, parent) {
            list.push(id);
        }
        id
    }

    /// The bag of this place.
    pub(crate) fn bag(&self, id: BagId) -> Option<&Bag> {
        self.slot(id).map(|slot| &slot.bag)
    }

    /// The block in which the bag stands, or the bags around it.
    pub(crate) fn block_of(&self, id: BagId) -> Option<usize> {
        self.slot(id).map(|slot| slot.block)
    }

    /// The bags of a nested SafeContents.
    pub(crate) fn children(&self, id: BagId) -> &[BagId] {
        self.slot(id).map_or(&[], |slot| &slot.children)
    }

    /// True if the bag stands in a nested SafeContents.
    pub(crate) fn is_nested(&self, id: BagId) -> bool {
        self.slot(id).is_some_and(|slot| slot.parent.is_some())
    }

    /// True if the bags of a nested SafeContents changed and it was not settled.
    pub(crate) fn is_stale(&self, id: BagId) -> bool {
        self.slot(id).is_some_and(|slot| slot.stale)
    }

    /// All bags in the order of the file; a nested SafeContents before the bags inside it.
    pub(crate) fn in_order(&self) -> Vec<BagId> {
        let mut order = Vec::new();
        let mut todo: Vec<BagId> =
            self.blocks.iter().rev().flat_map(|b| b.bags.iter().rev()).copied().collect();
        while let Some(id) = todo.pop() {
            order.push(id);
            todo.extend(self.children(id).iter().rev());
        }
        order
    }

    /// The number of bags, nested ones included.
    pub(crate) fn len(&self) -> usize {
        self.bags.len()
    }

    /// Changes a bag; its block, and the bags around it, will be written anew.
    pub(crate) fn edit<T>(&mut self, id: BagId, change: impl FnOnce(&mut Bag, u8) -> Result<T>) -> Result<T> {
        let max_depth = self.max_depth;
        let slot = self.slot_mut(id).ok_or_else(|| crate::Error::damaged("no such bag"))?;
        let result = change(&mut slot.bag, max_depth)?;
        self.touch(id);
        Ok(result)
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
        for slot in &mut self.bags {
            slot.children.retain(|id| !ids.contains(id));
        }
    }

    /// Adds a new bag to the block where certificates belong, which is made if there is none.
    pub(crate) fn add_certificate(
        &mut self,
        certificate: Certificate,
        fresh: Fresh<'_>,
        new: Protection,
    ) -> BagId {
        let block = self.block_for_certificates().unwrap_or_else(|| self.add_block(new));
        self.add_bag(block, Bag::certificate(certificate, fresh))
    }

    fn add_block(&mut self, protection: Protection) -> usize {
        self.blocks.push(Block { raw: None, protection, bags: Vec::new() });
        self.blocks.len() - 1
    }

    fn add_bag(&mut self, block: usize, bag: Bag) -> BagId {
        let id = self.push(block, None, bag);
        self.touch(id);
        id
    }

    /// The last block with a trusted certificate, else the last with any, else the last empty one.
    fn block_for_certificates(&self) -> Option<usize> {
        let holds = |block: &Block, wanted: fn(&Bag) -> bool| {
            block.bags.iter().any(|&id| self.bag(id).is_some_and(wanted))
        };
        let is_certificate = |bag: &Bag| matches!(bag.kind(), BagKind::Certificate(_));
        let last = |accept: &dyn Fn(&Block) -> bool| self.blocks.iter().rposition(accept);
        last(&|b| holds(b, |bag| bag.attributes().is_trusted()))
            .or_else(|| last(&|b| holds(b, is_certificate)))
            .or_else(|| last(&|b| b.bags.is_empty() && b.protection != Protection::Enveloped))
    }

    /// Encodes the nested SafeContents whose bags have changed, so that every bag's octets are those to be
    /// written, and what is named by its content has the name it will have when it is read again.
    pub(crate) fn settle(&mut self) -> Result<()> {
        // A bag's place is behind that of the bag around it: from the innermost outwards.
        for at in (0..self.bags.len()).rev() {
            let Some(slot) = self.bags.get(at).filter(|slot| slot.stale) else { continue };
            let bags: Vec<&[u8]> =
                slot.children.iter().filter_map(|&id| self.bag(id)).map(|bag| &bag.raw()[..]).collect();
            let contents = Zeroizing::new(ber::der(ber::SEQUENCE, &bags));
            let max_depth = self.max_depth;
            if let Some(slot) = self.bags.get_mut(at) {
                slot.bag.replace_value(&contents, max_depth)?;
                slot.stale = false;
            }
        }
        Ok(())
    }

    fn touch(&mut self, id: BagId) {
        let mut at = id;
        while let Some(parent) = self.slot(at).and_then(|slot| slot.parent) {
            if let Some(slot) = self.slot_mut(parent) {
                slot.stale = true;
            }
            at = parent;
        }
        let block = self.slot(at).map(|slot| slot.block);
        if let Some(block) = block.and_then(|block| self.blocks.get_mut(block)) {
            block.raw = None;
        }
    }

    fn siblings(&mut self, block: usize, parent: Option<BagId>) -> Option<&mut Vec<BagId>> {
        match parent {
            Some(parent) => self.slot_mut(parent).map(|slot| &mut slot.children),
            None => self.blocks.get_mut(block).map(|block| &mut block.bags),
        }
    }

    fn slot(&self, id: BagId) -> Option<&Slot> {
        self.bags.get(usize::try_from(id.0).ok()?)
    }

    fn slot_mut(&mut self, id: BagId) -> Option<&mut Slot> {
        self.bags.get_mut(usize::try_from(id.0).ok()?)
    }
}
