//! Private keys in a PKCS#12 store: a sealed bag, and the certificates of its chain.

use std::collections::HashSet;

use super::{BagId, Pfx, Protection, Role};
use crate::bag::{Bag, BagKind, Fresh};
use crate::cert::Certificate;

impl Pfx {
    /// Adds a private key and its chain as the JDK writes them (`PKCS12KeyStore.createSafeContent`): the
    /// sealed key in a block of its kind, the certificates where certificates are, the first of them bound
    /// to the key by alias and localKeyId, the others named by their subject and shared by keys.
    ///
    /// The localKeyId is `Time ` and the date, later by milliseconds where another key has it already.
    pub(crate) fn add_key(
        &mut self,
        sealed: &[u8],
        chain: &[Certificate],
        alias: &str,
        created: i64,
        new: Protection,
    ) -> BagId {
        let key_id = self.free_key_id(created);
        let bound = Fresh { name: Some(alias), key_id: Some(&key_id), trusted: false };
        let block = self.block_for_keys().unwrap_or_else(|| self.add_block(Protection::Plain));
        let key = self.add_bag(block, &Bag::shrouded_key(sealed, bound));
        for (at, certificate) in chain.iter().enumerate() {
            if at == 0 {
                self.add_certificate(&Bag::certificate(certificate, bound), new);
            } else if !self.has_untrusted(certificate) {
                let subject = certificate.view().ok().map(|view| view.subject.to_string());
                let fresh = Fresh { name: subject.as_deref(), ..Fresh::default() };
                self.add_certificate(&Bag::certificate(certificate, fresh), new);
            }
        }
        key
    }

    fn free_key_id(&self, created: i64) -> Vec<u8> {
        let bags = self.in_order().filter_map(|id| self.bag(id));
        let taken: HashSet<Vec<u8>> =
            bags.filter_map(|bag| bag.attributes().local_key_id().map(<[u8]>::to_vec)).collect();
        let mut time = created;
        loop {
            let id = format!("Time {time}").into_bytes();
            if !taken.contains(&id) {
                return id;
            }
            time = time.wrapping_add(1);
        }
    }

    /// The last block with keys that are not in the clear.
    fn block_for_keys(&self) -> Option<usize> {
        let is_key = |&id: &BagId| matches!(self.role(id), Role::ShroudedKey | Role::Secret);
        self.blocks.iter().rposition(|block| block.bags.iter().any(is_key))
    }

    /// Whether a chain finds this certificate among the bags.
    fn has_untrusted(&self, certificate: &Certificate) -> bool {
        let is_it = |bag: Bag| matches!(bag.kind(), BagKind::Certificate(own) if own == certificate);
        let untrusted = |&&id: &&BagId| self.role(id) == Role::Certificate;
        let bags = self.blocks.iter().flat_map(|block| &block.bags).filter(untrusted);
        bags.filter_map(|&id| self.bag(id)).any(is_it)
    }
}
