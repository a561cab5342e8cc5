//! PKCS#12, JKS and PEM written by hand, with whatever a writer of good will would not write.

use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;

pub(crate) const OID_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
pub(crate) const OID_ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
pub(crate) const OID_ENCRYPTED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
pub(crate) const OID_SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const OID_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01];
const OID_X509: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
const OID_FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
const OID_LOCAL_KEY_ID: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
const OID_TRUSTED: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
const OID_ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
const OID_PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];
const OID_PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const OID_PBMAC1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0e];
const OID_PBE_3DES: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01, 0x03];
const OID_HMAC_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09];
const OID_SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const OID_AES256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a];

/// A DER element around parts that are joined.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        len @ 0..0x80 => out.push(len as u8),
        len => {
            let digits: Vec<u8> = len.to_be_bytes().into_iter().skip_while(|&b| b == 0).collect();
            out.push(0x80 | digits.len() as u8);
            out.extend(digits);
        }
    }
    out.extend(content);
    out
}

/// The same element in BER, with an indefinite length.
pub(crate) fn indefinite(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[tag, 0x80][..], &parts.concat(), &[0, 0]].concat()
}

pub(crate) fn seq(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

pub(crate) fn set(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x31, parts)
}

pub(crate) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(0x06, &[content])
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    tlv(0x04, &[content])
}

pub(crate) fn integer(value: u64) -> Vec<u8> {
    let bytes = [&[0][..], &value.to_be_bytes()].concat();
    let zeros = bytes.windows(2).take_while(|pair| pair[0] == 0 && pair[1] < 0x80).count();
    tlv(0x02, &[&bytes[zeros..]])
}

fn explicit(content: &[u8]) -> Vec<u8> {
    tlv(0xa0, &[content])
}

/// The smallest thing that has the frame of a certificate; names are raw contents of a Name.
pub(crate) fn certificate(number: u64, subject: &[u8], issuer: &[u8]) -> Vec<u8> {
    let time = tlv(0x17, &[b"300101000000Z"]);
    let tbs = seq(&[
        &integer(number),
        &seq(&[]),
        &seq(&[issuer]),
        &seq(&[&time, &time]),
        &seq(&[subject]),
        &seq(&[]),
    ]);
    seq(&[&tbs, &seq(&[]), &tlv(0x03, &[&[0]])])
}

/// The same with these fields behind its key.
pub(crate) fn certificate_with(rest: &[u8]) -> Vec<u8> {
    let time = tlv(0x17, &[b"300101000000Z"]);
    let version = explicit(&integer(2));
    let empty = seq(&[]);
    let validity = seq(&[&time, &time]);
    let tbs = seq(&[&version, &integer(1), &empty, &empty, &validity, &empty, &empty, rest]);
    seq(&[&tbs, &empty, &tlv(0x03, &[&[0]])])
}

/// A Name's contents with one common name.
pub(crate) fn common_name(text: &str) -> Vec<u8> {
    set(&[&seq(&[&oid(&[0x55, 4, 3]), &tlv(0x0c, &[text.as_bytes()])])])
}

pub(crate) fn attribute(id: &[u8], values: &[&[u8]]) -> Vec<u8> {
    seq(&[&oid(id), &set(values)])
}

pub(crate) fn friendly_name(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    attribute(OID_FRIENDLY_NAME, &[&tlv(0x1e, &[&units])])
}

pub(crate) fn local_key_id(id: &[u8]) -> Vec<u8> {
    attribute(OID_LOCAL_KEY_ID, &[&octets(id)])
}

pub(crate) fn trusted() -> Vec<u8> {
    attribute(OID_TRUSTED, &[&oid(OID_ANY_USAGE)])
}

/// Java's attribute in BER, nested as deep as BER lets it be.
pub(crate) fn trusted_ber() -> Vec<u8> {
    let usage = indefinite(0x30, &[&oid(OID_ANY_USAGE)]);
    indefinite(0x30, &[&oid(OID_TRUSTED), &indefinite(0x31, &[&usage])])
}

/// A friendlyName in BER, its string in segments.
pub(crate) fn friendly_name_ber(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let string = indefinite(0x3e, &[&tlv(0x1e, &[&units])]);
    indefinite(0x30, &[&oid(OID_FRIENDLY_NAME), &indefinite(0x31, &[&string])])
}

/// A SafeBag of this kind (the last arc), with its attributes in a SET, or none.
pub(crate) fn bag(kind: u8, value: &[u8], attributes: Option<&[&[u8]]>) -> Vec<u8> {
    let attributes = attributes.map(set).unwrap_or_default();
    seq(&[&oid(&[OID_BAG, &[kind]].concat()), &explicit(value), &attributes])
}

pub(crate) fn certificate_bag(der: &[u8], attributes: &[&[u8]]) -> Vec<u8> {
    bag(3, &certificate_value(der), Some(attributes))
}

pub(crate) fn certificate_value(der: &[u8]) -> Vec<u8> {
    seq(&[&oid(OID_X509), &explicit(&octets(der))])
}

/// A ContentInfo of type data around a SafeContents of these bags.
pub(crate) fn plain_block(bags: &[&[u8]]) -> Vec<u8> {
    data(&seq(bags))
}

