//! Any certificates as what a server sends: the explanation decides as the handshake does. In every second
//! case, each signature counts as valid, so that mutated chains get past it.
#![no_main]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, UnixTime,
};
use truststore::tls::{default_provider, server_name};
use truststore::{Certificate, Format, Password, TrustStore, read_bytes};
use truststore_fuzz::chance::digest;
use truststore_fuzz::{checks, der, mutated};

const HOSTS: [&str; 4] = ["mail.example.com", "a_b.example.com", "192.0.2.1", "[2001:db8::1]"];
/// Before, in and after the years that the certificates of `testdata` are for, and the ends of time.
const TIMES: [i64; 6] = [0, 1_704_067_200, 1_767_225_600, 2_366_841_600, i64::MAX, i64::MIN];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let choice = digest(bytes);
    let Ok(found) = read_bytes("chain", bytes.to_vec().into(), &checks::limits()) else { return };
    let mut chain: Vec<Certificate> = found.certificates.into_iter().map(|found| found.certificate).collect();
    chain.truncate(12);
    let mut store = TrustStore::new(Format::Pkcs12, Password::new(""));
    for (number, certificate) in chain.iter().enumerate() {
        if choice >> number & 1 == 1 {
            store.insert(&number.to_string(), certificate.clone(), 0).expect("an alias of its own");
        }
    }
    // A root is rarely sent.
    if choice >> 12 & 1 == 1 && chain.len() > 1 {
        chain.pop();
    }
    let provider = if choice >> 13 & 1 == 1 { default_provider() } else { CREDULOUS.clone() };
    let verifier = store.verifier(provider).with_common_name_fallback(choice >> 14 & 1 == 1);
    let host = HOSTS[choice >> 15 & 3];
    let now = TIMES[(choice >> 17) % TIMES.len()];

    let decision = verifier.decide(&chain, Some(host), now).expect("a host name");
    let text = format!("{:?} {:?}", decision, decision.refusal.as_ref().map(|refusal| refusal.remedy()));
    assert!(!text.is_empty());
    assert_eq!(decision.is_trusted(), decision.anchor.is_some());
    let unnamed = verifier.decide(&chain, None, now).expect("no name");
    assert!(unnamed.is_trusted() || !decision.is_trusted(), "a name makes nothing trusted");

    let sent: Vec<_> = chain.iter().map(|certificate| CertificateDer::from(certificate.der())).collect();
    let Some((end_entity, intermediates)) = sent.split_first() else { return };
    let name = server_name(host).expect("a host name");
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or(0)));
    let verified = verifier.verify_server_cert(end_entity, intermediates, &name, &[], now);
    assert_eq!(verified.is_ok(), decision.is_trusted(), "{decision:?} {verified:?}");
});

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutated(data, size, max_size, seed, der::mutate, libfuzzer_sys::fuzzer_mutate)
});

/// The algorithms of the real provider, to each of which every signature is valid.
static CREDULOUS: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = CryptoProvider::clone(&default_provider());
    let real = provider.signature_verification_algorithms;
    let all: Vec<&'static dyn SignatureVerificationAlgorithm> = real
        .all
        .iter()
        .map(|real| &*Box::leak(Box::new(Credulous(*real))) as &dyn SignatureVerificationAlgorithm)
        .collect();
    provider.signature_verification_algorithms =
        WebPkiSupportedAlgorithms { all: all.leak(), mapping: real.mapping };
    Arc::new(provider)
});

#[derive(Debug)]
struct Credulous(&'static dyn SignatureVerificationAlgorithm);

impl SignatureVerificationAlgorithm for Credulous {
    fn verify_signature(&self, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), InvalidSignature> {
        Ok(())
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.0.public_key_alg_id()
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.0.signature_alg_id()
    }
}
