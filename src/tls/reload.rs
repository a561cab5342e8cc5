//! A verifier that follows the file.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use bytes::Bytes;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

use super::verifier::Verifier;
use crate::cert::Fingerprint;
use crate::error::{Error, ErrorKind, Result};
use crate::format::Unlock;
use crate::input::read_file;
use crate::limits::Limits;
use crate::password::Password;
use crate::store::TrustStore;

/// Hears what became of a changed file.
pub type OnReload = Box<dyn Fn(&ReloadEvent) + Send + Sync>;

/// How a [`ReloadingVerifier`] reads its file.
pub struct ReloadOptions {
    /// How often the file is looked at. Default: 5 seconds.
    pub interval: Duration,
    /// The store's password; without one Java's defaults are tried.
    pub password: Option<Password>,
    /// What reading the file may cost, each time.
    pub limits: Limits,
    /// As in [`Verifier::with_common_name_fallback`].
    pub common_name_fallback: bool,
    /// Called after each reload that changed something, and when reloading begins to fail. It runs on the
    /// thread that reloads.
    pub on_event: Option<OnReload>,
}

/// What became of a changed file.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReloadEvent {
    /// The file's new content counts from now on.
    Reloaded {
        /// The generation that it is.
        generation: u64,
    },
    /// The file could not be read: what counted before goes on counting.
    Failed {
        /// Why.
        error: Error,
        /// The generation that goes on counting.
        generation: u64,
    },
}

/// A verifier that reads its store again when the file changes, be it written in place or replaced by a
/// rename.
///
/// The new state is built whole and takes the old one's place in one step; a file that cannot be read
/// leaves the old one. A connection that is open stays open. Dropping the last reference ends the thread
/// that watches.
///
/// ```no_run
/// # #[cfg(feature = "aws-lc-rs")] {
/// use std::sync::Arc;
/// use truststore::tls::{ReloadOptions, ReloadingVerifier};
///
/// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
/// let verifier = ReloadingVerifier::open("ssl-truststore", provider, ReloadOptions::default())?;
/// let config = verifier.client_config()?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ReloadingVerifier {
    path: PathBuf,
    provider: Arc<CryptoProvider>,
    options: ReloadOptions,
    state: ArcSwap<State>,
    watch: Mutex<Watch>,
    /// Closed with the verifier, which ends the thread.
    _stop: mpsc::Sender<()>,
}

struct State {
    verifier: Verifier,
    generation: u64,
}

/// What the file was when it was last looked at.
struct Watch {
    seen: Option<Stamp>,
    /// The file changed at the last look: a second write within the clock's tick would not show, so it is
    /// read once more.
    is_fresh: bool,
    content: Fingerprint,
    failure: Option<String>,
}

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    len: u64,
    modified: Option<SystemTime>,
    /// Device, inode and change time; a file that is renamed into place is another one.
    identity: (u64, u64, i64, i64),
}

impl Default for ReloadOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(5),
            password: None,
            limits: Limits::default(),
            common_name_fallback: false,
            on_event: None,
        }
    }
}

impl ReloadingVerifier {
    /// Reads the store, and starts the thread that watches its file.
    ///
    /// # Errors
    /// As [`TrustStore::open`], and `Io` if no thread can be started.
    pub fn open(
        path: impl Into<PathBuf>,
        provider: Arc<CryptoProvider>,
        options: ReloadOptions,
    ) -> Result<Arc<Self>> {
        let path = path.into();
        let seen = Some(Stamp::of(&path)?);
        let bytes = read_file(&path, &options.limits)?;
        let content = Fingerprint::of(&bytes);
        let verifier = build(&path, bytes, &provider, &options)?;
        let (stop, stopped) = mpsc::channel();
        let interval = options.interval;
        let reloading = Arc::new(Self {
            path,
            provider,
            options,
            state: ArcSwap::from_pointee(State { verifier, generation: 1 }),
            watch: Mutex::new(Watch { seen, is_fresh: true, content, failure: None }),
            _stop: stop,
        });
        let weak = Arc::downgrade(&reloading);
        thread::Builder::new()
            .name("truststore-reload".to_owned())
            .spawn(move || watch(&weak, &stopped, interval))
            .map_err(|error| Error::io("start a thread that watches", &reloading.path, error))?;
        Ok(reloading)
    }

