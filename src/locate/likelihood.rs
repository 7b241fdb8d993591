//! Log-likelihoods of places: of what was heard and of what was not, over all spreads.

use super::grid::{SCALE, Sums};
use super::lanes::{Row, SIDE, exp, ln};
use super::silence::Silences;
use super::solved::{Prior, SPREADS_DB, Solved};

/// Log-likelihoods over the cells of a row, of one kind, over all spreads.
pub(super) fn of_row(
    sums: &Sums,
    prior: &Prior,
    (count, log_variance): (usize, f64),
    silences: &Silences,
    reference_db: f64,
) -> Row {
    let mut best: Row = [f32::NEG_INFINITY; SIDE];
    let mut sum: Row = [0.0; SIDE];
    let mut solved = Solved::NONE;
    for spread in 0..SPREADS_DB.len() {
        let mut of = solved.solve(sums, prior, spread);
        silences.add(&mut of, &solved, SPREADS_DB[spread], reference_db);
        let always = prior.always(spread, count, log_variance) as f32;
        for k in 0..SIDE {
            let value = of[k] + always;
            let most = best[k].max(value);
            sum[k] = sum[k] * exp(best[k] - most) + exp(value - most);
            best[k] = most;
        }
    }
    std::array::from_fn(|k| best[k] + ln(sum[k]) - sums[SCALE][k])
}
