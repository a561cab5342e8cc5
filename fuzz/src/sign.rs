//! Files whose digest, MAC and encryption are made right, so that a mutation is not lost at the first check.

use aes::cipher::{BlockModeEncrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::chance::Chance;
use crate::der::{self, Content, Mutate, Node, element_of};
use crate::records;

const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
const JCEKS: [u8; 4] = [0xce, 0xce, 0xce, 0xce];
const DIGEST_LEN: usize = 20;

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
const SALT: [u8; 8] = [7; 8];
const IV: [u8; 16] = [9; 16];
/// The file with the digest or MAC that `changeit` gives; `None` for anything that has no such place.
///
/// What stands in the clear where a PKCS#12 file has encrypted data is encrypted.
pub fn sign(file: &[u8]) -> Option<Vec<u8>> {
    if file.starts_with(&JKS) || file.starts_with(&JCEKS) {
        let body = file.get(..file.len().checked_sub(DIGEST_LEN)?)?;
        let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let digest = sha1::Sha1::new()
            .chain_update(password)
            .chain_update(b"Mighty Aphrodite")
            .chain_update(body)
            .finalize();
        return Some([body, &digest[..]].concat());
    }
    let mut nodes = der::parse(file)?;
    let pfx = inner(nodes.first_mut()?)?;
    let safe = content_of(pfx.get_mut(1)?)?;
    if let Content::Nodes(blocks) = &mut safe.content
        && let Some(Content::Nodes(blocks)) = blocks.first_mut().map(|sequence| &mut sequence.content)
    {
        for block in blocks {
            let _ = seal(block);
        }
    }
    let mac = mac_data(&value(safe));
    if pfx.len() > 2 {
        pfx[2] = der::parse(&mac)?.remove(0);
    }
    Some(der::encode(&nodes))
}

/// Changes a file inside; the digest or MAC is wrong then.
pub fn mutate(file: &mut Vec<u8>, chance: &mut Chance, bytes: Mutate<'_>) {
    if file.starts_with(&JKS) || file.starts_with(&JCEKS) {
        let digest = file.split_off(file.len().saturating_sub(DIGEST_LEN).max(4));
        records::mutate(file, chance, bytes);
        file.extend(digest);
        return;
    }
    match der::parse(file) {
        Some(mut nodes) if chance.below(30) == 0 => {
            let _ = encrypted_instead(&mut nodes, chance);
            *file = der::encode(&nodes);
        }
        _ => der::mutate(file, chance, bytes),
    }
}

fn inner(node: &mut Node) -> Option<&mut Vec<Node>> {
    match &mut node.content {
        Content::Nodes(nodes) => Some(nodes),
        Content::Leaf(_) => None,
    }
}

/// The string in a ContentInfo of type data.
fn content_of(info: &mut Node) -> Option<&mut Node> {
    inner(inner(info)?.get_mut(1)?)?.first_mut()
}

fn is(node: &Node, id: &[u8]) -> bool {
    node.tag == 6 && matches!(&node.content, Content::Leaf(content) if content == id)
}

/// A string's value: that of its segments, one after the other.
fn value(string: &Node) -> Vec<u8> {
    match &string.content {
        Content::Leaf(content) => content.clone(),
        Content::Nodes(segments) if string.tag & 0x20 != 0 => segments.iter().flat_map(value).collect(),
        Content::Nodes(nodes) => der::encode(nodes),
    }
}

/// Encrypts what an encryptedData has in the clear.
fn seal(block: &mut Node) -> Option<()> {
    let fields = inner(block)?;
    if !is(fields.first()?, ENCRYPTED) {
        return None;
    }
    let info = inner(inner(inner(fields.get_mut(1)?)?.first_mut()?)?.get_mut(1)?)?;
    let [_, algorithm, content, ..] = info.as_mut_slice() else { return None };
    if !matches!(content.content, Content::Nodes(_)) {
        return None;
    }
    let clear = value(content);
    let mut key = [0; 16];
    pbkdf2::pbkdf2_hmac::<Sha256>(b"changeit", &SALT, 1, &mut key);
    let cipher = cbc::Encryptor::<aes::Aes128>::new(&key.into(), &IV.into());
    content.content = Content::Leaf(cipher.encrypt_padded_vec::<Pkcs7>(&clear));
    content.tag &= !0x20;
    *algorithm = der::parse(&pbes2())?.remove(0);
    Some(())
}

/// PBES2 with PBKDF2 (`SALT`, one iteration, HMAC with SHA-256) and AES-128-CBC (`IV`).
fn pbes2() -> Vec<u8> {
    let oid = |id: &[u8]| element_of(6, &[id]);
    let prf =
        element_of(0x30, &[&oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09]), &element_of(5, &[])]);
    let parameters = element_of(0x30, &[&element_of(4, &[&SALT]), &element_of(2, &[&[1]]), &prf]);
    let kdf = element_of(0x30, &[&oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c]), &parameters]);
    let cipher = element_of(
        0x30,
        &[&oid(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02]), &element_of(4, &[&IV])],
    );
    let id = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]);
    element_of(0x30, &[&id, &element_of(0x30, &[&kdf, &cipher])])
}

