//! Work that is done beside other work.

use std::thread::{Scope, ScopedJoinHandle};

use crate::parallel;

/// Work in a thread of its own, or still to be done.
pub(super) enum Beside<'scope, T, F> {
    Begun(ScopedJoinHandle<'scope, T>),
    Later(F),
}

impl<'scope, T: Send + 'scope, F: FnOnce() -> T + Copy + Send + 'scope> Beside<'scope, T, F> {
    /// Begins the work, if it is worth a thread and the system has one.
    pub(super) fn begin(scope: &'scope Scope<'scope, '_>, worthwhile: bool, work: F) -> Self {
        if !worthwhile {
            return Self::Later(work);
        }
        parallel::begin(scope, work).map_or(Self::Later(work), Self::Begun)
    }

    /// Waits for the work to end, or does it.
    pub(super) fn finish(self) -> T {
        match self {
            Self::Begun(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Self::Later(work) => work(),
        }
    }
}
