//! What the aircraft hears with.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// The aircraft's antenna.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Antenna {
    /// Alike all round, of any polarisation.
    Omni,
    /// A whip or dipole that stands upright in level flight.
    Whip,
    /// One that is fixed to the airframe and hears to one side better than to others.
    Directional(AntennaPattern),
}

/// Share of the gain in the first harmonic of the bearing from which on one side is heard better than the other.
const ONE_SIDED: f64 = 0.1;
/// Terms of the array factor's series.
const TERMS: usize = 9;
/// Bearings at which a pattern is read.
const READ: usize = 360;
/// Of the least gain that is told this share is taken for scattered: a null that is filled.
const SCATTERED_RATIO: f64 = 0.8;
/// Of the sum of squares, by the square of the term: where the level plane does not tell, in the elements' null, the array is smooth.
const RIDGE: f64 = 1e-4;

/// An array of dipoles side by side along a boom (Yagi, HB9CV, Moxon), by its gain in the level plane.
///
/// Gain over a direction = array(cos γ)·dipole + scatter: γ from the boom, the dipole's pattern by the angle to its axis (pattern multiplication: C.
/// A. Balanis, *Antenna Theory*, 6.2), scatter alike all round and in all polarisations. So what is told of the level plane tells of all
/// directions; the boom lies level, and points where the gain is centred, or strongest where it hears alike to two sides.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct AntennaPattern {
    /// Cosine and sine of the boom's bearing from the nose.
    boom: [f64; 2],
    is_upright: bool,
    /// Chebyshev series in cos γ, ratio.
    array: [f32; TERMS],
    /// Ratio; the strongest gain is 1.
    scatter: f32,
}

impl AntennaPattern {
    /// Of a gain (dB, of any reference) over the bearing from the nose, clockwise from above, rad in 0..2π; its elements stand upright or lie
    /// level.
    pub fn new(gain_db: impl Fn(f64) -> f64, is_upright: bool) -> AntennaPattern {
        let bearing = |n: usize| TAU * n as f64 / READ as f64;
        let told: Vec<f64> = (0..READ).map(|n| 10_f64.powf(gain_db(bearing(n)) / 10.0)).collect();
        let (least, most) = told.iter().fold((f64::INFINITY, 0.0_f64), |(a, b), of| (a.min(*of), b.max(*of)));
        let scatter = SCATTERED_RATIO * least / most;
        let part = |of: fn(f64) -> f64| -> f64 { (0..READ).map(|n| told[n] * of(bearing(n))).sum() };
        let is_one_sided = part(f64::sin).hypot(part(f64::cos)) > ONE_SIDED * told.iter().sum::<f64>();
        let strongest = (0..READ).max_by(|a, b| told[*a].total_cmp(&told[*b])).unwrap_or(0);
        // What hears alike to both sides has no centre.
        let boom_rad = if is_one_sided { part(f64::sin).atan2(part(f64::cos)) } else { bearing(strongest) };
        // Told on both sides of the boom: their mean.
        let of_array = |angle_rad: f64| {
            let at = |side: f64| {
                let n = (boom_rad + side * angle_rad).rem_euclid(TAU) / TAU * READ as f64;
                let (from, share) = (n as usize % READ, n.fract());
                (told[from] + share * (told[(from + 1) % READ] - told[from])) / most
            };
            (at(1.0) + at(-1.0)) / 2.0 - scatter
        };
        let array = fit(|angle_rad| {
            let element = if is_upright { 1.0 } else { dipole(angle_rad.sin()) };
            (element, of_array(angle_rad))
        });
        let (sin, cos) = boom_rad.sin_cos();
        AntennaPattern { boom: [cos, sin], is_upright, array, scatter: scatter as f32 }
    }

    /// Where the boom points, and along what its elements lie: by where the airframe's nose, right and upper side point.
    pub fn axes(&self, [ahead, right, above]: [[f32; 3]; 3]) -> [[f32; 3]; 2] {
        let [cos, sin] = self.boom.map(|part| part as f32);
        let boom = std::array::from_fn(|n| cos * ahead[n] + sin * right[n]);
        let across = std::array::from_fn(|n| cos * right[n] - sin * ahead[n]);
        [boom, if self.is_upright { above } else { across }]
    }

    /// Array factor towards a direction at this cosine from the boom, ratio (C. W. Clenshaw, MTAC 9 (1955) 118).
    #[inline(always)]
    pub fn array(&self, cos: f32) -> f32 {
        let (mut next, mut after) = (0.0, 0.0);
        for term in self.array[1..].iter().rev() {
            (next, after) = (term + 2.0 * cos * next - after, next);
        }
        (self.array[0] + cos * next - after).max(0.0)
    }

    /// What is heard from all sides and in all polarisations, ratio.
    #[inline(always)]
    pub fn scatter(&self) -> f32 {
        self.scatter
    }

