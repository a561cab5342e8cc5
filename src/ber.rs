//! Reading BER (and so DER) elements as ranges of the input, and writing DER ones.
//!
//! ITU-T X.690: identifier octets, a definite or indefinite length, contents. Nothing is decoded that
//! is not asked for, so an element that nobody understands can be kept as the octets it was.

use std::borrow::Cow;

use bytes::Bytes;

use crate::error::{Error, Result};

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const CONSTRUCTED: u8 = 0x20;
/// Context-specific, constructed, number 0: `[0] EXPLICIT`, or `[0] IMPLICIT` of a constructed type.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// One element, as ranges of the input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    /// The identifier octet (the first one, of a high tag number).
    pub(crate) tag: u8,
    /// Header, contents and, of an indefinite length, the end-of-contents octets.
    pub(crate) raw: &'a [u8],
    /// The contents octets.
    pub(crate) content: &'a [u8],
    /// Where the element starts in the outermost input.
    pub(crate) offset: usize,
    header_len: usize,
    depth_left: u8,
}

/// Reads the elements that follow each other in some octets.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    depth_left: u8,
}

impl<'a> Reader<'a> {
    /// Reads `input`, whose elements may be nested `max_depth` deep.
    pub(crate) fn new(input: &'a [u8], max_depth: u8) -> Self {
        Self { rest: input, offset: 0, depth_left: max_depth }
    }

    /// The octets not yet read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, or `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>> {
        match self.next_plain() {
            Some(element) => Ok(Some(element)),
            None => self.next_of_any_form(),
        }
    }

    /// The next element if it has a header as nearly every one: a low tag and the short form, or a length of two octets.
    #[inline]
    fn next_plain(&mut self) -> Option<Element<'a>> {
        let (tag, header_len, content_len) = match *self.rest {
            [tag, len @ 0..0x80, ..] => (tag, 2, usize::from(len)),
            [tag, 0x82, high, low, ..] => (tag, 4, usize::from(high) << 8 | usize::from(low)),
            _ => return None,
        };
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (raw, rest) = self.rest.split_at_checked(header_len + content_len)?;
        let content = raw.get(header_len..)?;
        let element =
            Element { tag, raw, content, offset: self.offset, header_len, depth_left: self.depth_left };
        self.offset += raw.len();
        self.rest = rest;
        Some(element)
    }

    #[cold]
    fn next_of_any_form(&mut self) -> Result<Option<Element<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let header = Header::read(self.rest).map_err(|e| e.at_offset(self.offset))?;
        let body = self.rest.get(header.len..).unwrap_or_default();
        let (content_len, trailer) = match header.content_len {
            Some(len) => (len, 0),
            None if self.depth_left == 0 => return Err(too_deep().at_offset(self.offset)),
            None => (indefinite_len(body, self.depth_left - 1).map_err(|e| e.at_offset(self.offset))?, 2),
        };
        let Some(content) = body.get(..content_len) else {
            return Err(Error::damaged(format!(
                "an element claims {content_len} bytes where {} are left",
                body.len()
            ))
            .at_offset(self.offset));
        };
        let (raw, rest) = self.rest.split_at(header.len + content_len + trailer);
        let element = Element {
            tag: header.tag,
            raw,
            content,
            offset: self.offset,
            header_len: header.len,
            depth_left: self.depth_left,
        };
        self.offset += raw.len();
        self.rest = rest;
        Ok(Some(element))
    }

    /// The next element, which must be there and have this tag; `what` names it in the error.
    #[inline]
    pub(crate) fn expect(&mut self, tag: u8, what: &str) -> Result<Element<'a>> {
        match self.next()? {
            Some(element) if element.tag == tag => Ok(element),
            found => Err(self.unexpected(tag, what, found.as_ref())),
        }
    }

    #[cold]
    fn unexpected(&self, tag: u8, what: &str, found: Option<&Element<'_>>) -> Error {
        match found {
            Some(element) => Error::damaged(format!(
                "{what}: expected an element with tag 0x{tag:02x}, found 0x{:02x}",
                element.tag
            ))
            .at_offset(element.offset),
            None => Error::damaged(format!("{what}: missing")).at_offset(self.offset),
        }
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>> {
        match self.rest.first() {
            Some(&found) if found == tag => self.next(),
            _ => Ok(None),
        }
    }

    /// The next element, an OCTET STRING in one piece or in segments.
    pub(crate) fn octet_string(&mut self, what: &str) -> Result<Cow<'a, [u8]>> {
        match self.optional(OCTET_STRING | CONSTRUCTED)? {
            Some(element) => element.octets(OCTET_STRING),
            None => Ok(Cow::Borrowed(self.expect(OCTET_STRING, what)?.content)),
        }
    }

    /// Nothing may be left.
    #[inline]
    pub(crate) fn finish(&self, what: &str) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.unfinished(what)) }
    }

    #[cold]
    fn unfinished(&self, what: &str) -> Error {
        Error::damaged(format!("{what}: {} unexpected bytes at the end", self.rest.len()))
            .at_offset(self.offset)
    }
}

