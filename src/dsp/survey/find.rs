//! Spectrogram to channels.
//!
//! Noise first: per bin the 25th percentile over time, then a low percentile over neighbouring bins, so that neither a
//! short burst nor a narrow carrier lifts it; each frame's own lift (a step of noise over the whole band, the splatter of
//! an overdriven receiver) is its median over that. A cell counts when it stands 15 dB above (noise reaches that once in
//! 1e13 cells) and within 30 dB of the frame's strongest, because an overdriven 8-bit receiver makes images and harmonics
//! below that. Bins with such cells, or with 10 dB in the mean of the quiet frames, make runs; runs that go on and off
//! together are one channel when they are neighbours, and otherwise the weaker is a product of the stronger.

use super::timing::{self, Timing};
use super::{Grid, STEPS_PER_DB, dbfs_of};

/// Where a signal comes from.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Origin {
    /// Somebody sends it.
    Emission,
    /// The receiver makes it from the channel at this frequency, Hz: its mirror image about the centre.
    Image(f64),
    /// It goes on and off with the channel at this frequency, Hz: a harmonic or intermodulation of the receiver, or
    /// another tone of the same sender.
    Product(f64),
}

/// A channel with a signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// Its middle, by power, Hz.
    pub frequency_hz: f64,
    /// Its strongest bin, Hz: one of the two tones of a frequency-keyed signal.
    pub peak_hz: f64,
    /// Bandwidth with 99 % of its power, at least two bins, Hz.
    pub bandwidth_hz: f64,
    /// Mean power while on, dBFS.
    pub power_dbfs: f64,
    /// That over the noise in its bandwidth, dB.
    pub snr_db: f64,
    /// When it was on.
    pub timing: Timing,
    /// Whether it is an emission or the receiver's own making.
    pub origin: Origin,
}

/// The spectrogram with its axes.
pub(super) struct Band<'a> {
    pub grid: &'a Grid,
    pub sample_rate_sps: f64,
    pub first_bin_hz: f64,
    pub bin_hz: f64,
}

const SEED_DB: f32 = 15.0;
const DYNAMIC_DB: f32 = 30.0;
const STEADY_DB: f64 = 10.0;
/// A channel below this over its own bandwidth is not told.
const SNR_MIN_DB: f64 = 8.0;
/// From the 25th percentile of exponentially distributed power to its mean: −10·log10(ln(4/3)).
const QUARTILE_TO_MEAN_DB: f32 = 5.41;
/// Likewise from the median: −10·log10(ln 2).
const MEDIAN_TO_MEAN_DB: f32 = 1.59;
/// Bins without a signal that may lie inside a channel.
const BIN_GAP: usize = 3;
const SEEDS_MIN: u32 = 3;
const STEADY_ROWS_MIN: u32 = 50;

/// Noise in steps of the grid: mean per bin, and lift per row.
struct Noise {
    floor: Vec<i32>,
    lift: Vec<i32>,
}

/// Neighbouring bins with a signal.
#[derive(Clone)]
struct Run {
    low: usize,
    high: usize,
    on: Vec<bool>,
    /// Strongest mean power of a bin while on, in steps.
    peak: f64,
}

const fn steps(db: f32) -> i32 {
    (db * STEPS_PER_DB) as i32
}

