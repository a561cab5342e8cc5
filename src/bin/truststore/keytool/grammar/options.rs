//! keytool's options, by their names.

/// An option of keytool. Those that have no effect here are told apart only by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Opt {
    AddProvider,
    Alias,
    Cacerts,
    DestAlias,
    DestKeyPass,
    DestKeystore,
    DestProtected,
    DestProviderName,
    DestStorePass,
    DestStoreType,
    File,
    JarFile,
    KeyPass,
    Keystore,
    New,
    NoPrompt,
    NoWarn,
    Protected,
    ProviderArg,
    ProviderClass,
    ProviderName,
    ProviderPath,
    Rfc,
    SrcAlias,
    SrcKeyPass,
    SrcKeystore,
    SrcProtected,
    SrcProviderName,
    SrcStorePass,
    SrcStoreType,
    SslServer,
    StartTls,
    StorePass,
    StoreType,
    TrustCacerts,
    Unused,
    UnusedValue,
    Verbose,
}

/// What is known of an option.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) opt: Opt,
    pub(crate) name: &'static str,
    /// How the help calls the argument, if there is one.
    pub(crate) argument: Option<&'static str>,
    pub(crate) help: &'static str,
}

impl Opt {
    /// Whether `-name:env` and `-name:file` say where a password is.
    pub(crate) fn is_password(self) -> bool {
        matches!(
            self,
            Self::DestKeyPass
                | Self::DestStorePass
                | Self::KeyPass
                | Self::New
                | Self::SrcKeyPass
                | Self::SrcStorePass
                | Self::StorePass
        )
    }

    /// Whether the option is accepted for keytool's sake alone.
    pub(crate) fn has_no_effect(self) -> bool {
        matches!(
            self,
            Self::AddProvider
                | Self::DestProviderName
                | Self::ProviderArg
                | Self::ProviderClass
                | Self::ProviderName
                | Self::ProviderPath
                | Self::SrcProviderName
        )
    }

    /// Whether it says of which provider `-providerarg` is the argument.
    pub(crate) fn takes_provider_argument(self) -> bool {
        matches!(self, Self::AddProvider | Self::ProviderClass)
    }

    /// The row that the help shows.
    pub(crate) fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.opt == self)
    }
}

/// The option of this name, in any case of letters.
pub(crate) fn find(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

const fn row(opt: Opt, name: &'static str, argument: Option<&'static str>, help: &'static str) -> Row {
    Row { opt, name, argument, help }
}

/// Of two names for one option, the first is the one that the help shows.
const ROWS: &[Row] = &[
    row(Opt::AddProvider, "-addprovider", Some("<name>"), "add security provider by name (e.g. SunPKCS11)"),
    row(Opt::Alias, "-alias", Some("<alias>"), "alias name of the entry to process"),
    row(Opt::Cacerts, "-cacerts", None, "access the cacerts keystore"),
    row(Opt::DestAlias, "-destalias", Some("<alias>"), "destination alias"),
    row(Opt::DestAlias, "-dest", Some("<alias>"), ""),
    row(Opt::DestKeyPass, "-destkeypass", Some("<arg>"), "destination key password"),
    row(Opt::DestKeystore, "-destkeystore", Some("<keystore>"), "destination keystore name"),
    row(Opt::DestProtected, "-destprotected", None, "destination keystore password protected"),
    row(Opt::DestProviderName, "-destprovidername", Some("<name>"), "destination keystore provider name"),
    row(Opt::DestStorePass, "-deststorepass", Some("<arg>"), "destination keystore password"),
    row(Opt::DestStoreType, "-deststoretype", Some("<type>"), "destination keystore type"),
    row(Opt::File, "-file", Some("<file>"), "input file name"),
    row(Opt::File, "-infile", Some("<file>"), ""),
    row(Opt::File, "-outfile", Some("<file>"), ""),
    row(Opt::JarFile, "-jarfile", Some("<file>"), "signed jar file"),
    row(Opt::KeyPass, "-keypass", Some("<arg>"), "key password"),
    row(Opt::Keystore, "-keystore", Some("<keystore>"), "keystore name"),
    row(Opt::New, "-new", Some("<arg>"), "new password"),
    row(Opt::NoPrompt, "-noprompt", None, "do not prompt"),
    row(Opt::Protected, "-protected", None, "password through protected mechanism"),
    row(Opt::ProviderArg, "-providerarg", Some("<arg>"), ""),
    row(
        Opt::ProviderClass,
        "-providerclass",
        Some("<class>"),
        "add security provider by fully-qualified class name",
    ),
    row(Opt::ProviderClass, "-provider", Some("<class>"), ""),
    row(Opt::ProviderName, "-providername", Some("<name>"), "provider name"),
    row(Opt::ProviderPath, "-providerpath", Some("<list>"), "provider classpath"),
    row(Opt::Rfc, "-rfc", None, "output in RFC style"),
    row(Opt::SrcAlias, "-srcalias", Some("<alias>"), "source alias"),
    row(Opt::SrcKeyPass, "-srckeypass", Some("<arg>"), "source key password"),
    row(Opt::SrcKeystore, "-srckeystore", Some("<keystore>"), "source keystore name"),
    row(Opt::SrcProtected, "-srcprotected", None, "source keystore password protected"),
    row(Opt::SrcProviderName, "-srcprovidername", Some("<name>"), "source keystore provider name"),
    row(Opt::SrcStorePass, "-srcstorepass", Some("<arg>"), "source keystore password"),
    row(Opt::SrcStoreType, "-srcstoretype", Some("<type>"), "source keystore type"),
    row(Opt::SslServer, "-sslserver", Some("<server[:port]>"), "SSL server host and port"),
    row(Opt::StartTls, "-starttls", Some("smtp"), "say STARTTLS first (not in the JDK's keytool)"),
    row(Opt::StorePass, "-storepass", Some("<arg>"), "keystore password"),
    row(Opt::StoreType, "-storetype", Some("<type>"), "keystore type"),
    row(Opt::TrustCacerts, "-trustcacerts", None, "trust certificates from cacerts"),
    row(Opt::Unused, "-debug", None, ""),
    row(Opt::NoWarn, "-nowarn", None, ""),
    row(Opt::Unused, "-tls", None, ""),
    row(Opt::UnusedValue, "-dname", Some("<name>"), ""),
    row(Opt::UnusedValue, "-ext", Some("<value>"), ""),
    row(Opt::UnusedValue, "-groupname", Some("<name>"), ""),
    row(Opt::UnusedValue, "-id", Some("<id:reason>"), ""),
    row(Opt::UnusedValue, "-keyalg", Some("<alg>"), ""),
    row(Opt::UnusedValue, "-keysize", Some("<size>"), ""),
    row(Opt::UnusedValue, "-sigalg", Some("<alg>"), ""),
    row(Opt::UnusedValue, "-signer", Some("<alias>"), ""),
    row(Opt::UnusedValue, "-signerkeypass", Some("<arg>"), ""),
    row(Opt::UnusedValue, "-startdate", Some("<date>"), ""),
    row(Opt::UnusedValue, "-validity", Some("<days>"), ""),
    row(Opt::Verbose, "-v", None, "verbose output"),
];
