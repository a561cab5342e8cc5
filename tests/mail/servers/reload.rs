//! A sender that keeps running while an administrator edits the store with the command.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use truststore::Password;
use truststore::mail::{Credentials, Encryption, Endpoint, FailureCode, SendError, Sender};
use truststore::tls::{ReloadOptions, ReloadingVerifier};

use super::client::Client;
use super::{MailServer, PASSWORD, Tls, USER, each, exim, public_folder};
use crate::common::pki::{LOCAL, Pki, VALID};

fn sender(server: &dyn MailServer, encryption: Encryption, config: ClientConfig) -> Sender {
    let port = if encryption == Encryption::SslTls { server.implicit() } else { server.starttls() };
    let mut sender = Sender::new(Endpoint::new("localhost", port, encryption), Arc::new(config));
    let credentials = Credentials::new(USER, Password::new(PASSWORD));
    sender.credentials = Some(credentials);
    sender
}

/// One connection, one mail.
fn send(sender: &Sender) -> Result<(), SendError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let from = "spool@example.test".parse().unwrap();
    let to = ["ops@example.test".parse().unwrap()];
    let message = b"Subject: from the library\r\n\r\n.a dot\r\n";
    runtime.block_on(sender.send(&from, &to, message)).map(drop)
}

#[test]
fn what_the_command_imports_and_removes_counts_from_the_next_connection_on() {
    let folder = public_folder();
    let pki = Pki::new(folder.path());
    let root = pki.root("root");
    let identity = pki.server("server", LOCAL, VALID, &root);
    let stranger = pki.root("stranger");
    let test = |server: &dyn MailServer| {
        for encryption in [Encryption::SslTls, Encryption::StartTls] {
            let client = Client::new();
            client.import(&stranger.certificate, "stranger");
            let provider = Arc::new(aws_lc_rs::default_provider());
            let store = client.path("ssl-truststore");
            let verifier = ReloadingVerifier::open(store, provider, ReloadOptions::default()).unwrap();
            let sender = sender(server, encryption, verifier.client_config().unwrap());
            refused(&sender);
            client.import(&root.certificate, "corp-root");
            verifier.check();
            for _ in 0..2 {
                send(&sender).unwrap_or_else(|e| panic!("{}: {e:?}\n{}", server.name(), server.log()));
            }
            client.run(&["remove", "corp-root"]).done();
            verifier.check();
            refused(&sender);
        }
        for mail in server.wait_for(4) {
            assert!(mail.contains("with esmtpsa"), "{mail}");
            assert!(mail.contains("\nSubject: from the library\n\n.a dot\n"), "{mail}");
        }
    };
    each(&identity, Tls::Offered, test);
    // Sessions are resumed in another way before TLS 1.3.
    let Some(program) = exim::find() else { return };
    test(&exim::Exim::start(program, &identity, Tls::Offered, Some(exim::ONLY_TLS_1_2)));
}

fn refused(sender: &Sender) {
    let error = send(sender).unwrap_err();
    assert_eq!(error.last.failure.code, FailureCode::CertificateRefused, "{error:?}");
}
