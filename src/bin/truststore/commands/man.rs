//! `truststore man`: the manual pages, from the definitions that the command line is parsed with.

use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use truststore::{OutputOptions, write_output};

use crate::Outcome;
use crate::cli::Cli;
use crate::context::Context;
use crate::failure::Failure;

/// Write the manual pages
///
/// Packages install them. Without --out, one page is printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore man import | man -l -
  truststore man --out ~/.local/share/man/man1

Exit codes:
  0  written
  2  no such command, or could not write")]
pub(crate) struct Args {
    /// The page of this command [default: that of truststore itself]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    verb: Option<String>,
    /// Write every page into this folder: truststore.1, truststore-import.1, …
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let verbs: Vec<Command> = command.get_subcommands().cloned().collect();
    if let Some(folder) = &args.out {
        let options = OutputOptions { force: true, ..OutputOptions::default() };
        for page in std::iter::once(command).chain(verbs) {
            let path = folder.join(format!("{}.1", page.get_display_name().unwrap_or(NAME)));
            write_output(&path, &render(page)?, &options)?;
        }
        return Ok(Outcome::Yes);
    }
    let page = match &args.verb {
        None => command,
        Some(verb) => {
            let found = verbs.iter().find(|page| page.get_name() == verb).cloned();
            found.ok_or_else(|| no_such(verb, &verbs))?
        }
    };
    let text = render(page)?;
    context.out.bytes(&text)?;
    Ok(Outcome::Yes)
}

/// One page as roff.
fn render(page: Command) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let version = concat!("truststore ", env!("CARGO_PKG_VERSION"));
    Man::new(page).source(version).manual("Java trust stores").render(&mut text)?;
    Ok(text)
}

fn no_such(verb: &str, verbs: &[Command]) -> Failure {
    let names: Vec<&str> = verbs.iter().map(Command::get_name).collect();
    Failure::usage(format!("there is no command \"{verb}\"; there are {}", names.join(", ")))
}

const NAME: &str = "truststore";
