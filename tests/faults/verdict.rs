//! What a folder may look like after a fault, and whether it does.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use truststore::{Limits, Password, TrustStore, Unlock};

use crate::cases::Case;
use crate::sandbox::{Sandbox, said};
use crate::trace::{Call, Fault};

/// What is known of a command from a run in which nothing went wrong.
pub(crate) struct Known {
    case: &'static Case,
    format: &'static str,
    pub(crate) before: Sandbox,
    old: Option<Snapshot>,
    new: Snapshot,
    /// All names when it is done.
    names: Vec<String>,
}

/// One file: what it holds, and who may do what with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Snapshot {
    content: String,
    mode: u32,
    owner: (u32, u32),
    attributes: BTreeMap<OsString, Vec<u8>>,
}

/// What became of a command.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) changed: bool,
    /// `None` if it was killed.
    pub(crate) code: Option<i32>,
    /// Lock and temporary files that it left behind.
    pub(crate) litter: Vec<String>,
}

impl Snapshot {
    fn is_no_wider_than(&self, other: &Self) -> bool {
        let list = |snapshot: &Self| snapshot.attributes.get(OsStr::new("system.posix_acl_access")).cloned();
        self.mode & !other.mode == 0 && list(self) == list(other)
    }
}

impl Known {
    /// From the folder before and the one in which the command was run.
    pub(crate) fn new(case: &'static Case, format: &'static str, before: Sandbox, after: &Sandbox) -> Self {
        let old = snapshot(&before, case.watched, case.password(false));
        let new = snapshot(after, case.watched, case.password(true)).expect("it was made");
        assert_ne!(old.as_ref(), Some(&new), "{}: it changes something", case.name);
        Self { case, format, before, old, new, names: after.names() }
    }

    /// Judges the folder after a fault; and runs the next command, which must succeed and clean up.
    pub(crate) fn judge(
        &self,
        after: &Sandbox,
        call: &Call,
        fault: Fault,
        output: &Output,
    ) -> Result<Verdict, String> {
        let changed = self.is_changed(after, fault, output)?;
        self.others_are_unharmed(after, changed, fault, call)?;
        let litter: Vec<String> =
            after.names().into_iter().filter(|name| !self.names.contains(name)).collect();
        let code = output.status.code().filter(|_| fault != Fault::Kill);
        let text = said(output);
        match (fault, code) {
            (Fault::Kill, _) if output.status.signal() == Some(9) => {}
            (Fault::Kill, _) => return Err(format!("expected it to be killed, found {:?}", output.status)),
            (_, Some(0)) if !changed => return Err("exit code 0, and nothing was done".to_owned()),
            (_, Some(0)) => {}
            (_, Some(2)) => self.is_told(&text, changed, call, after)?,
            (_, Some(101)) if !changed && ends_the_process(call) => {}
            (_, code) => return Err(format!("exit code {code:?}: {text}")),
        }
        let removing = call.name.starts_with("unlink");
        if fault != Fault::Kill && !removing && !litter.is_empty() {
            return Err(format!("it left {litter:?} behind"));
        }
        self.next_succeeds(after, changed)?;
        Ok(Verdict { changed, code, litter })
    }

    /// What a run in which nothing went wrong leaves.
    pub(crate) fn require_done(&self, after: &Sandbox) -> Result<(), String> {
        let found = snapshot(after, self.case.watched, self.case.password(true));
        match (found.as_ref() == Some(&self.new), after.names() == self.names) {
            (true, true) => Ok(()),
            (true, false) => Err(format!("expected {:?}, found {:?}", self.names, after.names())),
            (false, _) => Err(format!("expected {:?}, found {found:?}", self.new)),
        }
    }

    /// Whether the file is the new one; if it is neither that nor the old one, this is an error.
    fn is_changed(&self, after: &Sandbox, fault: Fault, output: &Output) -> Result<bool, String> {
        let old = snapshot(after, self.case.watched, self.case.password(false));
        if old == self.old && after.read(self.case.watched) == self.before.read(self.case.watched) {
            return Ok(false);
        }
        let new = snapshot(after, self.case.watched, self.case.password(true));
        match new {
            Some(new) if new == self.new => Ok(true),
            // An owner or a label that could not be kept, and the user is told.
            Some(new)
                if new.content == self.new.content
                    && new.is_no_wider_than(&self.new)
                    && matches!(fault, Fault::Error(_))
                    && tells_loss(output) =>
            {
                Ok(true)
            }
            found => Err(format!("neither the old file nor the new one: {found:?}")),
        }
    }

