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

/// `[..]` stands for anything in one line: what a day or a fresh key changes.
fn matches(expected: &str, actual: &str) -> bool {
    let mut rest = actual;
    let mut pieces = expected.split("[..]");
    let Some(start) = pieces.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    rest = start;
    let mut open = false;
    for piece in pieces {
        open = piece.is_empty();
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    open || rest.is_empty()
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
        let expected: Vec<&str> = shown.output.lines().collect();
        let lines: Vec<&str> = actual.lines().collect();
        let same = expected.len() == lines.len() && expected.iter().zip(&lines).all(|(e, a)| matches(e, a));
        assert!(same, "$ {}\nREADME:\n{}\nactual:\n{actual}", shown.command, shown.output);
    }
    assert!(run >= 6, "only {run} commands of the README were run");
}
