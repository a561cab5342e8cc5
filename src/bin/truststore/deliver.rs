//! A result that is text of its own kind, for a file or for stdout.

use std::path::{Path, PathBuf};

use truststore::{OutputOptions, Written, printable, write_output};

use crate::context::Context;
use crate::failure::Failure;
use crate::location::refuse_own_store;

/// Writes the text into a file in one step, or to stdout, where a terminal sees it line by line and with
/// nothing in it that could command it.
pub(crate) fn deliver(
    text: &str,
    out: Option<&Path>,
    force: bool,
    stores: &[PathBuf],
    context: &mut Context,
) -> Result<Option<Written>, Failure> {
    let Some(out) = out.filter(|out| out.as_os_str() != "-") else {
        if context.out.is_terminal() {
            text.lines().try_for_each(|line| context.out.line(printable(line)))?;
        } else {
            context.out.bytes(text.as_bytes())?;
        }
        return Ok(None);
    };
    stores.iter().try_for_each(|store| refuse_own_store(out, store))?;
    let options = OutputOptions { force, ..OutputOptions::default() };
    let written = write_output(out, text.as_bytes(), &options)?;
    context.written = written != Written::Unchanged;
    Ok(Some(written))
}
