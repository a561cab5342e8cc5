//! Block ciphers in CBC mode with the padding of RFC 8018, section 6.1.1.

use cbc::cipher::array::Array;
use cbc::cipher::block_padding::{Padding, Pkcs7};
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

/// How much is in the clear at a time where it is not kept, in octets: whole blocks, in memory that is used again.
const WINDOW: usize = 1 << 16;

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

    /// Decrypts `len` octets, which come in parts; `None` if the padding is wrong, which another key is the likeliest
    /// cause of, or if they are not that many.
    pub(crate) fn decrypt(
        self,
        key: &[u8],
        iv: &[u8],
        len: usize,
        parts: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let Some(last_at) = self.last_block(len) else { return Ok(None) };
        let mut buffer = Zeroizing::new(vec![0; len]);
        let (mut filled, mut done) = (0, 0);
        let clear = with_cipher!(self, C => {
            let mut mode = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| wrong_length())?;
            for part in parts.flat_map(|part| part.chunks(PART)) {
                let Some(place) = buffer.get_mut(filled..filled + part.len()) else { return Ok(None) };
                place.copy_from_slice(part);
                filled += part.len();
                let whole = (filled - filled % self.block_len()).min(last_at);
                let blocks = buffer.get_mut(done..whole).unwrap_or_default();
                mode.decrypt_blocks(Array::slice_as_chunks_mut(blocks).0);
                done = whole;
            }
            let last = buffer.get_mut(last_at..filled).unwrap_or_default();
            mode.decrypt_padded::<Pkcs7>(last).map(<[u8]>::len)
        });
        Ok(clear.ok().filter(|_| filled == len).map(|clear| {
            buffer.truncate(last_at + clear);
            buffer
        }))
    }

    /// Decrypts, and gives what is in the clear to `take`, part by part, while that returns true; false if it did not,
    /// or if the padding is wrong.
    pub(crate) fn decrypt_to(
        self,
        key: &[u8],
        iv: &[u8],
        sealed: &[u8],
        take: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<bool> {
        let last_at = self.last_block(sealed.len());
        let Some((whole, last)) = last_at.and_then(|at| sealed.split_at_checked(at)) else {
            return Ok(false);
        };
        let mut window = Zeroizing::new(vec![0; WINDOW]);
        with_cipher!(self, C => {
            let mut mode = cbc::Decryptor::<C>::new_from_slices(key, iv).map_err(|_| wrong_length())?;
            for part in whole.chunks(WINDOW) {
                let place = window.get_mut(..part.len()).unwrap_or_default();
                place.copy_from_slice(part);
                mode.decrypt_blocks(Array::slice_as_chunks_mut(place).0);
                if !take(place) {
                    return Ok(false);
                }
            }
            let place = window.get_mut(..last.len()).unwrap_or_default();
            Ok(mode.decrypt_padded_b2b::<Pkcs7>(last, place).is_ok_and(take))
        })
    }

    /// Where the last of so many octets' blocks begins, if they are whole blocks.
    fn last_block(self, len: usize) -> Option<usize> {
        len.checked_sub(self.block_len()).filter(|at| at.is_multiple_of(self.block_len()))
    }

    /// How long `len` octets are when they are encrypted.
    pub(crate) fn sealed_len(self, len: usize) -> usize {
        len + self.block_len() - len % self.block_len()
    }

    /// Encrypts the buffer, which grows by the padding.
    pub(crate) fn encrypt(self, key: &[u8], iv: &[u8], buffer: &mut Vec<u8>) -> Result<()> {
        let len = buffer.len();
        buffer.resize(self.sealed_len(len), 0);
        self.encrypt_parts(key, iv, &mut Self::parts(buffer), len, &mut |_| {})
    }

    /// Octets in parts as they are encrypted.
    pub(crate) fn parts(octets: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
        octets.chunks_mut(PART)
    }

    /// Encrypts `len` octets, which come in [`parts`](Self::parts) of so many as [`sealed_len`](Self::sealed_len) says:
    /// the last has room for the padding. Every part that is done is handed to `done`.
    pub(crate) fn encrypt_parts<'b>(
        self,
        key: &[u8],
        iv: &[u8],
        parts: &mut dyn Iterator<Item = &'b mut [u8]>,
        len: usize,
        done: &mut dyn FnMut(&'b [u8]),
    ) -> Result<()> {
        let (mut left, mut padded) = (len, false);
        with_cipher!(self, C => {
            let mut mode = cbc::Encryptor::<C>::new_from_slices(key, iv).map_err(|_| wrong_length())?;
            for part in parts {
                let clear = left.min(part.len());
                left -= clear;
                if clear < part.len() {
                    let begun = clear % self.block_len();
                    let last = part.get_mut(clear - begun..).filter(|last| last.len() == self.block_len());
                    Pkcs7::raw_pad(last.filter(|_| !padded).ok_or_else(wrong_length)?, begun);
                    padded = true;
                }
                let (blocks, rest) = Array::slice_as_chunks_mut(part);
                if !rest.is_empty() {
                    return Err(wrong_length());
                }
                mode.encrypt_blocks(blocks);
                done(part);
            }
        });
        if padded && left == 0 { Ok(()) } else { Err(wrong_length()) }
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
                let mut done = |part: &[u8]| parts.extend_from_slice(part);
                cipher.encrypt_parts(&key, &iv, &mut Cipher::parts(&mut sealed), len, &mut done).unwrap();
                assert_eq!(parts, sealed);
                assert_eq!(sealed.len() % cipher.block_len(), 0);
                assert!(sealed.len() > len);
                for step in [sealed.len(), 13, 8 * PART] {
                    let clear = cipher.decrypt(&key, &iv, sealed.len(), &mut sealed.chunks(step));
                    assert_eq!(*clear.unwrap().unwrap(), vec![3; len]);
                }
                let mut clear = Vec::new();
                let mut take = |part: &[u8]| {
                    clear.extend_from_slice(part);
                    true
                };
                assert!(cipher.decrypt_to(&key, &iv, &sealed, &mut take).unwrap());
                assert_eq!(clear, vec![3; len]);
                assert!(!cipher.decrypt_to(&key, &iv, &sealed, &mut |_| false).unwrap());
                for other in [sealed.len() + cipher.block_len(), sealed.len() - 1] {
                    let parts = &mut sealed.chunks(100);
                    assert!(cipher.decrypt(&key, &iv, other, parts).unwrap().is_none());
                }
                for other in [len + 16, len.saturating_sub(16)] {
                    if cipher.sealed_len(other) == sealed.len() {
                        continue;
                    }
                    let parts = &mut Cipher::parts(&mut sealed);
                    cipher.encrypt_parts(&key, &iv, parts, other, &mut |_| {}).unwrap_err();
                }
            }
            for sealed in [&[0; 3][..], &[], &[0; 48]] {
                let parts = &mut std::iter::once(sealed);
                assert!(cipher.decrypt(&key, &iv, sealed.len(), parts).unwrap().is_none(), "{sealed:?}");
                assert!(!cipher.decrypt_to(&key, &iv, sealed, &mut |_| true).unwrap(), "{sealed:?}");
            }
        }
    }
}
