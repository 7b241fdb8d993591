//! Several pulses per period: a tag that sends a code. Of each group the first pulse leads, and the leads are the train.
//!
//! Groups show in the gaps between pulses: sorted, those within a group and those between groups are far apart
//! ([`GAP_RATIO_MIN`]), (nearly) every group has the same count of pulses, and its second pulse comes as long after the first.
//!
//! An even train with fades has groups too. It may be one where (nearly) all gaps are whole multiples of the one within
//! groups, of up to [`HOLE_MAX`]. A code may be so as well, but it repeats itself to the pulse, and fades do not: that the
//! next group has the same s pulses and h places follow it has a chance of 1/(2·s·h) at most, whatever the fades, as long as
//! their lengths differ. How often a code must repeat itself follows from that ([`REPEATS_NATS`]).
//!
//! What is left is [`TrainSearch`] over the leads, with its chance. Cost: a sort of 32 gaps and a copy of the pulses.

use super::pulses::PulseLog;
use super::train::{Train, TrainSearch};
use crate::limits::PATTERN_PULSES_MAX;
use crate::time::TimeUs;

/// Newest gaps that are looked at.
const GAPS_MAX: usize = 32;
/// The shortest gap between groups is this many times the longest within one.
const GAP_RATIO_MIN: f64 = 2.0;
/// How far the second pulse may be from its place, as a share of its distance; two FFT frames at least.
const OFFSET_SHARE: f64 = 0.05;
/// How far a gap may be from a whole multiple of the one within groups, as a share of that.
const MULTIPLE_SHARE: f64 = 0.25;
/// A gap of more places than this in every group is no fade of an even train.
const HOLE_MAX: f64 = 10.0;
/// −ln of the chance that fades repeat themselves so often. Reckoned over all lengths of groups, with fades of 1 to 6 pulses or
/// of one: fewer than one group in 100 000 begins such a row.
const REPEATS_NATS: f64 = 10.0;

/// A coded train.
#[derive(Copy, Clone, Debug)]
pub struct Coded {
    /// The train of the leads; its members count back in the log of all pulses.
    pub train: Train,
    /// What comes within this after a pulse belongs to its group, µs.
    pub gap_us: u64,
}

/// The search and its memory.
#[derive(Default)]
pub struct CodeSearch {
    leads: PulseLog,
}

impl CodeSearch {
    /// The coded train that ends with the newest group of `log`.
    pub fn search(
        &mut self,
        log: &PulseLog,
        search: &TrainSearch,
        listening_us: TimeUs,
        frame_us: f64,
    ) -> Option<Coded> {
        let spacing = Spacing::of(log, search.members_min(), frame_us)?;
        let gap_us = spacing.gap_us;
        let (mut places, mut count) = ([0_u8; PATTERN_PULSES_MAX], 0);
        let mut groups = Groups::new(spacing.even_us);
        self.leads.restart();
        // Oldest first: what the log takes.
        for ago in (0..PATTERN_PULSES_MAX).rev() {
            let Some(heard) = log.untold(ago) else { continue };
            let before = log.ago(ago + 1);
            if before.is_some_and(|before| heard.start_us.since_us(before.start_us) <= gap_us) {
                groups.follow();
                continue;
            }
            self.leads.push(*heard);
            (places[count], count) = (ago as u8, count + 1);
            groups.lead(heard.start_us);
            let second = ago.checked_sub(1).and_then(|later| log.ago(later));
            let second_us = second.map(|second| second.start_us.since_us(heard.start_us));
            if let Some(second_us) = second_us.filter(|second_us| *second_us <= gap_us) {
                groups.second(second_us as f64, frame_us);
            }
        }
        if !groups.are_a_code() {
            return None;
        }
        let mut train = search.search(&self.leads, 0, listening_us, frame_us)?;
        for member in &mut train.members[..train.member_count] {
            *member = places[count - 1 - usize::from(*member)];
        }
        Some(Coded { train, gap_us })
    }
}

/// The groups from the oldest on. The oldest may have begun before anything was heard, and the newest may have only begun.
struct Groups {
    sizes: [u8; PATTERN_PULSES_MAX],
    count: usize,
    lead_us: TimeUs,
    /// How long after the first the second pulse comes, µs, and in how many groups it does.
    second_us: Option<f64>,
    alike: usize,
    /// Of places that are those of an even train: their distance, µs.
    even_us: Option<f64>,
    /// The newest whole groups that repeat one another: pulses and places of each, and how often it was repeated.
    repeated: (u8, f64),
    repeats: usize,
}

impl Groups {
    fn new(even_us: Option<f64>) -> Groups {
        Groups {
            sizes: [0; PATTERN_PULSES_MAX],
            count: 0,
            lead_us: TimeUs(0),
            second_us: None,
            alike: 0,
            even_us,
            repeated: (0, 0.0),
            repeats: 0,
        }
    }

