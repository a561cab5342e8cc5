//! A thread that begins on another core than the one it was begun from.
//!
//! A scheduler may leave a new thread where its parent runs until it balances the cores again, some milliseconds later
//! (Linux where a virtual machine packs its work on few cores). Ours live no longer than that, and would take turns
//! with their parent instead of helping it.

use std::hint::black_box;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Begins `work` in a thread of its own.
///
/// # Errors
/// If the system has no further thread; then nothing was done.
pub(crate) fn begin<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    let here = core::current();
    let thread = Builder::new().spawn_scoped(scope, move || {
        core::leave(here);
        work()
    })?;
    // If it waits for this very core, it gets it for as long as it takes to leave.
    core::share();
    Ok(thread)
}

/// As [`begin`], and waits a moment until the thread has what it asks the system for: its stack for signals, its part of
/// the heap. While somebody touches fresh memory, page after page, it would not get that for as long as 4 ms (Linux).
///
/// # Errors
/// As [`begin`].
pub(super) fn begin_before<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, T>> {
    let is_there = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&is_there);
    let thread = begin(scope, move || {
        black_box(Box::new(0_u8));
        tell.store(true, Ordering::Relaxed);
        work()
    })?;
    // A core that sleeps takes as long to wake up as this is to save.
    let start = Instant::now();
    while !is_there.load(Ordering::Relaxed) && start.elapsed() < PATIENCE {
        core::share();
    }
    Ok(thread)
}

/// Most threads are there after a tenth of it.
const PATIENCE: Duration = Duration::from_millis(1);

#[cfg(target_os = "linux")]
mod core {
    use nix::sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use nix::unistd::Pid;

    /// The thread that asks.
    const THIS: Pid = Pid::from_raw(0);

    /// The core that this thread runs on.
    pub(super) fn current() -> Option<usize> {
        sched_getcpu().ok()
    }

    /// Moves this thread to another core that it may run on, where there is one, and ties it to none.
    pub(super) fn leave(core: Option<usize>) {
        let (Some(core), Ok(all)) = (core, sched_getaffinity(THIS)) else { return };
        let mut others = all;
        let has_others = (0..CpuSet::count()).any(|other| other != core && all.is_set(other) == Ok(true));
        // Where it cannot be moved it runs all the same.
        if has_others && others.unset(core).is_ok() && sched_setaffinity(THIS, &others).is_ok() {
            let _ = sched_setaffinity(THIS, &all);
        }
    }

    pub(super) fn share() {
        std::thread::yield_now();
    }
}

#[cfg(not(target_os = "linux"))]
mod core {
    pub(super) fn current() -> Option<usize> {
        None
    }

    pub(super) fn leave(_: Option<usize>) {}

    pub(super) fn share() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_does_its_work_and_may_run_where_its_parent_may() {
        let cores = || {
            #[cfg(target_os = "linux")]
            return nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0)).unwrap();
            #[cfg(not(target_os = "linux"))]
            return "done";
        };
        let found = std::thread::scope(|scope| begin(scope, cores).unwrap().join().unwrap());
        assert_eq!(found, cores());
    }
}
