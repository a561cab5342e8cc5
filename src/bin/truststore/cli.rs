//! The command line as a whole.

use clap::Parser;

use crate::args::Global;
use crate::commands::Command;

/// Manage Java trust stores without a JDK: PKCS#12, JKS and JCEKS, losing nothing.
#[derive(Debug, Parser)]
#[command(
    name = "truststore",
    version,
    max_term_width = 100,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  truststore import --file root.pem --alias corp-ca
  truststore list
  truststore verify --format json
  truststore find                            every JDK's roots, and how they are
  truststore keytool -help                   the command line of the JDK's keytool

Exit codes:
  0  done, or the answer is yes (also: nothing had to be changed)
  1  the answer is no: alias absent, findings, differences, changes pending
  2  could not do it: usage, wrong password, damaged file, alias taken, a refusal"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}
