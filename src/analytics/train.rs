//! Do the pulses of a channel fall into a train? The fold, searched over all periods the settings allow.
//!
//! The newest pulse and one older pulse span n periods; pulses between them must take the places. At most one place in
//! three may be empty (n ≤ 1.5·(members − 1)), so half the true period is no period; at most half as many strangers as
//! members may lie between, so twice the true period is none either. Where the periods that are sought are so alike that neither is another's
//! multiple, three strangers for each member may lie between, as other tags of the channel send them, but not where they would make a train of a half,
//! a third or a quarter of the period. What is found is carried on into the past, fitted by least squares, and each member must lie within jitter_ratio_max of a period (plus one FFT frame, the resolution of a
//! start) of its place. Folded, that is averaged over its members, the SNR must reach the trigger.
//!
//! Then chance is asked ([`chance::ln_chance_trains`]): given the rate of the pulses that do *not* belong, how many such
//! trains per hour would noise make? The operator's figure is shared out so that the union of all that is searched keeps
//! it: by octave of the period, and 2^−(n − pulses_min + 3) for n periods. So a busy channel asks for more pulses than
//! `pulses_min`, a quiet one does not.
//!
//! Cost per search in a dense stream: 6 µs at pulses_min = 5, 0.2 ms at 32. Not here: pulses cut at their ends.

use super::chance::{ChanceTrain, ln_chance_trains};
use super::pulses::{Heard, Line, PulseLog};
use crate::config::PulseTrain;
use crate::time::TimeUs;

/// Pulses of one train that are looked at.
const MEMBERS_MAX: usize = 32;
/// The background rate is that of the last minute, or of the train's own time if that is longer, µs.
const BACKGROUND_US: u64 = 60_000_000;
/// Before anything was heard the background is taken as one pulse of the shortest width in this time, s. Of wider ones it
/// is taken as fewer, in inverse proportion: what noise and switching make is short.
const BACKGROUND_PRIOR_S: f64 = 10.0;
/// Strangers that may lie between, for each member; and where the longest period is no more than so many times the shortest.
const STRANGERS: f64 = 0.5;
const STRANGERS_ALIKE: f64 = 3.0;
const ALIKE_RATIO: f64 = 1.4;
/// Empty places in a row after which a train is not carried on into the past.
const HOLE_MAX: f64 = 2.0;

/// A train found.
#[derive(Copy, Clone, Debug)]
pub struct Train {
    /// Start to start.
    pub period_us: f64,
    /// How many pulses ago each member was, newest first.
    pub members: [u8; MEMBERS_MAX],
    /// Members.
    pub member_count: usize,
    /// Pulses that follow members in their groups (see `code`).
    pub follower_count: usize,
    /// Start of the oldest member.
    pub began_us: TimeUs,
    /// Strongest SNR of a member, dB.
    pub snr_peak_db: f64,
    /// Strongest mean power of a member, dBFS.
    pub power_peak_dbfs: f64,
    /// Trains of this kind that noise makes in an hour, at most; at most 1.
    pub false_alarm_probability: f64,
    /// ln of the above over what is allowed: under 0 it is a train.
    ln_excess: f64,
}

/// The search, for one channel's settings.
pub struct TrainSearch {
    sought: PulseTrain,
    width_min_us: u32,
    members_min: usize,
    trigger_db: f64,
    ln_allowed: f64,
    /// Strangers that may lie between, for each member.
    strangers: f64,
}

impl TrainSearch {
    /// `false_alarms_per_hour` is this search's share of the channel's. At least two pulses make a train; with
    /// `pulses_min` = 1 three are asked for, so that a pattern can be told.
    pub fn new(
        sought: PulseTrain,
        width_min_us: u32,
        trigger_db: f64,
        false_alarms_per_hour: f64,
    ) -> TrainSearch {
        let members_min = if sought.pulses_min == 1 { 3 } else { usize::from(sought.pulses_min) };
        let range = f64::from(sought.period_max_us) / f64::from(sought.period_min_us.max(1));
        let octaves = range.log2().ceil().max(1.0);
        TrainSearch {
            sought,
            width_min_us,
            members_min: members_min.clamp(2, MEMBERS_MAX),
            trigger_db,
            ln_allowed: (false_alarms_per_hour / octaves).ln(),
            strangers: if range <= ALIKE_RATIO { STRANGERS_ALIKE } else { STRANGERS },
        }
    }

    /// Members that make a train.
    pub fn members_min(&self) -> usize {
        self.members_min
    }

    /// Longest period that is sought, µs.
    pub fn period_max_us(&self) -> f64 {
        f64::from(self.sought.period_max_us)
    }

