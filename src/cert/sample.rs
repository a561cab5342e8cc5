//! Certificates for unit tests, put together octet by octet; their signatures are noise.

use super::Certificate;
use crate::ber::{self, der};

/// What a sample certificate says.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) subject: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) not_before: &'static str,
    pub(crate) not_after: &'static str,
    pub(crate) extensions: Vec<Vec<u8>>,
    /// An AlgorithmIdentifier; SHA-256 with RSA unless set.
    pub(crate) algorithm: Vec<u8>,
    /// A SubjectPublicKeyInfo; RSA 2048 unless set.
    pub(crate) key: Vec<u8>,
}

impl Sample {
    /// A self-issued CA, valid from 2020 to 2050.
    pub(crate) fn root(common_name: &str) -> Self {
        let name = name(common_name);
        Self {
            subject: name.clone(),
            issuer: name,
            not_before: "200101000000Z",
            not_after: "491231235959Z",
            extensions: vec![
                extension(&[0x55, 0x1d, 0x13], true, &[0x30, 3, 1, 1, 0xff]),
                extension(&[0x55, 0x1d, 0x0f], true, &[3, 2, 1, 6]),
            ],
            algorithm: rsa_with(11),
            key: rsa_key(256),
        }
    }

    /// A server certificate under the CA of that name.
    pub(crate) fn leaf(common_name: &str, issuer: &str) -> Self {
        Self {
            issuer: name(issuer),
            extensions: vec![extension(&[0x55, 0x1d, 0x13], true, &[0x30, 0])],
            ..Self::root(common_name)
        }
    }

    pub(crate) fn build(&self) -> Certificate {
        let validity =
            [der(0x17, &[self.not_before.as_bytes()]), der(0x17, &[self.not_after.as_bytes()])].concat();
        let mut tbs = Vec::new();
        if !self.extensions.is_empty() {
            tbs.extend(der(ber::CONTEXT_0, &[&[2, 1, 2]]));
        }
        tbs.extend([2, 2, 0x10, 1]);
        tbs.extend(&self.algorithm);
        tbs.extend(&self.issuer);
        tbs.extend(der(ber::SEQUENCE, &[&validity]));
        tbs.extend(&self.subject);
        tbs.extend(&self.key);
        if !self.extensions.is_empty() {
            tbs.extend(der(0xa3, &[&der(ber::SEQUENCE, &[&self.extensions.concat()])]));
        }
        let tbs = der(ber::SEQUENCE, &[&tbs]);
        let signature = der(ber::BIT_STRING, &[&[0], &[0x5a; 64]]);
        Certificate::from_der(der(ber::SEQUENCE, &[&tbs, &self.algorithm, &signature]))
    }
}

/// A name of one UTF8String common name.
pub(crate) fn name(common_name: &str) -> Vec<u8> {
    name_of(&[(&[0x55, 4, 3], 0x0c, common_name.as_bytes())])
}

/// A name of one attribute per RDN: identifier, tag, value.
pub(crate) fn name_of(attributes: &[(&[u8], u8, &[u8])]) -> Vec<u8> {
    let rdns: Vec<u8> = attributes
        .iter()
        .flat_map(|(id, tag, value)| {
            let attribute = der(ber::SEQUENCE, &[&der(ber::OID, &[id]), &der(*tag, &[value])]);
            der(ber::SET, &[&attribute])
        })
        .collect();
    der(ber::SEQUENCE, &[&rdns])
}

pub(crate) fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    der(ber::SEQUENCE, &[&der(ber::OID, &[id]), critical, &der(ber::OCTET_STRING, &[value])])
}

/// 1.2.840.113549.1.1.`last`: 2 MD2, 4 MD5, 5 SHA-1, 11 SHA-256.
pub(crate) fn rsa_with(last: u8) -> Vec<u8> {
    let id = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last];
    der(ber::SEQUENCE, &[&der(ber::OID, &[&id]), &[ber::NULL, 0]])
}

/// An RSA key with a modulus of this many octets.
pub(crate) fn rsa_key(octets: usize) -> Vec<u8> {
    let modulus = der(ber::INTEGER, &[&[0], &vec![0xc5; octets]]);
    let key = der(ber::SEQUENCE, &[&modulus, &[2, 3, 1, 0, 1]]);
    der(ber::SEQUENCE, &[&rsa_with(1), &der(ber::BIT_STRING, &[&[0], &key])])
}
