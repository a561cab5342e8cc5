//! Key derivation, ciphers and MACs of PKCS#12 stores, named and with their parameters; the protections
//! of private keys in JKS and JCEKS.

pub(crate) mod algorithm;
pub(crate) mod cipher;
pub(crate) mod hash;
pub(crate) mod kdf;
pub(crate) mod key_protector;
pub(crate) mod mac;
pub(crate) mod pbe;
mod pbkdf2;
pub(crate) mod private_key;
mod random;
mod reproducible;

use zeroize::Zeroizing;

use crate::password::Password;

pub(crate) use hash::Hash;
pub use private_key::PrivateKey;
pub(crate) use random::fresh;
pub use random::{Random, SystemRandom};
pub use reproducible::{Reproducible, Sealing};

/// A password in the form in which one file uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secret<'a> {
    pub(crate) password: &'a Password,
    /// An empty password is no octets at all (Windows and NSS write such files), where RFC 7292 and the
    /// JDK have a terminator of two.
    pub(crate) null: bool,
}

impl<'a> Secret<'a> {
    /// The forms a password may have been used in, the likelier first.
    pub(crate) fn forms(password: &'a Password, null_first: bool) -> Vec<Self> {
        if password.is_empty() {
            vec![Self { password, null: null_first }, Self { password, null: !null_first }]
        } else {
            vec![Self { password, null: false }]
        }
    }

    /// A BMPString with its terminator (RFC 7292, appendix B.1). Characters outside the BMP are written
    /// as surrogate pairs, as OpenSSL does; the JDK refuses all but ASCII.
    pub(crate) fn bmp(&self) -> Zeroizing<Vec<u8>> {
        let mut octets = self.password.utf16_be();
        if !(self.null && self.password.is_empty()) {
            octets.extend_from_slice(&[0, 0]);
        }
        octets
    }

    /// UTF-8 octets without a terminator: what PBES2 and PBMAC1 take (RFC 9579, section 4).
    pub(crate) fn utf8(&self) -> &'a [u8] {
        self.password.as_str().as_bytes()
    }
}
