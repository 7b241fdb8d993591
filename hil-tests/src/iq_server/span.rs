//! The stream's place in time: which poses the samples asked for lie between.
//!
//! Samples are due when they are asked for, so the end of the first ones is the newest pose's time; from then on the
//! count of samples is the clock, and lost samples are time that passed. A clock that is further than a quarter of a
//! second from the poses' (the rig was held up, or began anew) is set again.

use super::request::Take;
use crate::truth::TruePose;
use crate::world::iq::between;

/// How far samples and poses may be apart.
const APART_US: f64 = 250_000.0;
/// How far a pose is carried on by its own velocity when samples are newer than it.
const AHEAD_US: u64 = 100_000;

/// The stream's place in time.
#[derive(Copy, Clone, Debug, Default)]
pub struct StreamTime {
    /// The sample expected next, and its time; none before the first.
    next: Option<(u64, f64)>,
    /// Where the aircraft was at that time.
    last: TruePose,
}

impl StreamTime {
    /// Poses at the first sample of `take` and behind its last, with the newest pose known.
    pub fn span(&mut self, take: &Take, newest: &TruePose) -> (TruePose, TruePose) {
        let us = |samples: u64| samples as f64 * 1e6 / take.tuning.rate_sps;
        let long_us = us(take.count as u64);
        let due_us = (newest.at_us as f64 - long_us).max(0.0);
        let (start_us, goes_on) = match self.next {
            Some((next, at_us)) if take.from >= next => {
                let start_us = at_us + us(take.from - next);
                if (start_us - due_us).abs() <= APART_US { (start_us, true) } else { (due_us, false) }
            }
            _ => (due_us, false),
        };
        let from = if goes_on {
            self.at(start_us, newest)
        } else {
            newest.carried(start_us.round() as u64, AHEAD_US)
        };
        self.last = from;
        let to = self.at(start_us + long_us, newest);
        self.next = Some((take.from + take.count as u64, start_us + long_us));
        self.last = to;
        (from, to)
    }

    /// The pose at `at_us`, not before the last one given.
    fn at(&self, at_us: f64, newest: &TruePose) -> TruePose {
        let (last_us, newest_us) = (self.last.at_us as f64, newest.at_us as f64);
        if at_us >= newest_us || newest_us <= last_us {
            return newest.carried(at_us.round() as u64, AHEAD_US);
        }
        TruePose {
            at_us: at_us as u64,
            ..between(&self.last, newest, (at_us - last_us) / (newest_us - last_us))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::Form;
    use crate::world::iq::{Gain, Tuning};
    use skyhound::signal::SampleFormat;

    /// North at 10 m/s since time 0.
    fn pose(at_us: u64) -> TruePose {
        TruePose { at_us, north_m: at_us as f64 * 1e-5, north_mps: 10.0, ..TruePose::default() }
    }

    /// `count` samples of a microsecond each.
    fn take(from: u64, count: usize) -> Take {
        let tuning = Tuning { rate_sps: 1e6, center_hz: 433.92e6, gain: Gain::Fixed(0.0) };
        Take { from, count, tuning, form: Form::of(SampleFormat::Cs8) }
    }

    #[test]
    fn samples_are_of_where_the_aircraft_was_at_their_time() {
        // Takes of 5 ms: from which sample, with which newest pose, and the time that the first must have, ms.
        let streams: [&[(u64, u64, u64)]; 3] = [
            // However seldom it is seen: the pose is 10 ms apart, so samples go ahead of it and the next fall behind; then
            // some are fetched late, in one go, and are of the past.
            &[
                (0, 1_000, 995),
                (5, 1_000, 1_000),
                (10, 1_010, 1_005),
                (15, 1_030, 1_010),
                (20, 1_030, 1_015),
                (25, 1_030, 1_020),
            ],
            // Lost samples are time that passed.
            &[(0, 1_000, 995), (55, 1_055, 1_050)],
            // A stream that begins anew is of now, as is that of a rig that was held up, or jumped.
            &[(0, 1_000, 995), (0, 9_000, 8_995), (5, 20_000, 19_995)],
        ];
        for takes in streams {
            let mut time = StreamTime::default();
            for (from_ms, pose_ms, start_ms) in takes {
                let span = time.span(&take(from_ms * 1_000, 5_000), &pose(pose_ms * 1_000));
                for (pose, at_us) in [(span.0, start_ms * 1_000), (span.1, start_ms * 1_000 + 5_000)] {
                    assert_eq!(pose.at_us, at_us, "{takes:?}");
                    assert!((pose.north_m - at_us as f64 * 1e-5).abs() < 1e-4, "{pose:?}");
                }
            }
        }
    }

    #[test]
    fn an_aircraft_that_stands_still_in_time_is_left_where_it_is() {
        let mut time = StreamTime::default();
        for n in 0..40 {
            let (from, to) = time.span(&take(n * 5_000, 5_000), &pose(1_000_000));
            assert!(to.at_us - from.at_us == 5_000);
            assert!(to.north_m <= 11.01, "{to:?}");
        }
    }
}
