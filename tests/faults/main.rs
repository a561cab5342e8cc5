//! Real faults, injected: system calls that fail or are the last, full disks, many writers, planted files.
//!
//! `cargo test --all-features --test faults` runs a sample. All of it, with the counts that stand in
//! `docs/reliability.md`:
//!
//! ```text
//! cargo test --all-features --test faults -- --ignored --nocapture --test-threads 1
//! ```
//!
//! To have another command swept, add a line to `cases::CASES`.

#![cfg(all(target_os = "linux", feature = "cli"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

mod cases;
#[path = "../common/mod.rs"]
mod common;
mod filesystems;
mod permissions;
mod sandbox;
mod short;
mod single;
mod sweep;
mod trace;
mod verdict;
mod writers;
