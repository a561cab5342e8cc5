//! `truststore keytool`: the JDK's keytool for trust stores, with its command line, words, streams and exit
//! codes, and our own way of reading and writing stores. `docs/keytool.md` says what differs.

mod cacerts;
mod certificates;
mod chain;
mod commands;
mod console;
mod grammar;
mod opened;
mod place;
mod secrets;
mod session;
mod show;
mod trouble;
mod weak;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use truststore::printable;

use crate::failure::Failure;
use crate::output::Out;
use grammar::command::Command;
use grammar::{Line, help};
use session::Session;
use trouble::Trouble;

/// The arguments behind `truststore keytool`, or behind a program that is called `keytool`.
pub(crate) fn arguments(all: &[OsString]) -> Option<Vec<OsString>> {
    let (program, rest) = all.split_first()?;
    if Path::new(program).file_stem().is_some_and(|stem| stem == "keytool") {
        return Some(rest.to_vec());
    }
    match rest.split_first() {
        Some((first, rest)) if first == "keytool" => Some(rest.to_vec()),
        _ => None,
    }
}

/// Does what a command line asks for.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    let (command, options) = match grammar::parse(arguments) {
        Ok(Line::Do(command, options)) => (command, options),
        Ok(Line::Help(command)) => {
            console::say(help::text(command).trim_end());
            return ExitCode::SUCCESS;
        }
        Err(trouble) => return report(&trouble, &mut Out::new()),
    };
    let mut session = match Session::new(options) {
        Ok(session) => session,
        Err(trouble) => return report(&trouble, &mut Out::new()),
    };
    tell_what_is_not_keytool(&session);
    let result = perform(command, &mut session).and_then(|()| Ok(session.out.flush()?));
    let code = match &result {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => report(trouble, &mut session.out),
    };
    // keytool has no more to say after an error.
    if matches!(result, Ok(()) | Err(Trouble::GivenUp(_))) {
        session.tell_warnings(false);
    }
    code
}

fn perform(command: Command, session: &mut Session) -> Result<(), Trouble> {
    match command {
        Command::ChangeAlias => commands::changealias::run(session),
        Command::Delete => commands::delete::run(session),
        Command::ExportCert => commands::exportcert::run(session),
        Command::ImportCert => commands::importcert::run(session),
        Command::ImportKeystore => commands::importkeystore::run(session),
        Command::List => commands::list::run(session),
        Command::PrintCert => commands::printcert::run(session),
        Command::StorePasswd => commands::storepasswd::run(session),
    }
}

/// What a user of keytool does not expect, and should know.
fn tell_what_is_not_keytool(session: &Session) {
    if session.options.password_in_sight {
        session.note(
            "a password on the command line can be seen by other users of this machine; give -storepass:env \
             VAR or -storepass:file FILE",
        );
    }
    if !session.options.without_effect.is_empty() {
        session.note(format_args!("without effect here: {}", session.options.without_effect.join(", ")));
    }
}

/// Says what went wrong where keytool says it.
fn report(trouble: &Trouble, out: &mut Out) -> ExitCode {
    match trouble {
        Trouble::Exception { class, message } => {
            let line = printable(message);
            let told = out.line(format_args!("keytool error: {class}: {line}")).and_then(|()| out.flush());
            if let Err(failure) = told {
                console::say(failure);
            }
        }
        Trouble::GivenUp(message) => {
            console::say(message);
            return ExitCode::SUCCESS;
        }
        // Whoever reads us has seen enough.
        Trouble::Output(Failure::BrokenPipe) => return ExitCode::SUCCESS,
        Trouble::Output(failure) => console::say(failure),
        Trouble::Usage { message, command } => {
            console::say(message);
            console::say(help::text(*command).trim_end());
        }
    }
    ExitCode::from(1)
}
