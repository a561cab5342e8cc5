//! UTCTime and GeneralizedTime as seconds since 1970-01-01 UTC, and those written for a person.

/// A time in seconds since 1970-01-01 UTC as RFC 3339 writes it, in UTC.
///
/// ```
/// assert_eq!(truststore::rfc3339(1_700_000_000), "2023-11-14T22:13:20Z");
/// ```
#[must_use]
pub fn rfc3339(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", rfc3339_date(seconds))
}

/// The day of a time in seconds since 1970-01-01 UTC, in UTC.
///
/// ```
/// assert_eq!(truststore::rfc3339_date(-1), "1969-12-31");
/// ```
#[must_use]
pub fn rfc3339_date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    format!("{year:04}-{month:02}-{day:02}")
}

/// Reads the contents of a UTCTime (tag 0x17) or GeneralizedTime (0x18), leniently: seconds may be
/// missing, a fraction is dropped, an offset from UTC is applied (X.680, sections 46 and 47).
pub(super) fn parse(tag: u8, content: &[u8]) -> Option<i64> {
    let (year, rest) = match tag {
        0x17 => {
            let (short, rest) = digits(content, 2)?;
            // RFC 5280, section 4.1.2.5.1: 50 and above is the twentieth century.
            (if short >= 50 { 1900 + short } else { 2000 + short }, rest)
        }
        0x18 => digits(content, 4)?,
        _ => return None,
    };
    let (month, rest) = digits(rest, 2)?;
    let (day, rest) = digits(rest, 2)?;
    let (hour, rest) = digits(rest, 2)?;
    let (minute, rest) = digits(rest, 2)?;
    let (second, mut rest) = digits(rest, 2).unwrap_or((0, rest));
    if let Some((b'.' | b',', fraction)) = rest.split_first() {
        let len = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        rest = fraction.get(len..)?;
    }
    let in_range =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !in_range {
        return None;
    }
    let local = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(local - offset(rest)?)
}

/// What follows the time: `Z`, nothing, or hours and minutes that local time is ahead of UTC.
fn offset(rest: &[u8]) -> Option<i64> {
    let (sign, rest) = match rest.split_first() {
        None | Some((b'Z', [])) => return Some(0),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, rest) = digits(rest, 2)?;
    let (minutes, _) = digits(rest, 2)?;
    Some(sign * (hours * 3_600 + minutes * 60))
}

fn digits(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (number, rest) = text.split_at_checked(count)?;
    let value =
        number.iter().try_fold(0, |value, b| b.is_ascii_digit().then(|| value * 10 + i64::from(b - b'0')))?;
    Some((value, rest))
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // A year that starts in March has its leap day at its end.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (m * 153 + 2) / 5 + day - 719_469
}

/// The date of a day counted from 1970-01-01: the inverse of [`days`].
fn civil(day: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, in periods of 400 years, which all have as many days.
    let shifted = day + 719_468;
    let (period, of_period) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let of_period_year = (of_period - of_period / 1_460 + of_period / 36_524 - of_period / 146_096) / 365;
    let of_year = of_period - (365 * of_period_year + of_period_year / 4 - of_period_year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let (month, carry) = if shifted_month < 10 { (shifted_month + 3, 0) } else { (shifted_month - 9, 1) };
    (period * 400 + of_period_year + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        for (tag, text, expected) in [
            (0x17, "700101000000Z", 0),
            (0x17, "491231235959Z", 2_524_607_999),
            (0x17, "500101000000Z", -631_152_000),
            (0x18, "20000229120000Z", 951_825_600),
            (0x18, "99991231235959Z", 253_402_300_799),
            (0x17, "0002291200Z", 951_825_600),
            (0x17, "000229130000+0100", 951_825_600),
            (0x18, "20000229120000.5Z", 951_825_600),
        ] {
            assert_eq!(parse(tag, text.as_bytes()), Some(expected), "{text}");
        }
        for (tag, text) in
            [(0x17, "7001010000"), (0x18, "20001301000000Z"), (0x17, ""), (0x0c, "700101000000Z")]
        {
            assert!(parse(tag, text.as_bytes()).is_none_or(|t| text == "7001010000" && t == 0), "{text}");
        }
    }

    #[test]
    fn dates_are_written_as_they_are_read() {
        for day in (-800_000..3_000_000).step_by(97).chain(-1..=1) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
        for seconds in [0, -1, 951_825_600, 253_402_300_799, -62_135_596_800] {
            let text: String = rfc3339(seconds).chars().filter(char::is_ascii_alphanumeric).collect();
            assert_eq!(parse(0x18, text.replace('T', "").as_bytes()), Some(seconds), "{text}");
        }
        assert_eq!(rfc3339(i64::MAX).len(), "292277026596-12-04T15:30:07Z".len());
        assert!(rfc3339(i64::MIN).starts_with("-292277022657-01-27"));
    }
}