impl<'a> Element<'a> {
    /// Reads the elements inside this one.
    #[inline]
    pub(crate) fn children(&self) -> Result<Reader<'a>> {
        let depth_left = self.depth_left.checked_sub(1).ok_or_else(|| too_deep().at_offset(self.offset))?;
        Ok(Reader { rest: self.content, offset: self.offset + self.header_len, depth_left })
    }

    /// The value of an OCTET STRING as a part of `buffer`, which the element was read from; segments
    /// are joined in a buffer of their own.
    pub(crate) fn shared_octets(&self, buffer: &Bytes) -> Result<Bytes> {
        Ok(match self.octets(OCTET_STRING)? {
            Cow::Borrowed(octets) => buffer.slice_ref(octets),
            Cow::Owned(octets) => octets.into(),
        })
    }

    /// The value of a string type that may be in segments: their contents, joined.
    /// `primitive` is the tag that the segments have (X.690, 8.7.3).
    pub(crate) fn octets(&self, primitive: u8) -> Result<Cow<'a, [u8]>> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut joined = Vec::new();
        self.join_segments(primitive, &mut joined)?;
        Ok(Cow::Owned(joined))
    }

    fn join_segments(&self, primitive: u8, joined: &mut Vec<u8>) -> Result<()> {
        let mut segments = self.children()?;
        while let Some(segment) = segments.next()? {
            if segment.tag == primitive {
                joined.extend_from_slice(segment.content);
            } else if segment.tag == primitive | CONSTRUCTED {
                segment.join_segments(primitive, joined)?;
            } else {
                return Err(Error::damaged(format!(
                    "a string in segments has a segment with tag 0x{:02x}",
                    segment.tag
                ))
                .at_offset(segment.offset));
            }
        }
        Ok(())
    }

    /// A non-negative INTEGER that fits 64 bits.
    pub(crate) fn unsigned(&self, what: &str) -> Result<u64> {
        let fault = |found: &str| {
            Error::damaged(format!("{what}: expected a non-negative integer, found {found}"))
                .at_offset(self.offset)
        };
        match self.content {
            _ if self.tag != INTEGER => Err(fault("another type")),
            [] => Err(fault("no bytes")),
            [first, ..] if first & 0x80 != 0 => Err(fault("a negative one")),
            bytes => {
                let significant = bytes.iter().position(|&b| b != 0).unwrap_or(bytes.len());
                let digits = bytes.get(significant..).unwrap_or_default();
                if digits.len() > 8 {
                    return Err(fault("one of more than 64 bits"));
                }
                Ok(digits.iter().fold(0, |value, &b| value << 8 | u64::from(b)))
            }
        }
    }
}

struct Header {
    tag: u8,
    len: usize,
    /// `None`: the indefinite form.
    content_len: Option<usize>,
}

impl Header {
    fn read(input: &[u8]) -> Result<Self> {
        let truncated = || Error::damaged("an element ends inside its header");
        let (&tag, mut rest) = input.split_first().ok_or_else(truncated)?;
        if tag & 0x1f == 0x1f {
            // A high tag number: octets up to one without its top bit.
            let more = rest.iter().take(5).position(|b| b & 0x80 == 0);
            rest = more.and_then(|i| rest.get(i + 1..)).ok_or_else(truncated)?;
        }
        let (&first, mut rest) = rest.split_first().ok_or_else(truncated)?;
        let content_len = match first {
            0x80 if tag & CONSTRUCTED == 0 => {
                return Err(Error::damaged("a primitive element has an indefinite length"));
            }
            0x80 => None,
            0..0x80 => Some(usize::from(first)),
            0x81.. => {
                let (octets, after) =
                    rest.split_at_checked(usize::from(first & 0x7f)).ok_or_else(truncated)?;
                rest = after;
                let significant = octets.iter().position(|&b| b != 0).unwrap_or(octets.len());
                let digits = octets.get(significant..).unwrap_or_default();
                if digits.len() > 8 {
                    return Err(Error::damaged("an element claims a length of more than 64 bits"));
                }
                let len = digits.iter().fold(0u64, |len, &b| len << 8 | u64::from(b));
                Some(
                    usize::try_from(len)
                        .map_err(|_| Error::damaged("an element claims a length beyond memory"))?,
                )
            }
        };
        Ok(Self { tag, len: input.len() - rest.len(), content_len })
    }
}

