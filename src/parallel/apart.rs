//! A thread that begins on another core than the one it was begun from.
//!
//! A scheduler may leave a new thread where its parent runs until it balances the cores again, some milliseconds later
//! (Linux where a virtual machine packs its work on few cores). Ours live no longer than that, and would take turns
//! with their parent instead of helping it.

use std::io;
use std::thread::{Builder, Scope, ScopedJoinHandle};

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

#[cfg(target_os = "linux")]
mod core {
    use rustix::thread::{sched_getaffinity, sched_getcpu, sched_setaffinity};

    /// The core that this thread runs on.
    pub(super) fn current() -> usize {
        sched_getcpu()
    }

    /// Moves this thread to another core that it may run on, where there is one, and ties it to none.
    pub(super) fn leave(core: usize) {
        let Ok(all) = sched_getaffinity(None) else { return };
        let mut others = all;
        others.unset(core);
        // Where it cannot be moved it runs all the same.
        if others.count() > 0 && sched_setaffinity(None, &others).is_ok() {
            let _ = sched_setaffinity(None, &all);
        }
    }

    pub(super) fn share() {
        std::thread::yield_now();
    }
}

#[cfg(not(target_os = "linux"))]
mod core {
    pub(super) fn current() -> usize {
        0
    }

    pub(super) fn leave(_: usize) {}

    pub(super) fn share() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_does_its_work_and_may_run_where_its_parent_may() {
        #[cfg(target_os = "linux")]
        let cores = || rustix::thread::sched_getaffinity(None).unwrap();
        #[cfg(not(target_os = "linux"))]
        let cores = || ();
        let found = std::thread::scope(|scope| begin(scope, cores).unwrap().join().unwrap());
        assert_eq!(found, cores());
    }
}
