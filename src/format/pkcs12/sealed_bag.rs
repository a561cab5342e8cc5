//! Private keys and secrets: bags that are sealed on their own, opened only to be sealed again.
//!
//! ```text
//! PKCS8ShroudedKeyBag ::= EncryptedPrivateKeyInfo          -- RFC 7292, section 4.2.2
//! EncryptedPrivateKeyInfo ::= SEQUENCE {                   -- RFC 5208, section 6
//!     encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
//! SecretBag ::= SEQUENCE {                                 -- RFC 7292, section 4.2.5
//!     secretTypeId OBJECT IDENTIFIER, secretValue [0] EXPLICIT ANY DEFINED BY secretTypeId }
//! ```
//!
//! The JDK's secretValue is an OCTET STRING around an EncryptedPrivateKeyInfo, with the type of a
//! shrouded key (`PKCS12KeyStore.getEncryptedSecretKey…`, `loadSafeContents`).

use zeroize::Zeroizing;

use crate::bag::{Bag, BagKind};
use crate::ber::{self, Element, Reader};
use crate::crypto::pbe::{Encryption, Seal};
use crate::crypto::{Random, Secret};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// A key or secret that is sealed on its own.
pub(in crate::format) struct SealedBag {
    encryption: Encryption,
    sealed: Vec<u8>,
    /// The secretTypeId element of a SecretBag.
    secret_type: Option<Vec<u8>>,
}

