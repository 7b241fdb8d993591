//! The plane fit against known planes, against the plain normal equations, and its stated sigma against the truth.

use super::*;
use crate::analytics::random::Random;
use crate::geo::wrap_pi;
use proptest::prelude::*;

fn plane(north_db_m: f64, east_db_m: f64, at: NorthEast) -> f64 {
    -70.0 + north_db_m * at.north_m + east_db_m * at.east_m
}

fn fit_of(readings: &[(NorthEast, f64)]) -> Result<Gradient, NoGradient> {
    let mut fit = PlaneFit::new(20_000_000, 4_096, 2.0, 3.0);
    for (i, (at, db)) in readings.iter().enumerate() {
        fit.place(TimeUs(i as u64 * 1_000), *at, CentiDb::from_db(*db as f32));
    }
    fit.fit()
}

#[test]
fn a_plane_without_noise_is_found_within_its_rounding() {
    let readings: Vec<_> = (0..400)
        .map(|i| NorthEast { north_m: f64::from(i % 20) * 3.0, east_m: f64::from(i / 20) * 3.0 - 50.0 })
        .map(|at| (at, plane(0.3, -0.4, at)))
        .collect();
    let gradient = fit_of(&readings).unwrap();
    assert!((gradient.north_db_m - 0.3).abs() < 1e-4, "{gradient:?}");
    assert!((gradient.east_db_m + 0.4).abs() < 1e-4, "{gradient:?}");
    assert!((gradient.bearing_rad - (-0.4f64).atan2(0.3)).abs() < 1e-3 && gradient.r2 > 0.999_99);
}

#[test]
fn the_stated_sigmas_hold_the_truth_as_often_as_they_say() {
    // 68.27 % within one sigma; over 2000 flights the share itself deviates by 1.04 %. Student's t is applied to the
    // bearing only, so north and east are checked where the degrees of freedom are many.
    for (cell_count, checks_axes) in [(6, false), (12, false), (60, true)] {
        let (mut bearing_inside, mut north_inside, mut east_inside) = (0, 0, 0);
        for seed in 0..2_000 {
            let mut random = Random::seeded(seed + 1);
            let readings: Vec<_> = (0..cell_count)
                .map(|i| NorthEast {
                    north_m: f64::from(i % 12) * 8.0,
                    east_m: f64::from(i / 4) * 10.0 + f64::from(i % 3) * 14.0,
                })
                .map(|at| (at, plane(0.30, 0.50, at) + 3.0 * random.normal()))
                .collect();
            let gradient = fit_of(&readings).unwrap();
            let error_rad = wrap_pi(gradient.bearing_rad - 0.5f64.atan2(0.3));
            bearing_inside += u32::from(error_rad.abs() < gradient.bearing_sigma_rad);
            north_inside += u32::from((gradient.north_db_m - 0.3).abs() < gradient.north_variance.sqrt());
            east_inside += u32::from((gradient.east_db_m - 0.5).abs() < gradient.east_variance.sqrt());
        }
        let share = |count: u32| f64::from(count) / 2_000.0;
        assert!((share(bearing_inside) - 0.6827).abs() < 0.04, "{cell_count}: {}", share(bearing_inside));
        if checks_axes {
            assert!((share(north_inside) - 0.6827).abs() < 0.04, "{}", share(north_inside));
            assert!((share(east_inside) - 0.6827).abs() < 0.04, "{}", share(east_inside));
        }
    }
}

#[test]
fn a_flat_field_has_no_bearing() {
    let mut random = Random::seeded(5);
    let readings: Vec<_> = (0..100)
        .map(|i| NorthEast { north_m: f64::from(i % 10) * 5.0, east_m: f64::from(i / 10) * 5.0 })
        .map(|at| (at, -80.0 + random.normal()))
        .collect();
    assert!(fit_of(&readings).unwrap().bearing_sigma_rad > 0.5);
    let constant: Vec<_> = readings.iter().map(|r| (r.0, -80.0)).collect();
    let gradient = fit_of(&constant).unwrap();
    assert!((gradient.bearing_sigma_rad - BEARING_SIGMA_MAX_RAD).abs() < 1e-12 && gradient.r2 == 0.0);
}

