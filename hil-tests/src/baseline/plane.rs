//! The climber's gradient: weighted least squares of power over place, as the first airborne core had it, written again.
//!
//! Readings of the last 20 s are averaged into cells of 2 m; a cell weighs its readings, at most 16. Bearing = direction of
//! (E, N); its variance by the delta method from s²·S⁻¹, s² over cells − 3, widened for few cells by Student's t at one
//! sigma, 1 + 1/(2f) + 1/(4f²) + 1/(16f³), and at most π/√3. None with fewer than 4 cells, or less than 2 m of spread across.

use super::Sample;
use std::collections::{BTreeMap, VecDeque};
use std::f64::consts::PI;

const WINDOW_US: u64 = 20_000_000;
const CELL_MM: i64 = 2_000;
const WEIGHT_MAX: u32 = 16;
const SPREAD_MIN_M: f64 = 2.0;

/// Where power rises.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Rise {
    pub(super) bearing_rad: f64,
    pub(super) sigma_rad: f64,
}

#[derive(Copy, Clone, Debug, Default)]
struct Sums {
    count: u32,
    north_mm: i64,
    east_mm: i64,
    power: i64,
}

/// The window.
#[derive(Clone, Debug, Default)]
pub(super) struct Plane {
    window: VecDeque<(u64, i64, i64, i64)>,
    cells: BTreeMap<(i64, i64), Sums>,
}

impl Plane {
    pub(super) fn take(&mut self, sample: &Sample) {
        while self.window.front().is_some_and(|old| old.0 + WINDOW_US <= sample.at_us) {
            if let Some((_, north_mm, east_mm, power)) = self.window.pop_front() {
                self.change(north_mm, east_mm, power, false);
            }
        }
        let Some(power) = sample.power else { return };
        let mm = |m: f64| (m * 1e3).round() as i64;
        let (north_mm, east_mm) = (mm(sample.at.north_m), mm(sample.at.east_m));
        self.window.push_back((sample.at_us, north_mm, east_mm, i64::from(power)));
        self.change(north_mm, east_mm, i64::from(power), true);
    }

    fn change(&mut self, north_mm: i64, east_mm: i64, power: i64, comes: bool) {
        let key = (north_mm.div_euclid(CELL_MM), east_mm.div_euclid(CELL_MM));
        let cell = self.cells.entry(key).or_default();
        let sign = if comes { 1 } else { -1 };
        cell.count = if comes { cell.count + 1 } else { cell.count - 1 };
        cell.north_mm += sign * north_mm;
        cell.east_mm += sign * east_mm;
        cell.power += sign * power;
        if cell.count == 0 {
            self.cells.remove(&key);
        }
    }

    pub(super) fn rise(&self) -> Option<Rise> {
        if self.cells.len() < 4 {
            return None;
        }
        // Weight, north, east (m), power (dB) of each cell, then moments about the weighted centroid.
        let points = || {
            self.cells.values().map(|cell| {
                let count = f64::from(cell.count);
                let mean = |sum: i64, unit: f64| sum as f64 / unit / count;
                let weight = f64::from(cell.count.min(WEIGHT_MAX));
                [weight, mean(cell.north_mm, 1e3), mean(cell.east_mm, 1e3), mean(cell.power, 100.0)]
            })
        };
        let total: f64 = points().map(|point| point[0]).sum();
        let centre = |axis: usize| points().map(|point| point[0] * point[axis]).sum::<f64>() / total;
        let about = [0.0, centre(1), centre(2), centre(3)];
        let moment = |a: usize, b: usize| -> f64 {
            points().map(|point| point[0] * (point[a] - about[a]) * (point[b] - about[b])).sum()
        };
        let (nn, ne, ee) = (moment(1, 1), moment(1, 2), moment(2, 2));
        let (np, ep, pp) = (moment(1, 3), moment(2, 3), moment(3, 3));
        let determinant = nn * ee - ne * ne;
        let across = ((nn + ee) - ((nn - ee).powi(2) + 4.0 * ne * ne).sqrt()) / 2.0 / total;
        if across.max(0.0).sqrt() < SPREAD_MIN_M || determinant <= 0.0 {
            return None;
        }
        let (north, east) = ((np * ee - ep * ne) / determinant, (ep * nn - np * ne) / determinant);
        let freedom = (self.cells.len() - 3) as f64;
        let residual = (pp - north * np - east * ep).max(0.0) / freedom / determinant;
        let steep = north * north + east * east;
        let variance = residual * (north * north * nn + 2.0 * north * east * ne + east * east * ee);
        let student = 1.0 + 0.5 / freedom + 0.25 / freedom.powi(2) + 0.0625 / freedom.powi(3);
        let unknown = PI / 3f64.sqrt();
        let sigma_rad =
            if steep > 0.0 { (student * variance.max(0.0).sqrt() / steep).min(unknown) } else { unknown };
        Some(Rise { bearing_rad: east.atan2(north), sigma_rad })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skyhound::geo::NorthEast;

    #[test]
    fn a_known_plane_is_found_and_noise_widens_it() {
        let fitted = |noise_db: f64| {
            let mut plane = Plane::default();
            for index in 0..400_u64 {
                let along = index as f64 / 20.0;
                let at = NorthEast { north_m: along, east_m: 8.0 * (along / 3.0).sin() };
                let ripple = if index % 40 < 20 { noise_db } else { -noise_db };
                let power_db = -60.0 + 0.3 * at.north_m + 0.4 * at.east_m + ripple;
                let power = Some((power_db * 100.0).round() as i32);
                plane.take(&Sample { at_us: index * 10_000, at, power, is_hearing: false });
            }
            plane.rise().unwrap()
        };
        let (clean, noisy) = (fitted(0.0), fitted(2.0));
        assert!((clean.bearing_rad - 0.4_f64.atan2(0.3)).abs() < 1e-3, "{clean:?}");
        assert!(clean.sigma_rad < 0.01 && noisy.sigma_rad > 5.0 * clean.sigma_rad, "{clean:?} {noisy:?}");
    }

    #[test]
    fn old_readings_go() {
        let mut plane = Plane::default();
        for index in 0..50_u64 {
            let at = NorthEast { north_m: index as f64, east_m: (index % 7) as f64 * 3.0 };
            plane.take(&Sample { at_us: index * 100_000, at, power: Some(-5_000), is_hearing: false });
        }
        assert!(plane.rise().is_some());
        plane.take(&Sample { at_us: 25_000_000, at: NorthEast::default(), power: None, is_hearing: false });
        assert!(plane.rise().is_none() && plane.cells.is_empty());
    }
}
