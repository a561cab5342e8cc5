//! Where the command waits for a server.

use crate::failure::Failure;

/// Runs to its end what talks to a server.
pub(crate) fn wait<T>(conversation: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::Other {
        code: "io",
        message: format!("cannot talk to the network: {e}"),
        hint: None,
    })?;
    Ok(runtime.block_on(conversation))
}
