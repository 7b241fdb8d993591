//! Chirps that follow one another without a pause, as a preamble of LoRa: rising by their bandwidth in 2^SF/bandwidth seconds each (Semtech AN1200.22).
//!
//! A window as long as one chirp, times the conjugate of a chirp, is a tone (de-chirped); its spectrum's cell is where the chirp's frequency and
//! begin put it, and the same for all chirps of a preamble. Four windows begin in a chirp's time: one holds at least seven eighths of it, and
//! its tone lies within an eighth of the bandwidth of the chirp's frequency offset. So only those cells are looked at, at the rate that
//! holds them. Cells of windows one chirp apart are summed, over some chirps.
//!
//! What is no such chirp is spread over all cells, and each window is divided by the level of its own, told by where its upper fifth begins: a carrier, an impulse, a step of noise,
//! a sweep of another rate lift the cells alike and tell nothing. A sum that some of its windows make is none either, nor one whose cell stands among others. Windows stand on the grid of the
//! stream's numbers. Thresholds are given from outside; nothing is allocated after [`Chirps::new`].

use crate::dsp::line::between;
use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

/// Windows that begin in the time of one chirp.
pub const WINDOWS: u64 = 4;
/// Frequency offset that is looked at, either way, of the bandwidth; an eighth of it for where a chirp begins in its window.
const OFFSET: f64 = 0.15;
const CELLS_TO: f64 = OFFSET + 1.0 / (2 * WINDOWS) as f64;
/// Rate after de-chirping, in bandwidths, at least: those, and what is looked at beside them.
const RATE: f64 = 0.7;
/// Cells per resolved one, at least.
const PADDING: f64 = 1.4;
/// Windows over which the level of the noise is smoothed, where it does not rise.
const LEVEL_WINDOWS: f32 = 64.0;
/// The quantile by which the noise is told, what it is of noise of mean 1 (−ln(1 − q)), and its relative deviation times √n (√(q/(1 − q))/−ln(1 − q)); no other
/// is known as well.
const QUANTILE: f64 = 0.8;
const OF_NOISE: f64 = 1.609_438;
const DEVIATION: f64 = 1.243;
/// So many of a sum's windows must hold a share of its mean excess: each by itself is no preamble, and not every other one.
const PRESENT_MIN: f32 = 0.7;
const PRESENT: f32 = 0.25;
/// Beside a tone, from so many resolved cells to so many, there is this share of it at most.
const BESIDE: (f64, f64) = (2.5, 8.0);
const BESIDE_MAX: f32 = 0.2;
/// For the time of so many chirps what is found may be found better.
const HELD_CHIRPS: u64 = 3;
/// What a window loses of a chirp that begins up to an eighth of it before or after, and between two cells, on average.
const KEPT: f64 = 0.85;

/// A preamble found.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Preamble {
    /// The newest window.
    pub last_window: u64,
    /// Which of the sums.
    pub sum: usize,
    /// Chirps in it.
    pub chirp_count: u32,
    /// Sum of its cells, noise being 1 each.
    pub power: f32,
    /// Frequency offset, as far as where it begins is known: ± an eighth of the bandwidth, Hz.
    pub offset_hz: f64,
    /// Power over the noise's density, Hz.
    pub cn0_hz: f64,
    /// The noise's density, full scale² per Hz.
    pub noise_per_hz: f64,
}

/// The chirps of one spreading factor in one stream.
pub struct Chirps {
    rate_sps: f64,
    chirp_s: f64,
    fft: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex32>,
    spectrum: Vec<Complex32>,
    /// Conjugate of the chirp, with what makes noise of one density 1.
    chirp: Vec<Complex32>,
    /// Samples that are one after de-chirping.
    step: usize,
    /// Newest samples, of which the first has number `first`.
    samples: Vec<Complex32>,
    first: u64,
    held: usize,
    /// The window that is due, and those before it that came without a gap.
    next: u64,
    whole: u64,
    /// Cells of the newest windows.
    windows: Vec<Vec<f32>>,
    sums: Vec<f32>,
    sorted: Vec<f32>,
    level: f32,
    /// Chirps of the sums, and thresholds.
    lengths: Vec<(u32, f32)>,
    /// The strongest of late, and up to which window nothing is told.
    best: Option<(f32, Preamble)>,
    told_to: u64,
    /// Cells at either end that are looked at only beside others: a tone that sweeps up to there is no preamble.
    beside: usize,
}