/// A block in the clear becomes one that [`seal`] encrypts.
fn encrypted_instead(nodes: &mut [Node], chance: &mut Chance) -> Option<()> {
    let pfx = inner(nodes.first_mut()?)?;
    let blocks = inner(inner(content_of(pfx.get_mut(1)?)?)?.first_mut()?)?;
    let place = chance.below(blocks.len());
    let block = blocks.get_mut(place)?;
    if !is(inner(block)?.first()?, DATA) {
        return None;
    }
    let clear = value(content_of(block)?);
    let info = element_of(0x30, &[&element_of(6, &[DATA]), &pbes2(), &element_of(0x80, &[&clear])]);
    let data = element_of(0x30, &[&element_of(2, &[&[0]]), &info]);
    let whole = element_of(0x30, &[&element_of(6, &[ENCRYPTED]), &element_of(0xa0, &[&data])]);
    *block = der::parse(&whole)?.remove(0);
    Some(())
}

/// MacData with SHA-256 and one iteration of the PKCS#12 key derivation (RFC 7292, appendix B), which is one
/// hash then.
fn mac_data(content: &[u8]) -> Vec<u8> {
    let password: Vec<u8> = "changeit\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let salt = SALT.iter().cycle().take(64);
    let input: Vec<u8> =
        [3; 64].iter().chain(salt).chain(password.iter().cycle().take(64)).copied().collect();
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(&input)).expect("a key of any length");
    mac.update(content);
    let id = element_of(6, &[&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]]);
    let algorithm = element_of(0x30, &[&id, &element_of(5, &[])]);
    let info = element_of(0x30, &[&algorithm, &element_of(4, &[&mac.finalize().into_bytes()])]);
    element_of(0x30, &[&info, &element_of(4, &[&SALT])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use truststore::{Integrity, Limits, Password, TrustStore, Unlock};

    #[test]
    fn what_is_signed_is_opened_with_the_password() {
        let password = Password::new("changeit");
        for name in ["odd/no-mac-plain.p12", "openssl/one-iteration.p12", "keytool/secrets.jceks"] {
            let path = format!("{}/../testdata/stores/{name}", env!("CARGO_MANIFEST_DIR"));
            let mut file = std::fs::read(path).unwrap();
            for seed in 0..200 {
                let signed = sign(&file).unwrap();
                let store =
                    TrustStore::from_bytes(signed, Unlock::WithUnverified(&password), &Limits::default())
                        .unwrap_or_else(|error| panic!("{name}: {error}"));
                assert!(store.integrity() != Integrity::Unchecked && !store.entries().is_empty());
                let mut nodes = der::parse(&file).unwrap_or_default();
                let _ = encrypted_instead(&mut nodes, &mut Chance::new(seed));
                if !nodes.is_empty() {
                    file = der::encode(&nodes);
                }
            }
        }
    }
}
