//! The roots that Mozilla trusts.

use bytes::Bytes;

use crate::error::Result;
use crate::input::{Found, collect_der};
use crate::limits::Limits;

/// The roots that Mozilla trusts for servers, as of the release of `webpki-root-certs` that this was built with.
///
/// What Mozilla says beyond yes and no (names that a root is limited to, a date after which its new certificates
/// are distrusted) a trust store cannot hold.
///
/// # Errors
/// `LimitExceeded`.
///
/// ```
/// let found = truststore::sources::mozilla_roots(&truststore::Limits::default())?;
/// assert!(found.certificates.len() > 50 && found.errors.is_empty());
/// # Ok::<(), truststore::Error>(())
/// ```
pub fn mozilla_roots(limits: &Limits) -> Result<Found> {
    let ders = webpki_root_certs::TLS_SERVER_ROOT_CERTS;
    collect_der("Mozilla's roots", ders.iter().map(|der| Bytes::from_static(der)).collect(), limits)
}
