//! How far long work has come, on a terminal, and gone when the work is done.

use std::io::{IsTerminal, Write, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use truststore::Progress;

/// A line on stderr that is drawn over and over; of work that is soon done nothing is seen.
pub(crate) struct Bar {
    what: &'static str,
    begun: Instant,
    /// Milliseconds from the beginning on to when it may be drawn next; `NEVER` where nobody looks.
    next: AtomicU64,
}

/// Work that takes no longer needs no bar.
const PATIENCE: u64 = 500;
/// How long a drawn bar stays, in milliseconds.
const PAUSE: u64 = 100;
const NEVER: u64 = u64::MAX;
/// The columns of the bar itself.
const WIDTH: usize = 24;

impl Bar {
    /// A bar for `what` is done, such as \"reading\"; `wanted` where somebody may want to see it.
    pub(crate) fn new(what: &'static str, wanted: bool) -> Self {
        let next = if wanted && stderr().is_terminal() { PATIENCE } else { NEVER };
        Self { what, begun: Instant::now(), next: AtomicU64::new(next) }
    }

    /// Draws the bar, if it is time for it. Any thread may say so.
    pub(crate) fn draw(&self, progress: Progress) {
        if self.is_due(millis(self.begun.elapsed())) {
            show(&line(self.what, progress.done, progress.total));
        }
    }

    /// Whether it is to be drawn now; of several threads that ask, one hears yes.
    fn is_due(&self, now: u64) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let later = now.saturating_add(PAUSE);
        now >= next && self.next.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    fn is_drawn(&self) -> bool {
        !matches!(self.next.load(Ordering::Relaxed), PATIENCE | NEVER)
    }
}

/// The work is done, or has failed: what is said next stands on a line of its own.
impl Drop for Bar {
    fn drop(&mut self) {
        if self.is_drawn() {
            show(&format!("\r{:LENGTH$}\r", ""));
        }
    }
}

/// No line is longer.
const LENGTH: usize = 78;

fn line(what: &str, done: usize, total: usize) -> String {
    let full = (done * WIDTH).checked_div(total).unwrap_or(WIDTH).min(WIDTH);
    format!("\r{what} [{:.<WIDTH$}] {done} of {total}", "#".repeat(full))
}

fn show(text: &str) {
    let mut stderr = stderr().lock();
    // There is nobody left to look if stderr is gone.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_work_is_done_and_never_too_long_to_be_wiped_away() {
        assert_eq!(line("reading", 0, 8), "\rreading [........................] 0 of 8");
        assert_eq!(line("reading", 4, 8), "\rreading [############............] 4 of 8");
        assert_eq!(line("reading", 8, 8), "\rreading [########################] 8 of 8");
        assert!(line("checking", 123_456_789, 123_456_789).len() <= LENGTH);
    }

    #[test]
    fn a_bar_that_nobody_wants_is_never_due() {
        let bar = Bar::new("reading", false);
        assert!(!bar.is_due(u64::MAX - 1) && !bar.is_drawn());
    }

    #[test]
    fn a_bar_is_due_after_half_a_second_and_then_ten_times_a_second() {
        let bar = Bar::new("reading", false);
        bar.next.store(PATIENCE, Ordering::Relaxed);
        let due: Vec<u64> = (0..1_000).filter(|&now| bar.is_due(now)).collect();
        assert_eq!(due, [500, 600, 700, 800, 900]);
        assert!(bar.is_drawn());
        // It is not drawn again when it is wiped away: nothing was.
        bar.next.store(NEVER, Ordering::Relaxed);
    }
}
