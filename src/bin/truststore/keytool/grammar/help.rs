//! Help and usage, worded as the JDK's.

use super::command::{Command, ELSEWHERE};
use super::options::Opt;

const HELP: &str = "Use \"keytool -?, -h, or --help\" for this help message";

/// The help of one command, or of all.
pub(crate) fn text(command: Option<Command>) -> String {
    match command {
        Some(command) => of_command(command),
        None => overview(),
    }
}

fn overview() -> String {
    let mut text = String::from("Key and Certificate Management Tool\n\nCommands:\n\n");
    for command in Command::ALL {
        text.push_str(&format!(" {:<20}{}\n", command.name(), command.help()));
    }
    text.push_str("\nFor these a JDK's keytool is needed:\n\n");
    for names in ELSEWHERE.chunks(5) {
        text.push_str(&format!(" {}\n", names.join(", ")));
    }
    text.push_str(&format!("\n{HELP}\nUse \"keytool -command_name --help\" for usage of command_name.\n"));
    text.push_str("Arguments may stand in a file: @file. A password may stand in a variable or a file: -storepass:env VAR,\n-storepass:file FILE. docs/keytool.md says what differs from the JDK.\n");
    text
}

fn of_command(command: Command) -> String {
    let mut rows: Vec<(String, String)> = Vec::new();
    for row in command.options().into_iter().filter_map(Opt::row) {
        let left =
            row.argument.map_or_else(|| row.name.to_owned(), |argument| format!("{} {argument}", row.name));
        let help = match (command, row.opt) {
            (Command::ExportCert, Opt::File) => "output file name",
            _ => row.help,
        };
        rows.push((format!(" {left}"), help.to_owned()));
        if row.opt.takes_provider_argument() {
            let help = format!("  configure argument for {}", row.name);
            rows.push(("   [-providerarg <arg>]".to_owned(), help));
        }
    }
    let options = rows.iter().filter(|row| row.0.starts_with(" -"));
    let width = options.map(|row| row.0.len()).max().unwrap_or_default() + 2;
    let mut text = format!("keytool {} [OPTION]...\n\n{}\n\nOptions:\n\n", command.name(), command.help());
    for (left, help) in rows {
        text.push_str(&format!("{left:<width$}{help}\n"));
    }
    text.push_str(&format!("\n{HELP}\n"));
    text
}
