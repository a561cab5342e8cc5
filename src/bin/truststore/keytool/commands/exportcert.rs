//! `-exportcert`, formerly `-export`.

use truststore::{ExportFormat, OutputOptions, export, write_output};

use super::DEFAULT_ALIAS;
use crate::keytool::console;
use crate::keytool::grammar::options::Opt;
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let opened = session.read()?;
    let alias = session.options.text(Opt::Alias).unwrap_or_else(|| DEFAULT_ALIAS.to_owned());
    let (_, entry) = opened.find(&alias)?;
    if entry.certificate().is_none() {
        return Err(Trouble::exception(format!("Alias <{alias}> has no certificate")));
    }
    let format = if session.options.has(Opt::Rfc) { ExportFormat::Pem } else { ExportFormat::Der };
    let bytes = export([entry], format).map_err(Trouble::of)?;
    match session.options.path(Opt::File) {
        Some(path) => {
            let options = OutputOptions { force: true, ..OutputOptions::default() };
            write_output(path, &bytes, &options).map_err(Trouble::of)?;
            console::say(format_args!("Certificate stored in file <{}>", path.display()));
        }
        None => session.out.bytes(&bytes)?,
    }
    opened.warn_of_keys(session);
    Ok(())
}