impl Chirps {
    /// For chirps of `bandwidth_hz` and spreading factor `spreading` in a stream at `rate_sps` ≥ 1.25 bandwidths; `lengths`: chirps of the sums, the longest
    /// last, and their thresholds.
    pub fn new(rate_sps: f64, bandwidth_hz: f64, spreading: u8, lengths: &[(u32, f64)]) -> Chirps {
        let chirp_s = chirp_s(bandwidth_hz, spreading);
        let step = ((rate_sps / (RATE * bandwidth_hz)) as usize).max(1);
        let len = (chirp_s * rate_sps / step as f64) as usize * step;
        let padded = ((len / step) as f64 * PADDING) as usize;
        let fft = FftPlanner::new().plan_fft_forward(padded.next_power_of_two());
        let scale = (len as f64 * rate_sps).sqrt().recip();
        let chirp = |n: usize| {
            // From −½ bandwidth up.
            let seconds = n as f64 / rate_sps;
            let turns = 0.5 * bandwidth_hz * seconds * (seconds / chirp_s - 1.0);
            let (sin, cos) = (-std::f64::consts::TAU * turns.fract()).sin_cos();
            Complex32::new((scale * cos) as f32, (scale * sin) as f32)
        };
        let cell_hz = rate_sps / (step * fft.len()) as f64;
        let beside = (BESIDE.1 * rate_sps / (len as f64 * cell_hz)) as usize;
        let cells = 2 * ((CELLS_TO * bandwidth_hz / cell_hz) as usize + beside).min(fft.len() / 2 - 1) + 1;
        let longest = lengths.iter().map(|(chirps, _)| *chirps).max().unwrap_or(1);
        Chirps {
            rate_sps,
            chirp_s,
            scratch: vec![Complex32::default(); fft.get_inplace_scratch_len()],
            spectrum: vec![Complex32::default(); fft.len()],
            fft,
            chirp: (0..len).map(chirp).collect(),
            step,
            samples: vec![Complex32::default(); 2 * len],
            first: 0,
            held: 0,
            next: 0,
            whole: 0,
            windows: vec![vec![0.0; cells]; (u64::from(longest) * WINDOWS) as usize],
            sums: vec![0.0; cells],
            sorted: vec![0.0; cells],
            level: 0.0,
            lengths: lengths.iter().map(|(chirps, threshold)| (*chirps, *threshold as f32)).collect(),
            best: None,
            told_to: 0,
            beside,
        }
    }

    /// Cells that are looked at, and how many of them are independent.
    pub fn cells(&self) -> (usize, f64) {
        let resolved = (self.chirp.len() / self.step) as f64 / self.spectrum.len() as f64;
        (self.sums.len(), (self.sums.len() - 2 * self.beside) as f64 * resolved.min(1.0))
    }

    /// By how much the noise is known, relative, one sigma: half of one window's own.
    pub fn noise_error(&self) -> f64 {
        0.5 * DEVIATION / self.cells().1.sqrt()
    }

    /// C/N0 of chirps that lift a cell by `excess` times the noise, Hz.
    pub fn cn0_hz(&self, excess: f64) -> f64 {
        excess / self.chirp_s / KEPT
    }

    /// Duration of one chirp, s.
    pub fn chirp_s(&self) -> f64 {
        self.chirp_s
    }

    /// The sample with which window number `window` begins.
    pub fn begin(&self, window: u64) -> u64 {
        (window as f64 * self.chirp_s * self.rate_sps / WINDOWS as f64).round() as u64
    }

    /// A new stream: numbers begin at 0 again.
    pub fn restart(&mut self) {
        (self.held, self.next, self.whole, self.told_to, self.best) = (0, 0, 0, 0, None);
    }

    /// Takes sample number `number`; what is found with it.
    pub fn push(&mut self, number: u64, [re, im]: [f32; 2]) -> Option<Preamble> {
        if self.held == 0 || number != self.first + self.held as u64 {
            (self.first, self.held, self.whole) = (number, 0, 0);
            let per_window = self.chirp_s * self.rate_sps / WINDOWS as f64;
            self.next = (number as f64 / per_window).ceil() as u64;
        }
        if self.held == self.samples.len() {
            // No window needs what is before the next one.
            let surplus = ((self.begin(self.next) - self.first) as usize).min(self.held);
            self.samples.copy_within(surplus.., 0);
            (self.first, self.held) = (self.first + surplus as u64, self.held - surplus);
        }
        self.samples[self.held] = Complex32::new(re, im);
        self.held += 1;
        let (begin, len) = (self.begin(self.next).max(self.first), self.chirp.len());
        if self.first + (self.held as u64) < begin + len as u64 {
            return None;
        }
        let found = self.window((begin - self.first) as usize);
        self.next += 1;
        found
    }

