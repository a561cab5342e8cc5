//! When certificates expire, as a picture: one bar for each month, quarter or year.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The picture's parts, in its own units.
pub(super) struct Timeline {
    pub(super) id: &'static str,
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) baseline: i64,
    pub(super) bars: Vec<Bar>,
    pub(super) ticks: Vec<Tick>,
    pub(super) today: i64,
    pub(super) description: String,
}

pub(super) struct Bar {
    pub(super) x: i64,
    pub(super) width: i64,
    /// What a pointer that rests on it sees.
    pub(super) title: String,
    pub(super) parts: Vec<Part>,
    pub(super) count: usize,
    /// Where the number stands.
    pub(super) middle: i64,
    pub(super) top: i64,
}

/// The certificates of a bar that are in the same state.
pub(super) struct Part {
    pub(super) class: &'static str,
    pub(super) y: i64,
    pub(super) height: i64,
}

pub(super) struct Tick {
    pub(super) x: i64,
    pub(super) label: String,
}

/// A picture for a screen of some width.
pub(super) struct Frame {
    pub(super) id: &'static str,
    pub(super) width: i64,
    pub(super) height: i64,
    /// Most bars that fit.
    pub(super) bars: i64,
}

pub(super) const WIDE: Frame = Frame { id: "wide", width: 1_040, height: 200, bars: 52 };
pub(super) const NARROW: Frame = Frame { id: "narrow", width: 330, height: 180, bars: 27 };

const MARGIN: i64 = 14;
/// Room for the labels of the years, and for the numbers on top.
const BELOW: i64 = 26;
const ABOVE: i64 = 30;
/// What lies further away stands in the first and the last bar.
const MONTHS_BACK: i64 = 36;
const MONTHS_AHEAD: i64 = 30 * 12;

/// Draws the last seconds of validity; `now` is in seconds since 1970-01-01 UTC, as they are.
pub(super) fn timeline(expiries: &[i64], now: i64, warn_days: u32, frame: &Frame) -> Option<Timeline> {
    let today = month(now)?;
    let soon = now.saturating_add(i64::from(warn_days) * 86_400);
    let clamp = |at: i64| month(at).unwrap_or(i64::MAX).clamp(today - MONTHS_BACK, today + MONTHS_AHEAD);
    let first = expiries.iter().map(|&at| clamp(at)).min()?.min(today);
    let last = expiries.iter().map(|&at| clamp(at)).max()?.max(today + 12);
    let unit = [1, 3, 12].into_iter().find(|unit| last / unit - first / unit < frame.bars).unwrap_or(12);
    let (first, last) = (first / unit, last / unit);
    let mut counts: Vec<[usize; 3]> = Vec::new();
    counts.resize(usize::try_from(last - first + 1).ok()?, [0; 3]);
    for &at in expiries {
        let state = if at < now { 0 } else { 1 + usize::from(at > soon) };
        let bin = usize::try_from(clamp(at) / unit - first).ok().and_then(|bin| counts.get_mut(bin));
        if let Some(count) = bin.and_then(|bin| bin.get_mut(state)) {
            *count += 1;
        }
    }
    let room = frame.width - 2 * MARGIN;
    let bins = last - first + 1;
    let x = |bin: i64| MARGIN + (bin - first) * room / bins;
    let baseline = frame.height - BELOW;
    let tallest = counts.iter().map(|bin| bin.iter().sum::<usize>()).max().unwrap_or(1).max(1);
    let mut bars = Vec::new();
    for (bin, states) in (first..).zip(&counts) {
        let count = states.iter().sum::<usize>();
        if count == 0 {
            continue;
        }
        let (left, right) = (x(bin), x(bin + 1));
        let width = (right - left - 2).clamp(3, 44);
        let middle = left + (right - left) / 2;
        let mut top = baseline;
        let mut parts = Vec::new();
        for (&states, class) in states.iter().zip(["bad", "soon", "fine"]) {
            if states > 0 {
                let height = scaled(states, baseline - ABOVE, tallest).max(3);
                top -= height;
                parts.push(Part { class, y: top, height });
            }
        }
        let certificates = if count == 1 { "certificate expires" } else { "certificates expire" };
        let title = format!("{}: {count} {certificates}", period(bin * unit, unit));
        bars.push(Bar { x: middle - width / 2, width, title, parts, count, middle, top: top - 5 });
    }
    // The year's beginning is where its first bar begins; labels that would touch are left out.
    let years = (first * unit + 11) / 12..=last * unit / 12;
    let every = (46 * bins * unit / 12 / room + 1).max(1);
    let ticks = years.filter(|year| year % every == 0);
    let ticks = ticks.map(|year| Tick { x: x(year * 12 / unit), label: year.to_string() }).collect();
    // Within a bar that holds more than a month, as far as the year is over.
    let within = (today - today / unit * unit) * room / bins / unit;
    let description = format!(
        "{} certificates by the date of their expiry, {} to {}; the table below has the dates.",
        expiries.len(),
        period(first * unit, unit),
        period(last * unit, unit)
    );
    Some(Timeline {
        id: frame.id,
        width: frame.width,
        height: frame.height,
        baseline,
        bars,
        ticks,
        today: x(today / unit) + within,
        description,
    })
}

/// `count` of `tallest`, as a part of `height`.
fn scaled(count: usize, height: i64, tallest: usize) -> i64 {
    let of = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    of(count).saturating_mul(height) / of(tallest)
}

/// Months since the beginning of the year 0.
fn month(seconds: i64) -> Option<i64> {
    let date = Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC).date();
    Some(i64::from(date.year()) * 12 + i64::from(date.month()) - 1)
}

fn period(month: i64, unit: i64) -> String {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
    match unit {
        1 => format!("{year}-{:02}", month + 1),
        3 => format!("{year}, quarter {}", month / 3 + 1),
        _ => year.to_string(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    /// 2026-11-21.
    const NOW: i64 = 1_795_219_200;
    const YEAR: i64 = 31_557_600;

    fn of(expiries: &[i64]) -> Timeline {
        timeline(expiries, NOW, 30, &NARROW).unwrap()
    }

    #[test]
    fn every_certificate_is_in_a_bar_of_its_state() {
        let drawn = of(&[NOW - 1, NOW + 86_400, NOW + 2 * YEAR, NOW + 40 * YEAR, -NOW, i64::MAX]);
        assert_eq!(drawn.bars.iter().map(|bar| bar.count).sum::<usize>(), 6);
        let classes: Vec<&str> = drawn.bars.iter().flat_map(|bar| &bar.parts).map(|p| p.class).collect();
        assert_eq!(classes, ["bad", "bad", "soon", "fine", "fine"]);
        assert!(drawn.bars.iter().all(|bar| bar.x >= 0 && bar.x + bar.width <= drawn.width));
        assert!(drawn.bars.iter().all(|bar| bar.top >= 0));
    }

    #[test]
    fn a_short_time_has_a_bar_for_each_month() {
        let drawn = of(&[NOW + YEAR / 12, NOW + YEAR]);
        let first = drawn.bars.first().map(|bar| bar.title.as_str());
        assert_eq!(first, Some("2026-12: 1 certificate expires"));
        assert!(timeline(&[], NOW, 30, &WIDE).is_none(), "nothing expires");
    }
}
