//! `-importcert`, formerly `-import`.

use std::path::Path;

use truststore::{Candidate, Certificate, EntryKind, ImportOptions, TrustStore, Unlock, import};

use super::DEFAULT_ALIAS;
use crate::keytool::certificates::{first, input};
use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::visible;
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;
use crate::keytool::{cacerts, chain, console, show, weak};

const ASK_TRUST: &str = "Trust this certificate? [no]:  ";
const ASK_AGAIN: &str = "Do you still want to add it? [no]:  ";
const ASK_OWN: &str = "Do you still want to add it to your own keystore? [no]:  ";

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let (place, mut file) = session.edit(true)?;
    let alias = session.options.text(Opt::Alias).unwrap_or_else(|| DEFAULT_ALIAS.to_owned());
    let source = session.options.path(Opt::File).map(Path::to_owned);
    let bytes = input(source.as_deref(), &session.limits)?;
    match visible(file.store(), &alias).map(|entry| entry.kind()) {
        Some(EntryKind::PrivateKey(_)) => {
            return Err(Trouble::exception(format!(
                "Certificate not imported, alias <{alias}> has a private key; for a certificate reply use a \
                 JDK's keytool"
            )));
        }
        Some(_) => {
            return Err(Trouble::exception(format!(
                "Certificate not imported, alias <{alias}> already exists"
            )));
        }
        None => {}
    }
    let (certificate, count) =
        first(bytes, &session.limits).ok_or_else(|| Trouble::exception("Input not an X.509 certificate"))?;
    if count > 1 {
        session.note(format_args!(
            "the input has {count} certificates, of which keytool imports the first; `truststore import` takes \
             all"
        ));
    }
    if !is_wanted(session, file.store(), &certificate)? {
        console::say("Certificate was not added to keystore");
        session.warn_of_store(&file);
        return Ok(());
    }
    let source = source.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    let candidate = Candidate { certificate, alias: None, created: None, source };
    let options =
        ImportOptions { alias: Some(alias), now: session.making.date_ms, ..ImportOptions::default() };
    import(file.store_mut(), &[candidate], &options).map_err(Trouble::of)?;
    session.commit(file)?;
    console::say("Certificate was added to keystore");
    session.tell_stored(&place.path);
    Ok(())
}

/// Whether the certificate is to be trusted: because nobody is to be asked, because it leads to a root that
/// is trusted, or because somebody says so.
fn is_wanted(session: &mut Session, store: &TrustStore, certificate: &Certificate) -> Result<bool, Trouble> {
    let view = certificate.view().map_err(Trouble::of)?;
    let self_signed = chain::is_self_signed(&view)?;
    let cacerts = cacerts_store(session)?;
    let own = alias_of(store, certificate);
    let common = cacerts.as_ref().and_then(|cacerts| alias_of(cacerts, certificate));
    session.warn(weak::warnings("The input", certificate, own.is_some() || common.is_some()));
    if session.options.has(Opt::NoPrompt) {
        return Ok(true);
    }
    if let Some(other) = own {
        console::say(format_args!("Certificate already exists in keystore under alias <{other}>"));
        return ask(session, ASK_AGAIN);
    }
    if let Some(other) = common.filter(|_| self_signed) {
        console::say(format_args!(
            "Certificate already exists in system-wide CA keystore under alias <{other}>"
        ));
        return ask(session, ASK_OWN);
    }
    if !self_signed {
        let stores = std::iter::once(store).chain(&cacerts);
        let known = stores.flat_map(TrustStore::entries).filter(|entry| entry.java_alias().is_some());
        if chain::leads_to_root(certificate, known.filter_map(|entry| entry.certificate())) {
            return Ok(true);
        }
    }
    session.out.line(show::certificate(certificate, false))?;
    ask(session, ASK_TRUST)
}

fn ask(session: &mut Session, question: &str) -> Result<bool, Trouble> {
    session.out.flush()?;
    session.tell_warnings(true);
    Ok(console::confirmed(question))
}

/// The roots of the JDK, if they are to be trusted.
fn cacerts_store(session: &Session) -> Result<Option<TrustStore>, Trouble> {
    if !session.options.has(Opt::TrustCacerts) {
        return Ok(None);
    }
    match cacerts::find() {
        Some(path) => {
            TrustStore::open(&path, Unlock::Defaults, &session.limits).map(Some).map_err(Trouble::of)
        }
        None => {
            session.note("-trustcacerts without effect: there is no cacerts file; set JAVA_HOME");
            Ok(None)
        }
    }
}

/// The alias under which a store has this certificate.
fn alias_of(store: &TrustStore, certificate: &Certificate) -> Option<String> {
    let entry = store
        .entries()
        .iter()
        .find(|entry| entry.certificate() == Some(certificate) && entry.java_alias().is_some());
    entry.and_then(|entry| entry.java_alias())
}
