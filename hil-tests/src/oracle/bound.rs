//! How near any estimator can come: the Bayesian Cramér–Rao bound.

use super::posterior::{Area, Model, Whitener, dot};
use serde::{Deserialize, Serialize};
use skyhound::geo::NorthEast;

/// Steps of the derivatives over the place, m.
const STEP_M: f64 = 0.25;

/// Fisher information of a place, m⁻²: north·north, north·east, east·east.
#[derive(Copy, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Information(pub [f64; 3]);

impl Information {
    /// Of `model`'s observations about `place`, P unknown: ∂mᵀK∂m + ½tr(K∂Σ K∂Σ), K = Σ⁻¹ − Σ⁻¹11ᵀΣ⁻¹/1ᵀΣ⁻¹1 (S. M. Kay, *Estimation
    /// Theory*, 3.9, of the contrasts of the observations, which P does not touch: Harville 1977). Derivatives by central differences.
    pub fn new(model: &impl Model, place: NorthEast) -> Information {
        if model.len() < 2 {
            return Information::default();
        }
        let whitener = Whitener::new(model, place);
        let moved = |axis: usize, by_m: f64| NorthEast {
            north_m: place.north_m + if axis == 0 { by_m } else { 0.0 },
            east_m: place.east_m + if axis == 1 { by_m } else { 0.0 },
        };
        let difference = |f: &dyn Fn(NorthEast) -> Vec<f64>, axis: usize| -> Vec<f64> {
            let (ahead, behind) = (f(moved(axis, STEP_M)), f(moved(axis, -STEP_M)));
            ahead.iter().zip(&behind).map(|(ahead, behind)| (ahead - behind) / (2.0 * STEP_M)).collect()
        };
        let means: [Vec<f64>; 2] = std::array::from_fn(|axis| {
            let mut means = difference(&|at| model.means_db(at), axis);
            whitener.contrast(&mut means);
            means
        });
        let mut pairs = [(0, 0), (0, 1), (1, 1)].map(|(a, b)| dot(&means[a], &means[b]));
        if model.covariance_varies() {
            let spreads: [Vec<f64>; 2] = std::array::from_fn(|axis| {
                both_sides(&whitener, difference(&|at| model.covariance_db2(at), axis), model.len())
            });
            for (pair, (a, b)) in pairs.iter_mut().zip([(0, 0), (0, 1), (1, 1)]) {
                *pair += 0.5 * dot(&spreads[a], &spreads[b]);
            }
        }
        Information(pairs)
    }
}

/// The contrasts of a symmetric matrix along its rows and its columns, from its upper triangle.
fn both_sides(whitener: &Whitener, mut matrix: Vec<f64>, size: usize) -> Vec<f64> {
    for i in 0..size {
        for j in 0..i {
            matrix[i * size + j] = matrix[j * size + i];
        }
    }
    for _ in 0..2 {
        matrix.chunks_exact_mut(size).for_each(|row| whitener.contrast(row));
        matrix = (0..size * size).map(|at| matrix[at % size * size + at / size]).collect();
    }
    matrix
}

/// Least root mean square error of any estimator over flights with these informations, m: tr(mean of them + prior's)⁻¹ (H. L. Van
/// Trees, *Detection, Estimation, and Modulation Theory* I, 2.4.3). It holds in the mean over flights, also where the path was chosen by
/// what was heard, as the information of what comes next is that given what came before. The flat prior over `area` counts as a normal
/// one of the same variance.
pub fn bound_m(flights: &[Information], area: &Area) -> Option<f64> {
    let mean = |part: usize| flights.iter().map(|of| of.0[part]).sum::<f64>() / flights.len() as f64;
    let prior = 1.0 / area.variance_m2();
    let (nn, ne, ee) = (mean(0) + prior, mean(1), mean(2) + prior);
    let determinant = nn * ee - ne * ne;
    (determinant > 0.0).then(|| ((nn + ee) / determinant).sqrt())
}
