//! What the commands' arguments have in common, as data. Nothing is done here.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, ValueEnum};
use truststore::{Fingerprint, Format};

/// What every command understands.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The store, or jdk: or jdk:JAVA_HOME for the roots of a JDK [default: TRUSTSTORE_PATH, else the
    /// installed product's, else ./ssl-truststore]
    #[arg(short, long, global = true, value_name = "PATH", display_order = 900)]
    pub(crate) keystore: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) password: PasswordArgs,
    /// Accept a store whose integrity nothing proves: a password is given and it has no MAC, or convert
    /// has no password
    #[arg(long, global = true, help_heading = "Password")]
    pub(crate) allow_unverified: bool,
    /// How the result is written to stdout
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table", help_heading = "Output")]
    pub(crate) format: OutputFormat,
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Output")]
    pub(crate) color: Color,
    /// Say nothing but results, errors, and that a store was created
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true, help_heading = "Output", conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Never ask, even on a terminal
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) no_input: bool,
    /// Largest file, in bytes
    #[arg(long, global = true, value_name = "BYTES", help_heading = "Limits", hide_short_help = true)]
    pub(crate) max_size: Option<u64>,
    /// Most entries or certificates
    #[arg(long, global = true, value_name = "COUNT", help_heading = "Limits", hide_short_help = true)]
    pub(crate) max_entries: Option<u64>,
    /// Longest alias, in characters
    #[arg(long, global = true, value_name = "COUNT", help_heading = "Limits", hide_short_help = true)]
    pub(crate) max_alias: Option<u64>,
    /// Largest certificate, in bytes
    #[arg(long, global = true, value_name = "BYTES", help_heading = "Limits", hide_short_help = true)]
    pub(crate) max_certificate: Option<u64>,
    /// Most key derivation iterations of one command
    #[arg(long, global = true, value_name = "COUNT", help_heading = "Limits", hide_short_help = true)]
    pub(crate) max_iterations: Option<u64>,
    /// Deepest nesting of encoded elements
    #[arg(long, global = true, value_name = "COUNT", help_heading = "Limits", hide_short_help = true)]
    pub(crate) max_depth: Option<u8>,
}

/// Where the store's password comes from: one place at most.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// Read the store's password from a file, less one line end
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Password",
        conflicts_with_all = ["password_env", "password_stdin"]
    )]
    pub(crate) password_file: Option<PathBuf>,
    /// Take the store's password from a variable [default: TRUSTSTORE_PASSWORD, if set]
    #[arg(
        long,
        global = true,
        value_name = "VAR",
        help_heading = "Password",
        conflicts_with = "password_stdin"
    )]
    pub(crate) password_env: Option<String>,
    /// Read the store's password from standard input, less one line end
    #[arg(long, global = true, help_heading = "Password")]
    pub(crate) password_stdin: bool,
}

/// What every command that changes a store understands.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Show what would change, and change nothing
    #[arg(long, help_heading = "Editing")]
    pub(crate) dry_run: bool,
    /// With --dry-run: exit with 1 if something would change
    #[arg(long, requires = "dry_run", help_heading = "Editing")]
    pub(crate) exit_code: bool,
    /// Do not create a store that is not there
    #[arg(long, help_heading = "Editing")]
    pub(crate) existing: bool,
    /// Keep the previous file as PATH.bak
    #[arg(long, help_heading = "Editing")]
    pub(crate) backup: bool,
    /// Write a PKCS#12 store with today's algorithms and counts instead of its own
    #[arg(long, help_heading = "Editing")]
    pub(crate) upgrade: bool,
    /// The same inputs give the same bytes: dates from SOURCE_DATE_EPOCH (else 1980-01-01), salts from the
    /// content and the password; also if SOURCE_DATE_EPOCH is set
    #[arg(long, help_heading = "Editing")]
    pub(crate) reproducible: bool,
    /// Do not let an independent reader check a PKCS#12 store before it is replaced
    #[arg(long, help_heading = "Editing", hide_short_help = true)]
    pub(crate) no_read_back: bool,
    /// How long to wait for another writer, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", help_heading = "Editing")]
    pub(crate) lock_timeout: u64,
}

/// How a store is made where there is none.
#[derive(Debug, Args)]
pub(crate) struct NewStoreArgs {
    /// Format of a store that is created [default: pkcs12]
    #[arg(long = "type", value_name = "FORMAT", help_heading = "New stores")]
    pub(crate) store_type: Option<StoreType>,
    /// Create a PKCS#12 store without encryption and MAC
    #[arg(
        long,
        help_heading = "New stores",
        conflicts_with_all = ["password_file", "password_env", "password_stdin"]
    )]
    pub(crate) no_password: bool,
}

/// The formats of all commands; each has a table and JSON, and [`format_arg`] shows what else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    Table,
    Json,
    #[value(hide = true)]
    Csv,
    #[value(hide = true)]
    Prometheus,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreType {
    Jks,
    Jceks,
    Pkcs12,
}

impl Color {
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

impl From<StoreType> for Format {
    fn from(store_type: StoreType) -> Self {
        match store_type {
            StoreType::Jks => Self::Jks,
            StoreType::Jceks => Self::Jceks,
            StoreType::Pkcs12 => Self::Pkcs12,
        }
    }
}

/// `--format` of a command that has one format more than the others; it stands in for the global one.
pub(crate) fn format_arg(more: &'static str) -> Arg {
    let known = PossibleValuesParser::new(["table", "json", more]);
    Arg::new("format")
        .long("format")
        .help("How the result is written to stdout")
        .value_name("FORMAT")
        .default_value("table")
        .value_parser(known.try_map(|name| OutputFormat::from_str(&name, false)))
        .help_heading("Output")
}

/// A fingerprint in any usual spelling.
pub(crate) fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    text.parse::<Fingerprint>().map_err(|error| error.to_string())
}

/// A length of time: `30d`, `2w`, `12h`, or days without a unit. In seconds.
pub(crate) fn duration(text: &str) -> Result<i64, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().map_err(|_| format!("\"{text}\" is not a length of time; try 30d"))?;
    let unit = match unit {
        "" | "d" | "day" | "days" => 86_400,
        "h" => 3_600,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => return Err(format!("\"{unit}\" is not a unit of time; use h, d, w or y")),
    };
    number.checked_mul(unit).ok_or_else(|| format!("\"{text}\" is too long"))
}

/// A time as RFC 3339 writes it, in seconds since 1970-01-01 UTC.
pub(crate) fn timestamp(text: &str) -> Result<i64, String> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(jiff::Timestamp::as_second)
        .map_err(|_| format!("\"{text}\" is not a time of RFC 3339, such as 2026-12-31T23:59:59Z"))
}
