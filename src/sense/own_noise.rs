//! What the aircraft itself sends: lines that stand still through all the time of listening, learned on the ground where nothing else
//! is heard.
//!
//! Mean spectra of the whole band, whitened as for the search of lines, by quarters of the time. A line is a run of cells whose mean over
//! all frames noise passes once in a hundred times of listening, and which is there in each quarter; its neighbours, over which it
//! spreads and may wander, are taken with it. What comes and goes, and what sweeps, is none.

use rustfft::num_complex::Complex32;

use crate::analytics::chance::NoiseSum;
use crate::config::OwnLine;
use crate::dsp::fine::{Fine, Matched};
use crate::dsp::frames::Piece;
use crate::dsp::kernel;
use crate::signal::Samples;
use crate::units::db_from_ratio;

/// Window of the spectra where the rate allows it, s: that of the search of lines.
const WINDOW_S: f64 = 0.2;
/// Longest window, samples.
const WINDOW_SAMPLES_MAX: f64 = 131_072.0;
/// Correlation of two Hann windows that share a half.
const OVERLAP: f64 = 1.0 / 6.0;
/// Lines that noise makes in one time of listening.
const FALSE_LINES: f64 = 0.01;
/// Cells of a line that may be missing within it, and that are taken with it on either side: a resolved bin.
const CELLS_BESIDE: usize = 2;
/// What a receiver's crystal, once warm, goes off after it was learned, share of the frequency.
const WANDER: f64 = 2e-7;
/// Cells about 0 Hz that are the receiver's own and no aircraft's.
const DC_CELLS: f64 = 8.0;
/// Frames in a quarter, at least.
const FRAMES_MIN: u32 = 8;
/// A line is so many sigmas of the noise in a quarter, at least.
const QUARTER_SIGMAS: f64 = 6.0;
/// Lines at most, the strongest.
pub const LINES_MAX: usize = 256;

/// Learns the lines of one band.
pub struct OwnNoise {
    fine: Fine,
    center_hz: f64,
    /// Samples of a quarter.
    quarter: u64,
    sums: [Vec<f32>; 4],
    counts: [u32; 4],
    number: u64,
    levels: Vec<Complex32>,
}

impl OwnNoise {
    /// For `seconds` of samples about `center_hz`.
    pub fn new(sample_rate_sps: f64, center_hz: f64, seconds: f64) -> OwnNoise {
        let window_s = WINDOW_S.min(WINDOW_SAMPLES_MAX / sample_rate_sps);
        let fine = Fine::new(sample_rate_sps, sample_rate_sps, Matched::Line(window_s));
        let sums = [(); 4].map(|()| vec![0.0; fine.cell_count()]);
        let quarter = ((seconds * sample_rate_sps / 4.0) as u64).max(1);
        OwnNoise { fine, center_hz, quarter, sums, counts: [0; 4], number: 0, levels: Vec::new() }
    }

    /// Samples are missing here.
    pub fn gap(&mut self, samples: u64) {
        self.number += samples.max(1);
    }

    /// Takes a block.
    pub fn pass(&mut self, samples: Samples<'_>) {
        let step = samples.format().step() as f32;
        self.levels.resize(samples.len(), Complex32::default());
        match samples {
            Samples::Cu8(all) => kernel::levels(all, step, &mut self.levels),
            Samples::Cs8(all) => kernel::levels(all, step, &mut self.levels),
            Samples::Cs16(all) => kernel::levels(all, step, &mut self.levels),
            Samples::Cf32(all) => kernel::levels(all, step, &mut self.levels),
        }
        let mut piece = Piece { number: self.number, samples: &self.levels };
        while let Some((_, cells)) = self.fine.push(&mut piece) {
            let quarter = (((piece.number - 1) / self.quarter) as usize).min(3);
            kernel::add_scaled(cells, 1.0, &mut self.sums[quarter]);
            self.counts[quarter] += 1;
        }
        self.number += samples.len() as u64;
    }

    /// The lines, lowest first; `None` where too little was heard to tell.
    pub fn finish(self) -> Option<Vec<OwnLine>> {
        if self.counts.iter().any(|count| *count < FRAMES_MIN) {
            return None;
        }
        let count: u32 = self.counts.iter().sum();
        let noise = NoiseSum { count, correlation: OVERLAP, level_error: self.fine.noise_error() };
        let cells = self.fine.cell_count();
        let level = noise.at((FALSE_LINES / cells as f64).ln()) / f64::from(count);
        let middle = (cells / 2) as f64;
        let excess = |cell: usize| self.excess(cell).filter(|excess| *excess + 1.0 >= level);
        let lifted = (0..cells)
            .filter(|cell| (*cell as f64 - middle).abs() > DC_CELLS)
            .filter_map(|cell| Some((cell, excess(cell)?)));
        // (first cell, last cell, strongest excess)
        let mut runs: Vec<(usize, usize, f64)> = Vec::new();
        for (cell, excess) in lifted {
            match runs.last_mut() {
                Some((_, last, most)) if cell <= *last + 1 + 2 * CELLS_BESIDE => {
                    (*last, *most) = (cell, most.max(excess));
                }
                _ => runs.push((cell, cell, excess)),
            }
        }
        runs.sort_by(|a, b| b.2.total_cmp(&a.2));
        runs.truncate(LINES_MAX);
        runs.sort_by_key(|run| run.0);
        Some(runs.into_iter().map(|run| self.line(run)).collect())
    }

    /// Mean power of a cell over the noise; `None` where it is too little to be told from noise in each quarter, or one lacks more than
    /// half of it and what noise makes of that.
    fn excess(&self, cell: usize) -> Option<f64> {
        let (mut sum, mut count, mut least, mut fewest) = (0.0, 0.0, f64::INFINITY, f64::INFINITY);
        for (sums, frames) in self.sums.iter().zip(self.counts) {
            let (power, frames) = (f64::from(sums[cell]), f64::from(frames));
            (sum, count) = (sum + power, count + frames);
            (least, fewest) = (least.min(power / frames), fewest.min(frames));
        }
        let excess = sum / count - 1.0;
        let spread = ((1.0 + 2.0 * excess.max(0.0)) / fewest).sqrt();
        (excess >= QUARTER_SIGMAS / fewest.sqrt() && least - 1.0 >= 0.5 * excess - spread).then_some(excess)
    }

    fn line(&self, (first, last, excess): (usize, usize, f64)) -> OwnLine {
        let hz = |cell: f64| self.center_hz + self.fine.offset_hz(cell);
        let beside = CELLS_BESIDE as f64;
        let (low_hz, high_hz) = (hz(first as f64 - beside), hz(last as f64 + beside));
        let wander_hz = WANDER * self.center_hz;
        OwnLine {
            low_hz: low_hz - wander_hz,
            high_hz: high_hz + wander_hz,
            cn0_db_hz: db_from_ratio(self.fine.cn0_hz(excess)),
        }
    }
}