pub(super) fn channels(band: &Band<'_>) -> (Vec<Active>, f64) {
    if band.grid.starts.len() < 4 {
        return (Vec::new(), f64::from(super::LOWEST_DBFS));
    }
    let noise = noise(band.grid);
    let floor_power: f64 = noise.floor.iter().map(|level| power_of(*level)).sum();
    let is_active = active_bins(band.grid, &noise);
    let mut runs = runs(band.grid, &noise, &is_active);
    runs.sort_by(|a, b| b.peak.total_cmp(&a.peak));
    let mut kept: Vec<(Run, Option<(usize, bool)>)> = Vec::new();
    for run in runs {
        match judge(band, &kept, &run) {
            Relation::Own => kept.push((run, None)),
            Relation::PartOf(index) => {
                let (whole, _) = &mut kept[index];
                whole.low = whole.low.min(run.low);
                whole.high = whole.high.max(run.high);
                whole.on.iter_mut().zip(&run.on).for_each(|(a, b)| *a |= *b);
            }
            Relation::MadeFrom(index, image) => kept.push((run, Some((index, image)))),
        }
    }
    let measured: Vec<Active> = kept.iter().map(|(run, _)| measure(band, &noise, run)).collect();
    let origins = kept.iter().map(|(_, from)| match from {
        None => Origin::Emission,
        Some((index, true)) => Origin::Image(measured[*index].frequency_hz),
        Some((index, false)) => Origin::Product(measured[*index].frequency_hz),
    });
    let channels = measured.iter().zip(origins).map(|(active, origin)| Active { origin, ..active.clone() });
    let mut channels: Vec<Active> = channels.filter(|active| active.snr_db >= SNR_MIN_DB).collect();
    channels.sort_by(|a, b| b.power_dbfs.total_cmp(&a.power_dbfs));
    (channels, 10.0 * floor_power.log10())
}

fn power_of(level: i32) -> f64 {
    10f64.powf(dbfs_of(f64::from(level)) / 10.0)
}

/// The value below which `share` of the counted ones lie.
fn percentile(counts: &[u32], share: f64) -> i32 {
    let total: u32 = counts.iter().sum();
    let wanted = (f64::from(total) * share) as u32;
    let mut seen = 0;
    for (value, count) in counts.iter().enumerate() {
        seen += count;
        if seen > wanted {
            return value as i32;
        }
    }
    0
}

fn noise(grid: &Grid) -> Noise {
    let bins = grid.bin_count;
    let mut counts = vec![0u32; bins * 256];
    for row in grid.rows() {
        for (bin, level) in row.iter().enumerate() {
            counts[bin * 256 + usize::from(*level)] += 1;
        }
    }
    let quartiles: Vec<i32> = counts.chunks_exact(256).map(|bin| percentile(bin, 0.25)).collect();
    // A percentile over the neighbours within an eighth of the band, kept as a sliding histogram.
    let reach = (bins / 8).max(8);
    let mut near = [0u32; 256];
    for level in &quartiles[..reach.min(bins)] {
        near[*level as usize] += 1;
    }
    let mut floor = Vec::with_capacity(bins);
    for bin in 0..bins {
        if bin + reach < bins {
            near[quartiles[bin + reach] as usize] += 1;
        }
        if bin > reach {
            near[quartiles[bin - reach - 1] as usize] -= 1;
        }
        floor.push(percentile(&near, 0.35) + steps(QUARTILE_TO_MEAN_DB));
    }
    let lift = grid.rows().map(|row| {
        let mut over = [0u32; 512];
        for (level, floor) in row.iter().zip(&floor) {
            over[(i32::from(*level) - floor + 256).clamp(0, 511) as usize] += 1;
        }
        (percentile(&over, 0.5) - 256 + steps(MEDIAN_TO_MEAN_DB)).max(0)
    });
    Noise { lift: lift.collect(), floor }
}

/// Whether a bin is one of the three that DC leaks into.
fn is_dc(grid: &Grid, bin: usize) -> bool {
    bin.abs_diff(grid.bin_count / 2) <= 1
}

/// The weakest level of a row that is not below the receiver's dynamic range.
fn dynamic_floor(grid: &Grid, row: &[u8]) -> i32 {
    let strongest =
        row.iter().enumerate().filter(|(bin, _)| !is_dc(grid, *bin)).map(|(_, level)| *level).max();
    i32::from(strongest.unwrap_or(0)) - steps(DYNAMIC_DB)
}

