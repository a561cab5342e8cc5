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
        let now = millis(self.begun.elapsed());
        let next = self.next.load(Ordering::Relaxed);
        let is_time = now >= next
            && self.next.compare_exchange(next, now + PAUSE, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_time {
            show(&line(self.what, progress));
        }
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

fn line(what: &str, progress: Progress) -> String {
    let Progress { done, total, .. } = progress;
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
