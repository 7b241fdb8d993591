//! A flight without an autopilot: the search's course by the clock alone.
//!
//! For what needs a moving antenna and nothing that reacts: recordings, and a world served to any SDR program. The course is
//! the search mission's points at its speed in straight lines, level, with the nose ahead, then a hover over the last: no
//! wind, no acceleration, no take-off.

use crate::scenario::Scenario;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(search: &str) -> Scenario {
        let text = format!(
            "about = 't'\nduration_s = 9\n[world]\nbeacon = []\n[search]\nspeed_mps = 10.0\nleg_m = 5.0\n{search}"
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
}
