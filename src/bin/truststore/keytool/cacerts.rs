//! Where the JDK of this machine keeps the roots that everybody trusts.

use std::path::{Path, PathBuf};

/// The roots of `JAVA_HOME`, else of the `java` on the path, else of the distribution.
pub(crate) fn find() -> Option<PathBuf> {
    candidates().into_iter().find(|path| path.is_file())
}

/// Whether this is that file, under whatever name.
pub(crate) fn is(path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(path).is_some_and(|path| find().is_some_and(|cacerts| real(&cacerts) == Some(path)))
}

fn candidates() -> Vec<PathBuf> {
    const INSIDE: [&str; 2] = ["lib/security/cacerts", "jre/lib/security/cacerts"];
    let home = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    let homes = home.into_iter().chain(home_of_java());
    let inside = homes.flat_map(|home| INSIDE.map(|path| home.join(path)));
    inside.chain(DISTRIBUTIONS.map(PathBuf::from)).collect()
}

/// `HOME` of a link on the path that leads to `HOME/bin/java`.
fn home_of_java() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("java{}", std::env::consts::EXE_SUFFIX);
    let java = std::env::split_paths(&path).map(|folder| folder.join(&name)).find(|java| java.is_file())?;
    Some(java.canonicalize().ok()?.parent()?.parent()?.to_owned())
}

/// Debian and its kin, Fedora and its kin.
const DISTRIBUTIONS: [&str; 2] = ["/etc/ssl/certs/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts"];
