//! One file for each verb: its arguments, and what it does with them.

pub(crate) mod apply;
pub(crate) mod apply_store;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod create;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod find;
pub(crate) mod import;
mod import_server;
pub(crate) mod info;
mod intake;
mod leaves;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod passwd;
mod policy;
pub(crate) mod probe;
pub(crate) mod remove;
pub(crate) mod rename;
pub(crate) mod report;
pub(crate) mod restore;
mod roots;
pub(crate) mod send_test;
mod send_test_plan;
pub(crate) mod show;
pub(crate) mod trust;
pub(crate) mod verify;
mod verify_chain;

use std::ffi::OsString;

use clap::Subcommand;

use crate::Outcome;
use crate::args::{OutputFormat, format_arg};
use crate::cli::Cli;
use crate::context::Context;
use crate::failure::Failure;

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Import(import::Args),
    #[command(arg(format_arg("csv")))]
    List(list::Args),
    Show(show::Args),
    Export(export::Args),
    Remove(remove::Args),
    Rename(rename::Args),
    Trust(trust::Args),
    #[command(arg(format_arg("prometheus")))]
    Verify(verify::Args),
    Report(report::Args),
    Passwd(passwd::Args),
    Convert(convert::Args),
    Create(create::Args),
    Info(info::Args),
    Apply(apply::Args),
    Diff(diff::Args),
    Find(find::Args),
    Restore(restore::Args),
    Probe(probe::Args),
    SendTest(send_test::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// A command line that begins with a verb, read without the other verbs; `None` for what is no such line.
pub(crate) fn parse_verb(arguments: &[OsString]) -> Option<Cli> {
    match arguments.first()?.to_str()? {
        "import" => Cli::of_verb(arguments, Command::Import),
        "list" => Cli::of_verb(arguments, Command::List),
        "show" => Cli::of_verb(arguments, Command::Show),
        "export" => Cli::of_verb(arguments, Command::Export),
        "remove" => Cli::of_verb(arguments, Command::Remove),
        "rename" => Cli::of_verb(arguments, Command::Rename),
        "trust" => Cli::of_verb(arguments, Command::Trust),
        "verify" => Cli::of_verb(arguments, Command::Verify),
        "passwd" => Cli::of_verb(arguments, Command::Passwd),
        "convert" => Cli::of_verb(arguments, Command::Convert),
        "create" => Cli::of_verb(arguments, Command::Create),
        "info" => Cli::of_verb(arguments, Command::Info),
        "restore" => Cli::of_verb(arguments, Command::Restore),
        "probe" => Cli::of_verb(arguments, Command::Probe),
        "send-test" => Cli::of_verb(arguments, Command::SendTest),
        "apply" => Cli::of_verb(arguments, Command::Apply),
        "diff" => Cli::of_verb(arguments, Command::Diff),
        "find" => Cli::of_verb(arguments, Command::Find),
        "report" => Cli::of_verb(arguments, Command::Report),
        "completions" => Cli::of_verb(arguments, Command::Completions),
        "man" => Cli::of_verb(arguments, Command::Man),
        _ => None,
    }
}

/// Does what the command line asks for.
pub(crate) fn run(command: Command, context: &mut Context) -> Result<Outcome, Failure> {
    // What can be found has no use for one store, nor has what is about the command line.
    if !matches!(command, Command::Find(_) | Command::Completions(_) | Command::Man(_)) {
        context.locate()?;
    }
    check_format(&command, context.global.format)?;
    match command {
        Command::Import(args) => import::run(&args, context),
        Command::List(args) => list::run(&args, context),
        Command::Show(args) => show::run(&args, context),
        Command::Export(args) => export::run(&args, context),
        Command::Remove(args) => remove::run(args, context),
        Command::Rename(args) => rename::run(&args, context),
        Command::Trust(args) => trust::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Report(args) => report::run(&args, context),
        Command::Passwd(args) => passwd::run(&args, context),
        Command::Convert(args) => convert::run(&args, context),
        Command::Create(args) => create::run(&args, context),
        Command::Apply(args) => apply::run(&args, context),
        Command::Diff(args) => diff::run(&args, context),
        Command::Info(args) => info::run(&args, context),
        Command::Find(args) => find::run(&args, context),
        Command::Restore(args) => restore::run(&args, context),
        Command::Probe(args) => probe::run(&args, context),
        Command::SendTest(args) => send_test::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
    }
}

/// Refuses a format that another verb has, where clap did not know yet which verb it is for.
fn check_format(command: &Command, format: OutputFormat) -> Result<(), Failure> {
    let (name, verb) = match (format, command) {
        (OutputFormat::Table | OutputFormat::Json, _)
        | (OutputFormat::Csv, Command::List(_))
        | (OutputFormat::Prometheus, Command::Verify(_)) => return Ok(()),
        (OutputFormat::Csv, _) => ("csv", "list"),
        (OutputFormat::Prometheus, _) => ("prometheus", "verify"),
    };
    let has = match command {
        Command::List(_) => "table, json and csv",
        Command::Verify(_) => "table, json and prometheus",
        _ => "table and json",
    };
    Err(Failure::usage(format!(
        "the format {name} is for `truststore {verb}`; the formats of this command are {has}"
    )))
}
