//! The posterior of a place from Gaussian observations whose mean, and it may be covariance, hang on the place.
//!
//! y = P·1 + m(x) + e, e normal with covariance Σ(x); P has a flat prior and is integrated out in closed form, x has a flat prior
//! over an area (Rasmussen & Williams, *Gaussian Processes for Machine Learning*, 2.7; for a flat P this is REML: D. A. Harville, JASA 72
//! (1977) 320). On a grid that is refined where the mass is, until it has [`CELLS_MIN`] cells to speak of.

use super::cholesky::Factor;
use skyhound::geo::NorthEast;
use std::collections::BTreeSet;

/// Cells across the area at first.
const ACROSS: i32 = 40;
/// exp(entropy) of the cells' masses from which the grid is fine enough: of a normal law, steps of a third of its σ.
const CELLS_MIN: f64 = 120.0;
/// Refined at most so often: to 1/256 of the first step.
const LEVELS_MAX: u32 = 8;
/// What is not refined holds less than this of the mass.
const DROPPED: f64 = 1e-4;
/// The first grid may be too coarse to meet the top of a sharp posterior: there, what is kept is kept by a power of the likelihood.
const FIRST_POWER: f64 = 0.25;
/// Observations that are enough to find where to look.
const FIRST_OBSERVATIONS: usize = 48;

/// Noise that is added where a covariance is none without it, dB², the least that is enough: fading's is reckoned from some places of each
/// segment, and of many segments at one place that is not exact enough.
const NOISE_DB2: [f64; 4] = [0.0, 0.01, 0.1, 1.0];

/// What is known of the observations for a hypothetical place.
pub trait Model {
    /// How many observations.
    fn len(&self) -> usize;
    /// What was observed, dB.
    fn observed_db(&self, index: usize) -> f64;
    /// m(`place`) but for a constant, dB, one each.
    fn means_db(&self, place: NorthEast) -> Vec<f64>;
    /// Rows of Σ(`place`), dB²; only the upper triangle is read.
    fn covariance_db2(&self, place: NorthEast) -> Vec<f64>;
    /// Whether Σ hangs on the place.
    fn covariance_varies(&self) -> bool;
    /// Of every `stride`-th observation.
    fn thinned(&self, stride: usize) -> Self;
}

/// Where it can be, about home.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Area {
    pub centre: NorthEast,
    /// Half of a square's side, or a ring's outer radius.
    pub half_m: f64,
    /// A ring's inner radius; none: a square.
    pub inner_m: Option<f64>,
}

impl Area {
    fn holds(&self, place: NorthEast) -> bool {
        let away_m = self.centre.distance_m(place);
        self.inner_m.is_none_or(|inner_m| (inner_m..=self.half_m).contains(&away_m))
    }

    /// Variance of the flat prior along one axis, m².
    pub fn variance_m2(&self) -> f64 {
        match self.inner_m {
            Some(inner_m) => (self.half_m * self.half_m + inner_m * inner_m) / 4.0,
            None => self.half_m * self.half_m / 3.0,
        }
    }
}

/// Likelihood of places, P integrated out.
pub struct Likelihood<'a, M> {
    model: &'a M,
    fixed: Option<Whitener>,
}

/// Factor of Σ and the whitened vector of ones.
pub(super) struct Whitener {
    pub factor: Factor,
    pub ones: Vec<f64>,
    /// 1ᵀΣ⁻¹1.
    pub weight: f64,
}

impl Whitener {
    /// # Panics
    /// Where Σ is none.
    pub fn new(model: &impl Model, place: NorthEast) -> Whitener {
        let size = model.len();
        let covariance = model.covariance_db2(place);
        let with = |more_db2: &f64| {
            let mut covariance = covariance.clone();
            covariance.iter_mut().step_by(size + 1).for_each(|variance| *variance += more_db2);
            Factor::new(size, covariance)
        };
        let factor = NOISE_DB2.iter().find_map(with);
        let factor = factor.unwrap_or_else(|| panic!("no covariance of {size} observations at {place:?}"));
        let mut ones = vec![1.0; size];
        factor.whiten(&mut ones);
        let weight = dot(&ones, &ones);
        Whitener { factor, ones, weight }
    }