    /// How many states there have been; 1 for what was read first.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.state.load().generation
    }

    /// The verifier that counts now.
    #[must_use]
    pub fn current(&self) -> Verifier {
        self.state.load().verifier.clone()
    }

    /// Looks at the file now, without waiting for the interval; true if a new state counts.
    pub fn check(&self) -> bool {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match self.look(&mut watch) {
            Ok(None) => return false,
            Ok(Some(generation)) => ReloadEvent::Reloaded { generation },
            Err(error) => {
                let said = error.to_string();
                if watch.failure.as_ref() == Some(&said) {
                    return false;
                }
                watch.failure = Some(said);
                ReloadEvent::Failed { error, generation: self.generation() }
            }
        };
        // The callback may ask for anything of this verifier.
        drop(watch);
        if let Some(on_event) = &self.options.on_event {
            on_event(&event);
        }
        matches!(event, ReloadEvent::Reloaded { .. })
    }

    /// A configuration with this verifier, without a client certificate, and without session resumption: a
    /// session that is resumed would outlive the root that its server was accepted with.
    ///
    /// # Errors
    /// rustls' own, if the provider has no cipher suite for TLS 1.2 and 1.3.
    pub fn client_config(self: &Arc<Self>) -> std::result::Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(self.provider.clone());
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(self.clone())
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    /// The new generation, if the file's content is another one.
    fn look(&self, watch: &mut Watch) -> Result<Option<u64>> {
        // What cannot be looked at is not the file that was seen, also when it comes back.
        let stamp = Stamp::of(&self.path).inspect_err(|_| watch.seen = None)?;
        let is_changed = watch.seen != Some(stamp);
        if !is_changed && !watch.is_fresh {
            return Ok(None);
        }
        watch.seen = Some(stamp);
        watch.is_fresh = is_changed;
        let bytes = read_file(&self.path, &self.options.limits)?;
        let content = Fingerprint::of(&bytes);
        if content == watch.content {
            watch.failure = None;
            return Ok(None);
        }
        let verifier = build(&self.path, bytes, &self.provider, &self.options)?;
        let generation = self.generation() + 1;
        self.state.store(Arc::new(State { verifier, generation }));
        watch.content = content;
        watch.failure = None;
        Ok(Some(generation))
    }
}

fn watch(verifier: &Weak<ReloadingVerifier>, stopped: &mpsc::Receiver<()>, interval: Duration) {
    while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        let Some(verifier) = verifier.upgrade() else { return };
        verifier.check();
    }
}

fn build(
    path: &Path,
    bytes: Bytes,
    provider: &Arc<CryptoProvider>,
    options: &ReloadOptions,
) -> Result<Verifier> {
    let unlock = options.password.as_ref().map_or(Unlock::Defaults, Unlock::With);
    // Each reading has the whole allowance: the account of one would run dry.
    let limits = options.limits.renewed();
    let store = TrustStore::from_bytes(bytes, unlock, &limits).map_err(|error| error.at_path(path))?;
    Ok(store.verifier(provider.clone()).with_common_name_fallback(options.common_name_fallback))
}

impl Stamp {
    fn of(path: &Path) -> Result<Self> {
        let metadata = fs::metadata(path).map_err(|error| Error::io("look at", path, error))?;
        if !metadata.is_file() {
            return Err(Error::new(ErrorKind::Refused, "not a regular file").at_path(path));
        }
        Ok(Self { len: metadata.len(), modified: metadata.modified().ok(), identity: identity(&metadata) })
    }
}

#[cfg(unix)]
fn identity(metadata: &fs::Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

/// Windows keeps the creation time of the file that was renamed into place.
#[cfg(windows)]
fn identity(metadata: &fs::Metadata) -> (u64, u64, i64, i64) {
    use std::os::windows::fs::MetadataExt;
    (metadata.creation_time(), metadata.last_write_time(), 0, 0)
}

#[cfg(not(any(unix, windows)))]
fn identity(_: &fs::Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}

impl ServerCertVerifier for ReloadingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> std::result::Result<ServerCertVerified, rustls::Error> {
        let state = self.state.load();
        state.verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.state.load().verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> std::result::Result<HandshakeSignatureValid, rustls::Error> {
        self.state.load().verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.state.load().verifier.supported_verify_schemes()
    }
}

impl fmt::Debug for ReloadingVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReloadingVerifier")
            .field("path", &self.path)
            .field("generation", &self.generation())
            .finish_non_exhaustive()
    }
}
