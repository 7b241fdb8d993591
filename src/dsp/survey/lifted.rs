//! Bins that something weak lifts all the time: narrow modulations below what one cell of the spectrogram shows.
//!
//! Of each bin the mean level over time (of logarithms, so that what is seldom counts little): noise fluctuates by 5.57 dB, the
//! deviation of an exponential law's logarithm (π/√6·10/ln 10), over the root of the rows. Some neighbouring bins are lifted when they stand out of what is on
//! both sides of them, by more than that allows and by more than a receiver's ripple. One-sided slopes and edges are none.

use super::STEPS_PER_DB;

/// Deviation of one cell's level, dB.
const CELL_DB: f64 = 5.57;
/// Sigmas by which noise does not lift any of some thousand bins.
const SIGMAS: f64 = 7.0;
/// Widths that are tried, bins, and the ripple of receivers over so many, dB.
const WIDTHS: [(usize, f64); 4] = [(1, 1.5), (2, 1.5), (4, 1.5), (8, 2.0)];
/// Bins on either side that tell the noise, and how far from those that are tried.
const BESIDE: usize = 8;
const GUARD: usize = 2;
/// Bins about 0 Hz that tell nothing.
const DC_BINS: usize = 3;
/// Neighbouring bins share a part of their noise (Hann's window): of w bins, so many are independent.
const INDEPENDENT: f64 = 1.5;

/// Of each bin whether it is lifted, in rows with the lift that all of their bins share.
pub(super) fn bins<'a, Rows>(bin_count: usize, rows: impl Fn() -> Rows) -> Vec<bool>
where
    Rows: Iterator<Item = (&'a [u8], &'a i32)>,
{
    let levels = levels_db(bin_count, rows());
    let rows = rows().count() as f64;
    let mut found: Vec<(f64, usize, usize)> = Vec::new();
    for (width, ripple_db) in WIDTHS {
        let sigma_db = CELL_DB * (INDEPENDENT / (rows * width as f64)).sqrt();
        let least_db = (SIGMAS * sigma_db).max(ripple_db);
        for low in 0..(levels.len() + 1).saturating_sub(width) {
            let mean = levels[low..low + width].iter().sum::<f64>() / width as f64;
            let excess_db = mean - beside(&levels, low, low + width);
            if excess_db >= least_db {
                found.push((excess_db / sigma_db, low, width));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut is_lifted = vec![false; levels.len()];
    let mut is_taken = vec![false; levels.len()];
    for (_, low, width) in found {
        let about = low.saturating_sub(GUARD)..(low + width + GUARD).min(levels.len());
        if !is_taken[about.clone()].contains(&true) {
            is_lifted[low..low + width].fill(true);
            is_taken[about].fill(true);
        }
    }
    // What is left of the spike at 0 Hz, and the slow noise about it.
    let middle = levels.len() / 2;
    is_lifted[middle - DC_BINS..=middle + DC_BINS].fill(false);
    is_lifted
}

/// Mean level of each bin over the rows, each row's own lift taken out, dB.
fn levels_db<'a>(bin_count: usize, rows: impl Iterator<Item = (&'a [u8], &'a i32)>) -> Vec<f64> {
    let (mut sums, mut count) = (vec![0_i64; bin_count], 0_u32);
    for (row, lift) in rows {
        sums.iter_mut().zip(row).for_each(|(sum, level)| *sum += i64::from(*level) - i64::from(*lift));
        count += 1;
    }
    let each = 1.0 / (f64::from(count) * f64::from(STEPS_PER_DB));
    sums.into_iter().map(|sum| sum as f64 * each).collect()
}

/// The noise beside the bins `low..high`: the higher of the two sides.
fn beside(levels: &[f64], low: usize, high: usize) -> f64 {
    let left = low.saturating_sub(GUARD + BESIDE)..low.saturating_sub(GUARD);
    let right = (high + GUARD).min(levels.len())..(high + GUARD + BESIDE).min(levels.len());
    let side = |span: std::ops::Range<usize>| {
        let mut sorted = levels[span].to_vec();
        sorted.sort_by(f64::total_cmp);
        (sorted.len() >= BESIDE / 2).then(|| sorted[sorted.len() / 2])
    };
    let sides = [side(left), side(right)];
    sides.into_iter().flatten().fold(f64::NEG_INFINITY, f64::max)
}