/// The octets behind the header of the first element, whose identifier octet is `tag`.
pub(crate) fn behind_header(input: &[u8], tag: u8) -> Option<&[u8]> {
    let header = Header::read(input).ok().filter(|header| header.tag == tag)?;
    input.get(header.len..)
}

/// Where the contents of the first element begin, and how long they are, though not all of them may be there; `None`
/// for another identifier octet than `tag`, or an indefinite length.
pub(crate) fn begun(input: &[u8], tag: u8) -> Option<(usize, usize)> {
    let header = Header::read(input).ok().filter(|header| header.tag == tag)?;
    Some((header.len, header.content_len?))
}

/// The octets behind the header of the first element, whose identifier octet is `tag`, if it ends so many octets behind
/// `input`: they stand elsewhere.
pub(crate) fn opened(input: &[u8], tag: u8, behind: usize) -> Option<&[u8]> {
    let (at, len) = begun(input, tag)?;
    let rest = input.get(at..)?;
    (rest.len().checked_add(behind) == Some(len)).then_some(rest)
}

/// The length of the contents before the end-of-contents octets that belong to them.
///
/// One pass with a count of open elements, so that the time is linear however deep it is nested.
fn indefinite_len(body: &[u8], max_depth: u8) -> Result<usize> {
    let mut at = 0;
    let mut open = 0u8;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(&[0, 0]) {
            if open == 0 {
                return Ok(at);
            }
            open -= 1;
            at += 2;
            continue;
        }
        let header =
            Header::read(rest).map_err(|_| Error::damaged("an element of indefinite length has no end"))?;
        at += header.len;
        match header.content_len {
            Some(len) if len <= rest.len() - header.len => at += len,
            Some(_) => return Err(Error::damaged("an element of indefinite length has no end")),
            None if open >= max_depth => return Err(too_deep()),
            None => open += 1,
        }
    }
}

fn too_deep() -> Error {
    Error::new(
        crate::error::ErrorKind::LimitExceeded,
        "elements are nested deeper than the limit permits; --max-depth raises the limit",
    )
}

/// A DER element of this tag, whose contents are `parts`, one after the other.
pub(crate) fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(len + 10);
    der_header(&mut out, tag, len);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// DER elements one inside the other around `content`, the outermost first: each with its tag and what stands
/// in it before the next; in the outermost element `after` stands behind the others. The content is copied once, and
/// not once for every element.
pub(crate) fn nested(layers: &[(u8, &[u8])], content: &[u8], after: &[u8]) -> Vec<u8> {
    let before = layers.iter().map(|(_, before)| before.len() + MOST_HEADER).sum::<usize>();
    // One that grew with a key in it would leave a copy behind that nobody wipes.
    let mut out = Vec::with_capacity(before + content.len() + after.len());
    headers(&mut out, layers, content.len(), after.len());
    out.extend_from_slice(content);
    out.extend_from_slice(after);
    out
}

/// Appends what stands before the content in what [`nested`] makes.
pub(crate) fn headers(out: &mut Vec<u8>, layers: &[(u8, &[u8])], content: usize, after: usize) {
    for (number, (tag, before)) in layers.iter().enumerate() {
        // To count the few layers inside anew takes less time than to keep how long each is.
        let inside = layers.get(number + 1..).unwrap_or_default();
        let content = before.len() + len_around(inside, content);
        der_header(out, *tag, content + if number == 0 { after } else { 0 });
        out.extend_from_slice(before);
    }
}

/// How long so many octets are in these layers.
fn len_around(layers: &[(u8, &[u8])], content: usize) -> usize {
    layers.iter().rev().fold(content, |len, (_, before)| {
        let content = len + before.len();
        header_len(content) + content
    })
}

