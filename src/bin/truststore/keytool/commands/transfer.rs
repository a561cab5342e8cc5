//! The entries of `-importkeystore`, one after the other.

use truststore::{
    Certificate, Entry, EntryKind, ErrorKind, Existing, Format, Password, TransferOptions, TrustStore,
    printable, transfer,
};

use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::{Opened, visible};
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;
use crate::keytool::{console, secrets, weak};

/// Entries of a store on their way into another one.
pub(super) struct Transfer<'a> {
    session: &'a Session,
    source: &'a TrustStore,
    entries: Vec<(String, &'a Entry)>,
    /// One entry was named, of which nothing is said.
    single: bool,
}

/// What becomes of one entry.
enum Fate {
    Cancelled,
    Failed,
    /// Under this alias.
    Imported(String),
}

impl<'a> Transfer<'a> {
    /// The entry that is named, else all.
    pub(super) fn new(session: &'a Session, opened: &'a Opened) -> Result<Self, Trouble> {
        let options = &session.options;
        let alias = options.text(Opt::SrcAlias);
        if alias.is_none() && (options.has(Opt::DestAlias) || options.has(Opt::SrcKeyPass)) {
            return Err(Trouble::exception(
                "if alias not specified, destalias and srckeypass must not be specified",
            ));
        }
        let source = opened.store().ok_or_else(|| Trouble::exception("the source needs its password"))?;
        let entries = match &alias {
            Some(alias) => vec![(alias.clone(), opened.find(alias)?.1)],
            None => opened.entries(),
        };
        Ok(Self { session, source, entries, single: alias.is_some() })
    }

    /// Puts them into `target`; returns the warnings that they deserve.
    pub(super) fn into(self, target: &mut TrustStore) -> Result<Vec<String>, Trouble> {
        let mut warnings = Vec::new();
        self.check_key_password(target);
        let (mut imported, mut failed) = (0, 0);
        for (alias, entry) in &self.entries {
            match self.one(alias, entry, target)? {
                Fate::Imported(new_alias) => {
                    warnings.extend(weak_points(entry, &new_alias, target));
                    imported += 1;
                    if !self.single {
                        console::say(format_args!("Entry for alias {alias} successfully imported."));
                    }
                }
                Fate::Cancelled => {
                    failed += 1;
                    if !self.single {
                        console::say(format_args!("Entry for alias {alias} not imported."));
                    }
                }
                Fate::Failed => {
                    failed += 1;
                    let quit = "Do you want to quit the import process? [no]:  ";
                    if !self.single && !self.session.options.has(Opt::NoPrompt) && console::confirmed(quit) {
                        break;
                    }
                }
            }
        }
        if !self.single {
            console::say(format_args!(
                "Import command completed:  {imported} entries successfully imported, {failed} entries failed \
                 or cancelled"
            ));
        }
        Ok(warnings)
    }

    fn one(&self, alias: &str, entry: &Entry, target: &mut TrustStore) -> Result<Fate, Trouble> {
        let options = &self.session.options;
        let Some(new_alias) = self.new_alias(alias, target)? else { return Ok(Fate::Cancelled) };
        let given = options.password(Opt::SrcKeyPass);
        // Java reads a PKCS#12 store as if it had one password for all; where it has not, the given one opens.
        let ignored = self.source.format() == Format::Pkcs12
            && given.is_some_and(|given| !self.source.has_password(given));
        if ignored {
            say_one_password("-srckeypass");
        }
        let mut asked = TransferOptions {
            alias: Some(entry.name().to_owned()),
            new_alias: Some(new_alias.clone()),
            key_password: given.filter(|_| !ignored).map(Password::duplicate),
            new_key_password: self.new_key_password(target),
            existing: Existing::Overwrite,
            keep_going: false,
            now: self.session.making.date_ms,
        };
        let is_key = matches!(entry.kind(), EntryKind::PrivateKey(_));
        let mut making = self.session.making;
        let mut done = transfer(self.source, target, &asked, &mut making);
        let unopened = done.as_ref().is_err_and(|error| error.kind() == ErrorKind::WrongPassword);
        if is_key && unopened && asked.key_password.is_none() {
            asked.key_password = Some(match given {
                Some(given) => given.duplicate(),
                None => secrets::ask_key(&format!("Enter key password for <{}>", printable(alias)))?,
            });
            done = transfer(self.source, target, &asked, &mut making);
        }
        match done {
            Ok(_) => Ok(Fate::Imported(new_alias)),
            Err(error) if error.kind() == ErrorKind::WrongPassword => {
                Err(Trouble::thrown("java.security.UnrecoverableKeyException", "Cannot recover key"))
            }
            Err(error) => {
                console::say(format_args!(
                    "Problem importing entry for alias {alias}: java.security.KeyStoreException: {error}.\n\
                     Entry for alias {alias} not imported."
                ));
                Ok(Fate::Failed)
            }
        }
    }

    /// The alias in the target; `None` if the entry is left out.
    fn new_alias(&self, alias: &str, target: &TrustStore) -> Result<Option<String>, Trouble> {
        let options = &self.session.options;
        let new = options.text(Opt::DestAlias).unwrap_or_else(|| alias.to_owned());
        if visible(target, &new).is_none() {
            return Ok(Some(new));
        }
        if options.has(Opt::NoPrompt) {
            console::say(format_args!("Warning: Overwriting existing alias {alias} in destination keystore"));
            return Ok(Some(new));
        }
        let shown = printable(alias);
        if console::confirmed(&format!("Existing entry alias {shown} exists, overwrite? [no]:  ")) {
            return Ok(Some(new));
        }
        match console::line("Enter new alias name\t(RETURN to cancel import for this entry):  ") {
            Some(new) if new.is_empty() => Ok(None),
            Some(new) => Ok(Some(new)),
            None => Err(Trouble::exception("the input ended: no new alias name was given")),
        }
    }

    /// PKCS#12 has one password for all, as Java reads it.
    fn new_key_password(&self, target: &TrustStore) -> Option<Password> {
        let options = &self.session.options;
        let given = options.password(Opt::DestKeyPass).or_else(|| options.password(Opt::KeyPass));
        given.filter(|_| target.format() != Format::Pkcs12).map(Password::duplicate)
    }

    fn check_key_password(&self, target: &TrustStore) {
        let given = self.session.options.password(Opt::DestKeyPass);
        if target.format() == Format::Pkcs12 && given.is_some_and(|given| !target.has_password(given)) {
            say_one_password("-destkeypass");
        }
    }
}

fn weak_points(entry: &Entry, alias: &str, target: &TrustStore) -> Vec<String> {
    let chain = entry.certificates();
    let trusted = |certificate: &Certificate| {
        target.entries().iter().any(|entry| entry.is_trusted() && entry.certificate() == Some(certificate))
    };
    let numbered = chain.iter().enumerate();
    let warnings = numbered.flat_map(|(number, certificate)| {
        let whose = weak::numbered(&format!("<{alias}>"), number, chain.len());
        weak::warnings(&whose, certificate, trusted(certificate))
    });
    warnings.collect()
}

fn say_one_password(option: &str) {
    console::say(format_args!(
        "Warning:  Different store and key passwords not supported for PKCS12 KeyStores. Ignoring user-specified \
         {option} value."
    ));
}
