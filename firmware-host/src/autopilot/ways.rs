//! Several ways to one autopilot: how old a frame without a clock is, and which came before by a faster way.
//!
//! A way is a line of sequence numbers. The slower way of a router brings the same frames under the same numbers, later; a
//! second port of the autopilot, and one that speaks MAVLink 1, counts by itself and brings frames of its own. By which way a
//! frame came its number tells, which is one of the next of that way's last; of a frame with a clock (`sender_time`) its
//! lateness too. Whether a late way brings copies is told by its frames with a clock: heard before under their numbers, or not.
//!
//! A way keeps its order. So a frame without a clock is no older than the last one with a clock before it on its way, and
//! counts as old as that: never younger than the truth, however late the way has become between the two. Then:
//!
//! - When several ways may have brought it, it is as old as the oldest of them would make it; but one whose very next it is
//!   alone has brought it, while none of the others loses frames.
//! - What a late way of copies may have brought, and was heard before, is as old as the first. What was not heard before it
//!   cannot have brought, while no fresh way loses frames.
//! - When no way can have brought it (after a fade), it waits for a frame with a clock to tell where the numbers stand: it is
//!   dropped, unless there are none with a clock.
//!
//! Missing numbers are counted on each way but those of copies. Nothing is allocated after construction.

use skyhound::time::TimeUs;

mod way;

use way::{LATER_US, Way, WayBegan};

/// Ways told apart.
const WAYS: usize = 4;
/// Equal numbers remembered: 10 s at 400 frames/s.
const SEEN_EACH: usize = 16;
/// A copy that is later than this is told by its number alone.
const SEEN_MS: u32 = 20_000;
/// One of the next: 0.1 s at 320 frames/s, or a burst.
const NEAR: u8 = 32;
/// Frames with a clock come again, after a fade, within this time, or are not waited for any longer.
const DATED_US: u64 = 20_000_000;
/// A way not heard for this long is gone.
const GONE_US: u64 = 30_000_000;
/// One not heard for this long may go on with any number.
const SILENT_US: u64 = 1_000_000;
/// Of a way whose frames seem to go on far ahead: its own frames come again within this time, or it was a fade.
const FADE_US: u64 = 2_500_000;

/// What a frame without a clock is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// News, true then.
    News(TimeUs),
    /// As old as this, and perhaps older than what is known.
    AsOf(TimeUs),
    /// Heard before, or nobody knows by which way it came.
    Late,
}

/// Small, because each frame looks through those of its number.
#[derive(Copy, Clone, Debug, Default)]
struct Seen {
    /// Milliseconds since the start, never 0 but for none.
    at_ms: u32,
    print: u32,
}

/// What was heard by which way.
pub struct Ways {
    seen: Box<[[Seen; SEEN_EACH]; 256]>,
    next: Box<[u8; 256]>,
    ways: [Option<Way>; WAYS],
    /// When the last frame with a clock came.
    dated: Option<TimeUs>,
    /// Frames that no way can have brought, since the last way began.
    stray_count: u8,
    /// Frames missing.
    pub lost_total: u64,
}

impl Default for Ways {
    fn default() -> Ways {
        Ways {
            seen: Box::new([[Seen::default(); SEEN_EACH]; 256]),
            next: Box::new([0; 256]),
            ways: [None; WAYS],
            dated: None,
            stray_count: 0,
            lost_total: 0,
        }
    }
}

impl Ways {
    /// Begins anew: another sender, or one that counts from the start again.
    pub fn forget(&mut self) {
        self.seen.fill([Seen::default(); SEEN_EACH]);
        (self.ways, self.dated, self.stray_count) = ([None; WAYS], None, 0);
    }

    /// The sender was silent: how many went missing meanwhile is not known.
    pub fn pause(&mut self) {
        if self.ways.iter().flatten().count() <= 1 {
            self.ways = [None; WAYS];
        }
        self.ways.iter_mut().flatten().for_each(|way| way.sequence = None);
        self.stray_count = 0;
    }

