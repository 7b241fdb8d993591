//! One channel out of the band: all samples in, samples of the channel alone out, at a rate that just holds it.
//!
//! A low-pass moved to the channel's frequency and computed only where an output is due: y[m] = e^(−jωmD)·Σ h[n]·e^(−jωn)·x[mD + n],
//! n symmetric about 0. h is Kaiser's window on the ideal low-pass (Kaiser 1974; Oppenheim & Schafer, Discrete-Time Signal
//! Processing, § 7.5.3): flat to 0.01 dB within the channel, [`STOP_DB`] down wherever the rate folds onto it. Gain 1: a tone keeps its
//! amplitude, noise its density per Hz.
//!
//! Output m stands at sample m·D of the stream, so where blocks are cut changes nothing. Cost: some 30 multiplications a sample.

use crate::dsp::aligned::Aligned;
use crate::dsp::kernel;

/// What folds onto the channel is this far down, dB.
const STOP_DB: f64 = 80.0;
/// Output rate over the channel's width: room for the filter's edge.
const RATE_RATIO: f64 = 2.5;

/// The newest samples of a stream, as long as the longest filter needs.
pub struct Delay {
    samples: Aligned<[f32; 2]>,
    /// Index of the first sample held.
    first: u64,
    held: usize,
    kept: usize,
}

impl Delay {
    /// For pieces of up to `piece` samples and filters over `reach` of them.
    pub fn new(piece: usize, reach: usize) -> Delay {
        Delay { samples: Aligned::filled([0.0; 2], piece + reach), first: 0, held: 0, kept: reach }
    }

    /// What comes next is not of this stream.
    pub fn forget(&mut self) {
        self.held = 0;
    }

    /// The newest `count` samples, or all where fewer are held.
    pub fn newest(&self, count: usize) -> &[[f32; 2]] {
        &self.samples[self.held.saturating_sub(count)..self.held]
    }

    /// Room for `count` samples that begin at index `first`; what does not follow the samples held begins anew.
    pub fn room(&mut self, first: u64, count: usize) -> &mut [[f32; 2]] {
        if first != self.first + self.held as u64 {
            (self.first, self.held) = (first, 0);
        }
        let surplus = self.held.saturating_sub(self.kept);
        self.samples.copy_within(surplus..self.held, 0);
        self.first += surplus as u64;
        let from = self.held - surplus;
        self.held = from + count;
        &mut self.samples[from..self.held]
    }
}

/// One channel.
pub struct Tuner {
    step: u64,
    /// Samples before output m's own.
    before: u64,
    taps_re: Aligned<f32>,
    taps_im: Aligned<f32>,
    turns_per_step: f64,
    /// The output that is due.
    next: u64,
}

/// An output rate, and samples of the input that make one of the output.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Rate {
    /// Samples per second.
    pub sps: f64,
    /// Input samples per output.
    pub step: usize,
}

/// The rate at which a channel of `width_hz` leaves the tuner.
pub fn rate_for(sample_rate_sps: f64, width_hz: f64) -> Rate {
    let step = ((sample_rate_sps / (RATE_RATIO * width_hz)) as usize).max(1);
    Rate { sps: sample_rate_sps / step as f64, step }
}

impl Tuner {
    /// For a channel of `width_hz` that lies `offset_hz` from the tuned frequency.
    pub fn new(sample_rate_sps: f64, offset_hz: f64, width_hz: f64) -> Tuner {
        let rate = rate_for(sample_rate_sps, width_hz);
        let filter = low_pass(sample_rate_sps, rate, width_hz);
        let before = (filter.len() / 2) as u64;
        let len = filter.len().next_multiple_of(kernel::DOT_LANES / 2);
        let (mut taps_re, mut taps_im) = (Aligned::filled(0.0, 2 * len), Aligned::filled(0.0, 2 * len));
        for (n, tap) in filter.iter().enumerate() {
            let turns = -offset_hz / sample_rate_sps * (n as f64 - before as f64);
            let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
            let (re, im) = ((tap * cos) as f32, (tap * sin) as f32);
            (taps_re[2 * n], taps_re[2 * n + 1]) = (re, -im);
            (taps_im[2 * n], taps_im[2 * n + 1]) = (im, re);
        }
        let turns_per_step = (-offset_hz * rate.step as f64 / sample_rate_sps).rem_euclid(1.0);
        Tuner { step: rate.step as u64, before, taps_re, taps_im, turns_per_step, next: 0 }
    }

    /// Samples of the input that one output takes.
    pub fn reach(&self) -> usize {
        self.taps_re.len() / 2
    }

    /// Gives every output that is due by what `delay` holds: its number and value. Numbers that are left out fell into a gap.
    pub fn take(&mut self, delay: &Delay, mut out: impl FnMut(u64, [f32; 2])) {
        let earliest = (delay.first + self.before).div_ceil(self.step);
        self.next = self.next.max(earliest);
        loop {
            let from = (self.next * self.step - self.before - delay.first) as usize;
            let Some(samples) = delay.samples[..delay.held].get(from..from + self.reach()) else { return };
            let [re, im] = kernel::dot(samples.as_flattened(), &self.taps_re, &self.taps_im);
            let turns = (self.next as f64 * self.turns_per_step).fract();
            let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
            let (sin, cos) = (sin as f32, cos as f32);
            out(self.next, [re * cos - im * sin, re * sin + im * cos]);
            self.next += 1;
        }
    }

