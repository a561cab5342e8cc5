//! `-delete`.

use truststore::{RemoveOptions, remove};

use crate::keytool::console;
use crate::keytool::grammar::options::Opt;
use crate::keytool::opened::{no_such_alias, visible};
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let (place, mut file) = session.edit(false)?;
    let alias = match session.options.text(Opt::Alias) {
        Some(alias) => alias,
        None => console::line("Enter alias name:  ")
            .filter(|alias| !alias.is_empty())
            .ok_or_else(|| Trouble::exception("Must specify alias"))?,
    };
    let name = match visible(file.store(), &alias) {
        Some(entry) => entry.name().to_owned(),
        None => return Err(no_such_alias(&alias)),
    };
    let options = RemoveOptions { names: vec![name], ..RemoveOptions::default() };
    remove(file.store_mut(), &options).map_err(Trouble::of)?;
    session.commit(file)?;
    session.tell_stored(&place.path);
    Ok(())
}
