//! `-changealias`.

use truststore::{EntryKind, rename};

use super::DEFAULT_ALIAS;
use crate::keytool::console;
use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::{no_such_alias, visible};
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;

/// A key is moved as it is, so that its password is not needed: `-keypass` has no effect.
pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let (place, mut file) = session.edit(false)?;
    let alias = session.options.text(Opt::Alias).unwrap_or_else(|| DEFAULT_ALIAS.to_owned());
    let new = match session.options.text(Opt::DestAlias) {
        Some(new) => new,
        None => console::line("Enter destination alias name:  ")
            .filter(|new| !new.is_empty())
            .ok_or_else(|| Trouble::exception("Must specify destination alias"))?,
    };
    if visible(file.store(), &new).is_some() {
        return Err(Trouble::exception(format!("Destination alias <{new}> already exists")));
    }
    let (name, is_key) = match visible(file.store(), &alias) {
        Some(entry) => {
            (entry.name().to_owned(), matches!(entry.kind(), EntryKind::PrivateKey(_) | EntryKind::SecretKey))
        }
        None => return Err(no_such_alias(&alias)),
    };
    if is_key && session.options.has(Opt::KeyPass) {
        session.note("-keypass has no effect: the key stays as it is, under its own password");
    }
    rename(file.store_mut(), &name, &new).map_err(Trouble::of)?;
    session.commit(file)?;
    session.tell_stored(&place.path);
    Ok(())
}
