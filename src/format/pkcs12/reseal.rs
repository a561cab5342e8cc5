//! Sealing the parts of a PKCS#12 store again: under another password, or with today's algorithms.

use super::sealed_bag::SealedBag;
use crate::crypto::mac::MacScheme;
use crate::crypto::pbe::Seal;
use crate::crypto::{Random, Secret};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::password::Password;
use crate::store::pkcs12::{BagId, Pfx, Protection, Role};

/// Which sealed keys and secrets were sealed again, and which were not.
#[derive(Default)]
pub(in crate::format) struct Resealed {
    pub(in crate::format) again: Vec<BagId>,
    pub(in crate::format) kept: Vec<BagId>,
}

/// Moves everything that is under `old` to `new`: the sealed blocks and the MAC, and the keys and
/// secrets that `old` opens. If it fails nothing is changed.
pub(in crate::format) fn change_password(
    pfx: &mut Pfx,
    old: Option<&Password>,
    new: &Password,
    limits: &Limits,
    random: &mut dyn Random,
) -> Result<Resealed> {
    if pfx.mac.is_none() && !pfx.blocks.iter().any(|block| matches!(block.protection, Protection::Sealed(_)))
    {
        return Err(Error::new(
            ErrorKind::Refused,
            "the store has neither a MAC nor encrypted certificates, so it has no password to change; \
             `truststore convert --to pkcs12 --out FILE --new-password-file FILE` makes a copy that has one",
        ));
    }
    let mut changes = Changes::default();
    for id in pfx.in_order() {
        if let Some(old) = old {
            let new = Secret { password: new, null: false };
            changes.reseal(pfx, id, old, new, Some, limits, random)?;
        }
    }
    let resealed = changes.apply(pfx)?;
    for block in &mut pfx.blocks {
        if matches!(block.protection, Protection::Sealed(_)) {
            block.raw = None;
        }
    }
    pfx.null_password = false;
    Ok(resealed)
}

/// Moves sealed blocks, the MAC, and the keys and secrets that `password` opens to the defaults of
/// current JDKs, where these are stronger. True if something changed.
pub(in crate::format) fn upgrade(
    pfx: &mut Pfx,
    password: Option<&Password>,
    limits: &Limits,
    random: &mut dyn Random,
) -> Result<bool> {
    let mut changes = Changes::default();
    if let Some(password) = password {
        let secret = Secret { password, null: pfx.null_password };
        let target = |seal: Seal| (!seal.is_current()).then_some(Seal::JDK_DEFAULT);
        for id in pfx.in_order() {
            changes.reseal(pfx, id, password, secret, target, limits, random)?;
        }
    }
    let mut changed = !changes.apply(pfx)?.again.is_empty();
    for block in &mut pfx.blocks {
        match &mut block.protection {
            Protection::Sealed(seal) if !seal.is_current() => {
                *seal = Seal::JDK_DEFAULT;
                block.raw = None;
                changed = true;
            }
            _ => {}
        }
    }
    if let Some(mac) = pfx.mac.as_mut().filter(|mac| !mac.is_current()) {
        *mac = MacScheme::JDK_DEFAULT;
        changed = true;
    }
    Ok(changed)
}

/// New values of bags, made before any is put in its place.
#[derive(Default)]
struct Changes {
    values: Vec<(BagId, Vec<u8>)>,
    kept: Vec<BagId>,
}

impl Changes {
    /// Seals the content of one bag again, if it is a sealed key or secret, `target` gives it an
    /// algorithm, and `old` opens it.
    #[expect(clippy::too_many_arguments, reason = "one call, of two with the same parts")]
    fn reseal(
        &mut self,
        pfx: &Pfx,
        id: BagId,
        old: &Password,
        new: Secret<'_>,
        target: impl Fn(Seal) -> Option<Seal>,
        limits: &Limits,
        random: &mut dyn Random,
    ) -> Result<()> {
        if !matches!(pfx.role(id), Role::ShroudedKey | Role::Secret) {
            return Ok(());
        }
        let Some(bag) = pfx.bag(id) else { return Ok(()) };
        // A bag that nobody here can open is kept, whatever is the matter with it.
        let Ok(Some(sealed)) = SealedBag::of(&bag, pfx.max_depth) else {
            self.kept.push(id);
            return Ok(());
        };
        let Some(seal) = target(sealed.seal()) else { return Ok(()) };
        match sealed.open(&sealed.seal().scheme.forms(old, pfx.null_password), limits)? {
            Some(clear) => {
                let value = sealed.seal_again(&clear, seal, new, limits, random)?;
                self.values.push((id, value));
            }
            None => self.kept.push(id),
        }
        Ok(())
    }

    fn apply(self, pfx: &mut Pfx) -> Result<Resealed> {
        let mut resealed = Resealed { again: Vec::new(), kept: self.kept };
        for (id, value) in self.values {
            pfx.edit(id, |bag, depth| bag.replace_value(&value, depth))?;
            resealed.again.push(id);
        }
        Ok(resealed)
    }
}
