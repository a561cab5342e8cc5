//! One entry of a store, as every format has it.

use bytes::Bytes;

use crate::bag::BagKind;
use crate::cert::Certificate;

use super::alias::{Label, fold};
use super::pkcs12::BagId;

/// Addresses an entry of one loaded store; stays valid while other entries come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryId(pub(crate) u32);

/// One entry of a store: small, since there may be a million.
#[derive(Clone, Debug)]
pub struct Entry {
    pub(crate) id: EntryId,
    pub(crate) label: Label,
    pub(crate) kind: EntryKind,
    /// Milliseconds since 1970, big endian: octets need no alignment, which would cost each entry eight more.
    pub(crate) created: Option<[u8; 8]>,
    pub(crate) java: JavaView,
    pub(crate) home: Home,
    pub(crate) rest: Option<Box<Rest>>,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// A trusted certificate entry: Java takes it as a trust anchor.
    TrustedCertificate(Certificate),
    /// A certificate of a PKCS#12 store without Java's trust attribute: Java does not see it.
    Certificate(Certificate),
    /// A private key, sealed, and its certificate chain, end-entity first.
    PrivateKey(Vec<Certificate>),
    /// A secret key, sealed.
    SecretKey,
    /// A certificate revocation list of a PKCS#12 store, not parsed.
    Crl,
    /// Something that this crate keeps but does not know, with what is known of its type.
    Other(String),
}

/// Whether and as what a JVM sees an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JavaView {
    /// Under the entry's alias.
    ByAlias,
    /// Under a number, since the entry has no name (JDK `PKCS12KeyStore.getUnfriendlyName`).
    ByNumber(u32),
    /// Not at all.
    Hidden(HiddenReason),
}

/// Why a JVM does not see an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HiddenReason {
    /// A certificate without the trusted key usage attribute.
    NoTrustAttribute,
    /// A later entry has the same alias.
    Shadowed,
    /// It stands in a SafeContents inside a bag, where Java does not look.
    Nested,
    /// A type of bag that Java skips, or a private key it cannot match with a certificate.
    NotSupported,
}

/// In what an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// JKS, JCEKS: a record.
    Record,
    /// PKCS#12: a bag, which has the number of the entry.
    Bag,
}

/// What few entries have besides.
#[derive(Clone, Debug)]
pub(crate) enum Rest {
    /// Of a record, what follows the alias in the file, from the date on, unless date and certificate tell it.
    Body(Bytes),
    /// Of a key's bag, the bags of its chain, end-entity first.
    Chain(Vec<BagId>),
}