    /// A new stream: its samples are counted from 0 again.
    pub fn restart(&mut self) {
        self.next = 0;
    }
}

/// Taps of the low-pass, an odd number; one where nothing is left out.
fn low_pass(sample_rate_sps: f64, rate: Rate, width_hz: f64) -> Vec<f64> {
    if rate.step == 1 {
        return vec![1.0];
    }
    // What folds onto the channel's edge lies that far from the middle.
    let (pass, stop) = (width_hz / 2.0, rate.sps - width_hz / 2.0);
    let edge = std::f64::consts::TAU * (stop - pass) / sample_rate_sps;
    let half = ((STOP_DB - 7.95) / (2.285 * edge) / 2.0).ceil() as i64;
    let beta = 0.1102 * (STOP_DB - 8.7);
    let cut = (pass + stop) / sample_rate_sps;
    let tap = |n: i64| {
        let x = std::f64::consts::PI * cut * n as f64;
        let ideal = if n == 0 { cut } else { cut * x.sin() / x };
        let along = n as f64 / (half + 1) as f64;
        ideal * bessel_i0(beta * (1.0 - along * along).sqrt()) / bessel_i0(beta)
    };
    let taps: Vec<f64> = (-half..=half).map(tap).collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| tap / sum).collect()
}

/// Modified Bessel function of the first kind and order 0 (Abramowitz & Stegun 9.6.12), arguments up to 20.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..60 {
        term *= (x / (2.0 * f64::from(n))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean power that leaves a tuner for 20 kHz at 40 kHz of a 250 kS/s band, with a tone of power 1 at `tone_hz`.
    fn power_of(tone_hz: f64, pieces: &[usize]) -> (f64, Vec<[f32; 2]>) {
        let mut tuner = Tuner::new(250e3, 40e3, 20e3);
        let mut delay = Delay::new(4_096, tuner.reach());
        let (mut at, mut made) = (0, Vec::new());
        for &count in pieces {
            for (n, sample) in delay.room(at, count).iter_mut().enumerate() {
                let turns = (tone_hz / 250e3 * (at + n as u64) as f64).fract();
                let (sin, cos) = (std::f64::consts::TAU * turns).sin_cos();
                *sample = [cos as f32, sin as f32];
            }
            at += count as u64;
            tuner.take(&delay, |_, sample| made.push(sample));
        }
        let power = made.iter().map(|[re, im]| f64::from(re * re + im * im)).sum::<f64>() / made.len() as f64;
        (power, made)
    }

    #[test]
    fn the_channel_passes_and_what_folds_onto_it_does_not() {
        let rate = rate_for(250e3, 20e3);
        assert_eq!((rate.step, rate.sps), (5, 50e3));
        for offset_hz in [-10e3, -3e3, 0.0, 7e3, 10e3] {
            let db = 10.0 * power_of(40e3 + offset_hz, &[4_000, 4_000]).0.log10();
            assert!(db.abs() < 0.01, "{offset_hz} Hz: {db} dB");
            // The same, one output rate away.
            let db = 10.0 * power_of(40e3 + offset_hz - 50e3, &[4_000, 4_000]).0.log10();
            assert!(db < -STOP_DB + 1.0, "{offset_hz} Hz folded: {db} dB");
        }
    }

    #[test]
    fn a_tone_stands_where_it_is_and_pieces_change_nothing() {
        let (_, whole) = power_of(43_125.0, &[4_000, 4_000]);
        let (_, pieces) = power_of(43_125.0, &[1, 17, 1_000, 2_982, 300, 3_700]);
        assert_eq!(whole, pieces);
        // 3125 Hz at 50 kS/s: a sixteenth of a turn from one to the next.
        for pair in whole.windows(2) {
            let turn = (pair[1][1].atan2(pair[1][0]) - pair[0][1].atan2(pair[0][0]))
                .rem_euclid(std::f32::consts::TAU);
            assert!((turn - std::f32::consts::TAU / 16.0).abs() < 1e-3, "{turn}");
        }
    }

    #[test]
    fn a_gap_leaves_numbers_out() {
        let mut tuner = Tuner::new(250e3, 40e3, 20e3);
        let reach = tuner.reach() as u64;
        let mut delay = Delay::new(1_000, tuner.reach());
        let mut numbers = Vec::new();
        for first in [0, 1_000, 5_003] {
            delay.room(first, 1_000).fill([1.0, 0.0]);
            tuner.take(&delay, |number, _| numbers.push(number));
        }
        let jump = numbers.windows(2).find(|pair| pair[1] != pair[0] + 1).expect("a jump");
        assert!(jump[0] * 5 + reach / 2 <= 2_000 && jump[1] * 5 >= 5_003 + reach / 2 - 8, "{jump:?} {reach}");
        assert!(numbers.last().is_some_and(|last| last * 5 + reach / 2 + 13 > 6_003));
    }
}
