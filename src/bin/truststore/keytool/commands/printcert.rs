//! `-printcert`.

use std::collections::HashSet;

use truststore::Certificate;

use super::sslserver;
use crate::keytool::certificates::{all, input};
use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::Opened;
use crate::keytool::place::Place;
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;
use crate::keytool::{cacerts, show, weak};

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    if session.options.has(Opt::JarFile) {
        return Err(Trouble::exception("-jarfile is not done here: use a JDK's keytool"));
    }
    let trusted = trusted(session)?;
    let server = session.options.text(Opt::SslServer);
    let certificates = match &server {
        Some(server) => sslserver::chain(session, server, session.options.text(Opt::StartTls).as_deref())?,
        None => all(input(session.options.path(Opt::File), &session.limits)?, &session.limits)?,
    };
    let rfc = session.options.has(Opt::Rfc);
    let count = certificates.len();
    for (number, certificate) in certificates.iter().enumerate() {
        match server {
            Some(_) if !rfc => session.out.line(format_args!("Certificate #{number}\n{RULE}"))?,
            None if count > 1 => session.out.line(format_args!("Certificate[{}]:", number + 1))?,
            _ => {}
        }
        let is_trusted = trusted.contains(certificate);
        session.out.line(match rfc {
            true => show::pem(certificate),
            false => show::certificate(certificate, is_trusted),
        })?;
        let is_last = number + 1 == count;
        let followed = if server.is_some() { !rfc } else { !is_last };
        if followed {
            session.out.line("")?;
        }
        let whose = weak::numbered("The certificate", number, count);
        session.warn(weak::warnings(&whose, certificate, is_trusted));
    }
    Ok(())
}

const RULE: &str = "====================================";

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
