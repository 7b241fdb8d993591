//! One line of sequence numbers, and how late it is.

use skyhound::time::TimeUs;

/// Frames that overtook each other by less are no other way.
pub(super) const LATER_US: u64 = 40_000;
/// A number this little behind is of a frame that was overtaken.
const OVERTAKEN: u8 = 8;
/// A way that lost frames loses more for so long: a late way of copies brings what a fresh one lost.
const LOST_US: u64 = 20_000_000;
/// Without a frame with a clock for this long, how late it was then counts.
const CLOCK_US: u64 = 5_000_000;
/// Of its last frames with a clock: so many more that were heard before than not.
const COPIES_MAX: u8 = 16;
const COPIES_FIRST: u8 = 8;
const COPIES_LEAST: u8 = 4;

/// A way that began while another seemed to go on far ahead: one of the two is true.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct WayBegan {
    /// The other.
    pub after: usize,
    /// What it lost if it is the same.
    pub lost_count: u8,
    pub at: TimeUs,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The last number; `None` = not known after a pause.
    pub sequence: Option<u8>,
    pub heard: TimeUs,
    /// How late its last frame with a clock was.
    pub late_us: u64,
    /// Its frames that may have been another's.
    pub doubt_count: u8,
    pub began: Option<WayBegan>,
    /// Its last frame with a clock: when it came, and when what it tells was true.
    clock: Option<(TimeUs, TimeUs)>,
    lost: Option<TimeUs>,
    /// Numbers of the last gap that may still come.
    missing_count: u8,
    copies: u8,
}

impl Way {
    /// One whose next number is `sequence`.
    pub fn new(sequence: u8, late_us: u64, at: TimeUs) -> Way {
        Way {
            sequence: Some(sequence.wrapping_sub(1)),
            heard: at,
            late_us,
            doubt_count: 0,
            began: None,
            clock: None,
            lost: None,
            missing_count: 0,
            copies: COPIES_FIRST,
        }
    }

    pub fn step(&self, sequence: u8) -> Option<u8> {
        self.sequence.map(|last| sequence.wrapping_sub(last))
    }

    pub fn is_overtaken(&self, sequence: u8) -> bool {
        self.sequence.is_some_and(|last| last.wrapping_sub(sequence) <= OVERTAKEN)
    }

    /// Moves on to a number, or finds one that was overtaken. Returns how many are missing, and how many are no more.
    pub fn advance(&mut self, sequence: u8, was_heard: bool, at: TimeUs) -> (u8, u8) {
        self.heard = at;
        let step = self.step(sequence).unwrap_or(1);
        if self.is_overtaken(sequence) {
            let is_found = !was_heard && self.missing_count > 0;
            self.missing_count -= u8::from(is_found);
            return (0, u8::from(is_found));
        }
        self.sequence = Some(sequence);
        let lost_count = (step - 1).saturating_sub(std::mem::take(&mut self.doubt_count));
        if step > 1 {
            self.loses(at);
            self.missing_count = lost_count;
        }
        (lost_count, 0)
    }

    /// Notes what its frame with a clock tells of it.
    pub fn take_clock(&mut self, then: TimeUs, was_heard: bool, at: TimeUs) {
        self.late_us = at.since_us(then);
        self.clock = Some((at, then));
        self.copies =
            if was_heard { (self.copies + 1).min(COPIES_MAX) } else { self.copies.saturating_sub(1) };
    }

    /// Whether its frames were heard before.
    pub fn copies(&self) -> bool {
        self.copies > COPIES_LEAST
    }

    pub fn loses(&mut self, at: TimeUs) {
        self.lost = Some(at);
    }

    pub fn has_lost(&self, at: TimeUs) -> bool {
        self.lost.is_some_and(|lost| at.since_us(lost) <= LOST_US)
    }

    /// How old a frame of it that comes now is at the most: it came behind the last one with a clock.
    pub fn oldest(&self, at: TimeUs) -> TimeUs {
        match self.clock {
            Some((came, then)) if at.since_us(came) <= CLOCK_US => then,
            _ => at.minus_us(self.late_us),
        }
    }

    /// Whether it is as late, for what one way's lateness varies.
    pub fn is_alike(&self, late_us: u64) -> bool {
        self.late_us.abs_diff(late_us) <= LATER_US + self.late_us.max(late_us) / 4
    }

    /// Whether what was true `then` is not of before what it brought last.
    pub fn may_bring(&self, then: TimeUs) -> bool {
        self.clock.is_none_or(|(_, last)| then.plus_us(LATER_US) >= last)
    }
}
