//! The roots that this system trusts.

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::input::{Found, collect_der};
use crate::limits::Limits;

/// The roots that this system trusts, each once, in an order of their own that does not change: of the folders of
/// OpenSSL, the certificate store of Windows, the keychain of macOS. `SSL_CERT_FILE` and `SSL_CERT_DIR`, if set,
/// are read instead.
///
/// What cannot be read is an error item of its own.
///
/// # Errors
/// `NoCertificate` if there is neither a root nor an error; `LimitExceeded`.
pub fn system_roots(limits: &Limits) -> Result<Found> {
    let loaded = rustls_native_certs::load_native_certs();
    let ders = loaded.certs.iter().map(|certificate| Bytes::copy_from_slice(certificate)).collect();
    let mut found = collect_der("the system's roots", ders, limits)?;
    for error in &loaded.errors {
        found.fail("the system's roots", Error::new(ErrorKind::Io, error.to_string()));
    }
    if found.certificates.is_empty() && found.errors.is_empty() {
        return Err(Error::new(
            ErrorKind::NoCertificate,
            "no roots were found on this system; where it keeps them elsewhere, SSL_CERT_FILE or SSL_CERT_DIR \
             names the place",
        ));
    }
    Ok(found)
}
