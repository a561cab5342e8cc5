//! How new things are made: the date of new entries, and where salts come from. By the clock and the system's
//! random numbers, or reproducibly: the same inputs give the same octets.

use truststore::{Random, Reproducible, Result, Sealing, SystemRandom};

use crate::context::Context;
use crate::failure::Failure;

/// How new things are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Making {
    /// Of new entries, in milliseconds since 1970-01-01 UTC.
    pub(crate) date_ms: i64,
    /// Neither the clock nor chance has a part in it.
    pub(crate) reproducible: bool,
}

/// The date of a reproducible build, in seconds since 1970-01-01 UTC
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
const VARIABLE: &str = "SOURCE_DATE_EPOCH";
/// 1980-01-01, the earliest that ZIP files can have, which other reproducible builders write too.
const DEFAULT_MS: i64 = 315_532_800_000;

impl Making {
    /// Reproducibly if that was asked for or the variable is set, whose date it then is; else now.
    pub(crate) fn find(asked: bool, now_ms: i64) -> std::result::Result<Self, Failure> {
        let value = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        let Some(value) = value else {
            return Ok(Self { date_ms: if asked { DEFAULT_MS } else { now_ms }, reproducible: asked });
        };
        let text = value.to_string_lossy();
        let date_ms = milliseconds(&text).ok_or_else(|| {
            Failure::usage(format!(
                "expected seconds since 1970 in the variable {VARIABLE}, such as 1700000000, found \"{text}\""
            ))
        })?;
        Ok(Self { date_ms, reproducible: true })
    }
}

impl Context {
    /// How new things are made, if reproducibly was `asked` for or was not; to be given to whatever takes a
    /// [`Random`] or the date of a new entry.
    pub(crate) fn making(&self, asked: bool) -> std::result::Result<Making, Failure> {
        Making::find(asked, self.now_ms)
    }

    /// Says that a variable, and nobody on the command line, has salts derived from content and password.
    pub(crate) fn tell_making(&self, making: Making, asked: bool) {
        if making.reproducible && !asked {
            self.note("SOURCE_DATE_EPOCH is set: dates and salts are reproducible, as with --reproducible");
        }
    }
}

impl Making {
    fn source(self) -> Box<dyn Random> {
        match self.reproducible {
            true => Box::new(Reproducible),
            false => Box::new(SystemRandom),
        }
    }
}

impl Random for Making {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.source().fill(bytes)
    }

    fn fill_for(&mut self, bytes: &mut [u8], sealing: &Sealing<'_>) -> Result<()> {
        self.source().fill_for(bytes, sealing)
    }

    fn fill_ahead(&mut self, bytes: &mut [u8]) -> Result<bool> {
        self.source().fill_ahead(bytes)
    }
}

fn milliseconds(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse::<i64>().ok().filter(|_| digits)?.checked_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn a_date_is_a_plain_number_of_seconds() {
        assert_eq!(milliseconds("0"), Some(0));
        assert_eq!(milliseconds("1700000000"), Some(1_700_000_000_000));
        for wrong in ["-1", "+1", " 1", "1.5", "2024-01-01", "", "9223372036854775807"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
