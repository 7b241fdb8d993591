//! Several ways to one autopilot: which frames without a clock are news, and which came before by a faster way.
//!
//! Frames with a clock are put in order by it (`sender_time`); they tell whether there is a late way at all, how late it is,
//! and where each way's sequence numbers stand. Then, of a frame without a clock:
//!
//! - While no late way is known, it is news when its number is one of the next; when the same was heard before and numbers
//!   are missing between, it is as old as the first. With a number far from the next, it waits for a frame with a clock to
//!   tell where the numbers stand (after a fade: some frames), or it is late.
//! - While one is known, it is news when it was not heard before and its number is one of the next of the fresh way. When the
//!   same was heard before, that may be a copy or the next of many equal ones: it is as old as the first. When the fresh
//!   way lost frames, or may have ended, and its number is near the late way's too, it is as late as that way. Else it is
//!   late.
//!
//! A late way that brings frames of its own (another port of the autopilot behind a router, one that speaks MAVLink 1) counts by
//! itself: its frames with a clock were not heard before under their numbers. Numbers then meet by chance: each frame
//! without a clock is as late as that way, whatever its number says, and no number proves a loss.
//!
//! Two prompt ports count apart too: numbers far from the next are a second line while the first goes on.
//!
//! Numbers missing are counted on the fresh way alone, after a fade when it was one. Nothing is allocated after construction.

use skyhound::time::TimeUs;

/// Equal numbers remembered: 10 s at 400 frames/s.
const SEEN_EACH: usize = 16;
/// A copy that is later than this is told by its number alone.
const SEEN_MS: u32 = 20_000;
/// What the fresh way lost may come by the late way for so long.
const LOST_US: u64 = SEEN_MS as u64 * 1_000;
/// One of the next: 0.1 s at 320 frames/s, or a burst.
const NEAR: u8 = 32;
/// A sequence number this little behind the last is a late or doubled frame, not 240 lost ones.
const BEHIND: u8 = 240;
/// A line of numbers that is not heard for this long ended, or faded.
const FADE_US: u64 = 2_500_000;
/// After a fade frames with a clock come again, or are not waited for any longer.
const DATED_US: u64 = 20_000_000;
/// A late way not heard for this long is gone.
const LATE_WAY_GONE_US: u64 = 30_000_000;
/// Frames that overtook each other by less are no other way.
const LATE_WAY_LEAST_US: u64 = 40_000;
/// Of a late way: frames that were not heard before weigh so much, those that were 1 the other way; from here on it is one with
/// frames of its own. A fresh way that loses a tenth of its frames does not come there.
const OWN_WEIGHT: u8 = 2;
const OWN_LEAST: u8 = 4;
const OWN_MOST: u8 = 24;

/// So many numbers in a row, with no clock among them, are no copies: those bring clocks of their own.
const RUN_FRAMES: u8 = 8;

/// What a frame without a clock is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// News.
    Fresh,
    /// As old as what was received then, or older than news.
    AsOf(TimeUs),
    /// Heard before, or from the late way.
    Late,
}

/// Small, because each frame looks through those of its number.
#[derive(Copy, Clone, Debug, Default)]
struct Seen {
    /// Milliseconds since the start, never 0 but for none.
    at_ms: u32,
    print: u32,
}

#[derive(Copy, Clone, Debug)]
struct Other {
    sequence: u8,
    heard: TimeUs,
    /// Missing, if it is no port of its own.
    lost_count: u64,
}

impl Other {
    fn is_next(&self, sequence: u8) -> bool {
        (1..=NEAR).contains(&sequence.wrapping_sub(self.sequence))
    }

    /// Moves on, unless this frame was overtaken.
    fn advance(&mut self, sequence: u8, at: TimeUs) {
        self.heard = at;
        let step = sequence.wrapping_sub(self.sequence);
        if step > 0 && step <= BEHIND {
            self.lost_count += u64::from(step - 1);
            self.sequence = sequence;
        }
    }
}

#[derive(Copy, Clone, Debug)]
struct LateWay {
    heard: TimeUs,
    sequence: u8,
    late_us: u64,
    own: u8,
}

impl LateWay {
    fn has_its_own(&self) -> bool {
        self.own >= OWN_LEAST
    }

    /// What is later than this came by it, and when nothing came by the fresh way for so long that one may have ended: its
    /// first frame alone comes a whole lag after the last of the other.
    fn half_us(&self) -> u64 {
        self.late_us / 2
    }
}

/// What was heard by which way.
pub struct Ways {
    seen: Box<[[Seen; SEEN_EACH]; 256]>,
    next: Box<[u8; 256]>,
    sequence: Option<u8>,
    /// When a frame of this line of numbers came last.
    heard: TimeUs,
    /// Numbers far from it: a second port as prompt as the first, or this one after a fade.
    other: Option<Other>,
    /// When the last news with a clock came.
    dated: Option<TimeUs>,
    /// Frames past `sequence` that came without moving it.
    past_count: u8,
    /// The newest of those, and how many numbers in a row they were with no clock among them.
    run: (u8, u8),
    late: Option<LateWay>,
    /// When the fresh way lost frames, or may have ended.
    lost: Option<TimeUs>,
    /// Frames missing on the fresh way.
    pub lost_total: u64,
}