pub(crate) fn data(content: &[u8]) -> Vec<u8> {
    seq(&[&oid(OID_DATA), &explicit(&octets(content))])
}

/// A ContentInfo of type encryptedData under this AlgorithmIdentifier.
pub(crate) fn encrypted_block(algorithm: &[u8], sealed: &[u8]) -> Vec<u8> {
    let info = seq(&[&oid(OID_DATA), algorithm, &tlv(0x80, &[sealed])]);
    seq(&[&oid(OID_ENCRYPTED), &explicit(&seq(&[&integer(0), &info]))])
}

pub(crate) fn pbes2(iterations: u64) -> Vec<u8> {
    let aes = seq(&[&oid(OID_AES256), &octets(&[0; 16])]);
    seq(&[&oid(OID_PBES2), &seq(&[&pbkdf2(iterations), &aes])])
}

fn pbkdf2(iterations: u64) -> Vec<u8> {
    let prf = seq(&[&oid(OID_HMAC_SHA256), &tlv(0x05, &[])]);
    seq(&[&oid(OID_PBKDF2), &seq(&[&octets(&[7; 8]), &integer(iterations), &integer(32), &prf])])
}

pub(crate) fn pbes1(iterations: u64) -> Vec<u8> {
    seq(&[&oid(OID_PBE_3DES), &seq(&[&octets(&[7; 8]), &integer(iterations)])])
}

/// An EncryptedPrivateKeyInfo that no password opens.
pub(crate) fn sealed_key(algorithm: &[u8]) -> Vec<u8> {
    seq(&[algorithm, &octets(&[0xa5; 32])])
}

/// A PFX around these blocks; `mac` makes the MacData for the AuthenticatedSafe.
pub(crate) fn pfx(blocks: &[&[u8]], mac: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let safe = seq(blocks);
    let mac = mac(&safe);
    seq(&[&integer(3), &data(&safe), &mac])
}

pub(crate) fn no_mac(_: &[u8]) -> Vec<u8> {
    Vec::new()
}

/// A MacData of SHA-256 whose value is not computed, for iterations that nobody is to do.
pub(crate) fn some_mac(iterations: u64) -> Vec<u8> {
    let algorithm = seq(&[&oid(OID_SHA256), &tlv(0x05, &[])]);
    seq(&[&seq(&[&algorithm, &octets(&[0; 32])]), &octets(&[7; 8]), &integer(iterations)])
}

/// PBMAC1 under `changeit`; the value is right where one iteration is asked for.
pub(crate) fn pbmac1(safe: &[u8], iterations: u64) -> Vec<u8> {
    let mut key = [0; 32];
    if iterations == 1 {
        pbkdf2::pbkdf2_hmac::<Sha256>(b"changeit", &[7; 8], 1, &mut key);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(safe);
    let value = mac.finalize().into_bytes();
    let hmac = seq(&[&oid(OID_HMAC_SHA256), &tlv(0x05, &[])]);
    let algorithm = seq(&[&oid(OID_PBMAC1), &seq(&[&pbkdf2(iterations), &hmac])]);
    seq(&[&seq(&[&algorithm, &octets(&value)]), &octets(b"NOT USED"), &integer(1)])
}

/// SignedData that signs nothing and has these certificates.
pub(crate) fn pkcs7(certificates: &[u8]) -> Vec<u8> {
    let signed =
        seq(&[&integer(1), &set(&[]), &seq(&[&oid(OID_DATA)]), &tlv(0xa0, &[certificates]), &set(&[])]);
    seq(&[&oid(OID_SIGNED), &explicit(&signed)])
}

/// A JKS or JCEKS file: the magic, version 2, a count, the entries as given, and the digest for
/// `changeit`.
pub(crate) fn records(magic: [u8; 4], count: u32, entries: &[u8]) -> Vec<u8> {
    use sha1::Digest as _;
    let mut file = [&magic[..], &2u32.to_be_bytes(), &count.to_be_bytes(), entries].concat();
    let password: Vec<u8> = "changeit".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let digest = sha1::Sha1::new()
        .chain_update(password)
        .chain_update(b"Mighty Aphrodite")
        .chain_update(&file)
        .finalize();
    file.extend_from_slice(&digest);
    file
}

pub(crate) const JKS: [u8; 4] = [0xfe, 0xed, 0xfe, 0xed];
pub(crate) const JCEKS: [u8; 4] = [0xce, 0xce, 0xce, 0xce];

/// A PKCS#12 store of one trusted certificate with this alias.
pub(crate) fn aliased(name: &str) -> Vec<u8> {
    let bag = certificate_bag(&certificate(1, b"", b""), &[&friendly_name(name), &trusted()]);
    pfx(&[&plain_block(&[&bag])], no_mac)
}

/// A certificate of this many bytes, which is not too few to have a frame.
pub(crate) fn certificate_of(len: usize) -> Vec<u8> {
    let with = |padding: usize| certificate(1, &vec![0; padding], b"");
    // The larger one needs more octets for its lengths.
    (30..120).map(|less| with(len - less)).find(|der| der.len() == len).unwrap_or_default()
}