    /// How far a pulse may be from its place, µs, for starts known to `frame_us`.
    pub fn tolerance_us(&self, period_us: f64, frame_us: f64) -> f64 {
        (self.sought.jitter_ratio_max * period_us + frame_us).min(0.49 * period_us)
    }

    /// How far a pulse may be from where two *other* pulses put its place: theirs may be off as well.
    pub fn place_us(&self, period_us: f64, frame_us: f64) -> f64 {
        (2.0 * self.tolerance_us(period_us, frame_us)).min(0.49 * period_us)
    }

    /// The most certain train that ends with the pulse `ago` pulses ago.
    pub fn search(&self, log: &PulseLog, ago: usize, listening_us: TimeUs, frame_us: f64) -> Option<Train> {
        let newest = log.untold(ago)?;
        let span_least = self.members_min - 1;
        let span_most = (3 * span_least / 2).max(1);
        let mut best: Option<Train> = None;
        for older in span_least..=((span_most + 1) as f64 * (1.0 + self.strangers)) as usize {
            let Some(oldest) = log.untold(ago + older) else { break };
            let age_us = newest.start_us.since_us(oldest.start_us) as f64;
            for span in span_least..=span_most {
                let period_us = age_us / span as f64;
                if !self.is_allowed(period_us, span, frame_us) {
                    continue;
                }
                let Some(places) = self.gather(log, ago, older, period_us, frame_us) else { continue };
                let Some(train) = self.judge(log, ago, &places, listening_us, frame_us) else { continue };
                if best.is_none_or(|best| train.ln_excess < best.ln_excess) {
                    best = Some(train);
                }
            }
        }
        best.filter(|train| train.ln_excess <= 0.0)
    }

    fn is_allowed(&self, period_us: f64, span: usize, frame_us: f64) -> bool {
        let slack_us = self.place_us(period_us, frame_us) / span as f64;
        period_us > 0.0
            && period_us >= f64::from(self.sought.period_min_us) - slack_us
            && period_us <= f64::from(self.sought.period_max_us) + slack_us
    }

    /// Pulses that take a place of the train through the pulses `ago` and `ago + older`, and on into the past.
    fn gather(
        &self,
        log: &PulseLog,
        ago: usize,
        older: usize,
        period_us: f64,
        frame_us: f64,
    ) -> Option<Places> {
        let newest = log.ago(ago)?;
        let place_us = self.place_us(period_us, frame_us);
        let mut places = Places::default();
        places.add(0, 0.0, 0.0);
        let (mut base_us, mut base_place, mut last_off_us) = (0.0, 0.0, 0.0);
        for index in 1.. {
            let Some(heard) = log.untold(ago + index) else { break };
            let age_us = newest.start_us.since_us(heard.start_us) as f64;
            let steps = (age_us - base_us) / period_us;
            let step = steps.round();
            let place = base_place + step;
            // The past may be sparse where the present is not: it is left out then.
            let is_sparse = 2.0 * place > 3.0 * places.count as f64
                || (1.0 + self.strangers) * (places.count as f64) < index as f64;
            if index > older && (step > HOLE_MAX + 1.0 || is_sparse) {
                break;
            }
            let off_us = (steps - step).abs() * period_us;
            let is_nearer =
                index < older && place == places.last_place() && off_us < last_off_us && places.count > 1;
            if (place > places.last_place() || is_nearer) && off_us <= place_us {
                if is_nearer {
                    places.count -= 1;
                }
                if !places.add(index, place, age_us) {
                    break;
                }
                last_off_us = off_us;
                if index >= older {
                    (base_us, base_place) = (age_us, place);
                }
            }
            // Strangers that the oldest pulse leaves room for; most candidates end here after a few steps.
            let strangers = index + 1 - places.count.min(index + 1);
            if index <= older && strangers + self.members_min > older + 1 {
                return None;
            }
        }
        Some(places)
    }

    /// Fits the places, drops what is too far from its own, and asks chance.
    fn judge(
        &self,
        log: &PulseLog,
        ago: usize,
        gathered: &Places,
        listening_us: TimeUs,
        frame_us: f64,
    ) -> Option<Train> {
        let period_us = gathered.line().slope()?;
        let tolerance_us = self.tolerance_us(period_us, frame_us);
        let line = gathered.line();
        let mut kept = Places::default();
        for (index, place, age_us) in gathered.iter() {
            if (line.at(place)? - age_us).abs() <= tolerance_us {
                kept.add(index, place, age_us);
            }
        }
        // The train must end with this pulse: another one had its own search.
        let (first_index, _, _) = kept.iter().next()?;
        let (last_index, span) = (kept.last_index(), kept.last_place() as usize);
        let strangers = (last_index + 1).saturating_sub(kept.count);
        let is_train = first_index == 0
            && kept.count >= self.members_min
            && 2 * span <= 3 * (kept.count - 1).max(1)
            && strangers as f64 <= self.strangers * kept.count as f64
            && !self.is_part_of_a_faster_one(log, ago, &kept, &line, frame_us)
            && self.is_allowed(period_us, span, frame_us);
        if !is_train {
            return None;
        }
        self.with_chance(log, ago, &kept, period_us, listening_us, frame_us)
    }

