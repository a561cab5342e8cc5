//! `-importkeystore`.

use truststore::{EntryKind, Format, Password, StoreFile};

use crate::keytool::console;
use crate::keytool::grammar::options::Opt;
use crate::keytool::secrets;
use crate::keytool::session::{Opened, Place, Session, claimed, default_store, no_such_alias, visible};
use crate::keytool::trouble::Trouble;

const ENTER_DESTINATION: &str = "Enter destination keystore password:  ";
const ENTER_SOURCE: &str = "Enter source keystore password:  ";

pub(crate) fn run(session: &mut Session) -> Result<(), Trouble> {
    Ok(())
}
