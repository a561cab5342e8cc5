//! Where roots come from that everybody trusts, and where the stores of a machine are: JDKs, the system,
//! Mozilla, folders that are searched.
//!
//! What surrounds the program (`JAVA_HOME`, `PATH`, the home folder) is a parameter, with one exception:
//! [`system_roots`] leaves the choice to `rustls-native-certs`, which heeds `SSL_CERT_FILE` and `SSL_CERT_DIR`.

mod jdk;
#[cfg(feature = "mozilla-roots")]
mod mozilla;
mod places;
mod search;
#[cfg(feature = "system-roots")]
mod system;

pub use jdk::Jdk;
#[cfg(feature = "mozilla-roots")]
pub use mozilla::mozilla_roots;
pub use places::{DISTRIBUTION_STORES, usual_jdk_stores};
pub use search::{SearchOptions, Searched, search};
#[cfg(feature = "system-roots")]
pub use system::system_roots;
