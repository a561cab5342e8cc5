//! The BEGIN and END lines of PEM, whole or damaged.

use super::position;

/// Which of the two lines it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Begin,
    End,
}

/// One BEGIN or END line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) side: Side,
    pub(super) label: String,
    /// Five dashes on both sides.
    pub(super) intact: bool,
    /// Where its dashes begin.
    pub(super) start: usize,
    /// Behind its last dash.
    pub(super) end: usize,
}

/// Longer labels are cut; real ones are shorter.
const MAX_LABEL: usize = 64;

/// The next marker at or after `from` that has nothing but blanks before it on its line.
pub(super) fn next(text: &[u8], from: usize) -> Option<Marker> {
    let mut at = from;
    loop {
        let marker = any(text, at, from)?;
        if begins_line(text, marker.start, from) {
            return Some(marker);
        }
        at = marker.end;
    }
}

/// The marker that ends a body: an END anywhere, since there is PEM all on one line, or another BEGIN.
pub(super) fn after_body(text: &[u8], from: usize) -> Option<Marker> {
    let mut at = from;
    loop {
        let marker = any(text, at, from)?;
        if marker.side == Side::End || begins_line(text, marker.start, from) {
            return Some(marker);
        }
        at = marker.end;
    }
}

/// The next `-BEGIN ` or `-END `, wherever it stands; its dashes do not reach before `floor`.
fn any(text: &[u8], from: usize, floor: usize) -> Option<Marker> {
    let mut at = from;
    loop {
        at += position(text.get(at..)?, |b| b == b'-')?;
        let dashes = text.get(at..)?.iter().take_while(|&&b| b == b'-').count();
        let word = at + dashes;
        let rest = text.get(word..)?;
        let (side, len) = if rest.starts_with(b"BEGIN ") {
            (Side::Begin, 6)
        } else if rest.starts_with(b"END ") {
            (Side::End, 4)
        } else {
            at = word;
            continue;
        };
        let line = rest.get(len..)?;
        let label_len =
            line.iter().take(MAX_LABEL).take_while(|b| !matches!(b, b'-' | b'\r' | b'\n')).count();
        let label = String::from_utf8_lossy(line.get(..label_len)?).trim().to_owned();
        let closing = line.get(label_len..)?.iter().take_while(|&&b| b == b'-').count();
        // `-----END X----------BEGIN X-----`: files joined without a line end between them.
        let closing_own = if closing >= 10 { closing - 5 } else { closing };
        return Some(Marker {
            side,
            label,
            intact: dashes >= 5 && closing_own >= 5,
            start: at.max(floor),
            end: word + len + label_len + closing_own,
        });
    }
}

/// True if only blanks, or the byte order mark of a file joined to another, stand before `at`.
fn begins_line(text: &[u8], at: usize, floor: usize) -> bool {
    let before = text.get(floor..at).unwrap_or_default();
    for &b in before.iter().rev() {
        match b {
            b'\n' | b'\r' => return true,
            b' ' | b'\t' | 0xef | 0xbb | 0xbf => {}
            _ => return false,
        }
    }
    true
}

/// Counts lines as it goes; asked for ever later places, so that all counting together is one pass.
#[derive(Debug, Default)]
pub(super) struct Lines {
    counted_to: usize,
    ended: usize,
}

impl Lines {
    /// The number, from 1, of the line on which the octet at `at` stands.
    pub(super) fn at(&mut self, text: &[u8], at: usize) -> usize {
        self.ended += line_ends(text.get(self.counted_to..at).unwrap_or_default());
        self.counted_to = self.counted_to.max(at);
        self.ended + 1
    }
}

/// Line ends: LF, CRLF, and the CR of old Macs.
fn line_ends(text: &[u8]) -> usize {
    let mut ends = 0;
    let mut previous = 0;
    for &b in text {
        ends += usize::from(b == b'\r' || b == b'\n' && previous != b'\r');
        previous = b;
    }
    ends
}
