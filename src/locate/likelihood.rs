//! Log-likelihoods of places: of what was heard and of what was not, over all spreads.

use super::grid::{SCALE, Sums};
use super::lanes::{Row, SIDE, exp, ln};
use super::silence::Silences;
use super::solved::{Prior, SPREADS_DB, Solved};

/// Of a spread so much less likely than the best, silences are not looked at.
const HOPELESS: f32 = 10.0;

/// Log-likelihoods over the cells of a row, of one kind, over all spreads.
pub(super) fn of_row(
    sums: &Sums,
    prior: &Prior,
    (count, log_variance): (usize, f64),
    silences: &Silences,
    reference_db: f64,
) -> Row {
    let mut solved = Solved::NONE;
    let mut logs = [[0.0; SIDE]; SPREADS_DB.len()];
    for (spread, logs) in logs.iter_mut().enumerate() {
        let always = prior.always(spread, count, log_variance) as f32;
        *logs = solved.solve(sums, prior, spread).map(|log| log + always);
    }
    if !silences.is_empty() {
        let highest = |logs: &Row| logs.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let most = logs.iter().map(highest).fold(f32::NEG_INFINITY, f32::max);
        for (spread, logs) in logs.iter_mut().enumerate() {
            if highest(logs) < most - HOPELESS {
                *logs = [f32::NEG_INFINITY; SIDE];
                continue;
            }
            solved.solve(sums, prior, spread);
            silences.add(logs, &solved, SPREADS_DB[spread], reference_db);
        }
    }
    let mut best: Row = [f32::NEG_INFINITY; SIDE];
    logs.iter().for_each(|logs| best.iter_mut().zip(logs).for_each(|(best, log)| *best = best.max(*log)));
    std::array::from_fn(|k| {
        let sum: f32 = logs.iter().map(|logs| exp(logs[k] - best[k])).sum();
        best[k] + ln(sum) - sums[SCALE][k]
    })
}