#[test]
fn says_why_there_is_none() {
    let mut fit = PlaneFit::new(20_000_000, 4_096, 2.0, 3.0);
    assert_eq!(fit.fit(), Err(NoGradient::NoPose));
    let here = NorthEast { north_m: 1.0, east_m: 1.0 };
    fit.place(TimeUs(0), here, None);
    assert_eq!(fit.fit(), Err(NoGradient::TooFew));
    for i in 0..50 {
        let along = NorthEast { north_m: f64::from(i) * 3.0, east_m: f64::from(i) * 2.0 };
        fit.place(TimeUs(1_000 + i as u64), along, CentiDb::from_db(-60.0 + i as f32));
    }
    assert_eq!(fit.fit(), Err(NoGradient::TooNarrow));
    fit.seen(TimeUs(30_000_000));
    assert_eq!(fit.fit(), Err(NoGradient::NoPose));
    fit.place(TimeUs(30_000_001), NorthEast { north_m: f64::NAN, east_m: 0.0 }, CentiDb::from_db(-60.0));
    assert_eq!(fit.fit(), Err(NoGradient::TooFew));
}

#[test]
fn a_hover_does_not_outvote_a_flight() {
    let mut random = Random::seeded(9);
    let mut readings = Vec::new();
    // A hover of 2000 readings in a fade of 10 dB beside a field of 100 cells with one reading each.
    for _ in 0..2_000 {
        readings.push((NorthEast { north_m: 21.0, east_m: 61.0 }, -80.0));
    }
    for i in 0..100 {
        let at = NorthEast { north_m: f64::from(i % 10) * 6.0, east_m: f64::from(i / 10) * 6.0 };
        readings.extend((0..16).map(|_| (at, plane(0.5, 0.0, at) + random.normal())));
    }
    let gradient = fit_of(&readings).unwrap();
    assert!(gradient.bearing_rad.abs() < 0.25, "{gradient:?}");
}

#[test]
fn a_flight_longer_than_the_cells_keeps_its_newest_part() {
    let mut fit = PlaneFit::new(300_000_000, 30_000, 2.0, 3.0);
    for i in 0..20_000u32 {
        let at = NorthEast { north_m: f64::from(i), east_m: 20.0 * f64::from(i / 10 % 2) };
        let db = if i < 10_000 { -70.0 } else { plane(0.005, 0.1, at) };
        fit.place(TimeUs(u64::from(i) * 10_000), at, CentiDb::from_db(db as f32));
    }
    let gradient = fit.fit().unwrap();
    assert!((gradient.east_db_m - 0.1).abs() < 0.001 && gradient.r2 > 0.999, "{gradient:?}");
}

/// The slow obvious way: the normal equations of [1, n, e] by Cramer's rule, one cell per reading.
fn normal_equations(readings: &[(NorthEast, f64)]) -> (f64, f64) {
    let mut a = [[0.0; 4]; 3];
    for (at, db) in readings {
        let row = [1.0, at.north_m, at.east_m, *db];
        for i in 0..3 {
            for j in 0..4 {
                a[i][j] += row[i] * row[j];
            }
        }
    }
    let determinant = |columns: [usize; 3]| {
        let m = |i: usize, j: usize| a[i][columns[j]];
        m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1)) - m(0, 1) * (m(1, 0) * m(2, 2) - m(1, 2) * m(2, 0))
            + m(0, 2) * (m(1, 0) * m(2, 1) - m(1, 1) * m(2, 0))
    };
    let whole = determinant([0, 1, 2]);
    (determinant([0, 3, 2]) / whole, determinant([0, 1, 3]) / whole)
}

proptest! {
    #[test]
    fn equals_the_normal_equations(
        rows in prop::collection::btree_map((-30i32..30, -30i32..30), -9_000i16..0, 8..120),
    ) {
        let readings: Vec<_> = rows.iter()
            .map(|((n, e), v)| (NorthEast { north_m: f64::from(*n) * 2.0 + 0.5, east_m: f64::from(*e) * 2.0 + 0.5 },
                f64::from(*v) / 100.0))
            .collect();
        if let Ok(gradient) = fit_of(&readings) {
            let (north, east) = normal_equations(&readings);
            prop_assert!((gradient.north_db_m - north).abs() < 1e-8, "{gradient:?} {north}");
            prop_assert!((gradient.east_db_m - east).abs() < 1e-8, "{gradient:?} {east}");
        }
    }
}
