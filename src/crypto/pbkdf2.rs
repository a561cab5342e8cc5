//! PBKDF2 as an algorithm identifier, which PBES2 and PBMAC1 have in common.
//!
//! ```text
//! PBKDF2-params ::= SEQUENCE {                             -- RFC 8018, appendix A.2
//!     salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
//!     iterationCount INTEGER (1..MAX),
//!     keyLength INTEGER (1..MAX) OPTIONAL,
//!     prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
//! ```

use zeroize::Zeroizing;

use super::algorithm::{self, Algorithm};
use super::kdf::{Derivation, Function};
use super::{Hash, Secret};
use crate::ber::{self, Reader};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// The parameters of PBKDF2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pbkdf2 {
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u64,
    pub(super) key_len: Option<u64>,
    pub(super) prf: Hash,
}

impl Pbkdf2 {
    /// Reads the AlgorithmIdentifier of a key derivation; `of` is the scheme it belongs to.
    pub(super) fn read(fields: &mut Reader<'_>, of: &str) -> Result<Self> {
        let function = Algorithm::read(fields, "key derivation function")?;
        if function.id != algorithm::PBKDF2 {
            return Err(function.unsupported(&format!("{of} with the key derivation"), "PBKDF2"));
        }
        let mut fields = function.fields("PBKDF2")?;
        if fields.rest().first() == Some(&ber::SEQUENCE) {
            return Err(Error::unsupported(format!(
                "{of} with a salt from another source is not supported: expected the salt itself"
            )));
        }
        let salt = fields.octet_string("salt")?.into_owned();
        let iterations = algorithm::iterations(&mut fields)?;
        let key_len = fields.optional(ber::INTEGER)?.map(|len| len.unsigned("keyLength")).transpose()?;
        let prf = if fields.is_empty() {
            Hash::Sha1
        } else {
            let prf = Algorithm::read(&mut fields, "prf")?;
            Hash::of_hmac(prf.id).ok_or_else(|| {
                prf.unsupported("PBKDF2 with the function", "HMAC with SHA-1 or a member of SHA-2")
            })?
        };
        fields.finish("PBKDF2")?;
        Ok(Self { salt, iterations, key_len, prf })
    }

    /// The AlgorithmIdentifier. DER leaves out the default prf.
    pub(super) fn encode(&self) -> Vec<u8> {
        let key_len = self.key_len.map(ber::der_unsigned).unwrap_or_default();
        let prf = if self.prf == Hash::Sha1 { Vec::new() } else { self.prf.hmac_algorithm() };
        let salt = ber::der(ber::OCTET_STRING, &[&self.salt]);
        let parameters =
            ber::der(ber::SEQUENCE, &[&salt, &ber::der_unsigned(self.iterations), &key_len, &prf]);
        ber::der(ber::SEQUENCE, &[&ber::der(ber::OID, &[algorithm::PBKDF2]), &parameters])
    }

    /// Derives a key of `len` octets, after the work has been booked.
    pub(super) fn derive(
        &self,
        secret: Secret<'_>,
        len: usize,
        limits: &Limits,
    ) -> Result<Zeroizing<Vec<u8>>> {
        let (salt, iterations) = (self.salt.as_slice(), self.iterations);
        Derivation { function: Function::Pbkdf2, hash: self.prf, salt, iterations, len }
            .octets(secret, limits)
    }
}
