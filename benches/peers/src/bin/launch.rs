//! Times a command from its start to its end, and asks the system for its peak memory.
//!
//! It is a small program of its own because the peak of a child begins with what its parent had when it forked:
//! Python's 10 MB would hide ours.

use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};

const USAGE: &str = "\
launch run COMMAND [ARGUMENT...]   time one command: nanoseconds, KiB at the peak, exit status
launch script FILE                 time the commands of a file, one a line, words parted by tabs";

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", command @ ..] => run(&[command]),
        ["script", file] => script(file),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("launch: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs the commands one after the other, until one fails, and prints what they cost together.
fn run(commands: &[&[&str]]) -> Result {
    let mut prepared = Vec::new();
    for words in commands {
        let (program, arguments) = words.split_first().ok_or("a command is expected")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        prepared.push(command);
    }
    let mut code = 0;
    let start = Instant::now();
    for command in &mut prepared {
        code = command.status()?.code().unwrap_or(128);
        if code != 0 {
            break;
        }
    }
    let elapsed = start.elapsed().as_nanos();
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss();
    println!("{elapsed} {peak} {code}");
    Ok(())
}

fn script(path: &str) -> Result {
    let text = fs::read_to_string(path)?;
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let commands: Vec<&[&str]> = lines.iter().map(Vec::as_slice).collect();
    run(&commands)
}