    /// Whether what lies between the members would with them make a train of a half, a third or a quarter of the period.
    fn is_part_of_a_faster_one(
        &self,
        log: &PulseLog,
        ago: usize,
        kept: &Places,
        line: &Line,
        frame_us: f64,
    ) -> bool {
        let (Some(newest), Some(period_us), Some(begin_us)) = (log.ago(ago), line.slope(), line.at(0.0))
        else {
            return false;
        };
        let tolerance_us = self.tolerance_us(period_us, frame_us);
        let mut counts = [0; 3];
        for index in 0..=kept.last_index() {
            if kept.iter().any(|member| member.0 == index) {
                continue;
            }
            let Some(heard) = log.ago(ago + index) else { break };
            let age_us = newest.start_us.since_us(heard.start_us) as f64;
            let phase = ((age_us - begin_us) / period_us).rem_euclid(1.0);
            for (count, parts) in counts.iter_mut().zip([2.0, 3.0, 4.0]) {
                let place = (phase * parts).round();
                let off_us = (phase - place / parts).abs() * period_us;
                *count += usize::from(0.0 < place && place < parts && off_us <= tolerance_us);
            }
        }
        // Some of its pulses may be missing.
        counts.iter().zip(1..).any(|(count, between)| 2 * count >= between * kept.count)
    }

    fn with_chance(
        &self,
        log: &PulseLog,
        ago: usize,
        kept: &Places,
        period_us: f64,
        listening_us: TimeUs,
        frame_us: f64,
    ) -> Option<Train> {
        let mut train = Train {
            period_us,
            members: [0; MEMBERS_MAX],
            member_count: kept.count,
            follower_count: 0,
            began_us: TimeUs(0),
            snr_peak_db: f64::NEG_INFINITY,
            power_peak_dbfs: f64::NEG_INFINITY,
            false_alarm_probability: 1.0,
            ln_excess: 0.0,
        };
        let (mut snr_sum_db, mut width_us, mut unmarked) = (0.0, u32::MAX, [0; MEMBERS_MAX]);
        for (slot, (index, _, _)) in kept.iter().enumerate() {
            let heard = log.ago(ago + index)?;
            train.members[slot] = (ago + index) as u8;
            train.began_us = heard.start_us;
            train.snr_peak_db = train.snr_peak_db.max(heard.snr_db);
            train.power_peak_dbfs = train.power_peak_dbfs.max(heard.power_dbfs);
            snr_sum_db += heard.snr_db;
            width_us = width_us.min(heard.width_us);
            unmarked[slot] = if heard.is_member { 0 } else { heard.width_us };
        }
        if snr_sum_db / (kept.count as f64) < self.trigger_db {
            return None;
        }
        let span = kept.last_place();
        let background = Background {
            width_us,
            width_min_us: self.width_min_us,
            window_us: BACKGROUND_US.max((span * period_us) as u64),
        };
        let rate_hz = background.rate_hz(log, &unmarked, listening_us);
        let (ln_per_hour, ln_excess) = self.ln_chance(kept.count, span, period_us, frame_us, rate_hz);
        train.false_alarm_probability = ln_per_hour.min(0.0).exp();
        train.ln_excess = ln_excess;
        Some(train)
    }

    /// ln of the number of such trains that a background of `rate_hz` makes in an hour, and of that over what is allowed.
    fn ln_chance(&self, count: usize, span: f64, period_us: f64, frame_us: f64, rate_hz: f64) -> (f64, f64) {
        let place_us = self.place_us(period_us * std::f64::consts::SQRT_2, frame_us);
        // An octave of periods about this one, or all that are allowed if that is less.
        let octave_us = period_us * std::f64::consts::FRAC_1_SQRT_2;
        let range_us = octave_us.min(f64::from(self.sought.period_max_us - self.sought.period_min_us));
        let chance = ChanceTrain {
            member_count: count as u32,
            span_count: span as u32,
            period_range_s: (range_us + 2.0 * place_us / span) * 1e-6,
            place_s: place_us * 1e-6,
        };
        let ln_per_hour = ln_chance_trains(&chance, rate_hz) + (rate_hz * 3_600.0).ln();
        let share = (span - self.members_min as f64 + 3.0) * std::f64::consts::LN_2;
        (ln_per_hour, ln_per_hour + share - self.ln_allowed)
    }

