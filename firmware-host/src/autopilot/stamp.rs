//! When what a frame tells was true, and whether it is certain that it is newer than what is known.

use skyhound::time::{Aged, TimeUs};

/// A frame's time, by our clock.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    at: TimeUs,
    is_news: bool,
}

impl Stamp {
    /// Of a frame that is newer than what is known.
    pub const fn news(at: TimeUs) -> Stamp {
        Stamp { at, is_news: true }
    }

    /// Of one that may be a copy: it replaces only what is older.
    pub const fn as_of(at: TimeUs) -> Stamp {
        Stamp { at, is_news: false }
    }

    /// The time.
    pub const fn at(self) -> TimeUs {
        self.at
    }

    /// Whether this replaces `part`.
    pub fn replaces<T>(self, part: &Option<Aged<T>>) -> bool {
        self.is_news || part.as_ref().is_none_or(|known| known.received_us < self.at)
    }

    /// Keeps a part, when there is one and nothing newer is known; returns whether there was none.
    pub fn keep<T>(self, part: &mut Option<Aged<T>>, value: Option<T>) -> bool {
        let is_refused = value.is_none();
        if let Some(value) = value
            && self.replaces(part)
        {
            *part = Some(Aged::new(value, self.at));
        }
        is_refused
    }
}
