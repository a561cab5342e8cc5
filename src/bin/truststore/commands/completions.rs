//! `truststore completions`: what a shell needs to complete the command line.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::Outcome;
use crate::cli::Cli;
use crate::context::Context;
use crate::failure::Failure;

/// Write the completions of a shell
///
/// Packages install them; without one, the shell's own place takes what this prints.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  truststore completions bash > ~/.local/share/bash-completion/completions/truststore
  truststore completions zsh > ~/.zfunc/_truststore
  truststore completions fish > ~/.config/fish/completions/truststore.fish
  truststore completions powershell >> $PROFILE

Exit codes:
  0  written
  2  could not write")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &Args, context: &mut Context) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "truststore", &mut script);
    context.out.bytes(&script)?;
    Ok(Outcome::Yes)
}
