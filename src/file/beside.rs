//! Work that is done beside other work.

use std::ops::RangeInclusive;
use std::thread::{Builder, Scope, ScopedJoinHandle};

/// The numbers of entries that are worth a thread. With fewer the work is soon done, and a command is one
/// thread, whose system calls can be counted and made to fail one by one (`tests/faults`); with more, the memory
/// that two readers need at the same time is worth more than the time.
const WORTHWHILE: RangeInclusive<usize> = 256..=65_536;

/// Work in a thread of its own, or still to be done.
pub(super) enum Beside<'scope, T, F> {
    Begun(ScopedJoinHandle<'scope, T>),
    Later(F),
}

impl<'scope, T: Send + 'scope, F: FnOnce() -> T + Copy + Send + 'scope> Beside<'scope, T, F> {
    /// Begins the work on so many entries, if they are worth a thread and the system has one.
    pub(super) fn begin(scope: &'scope Scope<'scope, '_>, entries: usize, work: F) -> Self {
        if !WORTHWHILE.contains(&entries) {
            return Self::Later(work);
        }
        Builder::new().spawn_scoped(scope, work).map_or(Self::Later(work), Self::Begun)
    }

    /// Waits for the work to end, or does it.
    pub(super) fn finish(self) -> T {
        match self {
            Self::Begun(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Self::Later(work) => work(),
        }
    }
}
