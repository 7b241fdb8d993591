//! How likely one listening hears the beacon over distance: its link's margin against the spread of shadowing.
//!
//! A listening of `seconds` hears with probability Φ(margin/σ): margin = power + antennas + gain of the way − noise floor − C/N0 needed
//! (`sense::reach`), σ the deviation of log-normal shadowing (Rappaport 4.9.2). What shadowing takes is not drawn anew in each listening:
//! it is the same until the aircraft has flown its correlation length (Gudmundson 1991) and sees the beacon from another side (correlation over
//! the angle at the beacon: Saunders & Evans 1996), and a part that belongs to the beacon (orientation, body, pit, what its power
//! really is) stays for good. So of listenings nearer to each other than that the best alone counts, and all of it only
//! given that lasting part, over which is summed (Gauss–Hermite, 5 nodes). Without it, many weak listenings would add up to a certainty
//! that nobody has.

use crate::geo::NorthEast;
use crate::propagation::{Loss, horizon_m};
use crate::units::{db_from_ratio, normal_tail, ratio_from_db};

/// Nodes and weights of the mean over a normal variable (Abramowitz & Stegun, table 25.10, scaled by √2).
const NODES: usize = 5;
const SIGMAS: [f64; NODES] =
    [-2.856_970_013_872_8, -1.355_626_179_974_3, 0.0, 1.355_626_179_974_3, 2.856_970_013_872_8];
const WEIGHTS: [f64; NODES] =
    [0.011_257_411_327_7, 0.222_075_922_005_6, 0.533_333_333_333_4, 0.222_075_922_005_6, 0.011_257_411_327_7];

/// Normal quantile of 0.9.
const SIGMAS_OF_NINE_TENTHS: f64 = 1.2816;
/// Its node of 0.
const MIDDLE: usize = 2;
/// Angle at the beacon between two sides on which shadowing differs. Correlation over it falls slowly; half of it is taken to last.
const SIDE_RAD: f64 = 0.2;

/// Distances of the table.
const DISTANCES: usize = 512;
/// Chances smaller than this are none.
const CHANCE_MIN: f64 = 1e-6;
/// The surest: more than one listening in a million fails for reasons that are not modelled.
const CHANCE_MAX: f64 = 1.0 - 1e-6;
/// Lateral distances and phases of listenings by which a sweep width is summed.
const LATERALS: usize = 256;
const PHASES: usize = 4;

/// What a beacon's link is made of.
#[derive(Clone, Debug)]
pub struct Link {
    /// Law of its path.
    pub loss: Loss,
    /// Least gain of the way by which half of all listenings hear, dB (< 0): C/N0 needed + floor − power − antennas.
    pub least_gain_db: f64,
    /// Its height over the ground, m.
    pub beacon_height_m: f64,
    /// The aircraft's, m.
    pub height_m: f64,
    /// Deviation of what differs from listening to listening, dB.
    pub spread_db: f64,
    /// Deviation of what lasts through all of them, dB.
    pub lasting_db: f64,
}

impl Link {
    /// Margin over the median threshold at a distance over the ground, dB.
    pub fn margin_db(&self, ground_m: f64) -> f64 {
        db_from_ratio(self.loss.gain(ground_m, self.beacon_height_m, self.height_m)) - self.least_gain_db
    }

    /// Track spacing at which one listening of `seconds` at `speed_mps` hears it between two tracks with probability 0.9; `None` where it
    /// is passed before it is heard.
    pub fn spacing_m(&self, seconds: f64, speed_mps: f64) -> Option<f64> {
        let least_db = self.least_gain_db + SIGMAS_OF_NINE_TENTHS * self.spread_db.hypot(self.lasting_db);
        let most_m = horizon_m(self.height_m, self.beacon_height_m);
        let reach = self.loss.reach(ratio_from_db(least_db), self.beacon_height_m, self.height_m, most_m);
        let half_way_m = speed_mps * seconds / 2.0;
        let aside_m = (reach.first_gap_m.powi(2) - half_way_m.powi(2)).sqrt();
        (aside_m > 0.0).then_some(2.0 * aside_m)
    }

    /// ln(1 − chance) at a distance, by node of what lasts.
    fn missed_ln(&self, ground_m: f64) -> [f32; NODES] {
        let margin_db = self.margin_db(ground_m);
        SIGMAS.map(|sigmas| {
            let chance = self.chance(margin_db + sigmas * self.lasting_db);
            (-chance.min(CHANCE_MAX)).ln_1p() as f32
        })
    }

    fn chance(&self, margin_db: f64) -> f64 {
        if self.spread_db > 0.0 {
            normal_tail(-margin_db / self.spread_db)
        } else {
            f64::from(u8::from(margin_db >= 0.0))
        }
    }
}

