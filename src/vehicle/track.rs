//! The aircraft's poses of the last seconds, so that a reading gets the pose of its own moment.

use super::{Attitude, Position};
use crate::geo::{Wgs84, wrap_pi};
use crate::time::{Aged, TimeUs};

/// Positions kept: 6 s at 10 Hz, 1.2 s at 50 Hz.
const TRACK_POSITIONS: usize = 64;
/// Two positions further apart than this are not interpolated between. A recorded flight's positions came every 0.9 s, one
/// in twenty 1.5 s to 3 s apart; braking at 2.5 m/s², a line across 3 s is 2.8 m off at the most (a·t²/8).
pub const TRACK_GAP_MAX_US: u64 = 3_000_000;

/// Where the aircraft was at one moment, interpolated linearly between the positions received before and after it.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pose {
    /// Where.
    pub place: Wgs84,
    /// Altitude above home.
    pub alt_rel_m: f64,
    /// How it lay; `None` when no attitude was near.
    pub attitude: Option<Attitude>,
    /// Time between the two positions, a measure of how much is interpolated.
    pub gap_us: u32,
}

/// What [`Track::at`] found.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Placing {
    /// The pose of that moment.
    At(Pose),
    /// No later position has come yet; ask again.
    NotYet,
    /// There is none, and none will come: before the first position, or in a gap.
    Nowhere,
}

#[derive(Copy, Clone, Debug)]
struct Sample {
    at: TimeUs,
    position: Position,
    attitude: Option<Attitude>,
}

/// A ring of the last positions.
#[derive(Clone, Debug)]
pub struct Track {
    samples: [Option<Sample>; TRACK_POSITIONS],
    next: usize,
}

impl Default for Track {
    fn default() -> Track {
        Track { samples: [None; TRACK_POSITIONS], next: 0 }
    }
}

impl Track {
    /// Takes a position, once per `received_us`; repeats and older ones change nothing.
    pub fn push(&mut self, position: &Aged<Position>, attitude: Option<&Aged<Attitude>>) {
        if self.newest().is_some_and(|newest| newest.at >= position.received_us) {
            return;
        }
        let attitude =
            attitude.filter(|a| a.received_us.0.abs_diff(position.received_us.0) <= 500_000).map(|a| a.value);
        let sample = Sample { at: position.received_us, position: position.value, attitude };
        self.samples[self.next] = Some(sample);
        self.next = (self.next + 1) % TRACK_POSITIONS;
    }

    fn newest(&self) -> Option<Sample> {
        self.samples[(self.next + TRACK_POSITIONS - 1) % TRACK_POSITIONS]
    }

    /// The pose at `at`, as known `now`. After [`TRACK_GAP_MAX_US`] without a position nothing is waited for.
    pub fn at(&self, at: TimeUs, now: TimeUs) -> Placing {
        let Some(newest) = self.newest() else { return Placing::Nowhere };
        if at > newest.at {
            let comes = now.since_us(newest.at) <= TRACK_GAP_MAX_US;
            return if comes { Placing::NotYet } else { Placing::Nowhere };
        }
        let mut after = newest;
        for back in 2..=TRACK_POSITIONS {
            let index = (self.next + 2 * TRACK_POSITIONS - back) % TRACK_POSITIONS;
            let Some(before) = self.samples[index] else { break };
            if before.at <= at {
                return between(&before, &after, at);
            }
            after = before;
        }
        if after.at == at { between(&after, &after, at) } else { Placing::Nowhere }
    }
}

fn between(before: &Sample, after: &Sample, at: TimeUs) -> Placing {
    let gap_us = after.at.since_us(before.at);
    if gap_us > TRACK_GAP_MAX_US {
        return Placing::Nowhere;
    }
    let share = if gap_us == 0 { 0.0 } else { at.since_us(before.at) as f64 / gap_us as f64 };
    let mix = |a: f64, b: f64| a + (b - a) * share;
    let (a, b) = (&before.position, &after.position);
    let lon_step_deg = wrap_pi((b.place.lon_deg - a.place.lon_deg).to_radians()).to_degrees();
    let turned = |a: f64, b: f64| wrap_pi(a + wrap_pi(b - a) * share);
    let attitude = match (before.attitude, after.attitude) {
        (Some(a), Some(b)) => Some(Attitude {
            roll_rad: turned(a.roll_rad, b.roll_rad),
            pitch_rad: turned(a.pitch_rad, b.pitch_rad),
            yaw_rad: turned(a.yaw_rad, b.yaw_rad),
            yaw_rate_rad_s: mix(a.yaw_rate_rad_s, b.yaw_rate_rad_s),
        }),
        (attitude, None) | (None, attitude) => attitude,
    };
    Placing::At(Pose {
        place: Wgs84 {
            lat_deg: mix(a.place.lat_deg, b.place.lat_deg),
            lon_deg: a.place.lon_deg + lon_step_deg * share,
        },
        alt_rel_m: mix(a.alt_rel_m, b.alt_rel_m),
        attitude,
        gap_us: gap_us as u32,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(at_us: u64, lat_deg: f64) -> Aged<Position> {
        let place = Wgs84 { lat_deg, lon_deg: 8.0 };
        let still = Position {
            place,
            alt_amsl_m: 400.0,
            alt_rel_m: 30.0,
            north_mps: 0.0,
            east_mps: 0.0,
            down_mps: 0.0,
        };
        Aged::new(still, TimeUs(at_us))
    }

    #[test]
    fn interpolates_at_the_readings_own_time() {
        let mut track = Track::default();
        let now = TimeUs(21_000_000);
        assert_eq!(track.at(TimeUs(1), TimeUs(1)), Placing::Nowhere);
        for step in 0..200u64 {
            track.push(&position(1_000_000 + step * 100_000, 47.0 + step as f64 * 1e-5), None);
        }
        let Placing::At(pose) = track.at(TimeUs(20_450_000), now) else { panic!() };
        assert!((pose.place.lat_deg - (47.0 + 194.5e-5)).abs() < 1e-12);
        assert_eq!(pose.gap_us, 100_000);
        assert_eq!(track.at(TimeUs(20_900_001), now), Placing::NotYet);
        assert_eq!(track.at(TimeUs(20_900_001), TimeUs(23_900_001)), Placing::Nowhere);
        assert_eq!(track.at(TimeUs(2_000_000), now), Placing::Nowhere);
        assert!(matches!(track.at(TimeUs(20_900_000), now), Placing::At(_)));
    }

    #[test]
    fn does_not_invent_a_path_across_a_gap() {
        let mut track = Track::default();
        track.push(&position(1_000_000, 47.0), None);
        track.push(&position(4_000_001, 47.1), None);
        assert_eq!(track.at(TimeUs(2_000_000), TimeUs(4_000_000)), Placing::Nowhere);
    }
}
