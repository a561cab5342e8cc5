//! What an independent reader finds in the bytes of a PKCS#12 store.
//!
//! `p12-keystore` shares no code of ours but the ciphers, so a fault of our writer would have to be one
//! of its own as well to go unseen. It reads less than Java does; what it cannot read says nothing
//! about the bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use p12_keystore::error::Error as ReaderError;
use p12_keystore::{CertificateBag, Pkcs12Archive};
use zeroize::Zeroizing;

use super::sealed_bag::SealedBag;
use crate::bag::BagKind;
use crate::cert::Certificate;
use crate::crypto::mac::MacKind;
use crate::format::ReadBack;
use crate::parallel;
use crate::store::pkcs12::{BagId, Pfx, Protection, Role};
use crate::store::residue::Residue;
use crate::store::{Entry, HiddenReason, JavaView, TrustStore};

/// The reader's own bound for one key derivation.
const MOST_ITERATIONS_EACH: u64 = 1_000_000;
/// For all of them, since it opens every private key: some seconds.
const MOST_ITERATIONS: u64 = 5_000_000;

/// Reads the bytes that `store` was written as with `p12-keystore`, and compares the certificates by
/// their DER, each as often as it occurs.
///
/// ```
/// use truststore::{Format, Password, ReadBack, SystemRandom, TrustStore, read_back};
///
/// let store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
/// let bytes = store.to_bytes(&mut SystemRandom)?;
/// assert_eq!(read_back(&bytes, &store), ReadBack::Agrees);
/// # Ok::<(), truststore::Error>(())
/// ```
#[must_use]
pub fn read_back(bytes: &[u8], store: &TrustStore) -> ReadBack {
    read_again(bytes, store).0
}

/// As [`read_back`], with what the reader made, which takes a while to be given back.
pub(crate) fn read_again(bytes: &[u8], store: &TrustStore) -> (ReadBack, Option<Pkcs12Archive>) {
    let Residue::Pkcs12(pfx) = &store.residue else {
        return (ReadBack::Cannot(format!("it does not read {}", store.format())), None);
    };
    if let Some(reason) = too_expensive(pfx) {
        return (ReadBack::Cannot(reason), None);
    }
    // No trailing bytes: it takes none, and they are kept as they were.
    let bytes = bytes.get(..bytes.len().saturating_sub(pfx.trailing.len())).unwrap_or_default();
    let password = store.password().map_or("", |password| password.as_str());
    keep_freed(bytes.len());
    let found = survived(|| Pkcs12Archive::from_pkcs12(bytes, password));
    overwrite_freed(password);
    let outcome = match &found {
        Some(Ok(found)) if agrees_in_order(store, found, bytes.len()) => ReadBack::Agrees,
        Some(Ok(found)) => Expected::of(pfx).compare(&found.certs),
        // It computes this MAC as we do, but for an empty password's NULL form.
        Some(Err(ReaderError::MacError(_))) if !pfx.null_password => {
            ReadBack::Disagrees("it finds that the MAC does not fit".to_owned())
        }
        Some(Err(error)) => ReadBack::Cannot(reason(error, pfx)),
        None => ReadBack::Cannot("it panicked".to_owned()),
    };
    (outcome, found.and_then(Result::ok))
}

/// The reader copies the whole store again and again, and gives each copy back. glibc asks the system for the memory of
/// a large block alone, and returns it, until it has seen one of that size given back; from then on it keeps them, so
/// that the next copy does not need memory that was never touched. Elsewhere this does nothing.
fn keep_freed(len: usize) {
    // The largest that it learns from is one of 32 MiB.
    const MOST: usize = (32 << 20) - 4096;
    let mut block = Vec::<u8>::new();
    // Nothing is put into it, and it need not be had.
    let _ = block.try_reserve_exact(len.saturating_mul(2).min(MOST));
    drop(std::hint::black_box(block));
}

/// The reader's key derivation gives back memory in which the password stands as UTF-16. What was given back
/// last is what an allocator hands out first, so blocks of that size are taken and overwritten.
fn overwrite_freed(password: &str) {
    let len = password.encode_utf16().count() * 2;
    let taken: Vec<Zeroizing<Vec<u8>>> = (0..BLOCKS)
        .map(|block| {
            let mut octets = Zeroizing::new(Vec::with_capacity(len + block % 3));
            octets.resize(len + block % 3, 0xff);
            octets
        })
        .collect();
    std::hint::black_box(&taken);
}

/// More than a reader frees for the MAC and a few encrypted parts.
const BLOCKS: usize = 64;

/// What `read` returns, unless it panics: a fault of somebody else's reader is none of the bytes'.
fn survived<T>(read: impl FnOnce() -> T) -> Option<T> {
    // Whatever it has left half done is gone with it.
    catch_unwind(AssertUnwindSafe(read)).ok()
}

