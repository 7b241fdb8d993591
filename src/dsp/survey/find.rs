//! Spectrogram to channels.
//!
//! Noise first: per bin the 25th percentile over time, then a low percentile over neighbouring bins, so that neither a
//! short burst nor a narrow carrier lifts it; each frame's own lift (a step of noise over the whole band, the splatter of
//! an overdriven receiver) is its median over that. A cell counts when it stands 15 dB above (noise reaches that once in
//! 1e13 cells) and within 30 dB of the frame's strongest, because an overdriven 8-bit receiver makes images and harmonics
//! below that. Bins with such cells, or whose median over time is 7 dB up (they are always on), or that are lifted all the
//! time out of their neighbours (`lifted`), make runs, the strongest by
//! energy first; runs that go on and off together are one channel when they are neighbours, and otherwise the weaker is a
//! product of the stronger.

use crate::dsp::layout::NOISE_BINS_MIN;

use super::{Grid, STEPS_PER_DB, Timing, dbfs_of, lifted};

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
    /// The aircraft itself sends it: told by whoever knows its lines.
    OwnNoise,
}

/// A channel with a signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// Its middle, by power, Hz.
    pub frequency_hz: f64,
    /// Its strongest bin, Hz: one of the two tones of a frequency-keyed signal.
    pub peak_hz: f64,
    /// Bandwidth about `frequency_hz` that holds 99 % of its power, at least four bins, Hz.
    pub bandwidth_hz: f64,
    /// Mean power while on, dBFS: here of the frames in which it stood out; of pulses or of all, once somebody listened.
    pub power_dbfs: f64,
    /// That over the noise in its bandwidth, dB.
    pub snr_db: f64,
    /// When it was on: filled by whoever listens to it.
    pub timing: Timing,
    /// Whether it is an emission or the receiver's own making.
    pub origin: Origin,
    /// Whether it shows in no cell of the spectrogram, but in sums over some time alone.
    pub is_faint: bool,
}

/// The spectrogram with its axes.
pub(super) struct Band<'a> {
    pub grid: &'a Grid,
    pub first_bin_hz: f64,
    pub bin_hz: f64,
}

const SEED_DB: f32 = 15.0;
const DYNAMIC_DB: f32 = 30.0;
/// A bin is always on when its median is this far over the noise; that of pure noise lies 1.6 dB under it.
const STEADY_DB: f32 = 7.0;
/// A channel below this over its own bandwidth is not told.
const SNR_MIN_DB: f64 = 6.0;
/// From the 25th percentile of exponentially distributed power to its mean: −10·log10(ln(4/3)).
const QUARTILE_TO_MEAN_DB: f32 = 5.41;
/// Likewise from the median: −10·log10(ln 2).
const MEDIAN_TO_MEAN_DB: f32 = 1.59;
/// Bins without a signal that may lie inside a channel.
const BIN_GAP: usize = 3;
/// Nearer to something stronger, what is lifted is its skirt, bins.
const LIFTED_GAP: usize = 8;
const SEEDS_MIN: u32 = 2;
const STEADY_ROWS_MIN: u32 = 25;
/// Share of samples at full scale from which a receiver counts as overdriven and makes harmonics.
const OVERDRIVEN_SHARE: f64 = 1e-4;
/// Bins on either side of its middle over which the window spreads a tone.
const LOBE_BINS: usize = 2;
/// Two that are always on are one sender's when they are this far apart in power: a carrier's skirts.
const SKIRT_DB: f64 = 20.0;

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
    /// Energy over the time, as a sum of the cells' powers.
    energy: f64,
    /// Whether it shows in the mean over time alone.
    is_lifted: bool,
}

const fn steps(db: f32) -> i32 {
    (db * STEPS_PER_DB) as i32
}

/// What is in a spectrogram.
pub(super) struct Found {
    pub channels: Vec<Active>,
    /// Mean noise power per bin summed, dBFS.
    pub floor_dbfs: f64,
    /// Of each row that a receiver saw all of, whether something stands out in it that is not always there.
    pub busy: Vec<bool>,
}

