//! Work on a part of a large store that is done while the file is read, before it is known whether it is of use.

use std::ops::Range;

use bytes::Bytes;

use crate::crypto::Secret;
use crate::limits::Limits;
use crate::octets::stands_at;
use crate::password::Password;

/// What is worked on: with the password that is to be tried first.
pub(super) struct Trial {
    /// Where the octets stand in the file.
    pub(super) place: Range<usize>,
    password: Password,
    /// An account of its own: the work counts if its outcome is used.
    pub(super) limits: Limits,
}

impl Trial {
    pub(super) fn new(place: Range<usize>, password: &Password, limits: &Limits) -> Self {
        Self { place, password: password.duplicate(), limits: limits.trial() }
    }

    pub(super) fn secret(&self) -> Secret<'_> {
        Secret { password: &self.password, null: false }
    }

    /// The same work, with the same account.
    pub(super) fn share(&self) -> Self {
        Self { place: self.place.clone(), password: self.password.duplicate(), limits: self.limits.clone() }
    }

    /// Whether it was on these octets of the file, and with this password; what it cost is booked then, if so much is
    /// left.
    pub(super) fn counts(&self, octets: &[u8], secret: Secret<'_>, file: &Bytes, limits: &Limits) -> bool {
        self.password.as_str() == secret.password.as_str()
            && !secret.null
            && stands_at(octets, &self.place, file)
            && limits.book(&self.limits)
    }
}
