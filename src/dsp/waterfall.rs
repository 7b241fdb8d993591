//! Rows of the waterfall: hop sums into mean powers of at most [`SPECTRUM_BINS`] bins, about once a second.
//!
//! A row covers whole hops on the grid of the sample index. Finer spectra are folded by the mean, so a row's value is the
//! mean power of the FFT bins it stands for (a density, per FFT bin). Not done here: nothing is left out, DC neither.

use crate::limits::SPECTRUM_BINS;
use crate::signal::Spectrum;
use crate::time::TimeUs;
use crate::units::CentiDb;

/// The row being made.
pub struct Waterfall {
    hops_per_row: u64,
    row: Option<u64>,
    frame_count: u64,
    sums: Vec<f64>,
    fold: usize,
    /// The first bin of the spectra, and from one to the next.
    first_hz: f64,
    bin_hz: f64,
}

impl Waterfall {
    /// For rows of `hops_per_row` hops of spectra of `fft_len` bins `bin_hz` apart, the first at `first_hz`.
    pub fn new(hops_per_row: u64, fft_len: usize, first_hz: f64, bin_hz: f64) -> Waterfall {
        let fold = fft_len.div_ceil(SPECTRUM_BINS);
        Waterfall {
            hops_per_row: hops_per_row.max(1),
            row: None,
            frame_count: 0,
            sums: vec![0.0; fft_len],
            fold,
            first_hz,
            bin_hz,
        }
    }

    /// From the row that begins now on the first bin of the spectra is at `first_hz`.
    pub fn tune(&mut self, first_hz: f64) {
        self.first_hz = first_hz;
    }

    /// Row in which hop `hop` lies.
    pub fn row_of(&self, hop: u64) -> u64 {
        hop / self.hops_per_row
    }

    /// The first hop and the hop after the last of the row being made; `None` when it is empty.
    pub fn hops(&self) -> Option<(u64, u64)> {
        self.row.map(|row| (row * self.hops_per_row, (row + 1) * self.hops_per_row))
    }

    /// Adds a hop's sums of `frame_count` frames to its row.
    pub fn add(&mut self, hop: u64, sums: &[f32], frame_count: u32) {
        self.row = Some(self.row_of(hop));
        self.frame_count += u64::from(frame_count);
        for (sum, hop_sum) in self.sums.iter_mut().zip(sums) {
            *sum += f64::from(*hop_sum);
        }
    }

    /// The row, and begins the next; `None` when no frame is in it.
    pub fn take(&mut self, acquired_us: TimeUs) -> Option<Spectrum> {
        self.row = None;
        let per_bin = 1.0 / (self.frame_count as f64 * self.fold as f64);
        let is_empty = std::mem::take(&mut self.frame_count) == 0;
        let mut power = [CentiDb::LOWEST; SPECTRUM_BINS];
        for (power, bins) in power.iter_mut().zip(self.sums.chunks_exact(self.fold)) {
            *power = CentiDb::from_power(bins.iter().sum::<f64>() * per_bin).unwrap_or(CentiDb::LOWEST);
        }
        self.sums.fill(0.0);
        let first_bin_hz = self.first_hz + (self.fold - 1) as f64 / 2.0 * self.bin_hz;
        let bin_hz = self.bin_hz * self.fold as f64;
        let bin_count = (self.sums.len() / self.fold) as u16;
        (!is_empty).then_some(Spectrum { acquired_us, first_bin_hz, bin_hz, bin_count, power })
    }
}
