//! A JDK or JRE, and the roots that it trusts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// A JDK or JRE: the folder that `JAVA_HOME` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jdk {
    home: PathBuf,
    security: PathBuf,
}

/// Where a JDK has its roots; before version 9 they were in the JRE inside it, and a bundle of macOS has it all
/// deeper down.
const SECURITY: [&str; 3] = ["lib/security", "jre/lib/security", "Contents/Home/lib/security"];
/// The roots, and what Java reads instead of them if it is there.
pub(super) const STORES: [&str; 2] = ["cacerts", "jssecacerts"];

impl Jdk {
    /// The JDK in this folder.
    ///
    /// # Errors
    /// `NotFound` if there is no `cacerts` where a JDK has it.
    pub fn at(home: &Path) -> Result<Self> {
        let mut folders = security_folders(home);
        match folders.find(|folder| folder.join("cacerts").is_file()) {
            Some(security) => Ok(Self { home: home.to_owned(), security }),
            None => {
                let message = "expected the folder of a JDK or JRE, found no lib/security/cacerts in it";
                Err(Error::new(ErrorKind::NotFound, message).at_path(home))
            }
        }
    }

    /// The JDK whose `java` comes first in these folders, the value of `PATH`; links are followed.
    ///
    /// # Errors
    /// `NotFound` if there is no `java`, or it is not inside a JDK, as the launchers of version managers are.
    pub fn on_path(path: &OsStr) -> Result<Self> {
        let name = format!("java{}", std::env::consts::EXE_SUFFIX);
        let java = std::env::split_paths(path).map(|folder| folder.join(&name)).find(|java| java.is_file());
        let Some(java) = java else {
            return Err(Error::new(ErrorKind::NotFound, "there is no java in the folders of PATH"));
        };
        let real = java.canonicalize().map_err(|e| Error::io("follow", &java, e))?;
        let home = real.parent().and_then(Path::parent).unwrap_or(&real);
        Self::at(home).map_err(|_| {
            let message =
                "the java that PATH leads to is not inside a JDK, so that its roots cannot be found";
            Error::new(ErrorKind::NotFound, message).at_path(&java)
        })
    }

    /// The active JDK: that of `JAVA_HOME` if it is set, else that of `PATH`. The values of both are
    /// parameters; an empty one is as good as none.
    ///
    /// # Errors
    /// `NotFound`; a `JAVA_HOME` that is wrong is not passed over, since another JDK is not what was meant.
    pub fn active(java_home: Option<&OsStr>, path: Option<&OsStr>) -> Result<Self> {
        if let Some(home) = java_home.filter(|home| !home.is_empty()) {
            return Self::at(Path::new(home));
        }
        Self::on_path(path.unwrap_or_default())
    }

    /// The folder of the JDK.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The store with its roots.
    #[must_use]
    pub fn cacerts(&self) -> PathBuf {
        self.security.join("cacerts")
    }

    /// The store that Java reads instead of `cacerts` where it exists (JSSE reference guide, "Creating an
    /// X509TrustManager").
    #[must_use]
    pub fn jssecacerts(&self) -> Option<PathBuf> {
        Some(self.security.join("jssecacerts")).filter(|path| path.is_file())
    }
}

/// Where the stores of a JDK may be, in the spelling of this system.
pub(super) fn security_folders(home: &Path) -> impl Iterator<Item = PathBuf> {
    SECURITY.iter().map(|folder| home.join(folder.split('/').collect::<PathBuf>()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn jdk(at: &Path, security: &str) {
        fs::create_dir_all(at.join(security)).unwrap();
        fs::write(at.join(security).join("cacerts"), "").unwrap();
        fs::create_dir_all(at.join("bin")).unwrap();
        fs::write(at.join("bin").join(format!("java{}", std::env::consts::EXE_SUFFIX)), "").unwrap();
    }

    #[test]
    fn every_layout_of_a_jdk_is_known() {
        for security in SECURITY {
            let folder = tempfile::tempdir().unwrap();
            jdk(folder.path(), security);
            let found = Jdk::at(folder.path()).unwrap();
            assert_eq!(found.cacerts(), folder.path().join(security).join("cacerts"));
            assert_eq!(found.jssecacerts(), None);
            fs::write(folder.path().join(security).join("jssecacerts"), "").unwrap();
            assert!(found.jssecacerts().is_some());
        }
    }

    #[test]
    fn the_active_jdk_is_that_of_java_home_else_of_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        jdk(&one, SECURITY[0]);
        jdk(&two, SECURITY[0]);
        let path = std::env::join_paths([folder.path().join("absent"), two.join("bin")]).unwrap();
        assert_eq!(Jdk::active(Some(one.as_os_str()), Some(&path)).unwrap().home(), one);
        let of_path = Jdk::active(Some(OsStr::new("")), Some(&path)).unwrap();
        assert_eq!(of_path.home(), two.canonicalize().unwrap());
        let wrong = Jdk::active(Some(folder.path().as_os_str()), Some(&path)).unwrap_err();
        assert!(wrong.is_not_found() && wrong.to_string().contains("lib/security/cacerts"), "{wrong}");
        assert!(Jdk::active(None, None).unwrap_err().message().contains("no java"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_on_the_path_is_followed_to_the_jre_of_version_8() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("jdk8");
        jdk(&home.join("jre"), SECURITY[0]);
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink("../jdk8/jre/bin/java", bin.join("alternative")).unwrap();
        std::os::unix::fs::symlink("alternative", bin.join("java")).unwrap();
        let found = Jdk::on_path(bin.as_os_str()).unwrap();
        assert_eq!(found.home(), home.join("jre").canonicalize().unwrap());

        fs::remove_file(bin.join("java")).unwrap();
        fs::write(bin.join("java"), "#!/bin/sh").unwrap();
        assert!(Jdk::on_path(bin.as_os_str()).unwrap_err().message().contains("not inside a JDK"));
    }
}
