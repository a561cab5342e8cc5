//! Finding an entry by its name or identifier in constant time.

use std::collections::HashMap;

use super::alias::fold;
use super::entry::{Entry, EntryId, JavaView};

/// Positions of entries by identifier; identifiers by folded alias, and by exact name where that is
/// another.
pub(super) struct Index {
    by_id: HashMap<EntryId, usize>,
    /// For each folded name the entry that answers to it.
    folded: HashMap<String, EntryId>,
    /// The entries that do not answer to their folded name.
    exact: HashMap<String, EntryId>,
}

impl Index {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut index = Self {
            by_id: HashMap::with_capacity(entries.len()),
            folded: HashMap::with_capacity(entries.len()),
            exact: HashMap::new(),
        };
        for (at, entry) in entries.iter().enumerate() {
            index.by_id.insert(entry.id, at);
            let folded = fold(entry.name());
            let old = index.folded.get(&folded).and_then(|&id| entries.get(index.position(id)?));
            let Some(old) = old else {
                index.folded.insert(folded, entry.id);
                continue;
            };
            if rank(old, &folded) > rank(entry, &folded) {
                index.exact.insert(entry.name().to_owned(), entry.id);
            } else {
                index.exact.insert(old.name().to_owned(), old.id);
                index.folded.insert(folded, entry.id);
            }
        }
        index
    }

    /// Takes up an entry that is put in at `at`, before those of `behind`, and whose folded name is new.
    pub(super) fn add(&mut self, entry: &Entry, at: usize, behind: &[Entry]) {
        for (moved, entry) in behind.iter().enumerate() {
            self.by_id.insert(entry.id, at + 1 + moved);
        }
        self.by_id.insert(entry.id, at);
        self.folded.insert(fold(entry.name()), entry.id);
    }

    pub(super) fn find(&self, name: &str, entries: &[Entry]) -> Option<usize> {
        let folded = self.folded.get(&fold(name)).and_then(|&id| self.position(id));
        if folded.and_then(|at| entries.get(at)).is_some_and(|entry| entry.name() == name) {
            return folded;
        }
        self.exact.get(name).and_then(|&id| self.position(id)).or(folded)
    }

    pub(super) fn position(&self, id: EntryId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }
}

/// Which of several entries answers to a name in another case: one that Java sees, of these the one
/// whose name is in lower case, as the JDK looks it up; else, of equal ones, the last.
fn rank(entry: &Entry, folded: &str) -> (bool, bool) {
    (!matches!(entry.java, JavaView::Hidden(_)), entry.name() == folded)
}
