//! Help and usage, worded as the JDK's.

use super::command::{Command, ELSEWHERE};
use super::options::Row;

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
    text.push_str("Arguments may stand in a file: @file. docs/keytool.md says what differs from the JDK.\n");
    text
}

fn of_command(command: Command) -> String {
    let rows: Vec<&Row> =
        command.options().iter().chain(command.common()).filter_map(|opt| opt.row()).collect();
    let left = |row: &Row| match row.argument {
        Some(argument) => format!("{} {argument}", row.name),
        None => row.name.to_owned(),
    };
    let width = rows.iter().map(|row| left(row).len()).max().unwrap_or_default() + 2;
    let mut text = format!("keytool {} [OPTION]...\n\n{}\n\nOptions:\n\n", command.name(), command.help());
    for row in rows {
        text.push_str(&format!(" {:<width$}{}\n", left(row), row.help));
    }
    text.push_str(
        "\nA password may stand in a variable or a file: -storepass:env VAR, -storepass:file FILE.\n",
    );
    text.push_str("Options of the JDK that have no effect here are accepted: -J…, -provider….\n");
    text.push_str(&format!("\n{HELP}\n"));
    text
}
