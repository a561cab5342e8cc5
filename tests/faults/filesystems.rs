//! filesystems
