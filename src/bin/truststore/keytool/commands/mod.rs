//! One file for each of keytool's commands.

pub(super) mod changealias;
pub(super) mod delete;
pub(super) mod exportcert;
pub(super) mod importcert;
pub(super) mod importkeystore;
pub(super) mod list;
pub(super) mod printcert;
mod sslserver;
pub(super) mod storepasswd;
mod transfer;

/// What an entry is called if nobody names it.
const DEFAULT_ALIAS: &str = "mykey";