    /// Takes a frame with a clock, which tells what was true `then`. Returns whether it was heard before.
    pub fn take_dated(&mut self, sequence: u8, print: u32, then: TimeUs, at: TimeUs) -> bool {
        self.drop_gone(at);
        let was_heard = self.first_seen(sequence, print, at).is_some();
        let late_us = at.since_us(then);
        let index = match self.way_of_dated(sequence, then, at) {
            Some(index) => index,
            None => self.begin(sequence, late_us, at),
        };
        self.dated = Some(at);
        self.advance(index, sequence, was_heard, at);
        if let Some(way) = &mut self.ways[index] {
            way.take_clock(then, was_heard, at);
        }
        if !was_heard {
            self.remember(sequence, print, then);
        }
        was_heard
    }

    /// Judges a frame without a clock.
    pub fn judge(&mut self, sequence: u8, print: u32, at: TimeUs) -> Judged {
        self.drop_gone(at);
        let before = self.first_seen(sequence, print, at);
        let is_near = self.are_near(sequence);
        let judged = if is_near == [false; WAYS] {
            self.judge_stray(sequence, before, at)
        } else {
            self.judge_near(is_near, sequence, before, at)
        };
        match judged {
            Judged::News(then) => self.remember(sequence, print, then),
            Judged::AsOf(then) if before.is_none() => self.remember(sequence, print, then),
            Judged::AsOf(_) | Judged::Late => {}
        }
        judged
    }

    /// Of a frame that is none of the next of any way.
    fn judge_stray(&mut self, sequence: u8, before: Option<TimeUs>, at: TimeUs) -> Judged {
        let is_first = self.ways == [None; WAYS];
        let will_be_dated = self.dated.is_some_and(|dated| at.since_us(dated) <= DATED_US);
        let is_waited_for = !is_first && (will_be_dated || (0..WAYS).any(|index| self.is_late(index)));
        if before.is_some() && !is_first {
            return Judged::Late;
        }
        if is_waited_for {
            self.stray_count = self.stray_count.saturating_add(1);
            return Judged::Late;
        }
        let index = self.begin(sequence, 0, at);
        self.advance(index, sequence, false, at);
        Judged::News(at)
    }

    fn judge_near(
        &mut self,
        mut may_be: [bool; WAYS],
        sequence: u8,
        before: Option<TimeUs>,
        at: TimeUs,
    ) -> Judged {
        let is_near = may_be;
        let step = |way: &Way| way.step(sequence);
        let has_lost = |index: usize| self.ways[index].is_some_and(|way| way.has_lost(at));
        let is_copying =
            |index: usize| self.is_late(index) && self.ways[index].is_some_and(|way| way.copies());
        let has_fresh_lost = (0..WAYS).any(|index| !self.is_late(index) && has_lost(index));
        if let Some(before) = before {
            let copy = (0..WAYS).any(|index| may_be[index] && is_copying(index));
            let is_next =
                (0..WAYS).any(|index| may_be[index] && self.ways[index].as_ref().and_then(step) == Some(1));
            if copy && (0..WAYS).all(|index| !may_be[index] || is_copying(index)) {
                self.advance_only(is_near, sequence, at);
                return Judged::Late;
            }
            if copy || !is_next {
                self.advance_only(is_near, sequence, at);
                return Judged::AsOf(before);
            }
        } else if !has_fresh_lost && (0..WAYS).any(|index| may_be[index] && !is_copying(index)) {
            (0..WAYS).for_each(|index| may_be[index] &= !is_copying(index));
        }
        let next = |index: &usize| may_be[*index] && self.ways[*index].as_ref().and_then(step) == Some(1);
        let mut nexts = (0..WAYS).filter(next);
        let the_next = nexts.next().filter(|_| nexts.next().is_none());
        let certain = the_next.filter(|only| !(0..WAYS).any(|i| i != *only && may_be[i] && has_lost(i)));
        if let Some(index) = certain {
            may_be = [false; WAYS];
            may_be[index] = true;
        } else if the_next.is_none() {
            (0..WAYS).for_each(|index| may_be[index] |= self.is_late(index) && self.is_silent(index, at));
        }
        let ways = || (0..WAYS).filter(|index| may_be[*index]);
        let then = ways().filter_map(|index| Some(self.ways[index]?.oldest(at))).min().unwrap_or(at);
        let is_late = ways().any(|index| self.is_late(index));
        self.advance_only(if certain.is_some() { may_be } else { is_near }, sequence, at);
        if is_late { Judged::AsOf(then) } else { Judged::News(then) }
    }

