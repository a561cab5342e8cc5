//! Numbers and states, in words.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use truststore::{Entry, EntryKind, HiddenReason, JavaView};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const DIM: Style = Style::new().dimmed();

/// `1 entry`, `3 entries`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `in 43 days`, `expired 3 days ago`.
pub(crate) fn expiry(days: i64) -> String {
    match days {
        0 => "today".to_owned(),
        1 => "in 1 day".to_owned(),
        -1 => "expired 1 day ago".to_owned(),
        2.. => format!("in {days} days"),
        _ => format!("expired {} days ago", -days),
    }
}

/// The same in months and years, where the date stands beside it or there is little room.
pub(crate) fn roughly(days: i64) -> String {
    let (number, unit) = match days.unsigned_abs() {
        0..90 => return expiry(days),
        far @ 90..730 => (far / 30, "months"),
        far => (far / 365, "years"),
    };
    if days < 0 { format!("expired {number} {unit} ago") } else { format!("in {number} {unit}") }
}

/// What an entry is, as a person says it.
pub(crate) fn kind(entry: &Entry) -> Cow<'_, str> {
    let kind = match entry.kind() {
        EntryKind::TrustedCertificate(_) => "trusted certificate",
        EntryKind::Certificate(_) => "certificate, not trusted by Java",
        EntryKind::PrivateKey(_) => "private key",
        EntryKind::SecretKey => "secret key",
        EntryKind::Crl => "revocation list",
        EntryKind::Other(what) => what,
        _ => "unknown",
    };
    let hidden = match entry.java_view() {
        JavaView::Hidden(HiddenReason::Shadowed) => ", shadowed",
        JavaView::Hidden(HiddenReason::Nested) => ", nested: not seen by Java",
        JavaView::Hidden(HiddenReason::NotSupported) => ", not seen by Java",
        _ => return Cow::Borrowed(kind),
    };
    Cow::Owned(format!("{kind}{hidden}"))
}

/// What is known of a store's integrity.
pub(crate) fn integrity(integrity: truststore::Integrity) -> &'static str {
    match integrity {
        truststore::Integrity::Verified => "verified",
        truststore::Integrity::None => "none: the store has no MAC",
        truststore::Integrity::Unchecked => "not checked: no password that fits",
        _ => "unknown",
    }
}
