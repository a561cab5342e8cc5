//! The MAC of a large store, which is begun when the file is read and its first block not yet decrypted.

use std::ops::Range;

use bytes::Bytes;

use super::trial::Trial;
use crate::ber::{self, Reader};
use crate::crypto::Secret;
use crate::crypto::mac::{MacData, Running};
use crate::limits::Limits;
use crate::octets::within;

/// How long a MacData is at most that is looked for.
const LONGEST: usize = 4096;

/// How the MAC is to be checked.
pub(super) struct Checking {
    /// Of its content.
    pub(super) trial: Trial,
    /// Where the MacData stands.
    pub(super) data: Range<usize>,
}

/// A MAC of which some was computed.
pub(crate) struct Begun {
    trial: Trial,
    data: MacData,
    /// How much of the content is done.
    done: usize,
    running: Box<dyn Running>,
}

impl Checking {
    /// Begins with a file that came in these parts, and goes on until it `is_over`, if there is a MAC.
    pub(super) fn begin(&self, parts: &[&[u8]], is_over: &dyn Fn() -> bool) -> Option<Begun> {
        if is_over() || self.data.len() > LONGEST {
            return None;
        }
        let parts = || parts.iter().copied();
        let data: Vec<u8> = within(parts(), &self.data).flatten().copied().collect();
        let Trial { place, limits, .. } = &self.trial;
        let element = Reader::new(&data, limits.max_depth).expect(ber::SEQUENCE, "MacData").ok()?;
        let data = MacData::read(&element).ok()?;
        let mut running = data.begin(self.trial.secret(), limits).ok()?;
        let mut done = 0;
        for part in within(parts(), place) {
            if is_over() {
                break;
            }
            running.put(part);
            done += part.len();
        }
        Some(Begun { trial: self.trial.share(), data, done, running })
    }
}

impl Begun {
    /// Whether the MAC of this part of the file fits under this password, if it is the one that was begun; what that
    /// cost is booked then.
    pub(super) fn fits(
        self,
        mac: &MacData,
        secret: Secret<'_>,
        content: &Bytes,
        file: &Bytes,
        limits: &Limits,
    ) -> Option<bool> {
        let counts = mac.is_computed_as(&self.data) && self.trial.counts(content, secret, file, limits);
        let rest = content.get(self.done..).filter(|_| counts)?;
        Some(mac.fits_with(self.running, rest))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::crypto::Hash;
    use crate::crypto::mac::{MacKind, MacScheme};
    use crate::password::Password;

    const CONTENT: &[u8] = b"content of more than a few octets";

    /// A file: something, the content, the MacData, something else; and where both stand.
    fn file(password: &Password, iterations: u64) -> (Bytes, Range<usize>, Range<usize>) {
        let scheme = MacScheme { kind: MacKind::Pkcs12(Hash::Sha256), iterations, salt_len: 8 };
        let secret = Secret { password, null: false };
        let key = scheme.key(secret, b"saltsalt", &Limits::default()).unwrap();
        let data = key.make(&mut std::iter::once(CONTENT)).unwrap();
        let (at, behind) = (3 + CONTENT.len(), 3 + CONTENT.len() + data.len());
        ([b"---", CONTENT, &data, b"behind"].concat().into(), 3..at, at..behind)
    }

    fn mac(file: &Bytes, data: &Range<usize>) -> MacData {
        MacData::read(&Reader::new(&file[data.clone()], 8).next().unwrap().unwrap()).unwrap()
    }

    /// Begins with a file in parts of five octets, and is told after so many questions that it is over.
    fn begin(checking: &Checking, file: &Bytes, most: usize) -> Option<Begun> {
        let asked = Cell::new(0);
        let parts: Vec<&[u8]> = file.chunks(5).collect();
        checking.begin(&parts, &|| asked.replace(asked.get() + 1) >= most)
    }

    fn checking(
        file: &(Bytes, Range<usize>, Range<usize>),
        password: &Password,
        limits: &Limits,
    ) -> Checking {
        Checking { trial: Trial::new(file.1.clone(), password, limits), data: file.2.clone() }
    }

    #[test]
    fn however_much_is_done_the_rest_is_done_later_and_all_of_it_counts() {
        let password = Password::new("changeit");
        let secret = Secret { password: &password, null: false };
        let (good, limits) = (file(&password, 2), Limits::default());
        let mut bad = good.clone();
        let mut octets = bad.0.to_vec();
        octets[good.1.end - 1] ^= 1;
        bad.0 = octets.into();
        for (file, fits) in [(good, true), (bad, false)] {
            let mut done = Vec::new();
            for most in 1..20 {
                let begun = begin(&checking(&file, &password, &limits), &file.0, most).unwrap();
                done.push(begun.done);
                let content = file.0.slice(file.1.clone());
                let found = begun.fits(&mac(&file.0, &file.2), secret, &content, &file.0, &limits);
                assert_eq!(found, Some(fits), "{most}");
            }
            assert_eq!((done[0], done.last()), (0, Some(&CONTENT.len())));
            assert!(done.contains(&2) && done.contains(&7), "{done:?}");
        }
    }

    #[test]
    fn what_was_begun_counts_for_this_mac_content_and_password_alone() {
        let (password, other, empty) = (Password::new("changeit"), Password::new("other"), Password::new(""));
        let limits = Limits { max_iterations: 10, ..Limits::default() };
        let file_of = |password| file(password, 2);
        let this = file_of(&password);
        let found = |secret, mac: &MacData, content: Range<usize>, limits: &Limits| {
            let begun = begin(&checking(&this, &password, &Limits::default()), &this.0, 4).unwrap();
            begun.fits(mac, secret, &this.0.slice(content), &this.0, limits)
        };
        let secret = |password, null| Secret { password, null };
        let (right, mac_of) =
            (mac(&this.0, &this.2), |file: &(Bytes, _, Range<usize>)| mac(&file.0, &file.2));
        let place = this.1.clone();
        assert_eq!(found(secret(&password, false), &right, place.clone(), &limits), Some(true));
        assert_eq!(found(secret(&other, false), &right, place.clone(), &limits), None);
        assert_eq!(found(secret(&empty, true), &right, place.clone(), &limits), None);
        assert_eq!(found(secret(&password, false), &right, place.start..place.end - 1, &limits), None);
        assert_eq!(found(secret(&password, false), &right, place.start + 1..place.end + 1, &limits), None);
        let more = mac_of(&file(&password, 3));
        assert_eq!(found(secret(&password, false), &more, place.clone(), &limits), None);
        // What it cost is booked, once for each time that it counts.
        let exhausted = Limits { max_iterations: 1, ..Limits::default() };
        assert_eq!(found(secret(&password, false), &right, place, &exhausted), None);
        assert!(
            limits.trial().spend_iterations(8, 1).is_ok() && limits.trial().spend_iterations(9, 1).is_err()
        );
    }

    #[test]
    fn nothing_is_begun_without_a_mac_or_time_or_beyond_the_limits() {
        let password = Password::new("changeit");
        let file = file(&password, 2);
        let begin = |checking: Checking, most| begin(&checking, &file.0, most).is_some();
        let of = |limits: &Limits| checking(&file, &password, limits);
        let limits = Limits::default();
        assert!(begin(of(&limits), 1) && !begin(of(&limits), 0));
        assert!(!begin(of(&Limits { max_iterations: 1, ..Limits::default() }), 9));
        for data in [file.2.end..file.2.end, 0..3, 0..LONGEST + 1, usize::MAX - 1..usize::MAX] {
            assert!(!begin(Checking { data: data.clone(), ..of(&limits) }, 9), "{data:?}");
        }
    }
}
