//! `-exportcert`, formerly `-export`.

use truststore::{OutputOptions, write_output};

use super::DEFAULT_ALIAS;
use crate::keytool::grammar::options::Opt;
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;
use crate::keytool::{console, show, weak};

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let opened = session.read()?;
    let alias = session.options.text(Opt::Alias).unwrap_or_else(|| DEFAULT_ALIAS.to_owned());
    let (_, entry) = opened.find(&alias)?;
    let certificate = opened.chain(entry).first();
    let certificate =
        certificate.ok_or_else(|| Trouble::exception(format!("Alias <{alias}> has no certificate")))?;
    let bytes = match session.options.has(Opt::Rfc) {
        true => format!("{}\n", show::pem(certificate)).into_bytes(),
        false => certificate.der().to_vec(),
    };
    match session.options.path(Opt::File) {
        Some(path) => {
            let options = OutputOptions { force: true, ..OutputOptions::default() };
            write_output(path, &bytes, &options).map_err(|error| Trouble::of_output(error, path))?;
            console::say(format_args!("Certificate stored in file <{}>", path.display()));
        }
        None => session.out.bytes(&bytes)?,
    }
    session.warn(weak::warnings("The certificate", certificate, opened.trusts(certificate)));
    opened.warn_of_keys(session);
    Ok(())
}