    fn follow(&mut self) {
        if let Some(newest) = self.count.checked_sub(1) {
            self.sizes[newest] = self.sizes[newest].saturating_add(1);
        }
    }

    /// A group begins: the one before it is whole.
    fn lead(&mut self, start_us: TimeUs) {
        if let (Some(even_us), Some(newest)) = (self.even_us, self.count.checked_sub(1)) {
            let places = (start_us.since_us(self.lead_us) as f64 / even_us).round();
            let group = (self.sizes[newest], places);
            self.repeats = if group == self.repeated { self.repeats + 1 } else { 0 };
            self.repeated = group;
        }
        self.lead_us = start_us;
        self.sizes[self.count] = 1;
        self.count += 1;
    }

    fn second(&mut self, after_us: f64, frame_us: f64) {
        let place_us = *self.second_us.get_or_insert(after_us);
        let slack_us = (OFFSET_SHARE * place_us).max(2.0 * frame_us);
        self.alike += usize::from((after_us - place_us).abs() <= slack_us);
    }

    fn are_a_code(&self) -> bool {
        let Some((newest, whole)) = self.sizes[..self.count].split_last() else { return false };
        // The newest may have only begun.
        let told = self.count - usize::from(*newest == 1);
        if 3 * self.alike < 2 * told.max(2) {
            return false;
        }
        match self.even_us {
            None => most_are_of_one_size(whole),
            Some(_) => *newest <= self.repeated.0 && self.is_no_chance(),
        }
    }

    fn is_no_chance(&self) -> bool {
        let (size, places) = (f64::from(self.repeated.0), self.repeated.1);
        let nats = (2.0 * size * (places - size).max(1.0)).ln();
        self.repeats as f64 * nats >= REPEATS_NATS
    }
}

/// Whether two in three have the median's count of pulses; the oldest may lack some.
fn most_are_of_one_size(whole: &[u8]) -> bool {
    let (mut sorted, count) = ([0; PATTERN_PULSES_MAX], whole.len());
    sorted[..count].copy_from_slice(whole);
    let sorted = &mut sorted[..count];
    sorted.sort_unstable();
    let Some(median) = sorted.get(count / 2).copied() else { return false };
    let is_cut = whole[0] < median;
    let alike = whole.iter().filter(|size| **size == median).count();
    alike >= 2 && 3 * alike >= 2 * (count - usize::from(is_cut))
}

/// What the gaps between pulses tell.
struct Spacing {
    /// A time between the longest gap within a group and the shortest between groups, µs.
    gap_us: u64,
    /// Where (nearly) all gaps are whole multiples of one: that, µs.
    even_us: Option<f64>,
}

impl Spacing {
    /// `None` where there are no groups.
    fn of(log: &PulseLog, members_min: usize, frame_us: f64) -> Option<Spacing> {
        let (mut gaps, mut count) = ([0_u64; GAPS_MAX], 0);
        while let (true, Some(later), Some(earlier)) =
            (count < GAPS_MAX, log.untold(count), log.untold(count + 1))
        {
            gaps[count] = later.start_us.since_us(earlier.start_us).max(1);
            count += 1;
        }
        let gaps = &mut gaps[..count];
        gaps.sort_unstable();
        let ratio = |at: usize| gaps[at] as f64 / gaps[at - 1] as f64;
        // As many gaps between groups as a train of leads has.
        let most = count.checked_sub(members_min - 1)?;
        let at = (1..=most.min(count.saturating_sub(1))).max_by(|a, b| ratio(*a).total_cmp(&ratio(*b)))?;
        (ratio(at) >= GAP_RATIO_MIN).then(|| Spacing {
            gap_us: (gaps[at - 1] as f64 * gaps[at] as f64).sqrt() as u64,
            even_us: even_us(&gaps[..at], &gaps[at..], frame_us),
        })
    }
}