/// The chance of one listening over distance, and when the next one counts.
#[derive(Clone, Debug)]
pub struct Sight {
    /// ln(1 − chance) at n·`step_m`, by node.
    missed_ln: Box<[[f32; NODES]]>,
    step_m: f64,
    seconds: f64,
    apart_m: f64,
}

impl Sight {
    /// Of a link, heard in listenings of `seconds` that are independent `apart_m` from each other. Allocates, here alone.
    pub fn new(link: &Link, seconds: f64, apart_m: f64) -> Sight {
        let horizon_m = horizon_m(link.height_m, link.beacon_height_m);
        let best_db = link.lasting_db * SIGMAS[NODES - 1];
        let is_heard = |ground_m: f64| link.chance(link.margin_db(ground_m) + best_db) >= CHANCE_MIN;
        let mut farthest_m = horizon_m;
        while farthest_m > 1.0 && !is_heard(farthest_m * 0.98) {
            farthest_m *= 0.98;
        }
        let step_m = farthest_m.max(1.0) / (DISTANCES - 1) as f64;
        let missed_ln = (0..DISTANCES).map(|n| link.missed_ln(n as f64 * step_m)).collect();
        Sight { missed_ln, step_m, seconds: seconds.max(0.0), apart_m: apart_m.max(1.0) }
    }

    /// Draws `count` of its distances, the `first` on, for the link as it has become (another floor or height); where it ends stays as it
    /// was made. Returns where to go on; `None` when all are drawn. Some 0.3 µs each.
    pub fn redraw(&mut self, link: &Link, first: usize, count: usize) -> Option<usize> {
        let end = first.saturating_add(count).min(DISTANCES);
        for n in first..end {
            self.missed_ln[n] = link.missed_ln(n as f64 * self.step_m);
        }
        (end < DISTANCES).then_some(end)
    }

    /// Time of one listening, s.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Track between two that are independent, m.
    pub fn apart_m(&self) -> f64 {
        self.apart_m
    }

    /// Beyond this nothing is heard, m.
    pub fn farthest_m(&self) -> f64 {
        self.step_m * (DISTANCES - 1) as f64
    }

    /// ln of the probability that one listening misses a beacon at a distance, by node of what lasts through all listenings.
    fn missed_ln(&self, ground_m: f64) -> [f32; NODES] {
        let at = ground_m / self.step_m;
        let n = at as usize;
        let (Some(near), Some(far)) = (self.missed_ln.get(n), self.missed_ln.get(n + 1)) else {
            return [0.0; NODES];
        };
        let rest = (at - n as f64) as f32;
        std::array::from_fn(|node| near[node] + rest * (far[node] - near[node]))
    }

    /// Probability that one listening hears a beacon at a distance.
    pub fn chance(&self, ground_m: f64) -> f64 {
        heard(&self.missed_ln(ground_m))
    }

    /// Track that one listening takes at a ground speed, m.
    pub fn listening_m(&self, speed_mps: f64) -> f64 {
        self.apart_m.max(self.seconds * speed_mps)
    }

    /// Koopman's lateral range curve: probability of detection on one straight pass of any length at `speed_mps`, whose nearest place to the
    /// beacon is `lateral_m` from it.
    pub fn lateral_range(&self, lateral_m: f64, speed_mps: f64) -> f64 {
        let piece_m = self.listening_m(speed_mps);
        let pieces = (self.farthest_m() / piece_m).ceil() as i32 + 1;
        let phase = |phase: usize| {
            let begin_m = (phase as f64 / PHASES as f64) * piece_m;
            let mut listened = Listened::NOTHING;
            for piece in -pieces..pieces {
                let from_m = begin_m + f64::from(piece) * piece_m;
                // Heard through all of it: from its farther end too.
                let farther_m = from_m.abs().max((from_m + piece_m).abs());
                let at = NorthEast { north_m: from_m, east_m: 0.0 };
                listened.add(at, lateral_m.hypot(farther_m), self);
            }
            listened.pod()
        };
        (0..PHASES).map(phase).sum::<f64>() / PHASES as f64
    }

    /// Koopman's effective sweep width at a ground speed: the integral of the lateral range curve to both sides, m.
    pub fn sweep_width_m(&self, speed_mps: f64) -> f64 {
        let step_m = self.farthest_m() / LATERALS as f64;
        let middle = |n: usize| self.lateral_range((n as f64 + 0.5) * step_m, speed_mps);
        2.0 * step_m * (0..LATERALS).map(middle).sum::<f64>()
    }
}

/// All listenings for a beacon at one place.
#[derive(Copy, Clone, Debug)]
pub(super) struct Listened {
    /// ln of the probability that all missed it, by node.
    missed_ln: [f32; NODES],
    /// That of the best listening on the newest side, counted in it.
    side_ln: [f32; NODES],
    /// Where that side began, north and east, m.
    side: Option<(f32, f32)>,
}

