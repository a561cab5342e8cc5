//! The person or the pipe on the other side: questions to stderr, answers from stdin.

use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read};
#[cfg(unix)]
use std::os::fd::AsFd;
#[cfg(windows)]
use std::os::windows::io::AsHandle;

use truststore::{Password, printable};
use zeroize::Zeroizing;

use crate::output::{ask, talk};
use crate::prompt::wipe_pieces;

/// Nobody's password or answer is longer.
const MAX_LEN: usize = 64 * 1024;

/// Says one line or several on stderr, where keytool has its status lines.
pub(crate) fn say(line: impl std::fmt::Display) {
    for line in line.to_string().split('\n') {
        talk(printable(line));
    }
}

/// Says a line that is not keytool's but ours.
pub(crate) fn note(quiet: bool, line: impl std::fmt::Display) {
    if !quiet {
        say(format_args!("note: {line}"));
    }
}

/// Asks for a password; `None` for an empty answer. On a terminal nothing is shown; a pipe is read up to
/// the end of the line and no further, so that the next answer is still in it.
pub(crate) fn password(question: &str) -> Option<Password> {
    ask(question);
    let line = if std::io::stdin().is_terminal() {
        let typed = Zeroizing::new(rpassword::read_password().unwrap_or_default());
        wipe_pieces(typed.len());
        typed
    } else {
        line_of_pipe()
    };
    (!line.is_empty()).then(|| Password::new(line.as_str()))
}

fn line_of_pipe() -> Zeroizing<String> {
    // The whole capacity at once: growing would leave unwiped copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_LEN));
    let Some(mut stdin) = unbuffered() else { return Zeroizing::default() };
    let mut byte = [0];
    while bytes.len() < MAX_LEN && matches!(stdin.read(&mut byte), Ok(1)) {
        match byte {
            [b'\n'] => break,
            [b] => bytes.push(b),
        }
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())
}

/// Standard input past the buffer of the standard library, which nobody wipes.
fn unbuffered() -> Option<File> {
    let stdin = std::io::stdin();
    #[cfg(unix)]
    let stdin = stdin.as_fd().try_clone_to_owned();
    #[cfg(windows)]
    let stdin = stdin.as_handle().try_clone_to_owned();
    Some(File::from(stdin.ok()?))
}

/// Asks for a line; `None` at the end of the input. As with keytool, a question takes all that is in the
/// pipe, and what stands behind the first line is lost: lines sent ahead do not answer later questions.
pub(crate) fn line(question: &str) -> Option<String> {
    ask(question);
    let mut line = String::new();
    match BufReader::new(std::io::stdin().lock()).take(1 << 16).read_line(&mut line) {
        Ok(read) if read > 0 => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
        _ => None,
    }
}

/// Asks until the answer is yes or no; no answer is no.
pub(crate) fn confirmed(question: &str) -> bool {
    loop {
        let Some(answer) = line(question) else { return false };
        match answer.to_lowercase().as_str() {
            "" | "n" | "no" => return false,
            "y" | "yes" => return true,
            _ => say("Wrong answer, try again"),
        }
    }
}