impl Default for Ways {
    fn default() -> Ways {
        Ways {
            seen: Box::new([[Seen::default(); SEEN_EACH]; 256]),
            next: Box::new([0; 256]),
            sequence: None,
            heard: TimeUs(0),
            other: None,
            dated: None,
            past_count: 0,
            run: (0, 0),
            late: None,
            lost: None,
            lost_total: 0,
        }
    }
}

impl Ways {
    /// Begins anew: another sender, or one that counts from the start again.
    pub fn forget(&mut self) {
        self.seen.fill([Seen::default(); SEEN_EACH]);
        (self.dated, self.late, self.lost) = (None, None, None);
        self.pause();
    }

    /// The sender was silent: how many went missing meanwhile is not known.
    pub fn pause(&mut self) {
        (self.sequence, self.past_count, self.other, self.run) = (None, 0, None, (0, 0));
    }

    /// Takes a frame that is news by its own clock, and so late by it.
    pub fn take_news(&mut self, sequence: u8, print: u32, late_us: u64, at: TimeUs) {
        (self.dated, self.run) = (Some(at), (0, 0));
        if let Some(late) = self.late.as_mut().filter(|late| late_us >= late.half_us()) {
            // News by the late way: the fresh one lost it.
            (late.sequence, self.lost) = (sequence, Some(at));
        }
        self.remember(sequence, print, at);
        let is_far = self.step(sequence).is_some_and(|step| step > NEAR && step <= BEHIND);
        if is_far || self.is_of_the_other(sequence, at) {
            self.take_far(sequence, at)
        } else {
            self.advance(sequence, at)
        }
    }

    /// One of the next of the other line, which is heard, and no better one of the first.
    fn is_of_the_other(&mut self, sequence: u8, at: TimeUs) -> bool {
        self.other = self.other.filter(|other| at.since_us(other.heard) <= FADE_US);
        let to_first = self.step(sequence).filter(|step| *step > 0).unwrap_or(u8::MAX);
        self.other.is_some_and(|other| {
            let is_better = sequence.wrapping_sub(other.sequence) < to_first || other.heard > self.heard;
            other.is_next(sequence) && is_better
        })
    }

    /// A number far ahead, with a clock: its line is another port's while the first goes on, else it is the first after a fade.
    fn take_far(&mut self, sequence: u8, at: TimeUs) {
        let step = self.step(sequence).unwrap_or(1);
        match &mut self.other {
            Some(other) => other.advance(sequence, at),
            other => *other = Some(Other { sequence, heard: at, lost_count: u64::from(step - 1) }),
        }
        if let Some(other) = self.other.filter(|_| at.since_us(self.heard) > FADE_US) {
            let past_count = u64::from(std::mem::take(&mut self.past_count));
            if !self.has_own_late_way(at) {
                self.lost_total += other.lost_count.saturating_sub(past_count);
            }
            (self.sequence, self.heard, self.lost, self.other) = (Some(sequence), at, Some(at), None);
        }
    }

    /// Takes a frame that tells nothing newer by its own clock, and is so late by it. Returns whether that is a late way.
    pub fn take_late(&mut self, sequence: u8, print: u32, late_us: u64, at: TimeUs) -> bool {
        self.run = (0, 0);
        if late_us < LATE_WAY_LEAST_US {
            return false;
        }
        let before = self.late_way(at).map_or(0, |late| late.own);
        let own = match self.first_seen(sequence, print, at) {
            Some(_) => before.saturating_sub(1),
            None => (before + OWN_WEIGHT).min(OWN_MOST),
        };
        self.late = Some(LateWay { heard: at, sequence, late_us, own });
        true
    }

    fn late_way(&self, at: TimeUs) -> Option<LateWay> {
        self.late.filter(|late| at.since_us(late.heard) <= LATE_WAY_GONE_US)
    }

    /// As late as this may be what tells no time and was not heard before under its number: as the late way, where it has
    /// frames of its own or the number is near its and the fresh way lost frames or may have ended.
    pub fn may_be_late_us(&mut self, sequence: u8, at: TimeUs) -> Option<u64> {
        let late = self.late_way(at)?;
        if at.since_us(self.heard) >= late.half_us() {
            self.lost = Some(at);
        }
        // To both sides: frames of that way overtake each other too.
        let is_of_the_late = sequence.wrapping_sub(late.sequence).wrapping_add(NEAR) <= 2 * NEAR;
        let has_lost = self.lost.is_some_and(|lost| at.since_us(lost) <= LOST_US);
        (late.has_its_own() || (is_of_the_late && has_lost)).then_some(late.late_us)
    }

