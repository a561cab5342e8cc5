//! Bounds on the work and memory that a file may cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Bounds on the work and memory that files may cost, checked before the work is done.
///
/// Clones share one account of the work of key derivation: give every call that belongs to one command
/// a clone of the same `Limits`, and the bound holds for their sum.
///
/// ```
/// use truststore::Limits;
///
/// let limits = Limits { max_iterations: 1_000_000, ..Limits::default() };
/// assert_eq!(limits.max_file_size, Limits::default().max_file_size);
/// ```
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest input, in bytes. Default: 256 MiB, some 200,000 certificates.
    pub max_file_size: u64,
    /// Most entries of a store, and most certificates of an input. Default: 250,000.
    pub max_entries: u64,
    /// Longest alias of a PKCS#12 store, in UTF-16 units, which is what Java counts. Default: 65,535; JKS and
    /// JCEKS cannot hold a longer one.
    pub max_alias: u64,
    /// Largest certificate, in bytes of its DER encoding. Default: 1 MiB, which is 32 times what a JVM takes
    /// from a server (JSSE `jdk.tls.maxHandshakeMessageSize`).
    pub max_certificate: u64,
    /// Most work of all key derivations together. Default: 20,000,000.
    ///
    /// One iteration that gives one block of hash output counts 1, with SHA-384 and SHA-512, which take longer,
    /// 3: an AES-256 key from PBKDF2 with HMAC-SHA-1 needs two blocks, so that each iteration counts 2.
    pub max_iterations: u64,
    /// Most iterations of one derivation. Default: 5,000,000, as in the JDK (`PKCS12KeyStore`).
    pub max_iterations_each: u64,
    /// Deepest nesting of encoded elements. Default: 32.
    pub max_depth: u8,
    /// Work done so far, shared by clones.
    #[doc(hidden)]
    pub spent: Spent,
}

/// The account of work that clones of [`Limits`] share.
#[derive(Debug, Clone, Default)]
pub struct Spent(Arc<AtomicU64>);

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_size: 256 << 20,
            max_entries: 250_000,
            max_alias: 65_535,
            max_certificate: 1 << 20,
            max_iterations: 20_000_000,
            max_iterations_each: 5_000_000,
            max_depth: 32,
            spent: Spent::default(),
        }
    }
}

impl Limits {
    /// The same limits with nothing spent, for a command of its own.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self { spent: Spent::default(), ..self.clone() }
    }

    /// Refuses an input of `size` bytes that is larger than the limit.
    pub(crate) fn check_size(&self, size: u64) -> Result<()> {
        Self::check_file(size, self.max_file_size)
    }

    /// Refuses a file of `size` bytes where `permitted` are left of the limit.
    pub(crate) fn check_file(size: u64, permitted: u64) -> Result<()> {
        Self::check("file size in bytes", size, permitted, "--max-size")
    }

    /// Refuses more entries than the limit.
    pub(crate) fn check_entries(&self, count: u64) -> Result<()> {
        Self::check("number of entries", count, self.max_entries, "--max-entries")
    }

    /// Refuses an alias that is longer than the limit.
    pub(crate) fn check_alias(&self, alias: &str) -> Result<()> {
        // There are never more units than bytes.
        if number(alias.len()) <= self.max_alias {
            return Ok(());
        }
        let units = number(alias.encode_utf16().count());
        Self::check("length of an alias", units, self.max_alias, "--max-alias")
    }

    /// Refuses a certificate that is larger than the limit.
    pub(crate) fn check_certificate(&self, size: usize) -> Result<()> {
        Self::check("certificate size in bytes", number(size), self.max_certificate, "--max-certificate")
    }

    /// Refuses a bag with more attributes than there may be entries, and than 1,000.
    pub(crate) fn check_attributes(&self, count: usize) -> Result<()> {
        Self::check("attributes of a bag", number(count), self.max_entries.max(1_000), "--max-entries")
    }

    /// Refuses an input with more faults and remarks than anybody reads: each costs more memory than its few
    /// octets in the file. One for 200 entries that there may be, and 1,000 at least.
    pub(crate) fn check_complaints(&self, count: u64) -> Result<()> {
        let permitted = (self.max_entries / 200).max(1_000);
        Self::check("what is no certificate in the input", count, permitted, "--max-entries")
    }

    /// Refuses a manifest with more TOML tokens than anybody writes: each costs some hundred octets of memory.
    /// One for each entry that there may be, and 10,000 at least.
    #[cfg(feature = "manifest")]
    pub(crate) fn check_tokens(&self, count: u64) -> Result<()> {
        let permitted = self.max_entries.max(10_000);
        Self::check("tokens of the manifest", count, permitted, "--max-entries")
    }

    /// The refusal of private keys whose chains have more certificates together than there may be entries.
    pub(crate) fn too_many_in_chains(&self) -> Error {
        let message = format!(
            "certificates in the chains of all private keys: more than the {} permitted; --max-entries raises \
             the limit",
            self.max_entries
        );
        Error::new(ErrorKind::LimitExceeded, message)
    }

    /// Books a key derivation of `iterations`, each of which counts `work`, or refuses it before it is begun.
    pub(crate) fn spend_iterations(&self, iterations: u64, work: u64) -> Result<()> {
        let each = self.max_iterations_each;
        Self::check("iterations of one key derivation", iterations, each, "--max-iterations")?;
        let work = iterations.saturating_mul(work);
        let total = self.spent.0.fetch_add(work, Ordering::Relaxed).saturating_add(work);
        let most = self.max_iterations;
        Self::check(
            "iterations of all key derivations together, by their cost",
            total,
            most,
            "--max-iterations",
        )
    }

    /// The same limits for work that may turn out not to count, with an account of its own: what may still be
    /// spent of this one.
    pub(crate) fn trial(&self) -> Self {
        let left = self.max_iterations.saturating_sub(self.spent.0.load(Ordering::Relaxed));
        Self { max_iterations: left, ..self.renewed() }
    }

    /// Books what a [`trial`](Self::trial) spent; false, and nothing is booked, if that is more than is left.
    pub(crate) fn book(&self, trial: &Self) -> bool {
        let work = trial.spent.0.load(Ordering::Relaxed);
        let fits = |spent: u64| spent.checked_add(work).filter(|total| *total <= self.max_iterations);
        self.spent.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn check(what: &str, required: u64, permitted: u64, option: &str) -> Result<()> {
        if required <= permitted {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::LimitExceeded,
            format!("{what}: {required} required, {permitted} permitted; {option} raises the limit"),
        ))
    }
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
