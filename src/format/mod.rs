//! Codecs: bytes to a store and back. The format is found from the bytes, never from a file's name.

mod ahead;
mod container;
mod java_object;
mod jks;
mod key_record;
mod modified_utf8;
mod password;
mod pkcs12;
mod private_key;

use bytes::Bytes;

use crate::crypto::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::octets::{KeyedSha1, Octets};
use crate::password::Password;
use crate::store::{Format, Integrity, TrustStore};

pub(crate) use ahead::Ahead;
pub use container::{BlockInfo, ContainerInfo, MacInfo};
pub use password::PasswordChange;
#[cfg(feature = "readback")]
pub(crate) use pkcs12::readback::read_again;
#[cfg(feature = "readback")]
pub use pkcs12::readback::read_back;

/// With what a store is to be opened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Unlock<'a> {
    /// With this password and no other. A file without MAC is refused (`MacMissing`): someone may have
    /// stripped it.
    With(&'a Password),
    /// With this password; a file without MAC is read, its integrity being [`Integrity::None`].
    WithUnverified(&'a Password),
    /// With the Java world's default `changeit`, else the empty password; a JKS or JCEKS file that
    /// fits neither is read without its integrity being checked, and cannot be written.
    Defaults,
}

/// What an independent reader finds in the bytes that a PKCS#12 store was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case", tag = "result", content = "reason"))]
#[non_exhaustive]
pub enum ReadBack {
    /// It finds the same certificates.
    Agrees,
    /// It cannot read this kind of store, for the reason given; this says nothing about the bytes.
    Cannot(String),
    /// It finds something else: the bytes must not replace the old file.
    Disagrees(String),
}

/// What is known of a file before it is decoded. What it says of the content is believed only where the file bears it
/// out.
pub(crate) enum Known {
    Nothing,
    /// The digest of a JKS or JCEKS store, under the first password that is to be tried, as far as it was computed.
    Digest(KeyedSha1),
    /// A block of a PKCS#12 store in the clear.
    Opened(Box<pkcs12::Opened>),
}

impl Known {
    /// With the MAC that was begun meanwhile.
    pub(crate) fn with(mut self, begun: Option<pkcs12::Begun>) -> Self {
        if let Self::Opened(opened) = &mut self {
            opened.begun = begun;
        }
        self
    }
}

/// What stands behind the entries of a JKS or JCEKS store.
pub(crate) type Digest = [u8; jks::DIGEST_LEN];

/// The passwords to try, in this order.
fn candidates(unlock: Unlock<'_>) -> Vec<Password> {
    match unlock {
        Unlock::With(password) | Unlock::WithUnverified(password) => vec![password.duplicate()],
        Unlock::Defaults => [Password::JAVA_DEFAULT, ""].map(Password::new).into(),
    }
}

/// A container format.
pub(crate) trait Codec: Sync {
    /// True if the bytes begin like this format.
    fn detect(&self, bytes: &[u8]) -> bool;

    /// Reads a store.
    fn decode(&self, file: Bytes, unlock: Unlock<'_>, limits: &Limits, known: Known) -> Result<TrustStore>;

    /// Reads what [`encode`](Self::encode) made of a store, or its file, without more memory than it takes; what was read
    /// does not keep its octets.
    fn decode_written(
        &self,
        octets: &Octets<'_>,
        store: &TrustStore,
        unlock: Unlock<'_>,
        limits: &Limits,
    ) -> Result<TrustStore>;

    /// Writes a store that was modified.
    fn encode(&self, store: &TrustStore, random: &mut dyn Random) -> Result<Octets<'static>>;
}

/// The codecs, by format. A new format is a file, and a row here.
const CODECS: [(Format, &dyn Codec); 3] =
    [(Format::Jks, &jks::JKS), (Format::Jceks, &jks::JCEKS), (Format::Pkcs12, &pkcs12::Pkcs12)];

/// The format that these bytes begin like, if any.
///
/// ```
/// assert_eq!(truststore::detect(&[0xfe, 0xed, 0xfe, 0xed]), Some(truststore::Format::Jks));
/// assert_eq!(truststore::detect(b"-----BEGIN CERTIFICATE-----"), None);
/// ```
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<Format> {
    CODECS.iter().find(|(_, codec)| codec.detect(bytes)).map(|(format, _)| *format)
}

impl TrustStore {
    /// Reads a store, whose format is found from its first bytes.
    ///
    /// # Errors
    /// `NotAStore`; `WrongPassword`, `MacMissing`; `Damaged`, `Unsupported`; `LimitExceeded` before the
    /// work that would exceed it is begun.
    pub fn from_bytes(bytes: impl Into<Bytes>, unlock: Unlock<'_>, limits: &Limits) -> Result<Self> {
        Self::from_known(bytes.into(), unlock, limits, Known::Nothing)
    }

    /// As [`TrustStore::from_bytes`], of which something was found while they were read.
    pub(crate) fn from_known(
        bytes: Bytes,
        unlock: Unlock<'_>,
        limits: &Limits,
        known: Known,
    ) -> Result<Self> {
        limits.check_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        codec_of(&bytes)?.decode(bytes, unlock, limits, known)
    }

    /// What [`TrustStore::to_octets`] made of a store, read again.
    pub(crate) fn from_written(octets: &Octets<'_>, store: &Self, limits: &Limits) -> Result<Self> {
        limits.check_size(u64::try_from(octets.len()).unwrap_or(u64::MAX))?;
        let unlock = store.password().map_or(Unlock::Defaults, Unlock::WithUnverified);
        codec_of(octets.parts().next().unwrap_or_default())?.decode_written(octets, store, unlock, limits)
    }

    /// Writes the store: the identical bytes if nothing was changed since it was read, else every
    /// untouched part of it as it was, the rest under its own algorithms with fresh salts.
    ///
    /// # Errors
    /// `ReadOnly` if the store was read without its integrity being checked and was modified;
    /// `AliasInvalid` for an alias the format cannot hold.
    pub fn to_bytes(&self, random: &mut dyn Random) -> Result<Bytes> {
        self.to_octets(random).map(|octets| octets.joined())
    }

    /// As [`TrustStore::to_bytes`], without copying what was read.
    pub(crate) fn to_octets(&self, random: &mut dyn Random) -> Result<Octets<'static>> {
        if let Some(original) = &self.original {
            return Ok(original.clone().into());
        }
        if self.integrity == Integrity::Unchecked {
            return Err(Error::new(
                ErrorKind::ReadOnly,
                "the store was read without a password that fits, so it cannot be written: expected the \
                 store's password",
            ));
        }
        match CODECS.iter().find(|(format, _)| *format == self.format()) {
            Some((_, codec)) => codec.encode(self, random),
            None => Err(Error::unsupported(format!("no codec for {}", self.format()))),
        }
    }
}

/// The codec of a file that begins like this.
fn codec_of(first: &[u8]) -> Result<&'static dyn Codec> {
    let found = CODECS.iter().find(|(_, codec)| codec.detect(first));
    found.map(|(_, codec)| *codec).ok_or_else(|| not_a_store(first))
}