/// The distance of the places of an even train on which (nearly) all pulses may lie, from the sorted gaps, µs.
fn even_us(within: &[u64], between: &[u64], frame_us: f64) -> Option<f64> {
    // A stranger makes shorter ones.
    let typical_us = within[within.len() / 4] as f64;
    let slack_us = (MULTIPLE_SHARE * typical_us).max((2.0 * frame_us).min(0.49 * typical_us));
    let of_one = within.iter().map(|gap| *gap as f64).filter(|gap| (gap - typical_us).abs() <= slack_us);
    let (sum, count) = of_one.fold((0.0, 0.0), |(sum, count), gap| (sum + gap, count + 1.0));
    let even_us = sum / f64::max(count, 1.0);
    let are_multiples = |gaps: &[u64]| {
        let is_multiple = |gap: &&u64| {
            let steps = (**gap as f64 / even_us).round();
            steps >= 1.0 && (**gap as f64 - steps * even_us).abs() <= slack_us
        };
        4 * gaps.iter().filter(is_multiple).count() >= 3 * gaps.len()
    };
    let may_be = between[0] as f64 <= HOLE_MAX * even_us && are_multiples(within) && are_multiples(between);
    may_be.then_some(even_us)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::pulses::Heard;
    use crate::analytics::random::Random;
    use crate::config::PulseTrain;

    const WIDE: PulseTrain = PulseTrain {
        period_min_us: 20_000,
        period_max_us: 2_000_000,
        jitter_ratio_max: 0.1,
        pulses_min: 3,
        pattern: crate::config::Pattern::SINGLE,
    };

    fn found(starts_us: impl IntoIterator<Item = u64>) -> Option<Coded> {
        let mut log = PulseLog::default();
        for start_us in starts_us {
            let start_us = TimeUs(start_us);
            log.push(Heard {
                start_us,
                width_us: 20_000,
                snr_db: 25.0,
                power_dbfs: -60.0,
                ..Heard::default()
            });
        }
        let search = TrainSearch::new(WIDE, 2_000, 12.0, 0.05);
        CodeSearch::default().search(&log, &search, TimeUs(0), 1_000.0)
    }

    #[test]
    fn groups_of_pulses_are_one_train_of_their_first() {
        for code in [&[0, 100_000][..], &[0, 100_000, 200_000], &[0, 40_000, 130_000, 180_000]] {
            let starts =
                (0..5).flat_map(|place| code.iter().map(move |at| 1_000_000 + place * 1_300_000 + at));
            let coded = found(starts).unwrap_or_else(|| panic!("{code:?}"));
            assert!((coded.train.period_us - 1.3e6).abs() < 1.0, "{code:?}: {coded:?}");
            assert_eq!((coded.train.member_count, coded.train.began_us), (5, TimeUs(1_000_000)));
        }
    }

    #[test]
    fn an_even_train_with_fades_is_no_code() {
        let search = TrainSearch::new(WIDE, 2_000, 12.0, 0.05);
        let (mut codes, mut told) = (CodeSearch::default(), Vec::new());
        for seed in 0..300_u32 {
            let mut random = Random::seeded(u64::from(seed));
            let (fades, singles) = (random.between(0.05, 0.4), f64::from(seed % 3) / 2.5);
            let (mut log, mut at_us) = (PulseLog::default(), 1_000_000);
            for _ in 0..150 {
                at_us += 100_000;
                if random.unit() < fades {
                    let is_single = random.unit() < singles;
                    let missing = if is_single { 1.0 } else { random.between(0.0, 6.0).ceil() };
                    at_us += 100_000 * missing as u64;
                }
                let start_us = TimeUs(at_us + random.between(0.0, 2_000.0) as u64);
                let heard = Heard { start_us, width_us: 20_000, snr_db: 25.0, ..Heard::default() };
                log.push(Heard { power_dbfs: -60.0, ..heard });
                let coded = codes.search(&log, &search, TimeUs(0), 1_000.0);
                told.extend(coded.map(|coded| (seed, coded.train.period_us)));
            }
        }
        assert!(told.is_empty(), "{told:?}");
    }

    #[test]
    fn groups_that_lack_a_pulse_here_and_there_are_a_code() {
        let groups = (0..12_u64).flat_map(|place| [0, 100_000, 230_000].map(|at| (place, at)));
        let heard = groups.filter(|(place, at)| place % 5 != 3 || *at != 230_000);
        let coded = found(heard.map(|(place, at)| 1_000_000 + place * 1_300_000 + at)).expect("a code");
        assert!((coded.train.period_us - 1.3e6).abs() < 1.0, "{coded:?}");
    }

    #[test]
    fn what_has_no_groups_is_none() {
        assert!(found((0..20).map(|place| 1_000_000 + place * 100_000)).is_none(), "an even train");
        let holes = (0..30).filter(|place| place % 7 < 4).map(|place| 1_000_000 + place * 60_000);
        let found_in_holes = found(holes);
        assert!(found_in_holes.is_none_or(|coded| (coded.train.period_us - 420_000.0).abs() < 1.0));
        let mut random = Random::seeded(5);
        let mut told = 0;
        for _ in 0..200 {
            let mut at_us = 1e6;
            let starts: Vec<u64> = (0..60)
                .map(|_| {
                    at_us += 25_000.0 + random.exponential() * 3e5;
                    at_us as u64
                })
                .collect();
            told += u32::from(found(starts).is_some());
        }
        assert_eq!(told, 0, "Poisson pulses");
    }
}
