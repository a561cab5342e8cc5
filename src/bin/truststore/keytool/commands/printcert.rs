//! `-printcert`.

use std::collections::HashSet;

use truststore::Certificate;

use crate::keytool::certificates::{all, input};
use crate::keytool::grammar::options::Opt;
use crate::keytool::session::{Opened, Place, Session};
use crate::keytool::trouble::Trouble;
use crate::keytool::{cacerts, show, weak};

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    if session.options.has(Opt::JarFile) {
        return Err(Trouble::exception("-jarfile is not done here: use a JDK's keytool"));
    }
    let trusted = trusted(session)?;
    let certificates = match session.options.text(Opt::SslServer) {
        Some(server) => of_server(&server, session.options.text(Opt::StartTls).as_deref())?,
        None => all(input(session.options.path(Opt::File), &session.limits)?, &session.limits)?,
    };
    let count = certificates.len();
    for (number, certificate) in certificates.iter().enumerate() {
        if count > 1 {
            session.out.line(format_args!("Certificate[{}]:", number + 1))?;
        }
        let is_trusted = trusted.contains(certificate);
        if session.options.has(Opt::Rfc) {
            session.out.line(show::pem(certificate))?;
        } else {
            session.out.line(show::certificate(certificate, is_trusted))?;
        }
        if number + 1 < count {
            session.out.line("")?;
        }
        for warning in
            weak::warnings(&weak::numbered("The certificate", number, count), certificate, is_trusted)
        {
            session.warn(warning);
        }
    }
    Ok(())
}

/// The certificates whose signatures nobody checks: of the store that is named, if it is there, and of the
/// JDK's roots with `-trustcacerts`.
fn trusted(session: &Session) -> Result<HashSet<Certificate>, Trouble> {
    let mut stores = Vec::new();
    if session.options.has(Opt::Keystore)
        && let Some(opened) = session.peek()?
    {
        stores.push(opened);
    }
    if session.options.has(Opt::TrustCacerts)
        && let Some(path) = cacerts::find()
    {
        stores.push(session.open(&Place { path, claimed: None }, None)?);
    }
    let certificates = stores.iter().flat_map(Opened::trusted);
    Ok(certificates.cloned().collect())
}

/// The certificates of a server.
fn of_server(server: &str, starttls: Option<&str>) -> Result<Vec<Certificate>, Trouble> {
    let with = starttls.map_or_else(String::new, |protocol| format!(" with -starttls {protocol}"));
    Err(Trouble::exception(format!("-sslserver {server}{with} is not done by this version")))
}
