//! Finding an entry by its name or identifier in constant time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;

use super::alias::fold;
use super::entry::{Entry, EntryId, JavaView};

/// Places of entries by identifier; identifiers by folded alias, and by exact name where that is another.
///
/// A table of identifiers alone, which looks up the names in the entries: five octets for an entry, and nothing for
/// its place as long as that is its identifier.
pub(super) struct Index {
    places: Places,
    /// The entries that answer to their folded name.
    folded: HashTable<EntryId>,
    /// The entries that do not.
    exact: HashMap<String, EntryId>,
    /// Keyed at random: the names are somebody else's.
    hasher: RandomState,
}

/// Where the entry of each identifier is.
enum Places {
    /// The entry of each identifier below this one is in the place of that number, as a file is read.
    Counted(u32),
    /// By identifier; `NOWHERE` for one that no entry has.
    Table(Vec<u32>),
}

const NOWHERE: u32 = u32::MAX;

impl Index {
    pub(super) fn new(entries: &[Entry]) -> Self {
        let mut index = Self::of_places(entries);
        for entry in entries {
            let folded = fold(entry.name());
            let hash = index.hasher.hash_one(&*folded);
            let Self { places, folded: table, exact, hasher } = &mut index;
            let named = |id: &EntryId| entry_of(places, *id, entries);
            let is_it = |id: &EntryId| named(id).is_some_and(|entry| fold(entry.name()) == folded);
            match table.entry(hash, is_it, |id| hash_of(named(id), hasher)) {
                Slot::Vacant(slot) => {
                    slot.insert(entry.id);
                }
                Slot::Occupied(mut slot) => {
                    let Some(old) = named(slot.get()) else { continue };
                    if rank(old, &folded) > rank(entry, &folded) {
                        exact.insert(entry.name().to_owned(), entry.id);
                    } else {
                        exact.insert(old.name().to_owned(), old.id);
                        *slot.get_mut() = entry.id;
                    }
                }
            }
        }
        index
    }

    /// The index of entries whose names are all different, also without regard to case; `None` if they are
    /// not.
    pub(super) fn of_unique(entries: &[Entry]) -> Option<Self> {
        let mut index = Self::of_places(entries);
        for entry in entries {
            let folded = fold(entry.name());
            let hash = index.hasher.hash_one(&*folded);
            let Self { places, folded: table, hasher, .. } = &mut index;
            let named = |id: &EntryId| entry_of(places, *id, entries);
            let is_it = |id: &EntryId| named(id).is_some_and(|entry| fold(entry.name()) == folded);
            match table.entry(hash, is_it, |id| hash_of(named(id), hasher)) {
                Slot::Vacant(slot) => slot.insert(entry.id),
                Slot::Occupied(_) => return None,
            };
        }
        Some(index)
    }

    /// Without names.
    fn of_places(entries: &[Entry]) -> Self {
        let mut index = Self {
            places: Places::Counted(0),
            folded: HashTable::with_capacity(entries.len()),
            exact: HashMap::new(),
            hasher: RandomState::new(),
        };
        index.places.note(entries, 0);
        index
    }

    /// Takes up the entry that was put in at `at`, and whose folded name is new.
    pub(super) fn add(&mut self, at: usize, entries: &[Entry]) {
        self.places.note(entries, at);
        let Some(entry) = entries.get(at) else { return };
        let Self { places, folded, hasher, .. } = self;
        let hash = hash_of(Some(entry), hasher);
        folded.insert_unique(hash, entry.id, |id| hash_of(entry_of(places, *id, entries), hasher));
    }

    /// Makes room for so many more, lest the table is made anew again and again.
    pub(super) fn reserve(&mut self, more: usize, entries: &[Entry]) {
        let Self { places, folded, hasher, .. } = self;
        folded.reserve(more, |id| hash_of(entry_of(places, *id, entries), hasher));
    }

    pub(super) fn find(&self, name: &str, entries: &[Entry]) -> Option<usize> {
        let wanted = fold(name);
        let is_it = |id: &EntryId| {
            entry_of(&self.places, *id, entries).is_some_and(|entry| fold(entry.name()) == wanted)
        };
        let folded = self.folded.find(self.hasher.hash_one(&*wanted), is_it);
        let folded = folded.and_then(|&id| self.position(id));
        if folded.and_then(|at| entries.get(at)).is_some_and(|entry| entry.name() == name) {
            return folded;
        }
        self.exact.get(name).and_then(|&id| self.position(id)).or(folded)
    }

    pub(super) fn position(&self, id: EntryId) -> Option<usize> {
        self.places.of(id)
    }
}

impl Places {
    /// Notes the places of the entries from `from` on.
    fn note(&mut self, entries: &[Entry], from: usize) {
        for (at, entry) in entries.iter().enumerate().skip(from) {
            let place = u32::try_from(at).unwrap_or(NOWHERE);
            match self {
                Self::Counted(count) if *count == place && entry.id.0 == place => *count += 1,
                Self::Counted(count) => {
                    let mut table = Vec::with_capacity(entries.len());
                    table.extend(0..*count);
                    set(&mut table, entry.id, place);
                    *self = Self::Table(table);
                }
                Self::Table(table) => set(table, entry.id, place),
            }
        }
    }

    fn of(&self, id: EntryId) -> Option<usize> {
        let place = match self {
            Self::Counted(count) => Some(id.0).filter(|id| id < count)?,
            Self::Table(table) => {
                *table.get(usize::try_from(id.0).ok()?).filter(|&&place| place != NOWHERE)?
            }
        };
        usize::try_from(place).ok()
    }
}

fn set(table: &mut Vec<u32>, id: EntryId, place: u32) {
    let Ok(id) = usize::try_from(id.0) else { return };
    if id >= table.len() {
        table.resize(id + 1, NOWHERE);
    }
    if let Some(slot) = table.get_mut(id) {
        *slot = place;
    }
}

fn entry_of<'a>(places: &Places, id: EntryId, entries: &'a [Entry]) -> Option<&'a Entry> {
    entries.get(places.of(id)?)
}

fn hash_of(entry: Option<&Entry>, hasher: &RandomState) -> u64 {
    hasher.hash_one(&*fold(entry.map_or("", Entry::name)))
}

/// Which of several entries answers to a name in another case: one that Java sees, of these the one
/// whose name is in lower case, as the JDK looks it up; else, of equal ones, the last.
fn rank(entry: &Entry, folded: &str) -> (bool, bool) {
    (!matches!(entry.java, JavaView::Hidden(_)), entry.name() == folded)
}
