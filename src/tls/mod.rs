//! From a store to rustls: which certificates may act as a CA, which are exact pins, and why a server is
//! trusted or not.
//!
//! The types of rustls appear in this folder and in `mail/` only.

mod chain;
mod config;
mod decision;
mod explain;
mod issuer;
mod java;
mod names;
#[cfg(feature = "reload")]
mod reload;
mod roots;
mod verifier;

pub use config::ConfigBuilderExt;
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
pub use config::default_provider;
pub use decision::{AnchorMatch, AnchorRole, Decision, JavaDiffers, Member, MissingIssuer, Refusal};
pub use explain::server_name;
#[cfg(feature = "reload")]
pub use reload::{OnReload, ReloadEvent, ReloadOptions, ReloadingVerifier};
pub use roots::{Anchor, Pin, RootCerts, Skipped};
pub use verifier::Verifier;
