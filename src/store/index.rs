//! Finding an entry by its name in constant time.

use std::collections::HashMap;

use super::alias::fold;
use super::entry::{Entry, JavaView};

/// Positions of entries by folded alias, and by exact name where that is another.
pub(super) struct Index {
    /// For each folded name the entry that answers to it: the last that Java sees, else the last.
    folded: HashMap<String, usize>,
    /// The entries that do not answer to their folded name.
    exact: HashMap<String, usize>,
}

impl Index {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut index = Self { folded: HashMap::with_capacity(entries.len()), exact: HashMap::new() };
        let visible = |entry: &Entry| !matches!(entry.java, JavaView::Hidden(_));
        for (at, entry) in entries.iter().enumerate() {
            let Some(old) = index.folded.get(&fold(entry.name())).copied() else {
                index.folded.insert(fold(entry.name()), at);
                continue;
            };
            let old_visible = entries.get(old).is_some_and(visible);
            let (answers, other) = if old_visible && !visible(entry) { (old, at) } else { (at, old) };
            index.folded.insert(fold(entry.name()), answers);
            if let Some(other_entry) = entries.get(other) {
                index.exact.insert(other_entry.name().to_owned(), other);
            }
        }
        index
    }

    /// Takes up an entry that is appended at `at` and whose folded name is new.
    pub(super) fn add(&mut self, entry: &Entry, at: usize) {
        self.folded.insert(fold(entry.name()), at);
    }

    pub(super) fn find(&self, name: &str, entries: &[Entry]) -> Option<usize> {
        let folded = self.folded.get(&fold(name)).copied();
        if folded.and_then(|at| entries.get(at)).is_some_and(|entry| entry.name() == name) {
            return folded;
        }
        self.exact.get(name).copied().or(folded)
    }
}