    /// Of the ways that may have brought it the one that did moves on, when there is but one.
    fn advance_only(&mut self, may_be: [bool; WAYS], sequence: u8, at: TimeUs) {
        let mut ways = (0..WAYS).filter(|index| may_be[*index]);
        match (ways.next(), ways.next()) {
            (Some(index), None) => self.advance(index, sequence, false, at),
            _ => self.doubt(may_be),
        }
    }

    /// The number of a frame of which nobody knows whose it is proves no loss.
    fn doubt(&mut self, may_be: [bool; WAYS]) {
        for (way, may_be) in self.ways.iter_mut().zip(may_be) {
            if let Some(way) = way.as_mut().filter(|_| may_be) {
                way.doubt_count = way.doubt_count.saturating_add(1);
            }
        }
    }

    fn are_near(&self, sequence: u8) -> [bool; WAYS] {
        std::array::from_fn(|index| {
            let step = self.ways[index].and_then(|way| way.step(sequence));
            let most = if self.is_succeeded(index) { 1 } else { NEAR };
            step.is_some_and(|step| (1..=most).contains(&step))
        })
    }

    /// The way of a frame that tells what was true `then`: one of its next numbers, and behind the frames before it; of
    /// several, the one that is as late.
    fn way_of_dated(&self, sequence: u8, then: TimeUs, at: TimeUs) -> Option<usize> {
        let is_near = self.are_near(sequence);
        let late_us = at.since_us(then);
        let is = |index: usize, fits: &dyn Fn(Way) -> bool| self.ways[index].is_some_and(fits);
        let is_alike = |index: usize| is(index, &|way| way.is_alike(late_us));
        let step = |index: usize| self.ways[index].and_then(|way| way.step(sequence));
        let near = (0..WAYS).filter(|index| is_near[*index] && is(*index, &|way| way.may_bring(then)));
        let overtaken = |index: &usize| is_alike(*index) && is(*index, &|way| way.is_overtaken(sequence));
        let paused = (0..WAYS).filter(|index| is(*index, &|way| way.sequence.is_none()));
        near.min_by_key(|index| (!is_alike(*index), step(*index)))
            .or_else(|| (0..WAYS).find(overtaken))
            .or_else(|| paused.min_by_key(|index| self.ways[*index].map(|way| way.late_us.abs_diff(late_us))))
    }

    /// A way that nobody knew of, or the end of a fade.
    fn begin(&mut self, sequence: u8, late_us: u64, at: TimeUs) -> usize {
        let heard = |index: &usize| self.ways[*index].map(|way| way.heard);
        let may_go_on = |index: &usize| {
            self.ways[*index].is_some_and(|way| way.is_alike(late_us)) && !self.is_succeeded(*index)
        };
        let index = (0..WAYS).min_by_key(heard).unwrap_or(0);
        let after = (0..WAYS).filter(may_go_on).max_by_key(heard).filter(|after| *after != index);
        let step = after.and_then(|after| self.ways[after]?.step(sequence));
        let is_first = self.ways == [None; WAYS];
        self.end(index);
        let mut way = Way::new(sequence, late_us, at);
        if !is_first {
            way.loses(at);
        }
        way.began = after.zip(step).map(|(after, step)| {
            let lost_count = step.wrapping_sub(1).saturating_sub(self.stray_count);
            WayBegan { after, lost_count, at }
        });
        self.stray_count = 0;
        self.ways[index] = Some(way);
        index
    }