fn active_bins(grid: &Grid, noise: &Noise) -> Vec<bool> {
    let bins = grid.bin_count;
    let (mut seeds, mut steady, mut quiet_rows) = (vec![0u32; bins], vec![0f64; bins], 0u32);
    let ratio: Vec<f64> =
        (0..1024).map(|i| 10f64.powf((f64::from(i) - 512.0) / f64::from(STEPS_PER_DB) / 10.0)).collect();
    for (row, lift) in grid.rows().zip(&noise.lift) {
        let least = dynamic_floor(grid, row);
        let excess = |bin: usize| i32::from(row[bin]) - noise.floor[bin] - lift;
        let mut any = false;
        for bin in (0..bins).filter(|bin| !is_dc(grid, *bin)) {
            if excess(bin) >= steps(SEED_DB) && i32::from(row[bin]) >= least {
                seeds[bin] += 1;
                any = true;
            }
        }
        if !any {
            quiet_rows += 1;
            for (bin, sum) in steady.iter_mut().enumerate() {
                *sum += ratio[(excess(bin) + 512).clamp(0, 1023) as usize];
            }
        }
    }
    let steady_least = 10f64.powf(STEADY_DB / 10.0) * f64::from(quiet_rows);
    (0..bins)
        .map(|bin| {
            let is_steady = quiet_rows >= STEADY_ROWS_MIN && steady[bin] >= steady_least;
            !is_dc(grid, bin) && (seeds[bin] >= SEEDS_MIN || is_steady)
        })
        .collect()
}

fn runs(grid: &Grid, noise: &Noise, is_active: &[bool]) -> Vec<Run> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for bin in (0..is_active.len()).filter(|bin| is_active[*bin]) {
        match spans.last_mut() {
            Some((_, high)) if bin <= *high + 1 + BIN_GAP => *high = bin,
            _ => spans.push((bin, bin)),
        }
    }
    spans
        .into_iter()
        .map(|(low, high)| {
            let on: Vec<bool> = grid
                .rows()
                .zip(&noise.lift)
                .map(|(row, lift)| {
                    let least = dynamic_floor(grid, row);
                    (low..=high).any(|bin| {
                        let level = i32::from(row[bin]);
                        level >= least && level - noise.floor[bin] - lift >= steps(SEED_DB)
                    })
                })
                .collect();
            let is_weak = !on.contains(&true);
            let on = if is_weak { vec![true; on.len()] } else { on };
            let rows = on.iter().filter(|on| **on).count() as f64;
            let mean = |bin: usize| {
                let sum: i32 =
                    grid.rows().zip(&on).filter(|(_, on)| **on).map(|(row, _)| i32::from(row[bin])).sum();
                f64::from(sum) / rows
            };
            let peak = (low..=high).map(mean).fold(f64::NEG_INFINITY, f64::max);
            Run { low, high, on, peak }
        })
        .collect()
}

enum Relation {
    Own,
    PartOf(usize),
    MadeFrom(usize, bool),
}

/// What a run is to the stronger ones. Of two that are on all the time only a place that fits tells a product.
fn judge(band: &Band<'_>, stronger: &[(Run, Option<(usize, bool)>)], run: &Run) -> Relation {
    let bins = band.grid.bin_count;
    let rows_on = |on: &[bool]| on.iter().filter(|on| **on).count() as f64;
    for (index, (other, from)) in stronger.iter().enumerate() {
        let both = other.on.iter().zip(&run.on).filter(|(a, b)| **a && **b).count() as f64;
        let together = both / rows_on(&run.on).max(1.0);
        let apart =
            if run.low > other.high { run.low - other.high } else { other.low.saturating_sub(run.high) };
        let weaker_db = (other.peak - run.peak) / f64::from(STEPS_PER_DB);
        let reach = (other.high - other.low + 1).max(8);
        if together >= 0.8 && apart <= reach && from.is_none() {
            return Relation::PartOf(index);
        }
        let is_always_on = rows_on(&other.on) > 0.9 * other.on.len() as f64;
        // Equal strength, but never one without the other: two tones of one sender.
        let is_twin = !is_always_on && both >= 0.85 * rows_on(&other.on);
        if together < 0.85 || (weaker_db < 8.0 && !is_twin) {
            continue;
        }
        let root = from.map_or(index, |(root, _)| root);
        let mirror = |bin: usize| (bins - bin) % bins;
        if run.low <= mirror(other.low) + 3 && mirror(other.high) <= run.high + 3 {
            return Relation::MadeFrom(root, true);
        }
        if !is_always_on || is_harmonic(bins, other, run) {
            return Relation::MadeFrom(root, false);
        }
    }
    Relation::Own
}

