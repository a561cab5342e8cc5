//! From the options of `send-test` and the settings to a sender: who, through whom, and how protected.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use truststore::mail::{Address, Credentials, Encryption, Endpoint, Key, Sender, Settings};
use truststore::{Password, TrustStore};

use crate::context::Context;
use crate::failure::Failure;
use crate::{network, prompt};

/// Where the message goes through; each option replaces what the settings say.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The settings of the mail sender (spoc.conf)
    #[arg(long, value_name = "FILE", required_unless_present = "server")]
    settings: Option<PathBuf>,
    /// The central server's settings, for values that --settings leaves open
    #[arg(long, value_name = "FILE", requires = "settings")]
    central_settings: Option<PathBuf>,
    /// The server, instead of those of the settings [default port: 25, 465 or 587, by the encryption]
    #[arg(long, value_name = "HOST[:PORT]", value_parser = server)]
    server: Option<Server>,
    /// How the connection is protected [default: the settings', else starttls, on port 465 ssl-tls]
    #[arg(long, value_name = "HOW")]
    encryption: Option<How>,
    /// The sender's address [default: the settings', else the first --to]
    #[arg(long, value_name = "ADDRESS")]
    from: Option<Address>,
    /// The user to log in as
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read the user's password from a file, less one line end
    #[arg(long, value_name = "FILE", conflicts_with = "mail_password_env")]
    mail_password_file: Option<PathBuf>,
    /// Take the user's password from a variable
    #[arg(long, value_name = "VAR")]
    mail_password_env: Option<String>,
    /// The longest time for each step, in seconds [default: the settings', else 10]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    timeout: Option<u64>,
    /// Send user and password over a connection that is not encrypted (--encryption none)
    #[arg(long)]
    allow_plaintext_credentials: bool,
    /// Go on in plain text, and without user and password, if the server does not offer STARTTLS
    #[arg(long)]
    opportunistic: bool,
    /// The name to give in EHLO [default: the address that the connection comes from]
    #[arg(long, value_name = "NAME")]
    ehlo: Option<String>,
}

/// `mailSmtpEncryption`, as an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum How {
    /// Plain text
    None,
    /// TLS from the first octet on, usually port 465
    SslTls,
    /// Plain text at first, then TLS, usually port 587 or 25
    #[value(alias = "start-tls")]
    Starttls,
}

/// A host, and a port if one was given.
#[derive(Debug, Clone)]
struct Server {
    host: String,
    port: Option<u16>,
}

/// What the options and the settings come to.
pub(super) struct Plan {
    pub(super) sender: Sender,
    pub(super) from: Address,
}

impl Options {
    /// Reads the settings and passwords that the options name.
    pub(super) fn plan(
        &self,
        to: &[Address],
        store: &TrustStore,
        context: &mut Context,
    ) -> Result<Plan, Failure> {
        let settings = match &self.settings {
            Some(path) => Some(network::settings(path, self.central_settings.as_deref(), context)?),
            None => None,
        };
        let config = Arc::new(network::client_config(store, settings.as_ref())?);
        let (main, backup) = self.servers(settings.as_ref())?;
        let from = match (&self.from, &settings) {
            (Some(from), _) => from.clone(),
            (None, Some(settings)) => {
                let from = settings.sender()?;
                from.parse().map_err(|error| Failure::usage(format!("mailfrom: {error}")))?
            }
            (None, None) => to
                .first()
                .cloned()
                .ok_or_else(|| Failure::usage("the sender's address is missing; give it with --from"))?,
        };
        let mut sender = Sender::new(main, config);
        sender.backup = backup;
        sender.credentials = self.credentials(settings.and_then(|settings| settings.credentials), context)?;
        sender.options.ehlo_name.clone_from(&self.ehlo);
        sender.options.allow_plaintext_credentials = self.allow_plaintext_credentials;
        sender.options.opportunistic = self.opportunistic;
        Ok(Plan { sender, from })
    }

    /// The server and its backup.
    fn servers(&self, settings: Option<&Settings>) -> Result<(Endpoint, Option<Endpoint>), Failure> {
        let encryption = match (self.encryption, settings) {
            (Some(how), _) => how.into(),
            (None, Some(settings)) => settings.main.encryption,
            (None, None) if self.server.as_ref().and_then(|server| server.port) == Some(465) => {
                Encryption::SslTls
            }
            (None, None) => Encryption::StartTls,
        };
        let limit = self.timeout.map(Duration::from_secs);
        let adapt = |endpoint: &mut Endpoint| {
            // A port that nobody chose goes with the encryption.
            if settings.is_none_or(|settings| settings.position(Key::Port).is_none()) {
                endpoint.port = encryption.default_port();
            }
            endpoint.encryption = encryption;
            endpoint.connect_timeout = limit.unwrap_or(endpoint.connect_timeout);
            endpoint.timeout = limit.unwrap_or(endpoint.timeout);
        };
        let (mut main, mut backup) = match (settings, &self.server) {
            (Some(settings), None) => (settings.main.clone(), settings.backup.clone()),
            (Some(settings), Some(server)) => {
                let mut main = settings.main.clone();
                main.host.clone_from(&server.host);
                (main, None)
            }
            (None, Some(server)) => (Endpoint::new(server.host.as_str(), 0, encryption), None),
            (None, None) => return Err(Failure::usage("which server? give --server or --settings")),
        };
        adapt(&mut main);
        if let Some(server) = &self.server {
            main.port = server.port.unwrap_or_else(|| encryption.default_port());
        }
        backup.iter_mut().for_each(adapt);
        Ok((main, backup))
    }

    /// The user of the options with a password of the options, else those of the settings.
    fn credentials(
        &self,
        settings: Option<Credentials>,
        context: &mut Context,
    ) -> Result<Option<Credentials>, Failure> {
        let file = self.mail_password_file.as_deref();
        let given = context.named_password(file, self.mail_password_env.as_deref())?;
        let user = self.user.clone().or_else(|| settings.as_ref().map(|given| given.user.clone()));
        match (user, given) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(Failure::usage("whose password is it? give --user")),
            (Some(user), Some(password)) => Ok(Some(Credentials::new(user, password))),
            // Another user's password is not tried.
            (Some(user), None) if self.user.is_some() => {
                let password = ask(&user, context)?;
                Ok(Some(Credentials::new(user, password)))
            }
            (Some(_), None) => Ok(settings),
        }
    }
}

fn ask(user: &str, context: &Context) -> Result<Password, Failure> {
    if !prompt::is_possible(context.global.no_input) {
        return Err(Failure::usage(
            "give the user's password with --mail-password-file FILE or --mail-password-env VAR",
        ));
    }
    prompt::password(&format!("Mail password of {}", truststore::printable(user)))
}

/// `HOST`, `HOST:PORT`, `[IPV6]:PORT`, or an IPv6 address alone.
fn server(text: &str) -> Result<Server, String> {
    let is_address = text.parse::<std::net::IpAddr>().is_ok();
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !is_address && !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = match port.map(str::parse::<u16>) {
        None => None,
        Some(Ok(port)) if port > 0 => Some(port),
        Some(_) => return Err("expected HOST or HOST:PORT, with a port from 1 to 65535".to_owned()),
    };
    if host.is_empty() || host.contains('/') {
        return Err("expected HOST or HOST:PORT, without a protocol".to_owned());
    }
    Ok(Server { host: host.to_owned(), port })
}

impl From<How> for Encryption {
    fn from(how: How) -> Self {
        match how {
            How::None => Self::None,
            How::SslTls => Self::SslTls,
            How::Starttls => Self::StartTls,
        }
    }
}
