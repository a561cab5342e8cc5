//! Hostile bytes: files that are damaged bit by bit, files that ask for endless work, and shapes that a
//! careless reader takes quadratic time or memory for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod bombs;
mod build;
#[cfg(feature = "cli")]
mod command;
#[path = "../common/mod.rs"]
mod common;
mod corners;
#[cfg(all(target_os = "linux", feature = "cli"))]
mod memory;
mod mutations;
#[cfg(feature = "cli")]
#[path = "../common/schema.rs"]
mod schema;
mod shapes;
mod sizes;
#[cfg(feature = "cli")]
mod text;
