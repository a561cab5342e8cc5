//! Passwords as keytool takes them: on the command line, in a variable or a file, or typed.

use std::ffi::OsStr;
use std::fs::File;

use truststore::Password;

use super::console;
use super::trouble::Trouble;
use crate::secrets;

/// What keytool demands of a new password.
const MIN_LEN: usize = 6;
/// How often keytool asks.
const ATTEMPTS: usize = 3;

/// What cannot be asked for any more.
const TOO_MANY: &str = "Too many failures - try later";

/// The password that an option gives, or a message for the usage.
pub(crate) fn given(modifier: Option<&str>, value: &OsStr) -> Result<Password, String> {
    let value = value.to_string_lossy();
    let modifier = modifier.map(str::to_ascii_lowercase);
    match modifier.as_deref() {
        None => Ok(Password::new(value)),
        Some("env") => match std::env::var(&*value) {
            Ok(password) => Ok(Password::new(password)),
            Err(_) => Err(format!("Cannot find environment variable: {value}")),
        },
        Some("file") => first_line(&value).ok_or_else(|| format!("Cannot find file: {value}")),
        Some(other) => Err(format!("Unknown password type: {other}")),
    }
}

/// The first line of a file, without its end.
fn first_line(path: &str) -> Option<Password> {
    let bytes = secrets::read_wiped(File::open(path).ok()?).ok()?;
    let line = bytes.split(|&b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    Some(Password::new(String::from_utf8_lossy(line)))
}

/// Whether keytool takes this for a new store.
pub(crate) fn is_long_enough(password: &Password) -> bool {
    password.as_str().encode_utf16().count() >= MIN_LEN
}

/// Asks for the password of a store that is to be changed.
pub(crate) fn ask_existing(question: &str) -> Result<Password, Trouble> {
    ask_for_new(question, None)
}

/// Asks for the password of a new store, twice.
pub(crate) fn ask_new(question: &str) -> Result<Password, Trouble> {
    ask_for_new(question, Some("Re-enter new password: "))
}

fn ask_for_new(question: &str, again: Option<&str>) -> Result<Password, Trouble> {
    for _ in 0..ATTEMPTS {
        let Some(password) = console::password(question).filter(is_long_enough) else {
            console::say("Keystore password is too short - must be at least 6 characters");
            continue;
        };
        match again {
            Some(again) if !is_same(console::password(again), &password) => {
                console::say("They don't match. Try again");
            }
            _ => return Ok(password),
        }
    }
    Err(Trouble::GivenUp(TOO_MANY))
}

/// Asks for what replaces `old`, twice.
pub(crate) fn ask_replacement(what: &str, old: Option<&Password>) -> Result<Password, Trouble> {
    for _ in 0..ATTEMPTS {
        let Some(password) = console::password(&format!("New {what}: ")).filter(is_long_enough) else {
            console::say("Password is too short - must be at least 6 characters");
            continue;
        };
        if old.is_some_and(|old| old.as_str() == password.as_str()) {
            console::say("Passwords must differ");
        } else if is_same(console::password(&format!("Re-enter new {what}: ")), &password) {
            return Ok(password);
        } else {
            console::say("They don't match. Try again");
        }
    }
    Err(Trouble::exception(TOO_MANY))
}

/// Asks for the password of a key.
pub(crate) fn ask_key(question: &str) -> Result<Password, Trouble> {
    for _ in 0..ATTEMPTS {
        if let Some(password) = console::password(question) {
            return Ok(password);
        }
    }
    Err(Trouble::exception(TOO_MANY))
}

fn is_same(again: Option<Password>, password: &Password) -> bool {
    again.is_some_and(|again| again.as_str() == password.as_str())
}