impl SealedBag {
    /// The parts of a shrouded key bag, or of a secret bag as the JDK writes it; `None` for any other.
    ///
    /// # Errors
    /// `Unsupported` for an algorithm that is not, `Damaged`.
    pub(in crate::format) fn of(bag: &Bag, max_depth: u8) -> Result<Option<Self>> {
        let value = match bag.kind() {
            BagKind::ShroudedKey | BagKind::Secret => bag.value(max_depth)?,
            _ => return Ok(None),
        };
        let mut reader = Reader::new(&value, max_depth);
        let element = reader.expect(ber::SEQUENCE, "key")?;
        if *bag.kind() == BagKind::ShroudedKey {
            return Self::read(&element, None).map(Some);
        }
        let mut fields = element.children()?;
        let secret_type = fields.expect(ber::OID, "secretTypeId")?;
        let mut explicit = fields.expect(ber::CONTEXT_0, "secretValue")?.children()?;
        let Some(inside) = explicit.next()? else { return Ok(None) };
        if inside.tag & !ber::CONSTRUCTED != ber::OCTET_STRING {
            return Ok(None);
        }
        let octets = inside.octets(ber::OCTET_STRING)?;
        let mut inside = Reader::new(&octets, max_depth);
        match inside.next() {
            Ok(Some(info)) if info.tag == ber::SEQUENCE && inside.is_empty() => {
                Self::read(&info, Some(secret_type.raw.to_vec())).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn read(element: &Element<'_>, secret_type: Option<Vec<u8>>) -> Result<Self> {
        let mut fields = element.children()?;
        let encryption = Encryption::read(&mut fields)?;
        let sealed = fields.octet_string("encryptedData")?.into_owned();
        Ok(Self { encryption, sealed, secret_type })
    }

    pub(in crate::format) fn seal(&self) -> Seal {
        self.encryption.seal
    }

    /// Refuses what no password opens: a block cipher's output is whole blocks, and never none.
    pub(in crate::format) fn require_whole(&self) -> Result<()> {
        let (len, block) = (self.sealed.len(), self.encryption.seal.scheme.block_len());
        if len > 0 && len.is_multiple_of(block) {
            return Ok(());
        }
        Err(Error::damaged(format!("a sealed key of {len} bytes, expected a multiple of {block}")))
    }

    /// What is sealed, if it opens with one of these.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(in crate::format) fn open(
        &self,
        secrets: &[Secret<'_>],
        limits: &Limits,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        for &secret in secrets {
            let clear = self.encryption.decrypt(secret, &self.sealed, limits)?;
            if let Some(clear) = clear.filter(|clear| is_private_key_info(clear, limits)) {
                return Ok(Some(clear));
            }
        }
        Ok(None)
    }

    /// The bag's value with `clear` sealed anew.
    ///
    /// # Errors
    /// `LimitExceeded`.
    pub(in crate::format) fn seal_again(
        &self,
        clear: &[u8],
        seal: Seal,
        secret: Secret<'_>,
        limits: &Limits,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>> {
        let info = sealed_info(clear, seal, secret, limits, random)?;
        Ok(match &self.secret_type {
            None => info,
            Some(kind) => {
                let octets = ber::der(ber::OCTET_STRING, &[&info]);
                ber::der(ber::SEQUENCE, &[kind, &ber::der(ber::CONTEXT_0, &[&octets])])
            }
        })
    }
}

/// An EncryptedPrivateKeyInfo of `clear`.
///
/// # Errors
/// `LimitExceeded`.
pub(in crate::format) fn sealed_info(
    clear: &[u8],
    seal: Seal,
    secret: Secret<'_>,
    limits: &Limits,
    random: &mut dyn Random,
) -> Result<Vec<u8>> {
    let encryption = Encryption::fresh(seal, secret, clear, limits, random)?;
    // Encrypting happens in place; with the room for the padding nothing is moved and left behind.
    let mut buffer = Vec::with_capacity(clear.len() + 32);
    buffer.extend_from_slice(clear);
    encryption.encrypt(secret, &mut buffer, limits)?;
    let sealed = ber::der(ber::OCTET_STRING, &[&buffer]);
    Ok(ber::der(ber::SEQUENCE, &[&encryption.encode(), &sealed]))
}

/// `PrivateKeyInfo ::= SEQUENCE { version INTEGER, … }` (RFC 5208, section 5), and nothing else: what a
/// wrong key hardly gives. The JDK puts a secret into one as well.
fn is_private_key_info(clear: &[u8], limits: &Limits) -> bool {
    let mut reader = Reader::new(clear, limits.max_depth);
    let info = reader.expect(ber::SEQUENCE, "PrivateKeyInfo");
    let version = info.and_then(|info| info.children()?.expect(ber::INTEGER, "version"));
    version.is_ok() && reader.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SystemRandom;
    use crate::password::Password;

    fn encryption() -> Encryption {
        let password = Password::new("changeit");
        let secret = Secret { password: &password, null: false };
        Encryption::fresh(Seal::JDK_DEFAULT, secret, b"", &Limits::default(), &mut SystemRandom).unwrap()
    }

    #[test]
    fn a_sealed_key_is_whole_blocks_and_not_none() {
        for (len, whole) in [(0, false), (1, false), (15, false), (16, true), (17, false), (32, true)] {
            let bag = SealedBag { encryption: encryption(), sealed: vec![0; len], secret_type: None };
            assert_eq!(bag.require_whole().is_ok(), whole, "{len}");
        }
    }

    #[test]
    fn a_secret_is_one_that_the_jdk_sealed() {
        let sealed =
            ber::der(ber::SEQUENCE, &[&encryption().encode(), &ber::der(ber::OCTET_STRING, &[&[0; 16]])]);
        let secret = |value: &[u8]| {
            let explicit = ber::der(ber::CONTEXT_0, &[value]);
            let value = ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[&[0x2a, 3]]), &explicit]);
            let kind = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 5];
            let bag = [ber::der(ber::OID, &[&kind]), ber::der(ber::CONTEXT_0, &[&value])].concat();
            Bag::parse(ber::der(ber::SEQUENCE, &[&bag]).into(), 16).unwrap()
        };
        let octets = |parts: &[&[u8]]| secret(&ber::der(ber::OCTET_STRING, parts));
        assert!(SealedBag::of(&octets(&[&sealed]), 16).unwrap().is_some());
        for other in
            [octets(&[]), octets(&[b"\x02\x01\x00"]), octets(&[&sealed, b"\x05\x00"]), secret(&sealed)]
        {
            assert!(SealedBag::of(&other, 16).unwrap().is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_a_wrong_key_gives_is_no_private_key() {
        for (clear, is_one) in [
            (&[0x30, 3, 2, 1, 0][..], true),
            (&[0x30, 3, 2, 1, 0, 0], false),
            (&[0x30, 2, 4, 0], false),
            (&[0x31, 3, 2, 1, 0], false),
            (&[], false),
        ] {
            assert_eq!(is_private_key_info(clear, &Limits::default()), is_one, "{clear:?}");
        }
    }
}
