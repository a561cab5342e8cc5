//! Sends a message through a server that a trust store trusts: STARTTLS on port 587, with a user.
//!
//! ```text
//! MAIL_PASSWORD=… cargo run --example send_mail --features mail,aws-lc-rs -- \
//!     ssl-truststore mail.example.com spooler@example.com ops@example.com
//! ```

#![expect(clippy::print_stdout, reason = "the result of an example")]

use std::error::Error;
use std::sync::Arc;

use mail_builder::MessageBuilder;
use truststore::mail::{Address, Credentials, Encryption, Endpoint, Sender};
use truststore::{Limits, Password, TrustStore, Unlock, tls};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, host, from, to] = arguments.as_slice() else {
        return Err("expected: STORE HOST FROM TO".into());
    };
    let (from, to): (Address, Address) = (from.parse()?, to.parse()?);

    // Whom the store trusts, rustls trusts. Keep the configuration for all messages.
    let store = TrustStore::open(path, Unlock::Defaults, &Limits::default())?;
    let config = Arc::new(store.client_config(tls::default_provider())?);

    let mut sender = Sender::new(Endpoint::new(host, 587, Encryption::StartTls), config);
    if let Ok(password) = std::env::var("MAIL_PASSWORD") {
        sender.credentials = Some(Credentials::new(from.as_str(), Password::new(password)));
    }

    let message = MessageBuilder::new()
        .from(from.as_str())
        .to(to.as_str())
        .subject("Hello")
        .text_body("Sent over TLS.\n")
        .write_to_vec()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let delivery = runtime.block_on(sender.send(&from, &[to], &message))?;
    println!("{}", delivery.reply);
    Ok(())
}
