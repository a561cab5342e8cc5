//! Cipher suites by their names in Java, and what rustls has of them.

use rustls::crypto::CryptoProvider;
use rustls::{CipherSuite, SupportedCipherSuite};

use super::Settings;
use super::field::Given;
use super::key::Key;
use super::lint::{Lint, LintCode, Lints};
use super::protocols::java_name;
use crate::error::{Error, ErrorKind, Result};
use crate::ops::near_matches;

/// A suite that is listed.
#[derive(Debug)]
pub(super) struct Suite {
    /// As it is written in the file.
    pub(super) name: String,
    id: CipherSuite,
}

/// What a provider has of the suites that are listed.
#[derive(Debug)]
#[non_exhaustive]
pub struct CipherSuites {
    /// The suites that are offered, in the order of the file; without a list the provider's, in its order.
    pub used: Vec<SupportedCipherSuite>,
    /// What is listed and not offered.
    pub lints: Vec<Lint>,
}

impl Settings {
    /// The cipher suites that a provider offers with these settings.
    ///
    /// # Errors
    /// `SettingsInvalid` if the provider has none of those listed for a version of TLS that is listed.
    pub fn cipher_suites(&self, base: &CryptoProvider) -> Result<CipherSuites> {
        let enabled = |suite: &SupportedCipherSuite| self.protocols.contains(&suite.version());
        if self.suites.is_empty() {
            let used: Vec<_> = base.cipher_suites.iter().filter(|suite| enabled(suite)).copied().collect();
            return match used.is_empty() {
                true => Err(self.none_left("the provider's", "list another version of TLS")),
                false => Ok(CipherSuites { used, lints: Vec::new() }),
            };
        }
        let position = self.position(Key::CipherSuites);
        let mut lints = Lints::new(position.map_or(&self.local, |position| &position.path));
        let line = position.map_or(0, |position| position.line);
        let mut used = Vec::new();
        for suite in &self.suites {
            let name = &suite.name;
            let (message, remedy) = match base.cipher_suites.iter().find(|known| known.suite() == suite.id) {
                Some(known) if enabled(known) => {
                    used.push(*known);
                    continue;
                }
                Some(known) => {
                    let version = java_name(known.version());
                    let message = format!("{name} is not offered: it is of {version}, which is not listed");
                    (message, format!("add {version} to {}, or take it off the list", Key::Protocols))
                }
                None => {
                    let message = format!("{name} is not offered: rustls does not implement it");
                    (message, "use suites with ECDHE and GCM or CHACHA20, or take it off the list".to_owned())
                }
            };
            lints.add(LintCode::CipherSuiteUnused, line, Some(Key::CipherSuites), message, remedy);
        }
        if used.is_empty() {
            let reasons: Vec<_> = lints.into_found().into_iter().map(|lint| lint.message).collect();
            return Err(self.none_left("those listed", &reasons.join("; ")));
        }
        for version in &self.protocols {
            if used.iter().any(|suite| suite.version() == *version) {
                continue;
            }
            let version = java_name(version);
            let message = format!("{version} is not offered: none of the cipher suites listed is of it");
            let remedy = format!("add a suite of {version}, or take it off {}", Key::Protocols);
            lints.add(LintCode::ProtocolDropped, line, Some(Key::CipherSuites), message, remedy);
        }
        Ok(CipherSuites { used, lints: lints.into_found() })
    }

    /// A provider that offers the cipher suites of these settings, in their order.
    ///
    /// ```
    /// # #[cfg(feature = "aws-lc-rs")] {
    /// use rustls::crypto::aws_lc_rs;
    /// use truststore::mail::{Settings, SettingsFile};
    ///
    /// let text = b"mailserver=mail.example.com\nmailSmtpEncryption=SSL_TLS\n\
    ///     allowCustomCipherSuitesForOutboundCommunication=true\n\
    ///     customCipherSuitesForOutboundCommunication=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\n";
    /// let settings = Settings::resolve(&SettingsFile::parse("spoc.conf".as_ref(), text)?, None)?;
    /// let provider = settings.provider(aws_lc_rs::default_provider())?;
    /// assert_eq!(provider.cipher_suites.len(), 1);
    /// let builder = rustls::ClientConfig::builder_with_provider(provider.into())
    ///     .with_protocol_versions(settings.protocol_versions());
    /// assert!(builder.is_ok());
    /// # }
    /// # Ok::<(), truststore::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Settings::cipher_suites`].
    pub fn provider(&self, base: CryptoProvider) -> Result<CryptoProvider> {
        let cipher_suites = self.cipher_suites(&base)?.used;
        Ok(CryptoProvider { cipher_suites, ..base })
    }

    fn none_left(&self, which: &str, why: &str) -> Error {
        let line = self.position(Key::CipherSuites).map(|position| format!("line {}: ", position.line));
        let versions: Vec<&str> = self.protocols.iter().map(|version| java_name(version)).collect();
        let message = format!(
            "{}found no usable cipher suite among {which}, expected one of {} that rustls implements; {why}",
            line.unwrap_or_default(),
            versions.join(" or ")
        );
        let path = self.position(Key::CipherSuites).map_or(&self.local, |position| &position.path);
        Error::new(ErrorKind::SettingsInvalid, message).at_path(path)
    }
}

/// The suites that are listed; a name that is none is an error.
pub(super) fn parse(given: &Given<'_>) -> Result<Vec<Suite>> {
    let known = known();
    let mut suites: Vec<Suite> = Vec::new();
    for name in given.names() {
        let Some(&(_, id)) = known.iter().find(|(known, _)| known == name) else {
            let next = match near_matches(known.iter().map(|(known, _)| known.as_str()), name).first() {
                Some(near) => format!("is {near} meant?"),
                None => "the names are Java's, which are IANA's, and not OpenSSL's".to_owned(),
            };
            let expected = "the name of a cipher suite, such as TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
            return Err(given.unexpected(name, expected, &next));
        };
        if !suites.iter().any(|suite| suite.id == id) {
            suites.push(Suite { name: name.to_owned(), id });
        }
    }
    if suites.is_empty() {
        return Err(given.invalid("names of cipher suites", "list some, or write [EMPTY] for the default"));
    }
    Ok(suites)
}

/// Java's name of every suite that rustls has one for: all of IANA's but the newest, and all of the JDK's.
fn known() -> Vec<(String, CipherSuite)> {
    let mut known = Vec::new();
    for suite in (0..=u16::MAX).map(CipherSuite::from) {
        let Some(name) = suite.as_str() else { continue };
        // IANA has `TLS_` for what rustls begins with `TLS13_`.
        let bare = name.strip_prefix("TLS13_").or_else(|| name.strip_prefix("TLS_")).unwrap_or(name);
        // The JDK also has the names from before TLS for suites of that time.
        if matches!(u16::from(suite), 0..=0x1b | 0x60..=0x66) {
            known.push((format!("SSL_{bare}"), suite));
        }
        known.push((format!("TLS_{bare}"), suite));
    }
    known
}
