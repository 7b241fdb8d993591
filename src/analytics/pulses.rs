//! The last pulses of a channel, and the pattern of those that fall into a train.
//!
//! Kept are pulses whose start and end were seen and whose width is one the settings allow: what was cut (by a gap, or at
//! the longest width, as a continuous carrier is) says nothing about a train. Times are µs; the period is the
//! least-squares slope of start over place in the train, the jitter the residuals' deviation (n − 2 degrees of freedom).

use crate::config::ChannelConfig;
use crate::facts::Pattern;
use crate::limits::PATTERN_PULSES_MAX;
use crate::signal::{Flags, Pulse};
use crate::time::TimeUs;

/// A pulse as kept.
#[derive(Copy, Clone, Debug, Default)]
pub struct Heard {
    /// When it began.
    pub start_us: TimeUs,
    /// Its width.
    pub width_us: u32,
    /// Mean power over the floor it stood on, dB.
    pub snr_db: f64,
    /// Its mean power, dBFS.
    pub power_dbfs: f64,
    /// It belongs to a detection.
    pub is_member: bool,
    /// It follows the first of its group (see `code`).
    pub is_follower: bool,
}

impl Heard {
    /// `None` when it says nothing about a train.
    pub fn from_pulse(pulse: &Pulse, channel: &ChannelConfig) -> Option<Heard> {
        let unseen = Flags::START_UNSEEN.with(Flags::END_UNSEEN).with(Flags::UNUSABLE);
        let allowed = (channel.pulse_width_min_us..channel.pulse_width_max_us.saturating_add(1))
            .contains(&pulse.width_us);
        (allowed && !pulse.flags.any(unseen)).then(|| Heard {
            start_us: pulse.start_us,
            width_us: pulse.width_us,
            snr_db: pulse.mean.db() - pulse.floor.db(),
            power_dbfs: pulse.mean.db(),
            ..Heard::default()
        })
    }

    /// When it ended.
    pub fn end_us(&self) -> TimeUs {
        self.start_us.plus_us(u64::from(self.width_us))
    }
}

/// A ring of the last [`PATTERN_PULSES_MAX`] pulses, in order of their start.
pub struct PulseLog {
    ring: Box<[Heard]>,
    total: u64,
    /// Pulses that began up to here were told of by a detection that has ended.
    told_us: Option<TimeUs>,
}

impl Default for PulseLog {
    fn default() -> PulseLog {
        PulseLog {
            ring: vec![Heard::default(); PATTERN_PULSES_MAX].into_boxed_slice(),
            total: 0,
            told_us: None,
        }
    }
}

impl PulseLog {
    /// Appends a pulse; `false` (and nothing done) when it begins before the newest one.
    pub fn push(&mut self, heard: Heard) -> bool {
        if self.ago(0).is_some_and(|newest| heard.start_us < newest.start_us) {
            return false;
        }
        self.ring[(self.total % PATTERN_PULSES_MAX as u64) as usize] = heard;
        self.total += 1;
        true
    }

    /// The newest pulse but `index`.
    pub fn ago(&self, index: usize) -> Option<&Heard> {
        let slot = self.slot(index)?;
        Some(&self.ring[slot])
    }

    /// The same, if it may still be evidence of a detection.
    pub fn untold(&self, index: usize) -> Option<&Heard> {
        self.ago(index).filter(|heard| self.told_us.is_none_or(|told_us| heard.start_us > told_us))
    }

    /// A detection ended at `until`: the pulses up to then are evidence of no other.
    pub fn forget(&mut self, until: TimeUs) {
        self.told_us = self.told_us.max(Some(until));
    }

    /// Forgets all pulses.
    pub fn restart(&mut self) {
        (self.total, self.told_us) = (0, None);
    }

    /// Says that the newest pulse but `index` belongs to a detection.
    pub fn mark(&mut self, index: usize) {
        self.mark_as(index, false);
    }

    /// The same of the first of a group, or of one that follows it.
    pub fn mark_as(&mut self, index: usize, is_follower: bool) {
        if let Some(slot) = self.slot(index) {
            (self.ring[slot].is_member, self.ring[slot].is_follower) = (true, is_follower);
        }
    }

