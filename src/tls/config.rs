//! A client's configuration with a store's trust.

use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, ConfigBuilder, Error, WantsVerifier};

use crate::store::TrustStore;

impl TrustStore {
    /// A rustls configuration that trusts what the store says, for TLS 1.2 and 1.3 and without a client
    /// certificate; for others see [`ConfigBuilderExt`]. Nothing is installed for the whole process.
    ///
    /// # Errors
    /// rustls' own, if the provider has no cipher suite for these versions.
    ///
    /// ```
    /// # #[cfg(feature = "aws-lc-rs")] {
    /// use std::sync::Arc;
    /// use truststore::{Format, Password, TrustStore};
    ///
    /// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    /// let store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    /// let config = store.client_config(provider)?;
    /// assert!(config.enable_sni);
    /// # }
    /// # Ok::<(), rustls::Error>(())
    /// ```
    pub fn client_config(&self, provider: Arc<CryptoProvider>) -> Result<ClientConfig, Error> {
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(builder.with_trust_store(self).with_no_client_auth())
    }
}

/// The cryptography that the crate was built with: aws-lc-rs where it has both.
#[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#[must_use]
pub fn default_provider() -> Arc<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    #[cfg(not(feature = "aws-lc-rs"))]
    let provider = rustls::crypto::ring::default_provider();
    Arc::new(provider)
}

/// Takes the trust from a store where rustls' builder asks for it.
pub trait ConfigBuilderExt {
    /// Verifies servers as [`TrustStore::verifier`] does.
    ///
    /// ```
    /// # #[cfg(feature = "aws-lc-rs")] {
    /// use std::sync::Arc;
    /// use truststore::tls::ConfigBuilderExt;
    /// use truststore::{Format, Password, TrustStore};
    ///
    /// let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    /// let store = TrustStore::new(Format::Pkcs12, Password::new("changeit"));
    /// let config = rustls::ClientConfig::builder_with_provider(provider)
    ///     .with_protocol_versions(&[&rustls::version::TLS13])?
    ///     .with_trust_store(&store)
    ///     .with_no_client_auth();
    /// # }
    /// # Ok::<(), rustls::Error>(())
    /// ```
    fn with_trust_store(self, store: &TrustStore) -> ConfigBuilder<ClientConfig, WantsClientCert>;
}

impl ConfigBuilderExt for ConfigBuilder<ClientConfig, WantsVerifier> {
    fn with_trust_store(self, store: &TrustStore) -> ConfigBuilder<ClientConfig, WantsClientCert> {
        let verifier = store.verifier(self.crypto_provider().clone());
        self.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    }
}
