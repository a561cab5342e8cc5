//! Certificates from a file or a pipe, as the JDK's factory reads them.

use std::path::Path;

use bytes::Bytes;
use truststore::{Certificate, InputKind, Limits, Note, read_bytes, read_file, sniff};

use super::trouble::Trouble;

/// The bytes of a file, else of standard input.
pub(crate) fn input(path: Option<&Path>, limits: &Limits) -> Result<Bytes, Trouble> {
    use std::io::Read as _;
    if let Some(path) = path {
        return read_file(path, limits).map_err(Trouble::of);
    }
    let mut bytes = Vec::new();
    let most = limits.max_file_size.saturating_add(1);
    std::io::stdin()
        .lock()
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|e| Trouble::thrown("java.io.IOException", e.to_string()))?;
    Ok(bytes.into())
}

/// The first certificate, and how many there are. PKCS#7 and Base64 without armour are not taken, and text
/// whose first PEM block is something else.
pub(crate) fn first(bytes: Bytes, limits: &Limits) -> Option<(Certificate, usize)> {
    let is_taken = match sniff(&bytes) {
        InputKind::Der => true,
        InputKind::Pem => first_label(&bytes).is_some_and(|label| is_certificate(&label)),
        _ => false,
    };
    let found = if is_taken { read_bytes("input", bytes, limits).ok()? } else { return None };
    let first = found.certificates.first().filter(|first| first.origin.number == 1)?;
    Some((first.certificate.clone(), found.certificates.len()))
}

/// Every certificate, if all of the input is certificates.
///
/// # Errors
/// keytool's, for input that is empty or is none.
pub(crate) fn all(bytes: Bytes, limits: &Limits) -> Result<Vec<Certificate>, Trouble> {
    if bytes.is_empty() {
        return Err(Trouble::exception("Empty input"));
    }
    let is_taken = match sniff(&bytes) {
        InputKind::Der | InputKind::Pkcs7 => true,
        InputKind::Pem => first_label(&bytes).is_some_and(|label| label != TRUSTED),
        _ => false,
    };
    let is_text = !bytes.starts_with(&[0x30]);
    let found = if is_taken { read_bytes("input", bytes, limits).ok() } else { None };
    // Of a DER certificate the rest does not matter, in PEM every block does.
    let found = found.filter(|found| {
        let is_clean = found.errors.is_empty() && !found.notes.iter().any(is_other_block);
        !found.certificates.is_empty() && (is_clean || !is_text)
    });
    let found = found.ok_or_else(|| Trouble::exception("Failed to parse input"))?;
    Ok(found.certificates.into_iter().map(|found| found.certificate).collect())
}

/// What OpenSSL writes with trust settings behind the certificate, which the JDK does not read.
const TRUSTED: &str = "TRUSTED CERTIFICATE";

fn is_certificate(label: &str) -> bool {
    label.ends_with("CERTIFICATE") && label != TRUSTED
}

fn is_other_block(note: &Note) -> bool {
    matches!(note, Note::PrivateKeyIgnored { .. } | Note::OtherPemIgnored { .. })
}

/// The label of the first PEM block.
fn first_label(bytes: &[u8]) -> Option<String> {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let at = bytes.windows(BEGIN.len()).position(|window| window == BEGIN)?;
    let label = bytes.get(at + BEGIN.len()..)?;
    let end = label.iter().position(|&b| matches!(b, b'-' | b'\r' | b'\n'))?;
    Some(String::from_utf8_lossy(label.get(..end)?).into_owned())
}
