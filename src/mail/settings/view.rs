//! The settings as JSON has them, without the password.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::protocols::java_name;
use super::{Key, Lint, Position, Settings};
use crate::mail::{Encryption, Endpoint};

#[derive(Serialize)]
struct View<'a> {
    servers: Vec<Server<'a>>,
    encryption: Encryption,
    connection_timeout_ms: u128,
    timeout_ms: u128,
    from: Option<&'a str>,
    user: Option<&'a str>,
    password_set: bool,
    protocols: Vec<&'static str>,
    /// Empty for those of the provider.
    cipher_suites: Vec<&'a str>,
    /// Where each value comes from; a key without one has its default or no value.
    positions: &'a BTreeMap<Key, Position>,
    lints: &'a [Lint],
}

#[derive(Serialize)]
struct Server<'a> {
    host: &'a str,
    port: u16,
}

impl<'a> From<&'a Endpoint> for Server<'a> {
    fn from(endpoint: &'a Endpoint) -> Self {
        Self { host: &endpoint.host, port: endpoint.port }
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        View {
            servers: self.servers().map(Server::from).collect(),
            encryption: self.main.encryption,
            connection_timeout_ms: self.main.connect_timeout.as_millis(),
            timeout_ms: self.main.timeout.as_millis(),
            from: self.from.as_deref(),
            user: self.credentials.as_ref().map(|credentials| credentials.user.as_str()),
            password_set: self.credentials.as_ref().is_some_and(|c| !c.password.is_empty()),
            protocols: self.protocols.iter().map(|version| java_name(version)).collect(),
            cipher_suites: self.suites.iter().map(|suite| suite.name.as_str()).collect(),
            positions: &self.positions,
            lints: &self.lints,
        }
        .serialize(serializer)
    }
}
