//! The gradient of beacon power: a weighted plane fit, dB over metres north and east, with its uncertainty.
//!
//! Readings of the last window are averaged into cells; each cell is one observation of weight min(count, 16): many
//! readings of one place share the same fading, so a hover must not outvote a flight. Weighted least squares about the
//! weighted centroid; covariance = s²·S⁻¹ with s² the weighted residual sum of squares over (cells − 3) (Draper & Smith,
//! Applied Regression Analysis, 3rd ed., §§ 5.1, 9.2). The bearing's variance is the delta method's,
//! (n²·Var e − 2ne·Cov + e²·Var n)/(n² + e²)²; its sigma is widened by Student's t for the cells − 3 degrees of freedom
//! (Abramowitz & Stegun 26.7.5 at one sigma), and never exceeds π/√3, the deviation of an unknown bearing.
//!
//! Times are those of the readings; the window ends at the newest reading of the channel, placed or not.
//! Not here: which readings carry the beacon (the caller's choice), antenna pattern, altitude.

use super::cells::{Cells, Placed};
use super::window::Window;
use crate::facts::{Gradient, NoGradient};
use crate::geo::NorthEast;
use crate::time::TimeUs;
use crate::units::CentiDb;

/// Readings of one cell that count.
const CELL_READINGS_CAP: u32 = 16;
/// Deviation of a bearing of which nothing is known: uniform over the circle.
const BEARING_SIGMA_MAX_RAD: f64 = std::f64::consts::PI * 0.577_350_269_189_625_8;

/// The placed readings of one channel that carry its beacon.
pub struct PlaneFit {
    window: Window<Placed>,
    cells: Cells,
    spread_min_m: f64,
    span_us: u64,
    placed_us: Option<TimeUs>,
    newest_us: TimeUs,
}

impl PlaneFit {
    /// A fit over `span_us` with room for `capacity` readings, in cells of `cell_m`; none is stated when the deviation of
    /// the cells along their smaller principal axis is under `spread_min_m`.
    pub fn new(span_us: u32, capacity: usize, cell_m: f64, spread_min_m: f64) -> PlaneFit {
        PlaneFit {
            window: Window::new(span_us, capacity, Placed::BLANK),
            cells: Cells::new(cell_m),
            spread_min_m,
            span_us: u64::from(span_us),
            placed_us: None,
            newest_us: TimeUs(0),
        }
    }

    /// A reading was taken at `at`, wherever that was.
    pub fn seen(&mut self, at: TimeUs) {
        self.newest_us = self.newest_us.max(at);
    }

    /// A reading of `acquired_us` has a place; `power` where it carries the beacon. Times must not decrease.
    pub fn place(&mut self, acquired_us: TimeUs, at: NorthEast, power: Option<CentiDb>) {
        self.placed_us = Some(acquired_us);
        self.seen(acquired_us);
        let Some(placed) = power.and_then(|power| Placed::new(at, power)) else { return };
        let cells = &mut self.cells;
        // Also what the full ring would let go of itself: the cells must lose it first.
        self.window.push(acquired_us, placed, |_, old| cells.remove(&old));
        while self.cells.is_full_for(&placed) && self.window.len() > 1 {
            if let Some((_, old)) = self.window.pop() {
                self.cells.remove(&old);
            }
        }
        self.cells.add(&placed);
    }

    /// The gradient now.
    ///
    /// # Errors
    /// Why there is none: a normal outcome.
    pub fn fit(&mut self) -> Result<Gradient, NoGradient> {
        let cells = &mut self.cells;
        self.window.slide(self.newest_us, |_, old| cells.remove(&old));
        if self.placed_us.is_none_or(|at| self.newest_us.since_us(at) >= self.span_us) {
            return Err(NoGradient::NoPose);
        }
        fit_plane(&self.cells, self.spread_min_m)
    }
}

fn fit_plane(cells: &Cells, spread_min_m: f64) -> Result<Gradient, NoGradient> {
    if cells.len() < 4 {
        return Err(NoGradient::TooFew);
    }
    let weighted = || cells.iter().map(|cell| (f64::from(cell.count.min(CELL_READINGS_CAP)), cell));
    let (mut weight, mut north, mut east, mut power) = (0.0, 0.0, 0.0, 0.0);
    for (w, cell) in weighted() {
        weight += w;
        north += w * cell.north_m;
        east += w * cell.east_m;
        power += w * cell.power_db;
    }
    let (north, east, power) = (north / weight, east / weight, power / weight);
    let (mut nn, mut ne, mut ee, mut np, mut ep, mut pp) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (w, cell) in weighted() {
        let (n, e, p) = (cell.north_m - north, cell.east_m - east, cell.power_db - power);
        nn += w * n * n;
        ne += w * n * e;
        ee += w * e * e;
        np += w * n * p;
        ep += w * e * p;
        pp += w * p * p;
    }
    // Smaller eigenvalue of the positions' covariance: the spread across the flown line.
    let smaller = (nn + ee - (nn - ee).hypot(2.0 * ne)) / (2.0 * weight);
    let determinant = nn * ee - ne * ne;
    if smaller.max(0.0).sqrt() < spread_min_m || determinant <= 0.0 {
        return Err(NoGradient::TooNarrow);
    }
    let north_db_m = (np * ee - ep * ne) / determinant;
    let east_db_m = (ep * nn - np * ne) / determinant;
    let residual_sum: f64 = weighted()
        .map(|(w, cell)| {
            let fitted = north_db_m * (cell.north_m - north) + east_db_m * (cell.east_m - east);
            w * (cell.power_db - power - fitted).powi(2)
        })
        .sum();
    let freedom = (cells.len() - 3) as f64;
    let scale = residual_sum / freedom / determinant;
    let mut gradient = Gradient {
        north_db_m,
        east_db_m,
        north_variance: scale * ee,
        east_variance: scale * nn,
        covariance: -scale * ne,
        bearing_rad: east_db_m.atan2(north_db_m),
        bearing_sigma_rad: 0.0,
        r2: if pp > 0.0 { (1.0 - residual_sum / pp).clamp(0.0, 1.0) } else { 0.0 },
    };
    gradient.bearing_sigma_rad = bearing_sigma_rad(&gradient, freedom);
    Ok(gradient)
}

fn bearing_sigma_rad(gradient: &Gradient, freedom: f64) -> f64 {
    let (n, e) = (gradient.north_db_m, gradient.east_db_m);
    let steepness_squared = n * n + e * e;
    if steepness_squared == 0.0 {
        return BEARING_SIGMA_MAX_RAD;
    }
    let across =
        n * n * gradient.east_variance - 2.0 * n * e * gradient.covariance + e * e * gradient.north_variance;
    let student = 1.0 + 0.5 / freedom + 0.25 / freedom.powi(2) + 0.0625 / freedom.powi(3);
    (student * across.max(0.0).sqrt() / steepness_squared).min(BEARING_SIGMA_MAX_RAD)
}

#[cfg(test)]
#[path = "gradient/tests.rs"]
mod tests;
