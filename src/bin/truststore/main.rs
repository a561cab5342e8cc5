//! The command `truststore`: arguments in, answers out. What it does, the library does.

#![forbid(unsafe_code)]

mod args;
mod cli;
mod commands;
mod context;
mod deliver;
mod failure;
mod hint;
mod keytool;
mod location;
mod making;
mod manifest;
mod network;
mod output;
mod prompt;
mod secrets;
mod source;
mod target;
mod wildcard;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use cli::Cli;
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
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if let Some(arguments) = keytool::arguments(&arguments) {
        return keytool::run(arguments);
    }
    let cli = match Cli::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, wants_json(&arguments)),
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
            let code = failure.exit_code();
            context.report_failure(failure);
            ExitCode::from(code)
        }
    }
}

/// Help and version go to stdout with 0, a wrong command line to stderr with 2.
fn usage(error: &clap::Error, json: bool) -> ExitCode {
    if error.use_stderr() {
        if json {
            let text = error.render().to_string();
            let message = text.split("\n\nUsage:").next().unwrap_or_default();
            let message = message.strip_prefix("error: ").unwrap_or(message).trim_end();
            output::talk_as_is(Failure::usage(message).json(&[]));
        } else if arguments_are_printable() {
            // Nothing can be told if the terminal is gone.
            let _ = error.print();
        } else {
            // clap repeats arguments as they are, and a script may have them from a store.
            error.render().to_string().lines().for_each(|line| output::talk(truststore::printable(line)));
        }
        return ExitCode::from(2);
    }
    match error.print().and_then(|()| std::io::stdout().flush()).map_err(Failure::from) {
        Ok(()) | Err(Failure::BrokenPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            output::talk(format_args!("error: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

fn arguments_are_printable() -> bool {
    std::env::args_os().all(|argument| {
        let text = argument.to_string_lossy();
        truststore::printable(&text) == text
    })
}

/// Whether a command line that cannot be parsed asks for JSON.
fn wants_json(arguments: &[OsString]) -> bool {
    let pairs = arguments.iter().zip(arguments.iter().skip(1));
    arguments.iter().any(|argument| argument == "--format=json")
        || pairs.into_iter().any(|(option, value)| option == "--format" && value == "json")
}
