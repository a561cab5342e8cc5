//! From a store to rustls: which certificates may act as a CA, which are exact pins, and why a server is
//! trusted or not.
//!
//! The types of rustls appear in this folder and in `mail/` only.

mod decision;

pub use decision::{AnchorMatch, AnchorRole, Decision, JavaDiffers, Member, MissingIssuer, Refusal};