    fn window(&mut self, from: usize) -> Option<Preamble> {
        let Chirps { samples, chirp, spectrum, step, .. } = self;
        spectrum.fill(Complex32::default());
        let pieces = samples[from..from + chirp.len()].chunks_exact(*step).zip(chirp.chunks_exact(*step));
        for (out, (samples, chirp)) in spectrum.iter_mut().zip(pieces) {
            *out = samples.iter().zip(chirp).map(|(sample, chirp)| sample * chirp).sum();
        }
        self.fft.process_with_scratch(&mut self.spectrum, &mut self.scratch);
        let place = (self.next % self.windows.len() as u64) as usize;
        let cells = &mut self.windows[place];
        let half = cells.len() / 2;
        let (low, high) = cells.split_at_mut(half);
        let below = &self.spectrum[self.spectrum.len() - half..];
        low.iter_mut().zip(below).for_each(|(cell, x)| *cell = x.norm_sqr());
        high.iter_mut().zip(&self.spectrum).for_each(|(cell, x)| *cell = x.norm_sqr());
        self.sorted.copy_from_slice(cells);
        let at = (QUANTILE * self.sorted.len() as f64) as usize;
        let own = self.sorted.select_nth_unstable_by(at, f32::total_cmp).1.max(f32::MIN_POSITIVE);
        if self.level == 0.0 || !self.level.is_finite() {
            self.level = own;
        }
        self.level *= 1.0 + ((own / self.level).clamp(0.5, 2.0) - 1.0) / LEVEL_WINDOWS;
        // Noise that rises is told by the window itself, whose level is rough: it is taken half a deviation lower than it is.
        let error = self.noise_error() as f32;
        let lift = self.level.max(own / (1.0 + error)) / OF_NOISE as f32;
        let scale = lift.recip();
        self.windows[place].iter_mut().for_each(|cell| *cell *= scale);
        self.whole += 1;
        self.judge(lift)
    }

    /// Looks at the sums that end with the newest window; gives what was strongest once nothing stronger has come for some chirps.
    fn judge(&mut self, lift: f32) -> Option<Preamble> {
        let over = self.best.take_if(|(_, best)| self.next >= best.last_window + HELD_CHIRPS * WINDOWS);
        if self.next >= self.told_to {
            for sum in 0..self.lengths.len() {
                let margin = self.best.map_or(1.0, |(margin, _)| margin);
                if let Some((stronger, found)) = self.strongest(sum, lift).filter(|(own, _)| *own > margin) {
                    self.best = Some((stronger, found));
                }
            }
        }
        let (_, found) = over?;
        // It goes on for as long again, perhaps.
        self.told_to = self.next + u64::from(found.chirp_count) * WINDOWS;
        self.best = None;
        Some(found)
    }

    fn strongest(&mut self, sum: usize, lift: f32) -> Option<(f32, Preamble)> {
        let (chirps, threshold) = self.lengths[sum];
        if u64::from(chirps - 1) * WINDOWS + 1 > self.whole {
            return None;
        }
        let Chirps { windows, sums, next, .. } = self;
        let kept = windows.len() as u64;
        sums.fill(0.0);
        let window = |ago: u64| ((*next - ago * WINDOWS) % kept) as usize;
        for ago in 0..u64::from(chirps) {
            sums.iter_mut().zip(&windows[window(ago)]).for_each(|(sum, cell)| *sum += cell);
        }
        let own = self.beside..sums.len() - self.beside;
        let largest = sums[own.clone()].iter().fold(0.0_f32, |largest, sum| largest.max(*sum));
        if largest < threshold {
            return None;
        }
        let cell = own.start + sums[own].iter().position(|sum| *sum == largest)?;
        let excess = largest - chirps as f32;
        let present = |ago: &u64| windows[window(*ago)][cell] - 1.0 > PRESENT * excess / chirps as f32;
        let present = (0..u64::from(chirps)).filter(present).count();
        if (present as f32) < PRESENT_MIN * chirps as f32 || !self.is_alone(cell, excess) {
            return None;
        }
        let cell_hz = self.rate_sps / (self.step * self.spectrum.len()) as f64;
        let place = cell as f64 + between(&self.sums, cell) - (self.sums.len() / 2) as f64;
        let found = Preamble {
            last_window: self.next,
            sum,
            chirp_count: chirps,
            power: largest,
            offset_hz: place * cell_hz,
            cn0_hz: self.cn0_hz(f64::from(excess) / f64::from(chirps)),
            noise_per_hz: f64::from(lift),
        };
        Some((largest / threshold, found))
    }

