//! Passwords from files, variables and standard input; never from an argument.

use std::io::Read;
use std::path::Path;

use truststore::{Error, ErrorKind, Password};
use zeroize::Zeroizing;

use crate::args::PasswordArgs;
use crate::failure::Failure;
use crate::prompt;

/// The variable that holds the store's password if no option names a source.
const VARIABLE: &str = "TRUSTSTORE_PASSWORD";
/// Nobody's password is longer; a mistaken path to a large file is found out early.
const MAX_LEN: usize = 64 * 1024;
/// Room for what people have, so that not all of the longest password's room is wiped for it. Who asks for 8 KiB
/// passes by the buffer of standard input, which nobody wipes: so much room is left behind half of it, too, in
/// whatever pieces that comes.
const USUAL_LEN: usize = 16 * 1024;

/// A password, and what a person should know about where it came from.
pub(crate) struct Given {
    pub(crate) password: Password,
    pub(crate) warning: Option<String>,
}

/// The password that was explicitly given, if any.
pub(crate) fn explicit(args: &PasswordArgs, no_input: bool) -> Result<Option<Given>, Failure> {
    if args.password_stdin && prompt::is_possible(no_input) {
        // What is typed on a terminal is not to be seen.
        let password = prompt::password("Password of the store")?;
        return Ok(Some(Given { password, warning: None }));
    }
    if args.password_stdin {
        return from_reader(std::io::stdin().lock(), Path::new("standard input")).map(Some);
    }
    match named(args.password_file.as_deref(), args.password_env.as_deref())? {
        None if std::env::var_os(VARIABLE).is_some() => from_variable(VARIABLE).map(Some),
        other => Ok(other),
    }
}

/// The password in a file or a variable.
pub(crate) fn named(file: Option<&Path>, variable: Option<&str>) -> Result<Option<Given>, Failure> {
    match (file, variable) {
        (Some(path), _) => {
            let file = std::fs::File::open(path)
                .map_err(|e| Error::io("read the password file", path, e))
                .map_err(|e| Failure::Hinted(e, "check the path of the password file"))?;
            let mut given = from_reader(&file, path)?;
            given.warning = readable_by_others(&file).then(|| {
                format!("{}: the password file can be read by other users; chmod 600 it", path.display())
            });
            Ok(Some(given))
        }
        (None, Some(variable)) => from_variable(variable).map(Some),
        (None, None) => Ok(None),
    }
}

fn from_variable(variable: &str) -> Result<Given, Failure> {
    match std::env::var(variable) {
        Ok(text) => Ok(Given { password: Password::new(text), warning: None }),
        Err(std::env::VarError::NotPresent) => {
            Err(Failure::usage(format!("the variable {variable}, which is to hold the password, is not set")))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format!("the password in the variable {variable} is not UTF-8")))
        }
    }
}

fn from_reader(reader: impl Read, name: &Path) -> Result<Given, Failure> {
    let bytes = read_wiped(reader).map_err(|e| Failure::Library(Error::io("read the password", name, e)))?;
    let invalid = |what: &str| {
        Failure::Library(
            Error::new(ErrorKind::Refused, format!("expected a password, found {what}")).at_path(name),
        )
    };
    if bytes.len() > MAX_LEN {
        return Err(invalid("more than 64 KiB"));
    }
    let text = decode(&bytes).ok_or_else(|| invalid("bytes that are not UTF-8"))?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    Ok(Given { password: Password::new(line), warning: None })
}

/// What there is, up to one octet more than the longest password has.
pub(crate) fn read_wiped(mut reader: impl Read) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    for len in [USUAL_LEN, MAX_LEN + 1] {
        // The whole room at once: growing would leave copies behind that nobody wipes. The standard library
        // takes 32 octets more than it fills, else it reads onto the stack.
        let mut larger = Zeroizing::new(Vec::with_capacity(len + 32));
        larger.extend_from_slice(&bytes);
        let rest = u64::try_from(len - bytes.len()).unwrap_or_default();
        reader.by_ref().take(rest).read_to_end(&mut larger)?;
        bytes = larger;
        if bytes.len() < len {
            break;
        }
    }
    Ok(bytes)
}

/// UTF-8, with or without a byte order mark, or UTF-16 with one, as PowerShell writes files.
fn decode(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks(2).map(|pair| match pair {
            [a, b] => unit([*a, *b]),
            _ => 0xd800,
        });
        let mut text = Zeroizing::new(String::with_capacity(3 * units.len()));
        for char in char::decode_utf16(units) {
            text.push(char.ok()?);
        }
        Some(text)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => {
            std::str::from_utf8(rest).ok().map(|s| Zeroizing::new(s.to_owned()))
        }
    }
}

#[cfg(unix)]
fn readable_by_others(file: &std::fs::File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::File) -> bool {
    // Windows has no mode; who may read a file is its folder's access list.
    false
}
