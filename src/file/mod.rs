//! One store file: open, edit, commit.
//!
//! An edit goes through these steps, and whichever fails or is the last one before the power does, the
//! file is the old one or the new one, whole:
//!
//! 1. the path's symbolic links are followed, once, by us ([`target`]);
//! 2. the lock beside the file is taken ([`lock`]), and the file is read under it ([`content`]);
//! 3. the caller changes the store;
//! 4. the store is encoded;
//! 5. the bytes are written to a temporary file in the same folder, which gets the old file's mode, owner
//!    and ACL, is synced to disk and read back ([`atomic`]); what killed processes left behind is removed; and
//!    meanwhile, or before anything else is touched, they are decoded again and compared ([`check`], [`beside`]);
//! 6. the file is compared with what was read, since keytool does not know our lock; of a large one its times
//!    may be enough;
//! 7. the previous file is kept, if asked for ([`backup`]);
//! 8. the temporary file is renamed over the old one, and the folder is synced.

mod atomic;
mod backup;
mod beside;
mod check;
mod content;
mod edit;
mod lock;
mod open;
mod output;
mod patience;
#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;
mod target;

use std::time::Duration;

pub use backup::{Backup, RestoreOptions, Restored, restore};
pub(crate) use content::head;
pub use edit::{Committed, EditOptions, NewStore, StoreFile};
pub use output::{OutputOptions, Written, write_output, write_store};

/// How long a writer waits for another one, unless it is told otherwise.
const DEFAULT_LOCK_TIMEOUT: Duration = Duration::from_secs(10);
