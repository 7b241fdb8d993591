//! Koopman's laws: from sweep width, track and area to the probability of detection.
//!
//! Sweep width W is the integral of the lateral range curve (the probability of detection on one straight pass, over the distance at
//! which it passes); coverage C = W·L/A of a track of length L in an area A, with parallel tracks W over their spacing. A beacon
//! that is there is then found with: min(C, 1) by a sensor of definite range on perfect tracks; erf(√π/2·C) by one of the inverse cube law
//! on parallel tracks (IAMSAR vol. II, fig. N-10, "ideal"); 1 − e^−C by any on tracks at random, which is what poor
//! navigation and what is not known leave of the others.

use crate::units::normal_tail;
use std::f64::consts::PI;

/// C = W·L/A; 0 for an area of nothing.
pub fn coverage(sweep_width_m: f64, track_m: f64, area_m2: f64) -> f64 {
    if area_m2 > 0.0 { sweep_width_m * track_m / area_m2 } else { 0.0 }
}

/// POD of a definite range on parallel tracks, 0..1.
pub fn pod_definite_range(coverage: f64) -> f64 {
    coverage.clamp(0.0, 1.0)
}

/// POD of the inverse cube law on parallel tracks, 0..1, to 2e-7.
pub fn pod_inverse_cube(coverage: f64) -> f64 {
    // erf(x) = 1 − 2·P(normal ≥ x·√2).
    1.0 - 2.0 * normal_tail((PI / 2.0).sqrt() * coverage.max(0.0))
}

/// POD of tracks at random, 0..1.
pub fn pod_random(coverage: f64) -> f64 {
    -(-coverage.max(0.0)).exp_m1()
}

/// Probability that what was in an area with probability `prior` is not there, after a search that would have found it there with
/// probability `pos` found nothing (Bayes).
pub fn not_there(prior: f64, pos: f64) -> f64 {
    let missed = prior * (1.0 - pos);
    let absent = 1.0 - prior;
    if missed + absent > 0.0 { absent / (missed + absent) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_laws_are_the_manuals() {
        assert_eq!(coverage(100.0, 2_000.0, 400e3), 0.5);
        // erf(0.886227) = 0.789909, erf(0.443113) = 0.469123; 1 − 1/e.
        assert!((pod_inverse_cube(1.0) - 0.789_909).abs() < 1e-6);
        assert!((pod_inverse_cube(0.5) - 0.469_116).abs() < 1e-6);
        assert!((pod_random(1.0) - 0.632_120_559).abs() < 1e-9);
        assert_eq!((pod_definite_range(0.4), pod_definite_range(1.5)), (0.4, 1.0));
        for n in 1..40 {
            let c = f64::from(n) * 0.1;
            assert!(
                pod_random(c) < pod_inverse_cube(c) && pod_inverse_cube(c) <= pod_definite_range(c) + 1e-7
            );
        }
    }

    #[test]
    fn what_was_not_found_is_the_less_likely_there() {
        assert_eq!(not_there(0.5, 0.0), 0.5);
        assert!((not_there(0.5, 0.9) - 0.5 / 0.55).abs() < 1e-12);
        assert_eq!((not_there(1.0, 0.9), not_there(1.0, 1.0), not_there(0.3, 1.0)), (0.0, 0.0, 1.0));
    }
}
