//! The command `truststore`: arguments in, answers out. What it does, the library does.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod context;
mod failure;
mod hint;
mod location;
mod output;
mod prompt;
mod secrets;
mod wildcard;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use context::Context;
use failure::Failure;

/// What a command that ran to its end answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Done, or yes: exit code 0.
    Yes,
    /// Checked, and the answer is no: exit code 1.
    No,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    cli.global.color.write_global();
    let mut context = Context::new(cli.global);
    let result = commands::run(cli.command, &mut context);
    let flushed = context.out.flush();
    match result.and_then(|outcome| flushed.map(|()| outcome)) {
        Ok(Outcome::Yes) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        // Whoever reads us has seen enough.
        Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            context.report_failure(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Help and version go to stdout with 0, a wrong command line to stderr with 2.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing can be told if the terminal is gone.
    let _ = error.print();
    ExitCode::from(u8::from(error.use_stderr()) * 2)
}
