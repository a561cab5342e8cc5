//! Manifests: what they say, what they change, and that the second time changes nothing.

#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod differences;
mod export;
mod hostile;
mod json;
mod mistakes;
mod passwords;
mod properties;
mod prune;
mod rotation;
mod sandbox;
#[path = "../common/schema.rs"]
mod schema;
mod several;
