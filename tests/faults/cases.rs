//! The commands that are swept, and what they start from.

use std::os::unix::fs::chown;

use crate::common::testdata;
use crate::sandbox::{Sandbox, is_root};

pub(crate) const PASSWORD: &str = "changeit";
pub(crate) const NEW_PASSWORD: &str = "swordfish";
pub(crate) const FORMATS: [&str; 3] = ["pkcs12", "jks", "jceks"];

/// One command that writes. In the lines, `@` is the folder, `TYPE` the format and `OTHER` another one.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Commands that are run before, beside those of [`Case::prepare`].
    before: &'static [&'static str],
    pub(crate) line: &'static str,
    /// The file that is the old one or the new one, always.
    pub(crate) watched: &'static str,
    /// What the line must leave unharmed and in no other state than this one: a backup, which is whole too.
    pub(crate) extra: Option<&'static str>,
    formats: &'static [&'static str],
    /// What the command line cannot say.
    setup: fn(&Sandbox),
}

const PLAIN: Case =
    Case { name: "", before: &[], line: "", watched: "store", extra: None, formats: &FORMATS, setup: |_| {} };

/// One line for each.
#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    Case { name: "import", line: "import -k @/store --file @/new.pem --alias c", ..PLAIN },
    Case { name: "import --backup", line: "import -k @/store --file @/new.pem --alias c --backup", extra: Some("store.bak"), ..PLAIN },
    Case { name: "import --backup, over a backup", before: &["remove -k @/store b --backup"], line: "import -k @/store --file @/new.pem --alias c --backup", extra: Some("store.bak"), ..PLAIN },
    Case { name: "import, new store", line: "import -k @/made --type TYPE --file @/new.pem --alias c", watched: "made", ..PLAIN },
    Case { name: "import, through a link", line: "import -k @/link --file @/new.pem --alias c", setup: link, ..PLAIN },
    Case { name: "import, owner and ACL", line: "import -k @/store --file @/new.pem --alias c", setup: attributes, ..PLAIN },
    Case { name: "remove", line: "remove -k @/store b", ..PLAIN },
    Case { name: "rename", line: "rename -k @/store b z", ..PLAIN },
    Case { name: "passwd", line: "passwd -k @/store --new-password-file @/new.txt", ..PLAIN },
    Case { name: "trust", line: "trust -k @/untrusted --all", watched: "untrusted", formats: &["pkcs12"], setup: untrusted, ..PLAIN },
    Case { name: "create", line: "create -k @/made --type TYPE", watched: "made", ..PLAIN },
    Case { name: "restore", before: &["remove -k @/store b --backup"], line: "restore -k @/store", ..PLAIN },
    Case { name: "convert --out", line: "convert -k @/store --to OTHER --out @/out", watched: "out", ..PLAIN },
    Case { name: "convert --out --force", before: &["export -k @/store --out @/out"], line: "convert -k @/store --to OTHER --out @/out --force", watched: "out", ..PLAIN },
    Case { name: "apply", line: "apply -k @/store @/TYPE.toml", setup: manifests, ..PLAIN },
    Case { name: "apply --prune --backup", line: "apply -k @/store @/TYPE.toml --prune --backup", extra: Some("store.bak"), setup: manifests, ..PLAIN },
    Case { name: "apply, new store", line: "apply -k @/made @/TYPE.toml", watched: "made", setup: manifests, ..PLAIN },
    Case { name: "export --out", line: "export -k @/store --out @/out", watched: "out", ..PLAIN },
];

impl Case {
    /// All commands in all the formats that matter to them.
    pub(crate) fn all() -> impl Iterator<Item = (&'static Self, &'static str)> {
        CASES.iter().flat_map(|case| case.formats.iter().map(move |format| (case, *format)))
    }

    /// All commands, each in one of its formats, for what does not depend on it.
    pub(crate) fn each() -> impl Iterator<Item = (&'static Self, &'static str)> {
        CASES.iter().enumerate().map(|(n, case)| (case, case.formats[n % case.formats.len()]))
    }

