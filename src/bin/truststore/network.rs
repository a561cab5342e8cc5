//! Where the command waits for a server.

use rustls::ClientConfig;
use truststore::TrustStore;
use truststore::mail::Settings;
use truststore::tls::{ConfigBuilderExt, default_provider};

use crate::failure::Failure;

/// Runs to its end what talks to a server.
pub(crate) fn wait<T>(conversation: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::Other {
        code: "io",
        message: format!("cannot talk to the network: {e}"),
        hint: None,
    })?;
    Ok(runtime.block_on(conversation))
}

/// The store's trust, with the versions of TLS and the cipher suites of the settings.
pub(crate) fn client_config(
    store: &TrustStore,
    settings: Option<&Settings>,
) -> Result<ClientConfig, Failure> {
    let unusable = |error: rustls::Error| Failure::usage(format!("TLS cannot be set up: {error}"));
    let provider = default_provider();
    let Some(settings) = settings else { return store.client_config(provider).map_err(unusable) };
    let provider = settings.provider((*provider).clone())?;
    let builder = ClientConfig::builder_with_provider(provider.into());
    let builder = builder.with_protocol_versions(settings.protocol_versions()).map_err(unusable)?;
    Ok(builder.with_trust_store(store).with_no_client_auth())
}