fn is_harmonic(bins: usize, other: &Run, run: &Run) -> bool {
    let half = (bins / 2) as i64;
    let middle = (other.low + other.high) as i64 / 2 - half;
    [-5, -3, -2, 2, 3, 5].iter().any(|order| {
        // Beyond the band's edge it folds back.
        let bin = (middle * order + half).rem_euclid(bins as i64);
        bin + 3 >= run.low as i64 && bin <= run.high as i64 + 3
    })
}

fn measure(band: &Band<'_>, noise: &Noise, run: &Run) -> Active {
    let grid = band.grid;
    let rows = run.on.iter().filter(|on| **on).count().max(1) as f64;
    let on_power: Vec<f64> = (run.low..=run.high)
        .map(|bin| {
            if is_dc(grid, bin) {
                return 0.0;
            }
            let on = grid.rows().zip(&run.on).filter(|(_, on)| **on);
            let sum: f64 = on.map(|(row, _)| power_of(i32::from(row[bin]))).sum();
            (sum / rows - power_of(noise.floor[bin])).max(0.0)
        })
        .collect();
    let total: f64 = on_power.iter().sum();
    let place = |share: f64| {
        let mut sum = 0.0;
        on_power.iter().position(|power| {
            sum += power;
            sum >= share * total
        })
    };
    let low = run.low + place(0.005).unwrap_or(0);
    let high = run.low + place(0.995).unwrap_or(on_power.len() - 1);
    let weighted =
        on_power.iter().enumerate().map(|(bin, power)| (run.low + bin) as f64 * power).sum::<f64>();
    let middle = if total > 0.0 { weighted / total } else { (low + high) as f64 / 2.0 };
    let strongest = (0..on_power.len()).max_by(|a, b| on_power[*a].total_cmp(&on_power[*b])).unwrap_or(0);
    let noise_power: f64 = (low..=high).map(|bin| power_of(noise.floor[bin])).sum();
    let frequency_hz = band.first_bin_hz + middle * band.bin_hz;
    Active {
        frequency_hz,
        peak_hz: band.first_bin_hz + (run.low + strongest) as f64 * band.bin_hz,
        bandwidth_hz: ((high - low + 1) as f64 * band.bin_hz).max(2.0 * band.bin_hz),
        power_dbfs: 10.0 * total.max(1e-30).log10(),
        snr_db: 10.0 * (total.max(1e-30) / noise_power).log10(),
        timing: timing::of(band, &power_rows(band, low, high), noise_power, &noise.lift),
        origin: Origin::Emission,
    }
}

/// Power of the bins `low..=high` and their neighbours, row by row.
fn power_rows(band: &Band<'_>, low: usize, high: usize) -> Vec<f64> {
    let table: Vec<f64> = (0..256).map(power_of).collect();
    let (low, high) = (low.saturating_sub(1), (high + 1).min(band.grid.bin_count - 1));
    let bins = |row: &[u8]| {
        let inside = (low..=high).filter(|bin| !is_dc(band.grid, *bin));
        inside.map(|bin| table[usize::from(row[bin])]).sum()
    };
    band.grid.rows().map(bins).collect()
}
