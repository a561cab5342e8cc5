//! The keys that concern mail, among all those of the product's file.

use std::fmt;

use crate::ops::near_matches;

/// A key of the Spooler Controller's configuration that concerns mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// `mailserver`: the mail server's host name or address.
    Server,
    /// `mailserverbackup`: the server that is tried when the first cannot be reached.
    ServerBackup,
    /// `mailfrom`: the sender's address.
    From,
    /// `mailuser`: the user for authentication.
    User,
    /// `mailpass`: the user's password.
    Password,
    /// `mailSmtpEncryption`: `NONE`, `SSL_TLS` or `STARTTLS`.
    Encryption,
    /// `mailSmtpPort`: the TCP port of both servers.
    Port,
    /// `mailSmtpConnectionTimeout`: milliseconds for the connection.
    ConnectionTimeout,
    /// `mailSmtpTimeout`: milliseconds for every later step.
    Timeout,
    /// `cryptographicProtocolsForOutboundCommunication`: versions of TLS.
    Protocols,
    /// `customCipherSuitesForOutboundCommunication`: names of cipher suites.
    CipherSuites,
    /// `allowCustomCipherSuitesForOutboundCommunication`: whether these count.
    AllowCipherSuites,
}

impl Key {
    /// Every key, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::Server,
        Self::ServerBackup,
        Self::From,
        Self::User,
        Self::Password,
        Self::Encryption,
        Self::Port,
        Self::ConnectionTimeout,
        Self::Timeout,
        Self::Protocols,
        Self::CipherSuites,
        Self::AllowCipherSuites,
    ];

    /// The key as it is written in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "mailserver",
            Self::ServerBackup => "mailserverbackup",
            Self::From => "mailfrom",
            Self::User => "mailuser",
            Self::Password => "mailpass",
            Self::Encryption => "mailSmtpEncryption",
            Self::Port => "mailSmtpPort",
            Self::ConnectionTimeout => "mailSmtpConnectionTimeout",
            Self::Timeout => "mailSmtpTimeout",
            Self::Protocols => "cryptographicProtocolsForOutboundCommunication",
            Self::CipherSuites => "customCipherSuitesForOutboundCommunication",
            Self::AllowCipherSuites => "allowCustomCipherSuitesForOutboundCommunication",
        }
    }

    /// The key of this name; letter case counts, as for Java.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// The key that somebody may have meant by a name that is none.
    pub(super) fn meant_by(name: &str) -> Option<Self> {
        // Nobody slips so often, and a lint shows the name.
        if name.len() > 100 {
            return None;
        }
        let bare: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let same = Self::ALL.into_iter().find(|key| key.as_str().eq_ignore_ascii_case(&bare));
        // Other keys of the product may begin like these; only a slip of a letter or two is one.
        same.or_else(|| {
            let known = Self::ALL.into_iter().map(Self::as_str);
            let near = near_matches(known.filter(|known| known.len().abs_diff(name.len()) <= 2), name);
            near.first().copied().and_then(Self::named)
        })
    }

    /// The key that a line begins with, if a separator follows it.
    pub(super) fn at_start_of(line: &str) -> Option<Self> {
        // The longest key has 47 letters; to look further for the end of another would cost time.
        let (end, _) = line.char_indices().take(64).find(|(_, c)| !c.is_ascii_alphanumeric())?;
        let (name, rest) = line.split_at(end);
        let key = Self::named(name)?;
        let separated = rest.trim_start().starts_with(['=', ':']);
        separated.then_some(key)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Key {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