impl Listened {
    pub(super) const NOTHING: Listened =
        Listened { missed_ln: [0.0; NODES], side_ln: [0.0; NODES], side: None };

    /// One more, begun at `at`, that was `ground_m` away at most.
    pub(super) fn add(&mut self, at: NorthEast, ground_m: f64, sight: &Sight) {
        let missed_ln = sight.missed_ln(ground_m);
        let apart_m = sight.apart_m.max(SIDE_RAD * ground_m);
        let is_same_side = self.side.is_some_and(|(north_m, east_m)| {
            let side = NorthEast { north_m: f64::from(north_m), east_m: f64::from(east_m) };
            side.distance_m(at) < apart_m
        });
        if !is_same_side {
            self.side = Some((at.north_m as f32, at.east_m as f32));
            self.side_ln = [0.0; NODES];
        }
        if missed_ln[MIDDLE] <= self.side_ln[MIDDLE] {
            for (node, sum) in self.missed_ln.iter_mut().enumerate() {
                *sum += missed_ln[node] - self.side_ln[node];
            }
            self.side_ln = missed_ln;
        }
    }

    /// Probability that one of them would have heard it.
    pub(super) fn pod(&self) -> f64 {
        heard(&self.missed_ln)
    }
}

/// Probability of at least one detection, from what was missed by node.
fn heard(missed_ln: &[f32; NODES]) -> f64 {
    let missed: f64 = missed_ln.iter().zip(WEIGHTS).map(|(ln, weight)| weight * f64::from(*ln).exp()).sum();
    (1.0 - missed).clamp(0.0, 1.0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::propagation::Model;

    /// Heard by half at `reach_m` over the ground.
    pub(in crate::search) fn link(reach_m: f64, spread_db: f64, lasting_db: f64) -> Link {
        let loss = Loss::new(Model::LogDistance(2.2), 433.92e6);
        let least_gain_db = db_from_ratio(loss.gain(reach_m, 1.0, 40.0));
        Link { loss, least_gain_db, beacon_height_m: 1.0, height_m: 40.0, spread_db, lasting_db }
    }

    #[test]
    fn half_are_heard_at_the_median_range_and_so_many_at_a_sigma_more() {
        let link = link(400.0, 6.0, 0.0);
        let sight = Sight::new(&link, 1.0, 40.0);
        assert!((sight.chance(400.0) - 0.5).abs() < 0.01);
        // 10·2.2·log10 of 1.874 is 6 dB, nearly: the slant counts.
        assert!((sight.chance(750.0) - 0.1587).abs() < 0.01, "{}", sight.chance(750.0));
        assert!(sight.chance(10.0) > 0.999 && sight.chance(sight.farthest_m() * 1.01) == 0.0);
        // What lasts widens one listening as its variance does: √(6² + 8²) = 10.
        let both = Sight::new(&Link { lasting_db: 8.0, ..link.clone() }, 1.0, 40.0);
        let wide = Sight::new(&Link { spread_db: 10.0, ..link }, 1.0, 40.0);
        for m in [100.0, 400.0, 1_000.0, 2_000.0] {
            assert!(
                (both.chance(m) - wide.chance(m)).abs() < 0.02,
                "{m}: {} {}",
                both.chance(m),
                wide.chance(m)
            );
        }
    }

    #[test]
    fn a_definite_range_sweeps_twice_its_reach() {
        let sight = Sight::new(&link(400.0, 0.0, 0.0), 0.0, 1.0);
        assert!((sight.sweep_width_m(5.0) / 800.0 - 1.0).abs() < 0.01, "{}", sight.sweep_width_m(5.0));
        // A listening of 100 s at 5 m/s: both ends of 500 m within reach; of lanes √(400² − 250²) at the best phase, none at the worst.
        let slow = Sight::new(&link(400.0, 0.0, 0.0), 100.0, 1.0).sweep_width_m(5.0);
        assert!(slow > 100.0 && slow < 2.0 * (400.0_f64.powi(2) - 250.0_f64.powi(2)).sqrt(), "{slow}");
    }

    #[test]
    fn what_lasts_is_not_listened_away() {
        let lateral =
            |lasting_db: f64| Sight::new(&link(400.0, 6.0, lasting_db), 1.0, 40.0).lateral_range(400.0, 5.0);
        // Many listenings find nearly all at the median range; of beacons weaker by their own 8 dB they do not.
        assert!(lateral(0.0) > 0.99, "{}", lateral(0.0));
        assert!(lateral(8.0) < 0.9, "{}", lateral(8.0));
        // From far away one pass sees few sides: what a tenth of the power makes unlikely, it does not make sure.
        let sight = Sight::new(&link(4_000.0, 4.0, 4.0), 1.0, 40.0);
        assert!(sight.lateral_range(12_000.0, 5.0) < 0.2, "{}", sight.lateral_range(12_000.0, 5.0));
    }
}