/// The longest identifier and length that [`der_header`] writes.
const MOST_HEADER: usize = 10;

fn header_len(len: usize) -> usize {
    if len < 0x80 { 2 } else { 2 + size_of::<usize>() - leading_zeros(len) }
}

/// How many octets before the first that is not zero.
fn leading_zeros(len: usize) -> usize {
    usize::try_from(len.leading_zeros() / 8).unwrap_or_default()
}

/// Appends the identifier and the shortest definite length.
pub(crate) fn der_header(out: &mut Vec<u8>, tag: u8, len: usize) {
    out.push(tag);
    let bytes = len.to_be_bytes();
    match bytes.get(leading_zeros(len)..).unwrap_or_default() {
        [] => out.push(0),
        [short @ 0..0x80] => out.push(*short),
        long => {
            // At most eight octets of length.
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
}

/// A DER INTEGER.
pub(crate) fn der_unsigned(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let zeros = bytes.iter().take_while(|&&b| b == 0).count().min(7);
    let digits = bytes.get(zeros..).unwrap_or_default();
    match digits {
        [top, ..] if top & 0x80 != 0 => der(INTEGER, &[&[0], digits]),
        _ => der(INTEGER, &[digits]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indefinite_length_ends_at_its_own_end_of_contents() {
        // SEQUENCE(indefinite) { SEQUENCE(indefinite) { INTEGER 1 } } then INTEGER 2
        let input = [0x30, 0x80, 0x30, 0x80, 2, 1, 1, 0, 0, 0, 0, 2, 1, 2];
        let mut reader = Reader::new(&input, 8);
        let outer = reader.next().unwrap().unwrap();
        assert_eq!(outer.raw.len(), 11);
        let inner = outer.children().unwrap().next().unwrap().unwrap();
        assert_eq!((inner.offset, inner.content), (2, &[2u8, 1, 1][..]));
        assert_eq!(reader.next().unwrap().unwrap().unsigned("n").unwrap(), 2);
        assert!(reader.next().unwrap().is_none());
    }

    #[test]
    fn segments_are_joined_without_their_headers() {
        let input = [0x24, 0x80, 4, 1, b'a', 0x24, 3, 4, 1, b'b', 0, 0];
        assert_eq!(*Reader::new(&input, 8).octet_string("s").unwrap(), *b"ab");
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = [0x30, 0x80].repeat(1000);
        let error = Reader::new(&deep, 32).next().unwrap_err();
        assert!(error.is_limit_exceeded(), "{error}");
    }

    #[test]
    fn lengths_are_checked_against_what_is_left() {
        let error = Reader::new(&[4, 0x84, 0xff, 0xff, 0xff, 0xff, 0], 8).next().unwrap_err();
        assert!(error.is_damaged(), "{error}");
        assert!(error.to_string().contains("4294967295"), "{error}");
    }

    #[test]
    fn nested_elements_are_those_made_one_by_one() {
        for len in [0, 1, 120, 127, 128, 250, 256, 65_530, 70_000] {
            let content = vec![7; len];
            let inner = der(SET, &[&[1], &der(OCTET_STRING, &[&content])]);
            let expected = der(SEQUENCE, &[&[2, 3], &inner]);
            let layers: [(u8, &[u8]); 3] = [(SEQUENCE, &[2, 3]), (SET, &[1]), (OCTET_STRING, &[])];
            assert_eq!(nested(&layers, &content, &[]), expected);
            let expected = der(SEQUENCE, &[&[2, 3], &inner, &[4, 5]]);
            assert_eq!(nested(&layers, &content, &[4, 5]), expected);
        }
    }

    #[test]
    fn written_elements_read_back() {
        for len in [0, 1, 127, 128, 255, 256, 70_000] {
            let element = der(OCTET_STRING, &[&vec![7; len]]);
            let read = Reader::new(&element, 1).next().unwrap().unwrap();
            assert_eq!((read.content.len(), read.raw.len()), (len, element.len()));
        }
        for value in [0, 1, 127, 128, 255, 256, 10_000, u64::MAX] {
            let element = der_unsigned(value);
            assert_eq!(Reader::new(&element, 1).next().unwrap().unwrap().unsigned("n").unwrap(), value);
        }
    }
}
