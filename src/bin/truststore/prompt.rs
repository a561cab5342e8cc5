//! Asking a person, on a terminal only.

use std::io::IsTerminal;

use truststore::Password;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::talk;

/// Whether there is somebody to ask.
pub(crate) fn is_possible(no_input: bool) -> bool {
    !no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a password without showing it.
pub(crate) fn password(question: &str) -> Result<Password, Failure> {
    let typed = rpassword::prompt_password(format!("{question}: "))
        .map_err(|e| Failure::usage(format!("cannot read a password from the terminal: {e}")))?;
    wipe_pieces(typed.len());
    Ok(Password::new(typed))
}

/// Overwrites what the buffer of `rpassword` has left on the heap while it grew to `len` bytes.
///
/// It cannot be reached, but whoever asks for as much memory as was given back lately usually gets those pieces.
pub(crate) fn wipe_pieces(len: usize) {
    /// More than an allocator keeps at hand for one size.
    const PIECES: usize = 64;
    let sizes = std::iter::successors(Some(8), |size| Some(size * 2)).take_while(|&size| size < len);
    for size in sizes {
        drop::<Vec<Zeroizing<Vec<u8>>>>((0..PIECES).map(|_| Zeroizing::new(vec![0xff; size])).collect());
    }
}

/// Asks a question that only a clear yes answers with yes.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    talk(format_args!("{question} Type yes or no:"));
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|e| Failure::usage(format!("cannot read the answer from the terminal: {e}")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Asks for a new password twice.
pub(crate) fn new_password(question: &str) -> Result<Password, Failure> {
    let first = password(question)?;
    let second = password("The same again")?;
    if first.as_str() == second.as_str() {
        return Ok(first);
    }
    Err(Failure::usage("the two passwords differ; nothing was changed"))
}