    /// U⁻ᵀ·`vector` without its part along P: of such a and b, a·b is aᵀ(Σ⁻¹ − Σ⁻¹11ᵀΣ⁻¹/1ᵀΣ⁻¹1)b.
    pub fn contrast(&self, vector: &mut [f64]) {
        self.factor.whiten(vector);
        let along = dot(vector, &self.ones) / self.weight;
        vector.iter_mut().zip(&self.ones).for_each(|(value, one)| *value -= along * one);
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl<'a, M: Model> Likelihood<'a, M> {
    pub fn new(model: &'a M, anywhere: NorthEast) -> Self {
        let fixed = (!model.covariance_varies() && model.len() > 1).then(|| Whitener::new(model, anywhere));
        Likelihood { model, fixed }
    }

    /// ln p(y | `place`) but for a constant. One observation tells of P alone.
    pub fn log(&self, place: NorthEast) -> f64 {
        if self.model.len() < 2 {
            return 0.0;
        }
        let made;
        let whitener = match &self.fixed {
            Some(fixed) => fixed,
            None => {
                made = Whitener::new(self.model, place);
                &made
            }
        };
        let mut left = self.model.means_db(place);
        left.iter_mut().enumerate().for_each(|(n, mean)| *mean = self.model.observed_db(n) - *mean);
        whitener.contrast(&mut left);
        -0.5 * (dot(&left, &left) + whitener.factor.log_det() + whitener.weight.ln())
    }
}

/// Mass of the places.
#[derive(Clone, Debug)]
pub struct Posterior {
    /// Middle, ln density but for a constant, mass; the densest first.
    cells: Vec<(NorthEast, f64, f64)>,
    /// The estimate of least mean square error.
    pub mean: NorthEast,
    /// Root of the expected square of its error.
    pub rms_m: f64,
}

impl Posterior {
    /// Of `model`'s observations, over `area`.
    pub fn new<M: Model>(model: &M, area: &Area) -> Posterior {
        let corner = NorthEast {
            north_m: area.centre.north_m - area.half_m,
            east_m: area.centre.east_m - area.half_m,
        };
        let mut step_m = 2.0 * area.half_m / f64::from(ACROSS);
        let middle = |(north, east): (i32, i32), step_m: f64| NorthEast {
            north_m: corner.north_m + (f64::from(north) + 0.5) * step_m,
            east_m: corner.east_m + (f64::from(east) + 0.5) * step_m,
        };
        let all = (0..ACROSS * ACROSS).map(|at| (at / ACROSS, at % ACROSS));
        let mut places: Vec<(i32, i32)> = all.filter(|at| area.holds(middle(*at, step_m))).collect();

        let thinned = model.thinned(model.len().div_ceil(FIRST_OBSERVATIONS).max(1));
        let first = Likelihood::new(&thinned, area.centre);
        let likelihood = Likelihood::new(model, area.centre);
        let mut logs: Vec<f64> = places.iter().map(|at| first.log(middle(*at, step_m))).collect();
        (places, _) = kept(&places, &logs, FIRST_POWER);
        for level in 0..=LEVELS_MAX {
            logs = places.iter().map(|at| likelihood.log(middle(*at, step_m))).collect();
            let (dense, perplexity) = kept(&places, &logs, if level == 0 { FIRST_POWER } else { 1.0 });
            if perplexity >= CELLS_MIN || level == LEVELS_MAX {
                break;
            }
            step_m /= 2.0;
            let children = |(n, e): (i32, i32)| (0..4).map(move |c| (2 * n + c / 2, 2 * e + c % 2));
            let refined = dense.into_iter().flat_map(children);
            places = refined.filter(|at| area.holds(middle(*at, step_m))).collect();
        }
        let cells = places.iter().zip(&logs).map(|(at, log)| (middle(*at, step_m), *log)).collect();
        Posterior::of(cells, step_m)
    }

    fn of(cells: Vec<(NorthEast, f64)>, step_m: f64) -> Posterior {
        let top = cells.iter().map(|cell| cell.1).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = cells.iter().map(|cell| (cell.1 - top).exp()).sum();
        let mass = |(place, log): (NorthEast, f64)| (place, log, (log - top).exp() / total);
        let mut cells: Vec<_> = cells.into_iter().map(mass).collect();
        cells.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mean_of =
            |value: &dyn Fn(NorthEast) -> f64| cells.iter().map(|(at, _, mass)| mass * value(*at)).sum();
        let mean = NorthEast { north_m: mean_of(&|at| at.north_m), east_m: mean_of(&|at| at.east_m) };
        // A cell is spread over its own square.
        let square_m2: f64 = mean_of(&|at| at.distance_m(mean).powi(2)) + step_m * step_m / 6.0;
        Posterior { mean, rms_m: square_m2.sqrt(), cells }
    }

    /// Mass within `radius_m` of `place`.
    pub fn mass_within(&self, place: NorthEast, radius_m: f64) -> f64 {
        self.cells.iter().filter(|cell| cell.0.distance_m(place) <= radius_m).map(|cell| cell.2).sum()
    }

    /// Mass of what is denser than a place of this ln density ([`Likelihood::log`]): the smallest region with the place on its edge. Over
    /// draws of world and place it is even in 0..=1.
    pub fn mass_denser(&self, log: f64) -> f64 {
        self.cells.iter().take_while(|cell| cell.1 > log).map(|cell| cell.2).sum()
    }
}

/// Cells that hold all but [`DROPPED`] of the mass by a power of the densities, with their neighbours; and exp(entropy) of the masses.
fn kept(places: &[(i32, i32)], logs: &[f64], power: f64) -> (Vec<(i32, i32)>, f64) {
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| logs[*b].total_cmp(&logs[*a]));
    let mass = |index: usize, power: f64| (power * (logs[index] - top)).exp();
    let total: f64 = order.iter().map(|index| mass(*index, power)).sum();
    let (known, mut held): (BTreeSet<(i32, i32)>, f64) = (places.iter().copied().collect(), 0.0);
    let mut dense = BTreeSet::new();
    for index in &order {
        let (north, east) = places[*index];
        let about = (0..9).map(|n| (north + n / 3 - 1, east + n % 3 - 1));
        dense.extend(about.filter(|at| known.contains(at)));
        held += mass(*index, power);
        if held > (1.0 - DROPPED) * total {
            break;
        }
    }
    let whole: f64 = order.iter().map(|index| mass(*index, 1.0)).sum();
    let entropy: f64 = (order.iter())
        .map(|index| mass(*index, 1.0) / whole)
        .filter(|mass| *mass > 0.0)
        .map(|mass| -mass * mass.ln())
        .sum();
    (dense.into_iter().collect(), entropy.exp())
}
