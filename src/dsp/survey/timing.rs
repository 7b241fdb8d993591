//! A channel's power over time to its pulses: count, width, period, duty.
//!
//! On above the middle (in dB) between noise and the level while on, off 3 dB below that; dips of up to 2.5 ms inside a
//! pulse are bridged: they are a code's bits. A Hann frame is at half its power when its middle is on the pulse's edge,
//! so that is where edges are placed, interpolated between frames: widths are good to about a quarter of a frame.

use super::STEPS_PER_DB;
use super::find::Band;

/// When a channel was on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// Pulses seen, also those cut by the beginning or end of the survey.
    pub pulse_count: usize,
    /// Median width of the whole pulses, µs; `None` when none was whole.
    pub width_us: Option<f64>,
    /// Median time from start to start, µs; `None` with fewer than two pulses.
    pub period_us: Option<f64>,
    /// Median deviation from that, µs.
    pub jitter_us: Option<f64>,
    /// Share of the time it was on, 0..=1.
    pub duty: f64,
}

const BRIDGE_S: f64 = 2.5e-3;
const RISE_MIN: f64 = 6.0;
/// A carrier with fades here and there is a carrier, not a pulse train.
const CARRIER_DUTY: f64 = 0.8;

/// First and one past the last row of a pulse.
type Stretch = (usize, usize);

pub(super) fn of(band: &Band<'_>, power: &[f64], noise: f64, lift: &[i32]) -> Timing {
    let rows_on = threshold(power, noise, lift);
    let Some(level) = rows_on else { return Timing { duty: 0.0, ..Timing::default() } };
    let starts = &band.grid.starts;
    let bridge_samples = (BRIDGE_S * band.sample_rate_sps) as u64;
    let pulses = pulses(power, level, starts, bridge_samples, band.grid.bin_count as u64);
    let us = |samples: f64| samples * 1e6 / band.sample_rate_sps;
    let edges: Vec<(f64, f64)> = pulses.iter().map(|pulse| edges(power, starts, *pulse)).collect();
    let is_whole = |(first, end): &Stretch| *first > 0 && *end < power.len();
    let whole = pulses.iter().zip(&edges).filter(|(pulse, _)| is_whole(pulse));
    let width = median(whole.map(|(_, (from, to))| to - from).collect());
    // The start of a pulse that was on from the first row is not known.
    let begins: Vec<f64> =
        pulses.iter().zip(&edges).filter(|((first, _), _)| *first > 0).map(|(_, (from, _))| *from).collect();
    let intervals: Vec<f64> = begins.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let period = median(intervals.clone());
    let jitter = period.and_then(|period| median(intervals.iter().map(|i| (i - period).abs()).collect()));
    let on: f64 = edges.iter().map(|(from, to)| to - from).sum();
    let hop = band.grid.bin_count as f64 / 2.0;
    let duty = (on / (hop * power.len() as f64)).clamp(0.0, 1.0);
    let is_regular = period.zip(jitter).is_some_and(|(period, jitter)| jitter < 0.1 * period);
    if duty > CARRIER_DUTY && !is_regular {
        return Timing { pulse_count: 1, duty, ..Timing::default() };
    }
    Timing {
        pulse_count: pulses.len(),
        width_us: width.map(us),
        period_us: period.map(us),
        jitter_us: jitter.map(us),
        duty,
    }
}

/// The power that divides on from off, and half of it: `None` when nothing stands out.
fn threshold(power: &[f64], noise: f64, lift: &[i32]) -> Option<f64> {
    let strong = |(power, lift): (&f64, &i32)| {
        let floor = noise * 10f64.powf(f64::from(*lift) / f64::from(STEPS_PER_DB) / 10.0);
        (*power > floor * 8.0).then_some(*power)
    };
    let on = median(power.iter().zip(lift).filter_map(strong).collect())?;
    Some((on * noise).sqrt().max(noise * RISE_MIN))
}

fn pulses(
    power: &[f64],
    level: f64,
    starts: &[u64],
    bridge_samples: u64,
    frame_samples: u64,
) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    let mut is_on = false;
    for (row, value) in power.iter().enumerate() {
        let is_broken = row > 0 && starts[row] - starts[row - 1] > frame_samples;
        let was_on = is_on && !is_broken;
        is_on = *value > if was_on { level / 2.0 } else { level };
        if !is_on {
            continue;
        }
        match found.last_mut() {
            Some((_, end)) if was_on && *end == row => *end = row + 1,
            // From the last row that was on to this one: the dip itself and a frame's length.
            Some((_, end)) if !is_broken && starts[row] - starts[*end - 1] <= bridge_samples => {
                *end = row + 1
            }
            _ => found.push((row, row + 1)),
        }
    }
    found
}

/// Where a pulse crosses half of its own power, in samples.
fn edges(power: &[f64], starts: &[u64], (first, end): Stretch) -> (f64, f64) {
    let half = median(power[first..end].to_vec()).unwrap_or(0.0) / 2.0;
    let rising = (first..end).find(|row| power[*row] >= half).unwrap_or(first);
    let falling = (first..end).rev().find(|row| power[*row] >= half).unwrap_or(end - 1);
    let between = |inside: usize, outside: usize| {
        let (high, low) = (power[inside], power[outside]);
        let share = if high > low { ((high - half) / (high - low)).clamp(0.0, 1.0) } else { 0.0 };
        let (a, b) = (starts[inside] as f64, starts[outside] as f64);
        a + (b - a) * share
    };
    let from = if rising > 0 { between(rising, rising - 1) } else { starts[rising] as f64 };
    let to = if falling + 1 < power.len() { between(falling, falling + 1) } else { starts[falling] as f64 };
    (from, to)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let (_, value, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*value)
}
