//! A root and a server's certificate for loopback, made once, for servers in Rust.

use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

use crate::common::pki::{LOCAL, VALID};

pub(crate) struct Pki {
    pub(crate) root: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

pub(crate) fn get() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(Pki::make)
}

impl Pki {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = crate::common::pki::Pki::new(folder.path());
        let root = made.root("Test-Root");
        let server = made.server("Test-Server", LOCAL, VALID, &root);
        let key = PrivateKeyDer::Pkcs8(server.key_der().into());
        Self { root: root.der().into(), chain: vec![server.der().into()], key }
    }

    /// A server with this certificate.
    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        self.server_with(rustls::crypto::aws_lc_rs::default_provider(), rustls::ALL_VERSIONS)
    }

    pub(crate) fn server_with(
        &self,
        provider: CryptoProvider,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::new(provider));
        let builder = builder.with_protocol_versions(versions).unwrap().with_no_client_auth();
        Arc::new(builder.with_single_cert(self.chain.clone(), self.key.clone_key()).unwrap())
    }

    /// A server that wants a certificate from its clients.
    pub(crate) fn server_for_known_clients(&self) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_client_cert_verifier(verifier.build().unwrap());
        Arc::new(builder.with_single_cert(self.chain.clone(), self.key.clone_key()).unwrap())
    }
}