/// Whether each entry is there, in its place and under its alias, and nothing else: what nearly every store can be told
/// by without sorting its certificates. `octets` is how large the store is.
fn agrees_in_order(store: &TrustStore, found: &Pkcs12Archive, octets: usize) -> bool {
    let (entries, certificates) = (store.entries(), &found.certs);
    if !(found.keys.is_empty() && found.secrets.is_empty() && entries.len() == certificates.len()) {
        return false;
    }
    let agree = |(entry, found): (&Entry, &CertificateBag)| {
        own_certificate(entry).is_some_and(|own| own.der() == found.cert.as_der())
            && found.friendly_name.as_deref() == Some(entry.name())
    };
    let half = entries.len() / 2;
    let all = |skip, take| entries.iter().zip(certificates).skip(skip).take(take).all(agree);
    let (first, second) = parallel::both(octets, || all(0, half), || all(half, usize::MAX));
    first && second
}

/// The certificates that it should find.
struct Expected {
    certificates: Vec<Certificate>,
    /// How many are in a SafeContents inside a bag, which it skips.
    nested: usize,
}

impl Expected {
    fn of(pfx: &Pfx) -> Self {
        let mut certificates = Vec::with_capacity(pfx.len());
        let mut nested = 0;
        for id in pfx.in_order().filter(|&id| pfx.role(id).is_certificate()) {
            let Some(bag) = pfx.bag(id) else { continue };
            let BagKind::Certificate(certificate) = bag.kind() else { continue };
            match pfx.is_nested(id) {
                true => nested += 1,
                false => certificates.push(certificate.clone()),
            }
        }
        Self { certificates, nested }
    }

    fn compare(&self, found: &[CertificateBag]) -> ReadBack {
        let expected = self.certificates.iter().map(Certificate::der);
        // Each as often as it occurs. Sorting looks at a few octets of each, hashing at all.
        let mut all: Vec<(usize, &[u8], i64)> = expected.map(|der| (der.len(), der, 1)).collect();
        all.extend(found.iter().map(|bag| bag.cert.as_der()).map(|der| (der.len(), der, -1)));
        all.sort_unstable();
        let (mut missing, mut unexpected) = (0, 0);
        for same in all.chunk_by(|(_, a, _), (_, b, _)| a == b) {
            match same.iter().map(|(_, _, count)| count).sum::<i64>() {
                more @ 1.. => missing += more,
                fewer => unexpected -= fewer,
            }
        }
        match (missing, unexpected, self.nested) {
            (0, 0, 0) => ReadBack::Agrees,
            (0, 0, nested) => ReadBack::Cannot(format!(
                "it does not look into nested SafeContents, where {nested} of the certificates are"
            )),
            _ => ReadBack::Disagrees(format!(
                "of the certificates that were to be written it misses {missing}, and it finds {unexpected} \
                 others"
            )),
        }
    }
}

/// The certificate of an entry that is one, and that has an alias which no other has.
fn own_certificate(entry: &Entry) -> Option<&Certificate> {
    let is_own = entry.is_certificate()
        && entry.alias() == Some(entry.name())
        && entry.java_view() != &JavaView::Hidden(HiddenReason::Nested);
    entry.certificate().filter(|_| is_own)
}

/// What it would cost to let it open everything, if that is too much.
fn too_expensive(pfx: &Pfx) -> Option<String> {
    let mut counts: Vec<u64> = pfx.mac.iter().map(|mac| mac.iterations).collect();
    for block in &pfx.blocks {
        if let Protection::Sealed(seal) = block.protection {
            counts.push(seal.iterations);
        }
    }
    let sealed = |&id: &BagId| matches!(pfx.role(id), Role::Secret | Role::ShroudedKey);
    for bag in pfx.in_order().filter(sealed).filter_map(|id| pfx.bag(id)) {
        match SealedBag::of(&bag, pfx.max_depth) {
            Ok(Some(sealed)) => counts.push(sealed.seal().iterations),
            Ok(None) => {}
            // Among what we do not open is scrypt, which it does, whatever the memory.
            Err(error) => return Some(format!("a private key it must open: {}", error.message())),
        }
    }
    if let Some(most) = counts.iter().find(|&&count| count > MOST_ITERATIONS_EACH) {
        return Some(format!("{most} iterations, it does at most {MOST_ITERATIONS_EACH}"));
    }
    let total: u64 = counts.iter().sum();
    (total > MOST_ITERATIONS).then(|| {
        format!("{total} iterations in all for every key it must open, at most {MOST_ITERATIONS} are spent")
    })
}