    /// Pulses of a strong train, none missing and nothing between, that these settings ask for when nothing was heard
    /// before; `None` when no number of them is enough.
    pub fn pulses_needed(&self, period_us: f64, width_us: u32, frame_us: f64) -> Option<usize> {
        if !self.is_allowed(period_us, self.members_min - 1, 0.0) {
            return None;
        }
        (self.members_min..=MEMBERS_MAX).find(|count| {
            let span = (count - 1) as f64;
            let since_s = span * period_us * 1e-6;
            let rate_hz = prior_pulses(width_us, self.width_min_us) / (since_s + BACKGROUND_PRIOR_S);
            self.ln_chance(*count, span, period_us, frame_us, rate_hz).1 <= 0.0
        })
    }
}

/// What the background rate is asked for.
struct Background {
    /// The narrowest member: what is less than half as wide could not have taken its place.
    width_us: u32,
    /// The shortest pulse that counts.
    width_min_us: u32,
    /// How far back.
    window_us: u64,
}

impl Background {
    /// Rate of the pulses of the window that belong to no detection, nor to those of the widths `unmarked` now judged. Never
    /// under what [`BACKGROUND_PRIOR_S`] allows: a short silence does not prove a quiet channel.
    fn rate_hz(&self, log: &PulseLog, unmarked: &[u32], listening_us: TimeUs) -> f64 {
        let prior = prior_pulses(self.width_us, self.width_min_us);
        let Some(newest) = log.ago(0) else { return prior / BACKGROUND_PRIOR_S };
        let is_alike = |width_us: u32| 2 * u64::from(width_us) >= u64::from(self.width_us);
        let candidates = unmarked.iter().filter(|width_us| **width_us > 0 && is_alike(**width_us)).count();
        let (mut strangers, mut seen, mut oldest_us) = (0usize, 0, newest.start_us);
        let recent = |heard: &&Heard| newest.start_us.since_us(heard.start_us) <= self.window_us;
        for heard in log.newest_first().take_while(recent) {
            strangers += usize::from(!heard.is_member && is_alike(heard.width_us));
            seen += 1;
            oldest_us = heard.start_us;
        }
        let is_whole = seen < crate::limits::PATTERN_PULSES_MAX;
        let since = if is_whole {
            newest.start_us.since_us(listening_us).min(self.window_us)
        } else {
            newest.start_us.since_us(oldest_us)
        };
        let since_s = (since as f64 * 1e-6).max(1e-3);
        let strangers = strangers.saturating_sub(candidates) as f64;
        let plain_hz = if strangers >= 3.0 { strangers / since_s } else { 0.0 };
        // One that is there is as good as its like to come.
        let prior = if strangers > 0.0 { 1.0 } else { prior };
        plain_hz.max((strangers + prior) / (since_s + BACKGROUND_PRIOR_S))
    }
}

/// Pulses of this width that are taken as heard in [`BACKGROUND_PRIOR_S`].
fn prior_pulses(width_us: u32, width_min_us: u32) -> f64 {
    (f64::from(width_min_us) / f64::from(width_us.max(1))).min(1.0)
}

/// Members found: (pulses back from the newest, place back from the newest, age in µs).
#[derive(Copy, Clone)]
struct Places {
    at: [(usize, f64, f64); MEMBERS_MAX],
    count: usize,
}

impl Default for Places {
    fn default() -> Places {
        Places { at: [(0, 0.0, 0.0); MEMBERS_MAX], count: 0 }
    }
}

impl Places {
    /// `false` when there is no room.
    fn add(&mut self, index: usize, place: f64, age_us: f64) -> bool {
        if self.count == MEMBERS_MAX {
            return false;
        }
        self.at[self.count] = (index, place, age_us);
        self.count += 1;
        true
    }

    fn iter(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        self.at[..self.count].iter().copied()
    }

    fn last_place(&self) -> f64 {
        self.at[..self.count].last().map_or(-1.0, |at| at.1)
    }

    fn last_index(&self) -> usize {
        self.at[..self.count].last().map_or(0, |at| at.0)
    }

    fn line(&self) -> Line {
        let mut line = Line::default();
        self.iter().for_each(|(_, place, age_us)| line.add(place, age_us));
        line
    }
}

#[cfg(test)]
#[path = "train/tests.rs"]
mod tests;
