//! Several pulses per period: a tag that sends a code. Of each group the first pulse leads, and the leads are the train.
//!
//! Groups show in the gaps between pulses: sorted, those within a group and those between groups are far apart
//! ([`GAP_RATIO_MIN`]), and the second pulse comes as long after the first in (nearly) every group. An even train has no such
//! jump, holes in one make groups that differ, and noise has neither.
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
        let gap_us = gap_us(log, search.members_min())?;
        let (mut places, mut count) = ([0_u8; PATTERN_PULSES_MAX], 0);
        let (mut alike, mut groups, mut offset_us) = (0, 0, None);
        self.leads.restart();
        // Oldest first: what the log takes.
        for ago in (0..PATTERN_PULSES_MAX).rev() {
            let Some(heard) = log.untold(ago) else { continue };
            let before = log.ago(ago + 1);
            if before.is_some_and(|before| heard.start_us.since_us(before.start_us) <= gap_us) {
                continue;
            }
            self.leads.push(*heard);
            (places[count], count) = (ago as u8, count + 1);
            let second = ago.checked_sub(1).and_then(|later| log.ago(later));
            let second_us = second.map(|second| second.start_us.since_us(heard.start_us) as f64);
            if let Some(second_us) = second_us.filter(|second_us| *second_us <= gap_us as f64) {
                let place_us = *offset_us.get_or_insert(second_us);
                let slack_us = (OFFSET_SHARE * place_us).max(2.0 * frame_us);
                alike += usize::from((second_us - place_us).abs() <= slack_us);
            }
            // The newest group may only have begun.
            groups += usize::from(ago > 0);
        }
        if 3 * alike < 2 * groups.max(2) {
            return None;
        }
        let mut train = search.search(&self.leads, 0, listening_us, frame_us)?;
        for member in &mut train.members[..train.member_count] {
            *member = places[count - 1 - usize::from(*member)];
        }
        Some(Coded { train, gap_us })
    }
}

/// A time between the longest gap within a group and the shortest between groups, µs; `None` where there are no groups.
fn gap_us(log: &PulseLog, members_min: usize) -> Option<u64> {
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
    (ratio(at) >= GAP_RATIO_MIN).then(|| ((gaps[at - 1] as f64 * gaps[at] as f64).sqrt()) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::pulses::Heard;
    use crate::analytics::random::Random;
    use crate::config::PulseTrain;

    const WIDE: PulseTrain =
        PulseTrain { period_min_us: 20_000, period_max_us: 2_000_000, jitter_ratio_max: 0.1, pulses_min: 3 };

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
