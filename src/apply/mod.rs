//! What a manifest declares of stores, and the way there.
//!
//! A [`Manifest`] is TOML; [`Desired`] is what one of its stores must hold, with every file read and checked;
//! [`plan`] makes a store hold it, in memory, and says how. Said twice, the second time changes nothing.
//!
//! ```
//! use std::path::Path;
//!
//! use truststore::apply::{Desired, Manifest, PlanOptions, plan};
//! use truststore::{Error, Format, Limits, Password, TrustStore};
//!
//! let text = r#"
//!     [[store]]
//!     path = "ssl-truststore"
//!
//!     [[store.certificate]]
//!     alias = "old-ca"
//!     absent = true
//! "#;
//! let limits = Limits::default();
//! let manifest = Manifest::from_toml(text, "trust.toml", &limits)?;
//! let no_password = |_: &_| Err(Error::new(truststore::ErrorKind::Refused, "no passwords here"));
//! let desired = Desired::gather(&manifest, &manifest.stores[0], Path::new("."), &limits, no_password)?;
//!
//! let mut store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
//! let plan = plan(&mut store, &desired, &PlanOptions::default())?;
//! assert!(!plan.changed);
//! # Ok::<(), truststore::Error>(())
//! ```

mod action;
mod desired;
mod diff;
mod manifest;
mod parse;
mod place;
mod plan;
mod table;
mod write;

pub use action::{Action, ActionKind, CertificateFacts, Kept, Plan};
pub use desired::{Bundled, Desired, Wanted};
pub use diff::{Difference, DifferenceKind, Side, diff};
pub use manifest::{
    Absent, CertificateSource, DeclaredBundle, DeclaredCertificate, DeclaredStore, Manifest, PasswordSource,
};
pub use place::Place;
pub use plan::{PlanOptions, plan};
pub use write::{Described, describe};
