//! `-storepasswd`.

use truststore::{ErrorKind, Password};

use crate::keytool::grammar::options::Opt;
use crate::keytool::place::refuse_beyond_ascii;
use crate::keytool::secrets;
use crate::keytool::session::Session;
use crate::keytool::trouble::Trouble;

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    let new = session.options.password(Opt::New).map(Password::duplicate);
    if new.as_ref().is_some_and(|new| !secrets::is_long_enough(new)) {
        return Err(Trouble::exception("New password must be at least 6 characters"));
    }
    let (place, mut file) = session.edit(false)?;
    let new = match new {
        Some(new) => new,
        None => secrets::ask_replacement("keystore password", file.store().duplicate_password().as_ref())?,
    };
    refuse_beyond_ascii(file.store().format(), Some(&new))?;
    match file.store_mut().set_password(new, &mut session.making) {
        Ok(change) => {
            if file.store().format() == truststore::Format::Pkcs12 && !change.kept.is_empty() {
                let names = change.kept.join(", ");
                session.note(format_args!("keys with a password of their own keep it: {names}"));
            }
        }
        // A store without protection stays so, which to keytool is no error.
        Err(error) if error.kind() == ErrorKind::Refused => {
            session.note(format_args!("nothing is changed: {error}"));
        }
        Err(error) => return Err(Trouble::of(error)),
    }
    session.commit(file)?;
    session.tell_stored(&place.path);
    Ok(())
}