    fn end(&mut self, index: usize) {
        self.ways[index] = None;
        self.hears(index);
    }

    /// What began in a way's place did not.
    fn hears(&mut self, index: usize) {
        for way in self.ways.iter_mut().flatten() {
            way.began = way.began.filter(|began| began.after != index);
        }
    }

    fn advance(&mut self, index: usize, sequence: u8, was_heard: bool, at: TimeUs) {
        let counts = !(self.is_late(index) && self.ways[index].is_some_and(|way| way.copies()));
        self.hears(index);
        let Some(way) = &mut self.ways[index] else { return };
        let (lost_count, found_count) = way.advance(sequence, was_heard, at);
        if counts {
            self.lost_total =
                (self.lost_total + u64::from(lost_count)).saturating_sub(u64::from(found_count));
        }
        // The way before it is not heard any more: it was a fade.
        if let Some(began) = way.began.filter(|began| at.since_us(began.at) >= FADE_US) {
            self.end(began.after);
            self.lost_total += if counts { u64::from(began.lost_count) } else { 0 };
        }
    }

    fn drop_gone(&mut self, at: TimeUs) {
        if self.ways.iter().flatten().count() <= 1 {
            return;
        }
        for index in 0..WAYS {
            if self.ways[index].is_some_and(|way| at.since_us(way.heard) > GONE_US) {
                self.end(index);
            }
        }
    }

    /// Whether a way's numbers seem to go on far ahead.
    fn is_succeeded(&self, index: usize) -> bool {
        self.ways.iter().flatten().any(|way| way.began.is_some_and(|began| began.after == index))
    }

    /// Whether another way is faster.
    fn is_late(&self, index: usize) -> bool {
        let least_us = self.ways.iter().flatten().map(|way| way.late_us).min().unwrap_or(0);
        self.ways[index].is_some_and(|way| way.late_us >= least_us + LATER_US)
    }

    fn is_silent(&self, index: usize, at: TimeUs) -> bool {
        self.ways[index].is_some_and(|way| way.sequence.is_none() || at.since_us(way.heard) > SILENT_US)
    }

    fn first_seen(&self, sequence: u8, print: u32, at: TimeUs) -> Option<TimeUs> {
        let now_ms = milliseconds(at);
        let same =
            self.seen[usize::from(sequence)].iter().filter(|seen| seen.print == print && seen.at_ms > 0);
        let age_ms =
            same.map(|seen| now_ms.wrapping_sub(seen.at_ms)).filter(|age_ms| *age_ms <= SEEN_MS).max()?;
        Some(TimeUs(at.0 / 1_000 * 1_000).minus_us(u64::from(age_ms) * 1_000))
    }

    fn remember(&mut self, sequence: u8, print: u32, then: TimeUs) {
        let next = &mut self.next[usize::from(sequence)];
        self.seen[usize::from(sequence)][usize::from(*next)] = Seen { at_ms: milliseconds(then), print };
        *next = (*next + 1) % SEEN_EACH as u8;
    }
}

fn milliseconds(at: TimeUs) -> u32 {
    ((at.0 / 1_000) as u32).max(1)
}

/// What tells a message from another, but by chance (FNV-1a over words, Fowler, Noll, Vo). Zeros at the end count for
/// nothing: MAVLink 2 cuts them, MAVLink 1 does not.
pub fn print(id: u32, payload: &[u8]) -> u32 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let length = payload.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut hash = (0xcbf2_9ce4_8422_2325u64 ^ u64::from(id)).wrapping_mul(PRIME);
    for chunk in payload[..length].chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = (hash ^ u64::from_le_bytes(word)).wrapping_mul(PRIME);
        hash ^= hash >> 29;
    }
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests;
