//! Imports go down: a module uses only what stands on floors below it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// The floors of `docs/ARCHITECTURE.md`; modules of one floor may not import each other, but for `cert`
/// in `bag`, since a certificate bag holds a certificate.
const FLOORS: [(&str, u8); 23] = [
    ("error", 0),
    ("limits", 0),
    ("parallel", 0),
    ("password", 0),
    ("text", 0),
    ("ber", 0),
    ("wiped", 0),
    ("crypto", 1),
    ("cert", 1),
    ("bag", 1),
    ("octets", 1),
    ("store", 2),
    ("format", 3),
    ("input", 4),
    ("file", 4),
    ("ops", 5),
    ("tls", 5),
    ("sources", 5),
    ("verify", 6),
    ("mail", 6),
    ("apply", 7),
    ("bin", 8),
    ("lib", 9),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn a_module_imports_only_from_floors_below() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 30, "found only {} files", files.len());
    let mut broken = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let module = first.trim_end_matches(".rs");
        if module == "bin" || module == "lib" {
            continue;
        }
        let here = floor(module).unwrap_or_else(|| panic!("{module} is on no floor"));
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for target in line.split("crate::").skip(1) {
                let name: String = target.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // Re-exports at the root (`crate::Error`) are those of a module, whose name is lower case.
                let Some(there) = floor(&name).filter(|_| name != module) else { continue };
                let sibling = here == there && !(here == 0 || (module == "bag" && name == "cert"));
                if there > here || sibling {
                    broken.push(format!("{}:{}: {module} imports {name}", relative.display(), number + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
