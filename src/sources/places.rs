//! Where JDKs are usually installed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::jdk::{STORES, security_folders};

/// The stores that distributions make of the system's roots for all their JDKs: Debian, Fedora, SUSE.
pub const DISTRIBUTION_STORES: [&str; 3] = [
    "/etc/ssl/certs/java/cacerts",
    "/etc/pki/ca-trust/extracted/java/cacerts",
    "/var/lib/ca-certificates/java-cacerts",
];

/// A folder whose members are JDKs: a variable with the path's beginning, or none, and the rest.
type Place = (&'static str, &'static str);

/// Packages, archives, container images, version managers; bundles and Homebrew on macOS.
const UNIX: [Place; 13] = [
    ("", "/usr/lib/jvm"),
    ("", "/usr/lib64/jvm"),
    ("", "/usr/java"),
    ("", "/usr/local"),
    ("", "/usr/local/java"),
    ("", "/usr/local/opt"),
    ("", "/opt"),
    ("", "/opt/java"),
    ("", "/opt/homebrew/opt"),
    ("", "/Library/Java/JavaVirtualMachines"),
    ("HOME", "Library/Java/JavaVirtualMachines"),
    ("HOME", ".sdkman/candidates/java"),
    ("HOME", ".jdks"),
];

/// Where installers put what they install, and those who make JDKs.
const PROGRAMS: [&str; 4] = ["ProgramFiles", "ProgramW6432", "ProgramFiles(x86)", "LOCALAPPDATA"];
const MAKERS: [&str; 12] = [
    "Java",
    "Eclipse Adoptium",
    "Eclipse Foundation",
    "AdoptOpenJDK",
    "Amazon Corretto",
    "BellSoft",
    "Microsoft",
    "OpenJDK",
    "RedHat",
    "SapMachine",
    "Semeru",
    "Zulu",
];

/// A member of a folder with more is not looked for.
const MAX_MEMBERS: usize = 10_000;

/// The stores of the JDKs that are where JDKs usually are, in a fixed order; one may be listed under several
/// names. `variable` gives the environment.
#[must_use]
pub fn usual_jdk_stores(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let folders = if cfg!(windows) { windows(variable) } else { unix(variable) };
    folders.iter().flat_map(|folder| members(folder)).flat_map(|home| stores_of(&home)).collect()
}

/// The stores that are in the folder of a JDK, readable or not.
fn stores_of(home: &Path) -> Vec<PathBuf> {
    let homebrew = home.join("libexec/openjdk.jdk");
    let folders = [home, &homebrew].into_iter().flat_map(security_folders);
    let stores = folders.flat_map(|folder| STORES.map(|name| folder.join(name)));
    stores.filter(|path| path.symlink_metadata().is_ok()).collect()
}

fn unix(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let place = |(name, rest): &Place| match *name {
        "" => Some(PathBuf::from(rest)),
        name => Some(PathBuf::from(variable(name).filter(|value| !value.is_empty())?).join(rest)),
    };
    UNIX.iter().filter_map(place).collect()
}

fn windows(variable: impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for root in PROGRAMS.iter().filter_map(|name| variable(name)) {
        let mut root = PathBuf::from(root);
        if root.ends_with("Local") {
            root.push("Programs");
        }
        folders.extend(MAKERS.iter().map(|maker| root.join(maker)));
    }
    folders.extend(variable("USERPROFILE").map(|home| PathBuf::from(home).join(".jdks")));
    folders
}

/// The folders inside one, in the order of their names.
fn members(folder: &Path) -> Vec<PathBuf> {
    let Ok(listed) = fs::read_dir(folder) else { return Vec::new() };
    let mut members: Vec<PathBuf> =
        listed.take(MAX_MEMBERS).filter_map(|member| Some(member.ok()?.path())).collect();
    members.sort();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jdk_in_the_home_folder_is_found_with_both_of_its_stores() {
        let folder = tempfile::tempdir().unwrap();
        let security = folder.path().join(".jdks/temurin-8/jre/lib/security");
        fs::create_dir_all(&security).unwrap();
        fs::write(security.join("cacerts"), "").unwrap();
        fs::write(security.join("jssecacerts"), "").unwrap();
        let variable = |name: &str| match (name, cfg!(windows)) {
            ("HOME", false) | ("USERPROFILE", true) => Some(folder.path().as_os_str().to_owned()),
            _ => None,
        };
        let found = usual_jdk_stores(variable);
        let own: Vec<&PathBuf> = found.iter().filter(|path| path.starts_with(folder.path())).collect();
        assert_eq!(own, [&security.join("cacerts"), &security.join("jssecacerts")]);
    }

    #[test]
    fn windows_has_its_own_places() {
        let variable = |name: &str| match name {
            "ProgramFiles" => Some(OsString::from(r"C:\Program Files")),
            "LOCALAPPDATA" => Some(OsString::from("C:/Users/joe/AppData/Local")),
            "USERPROFILE" => Some(OsString::from("C:/Users/joe")),
            _ => None,
        };
        let folders: Vec<String> =
            windows(variable).iter().map(|path| path.to_string_lossy().replace('\\', "/")).collect();
        for expected in [
            "C:/Program Files/Java",
            "C:/Program Files/Eclipse Adoptium",
            "C:/Users/joe/AppData/Local/Programs/Microsoft",
            "C:/Users/joe/.jdks",
        ] {
            assert!(folders.iter().any(|folder| folder == expected), "{expected} is not in {folders:?}");
        }
    }
}
