//! What a file argument holds, where `-` is standard input.

use std::io::{IsTerminal, Read};
use std::path::Path;

use bytes::Bytes;
use truststore::{Error, read_file};

use crate::context::Context;
use crate::failure::Failure;

pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The octets, and how to call where they come from; `hint` is for a file that is not there.
pub(crate) fn read(path: &Path, hint: &'static str, context: &Context) -> Result<(String, Bytes), Failure> {
    let limits = &context.limits;
    if !is_stdin(path) {
        let bytes = read_file(path, limits).map_err(|e| match e.is_not_found() {
            true => Failure::Hinted(e, hint),
            false => e.into(),
        })?;
        return Ok((path.display().to_string(), bytes));
    }
    if std::io::stdin().is_terminal() {
        if context.global.no_input {
            return Err(Failure::usage("standard input is a terminal, and --no-input forbids to read it"));
        }
        context.note("reading certificates from the terminal; an end of file (Ctrl-D) ends them");
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(limits.max_file_size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| Failure::Library(Error::io("read standard input", path, e)))?;
    Ok(("standard input".to_owned(), bytes.into()))
}
