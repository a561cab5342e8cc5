//! Trying again while somebody else is in the way.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// Short, so that a waiter among many gets its turn soon after the others.
pub(super) const PAUSE: Duration = Duration::from_millis(10);

/// Repeats `attempt` until it succeeds, fails for another reason than `busy`, or time is up. No signal interrupts
/// it: the standard library repeats what opens a file.
pub(super) fn patiently<T>(
    deadline: Instant,
    busy: impl Fn(&io::Error) -> bool,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if busy(&error) && Instant::now() < deadline => thread::sleep(PAUSE),
            result => return result,
        }
    }
}