    /// Newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Heard> {
        (0..PATTERN_PULSES_MAX).map_while(|index| self.ago(index))
    }

    /// Pattern of the pulses that began after `after_us`; with `period_us` (about) known, that of the train's members.
    pub fn pattern(&self, after_us: Option<TimeUs>, members_only: bool, period_us: Option<f64>) -> Pattern {
        let inside = || {
            self.newest_first()
                .take_while(|heard| after_us.is_none_or(|after| heard.start_us > after))
                .filter(|heard| heard.is_member || !members_only)
        };
        let mut widths = [0u32; PATTERN_PULSES_MAX];
        let mut count = 0;
        for (slot, heard) in widths.iter_mut().zip(inside()) {
            *slot = heard.width_us;
            count += 1;
        }
        if count == 0 {
            return Pattern::default();
        }
        let (_, median, _) = widths[..count].select_nth_unstable((count - 1) / 2);
        let mut pattern =
            Pattern { pulse_count: count as u16, width_us: Some(*median), ..Pattern::default() };
        if let Some(period_us) = period_us {
            let mut line = Line::default();
            let (mut place, mut later) = (0.0, None);
            for heard in inside().filter(|heard| heard.is_member && !heard.is_follower) {
                let later_us = *later.get_or_insert(heard.start_us);
                let interval_us = later_us.since_us(heard.start_us) as f64;
                let steps = (interval_us / period_us).round();
                if steps >= 1.0 {
                    let each_us = (interval_us / steps).round() as u32;
                    let (low, high) = pattern.period_span_us.unwrap_or((each_us, each_us));
                    pattern.period_span_us = Some((low.min(each_us), high.max(each_us)));
                }
                place -= steps;
                later = Some(heard.start_us);
                let newest = self.ago(0).map_or(heard.start_us, |newest| newest.start_us);
                line.add(place, -(newest.since_us(heard.start_us) as f64));
            }
            pattern.period_us = line.slope();
            pattern.jitter_us = line.deviation();
        }
        pattern
    }

    fn slot(&self, index: usize) -> Option<usize> {
        let kept = self.total.min(PATTERN_PULSES_MAX as u64);
        let index = index as u64;
        (index < kept).then(|| ((self.total - 1 - index) % PATTERN_PULSES_MAX as u64) as usize)
    }
}

/// A least-squares line, from running sums about the first point.
#[derive(Copy, Clone, Default)]
pub struct Line {
    n: f64,
    origin: Option<(f64, f64)>,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Line {
    /// A point.
    pub fn add(&mut self, x: f64, y: f64) {
        let (x0, y0) = *self.origin.get_or_insert((x, y));
        let (x, y) = (x - x0, y - y0);
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.xy += x * y;
        self.yy += y * y;
    }

    /// Slope; `None` when there is only one x.
    pub fn slope(&self) -> Option<f64> {
        let spread = self.n * self.xx - self.x * self.x;
        (spread > 0.0).then(|| (self.n * self.xy - self.x * self.y) / spread)
    }

    /// The line's value at `x`; `None` when there is only one x.
    pub fn at(&self, x: f64) -> Option<f64> {
        let (x0, y0) = self.origin?;
        let slope = self.slope()?;
        Some(y0 + self.y / self.n + slope * (x - x0 - self.x / self.n))
    }

    /// Standard deviation of the points about the line; `None` of fewer than three.
    pub fn deviation(&self) -> Option<f64> {
        if self.n < 3.0 {
            return None;
        }
        let slope = self.slope()?;
        let explained = slope * (self.xy - self.x * self.y / self.n);
        let rest = self.yy - self.y * self.y / self.n - explained;
        Some((rest.max(0.0) / (self.n - 2.0)).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::random::Random;

    fn log_of(starts: impl IntoIterator<Item = (u64, u32)>) -> PulseLog {
        let mut log = PulseLog::default();
        for (start, width_us) in starts {
            let start_us = TimeUs(start);
            let heard = Heard { start_us, width_us, snr_db: 20.0, is_member: true, ..Heard::default() };
            assert!(log.push(heard));
        }
        log
    }

    #[test]
    fn a_known_train_with_holes_has_its_period_width_and_jitter() {
        let mut random = Random::seeded(4);
        let places = (0..200u64).filter(|i| i % 7 != 3);
        let log = log_of(places.map(|i| {
            let start = 5e9 + i as f64 * 1_000_250.0 + 2_000.0 * random.normal();
            (start as u64, 20_000 + (i % 3) as u32)
        }));
        let pattern = log.pattern(None, true, Some(1_000_000.0));
        assert_eq!((pattern.pulse_count, pattern.width_us), (171, Some(20_001)));
        // Sigma of the slope: 2000/sqrt(171·200²/12) = 2.6 µs; of the jitter 2000/sqrt(2·169) = 109 µs.
        assert!((pattern.period_us.unwrap() - 1_000_250.0).abs() < 10.0, "{pattern:?}");
        assert!((pattern.jitter_us.unwrap() - 2_000.0).abs() < 400.0, "{pattern:?}");
    }

    #[test]
    fn keeps_the_newest_and_only_those_in_order() {
        let mut log = log_of((0..1_000).map(|i| (i * 100, 10)));
        assert_eq!(log.newest_first().count(), PATTERN_PULSES_MAX);
        assert_eq!(log.ago(255).unwrap().start_us, TimeUs(74_400));
        let early = Heard { start_us: TimeUs(5), ..*log.ago(0).unwrap() };
        assert!(!log.push(early));
        assert_eq!(log.pattern(Some(TimeUs(99_400)), false, None).pulse_count, 5);
        assert_eq!(PulseLog::default().pattern(None, false, Some(1.0)), Pattern::default());
    }
}
