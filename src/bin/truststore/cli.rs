//! The command line as a whole.

use std::ffi::OsString;

use clap::Parser;

use crate::args::Global;
use crate::commands::{self, Command};

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

/// One verb alone, with what every command understands.
#[derive(Debug, Parser)]
struct Verb<A: clap::Args> {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    args: A,
}

impl Cli {
    /// Reads the command line, program name first.
    ///
    /// Of a line that begins with a verb only that verb's options are set up: setting up those of all verbs
    /// takes longer than listing a small store. What does not parse so, and every question for help, is
    /// left to the whole command line, whose words they are.
    pub(crate) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        match arguments.split_first().and_then(|(_, rest)| commands::parse_verb(rest)) {
            Some(cli) => Ok(cli),
            None => Self::try_parse_from(arguments),
        }
    }

    /// A verb, which stands first, and its options.
    pub(crate) fn of_verb<A: clap::Args>(arguments: &[OsString], command: fn(A) -> Command) -> Option<Self> {
        let Verb { global, args } = Verb::<A>::try_parse_from(arguments).ok()?;
        Some(Self { global, command: command(args) })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn every_verb_is_read_alone_as_among_the_others() {
        let lines = [
            "import --file a.pem b.pem --alias x -k s --dry-run --exit-code --lock-timeout 3",
            "list -k s --format json --expires-within 30d --sort subject",
            "show x --keystore s -q",
            "export x --no-input",
            "remove x y --if-present",
            "rename x y",
            "trust --all",
            "verify --deny expired --allow duplicate --at 2026-12-31T23:59:59Z",
            "passwd --password-env OLD",
            "convert --to jks --out t",
            "create --type jceks --max-depth 9",
            "info -v",
            "apply trust.toml --prune --dry-run",
            "diff a b",
            "find . --only --levels 2",
            "report --html r.html a b",
            "completions bash",
            "man import",
            "restore",
            "probe host:465",
            "send-test --to a@example.com --settings spoc.conf",
        ];
        for verb in Cli::command().get_subcommands() {
            let line = lines.iter().find(|line| line.split(' ').next() == Some(verb.get_name()));
            assert!(line.is_some(), "{} needs a line here, and a row in parse_verb", verb.get_name());
        }
        for line in lines {
            let words = words(line);
            let alone = commands::parse_verb(&words);
            match Cli::try_parse_from(std::iter::once("truststore".into()).chain(words)) {
                Ok(whole) => assert_eq!(format!("{:?}", alone.unwrap()), format!("{whole:?}"), "{line}"),
                Err(error) => panic!("{line}: {error}"),
            }
        }
    }

    #[test]
    fn what_a_verb_alone_cannot_answer_is_left_to_the_whole_command_line() {
        for line in
            ["list --help", "list -k", "list --long extra", "-k s list", "help list", "lst", "list -V"]
        {
            assert!(commands::parse_verb(&words(line)).is_none(), "{line}");
        }
    }
}