    /// A folder with a store of the entries `a` and `b`.
    pub(crate) fn folder(format: &str) -> Sandbox {
        CASES[0].prepare(format)
    }

    /// A folder in which the command can be run.
    pub(crate) fn prepare(&self, format: &str) -> Sandbox {
        let sandbox = Sandbox::new();
        for (from, to) in
            [("corp-root-2", "new"), ("root-rsa", "next"), ("corp-root", "a"), ("p521-root", "b")]
        {
            std::fs::copy(testdata(&format!("inputs/{from}.pem")), sandbox.path(&format!("{to}.pem")))
                .unwrap();
        }
        sandbox.write_private("new.txt", NEW_PASSWORD);
        let imports =
            ["a", "b"].map(|n| format!("import -k @/store --type TYPE --file @/{n}.pem --alias {n}"));
        for line in imports.iter().map(String::as_str).chain(self.before.iter().copied()) {
            sandbox.expect_done(&arguments(line, format, &sandbox));
        }
        (self.setup)(&sandbox);
        sandbox
    }

    /// The command's arguments in this folder.
    pub(crate) fn arguments(&self, format: &str, sandbox: &Sandbox) -> Vec<String> {
        arguments(self.line, format, sandbox)
    }

    /// A command that writes the same file, and must succeed after whatever happened.
    pub(crate) fn next(&self, format: &str, sandbox: &Sandbox, changed: bool) -> Vec<String> {
        if self.line.starts_with("export") {
            return arguments("convert -k @/store --to OTHER --out @/out --force", format, sandbox);
        }
        if self.line.contains("--out") {
            return arguments("export a -k @/store --out @/out --force", format, sandbox);
        }
        let password = if self.password(changed) == NEW_PASSWORD { " --password-file @/new.txt" } else { "" };
        let store = self.line.split(' ').nth(2).expect("the store");
        let line = format!("import -k {store} --type TYPE --file @/next.pem --alias next{password}");
        arguments(&line, format, sandbox)
    }

    /// The password of the watched file.
    pub(crate) fn password(&self, changed: bool) -> &'static str {
        if changed && self.line.starts_with("passwd") { NEW_PASSWORD } else { PASSWORD }
    }
}

fn arguments(line: &str, format: &str, sandbox: &Sandbox) -> Vec<String> {
    let other = if format == "jks" { "pkcs12" } else { "jks" };
    let folder = sandbox.folder().to_str().unwrap();
    line.split(' ')
        .map(|word| word.replace('@', folder).replace("TYPE", format).replace("OTHER", other))
        .collect()
}

fn link(sandbox: &Sandbox) {
    std::os::unix::fs::symlink("store", sandbox.path("link")).unwrap();
}

/// One for each format, with a certificate that is not in the store.
fn manifests(sandbox: &Sandbox) {
    for format in FORMATS {
        let certificate = "[[store.certificate]]\nalias = 'c'\nfile = 'new.pem'\n";
        let text = format!("[[store]]\nformat = '{format}'\n{certificate}");
        std::fs::write(sandbox.path(&format!("{format}.toml")), text).unwrap();
    }
}

fn untrusted(sandbox: &Sandbox) {
    std::fs::copy(testdata("stores/openssl/nokeys-three.p12"), sandbox.path("untrusted")).unwrap();
}

/// `user::rw-, user:nobody:r--, group::---, mask::r--, other::---` (Linux `posix_acl_xattr.h`).
pub(crate) const ACL_FOR_NOBODY: [u8; 44] = [
    2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 254, 255, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255,
    16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
];

/// As far as this user and this file system let us.
fn attributes(sandbox: &Sandbox) {
    let store = sandbox.path("store");
    if is_root() {
        chown(&store, Some(12), Some(12)).unwrap();
    }
    let _ = xattr::set(&store, "system.posix_acl_access", &ACL_FOR_NOBODY);
    let _ = xattr::set(&store, "user.note", b"ours");
}