    /// Whether all of it are numbers.
    pub(super) fn is_finite(&self) -> bool {
        self.scatter.is_finite() && self.array.iter().all(|term| term.is_finite())
    }
}

/// Terms of which the sum, times the element at an angle from the boom, is nearest to what was told there (least squares): both by the angle.
fn fit(told: impl Fn(f64) -> (f64, f64)) -> [f32; TERMS] {
    let mut rows = [[0.0; TERMS + 1]; TERMS];
    for n in 0..READ {
        let angle_rad = PI * (n as f64 + 0.5) / READ as f64;
        let (element, value) = told(angle_rad);
        let terms: [f64; TERMS] = std::array::from_fn(|term| element * (term as f64 * angle_rad).cos());
        for (row, term) in rows.iter_mut().zip(terms) {
            row.iter_mut().zip(terms).for_each(|(sum, other)| *sum += term * other);
            row[TERMS] += term * value;
        }
    }
    // Gauss–Jordan without pivots: the matrix is positive definite by the ridge.
    (1..TERMS).for_each(|p| rows[p][p] += RIDGE * (p * p * READ) as f64);
    for p in 0..TERMS {
        let pivot = rows[p][p];
        rows[p].iter_mut().for_each(|value| *value /= pivot);
        let own = rows[p];
        for (_, other) in rows.iter_mut().enumerate().filter(|(q, _)| *q != p) {
            let factor = other[p];
            other.iter_mut().zip(own).for_each(|(value, own)| *value -= factor * own);
        }
    }
    rows.map(|row| row[TERMS] as f32)
}

/// Gain of a half-wave dipole towards a direction at this cosine from its axis, 1 abeam (Balanis, 4.6).
fn dipole(cos: f64) -> f64 {
    let sin2 = 1.0 - cos * cos;
    if sin2 < 1e-9 { 0.0 } else { (FRAC_PI_2 * cos).cos().powi(2) / sin2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOSE: [f32; 3] = [1.0, 0.0, 0.0];
    const RIGHT: [f32; 3] = [0.0, 1.0, 0.0];
    const UP: [f32; 3] = [0.0, 0.0, 1.0];

    /// Two dipoles an eighth of a wavelength apart, of which the one behind is fed 225° earlier.
    fn hb9cv(cos: f64) -> f64 {
        2.0 * (0.5 * (0.25 * PI * cos + 1.25 * PI)).cos().powi(2)
    }

    #[test]
    fn the_array_is_found_in_what_the_level_plane_tells() {
        for is_upright in [false, true] {
            for boom_rad in [0.0, 1.3, 4.0] {
                let told = |bearing_rad: f64| {
                    let off_rad: f64 = bearing_rad - boom_rad;
                    let element = if is_upright { 1.0 } else { dipole(off_rad.sin()) };
                    10.0 * (hb9cv(off_rad.cos()) * element + 0.02).log10() + 7.0
                };
                let pattern = AntennaPattern::new(told, is_upright);
                let [boom, element] = pattern.axes([NOSE, RIGHT, UP]);
                assert!(
                    (boom[0] - boom_rad.cos() as f32).abs() < 1e-3
                        && (boom[1] - boom_rad.sin() as f32).abs() < 1e-3
                );
                assert_eq!(element == UP, is_upright);
                assert!((0..3).map(|n| boom[n] * element[n]).sum::<f32>().abs() < 1e-6);
                // Abeam of level elements nothing is told: there it goes on as it was.
                let slack = if is_upright { 0.01 } else { 0.1 };
                for cos in [-1.0, -0.5, 0.0, 0.3, 0.7, 1.0_f64] {
                    let error = f64::from(pattern.array(cos as f32)) - hb9cv(cos) / 1.02;
                    assert!(error.abs() < slack, "{is_upright} {boom_rad} {cos}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_dipole_that_lies_across_hears_to_two_sides() {
        let told = |bearing_rad: f64| 10.0 * (dipole((bearing_rad - 0.5).sin()) + 0.01).log10();
        let pattern = AntennaPattern::new(told, false);
        let [boom, _] = pattern.axes([NOSE, RIGHT, UP]);
        assert!((boom[0].abs() - 0.5_f32.cos()).abs() < 0.01, "{boom:?}");
        for cos in [-1.0, -0.6, 0.5, 1.0] {
            assert!((pattern.array(cos) - 1.0).abs() < 0.03, "{cos}: {}", pattern.array(cos));
        }
    }

    #[test]
    fn what_hears_alike_all_round_is_no_array() {
        let pattern = AntennaPattern::new(|_| -3.0, true);
        for cos in [-1.0, 0.2, 1.0] {
            assert!((pattern.array(cos) + pattern.scatter() - 1.0).abs() < 1e-3);
        }
    }
}
