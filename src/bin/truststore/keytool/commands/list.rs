//! `-list`.

use truststore::{Certificate, Entry, Format, printable};

use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::Opened;
use crate::keytool::place::type_name;
use crate::keytool::session::Session;
use crate::keytool::show::{self, date};
use crate::keytool::trouble::Trouble;
use crate::keytool::weak;

const STARS: &str = "*******************************************";

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let opened = session.read()?;
    match session.options.text(Opt::Alias) {
        Some(alias) => {
            let (_, entry) = opened.find(&alias)?;
            write_entry(session, &opened, &alias, entry)?;
        }
        None => all(session, &opened)?,
    }
    opened.warn_of_keys(session);
    Ok(())
}

fn all(session: &mut Session, opened: &Opened) -> Result<(), Trouble> {
    let entries = opened.entries();
    let hidden = opened.hidden();
    if hidden > 0 {
        session.note(format_args!(
            "{hidden} of the entries are none to Java and not listed; `truststore list` shows them, and \
             `truststore trust` makes certificates trusted"
        ));
    }
    let provider = if opened.shown == Format::Jceks { "SunJCE" } else { "SUN" };
    let count = match entries.len() {
        1 => "1 entry".to_owned(),
        number => format!("{number} entries"),
    };
    session.out.line(format_args!(
        "Keystore type: {}\nKeystore provider: {provider}\n\nYour keystore contains {count}\n",
        type_name(opened.shown)
    ))?;
    let long = session.is_verbose() || session.options.has(Opt::Rfc);
    for (alias, entry) in entries {
        write_entry(session, opened, &alias, entry)?;
        if long {
            session.out.line(format_args!("\n\n{STARS}\n{STARS}\n\n"))?;
        }
    }
    Ok(())
}

fn write_entry(session: &mut Session, opened: &Opened, alias: &str, entry: &Entry) -> Result<(), Trouble> {
    let long = session.is_verbose() || session.options.has(Opt::Rfc);
    let kind = Opened::kind(entry);
    // PKCS#12 has no dates of certificates, for which the JDK shows the present day.
    let day = date::day(entry.created().unwrap_or(session.now_ms));
    let shown = printable(alias);
    if long {
        session.out.line(format_args!("Alias name: {shown}\nCreation date: {day}\nEntry type: {kind}"))?;
    } else {
        session.out.line(format_args!("{shown}, {day}, {kind}, "))?;
    }
    let chain = opened.chain(entry);
    match (kind, chain) {
        ("SecretKeyEntry", _) => {}
        ("PrivateKeyEntry", chain) if long || chain.is_empty() => {
            session.out.line(format_args!("Certificate chain length: {}", chain.len()))?;
            for (number, certificate) in chain.iter().enumerate() {
                session.out.line(format_args!("Certificate[{}]:", number + 1))?;
                write_certificate(session, opened, certificate)?;
            }
        }
        (_, chain) => {
            if long {
                session.out.line("")?;
            }
            if let Some(certificate) = chain.first() {
                write_certificate(session, opened, certificate)?;
            }
        }
    }
    warn_of_chain(session, opened, alias, chain);
    Ok(())
}

/// One certificate, in the form that was asked for.
fn write_certificate(
    session: &mut Session,
    opened: &Opened,
    certificate: &Certificate,
) -> Result<(), Trouble> {
    if session.is_verbose() {
        session.out.line(show::certificate(certificate, opened.trusts(certificate)))?;
    } else if session.options.has(Opt::Rfc) {
        session.out.line(show::pem(certificate))?;
    } else {
        let fingerprint = certificate.sha256();
        session.out.line(format_args!("Certificate fingerprint (SHA-256): {fingerprint}"))?;
    }
    Ok(())
}

/// Keeps the warnings that the certificates of an entry deserve.
fn warn_of_chain(session: &mut Session, opened: &Opened, alias: &str, chain: &[Certificate]) {
    for (number, certificate) in chain.iter().enumerate() {
        let whose = weak::numbered(&format!("<{alias}>"), number, chain.len());
        session.warn(weak::warnings(&whose, certificate, opened.trusts(certificate)));
    }
}
