//! Dates in the local time zone, as a JVM for English writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `Sat Nov 21 11:48:39 UTC 2026`, as `java.util.Date.toString`; of seconds since 1970-01-01 UTC.
pub(crate) fn full(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time.to_zoned(zone()).strftime("%a %b %d %H:%M:%S %Z %Y").to_string(),
        Err(_) => truststore::rfc3339(seconds),
    }
}

/// `Nov 21, 2026`; of milliseconds since 1970-01-01 UTC.
pub(crate) fn day(milliseconds: i64) -> String {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(time) => time.to_zoned(zone()).strftime("%b %-d, %Y").to_string(),
        Err(_) => truststore::rfc3339_date(milliseconds.div_euclid(1_000)),
    }
}

/// The zone of `TZ`, else the system's, else UTC.
fn zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}