    fn has_own_late_way(&self, at: TimeUs) -> bool {
        self.late_way(at).is_some_and(|late| late.has_its_own())
    }

    /// Judges a frame without a clock.
    pub fn judge(&mut self, sequence: u8, print: u32, at: TimeUs) -> Judged {
        let before = self.first_seen(sequence, print, at);
        let judged = match self.late_way(at) {
            None => self.judge_alone(sequence, before, at),
            Some(late) if late.has_its_own() => {
                let then = at.minus_us(late.late_us);
                Judged::AsOf(before.map_or(then, |before| before.min(then)))
            }
            Some(_) => self.judge_beside(sequence, before, at),
        };
        match judged {
            Judged::Fresh => self.remember(sequence, print, at),
            Judged::AsOf(then) if before.is_none() => self.remember(sequence, print, then),
            Judged::AsOf(_) | Judged::Late => {}
        }
        judged
    }

    fn judge_alone(&mut self, sequence: u8, before: Option<TimeUs>, at: TimeUs) -> Judged {
        let step = self.step(sequence).unwrap_or(1);
        if self.is_of_the_other(sequence, at)
            && let Some(other) = &mut self.other
        {
            other.advance(sequence, at);
            return before.map_or(Judged::Fresh, Judged::AsOf);
        }
        let is_near = (1..=NEAR).contains(&step);
        let will_be_dated = self.dated.is_some_and(|dated| at.since_us(dated) <= DATED_US);
        let judged = match before {
            Some(_) if !is_near => Judged::Late,
            Some(before) if step > 1 => Judged::AsOf(before),
            None if !is_near && will_be_dated => Judged::Late,
            _ => Judged::Fresh,
        };
        match judged {
            Judged::Late if before.is_none() && step <= BEHIND => {
                self.past_count = self.past_count.saturating_add(1);
            }
            Judged::Late => {}
            // By chance a copy's number is one of the next: a frame with a clock tells where they stand.
            _ if step > 1 && will_be_dated && !self.is_run(sequence) => {
                self.past_count = self.past_count.saturating_add(1);
            }
            _ => self.advance(sequence, at),
        }
        judged
    }

    /// Whether the numbers past the line are a row that goes on without a clock, as parameters do.
    fn is_run(&mut self, sequence: u8) -> bool {
        let (last, count) = self.run;
        let is_next = sequence.wrapping_sub(last) == 1;
        let count = if is_next { count + 1 } else { 1 };
        let is_run = count >= RUN_FRAMES;
        self.run = (sequence, if is_run { 0 } else { count });
        is_run
    }

    fn judge_beside(&mut self, sequence: u8, before: Option<TimeUs>, at: TimeUs) -> Judged {
        let Some(step) = self.step(sequence) else {
            // The first of all, beside a way that is late: whose it is cannot be told.
            return Judged::Late;
        };
        let judged = match (before, self.may_be_late_us(sequence, at)) {
            (Some(before), _) if (1..=NEAR).contains(&step) => Judged::AsOf(before),
            (None, Some(late_us)) if step <= NEAR => Judged::AsOf(at.minus_us(late_us)),
            (None, None) if step <= NEAR => Judged::Fresh,
            _ => Judged::Late,
        };
        // The number of a frame that may be a copy proves no loss.
        match judged {
            Judged::Late => {}
            _ if step > 1 => self.past_count = self.past_count.saturating_add(1),
            _ => self.advance(sequence, at),
        }
        judged
    }

    fn step(&self, sequence: u8) -> Option<u8> {
        self.sequence.map(|last| sequence.wrapping_sub(last))
    }

    fn advance(&mut self, sequence: u8, at: TimeUs) {
        let step = self.step(sequence).unwrap_or(1);
        if step == 0 || step > BEHIND {
            return;
        }
        let past_count = std::mem::take(&mut self.past_count);
        let is_proof = !self.has_own_late_way(at);
        let lost_count = if is_proof { (step - 1).saturating_sub(past_count) } else { 0 };
        if lost_count > 0 {
            self.lost = Some(at);
        }
        self.lost_total += u64::from(lost_count);
        (self.sequence, self.heard) = (Some(sequence), at);
    }

    fn first_seen(&self, sequence: u8, print: u32, at: TimeUs) -> Option<TimeUs> {
        let now_ms = milliseconds(at);
        let same =
            self.seen[usize::from(sequence)].iter().filter(|seen| seen.print == print && seen.at_ms > 0);
        let age_ms =
            same.map(|seen| now_ms.wrapping_sub(seen.at_ms)).filter(|age_ms| *age_ms <= SEEN_MS).max()?;
        Some(TimeUs(at.0 / 1_000 * 1_000).minus_us(u64::from(age_ms) * 1_000))
    }

    fn remember(&mut self, sequence: u8, print: u32, at: TimeUs) {
        let next = &mut self.next[usize::from(sequence)];
        self.seen[usize::from(sequence)][usize::from(*next)] = Seen { at_ms: milliseconds(at), print };
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