    /// Whether the cell of the newest sum with this excess stands alone, as a tone does.
    fn is_alone(&self, cell: usize, excess: f32) -> bool {
        let resolved = (self.spectrum.len() * self.step) as f64 / self.chirp.len() as f64;
        let (near, far) = ((BESIDE.0 * resolved) as usize, self.beside);
        let (below, above) = (&self.sums[cell - far..cell - near], &self.sums[cell + near..cell + far]);
        let noise = self.sums[cell] - excess;
        let is_low = |beside: &[f32]| {
            let mean = beside.iter().sum::<f32>() / beside.len() as f32;
            mean - noise <= BESIDE_MAX * excess
        };
        is_low(below) && is_low(above)
    }
}

/// Duration of a chirp, s.
pub fn chirp_s(bandwidth_hz: f64, spreading: u8) -> f64 {
    f64::from(1_u32 << spreading) / bandwidth_hz
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_SPS: f64 = 40e3;
    const BANDWIDTH_HZ: f64 = 15e3;

    fn noise(state: &mut u64) -> f32 {
        let sum: f32 = (0..4)
            .map(|_| {
                *state =
                    state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (*state >> 40) as f32 / 16_777_216.0 - 0.5
            })
            .sum();
        // Variance a half.
        sum * 1.224_744_9
    }

    /// Found in ten chirps of `spreading` from sample 5000 on (or `sent`, rising `down` times), in noise of mean power 1.
    fn found(spreading: u8, sent: u8, offset_hz: f64, amplitude: f32, down: f64) -> Vec<Preamble> {
        let mut chirps = Chirps::new(RATE_SPS, BANDWIDTH_HZ, spreading, &[(4, 44.0), (7, 54.0)]);
        let (mut state, mut all) = (9, Vec::new());
        let sent_s = chirp_s(BANDWIDTH_HZ, sent);
        for n in 0..120_000_u64 {
            let mut sample = [noise(&mut state), noise(&mut state)];
            let since_s = (n as f64 - 5_000.0) / RATE_SPS;
            if (0.0..10.0 * sent_s).contains(&since_s) {
                let within = since_s % sent_s;
                let turns =
                    down * 0.5 * BANDWIDTH_HZ * within * (within / sent_s - 1.0) + offset_hz * since_s;
                let (sin, cos) = (std::f64::consts::TAU * turns.fract()).sin_cos();
                sample = [sample[0] + amplitude * cos as f32, sample[1] + amplitude * sin as f32];
            }
            all.extend(chirps.push(n, sample));
        }
        all
    }

    /// Amplitude whose energy in one chirp is so many times the noise's density.
    fn amplitude(spreading: u8, energy: f64) -> f32 {
        (energy / (chirp_s(BANDWIDTH_HZ, spreading) * RATE_SPS)).sqrt() as f32
    }

    #[test]
    fn a_preamble_is_found_at_its_offset_below_the_noise() {
        for spreading in [7_u8, 8, 9, 10] {
            for offset_hz in [0.0, 1_500.0, -2_000.0] {
                // −7 to −16 dB in the bandwidth.
                let preambles = found(spreading, spreading, offset_hz, amplitude(spreading, 25.0), 1.0);
                let [first, ..] = preambles[..] else { panic!("SF{spreading} {offset_hz}: nothing") };
                assert!(preambles.len() <= 2, "SF{spreading}: {preambles:?}");
                assert!((first.offset_hz - offset_hz).abs() < BANDWIDTH_HZ / 5.0, "{offset_hz}: {first:?}");
                let truth = 25.0 / chirp_s(BANDWIDTH_HZ, spreading);
                assert!(
                    (10.0 * (first.cn0_hz / truth).log10()).abs() < 3.5,
                    "SF{spreading}: {first:?} {truth}"
                );
            }
        }
    }

    #[test]
    fn other_chirps_and_noise_are_none() {
        assert_eq!(found(8, 8, 0.0, 0.0, 1.0), []);
        for (sent, down) in [(7, 1.0), (9, 1.0), (8, -1.0), (8, 0.0), (8, 0.7), (8, 1.3)] {
            for energy in [18.0, 2_000.0] {
                let preambles = found(8, sent, 700.0, amplitude(sent, energy), down);
                assert_eq!(preambles, [], "SF{sent} {down} {energy}");
            }
        }
    }

    #[test]
    fn a_tone_is_none_wherever_it_is() {
        // De-chirped it sweeps up to a cell that its frequency puts anywhere, at the ends of those that are looked at too.
        for offset_hz in (-80..80).map(|n| 250.0 * f64::from(n)) {
            for spreading in [7, 9] {
                let tone = found(spreading, 12, offset_hz, amplitude(spreading, 2e4), 0.0);
                assert_eq!(tone, [], "SF{spreading} {offset_hz}");
            }
        }
    }
}
