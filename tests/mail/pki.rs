//! A root and a server's certificate for loopback, made once by `openssl`.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;

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
        std::fs::write(folder.path().join("cnf"), "[req]\ndistinguished_name = dn\n[dn]\n").unwrap();
        req(
            folder.path(),
            "-subj /CN=Test-Root -keyout root.key -out root.pem -addext basicConstraints=critical,CA:TRUE \
             -addext keyUsage=critical,keyCertSign",
        );
        req(
            folder.path(),
            "-subj /CN=Test-Server -keyout server.key -out server.pem -CA root.pem -CAkey root.key \
             -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:localhost,IP:127.0.0.1",
        );
        let file = |name: &str| folder.path().join(name);
        Self {
            root: CertificateDer::from_pem_file(file("root.pem")).unwrap(),
            chain: vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()],
            key: PrivateKeyDer::from_pem_file(file("server.key")).unwrap(),
        }
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

fn req(folder: &Path, arguments: &str) {
    let output = Command::new("openssl")
        .args(["req", "-x509", "-config", "cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        .args(["-noenc", "-days", "2"])
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("OPENSSL_CONF")
        .output()
        .expect("openssl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