pub(super) fn channels(band: &Band<'_>) -> Found {
    if band.grid.rows().count() < 4 {
        let floor_dbfs = f64::from(super::LOWEST_DBFS);
        return Found { channels: Vec::new(), floor_dbfs, busy: vec![false; band.grid.rows().count()] };
    }
    let noise = noise(band.grid);
    let floor_power: f64 = noise.floor.iter().map(|level| power_of(*level)).sum();
    let is_active = active_bins(band.grid, &noise);
    let mut runs = runs(band.grid, &noise, &is_active);
    let busy = busy_rows(&runs, noise.lift.len());
    runs.append(&mut lifted_runs(band.grid, &noise, &busy, &runs));
    runs.sort_by(|a, b| b.energy.total_cmp(&a.energy));
    let mut kept: Vec<(Run, Option<(usize, bool)>)> = Vec::new();
    for run in runs {
        match judge(band, &kept, &run) {
            Relation::Own => kept.push((run, None)),
            Relation::PartOf(index) => {
                let (whole, _) = &mut kept[index];
                whole.low = whole.low.min(run.low);
                whole.high = whole.high.max(run.high);
                whole.on.iter_mut().zip(&run.on).for_each(|(a, b)| *a |= *b);
                whole.energy += run.energy;
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
    let is_told = |active: &Active| active.snr_db >= SNR_MIN_DB || active.is_faint;
    let mut channels: Vec<Active> = channels.filter(is_told).collect();
    channels.sort_by(|a, b| b.power_dbfs.total_cmp(&a.power_dbfs));
    Found { channels, floor_dbfs: 10.0 * floor_power.log10(), busy }
}

/// Rows in which a run is on that is not always on, and those before and after: what a receiver makes of it is all over the band.
fn busy_rows(runs: &[Run], rows: usize) -> Vec<bool> {
    let mut busy = vec![false; rows];
    for run in runs.iter().filter(|run| !run.is_always_on()) {
        for (row, _) in run.on.iter().enumerate().filter(|(_, on)| **on) {
            busy[row.saturating_sub(1)..(row + 2).min(rows)].fill(true);
        }
    }
    busy
}

impl Run {
    fn is_always_on(&self) -> bool {
        let rows_on = self.on.iter().filter(|on| **on).count();
        rows_on > 0 && rows_on as f64 > 0.9 * self.on.len() as f64
    }
}

/// Power of a level of the grid.
pub(super) fn power_of(level: i32) -> f64 {
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

/// The weakest level of a row that is not below the receiver's dynamic range.
fn dynamic_floor(row: &[u8]) -> i32 {
    i32::from(row.iter().copied().max().unwrap_or(0)) - steps(DYNAMIC_DB)
}

/// Bins with a signal, each with whether it is always on.
fn active_bins(grid: &Grid, noise: &Noise) -> Vec<Option<bool>> {
    let bins = grid.bin_count;
    let mut seeds = vec![0u32; bins];
    // Of each bin, how far its cells are over the noise, as a histogram.
    let mut over = vec![0u32; bins * 512];
    for (row, lift) in grid.rows().zip(&noise.lift) {
        let least = dynamic_floor(row);
        for bin in 0..bins {
            let excess = i32::from(row[bin]) - noise.floor[bin] - lift;
            over[bin * 512 + (excess + 256).clamp(0, 511) as usize] += 1;
            seeds[bin] += u32::from(excess >= steps(SEED_DB) && i32::from(row[bin]) >= least);
        }
    }
    let enough = noise.lift.len() >= STEADY_ROWS_MIN as usize;
    over.chunks_exact(512)
        .zip(seeds)
        .map(|(over, seeds)| {
            let is_steady = enough && percentile(over, 0.5) - 256 >= steps(STEADY_DB);
            (is_steady || seeds >= SEEDS_MIN).then_some(is_steady)
        })
        .collect()
}

fn runs(grid: &Grid, noise: &Noise, is_active: &[Option<bool>]) -> Vec<Run> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for bin in (0..is_active.len()).filter(|bin| is_active[*bin].is_some()) {
        match spans.last_mut() {
            Some((_, high)) if bin <= *high + 1 + BIN_GAP => *high = bin,
            _ => spans.push((bin, bin)),
        }
    }
    spans
        .into_iter()
        .map(|(low, high)| {
            let is_steady = is_active[low..=high].contains(&Some(true));
            let stands_out = |(row, lift): (&[u8], &i32)| {
                let least = dynamic_floor(row);
                is_steady
                    || (low..=high).any(|bin| {
                        let level = i32::from(row[bin]);
                        level >= least && level - noise.floor[bin] - lift >= steps(SEED_DB)
                    })
            };
            let on: Vec<bool> = grid.rows().zip(&noise.lift).map(stands_out).collect();
            let rows_on = grid.rows().zip(&on).filter(|(_, on)| **on);
            let energy =
                rows_on.map(|(row, _)| row[low..=high].iter().map(|l| power_of(i32::from(*l))).sum::<f64>());
            Run { low, high, energy: energy.sum(), on, is_lifted: false }
        })
        .collect()
}

/// What is lifted all the time and apart from the other runs.
fn lifted_runs(grid: &Grid, noise: &Noise, busy: &[bool], others: &[Run]) -> Vec<Run> {
    let calm = || grid.rows().zip(&noise.lift).zip(busy).filter(|(_, busy)| !**busy).map(|(row, _)| row);
    if calm().count() < STEADY_ROWS_MIN as usize {
        return Vec::new();
    }
    let is_lifted = lifted::bins(grid.bin_count, calm);
    let spans = is_lifted.chunk_by(|a, b| a == b).scan(0, |at, span| {
        let low = *at;
        *at += span.len();
        Some((span[0], low, *at - 1))
    });
    let is_apart = |low: usize, high: usize| {
        others.iter().all(|run| low > run.high + LIFTED_GAP || high + LIFTED_GAP < run.low)
    };
    let spans = spans.filter(|(is_lifted, low, high)| *is_lifted && is_apart(*low, *high));
    spans
        .map(|(_, low, high)| {
            let cells = calm().flat_map(|(row, _)| &row[low..=high]);
            let energy = cells.map(|level| power_of(i32::from(*level))).sum();
            Run { low, high, on: busy.iter().map(|busy| !busy).collect(), energy, is_lifted: true }
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
        let power = |of: &Run| of.energy / rows_on(&of.on).max(1.0);
        let weaker_db = 10.0 * (power(other) / power(run)).log10();
        let reach = (other.high - other.low + 1).max(8);
        let is_always_on = other.is_always_on();
        let is_one = !is_always_on || weaker_db >= SKIRT_DB;
        if together >= 0.8 && apart <= reach && from.is_none() && is_one {
            return Relation::PartOf(index);
        }
        // Spread over the band's edge, which comes out at the other end: its main lobe, or its skirts.
        let around =
            (run.low + bins).saturating_sub(other.high).min((other.low + bins).saturating_sub(run.high));
        let is_spread =
            (around <= LOBE_BINS && weaker_db > 0.0) || (around <= reach && weaker_db >= SKIRT_DB);
        if together >= 0.8 && is_spread {
            return Relation::MadeFrom(from.map_or(index, |(root, _)| root), false);
        }
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
        let is_overdriven = band.grid.clipped_share >= OVERDRIVEN_SHARE;
        if !is_always_on || (is_overdriven && is_harmonic(bins, other, run, weaker_db)) {
            return Relation::MadeFrom(root, false);
        }
    }
    Relation::Own
}

/// Whether a run lies where clipping puts a harmonic of the other, and is as much weaker as those of a square wave at least.
fn is_harmonic(bins: usize, other: &Run, run: &Run, weaker_db: f64) -> bool {
    let half = (bins / 2) as i64;
    let middle = (other.low + other.high) as i64 / 2 - half;
    (2..=15i64).flat_map(|order| [-order, order]).any(|order| {
        // Beyond the band's edge it folds back.
        let bin = (middle * order + half).rem_euclid(bins as i64);
        let is_there = bin + order.abs() + 1 >= run.low as i64 && bin <= run.high as i64 + order.abs() + 1;
        is_there && weaker_db >= 20.0 * (order.abs() as f64).log10() - 2.0
    })
}

fn measure(band: &Band<'_>, noise: &Noise, run: &Run) -> Active {
    let grid = band.grid;
    let rows = run.on.iter().filter(|on| **on).count().max(1) as f64;
    let on_power: Vec<f64> = (run.low..=run.high)
        .map(|bin| {
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
    let (frequency_hz, bandwidth_hz) = channel_of(band, middle, low as f64 - 0.5, high as f64 + 0.5);
    Active {
        frequency_hz,
        peak_hz: band.first_bin_hz + (run.low + strongest) as f64 * band.bin_hz,
        bandwidth_hz,
        power_dbfs: 10.0 * total.max(1e-30).log10(),
        snr_db: 10.0 * (total.max(1e-30) / noise_power.max(1e-30)).log10(),
        timing: Timing::default(),
        origin: Origin::Emission,
        is_faint: run.is_lifted,
    }
}

/// Frequency and bandwidth of a channel about `middle` that holds the bins from `low` to `high`, as settings take them: no
/// narrower than the sense pass can see, and within the band.
fn channel_of(band: &Band<'_>, middle: f64, low: f64, high: f64) -> (f64, f64) {
    let half_least = NOISE_BINS_MIN / 2.0;
    // A bin holds half of itself on either side, but of the band the first begins at its own middle.
    let (first, last) = (0.0, band.grid.bin_count as f64);
    let middle = middle.clamp(first + half_least, last - half_least);
    let half = (middle - low).max(high - middle).max(half_least).min(middle - first).min(last - middle);
    (band.first_bin_hz + middle * band.bin_hz, 2.0 * half * band.bin_hz)
}
