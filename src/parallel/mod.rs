//! Work on many things of a kind, on every core, with the answers in the things' order; and two things at a time.

mod apart;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

pub(crate) use apart::begin;
use apart::begin_before;

/// How far long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Entries, files or certificates that are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
}

/// From so many octets on, which take half a millisecond to hash, a thread of its own is worth its start.
const WORTHWHILE: usize = 1 << 20;

/// What an iteration of a key derivation takes, in octets that could be hashed instead: the one block that it
/// hashes, and about as much again for beginning and ending a hash.
const ITERATION: u64 = 128;

/// How long key derivations take, as a number of octets for [`both`].
pub(crate) fn of_iterations(iterations: u64) -> usize {
    usize::try_from(iterations.saturating_mul(ITERATION)).unwrap_or(usize::MAX)
}

thread_local! {
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`; without helpers of its own, if it is beside a thread that takes longer and has a core for itself, unless
/// there are cores for all three.
pub(crate) fn beside_one<T>(is_beside: bool, work: impl FnOnce() -> T) -> T {
    let before = ALONE.get();
    ALONE.set(before || (is_beside && cores() < 3));
    let done = work();
    ALONE.set(before);
    done
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, Into::into)
}

/// Whether [`both`] does its work at the same time.
pub(crate) fn is_worthwhile(octets: usize) -> bool {
    is_much(octets) && !ALONE.get()
}

/// Whether it takes so long to go through so many octets that it matters when it is done.
pub(crate) fn is_much(octets: usize) -> bool {
    octets >= WORTHWHILE
}

/// Something that is taken once, by whichever thread does the work: it is still there if no further thread is to be had.
pub(crate) struct TakenOnce<T>(Mutex<Option<T>>);

impl<T> TakenOnce<T> {
    pub(crate) fn new(thing: Option<T>) -> Self {
        Self(Mutex::new(thing))
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Does both, at the same time where there are so many `octets` to work on that it is worth it.
pub(crate) fn both<A: Send, B>(
    octets: usize,
    beside: impl Fn() -> A + Sync,
    here: impl FnOnce() -> B,
) -> (A, B) {
    if !is_worthwhile(octets) {
        return (beside(), here());
    }
    thread::scope(|scope| {
        let helper = begin(scope, &beside);
        let here = here();
        let there = match helper {
            Ok(helper) => helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            // No further thread is to be had.
            Err(_) => beside(),
        };
        (there, here)
    })
}

/// Something that is not needed any more.
pub(crate) type Thing = Box<dyn Send>;

/// Drops things that take a while, if there are so many `octets` in them: the first one here, and of the others each
/// core takes the next. They are best given in the order of how long they take.
pub(crate) fn give_back<T, const COUNT: usize>(octets: usize, first: T, others: [Thing; COUNT]) {
    let others = Mutex::new(others.into_iter());
    let next = || others.lock().unwrap_or_else(PoisonError::into_inner).next();
    let drop_others = || std::iter::from_fn(next).for_each(drop);
    both(octets, drop_others, || {
        drop(first);
        drop_others();
    });
}

/// Does `lead`, which hands on parts of something large as it makes them, and `follow`, which takes them in their
/// order, at the same time.
pub(crate) fn follow<'p, A, B: Send>(
    lead: impl FnOnce(&mut dyn FnMut(&'p [u8])) -> A,
    follow: impl Fn(&mut dyn Iterator<Item = &'p [u8]>) -> B + Sync,
) -> (A, B) {
    follow_until(lead, follow, |led, _| led)
}

/// Who follows, to whom has led.
pub(crate) struct Follower<'a> {
    is_done: &'a dyn Fn() -> bool,
    is_enough: &'a AtomicBool,
}

impl<'a> Follower<'a> {
    pub(crate) fn new(is_done: &'a dyn Fn() -> bool, is_enough: &'a AtomicBool) -> Self {
        Self { is_done, is_enough }
    }

    /// Whether all parts are done.
    pub(crate) fn is_done(&self) -> bool {
        (self.is_done)()
    }

    /// Lets it take no further part.
    pub(crate) fn stop(&self) {
        self.is_enough.store(true, Ordering::Relaxed);
    }
}

/// As [`follow`]; `wait` does something else with what `lead` made, and sees how far the follower is.
pub(crate) fn follow_until<'p, A, B: Send, C>(
    lead: impl FnOnce(&mut dyn FnMut(&'p [u8])) -> A,
    follow: impl Fn(&mut dyn Iterator<Item = &'p [u8]>) -> B + Sync,
    wait: impl FnOnce(A, &Follower<'_>) -> C,
) -> (C, B) {
    let is_enough = AtomicBool::new(false);
    let follow = |parts: &mut dyn Iterator<Item = &'p [u8]>| {
        follow(&mut parts.take_while(|_| !is_enough.load(Ordering::Relaxed)))
    };
    let follow = &follow;
    thread::scope(|scope| {
        let (to, from) = mpsc::channel();
        let Ok(follower) = begin_before(scope, move || follow(&mut from.into_iter())) else {
            // No further thread is to be had.
            let mut parts = Vec::new();
            let led = lead(&mut |part| parts.push(part));
            let followed = follow(&mut parts.into_iter());
            return (wait(led, &Follower::new(&|| true, &is_enough)), followed);
        };
        let led = lead(&mut |part| {
            // Unless it has panicked, which is told below.
            let _ = to.send(part);
        });
        drop(to);
        let waited = wait(led, &Follower::new(&|| follower.is_finished(), &is_enough));
        (waited, follower.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Does `follow` here, which takes things in their order, while `lead` makes them.
pub(crate) fn led<T: Send, B>(
    lead: impl FnOnce(&mut dyn FnMut(T)) + Send,
    follow: impl FnOnce(&mut dyn Iterator<Item = T>) -> B,
) -> B {
    let lead = TakenOnce::new(Some(lead));
    let run = |put: &mut dyn FnMut(T)| lead.take().into_iter().for_each(|lead| lead(put));
    thread::scope(|scope| {
        let (to, from) = mpsc::channel();
        let leader = begin(scope, || {
            let to = to;
            // Unless nobody takes it any more.
            run(&mut |thing| drop(to.send(thing)));
        });
        let Ok(leader) = leader else {
            let mut things = Vec::new();
            run(&mut |thing| things.push(thing));
            return follow(&mut things.into_iter());
        };
        let followed = follow(&mut from.into_iter());
        leader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        followed
    })
}

/// How many things a thread takes at a time: enough that taking them costs nothing.
const PIECE: usize = 64;

/// What `work` makes of each of `items`, in their order. `watch` hears of every piece that is done, from
/// the thread that did it.
///
/// Where no further thread is to be had, the work is done on those that there are.
pub(crate) fn in_order<'a, T: Sync, R: Send>(
    items: &'a [T],
    watch: &(dyn Fn(Progress) + Sync),
    work: impl Fn(&'a T) -> R + Sync,
) -> Vec<R> {
    let mut answers = Vec::with_capacity(items.len());
    for piece in in_pieces(items, watch, |piece| piece.iter().map(&work).collect::<Vec<R>>()) {
        answers.extend(piece);
    }
    answers
}

/// As `in_order`, but what `work` makes of several things that follow each other.
pub fn in_pieces<'a, T: Sync, R: Send>(
    items: &'a [T],
    watch: &(dyn Fn(Progress) + Sync),
    work: impl Fn(&'a [T]) -> R + Sync,
) -> Vec<R> {
    let mut pieces = numbered_pieces(items, 1, watch, |start, piece| (start, work(piece)));
    pieces.sort_unstable_by_key(|(start, _)| *start);
    pieces.into_iter().map(|(_, piece)| piece).collect()
}

/// As [`in_pieces`], but `work` makes an answer for each thing, which is given to `take`, in the things' order, while
/// the work goes on. Of what cannot be taken yet there may be as much as of all items. Work that waits for something
/// else than a core is for so many threads at least.
///
/// # Errors
/// The first of `take`, after which nothing is begun any more.
pub(crate) fn take_in_order<'a, T: Sync, R: Send, E: Send>(
    items: &'a [T],
    at_least: usize,
    watch: &(dyn Fn(Progress) + Sync),
    work: impl Fn(&'a [T]) -> Vec<R> + Sync,
    take: impl FnMut(&'a T, R) -> Result<(), E> + Send,
) -> Result<(), E> {
    let queue = Mutex::new(Queue { next: 0, waiting: BTreeMap::new(), take, outcome: Ok(()) });
    let failed = AtomicBool::new(false);
    numbered_pieces(items, at_least, watch, |start, piece| {
        if failed.load(Ordering::Relaxed) {
            return;
        }
        let answers: Vec<(&'a T, R)> = piece.iter().zip(work(piece)).collect();
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.put(start, answers);
        failed.store(queue.outcome.is_err(), Ordering::Relaxed);
    });
    queue.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
}

/// Pieces that are taken when it is their turn.
struct Queue<A, E, F> {
    /// Where the piece begins whose turn it is.
    next: usize,
    waiting: BTreeMap<usize, Vec<A>>,
    take: F,
    outcome: Result<(), E>,
}

impl<T, R, E, F: FnMut(T, R) -> Result<(), E>> Queue<(T, R), E, F> {
    fn put(&mut self, start: usize, piece: Vec<(T, R)>) {
        self.waiting.insert(start, piece);
        while self.outcome.is_ok()
            && let Some(piece) = self.waiting.remove(&self.next)
        {
            self.next += piece.len();
            self.outcome = piece.into_iter().try_for_each(|(item, answer)| (self.take)(item, answer));
        }
    }
}

/// What `work` makes of each piece, and of the number of its first item, in any order.
fn numbered_pieces<'a, T: Sync, R: Send>(
    items: &'a [T],
    at_least: usize,
    watch: &(dyn Fn(Progress) + Sync),
    work: impl Fn(usize, &'a [T]) -> R + Sync,
) -> Vec<R> {
    let total = items.len();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let worker = || {
        let mut pieces: Vec<R> = Vec::new();
        loop {
            let start = next.fetch_add(PIECE, Ordering::Relaxed);
            let Some(rest) = items.get(start..).filter(|rest| !rest.is_empty()) else { return pieces };
            let piece = rest.get(..PIECE).unwrap_or(rest);
            pieces.push(work(start, piece));
            let done = done.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
            watch(Progress { done, total });
        }
    };
    let threads = if total > PIECE && !ALONE.get() { cores().max(at_least) } else { 1 };
    thread::scope(|scope| {
        let helpers: Vec<_> =
            (1..threads.min(total.div_ceil(PIECE))).map_while(|_| begin(scope, worker).ok()).collect();
        let mut pieces = worker();
        for helper in helpers {
            pieces.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        pieces
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_in_the_order_of_the_questions_and_all_are_heard_of() {
        for count in [0, 1, PIECE, PIECE + 1, 10 * PIECE + 7] {
            let items: Vec<usize> = (0..count).collect();
            let heard = Mutex::new(Vec::new());
            let doubled = in_order(&items, &|progress| heard.lock().unwrap().push(progress), |item| 2 * item);
            assert_eq!(doubled, items.iter().map(|item| 2 * item).collect::<Vec<_>>());
            let mut heard = heard.into_inner().unwrap();
            heard.sort_by_key(|progress| progress.done);
            assert_eq!(heard.last().map_or(0, |last| last.done), count);
            assert!(heard.iter().all(|progress| progress.total == count));
        }
    }

    #[test]
    fn all_is_given_back() {
        let held = std::sync::Arc::new(());
        let thing = || Box::new(held.clone()) as Thing;
        for octets in [0, 2 * WORTHWHILE] {
            give_back(octets, thing(), [thing(), thing(), thing()]);
            assert_eq!(std::sync::Arc::strong_count(&held), 1);
        }
    }

    #[test]
    fn what_is_taken_is_taken_in_order_and_up_to_the_first_error() {
        for count in [0, 1, PIECE, 10 * PIECE + 7] {
            let items: Vec<usize> = (0..count).collect();
            for last in [0, 1, PIECE, 5 * PIECE - 1, count] {
                let mut taken = Vec::new();
                let outcome = take_in_order(
                    &items,
                    1 + last % 5,
                    &|_| {},
                    |items: &[usize]| items.iter().map(|item| 2 * item).collect(),
                    |item, answer| {
                        taken.push((*item, answer));
                        if *item == last { Err(last) } else { Ok(()) }
                    },
                );
                assert_eq!(outcome, if last < count { Err(last) } else { Ok(()) });
                let expected: Vec<_> = items.iter().map(|item| (*item, 2 * item)).take(last + 1).collect();
                assert_eq!(taken, expected);
            }
        }
    }

    #[test]
    fn both_are_done_whether_it_is_worth_a_thread_or_not() {
        for octets in [0, WORTHWHILE] {
            let apart = both(octets, || thread::current().id(), || thread::current().id());
            assert_eq!(apart.0 != apart.1, is_worthwhile(octets));
        }
    }

    #[test]
    fn what_is_handed_on_arrives_in_its_order() {
        let octets: Vec<u8> = (0..=255).collect();
        let (leader, (found, follower)) = follow(
            |put| {
                octets.chunks(7).for_each(put);
                thread::current().id()
            },
            |parts| (parts.collect::<Vec<_>>().concat(), thread::current().id()),
        );
        assert_eq!(found, octets);
        assert_ne!(leader, follower);
    }

    #[test]
    fn what_is_made_elsewhere_is_taken_in_its_order() {
        let mut octets = [0; 100];
        let lead = |put: &mut dyn FnMut((&'static str, u8))| {
            octets.fill(7);
            (0..100).for_each(|number| put(("made", number)));
        };
        let found = led(lead, |things| things.map(|(_, number)| number).collect::<Vec<_>>());
        assert_eq!(found, (0..100).collect::<Vec<_>>());
        assert_eq!(octets, [7; 100]);
        // Nobody has to take all of it.
        assert_eq!(led(|put| (0..100).for_each(put), |numbers| numbers.next()), Some(0));
    }

    #[test]
    #[should_panic(expected = "of item 700")]
    fn a_panic_of_a_helper_is_a_panic_of_the_caller() {
        in_order(&(0..1_000).collect::<Vec<_>>(), &|_| {}, |&item: &usize| {
            assert!(item != 700, "of item {item}");
        });
    }
}
