//! Block ciphers in CBC mode with the padding of RFC 8018, section 6.1.1.

use cbc::cipher::array::Array;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// A block cipher in CBC mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    Rc2_40,
    Rc2_128,
    TwoKeyTripleDes,
    TripleDes,
}

/// Runs `$body` with the type `$C` of a block cipher.
macro_rules! with_cipher {
    ($cipher:expr, $C:ident => $body:expr) => {
        match $cipher {
            Cipher::Aes128 => {
                type $C = aes::Aes128;
                $body
            }
            Cipher::Aes192 => {
                type $C = aes::Aes192;
                $body
            }
            Cipher::Aes256 => {
                type $C = aes::Aes256;
                $body
            }
            // Its effective key length is that of the key it is given.
            Cipher::Rc2_40 | Cipher::Rc2_128 => {
                type $C = rc2::Rc2;
                $body
            }
            Cipher::TwoKeyTripleDes => {
                type $C = des::TdesEde2;
                $body
            }
            Cipher::TripleDes => {
                type $C = des::TdesEde3;
                $body
            }
        }
    };
}

/// How much is encrypted before it is handed on, in octets: whole blocks that a near cache holds.
const PART: usize = 1 << 18;

impl Cipher {
    /// In octets.
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128 | Self::Rc2_128 | Self::TwoKeyTripleDes => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2_40 => 5,
        }
    }

    /// In octets; the initialization vector's length too.
    pub(crate) fn block_len(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::Rc2_40 | Self::Rc2_128 | Self::TwoKeyTripleDes | Self::TripleDes => 8,
        }
    }

    /// Decrypts; `None` if the padding is wrong, which another key is the likeliest cause of.
    pub(crate) fn decrypt(self, key: &[u8], iv: &[u8], sealed: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let mut buffer = Zeroizing::new(vec![0; sealed.len()]);
        let len = with_cipher!(self, C => {
            let mode = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| wrong_length())?;
            mode.decrypt_padded_b2b::<Pkcs7>(sealed, &mut buffer).map(<[u8]>::len)
        });
        Ok(len.ok().map(|len| {
            buffer.truncate(len);
            buffer
        }))
    }

    /// How long `len` octets are when they are encrypted.
    pub(crate) fn sealed_len(self, len: usize) -> usize {
        len + self.block_len() - len % self.block_len()
    }

    /// Encrypts the buffer, which grows by the padding.
    pub(crate) fn encrypt(self, key: &[u8], iv: &[u8], buffer: &mut Vec<u8>) -> Result<()> {
        let len = buffer.len();
        buffer.resize(self.sealed_len(len), 0);
        self.encrypt_parts(key, iv, buffer, len, &mut |_| {})
    }

    /// Encrypts `len` octets in the buffer, which has room for the padding behind them and is as long as
    /// [`sealed_len`](Self::sealed_len) says. Every part that is done is handed to `done`.
    pub(crate) fn encrypt_parts<'b>(
        self,
        key: &[u8],
        iv: &[u8],
        buffer: &'b mut [u8],
        len: usize,
        done: &mut dyn FnMut(&'b [u8]),
    ) -> Result<()> {
        if buffer.len() != self.sealed_len(len) {
            return Err(wrong_length());
        }
        let (whole, last) =
            buffer.split_at_mut_checked(len - len % self.block_len()).ok_or_else(wrong_length)?;
        with_cipher!(self, C => {
            let mut mode = cbc::Encryptor::<C>::new_from_slices(key, iv).map_err(|_| wrong_length())?;
            for part in whole.chunks_mut(PART) {
                mode.encrypt_blocks(Array::slice_as_chunks_mut(part).0);
                done(part);
            }
            mode.encrypt_padded::<Pkcs7>(last, len % self.block_len()).map_err(|_| wrong_length())?;
        });
        done(last);
        Ok(())
    }
}

fn wrong_length() -> Error {
    Error::damaged("a key or initialization vector has the wrong length for its cipher")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Cipher; 7] = [
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
        Cipher::Rc2_40,
        Cipher::Rc2_128,
        Cipher::TwoKeyTripleDes,
        Cipher::TripleDes,
    ];

    #[test]
    fn what_is_encrypted_decrypts_whatever_its_length() {
        for cipher in ALL {
            let key: Vec<u8> = (1..).take(cipher.key_len()).collect();
            let iv = vec![9; cipher.block_len()];
            for len in [0, 1, 7, 8, 15, 16, 17, 100, PART, 2 * PART + 1] {
                let mut sealed = vec![3; cipher.sealed_len(len)];
                let mut parts = Vec::new();
                cipher
                    .encrypt_parts(&key, &iv, &mut sealed, len, &mut |part| parts.extend_from_slice(part))
                    .unwrap();
                assert_eq!(parts, sealed);
                assert_eq!(sealed.len() % cipher.block_len(), 0);
                assert!(sealed.len() > len);
                assert_eq!(*cipher.decrypt(&key, &iv, &sealed).unwrap().unwrap(), vec![3; len]);
                cipher.encrypt_parts(&key, &iv, &mut sealed, len + 16, &mut |_| {}).unwrap_err();
            }
            assert!(cipher.decrypt(&key, &iv, &[0; 3]).unwrap().is_none(), "not whole blocks");
            assert!(cipher.decrypt(&key, &iv, &[]).unwrap().is_none(), "no block");
        }
    }
}