    fn others_are_unharmed(
        &self,
        after: &Sandbox,
        changed: bool,
        fault: Fault,
        call: &Call,
    ) -> Result<(), String> {
        for name in self.before.names() {
            let extra = self.case.extra == Some(name.as_str());
            let link = |sandbox: &Sandbox| std::fs::read_link(sandbox.path(&name)).ok();
            let same = match link(&self.before) {
                None => after.read(&name) == self.before.read(&name),
                target => link(after) == target,
            };
            if name != self.case.watched && !extra && !same {
                return Err(format!("{name} is not what it was"));
            }
        }
        let Some(extra) = self.case.extra else { return Ok(()) };
        let (found, earlier) = (after.read(extra), self.before.read(extra));
        let fresh = self.before.read(self.case.watched);
        // Killed, or kept from putting things right, it has a backup of what the file still is.
        let undone =
            fault == Fault::Kill || call.paths.iter().any(|path| path == extra || path.contains("tmp"));
        match (changed, found == earlier, found == fresh) {
            (true, _, true) | (false, true, _) => Ok(()),
            (false, _, true) if undone => Ok(()),
            _ => Err(format!("{extra} is neither the earlier backup nor the file before the change")),
        }
    }

    /// An error names the file and what the system said.
    fn is_told(&self, text: &str, changed: bool, call: &Call, after: &Sandbox) -> Result<(), String> {
        if call.text.starts_with("write(2<") {
            return Ok(());
        }
        if call.text.starts_with("write(1<") {
            let expected = if changed { "the change was made" } else { "cannot write the output" };
            return text
                .contains(expected)
                .then_some(())
                .ok_or_else(|| format!("not {expected:?}: {text:?}"));
        }
        let folder = after.folder().to_str().unwrap();
        let Some(error) = text.lines().find(|line| line.starts_with("error: ")) else {
            return Err(format!("no error in {text:?}"));
        };
        if !error.contains(folder) && call.name != "getrandom" {
            return Err(format!("no path in {error:?}"));
        }
        if changed && !error.contains("in place") {
            return Err(format!("it does not say that the new file is there: {error:?}"));
        }
        Ok(())
    }

    fn next_succeeds(&self, after: &Sandbox, changed: bool) -> Result<(), String> {
        let output = after.run(&self.case.next(self.format, after, changed));
        if !output.status.success() {
            return Err(format!("the next command fails: {}", said(&output)));
        }
        let mut allowed = self.names.clone();
        allowed.extend(self.case.extra.map(str::to_owned));
        match after.names().into_iter().find(|name| !allowed.contains(name)) {
            Some(litter) => Err(format!("the next command leaves {litter} where it is")),
            None => Ok(()),
        }
    }
}

/// Rust's standard library panics without seeds for its hash tables, and if a folder cannot be closed.
fn ends_the_process(call: &Call) -> bool {
    call.text.contains("GRND_INSECURE") || (call.name == "close" && call.paths == [""])
}

fn tells_loss(output: &Output) -> bool {
    said(output).contains("not be kept")
}

/// `None` if there is no file. A store's dates are not looked at: they are of the moment.
fn snapshot(sandbox: &Sandbox, name: &str, password: &str) -> Option<Snapshot> {
    let bytes = sandbox.read(name)?;
    let path = sandbox.path(name);
    let metadata = std::fs::metadata(&path).unwrap();
    let attributes: BTreeMap<_, _> =
        xattr::list(&path).unwrap().map(|n| (n.clone(), xattr::get(&path, &n).unwrap().unwrap())).collect();
    let (mode, owner) = (metadata.mode(), (metadata.uid(), metadata.gid()));
    let key = Password::new(password);
    let content = match TrustStore::from_bytes(bytes.clone(), Unlock::With(&key), &Limits::default()) {
        Ok(store) => format!("{password} {}", portrait(&store)),
        Err(error) => format!("no store ({error}): {}", String::from_utf8_lossy(&bytes)),
    };
    Some(Snapshot { content, mode, owner, attributes })
}

fn portrait(store: &TrustStore) -> String {
    let entries = store.entries().iter().map(|e| format!("\n{:?} {:?} {:?}", e.name(), e.alias(), e.kind()));
    format!("{} {:?}{}", store.format(), store.integrity(), entries.collect::<String>())
}
