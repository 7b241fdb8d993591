//! A flight without an autopilot: the search's course and the scenario's faults, by the clock alone.
//!
//! For what needs a moving antenna and nothing that reacts: recordings, and a world served to any SDR program. The course is
//! the search mission's points at its speed in straight lines, level, with the nose ahead, then a hover over the last: no
//! wind, no acceleration, no take-off. Faults that wait for a state of the daemon do not happen.

use crate::scenario::{Act, Fault, Kind, Scenario};
use crate::script::points_m;
use crate::truth::TruePose;
use crate::world::iq::between;

/// Where the aircraft is by the clock.
pub struct Course {
    /// Poses at the corners, by time.
    corners: Vec<TruePose>,
}

impl Course {
    /// The search of `scenario`, begun at time 0 over its first waypoint.
    pub fn new(scenario: &Scenario) -> Course {
        let (points, speed_mps) = (points_m(&scenario.search), scenario.search.speed_mps.max(0.1));
        let mut corners: Vec<TruePose> = Vec::new();
        let mut at_us = 0.0;
        for leg in points.windows(2) {
            let way: [f64; 3] = std::array::from_fn(|n| leg[1][n] - leg[0][n]);
            let length_m = way[0].hypot(way[1]).hypot(way[2]);
            let speed = way.map(|part| if length_m > 0.0 { part / length_m * speed_mps } else { 0.0 });
            corners.push(TruePose {
                north_mps: speed[0],
                east_mps: speed[1],
                down_mps: -speed[2],
                yaw_rad: way[1].atan2(way[0]),
                ..still(at_us as u64, leg[0])
            });
            at_us += length_m / speed_mps * 1e6;
        }
        let end = still(at_us as u64, *points.last().unwrap_or(&[0.0, 0.0, scenario.search.altitude_m]));
        let yaw_rad = corners.last().map_or(scenario.search.heading_deg.to_radians(), |last| last.yaw_rad);
        corners.push(TruePose { yaw_rad, ..end });
        Course { corners }
    }

    /// The pose at a time, µs.
    pub fn pose(&self, at_us: u64) -> TruePose {
        let next = self.corners.partition_point(|corner| corner.at_us <= at_us).max(1);
        let from = self.corners[next - 1];
        let Some(to) = self.corners.get(next) else { return TruePose { at_us, ..from } };
        // Nose and speed are the leg's until its end.
        let to = TruePose { at_us: to.at_us, north_m: to.north_m, east_m: to.east_m, up_m: to.up_m, ..from };
        let ratio = (at_us - from.at_us) as f64 / (to.at_us - from.at_us) as f64;
        TruePose { at_us, ..between(&from, &to, ratio) }
    }
}

fn still(at_us: u64, [north_m, east_m, up_m]: [f64; 3]) -> TruePose {
    TruePose { at_us, north_m, east_m, up_m, ..TruePose::default() }
}

/// The faults that come by the clock.
pub struct Timeline<'a> {
    /// Moments, in order: when, what, whether it begins.
    moments: Vec<(u64, &'a Fault, bool)>,
    next: usize,
}

impl Timeline<'_> {
    /// Of these, those that wait for nothing but the clock.
    pub fn new(faults: &[Fault]) -> Timeline<'_> {
        let us = |s: f64| (s * 1e6) as u64;
        let by_clock = faults.iter().filter(|fault| matches!(fault.trigger.on, Act::Begin | Act::Airborne));
        let mut moments: Vec<(u64, &Fault, bool)> = by_clock
            .flat_map(|fault| {
                let from_s = fault.trigger.after_s;
                let end = fault.for_s.map(|for_s| (us(from_s + for_s), fault, false));
                std::iter::once((us(from_s), fault, true)).chain(end)
            })
            .collect();
        moments.sort_by_key(|(at_us, ..)| *at_us);
        Timeline { moments, next: 0 }
    }

    /// Gives each that is due at `now_us` and was not given before to `apply`, with whether it begins.
    pub fn pass(&mut self, now_us: u64, mut apply: impl FnMut(&Kind, bool) -> bool) {
        while let Some((_, fault, begins)) =
            self.moments.get(self.next).filter(|(at_us, ..)| *at_us <= now_us)
        {
            apply(&fault.kind, *begins);
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(search: &str) -> Scenario {
        let text = format!(
            "about = 't'\nduration_s = 9\n[world]\nbeacon = []\n[search]\nspeed_mps = 10.0\nleg_m = 5.0\n{search}\n\
             [[fault]]\nafter_s = 2.0\nfor_s = 1.0\ndo = 'noise_step'\ndb = 3.0\n\
             [[fault]]\non = 'homing'\ndo = 'beacon_off'"
        );
        toml::from_str(&text).unwrap()
    }

    #[test]
    fn it_goes_along_the_search_and_hovers_at_its_end() {
        let course = Course::new(&scenario("pattern = 'line'"));
        let middle = course.pose(250_000);
        assert!((middle.north_m - 2.5).abs() < 1e-9 && middle.up_m == 40.0, "{middle:?}");
        assert_eq!((middle.at_us, middle.north_mps, middle.yaw_rad), (250_000, 10.0, 0.0));
        let end = course.pose(9_000_000);
        assert_eq!((end.at_us, end.north_m, end.north_mps), (9_000_000, 5.0, 0.0));
        let pose = Course::new(&scenario("pattern = 'hover'\nheading_deg = 90.0")).pose(5_000_000);
        assert_eq!((pose.north_m, pose.at_us), (0.0, 5_000_000));
        assert!((pose.yaw_rad - std::f64::consts::FRAC_PI_2).abs() < 1e-9);
    }

    #[test]
    fn faults_come_and_go_by_the_clock_once() {
        let scenario = scenario("pattern = 'hover'");
        let mut timeline = Timeline::new(&scenario.fault);
        let mut seen = Vec::new();
        for now_us in [0, 1_900_000, 2_100_000, 2_200_000, 3_000_000, 9_000_000] {
            timeline.pass(now_us, |kind, begins| {
                seen.push((now_us, kind.clone(), begins));
                true
            });
        }
        let step = Kind::NoiseStep { db: 3.0 };
        assert_eq!(seen, [(2_100_000, step.clone(), true), (3_000_000, step, false)]);
    }
}
