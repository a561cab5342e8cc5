//! Checking who signed a certificate (feature `signatures`).

use aws_lc_rs::signature::{self as lc, ParsedPublicKey, VerificationAlgorithm};

use super::algorithm::{HashAlgorithm, PssParameters, Scheme};
use super::key::{KeyAlgorithm, KeyParts};
use super::view::View;

/// Whether a certificate's signature is of an issuer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignatureCheck {
    /// The key made the signature.
    Valid,
    /// The key did not make the signature, or the certificate was changed since.
    Invalid,
    /// It cannot be checked here: why, as a clause.
    Unsupported(String),
}

impl View<'_> {
    /// Checks this certificate's signature with the issuer's public key; names, dates and extensions
    /// are not looked at.
    ///
    /// RSA PKCS#1 and ECDSA with SHA-1 and the SHA-2 family, RSA-PSS, Ed25519. MD2, MD5, DSA and Ed448
    /// are not checked.
    #[must_use]
    pub fn verify_signed_by(&self, issuer: &View<'_>) -> SignatureCheck {
        let algorithm = match self.verification_algorithm(issuer) {
            Ok(algorithm) => algorithm,
            Err(reason) => return SignatureCheck::Unsupported(reason),
        };
        let Some(key) = KeyParts::read(issuer.public_key_info) else {
            return SignatureCheck::Unsupported("the issuer's public key is not readable".to_owned());
        };
        match ParsedPublicKey::new(algorithm, key.key) {
            Ok(key) if key.verify_sig(self.tbs, self.signature).is_ok() => SignatureCheck::Valid,
            Ok(_) => SignatureCheck::Invalid,
            Err(e) => SignatureCheck::Unsupported(format!("the issuer's public key is refused: {e}")),
        }
    }

    /// Whether the certificate's own key signed it; `None` if it names another issuer.
    #[must_use]
    pub fn verify_self_signature(&self) -> Option<SignatureCheck> {
        self.is_self_issued().then(|| self.verify_signed_by(self))
    }

    fn verification_algorithm(
        &self,
        issuer: &View<'_>,
    ) -> Result<&'static dyn VerificationAlgorithm, String> {
        let name = || self.signature_algorithm_name();
        let unsupported = || format!("{} signatures are not checked here", name());
        let scheme = self.scheme().ok_or_else(unsupported)?;
        let key = issuer.public_key();
        let with = || format!("{} with a key {key} is not checked here", name());
        match (scheme, &key.algorithm) {
            (Scheme::RsaPkcs1(hash), KeyAlgorithm::Rsa) => {
                pkcs1(hash, key.bits.unwrap_or(0)).ok_or_else(with)
            }
            (Scheme::RsaPss(parameters), KeyAlgorithm::Rsa | KeyAlgorithm::RsaPss) => {
                pss(parameters, key.bits.unwrap_or(0)).ok_or_else(|| {
                    format!("{} with these parameters and a key {key} is not checked here", name())
                })
            }
            (Scheme::Ecdsa(hash), KeyAlgorithm::Ec(curve)) => ecdsa(curve, hash).ok_or_else(with),
            (Scheme::Ed25519, KeyAlgorithm::Ed25519) => Ok(&lc::ED25519),
            (Scheme::Dsa(_) | Scheme::Ed448, _) => Err(unsupported()),
            _ => Err(with()),
        }
    }
}

fn pkcs1(hash: HashAlgorithm, bits: u32) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (hash, bits) {
        (HashAlgorithm::Sha1, 1024..=8192) => &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (HashAlgorithm::Sha256, 1024..=8192) => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (HashAlgorithm::Sha384, 2048..=8192) => &lc::RSA_PKCS1_2048_8192_SHA384,
        (HashAlgorithm::Sha512, 1024..=8192) => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        _ => return None,
    })
}

/// aws-lc-rs takes a salt as long as the digest, and the same digest for the mask; others would be
/// called invalid, which they are not.
fn pss(parameters: PssParameters, bits: u32) -> Option<&'static dyn VerificationAlgorithm> {
    if parameters.mask_hash != parameters.hash || !(2048..=8192).contains(&bits) {
        return None;
    }
    Some(match (parameters.hash, parameters.salt_len) {
        (HashAlgorithm::Sha256, 32) => &lc::RSA_PSS_2048_8192_SHA256,
        (HashAlgorithm::Sha384, 48) => &lc::RSA_PSS_2048_8192_SHA384,
        (HashAlgorithm::Sha512, 64) => &lc::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

fn ecdsa(curve: &str, hash: HashAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match (curve, hash) {
        ("P-256", HashAlgorithm::Sha1) => &lc::ECDSA_P256_SHA1_ASN1,
        ("P-256", HashAlgorithm::Sha256) => &lc::ECDSA_P256_SHA256_ASN1,
        ("P-256", HashAlgorithm::Sha384) => &lc::ECDSA_P256_SHA384_ASN1,
        ("P-256", HashAlgorithm::Sha512) => &lc::ECDSA_P256_SHA512_ASN1,
        ("secp256k1", HashAlgorithm::Sha256) => &lc::ECDSA_P256K1_SHA256_ASN1,
        ("P-384", HashAlgorithm::Sha256) => &lc::ECDSA_P384_SHA256_ASN1,
        ("P-384", HashAlgorithm::Sha384) => &lc::ECDSA_P384_SHA384_ASN1,
        ("P-384", HashAlgorithm::Sha512) => &lc::ECDSA_P384_SHA512_ASN1,
        ("P-521", HashAlgorithm::Sha1) => &lc::ECDSA_P521_SHA1_ASN1,
        ("P-521", HashAlgorithm::Sha224) => &lc::ECDSA_P521_SHA224_ASN1,
        ("P-521", HashAlgorithm::Sha256) => &lc::ECDSA_P521_SHA256_ASN1,
        ("P-521", HashAlgorithm::Sha384) => &lc::ECDSA_P521_SHA384_ASN1,
        ("P-521", HashAlgorithm::Sha512) => &lc::ECDSA_P521_SHA512_ASN1,
        _ => return None,
    })
}