/// Where the octets of an entry are.
#[derive(Debug)]
pub(crate) enum Parts<'a> {
    /// JKS, JCEKS: as in [`Rest::Body`].
    Record { body: Option<&'a Bytes> },
    /// PKCS#12: one bag.
    Bag(BagId),
    /// PKCS#12: a key's bag and those of its chain.
    Key { key: BagId, chain: &'a [BagId] },
}

impl Entry {
    /// Addresses this entry of this loaded store.
    #[must_use]
    pub fn id(&self) -> EntryId {
        self.id
    }

    /// A name that is unique in the store and does not depend on the other entries' presence, by which
    /// every function finds the entry: the alias, or one made from the content where the alias is
    /// missing (`unnamed-1a2b3c4d`) or is shadowed by a later entry (`alias#1a2b3c4d`).
    #[must_use]
    pub fn name(&self) -> &str {
        self.label.name()
    }

    /// The alias as the file has it; unpaired surrogates are written `\uD800`.
    #[must_use]
    pub fn alias(&self) -> Option<&str> {
        self.label.alias()
    }

    /// What the entry is.
    #[must_use]
    pub fn kind(&self) -> &EntryKind {
        &self.kind
    }

    /// Creation date in milliseconds since 1970-01-01 UTC; PKCS#12 has one for keys only.
    #[must_use]
    pub fn created(&self) -> Option<i64> {
        self.created.map(i64::from_be_bytes)
    }

    /// Whether and as what a JVM sees the entry.
    #[must_use]
    pub fn java_view(&self) -> &JavaView {
        &self.java
    }

    /// The alias that a JVM lists, or `None` for an entry it does not see.
    #[must_use]
    pub fn java_alias(&self) -> Option<String> {
        match self.java {
            // The JDK's PKCS#12 table has lower-cased keys; JKS and JCEKS have aliases as written.
            JavaView::ByAlias => match self.home {
                Home::Record => self.alias().map(str::to_owned),
                Home::Bag => self.alias().map(|alias| fold(alias).into_owned()),
            },
            JavaView::ByNumber(number) => Some(number.to_string()),
            JavaView::Hidden(_) => None,
        }
    }

    /// The certificate of a (trusted) certificate entry, or a private key's own.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.kind {
            EntryKind::TrustedCertificate(certificate) | EntryKind::Certificate(certificate) => {
                Some(certificate)
            }
            EntryKind::PrivateKey(chain) => chain.first(),
            _ => None,
        }
    }

    /// Every certificate of the entry.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        match &self.kind {
            EntryKind::TrustedCertificate(certificate) | EntryKind::Certificate(certificate) => {
                std::slice::from_ref(certificate)
            }
            EntryKind::PrivateKey(chain) => chain,
            _ => &[],
        }
    }

    /// True if the alias has surrogates without their partners, which only the octets of the file keep.
    pub(crate) fn has_unpaired_surrogates(&self) -> bool {
        self.label.raw().is_some()
    }

    /// Where the octets of the entry are.
    pub(crate) fn parts(&self) -> Parts<'_> {
        let bag = BagId(self.id.0);
        match (self.home, self.rest.as_deref()) {
            (Home::Record, Some(Rest::Body(body))) => Parts::Record { body: Some(body) },
            (Home::Record, _) => Parts::Record { body: None },
            (Home::Bag, Some(Rest::Chain(chain))) => Parts::Key { key: bag, chain },
            (Home::Bag, _) => Parts::Bag(bag),
        }
    }

    /// True for a certificate entry, whether Java trusts it or not.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        matches!(self.kind, EntryKind::TrustedCertificate(_) | EntryKind::Certificate(_))
    }

    /// True for a trusted certificate entry.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        matches!(self.kind, EntryKind::TrustedCertificate(_))
    }
}

impl EntryKind {
    /// A stable kebab-case code for scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TrustedCertificate(_) => "trusted-certificate",
            Self::Certificate(_) => "certificate",
            Self::PrivateKey(_) => "private-key",
            Self::SecretKey => "secret-key",
            Self::Crl => "crl",
            Self::Other(_) => "other",
        }
    }

    /// What a bag is to a store, before its attributes and its neighbours are looked at.
    pub(crate) fn of_bag(kind: &BagKind, trusted: bool) -> Self {
        match kind {
            BagKind::Certificate(certificate) if trusted => Self::TrustedCertificate(certificate.clone()),
            BagKind::Certificate(certificate) => Self::Certificate(certificate.clone()),
            BagKind::Key | BagKind::ShroudedKey => Self::PrivateKey(Vec::new()),
            BagKind::Secret => Self::SecretKey,
            BagKind::Crl => Self::Crl,
            BagKind::SafeContents => Self::Other("nested SafeContents".to_owned()),
            BagKind::OtherCertificate => Self::Other("certificate that is not X.509".to_owned()),
            BagKind::Unknown(oid) => {
                let oid = der::asn1::ObjectIdentifier::from_bytes(oid)
                    .map_or_else(|_| "invalid type".to_owned(), |oid| format!("bag of type {oid}"));
                Self::Other(oid)
            }
        }
    }
}

impl HiddenReason {
    /// A stable kebab-case code for scripts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoTrustAttribute => "no-trust-attribute",
            Self::Shadowed => "shadowed",
            Self::Nested => "nested",
            Self::NotSupported => "not-supported",
        }
    }
}