/// Says what the bytes are instead, as far as it can be told.
fn not_a_store(bytes: &[u8]) -> Error {
    let looks_like = match bytes {
        [] => "the file is empty",
        [0, 0, 0, 1 | 2, 0, 0, 0, ..] => {
            "it looks like a BouncyCastle BKS or UBER keystore, which is not supported"
        }
        _ if bytes.windows(10).take(65_536).any(|window| window == b"-----BEGIN") => {
            "it is a PEM file; `import --file` takes certificates from it"
        }
        [0x30, ..] => "it is DER, but not a PKCS#12 store; `import --file` takes a certificate from it",
        _ => "its first bytes are of none of these",
    };
    Error::new(ErrorKind::NotAStore, format!("expected a PKCS#12, JKS or JCEKS store: {looks_like}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Follower;

    /// A store that is large enough for two threads.
    fn large(format: Format, password: &str) -> Vec<u8> {
        let mut store = TrustStore::new(format, Password::new(password));
        for alias in ["a", "b"] {
            let der = crate::ber::der(crate::ber::SEQUENCE, &[alias.as_bytes(), &vec![7; 700_000]]);
            store.insert(alias, crate::Certificate::from_der(der), 0).unwrap();
        }
        let bytes = store.to_bytes(&mut crate::SystemRandom).unwrap().to_vec();
        assert!(crate::parallel::is_worthwhile(bytes.len()));
        bytes
    }

    #[test]
    fn a_large_store_is_opened_by_what_opens_a_small_one() {
        let wrong = Password::new("wrong");
        for format in [Format::Jks, Format::Jceks, Format::Pkcs12] {
            for password in ["changeit", ""] {
                let (bytes, right) = (large(format, password), Password::new(password));
                let open =
                    |bytes: &[u8], unlock| TrustStore::from_bytes(bytes.to_vec(), unlock, &Limits::default());
                let store = open(&bytes, Unlock::Defaults).unwrap();
                assert_eq!((store.entries().len(), store.integrity()), (2, Integrity::Verified));
                assert_eq!(store.password().unwrap().as_str(), password);
                // What stands behind the store is not its digest.
                let behind = open(&[&bytes[..], &[0; 30]].concat(), Unlock::Defaults).unwrap();
                assert_eq!(
                    (behind.container().trailing_bytes, behind.integrity()),
                    (30, Integrity::Verified)
                );
                let error = open(&bytes, Unlock::With(&wrong)).unwrap_err();
                assert!(error.is_wrong_password(), "{format}: {error}");
                for at in [bytes.len() / 2, bytes.len() - 1] {
                    let mut damaged = bytes.clone();
                    damaged[at] ^= 1;
                    assert!(open(&damaged, Unlock::With(&right)).is_err(), "{format}: {at}");
                }
            }
        }
    }

    /// What is taken over stays where it was read, and what is written is read again part by part.
    #[test]
    fn an_edit_of_a_large_store_of_records_copies_little() {
        let bytes = [&large(Format::Jks, "changeit")[..], b"behind"].concat();
        let mut store = TrustStore::from_bytes(bytes.clone(), Unlock::Defaults, &Limits::default()).unwrap();
        store.insert("c", crate::Certificate::from_der(vec![0x30, 0]), 7).unwrap();
        let octets = store.to_octets(&mut crate::SystemRandom).unwrap();
        let copied: usize = octets.parts().map(<[u8]>::len).filter(|&len| len < 1_000).sum();
        assert!(copied < 200 && octets.len() > bytes.len());
        let again = TrustStore::from_written(&octets, &store, &Limits::default()).unwrap();
        let whole = TrustStore::from_bytes(octets.joined(), Unlock::Defaults, &Limits::default()).unwrap();
        for read in [again, whole] {
            assert_eq!((read.integrity(), read.container().trailing_bytes), (Integrity::Verified, 6));
            let names: Vec<_> = read.entries().iter().map(|entry| (entry.name(), entry.created())).collect();
            assert_eq!(names, [("a", Some(0)), ("b", Some(0)), ("c", Some(7))]);
            assert!(read.entries().iter().zip(store.entries()).all(|(a, b)| a.kind() == b.kind()));
        }
    }

    #[test]
    fn a_digest_that_was_computed_while_the_file_was_read_is_believed_for_the_first_password_alone() {
        let (right, wrong) = (Password::new("changeit"), Password::new("wrong"));
        let bytes = large(Format::Jceks, "changeit");
        for (unlock, opens) in
            [(Unlock::Defaults, true), (Unlock::With(&right), true), (Unlock::With(&wrong), false)]
        {
            let read = read_ahead(&bytes, 8, unlock, &Limits::default());
            assert_eq!(read.map(|store| store.integrity()).ok(), opens.then_some(Integrity::Verified));
        }
        // One that is of the other default password.
        let read = read_ahead(&large(Format::Jks, ""), 8, Unlock::Defaults, &Limits::default()).unwrap();
        assert_eq!(read.integrity(), Integrity::Verified);
        let nothing = |first: &[u8]| Ahead::of(first, first.len(), Unlock::Defaults, &Limits::default());
        assert!(nothing(b"no store").is_none());
        assert!(nothing(&[0xfe, 0xed, 0xfe, 0xed]).is_none());
    }

    /// Reads a store, parts of which come one after the other, the first of this length.
    fn read_ahead(bytes: &[u8], first: usize, unlock: Unlock<'_>, limits: &Limits) -> Result<TrustStore> {
        let ahead = Ahead::of(&bytes[..first], bytes.len(), unlock, limits).unwrap();
        TrustStore::from_known(bytes.to_vec().into(), unlock, limits, known(&ahead, bytes, 1_000, 700))
    }

    /// What is known of a file in parts of this length when so many of them were worked on in the second way.
    fn known(ahead: &Ahead, bytes: &[u8], len: usize, most: u32) -> Known {
        let asked = std::cell::Cell::new(0);
        let is_done = || asked.replace(asked.get() + 1) > most;
        let is_enough = std::sync::atomic::AtomicBool::new(false);
        let parts: Vec<&[u8]> = bytes.chunks(len).collect();
        let begun = ahead.meanwhile(&parts, &Follower::new(&is_done, &is_enough));
        let most = if is_enough.into_inner() { usize::try_from(most).unwrap() } else { usize::MAX };
        ahead.work(&mut bytes.chunks(len).take(most)).with(begun)
    }

    #[test]
    fn a_block_that_was_decrypted_while_the_file_was_read_is_what_the_file_holds() {
        let (right, wrong) = (Password::new("changeit"), Password::new("wrong"));
        let spent = |limits: &Limits| {
            // What is left is found out by spending it.
            let left = |more: &u64| limits.trial().spend_iterations(*more, 1).is_err();
            (0..100_000).step_by(1_000).find(left).unwrap()
        };
        let limits = || Limits { max_iterations: 50_000, ..Limits::default() };
        for (password, unlock, opens) in [
            ("changeit", Unlock::Defaults, true),
            ("changeit", Unlock::With(&right), true),
            ("changeit", Unlock::With(&wrong), false),
            ("", Unlock::Defaults, true),
        ] {
            let bytes = large(Format::Pkcs12, password);
            let (ahead, after) = (limits(), limits());
            let found = read_ahead(&bytes, 300, unlock, &ahead);
            let expected = TrustStore::from_bytes(bytes.clone(), unlock, &after);
            assert_eq!(found.is_ok(), opens);
            match (found, expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!(found.integrity(), Integrity::Verified);
                    assert!(
                        found.entries().iter().zip(expected.entries()).all(|(a, b)| a.kind() == b.kind())
                    );
                    assert_eq!(found.entries().len(), 2);
                }
                (found, expected) => {
                    assert_eq!(found.unwrap_err().to_string(), expected.unwrap_err().to_string());
                }
            }
            assert_eq!(spent(&ahead), spent(&after), "{password:?} {unlock:?}");
        }
        let bytes = large(Format::Pkcs12, "changeit");
        for at in [200, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(read_ahead(&damaged, 300, Unlock::With(&right), &limits()).is_err(), "{at}");
        }
        // Whatever its first octets say, it is read as if nothing were known.
        for at in 0..180 {
            let mut odd = bytes.clone();
            odd[at] ^= 1 << (at % 8);
            let known = Ahead::of(&odd[..300], odd.len(), Unlock::Defaults, &limits())
                .map_or(Known::Nothing, |ahead| known(&ahead, &odd, 70_000, 9));
            let found = TrustStore::from_known(odd.clone().into(), Unlock::Defaults, &limits(), known);
            let expected = TrustStore::from_bytes(odd, Unlock::Defaults, &limits());
            let outcome = |read: Result<TrustStore>| {
                read.map(|store| store.entries().len()).map_err(|error| error.to_string())
            };
            assert_eq!(outcome(found), outcome(expected), "{at}");
        }
        // Not enough of it is there to tell, or it is shorter than it says.
        for (first, len) in [(50, bytes.len()), (300, 1_000)] {
            assert!(Ahead::of(&bytes[..first], len, Unlock::Defaults, &limits()).is_none());
        }
    }

    #[test]
    fn a_large_store_costs_what_a_small_one_does_in_key_derivations() {
        let bytes = large(Format::Pkcs12, "changeit");
        let right = Password::new("changeit");
        let wrong = Password::new("wrong");
        let open = |password, limits: &Limits| {
            TrustStore::from_bytes(bytes.clone(), Unlock::With(password), limits).map(drop)
        };
        // 10,000 for the MAC and as many for the block.
        let limits = |max_iterations| Limits { max_iterations, ..Limits::default() };
        open(&right, &limits(20_000)).unwrap();
        let error = open(&right, &limits(19_999)).unwrap_err();
        assert!(error.is_limit_exceeded() && error.message().starts_with("block 1: "), "{error}");
        assert!(error.message().contains("20000 required"), "{error}");
        // A wrong password costs the MAC alone, though the block is tried meanwhile.
        for (most, opens) in [(30_000, true), (29_999, false)] {
            let limits = limits(most);
            assert!(open(&wrong, &limits).unwrap_err().is_wrong_password());
            assert_eq!(open(&right, &limits).is_ok(), opens);
        }
    }

    #[test]
    fn what_is_no_store_is_called_by_its_name() {
        for (bytes, name) in [
            (&b""[..], "the file is empty"),
            (&[0, 0, 0, 2, 0, 0, 0, 20], "BKS or UBER"),
            (b"subject=CN\n-----BEGIN CERTIFICATE-----\n", "a PEM file"),
            (&[0x30, 0x82, 1, 0], "it is DER"),
            (b"hello, I am a text", "none of these"),
        ] {
            let error = not_a_store(bytes);
            assert!(error.kind() == ErrorKind::NotAStore && error.message().contains(name), "{error}");
        }
    }
}
