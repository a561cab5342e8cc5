//! PKCS#7 as a bag of certificates: SignedData that signs nothing.
//!
//! ```text
//! ContentInfo ::= SEQUENCE {                       -- RFC 5652, section 3
//!     contentType  OBJECT IDENTIFIER,
//!     content      [0] EXPLICIT ANY DEFINED BY contentType }
//! SignedData ::= SEQUENCE {                        -- RFC 5652, section 5.1
//!     version           INTEGER,
//!     digestAlgorithms  SET,
//!     encapContentInfo  SEQUENCE,
//!     certificates      [0] IMPLICIT SET OF CertificateChoices OPTIONAL,
//!     crls              [1] IMPLICIT SET OPTIONAL,
//!     signerInfos       SET }
//! ```

use bytes::Bytes;

use super::collect::Collector;
use super::note::Note;
use crate::ber::{self, Element, Reader};
use crate::error::{Error, Result};

/// Takes every certificate of a ContentInfo that holds SignedData, which may be BER.
pub(super) fn scan(
    bytes: &Bytes,
    content_info: &Element<'_>,
    line: Option<usize>,
    out: &mut Collector<'_>,
) -> Result<()> {
    let mut choices = match certificates(content_info) {
        Ok(Some(choices)) => choices,
        Ok(None) => return out.error(none_inside(), line),
        Err(fault) => return out.error(damaged(fault), line),
    };
    if choices.is_empty() {
        return out.error(none_inside(), line);
    }
    loop {
        match choices.next() {
            Ok(None) => return Ok(()),
            Ok(Some(choice)) if choice.tag == ber::SEQUENCE => {
                out.candidate(bytes.slice_ref(choice.raw), line)?;
            }
            // RFC 5652, section 10.2.2: extended and attribute certificates, [0] to [3].
            Ok(Some(_)) => out.note(Note::OtherPemIgnored {
                source: out.source().to_owned(),
                line,
                label: "ATTRIBUTE CERTIFICATE".to_owned(),
            })?,
            Err(fault) => return out.error(damaged(fault), line),
        }
    }
}

fn certificates<'a>(content_info: &Element<'a>) -> Result<Option<Reader<'a>>> {
    let mut fields = content_info.children()?;
    fields.expect(ber::OID, "contentType")?;
    let mut explicit = fields.expect(ber::CONTEXT_0, "content")?.children()?;
    let mut fields = explicit.expect(ber::SEQUENCE, "SignedData")?.children()?;
    fields.expect(ber::INTEGER, "version")?;
    fields.expect(ber::SET, "digestAlgorithms")?;
    fields.expect(ber::SEQUENCE, "encapContentInfo")?;
    fields.optional(ber::CONTEXT_0)?.map(|set| set.children()).transpose()
}

fn none_inside() -> Error {
    Error::damaged("expected certificates in the PKCS#7 SignedData, found none")
}

fn damaged(fault: Error) -> Error {
    Error::damaged(format!("the PKCS#7 SignedData is damaged: {}", fault.message()))
        .at_offset(fault.offset().unwrap_or_default())
        .because(fault)
}