fn reason(error: &ReaderError, pfx: &Pfx) -> String {
    let kind = match pfx.mac.map(|mac| mac.kind) {
        Some(kind @ MacKind::Pbmac1 { .. }) => format!(" (the MAC is {})", kind.name()),
        _ => String::new(),
    };
    format!("it fails with \"{error}\"{kind}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SystemRandom;
    use crate::format::Unlock;
    use crate::limits::Limits;
    use crate::password::Password;
    use crate::store::Format;

    const ROOTS: [&[u8]; 2] = [
        include_bytes!("../../../testdata/inputs/corp-root.der"),
        include_bytes!("../../../testdata/inputs/folder/root-rsa.der"),
    ];

    fn store_of(certificates: &[&'static [u8]], password: Option<&str>) -> TrustStore {
        let mut store = match password {
            Some(password) => TrustStore::new(Format::Pkcs12, Password::new(password)),
            None => TrustStore::new_without_password(),
        };
        for (number, der) in certificates.iter().enumerate() {
            store.insert(&format!("root-{number}"), Certificate::from_der(*der), 0).unwrap();
        }
        store
    }

    fn outcome(name: &str) -> ReadBack {
        let path = format!("{}/testdata/stores/{name}", env!("CARGO_MANIFEST_DIR"));
        let store =
            TrustStore::from_bytes(std::fs::read(path).unwrap(), Unlock::Defaults, &Limits::default());
        let mut store = store.unwrap();
        store.insert("new", Certificate::from_der(ROOTS[1]), 0).unwrap();
        read_back(&store.to_bytes(&mut SystemRandom).unwrap(), &store)
    }

    #[test]
    fn a_panic_of_the_reader_is_no_panic_of_ours() {
        assert_eq!(survived(|| "read"), Some("read"));
        assert_eq!(survived(|| Vec::<u8>::new()[0]), None);
    }

    #[test]
    fn it_agrees_with_what_we_write() {
        for password in [Some("changeit"), Some(""), Some("pässwörd"), None] {
            let store = store_of(&ROOTS, password);
            let bytes = store.to_bytes(&mut SystemRandom).unwrap();
            assert_eq!(read_back(&bytes, &store), ReadBack::Agrees, "{password:?}");
        }
        for name in ["keytool/three.p12", "keytool/mixed.p12", "keytool/legacy.p12", "odd/same-name.p12"] {
            assert_eq!(outcome(name), ReadBack::Agrees, "{name}");
        }
    }

    #[test]
    fn a_writer_that_loses_or_changes_a_certificate_is_caught() {
        let store = store_of(&ROOTS, Some("changeit"));
        let mut doubled = store_of(&ROOTS, Some("changeit"));
        doubled.insert("again", Certificate::from_der(ROOTS[0]), 0).unwrap();
        for other in [&ROOTS[..1], &[], &[ROOTS[0], ROOTS[0]]] {
            let bytes = store_of(other, Some("changeit")).to_bytes(&mut SystemRandom).unwrap();
            assert!(matches!(read_back(&bytes, &store), ReadBack::Disagrees(_)), "{}", other.len());
            assert!(matches!(read_back(&bytes, &doubled), ReadBack::Disagrees(_)), "{}", other.len());
        }
        // Without MAC and encryption: one octet of a signature.
        let clear = store_of(&ROOTS, None);
        let mut bytes = clear.to_bytes(&mut SystemRandom).unwrap().to_vec();
        let end = bytes.windows(8).position(|w| ROOTS[0].ends_with(w)).unwrap();
        bytes[end + 7] ^= 1;
        assert!(matches!(read_back(&bytes, &clear), ReadBack::Disagrees(_)));
    }

    #[test]
    fn a_wrong_mac_is_caught() {
        let store = store_of(&ROOTS, Some("changeit"));
        let other = store_of(&ROOTS, Some("other"));
        let bytes = other.to_bytes(&mut SystemRandom).unwrap();
        assert!(matches!(read_back(&bytes, &store), ReadBack::Disagrees(_)));
    }

    #[test]
    fn what_it_cannot_read_is_no_disagreement() {
        for name in [
            "odd/ber-indefinite.p12",
            "odd/crl-bag.p12",
            "odd/key-other-password.p12",
            "odd/long-salt.p12",
            "odd/mac-null-password.p12",
            "odd/nested-safe-contents.p12",
            "odd/pbmac1-sha256.p12",
            "odd/sdsi-cert-bag.p12",
            "odd/secret-bag-unknown-type.p12",
            "odd/trailing-bytes.p12",
            "odd/unknown-attributes.p12",
            "odd/unknown-bag-type.p12",
            "odd/unparsable-cert.p12",
            "keytool/pbe-hmacsha1-aes128.p12",
            "keytool/pbe-sha1-rc2-128.p12",
            "keytool/long-serial.p12",
            "keytool/secrets.p12",
            "java/lone-surrogate.p12",
            "bouncycastle/trusted-ber.p12",
        ] {
            let outcome = outcome(name);
            assert!(!matches!(outcome, ReadBack::Disagrees(_)), "{name}: {outcome:?}");
        }
        for name in ["odd/nested-safe-contents.p12", "odd/pbmac1-sha256.p12", "odd/key-other-password.p12"] {
            let outcome = outcome(name);
            assert!(matches!(outcome, ReadBack::Cannot(_)), "{name}: {outcome:?}");
        }
    }

    #[test]
    fn it_is_not_asked_to_work_too_hard() {
        let store = store_of(&ROOTS, Some("changeit"));
        let bytes = store.to_bytes(&mut SystemRandom).unwrap();
        let mut costly = store_of(&ROOTS, Some("changeit"));
        if let Residue::Pkcs12(pfx) = &mut costly.residue {
            pfx.mac.as_mut().unwrap().iterations = 4_000_000;
        }
        let outcome = read_back(&bytes, &costly);
        assert!(matches!(&outcome, ReadBack::Cannot(why) if why.contains("4000000")), "{outcome:?}");
    }
}
