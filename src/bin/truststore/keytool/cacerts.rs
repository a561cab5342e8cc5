//! Where the JDK of this machine keeps the roots that everybody trusts.

use std::path::{Path, PathBuf};

use truststore::sources::{DISTRIBUTION_STORES, Jdk};

/// The roots of `JAVA_HOME`, else of the `java` on the path, else of the distribution.
pub(crate) fn find() -> Option<PathBuf> {
    let of_variable = || Jdk::at(Path::new(&std::env::var_os("JAVA_HOME")?)).ok();
    let on_path = || Jdk::on_path(&std::env::var_os("PATH")?).ok();
    let jdk = of_variable().or_else(on_path).map(|jdk| jdk.cacerts());
    jdk.or_else(|| DISTRIBUTION_STORES.map(PathBuf::from).into_iter().find(|path| path.is_file()))
}

/// Whether this is that file, under whatever name.
pub(crate) fn is(path: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().ok();
    real(path).is_some_and(|path| find().is_some_and(|cacerts| real(&cacerts) == Some(path)))
}
