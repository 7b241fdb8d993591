//! What of a scenario is drawn: where an emitter lies, how strong it is and how it fell, from the flight's seed.

use crate::random::Random;
use rand::RngExt;
use serde::Deserialize;

/// What of an emitter is drawn; it goes before what the emitter says itself.
#[derive(Copy, Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draw {
    /// It lies anywhere in a ring about home, evenly by area; its height is then over the ground of its place.
    pub distance_m: Option<Range>,
    /// Evenly in decibels.
    pub power_dbm: Option<Range>,
    /// Any direction of its antenna's axis is as likely as any other.
    pub orientation: Option<Orientation>,
}

/// From the least to the most.
#[derive(Copy, Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub min: f64,
    pub max: f64,
}

/// How an emitter fell.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    Random,
}

impl Range {
    /// Evenly between.
    pub(super) fn drawn(self, random: &mut Random) -> f64 {
        self.min + (self.max - self.min) * random.random::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Beacon, find, list, load::parse};
    use crate::script::points_m;

    const TEXT: &str = r#"
about = "drawn"
duration_s = 60
[[world.beacon]]
frequency_hz = 433.96e6
[world.beacon.draw]
distance_m = { min = 60, max = 300 }
power_dbm = { min = -70, max = 10 }
orientation = "random"
[search]
pattern = "hover"
[skyhound]
beacon = [{ name = "b", frequency_hz = 433.96e6, bandwidth_hz = 4000.0, emission = "continuous" }]
"#;

    #[test]
    fn draws_are_the_seeds_and_even() {
        let scenario = parse("drawn", TEXT, "drawn.toml").unwrap();
        assert!(scenario.world.beacon[0].north_m.is_nan(), "before it is drawn it is nowhere");
        let beacon = |seed| scenario.drawn(seed).world.beacon.remove(0);
        let place = |beacon: &Beacon| {
            [beacon.north_m, beacon.east_m, beacon.power_dbm, beacon.tilt_deg, beacon.lean_deg]
        };
        assert_eq!(place(&beacon(3)), place(&beacon(3)));
        assert_ne!(place(&beacon(3)), place(&beacon(4)));
        let twice = scenario.drawn(3).drawn(9);
        assert_eq!(place(&twice.world.beacon[0]), place(&beacon(3)), "what is drawn stays");
        let (mut sums, count) = ([0.0; 5], 4_000);
        for beacon in (0..count).map(beacon) {
            let away_m = beacon.north_m.hypot(beacon.east_m);
            assert!((60.0..=300.0).contains(&away_m) && (-70.0..=10.0).contains(&beacon.power_dbm));
            let inner = f64::from(u8::from(away_m < 216.3));
            let tilt = beacon.tilt_deg.to_radians().cos();
            let of = [inner, beacon.north_m / 300.0, beacon.power_dbm, tilt, beacon.lean_deg];
            sums.iter_mut().zip(of).for_each(|(sum, of)| *sum += of / f64::from(count as u32));
        }
        // Half of the ring's area lies within √((60² + 300²)/2).
        for (mean, (closed, within)) in
            sums.iter().zip([(0.5, 0.03), (0.0, 0.03), (-30.0, 1.5), (0.5, 0.02), (180.0, 6.0)])
        {
            assert!((mean - closed).abs() < within, "{sums:?}");
        }
    }

    #[test]
    fn where_a_beacon_is_drawn_there_it_is_searched() {
        for scenario in list().map(|name| find(name).unwrap()) {
            let Some(ring) = scenario.world.beacon[0].draw.and_then(|draw| draw.distance_m) else { continue };
            // Who hovers leaves the search to the daemon.
            if points_m(&scenario.search).len() < 2 {
                continue;
            }
            for axis in [0, 1] {
                let points = points_m(&scenario.search).into_iter().map(|point| point[axis]);
                let (low, high) = points.fold((0.0_f64, 0.0_f64), |(low, high), m| (low.min(m), high.max(m)));
                let covers = (low + high).abs() < 1.0 && (0.5 * ring.max..=ring.max).contains(&high);
                assert!(covers, "{}: from {low} m to {high} m", scenario.name);
            }
        }
    }

    #[test]
    fn what_is_neither_said_nor_drawn_is_refused() {
        for (key, wanted) in [
            ("distance_m = { min = 60, max = 300 }", "world.beacon[0].north_m: NaN"),
            ("power_dbm = { min = -70, max = 10 }", "world.beacon[0].power_dbm: NaN"),
        ] {
            let told = parse("drawn", &TEXT.replace(key, ""), "drawn.toml").unwrap_err();
            assert!(told.contains(wanted), "{told}");
        }
        let crossed = TEXT.replace("min = 60", "min = 600");
        let told = parse("drawn", &crossed, "drawn.toml").unwrap_err();
        assert!(told.contains("world.beacon[0].draw.distance_m: min 600"), "{told}");
    }
}
