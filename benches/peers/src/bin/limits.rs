//! What no program can do without that does the same: reading, hashing, deriving keys, writing to disk.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

const USAGE: &str = "\
limits write FROM TO                  the write of an import: a temporary file, two fsyncs, a rename
limits copy FROM TO                   the same with two SHA-1 passes: what an import into a JKS costs
limits open FILE COUNT                PBKDF2, AES-256-CBC and MAC of COUNT iterations over a file
limits open-and-seal FROM TO COUNT    the same, and back, and the write: what an import into PKCS#12 costs
limits read-folder FOLDER             every file read
limits start                          nothing";

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const PASSWORD: &str = "changeit";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["write", from, to] => write(from, to),
        ["copy", from, to] => copy(from, to),
        ["open", file, count] => number(count).and_then(|count| open(file, count)).map(drop),
        ["open-and-seal", from, to, count] => number(count).and_then(|count| open_and_seal(from, to, count)),
        ["read-folder", folder] => read_folder(folder),
        ["start"] => Ok(()),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("limits: {error}");
            ExitCode::from(2)
        }
    }
}

/// Writes a file's bytes as an import does: under another name, to disk, into its place, the folder to disk.
fn write(from: &str, to: &str) -> Result {
    put(to, &fs::read(from)?)
}

/// The same, with the digest of what is read and the digest of what is written.
fn copy(from: &str, to: &str) -> Result {
    let bytes = fs::read(from)?;
    black_box(Sha1::digest(&bytes));
    black_box(Sha1::digest(&bytes));
    put(to, &bytes)
}

/// Derives both keys, decrypts the whole file's length and computes its MAC.
fn open(file: &str, count: u32) -> Result<Vec<u8>> {
    let mut bytes = fs::read(file)?;
    let whole = bytes.len() / 16 * 16;
    bytes.truncate(whole);
    let mode = cbc::Decryptor::<Aes256>::new_from_slices(&key(count), &[0; 16])?;
    mode.decrypt_padded::<NoPadding>(&mut bytes).map_err(|_| "no whole blocks")?;
    black_box(mac(&bytes, count)?);
    Ok(bytes)
}

fn open_and_seal(from: &str, to: &str, count: u32) -> Result {
    let mut bytes = open(from, count)?;
    let len = bytes.len();
    bytes.resize(len + 16, 0);
    let mode = cbc::Encryptor::<Aes256>::new_from_slices(&key(count), &[1; 16])?;
    mode.encrypt_padded::<Pkcs7>(&mut bytes, len).map_err(|_| "no room for the padding")?;
    black_box(mac(&bytes, count)?);
    put(to, &bytes)
}

fn read_folder(folder: &str) -> Result {
    let mut read = 0;
    for entry in fs::read_dir(folder)? {
        read += black_box(fs::read(entry?.path())?).len();
    }
    println!("{read} bytes");
    Ok(())
}

fn put(to: &str, bytes: &[u8]) -> Result {
    let to = Path::new(to);
    let folder = to.parent().ok_or("a file in a folder is expected")?;
    let temporary = to.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, to)?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn number(text: &str) -> Result<u32> {
    Ok(text.parse()?)
}

fn key(count: u32) -> [u8; 32] {
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(PASSWORD.as_bytes(), &[7; 20], count, &mut key);
    key
}

/// The MAC of a PKCS#12 store: the derivation of RFC 7292, appendix B.2, for one block, and one HMAC.
fn mac(bytes: &[u8], count: u32) -> Result<Vec<u8>> {
    let password: Vec<u8> = PASSWORD.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let mut input = vec![3; 64];
    input.extend([7; 20].iter().cycle().take(64));
    input.extend(password.iter().cycle().take(64));
    let mut key = Sha256::digest(&input);
    for _ in 1..count {
        key = Sha256::digest(key);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
    mac.update(bytes);
    Ok(mac.finalize().into_bytes().to_vec())
}
