//! The commands of the README give what the README shows.

use std::path::Path;
use std::process::Command;

use crate::Sandbox;

/// A command and the output that stands below it.
struct Shown {
    command: String,
    output: String,
}

/// The commands in the `console` blocks of a Markdown text.
fn shown(markdown: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => inside = false,
            (true, line) => match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => {
                    all.push(Shown { command: command.to_owned(), output: String::new() });
                }
                (None, Some(last)) => {
                    last.output.push_str(line);
                    last.output.push('\n');
                }
                (None, None) => panic!("output without a command: {line}"),
            },
            (false, _) => {}
        }
    }
    all
}

/// The line without what changes from day to day: the days in `in 6249 days`.
fn without_days(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let is_days = |at: usize| {
        at > 0
            && words.get(at - 1) == Some(&"in")
            && words.get(at + 1).is_some_and(|next| next.starts_with("days"))
            && words[at].bytes().all(|b| b.is_ascii_digit())
    };
    let kept: Vec<&str> = (0..words.len()).map(|at| if is_days(at) { "N" } else { words[at] }).collect();
    kept.join(" ")
}

#[test]
fn the_readme_shows_what_the_commands_print() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(root.join("testdata"), sandbox.path("testdata")).unwrap();
    let binary = env!("CARGO_BIN_EXE_truststore");
    let commands = shown(&std::fs::read_to_string(root.join("README.md")).unwrap());
    let mut run = 0;
    for shown in &commands {
        let line = shown.command.replace("cargo run --release --", "truststore");
        if line == "tests/run"
            || line.starts_with("cargo ")
            || line.starts_with("git ")
            || line.starts_with("apt")
        {
            continue;
        }
        run += 1;
        let script = format!("truststore() {{ \"{binary}\" \"$@\"; }}\n{line} 2>&1");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(sandbox.path(""))
            .env_remove("TRUSTSTORE_PASSWORD")
            .env_remove("TRUSTSTORE_PATH")
            .output()
            .unwrap();
        let actual = String::from_utf8(output.stdout).unwrap();
        let stable = |text: &str| text.lines().map(without_days).collect::<Vec<_>>();
        let same = stable(&shown.output) == stable(&actual);
        assert!(same, "$ {}\nREADME:\n{}\nactual:\n{actual}", shown.command, shown.output);
    }
    assert!(run >= 6, "only {run} commands of the README were run");
}
