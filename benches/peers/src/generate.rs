//! Certificates by the hundred thousand, and JKS stores of them, without the library that is measured.
//!
//! A template has the number `0123456` in its names; each certificate has its own number there and in the
//! serial number, and is signed with the template's key, if somebody is going to check the signature.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::thread;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64ct::{Base64, Encoding};
use sha1::{Digest, Sha1};

use crate::Result;

/// 2024-01-01, in milliseconds.
const CREATED: u64 = 1_704_067_200_000;
const PASSWORD: &str = "changeit";
const PLACE: &[u8] = b"0123456";

pub fn certificates(template: &str, key: &str, count: u32, signed: bool, out: &str) -> Result {
    let template = Template::new(fs::read(template)?)?;
    let key = KeyPair::from_der(&fs::read(key)?)?;
    let mut writer = Writer::new(out, count)?;
    // Signing takes long, and a block of certificates is small.
    for start in (0..count).step_by(10_000) {
        let middle = (start + 5_000).min(count);
        let end = (start + 10_000).min(count);
        let make = |range: std::ops::Range<u32>| {
            range.map(|number| template.certificate(number, signed.then_some(&key))).collect::<Vec<_>>()
        };
        let (first, second) = thread::scope(|scope| {
            let first = scope.spawn(|| make(start..middle));
            let second = make(middle..end);
            (first.join().expect("no panic"), second)
        });
        for (number, der) in (start..).zip(first.iter().chain(&second)) {
            writer.entry(&format!("root-{number:07}"), der)?;
        }
    }
    writer.finish()
}

/// The first entries of a store, as a store.
pub fn take(store: &str, count: u32, out: &str) -> Result {
    let bytes = fs::read(store)?;
    let mut writer = Writer::new(out, count)?;
    for (alias, der) in Entries(&bytes[12..]).take(count as usize) {
        writer.entry(alias, der)?;
    }
    writer.finish()
}

pub fn pem(store: &str, folder: &str) -> Result {
    fs::create_dir_all(folder)?;
    let bytes = fs::read(store)?;
    for (alias, der) in Entries(&bytes[12..]) {
        let base64 = Base64::encode_string(der);
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in base64.as_bytes().chunks(64) {
            text.push_str(std::str::from_utf8(line)?);
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
        fs::write(format!("{folder}/{alias}.pem"), text)?;
    }
    Ok(())
}

/// A self-signed RSA certificate, and where in it the numbers are.
struct Template {
    der: Vec<u8>,
    serial: usize,
    places: Vec<usize>,
    /// The octets that are signed.
    signed: std::ops::Range<usize>,
    signature: usize,
}

impl Template {
    fn new(der: Vec<u8>) -> Result<Self> {
        // SEQUENCE, SEQUENCE, [0] { INTEGER 2 }, INTEGER of 16 octets: openssl was told to write these.
        if der.get(8..15) != Some(&[0xa0, 3, 2, 1, 2, 2, 16]) {
            return Err("the template's serial number is not where it is expected".into());
        }
        let length = usize::from(u16::from_be_bytes([der[6], der[7]]));
        let places: Vec<usize> = (0..der.len()).filter(|&at| der[at..].starts_with(PLACE)).collect();
        if places.is_empty() {
            return Err("the template has no place for a number".into());
        }
        Ok(Self { serial: 15, places, signed: 4..8 + length, signature: der.len() - 256, der })
    }

    fn certificate(&self, number: u32, key: Option<&KeyPair>) -> Vec<u8> {
        let mut der = self.der.clone();
        // Serial numbers of real CAs look random; the number in it keeps them apart.
        let scattered = u64::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        der[self.serial + 4..self.serial + 12].copy_from_slice(&scattered.to_be_bytes());
        for &place in &self.places {
            der[place..place + PLACE.len()].copy_from_slice(format!("{number:07}").as_bytes());
        }
        if let Some(key) = key {
            let mut signature = [0; 256];
            key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &der[self.signed.clone()], &mut signature)
                .expect("the key is one of 2048 bits");
            der[self.signature..].copy_from_slice(&signature);
        }
        der
    }
}

/// Writes a JKS: the entries and their digest.
struct Writer {
    file: BufWriter<File>,
    digest: Sha1,
}

impl Writer {
    fn new(out: &str, count: u32) -> Result<Self> {
        let mut digest = Sha1::new();
        digest.update(PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
        digest.update(b"Mighty Aphrodite");
        let mut writer = Self { file: BufWriter::new(File::create(out)?), digest };
        writer.put(&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2])?;
        writer.put(&count.to_be_bytes())?;
        Ok(writer)
    }

    fn entry(&mut self, alias: &str, der: &[u8]) -> Result {
        self.put(&[0, 0, 0, 2])?;
        self.text(alias)?;
        self.put(&CREATED.to_be_bytes())?;
        self.text("X.509")?;
        self.put(&u32::try_from(der.len())?.to_be_bytes())?;
        self.put(der)
    }

    fn finish(mut self) -> Result {
        let digest = std::mem::take(&mut self.digest).finalize();
        self.file.write_all(&digest)?;
        self.file.flush()?;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result {
        self.put(&u16::try_from(text.len())?.to_be_bytes())?;
        self.put(text.as_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> Result {
        self.digest.update(bytes);
        self.file.write_all(bytes)?;
        Ok(())
    }
}

/// The aliases and certificates of a JKS that [`Writer`] wrote, from behind its count on.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        // Only the digest is left.
        if self.0.len() <= 20 {
            return None;
        }
        let (_tag, rest) = self.0.split_at(4);
        let (alias, rest) = split(rest, 2);
        let (_created, rest) = rest.split_at(8);
        let (_kind, rest) = split(rest, 2);
        let (der, rest) = split(rest, 4);
        self.0 = rest;
        Some((std::str::from_utf8(alias).expect("an alias of ours"), der))
    }
}

/// What a length of so many octets counts, and what is behind it.
fn split(bytes: &[u8], octets: usize) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_at(octets);
    rest.split_at(length.iter().fold(0, |length, &octet| length << 8 | usize::from(octet)))
}
