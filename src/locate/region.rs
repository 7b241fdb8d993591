//! Reading the posterior: by place, and the smallest region that holds a share of the probability.

use super::raster::{ACROSS, Raster};
use super::tally::Tally;
use super::{Locate, Place};
use crate::belief::{Belief, HYPOTHESES, Hypothesis};
use crate::facts::{Estimate, Run};
use crate::geo::NorthEast;

impl Locate {
    /// Places that the newest estimate finds possible, each with its share of the probability: at most 16 384 of one size.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let raster = &self.raster;
        let mass = self.told.as_ref().map_or(f64::INFINITY, Tally::mass);
        (0..ACROSS * ACROSS).filter_map(move |index| {
            let [north_m, east_m] = raster.at_m(index / ACROSS, index % ACROSS);
            let probability = f64::from(raster.mass[index]) / mass;
            let at = NorthEast { north_m, east_m };
            (probability > 0.0).then_some(Place { at, size_m: raster.step_m, probability })
        })
    }

    /// ln of the probability density of all that was observed, by the newest estimate: to compare what may be taken for the beacon. Up to
    /// a constant; nothing may have been forgotten.
    pub fn log_evidence(&self) -> Option<f64> {
        self.told.as_ref()?;
        let count = self.memory.came() as f64;
        Some(self.cloud.log_evidence() - count * 0.5 * std::f64::consts::TAU.ln())
    }

    /// The newest estimate in few places.
    pub fn belief(&self) -> Option<&Belief> {
        self.belief.as_ref()
    }

    /// Systematic resampling (Kitagawa, J. Comput. Graph. Stat. 5 (1996) 1) of the particles.
    pub(super) fn draw(&self, estimate: Estimate) -> Belief {
        let none =
            Hypothesis { at: estimate.mean, rise_m: 0.0, axis: None, exponent: 2.0, power_100_m_db: 0.0 };
        let mut hypotheses = [none; HYPOTHESES];
        let (mut sum, mut drawn) = (0.0, 0);
        for (particle, weight) in self.cloud.weights.iter().enumerate() {
            sum += f64::from(*weight) * HYPOTHESES as f64;
            while drawn < HYPOTHESES && sum > drawn as f64 + 0.5 {
                hypotheses[drawn] = self.cloud.hypothesis(particle);
                drawn += 1;
            }
        }
        let clip_db = (self.bounds.clips_from() - self.reference_db) as f32;
        Belief::new(&estimate, hypotheses, self.settings.antenna, clip_db)
    }

    /// Least density (per m²) of the smallest region that holds `share` of the probability; [`Place::density_per_m2`] over it is in.
    pub fn density_of(&self, share: f64) -> f64 {
        self.told.as_ref().map_or(f64::INFINITY, |tally| tally.density_of(share))
    }

    /// Probability of the smallest region of the newest estimate that a place is in, 0..=1.
    pub fn credibility(&self, at: NorthEast) -> f64 {
        let Some(tally) = &self.told else { return 1.0 };
        let at_m = [at.north_m, at.east_m];
        let raster = &self.raster;
        let Some([row, column]) = raster.cell(at_m) else { return 1.0 };
        tally.credibility(f64::from(raster.mass[row * ACROSS + column]) / raster.step_m.powi(2))
    }

    /// Runs of squares that hold `share` of the probability of the newest estimate, at most `runs_max`: where there would be more, of
    /// squares twice, four times … as large that touch the region, so that it never gets too small. To be asked when [`Locate::work`]
    /// has nothing left to do; takes some tenths of a millisecond.
    pub fn region(&self, share: f64, runs_max: usize, mut emit: impl FnMut(Run)) {
        if self.told.is_none() {
            return;
        }
        let density = self.density_of(share);
        let mut factor = 1;
        loop {
            let mut count = 0;
            self.runs(density, factor, &mut |_| count += 1);
            if count <= runs_max || factor >= ACROSS {
                break;
            }
            factor *= 2;
        }
        self.runs(density, factor, &mut emit);
    }

    fn runs(&self, density: f64, factor: usize, emit: &mut dyn FnMut(Run)) {
        let mass = self.told.as_ref().map_or(f64::INFINITY, Tally::mass);
        let least = (density * mass * self.raster.step_m.powi(2)) as f32;
        runs_of(&self.raster, least, factor, emit);
    }
}

/// Blocks of `factor` squares a side in which one is over `least`.
fn runs_of(raster: &Raster, least: f32, factor: usize, emit: &mut dyn FnMut(Run)) {
    let size_m = raster.step_m * factor as f64;
    let middle_m = (size_m - raster.step_m) / 2.0;
    let is_in = |row: usize, column: usize| {
        let mass = raster.mass[row * ACROSS + column];
        mass > 0.0 && mass >= least
    };
    let is_block_in = |row: usize, column: usize| {
        (row..(row + factor).min(ACROSS))
            .any(|row| (column..(column + factor).min(ACROSS)).any(|column| is_in(row, column)))
    };
    for row in (0..ACROSS).step_by(factor) {
        let mut open: Option<Run> = None;
        for column in (0..ACROSS).step_by(factor) {
            match (&mut open, is_block_in(row, column)) {
                (Some(run), true) => run.count += 1,
                (None, true) => {
                    let [north_m, east_m] = raster.at_m(row, column).map(|at_m| at_m + middle_m);
                    open = Some(Run { from: NorthEast { north_m, east_m }, size_m, count: 1 });
                }
                (_, false) => open.take().into_iter().for_each(&mut *emit),
            }
        }
        open.into_iter().for_each(&mut *emit);
    }
}
