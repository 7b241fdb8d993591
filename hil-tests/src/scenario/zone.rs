//! Areas of the fence uploaded to the autopilot (m about home): what a scenario gives, and how far a place is from breaking one.

use serde::Deserialize;
use skyhound::geo::NorthEast;

/// An area to stay inside or outside of: a polygon, or a disc.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Stay inside (else outside).
    pub inside: bool,
    /// Corners north and east of home, three or more; none = a disc.
    #[serde(default)]
    pub corners_m: Vec<[f64; 2]>,
    #[serde(default)]
    pub center_m: [f64; 2],
    #[serde(default)]
    pub radius_m: f64,
}

impl Zone {
    /// How far a place north and east of home is on the right side of its edge; negative on the wrong one.
    pub fn margin_m(&self, at_m: [f64; 2]) -> f64 {
        let place = |[north_m, east_m]: [f64; 2]| NorthEast { north_m, east_m };
        let inwards_m = if self.corners_m.is_empty() {
            self.radius_m - place(at_m).distance_m(place(self.center_m))
        } else {
            let corners: Vec<NorthEast> = self.corners_m.iter().copied().map(place).collect();
            polygon_margin_m(&corners, place(at_m))
        };
        if self.inside { inwards_m } else { -inwards_m }
    }
}

/// Distance from the nearest edge, negative outside (even-odd rule); infinite without a polygon.
pub fn polygon_margin_m(corners: &[NorthEast], at: NorthEast) -> f64 {
    let mut nearest_m = f64::INFINITY;
    let mut is_inside = false;
    for (index, from) in corners.iter().enumerate() {
        let to = &corners[(index + 1) % corners.len()];
        let (along_n, along_e) = (to.north_m - from.north_m, to.east_m - from.east_m);
        let (off_n, off_e) = (at.north_m - from.north_m, at.east_m - from.east_m);
        let length2 = (along_n * along_n + along_e * along_e).max(f64::MIN_POSITIVE);
        let share = ((off_n * along_n + off_e * along_e) / length2).clamp(0.0, 1.0);
        nearest_m = nearest_m.min((off_n - share * along_n).hypot(off_e - share * along_e));
        if (from.north_m > at.north_m) != (to.north_m > at.north_m) {
            let crossing_e = from.east_m + along_e * off_n / along_n;
            is_inside ^= at.east_m < crossing_e;
        }
    }
    if is_inside || corners.is_empty() { nearest_m } else { -nearest_m }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discs_and_polygons_have_a_right_side() {
        let disc = |inside| Zone { inside, corners_m: vec![], center_m: [10.0, 0.0], radius_m: 5.0 };
        assert_eq!((disc(true).margin_m([12.0, 0.0]), disc(false).margin_m([12.0, 0.0])), (3.0, -3.0));
        let corners_m = vec![[0.0, 0.0], [0.0, 10.0], [10.0, 10.0], [10.0, 0.0]];
        let square =
            |inside| Zone { inside, corners_m: corners_m.clone(), center_m: [0.0; 2], radius_m: 0.0 };
        assert_eq!((square(true).margin_m([5.0, 2.0]), square(false).margin_m([5.0, -4.0])), (2.0, 4.0));
    }
}
