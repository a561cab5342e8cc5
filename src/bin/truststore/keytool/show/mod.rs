//! Certificates as the JDK's keytool prints them, field by field and extension by extension. Nothing here
//! knows of arguments or stores.

pub(crate) mod algorithm;
mod constraints;
pub(crate) mod date;
mod extension;
mod general_name;
mod hex;
mod name;
mod points;
mod policies;
mod tlv;
mod usage;

use pem_rfc7468::LineEnding;
use sha1::{Digest, Sha1};
use truststore::{Certificate, View, printable};

use super::weak;

/// A certificate in full, without the last line end. `trusted` are those whose signature nobody checks, so that its algorithm does not
/// matter.
pub(crate) fn certificate(certificate: &Certificate, trusted: bool) -> String {
    match certificate.view() {
        Ok(view) => fields(certificate, &view, trusted),
        Err(error) => format!("unreadable: {error}"),
    }
}

fn fields(certificate: &Certificate, view: &View<'_>, trusted: bool) -> String {
    let signature = algorithm::signature(view);
    let signature = if trusted { signature } else { weak::marked_signature(&signature) };
    let mut text = format!(
        "Owner: {}\nIssuer: {}\nSerial number: {}\nValid from: {} until: {}\nCertificate fingerprints:\n\
         \t SHA1: {}\n\t SHA256: {}\nSignature algorithm name: {signature}\n\
         Subject Public Key Algorithm: {}\nVersion: {}\n",
        name::of_octets(view.subject.raw()),
        name::of_octets(view.issuer.raw()),
        hex::number(view.serial),
        date::full(view.not_before),
        date::full(view.not_after),
        hex::colons(&Sha1::digest(certificate.der())),
        certificate.sha256(),
        weak::marked_key(&algorithm::key(view)),
        view.version,
    );
    for (number, extension) in extension::all(view).into_iter().enumerate() {
        if number == 0 {
            text.push_str("\nExtensions: \n\n");
        }
        text.push_str(&format!("#{}: {extension}\n", number + 1));
    }
    harmless(text.strip_suffix('\n').unwrap_or(&text))
}

/// A certificate as PEM, without the last line end. Between the lines of Base64, and only there, the JDK
/// has a carriage return (`java.util.Base64.getMimeEncoder`).
pub(crate) fn pem(certificate: &Certificate) -> String {
    let text = pem_rfc7468::encode_string("CERTIFICATE", LineEnding::LF, certificate.der());
    let text = text.unwrap_or_default();
    let mut lines: Vec<&str> = text.lines().collect();
    let (Some(end), Some(begin)) = (lines.pop(), lines.first()) else { return text };
    format!("{begin}\n{}\n{end}", lines.get(1..).unwrap_or_default().join("\r\n"))
}

/// Lines and tabulators stay; what else could move a cursor does not.
fn harmless(text: &str) -> String {
    let line =
        |line: &str| line.split('\t').map(|part| printable(part).into_owned()).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}
