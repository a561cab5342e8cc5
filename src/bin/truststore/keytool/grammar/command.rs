//! keytool's commands, and which options the help of each shows.

use super::options::Opt;

/// A command that is done here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    ChangeAlias,
    Delete,
    ExportCert,
    ImportCert,
    ImportKeystore,
    List,
    PrintCert,
    StorePasswd,
}

/// What the command line names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// A command that is done here.
    Here(Command),
    /// A command of the JDK's keytool for which a JDK is needed, by its name.
    Elsewhere(&'static str),
}

impl Command {
    /// In the order of the JDK's help.
    pub(crate) const ALL: [Self; 8] = [
        Self::ChangeAlias,
        Self::Delete,
        Self::ExportCert,
        Self::ImportCert,
        Self::ImportKeystore,
        Self::List,
        Self::PrintCert,
        Self::StorePasswd,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ChangeAlias => "-changealias",
            Self::Delete => "-delete",
            Self::ExportCert => "-exportcert",
            Self::ImportCert => "-importcert",
            Self::ImportKeystore => "-importkeystore",
            Self::List => "-list",
            Self::PrintCert => "-printcert",
            Self::StorePasswd => "-storepasswd",
        }
    }

    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::ChangeAlias => "Changes an entry's alias",
            Self::Delete => "Deletes an entry",
            Self::ExportCert => "Exports certificate",
            Self::ImportCert => "Imports a certificate or a certificate chain",
            Self::ImportKeystore => "Imports one or all entries from another keystore",
            Self::List => "Lists entries in a keystore",
            Self::PrintCert => "Prints the content of a certificate",
            Self::StorePasswd => "Changes the store password of a keystore",
        }
    }

    /// The options that the help shows, in the order of the JDK's.
    pub(crate) fn options(self) -> Vec<Opt> {
        const STORE: [Opt; 4] = [Opt::Keystore, Opt::Cacerts, Opt::StorePass, Opt::StoreType];
        const PROVIDER: [Opt; 4] =
            [Opt::ProviderName, Opt::AddProvider, Opt::ProviderClass, Opt::ProviderPath];
        const LAST: [Opt; 2] = [Opt::Verbose, Opt::Protected];
        match self {
            Self::ChangeAlias => {
                [&[Opt::Alias, Opt::DestAlias, Opt::KeyPass][..], &STORE, &PROVIDER, &LAST].concat()
            }
            Self::Delete => [&[Opt::Alias][..], &STORE, &PROVIDER, &LAST].concat(),
            Self::ExportCert => [&[Opt::Rfc, Opt::Alias, Opt::File][..], &STORE, &PROVIDER, &LAST].concat(),
            Self::ImportCert => {
                let first =
                    [Opt::NoPrompt, Opt::TrustCacerts, Opt::Protected, Opt::Alias, Opt::File, Opt::KeyPass];
                [&first[..], &STORE, &PROVIDER, &[Opt::Verbose]].concat()
            }
            Self::ImportKeystore => vec![
                Opt::SrcKeystore,
                Opt::DestKeystore,
                Opt::SrcStoreType,
                Opt::DestStoreType,
                Opt::SrcStorePass,
                Opt::DestStorePass,
                Opt::SrcProtected,
                Opt::DestProtected,
                Opt::SrcProviderName,
                Opt::DestProviderName,
                Opt::SrcAlias,
                Opt::DestAlias,
                Opt::SrcKeyPass,
                Opt::DestKeyPass,
                Opt::NoPrompt,
                Opt::AddProvider,
                Opt::ProviderClass,
                Opt::ProviderPath,
                Opt::Verbose,
            ],
            Self::List => [&[Opt::Rfc, Opt::Alias][..], &STORE, &PROVIDER, &LAST].concat(),
            Self::PrintCert => {
                let first = [Opt::Rfc, Opt::File, Opt::SslServer, Opt::StartTls, Opt::JarFile];
                let store = [Opt::Keystore, Opt::StorePass, Opt::StoreType, Opt::TrustCacerts];
                [&first[..], &store, &PROVIDER, &LAST].concat()
            }
            Self::StorePasswd => [&[Opt::New][..], &STORE, &PROVIDER, &[Opt::Verbose]].concat(),
        }
    }
}

impl Named {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Here(command) => command.name(),
            Self::Elsewhere(name) => name,
        }
    }
}

/// The command of this name, in any case of letters.
pub(crate) fn find(name: &str) -> Option<Named> {
    let name = OLD_NAMES.iter().find(|(old, _)| old.eq_ignore_ascii_case(name)).map_or(name, |(_, new)| new);
    let is = |candidate: &str| candidate.eq_ignore_ascii_case(name);
    match Command::ALL.into_iter().find(|command| is(command.name())) {
        Some(command) => Some(Named::Here(command)),
        None => ELSEWHERE.into_iter().find(|candidate| is(candidate)).map(Named::Elsewhere),
    }
}

/// Names of older JDKs, which are still accepted.
const OLD_NAMES: [(&str, &str); 4] = [
    ("-export", "-exportcert"),
    ("-genkey", "-genkeypair"),
    ("-import", "-importcert"),
    ("-importpassword", "-importpass"),
];

/// What makes or signs something with a private key, or is about something else than stores.
pub(crate) const ELSEWHERE: [&str; 13] = [
    "-certreq",
    "-gencert",
    "-gencrl",
    "-genkeypair",
    "-genseckey",
    "-identitydb",
    "-importpass",
    "-keyclone",
    "-keypasswd",
    "-printcertreq",
    "-printcrl",
    "-selfcert",
    "-showinfo",
];
