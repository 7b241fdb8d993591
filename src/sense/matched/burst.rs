//! A channel's distress bursts of 406 MHz, each by itself. The carrier of 160 ms and what of it is left in the bits are one filter, which is
//! run all along; where it shows something, all that a burst is known to be is asked for, and that is judged. Of those that are strong
//! enough the message is read.
//!
//! A burst is told half a second after its end, when it is known that it ended: what was there before it or is after it is no burst, nor
//! what does not look like one. Of several at a time the strongest is told.

use super::judged::Judged;
use super::{Heard, Place, centi, sigma_db};
use crate::analytics::chance::NoiseSum;
use crate::dsp::burst406::{
    BIT_RATE_HZ, CARRIER_S, Demodulator, KNOWN_S, LONG_BITS, SHORT_BITS, SLACK_S, ln_ways_per_second_and_hz,
};
use crate::dsp::fine::{BURST_HOP_S, Fine, Matched};
use crate::dsp::frames::Piece;
use crate::dsp::kernel;
use crate::dsp::line::between;
use crate::sense::clock::SampleClock;
use crate::signal::{Hearing, HearingKind};
use rustfft::num_complex::Complex32;

/// Frames from a burst's own to those that hold nothing of it: its begin is known to one, its frame is eleven long, and two more are of the bits
/// of a long one.
const BEFORE: u64 = 12;
const AFTER: u64 = 15;
/// Frames kept.
const ROWS: u64 = BEFORE + AFTER + 1;
/// What is worth a closer look: noise is now and then, and what can be heard is seldom less.
const CANDIDATE_MIN: f32 = 12.0;
/// A burst stands so far over what is before and after it, ratio; but what noise alone may be there is none.
const CONTRAST_MIN: f64 = 20.0;
const NOISE_MAX: f32 = 10.0;
/// Cells beside its own in which that is looked for.
const BESIDE: usize = 2;
/// What is keyed on and off has skirts as wide as its edges make them: 1/(π·Δf·T) of its amplitude at Δf for each of some edges in a frame, T being
/// the frame's weight.
const SKIRT_HZ: f32 = 6.0 / (std::f32::consts::PI * 0.287);
/// Under this C/N0 no message can be read, Hz (25 dB-Hz).
const READABLE_HZ: f64 = 316.0;
/// A short burst, s.
const BURST_S: f64 = CARRIER_S + SHORT_BITS as f64 / BIT_RATE_HZ;
const HOUR_S: f64 = 3_600.0;
/// Where the threshold is looked for.
const BEGIN_RATIO: f64 = 25.0;

/// One channel's.
pub(super) struct BurstListener {
    place: Place,
    fine: Fine,
    demodulator: Demodulator,
    threshold: f64,
    law: Law,
    rows: Vec<Row>,
    samples: Samples,
    best: Option<Candidate>,
}

/// A frame's cells.
struct Row {
    frame: Option<u64>,
    cells: Vec<f32>,
    /// What of noise is 1 in the cells in the middle.
    noise_per_hz: f64,
}

/// How often noise passes for a burst.
#[derive(Copy, Clone)]
struct Law {
    noise: NoiseSum,
    /// ln of the channel's width times an hour.
    ln_places: f64,
}

impl Law {
    fn ln_false_alarms_per_hour(&self, ln_ratio: f64) -> f64 {
        self.ln_places + ln_ways_per_second_and_hz(ln_ratio) + self.noise.ln_tail(ln_ratio)
    }

    /// The ratio that noise passes so often, to 1e-6: the ways change slowly with it.
    fn at(&self, ln_per_hour: f64) -> f64 {
        let next =
            |ratio: f64| self.noise.at(ln_per_hour - self.ln_places - ln_ways_per_second_and_hz(ratio));
        (0..8).fold(BEGIN_RATIO, |ratio, _| next(ratio))
    }
}

/// What may be a burst.
#[derive(Copy, Clone)]
struct Candidate {
    frame: u64,
    cell: usize,
    power: f32,
    noise_per_hz: f64,
}

impl Candidate {
    /// A strong burst's own bits are noise to its carrier: what it is compared with is how much came.
    fn energy(&self) -> f64 {
        f64::from(self.power) * self.noise_per_hz
    }
}

/// The newest samples of a channel by their numbers.
struct Samples {
    kept: Vec<Complex32>,
    /// Number after the newest one, and how many in a row there are.
    next: u64,
    count: u64,
}

impl Samples {
    fn push(&mut self, mut piece: Piece<'_>) {
        if piece.number != self.next {
            self.count = 0;
        }
        self.next = piece.number + piece.samples.len() as u64;
        self.count += piece.samples.len() as u64;
        while !piece.samples.is_empty() {
            let from = (piece.number % self.kept.len() as u64) as usize;
            let taken = piece.split_off(self.kept.len() - from).samples;
            self.kept[from..from + taken.len()].copy_from_slice(taken);
        }
    }

    /// `count` samples from number `first` on, zero where there is none.
    fn range(&self, first: i64, count: usize) -> impl Iterator<Item = [f32; 2]> {
        let len = self.kept.len() as u64;
        let oldest = (self.next - self.count.min(len)) as i64;
        let end = first + count as i64;
        let (from, to) = (first.clamp(oldest, end.max(oldest)), end.clamp(oldest, self.next as i64));
        let place = |number: i64| (number as u64 % len) as usize;
        let kept = (to - from).max(0) as usize;
        let (head, tail) = self.kept.split_at(place(from));
        let samples = tail.iter().chain(head).take(kept).map(|sample| [sample.re, sample.im]);
        let none = std::iter::repeat([0.0; 2]);
        none.clone().take((from - first) as usize).chain(samples).chain(none).take(count)
    }
}

impl BurstListener {
    pub fn new(place: Place, allowed_per_hour: f64) -> BurstListener {
        let fine = place.fine(Matched::Burst);
        let sps = place.rate.sps;
        let law = Law { noise: noise(&fine), ln_places: (place.width_hz * HOUR_S).ln() };
        let kept = (f64::from(ROWS as u32) * BURST_HOP_S + Demodulator::span_s()) * sps;
        let row = || Row { frame: None, cells: vec![0.0; fine.cell_count()], noise_per_hz: 0.0 };
        BurstListener {
            place,
            threshold: law.at(allowed_per_hour.ln()),
            law,
            rows: (0..ROWS).map(|_| row()).collect(),
            samples: Samples { kept: vec![Complex32::default(); kept as usize + 1], next: 0, count: 0 },
            demodulator: Demodulator::new(sps),
            fine,
            best: None,
        }
    }

    /// Takes samples of the channel; gives the bursts that they complete.
    pub fn push(&mut self, mut piece: Piece<'_>, clock: &SampleClock, mut out: impl FnMut(Heard)) {
        let mut rest = piece;
        while let Some((frame, cells)) = self.fine.push(&mut piece) {
            let row = &mut self.rows[(frame % ROWS) as usize];
            row.frame = Some(frame);
            row.cells.copy_from_slice(cells);
            row.noise_per_hz = f64::from(self.fine.noise_per_hz(self.fine.cell_count() as f64 / 2.0));
            self.samples.push(rest.split_off((piece.number - rest.number) as usize));
            // What is complete is told before the next one begins.
            if self.best.is_some_and(|best| frame >= best.frame + AFTER) {
                self.finish(clock).into_iter().for_each(&mut out);
            }
            if let Some(found) = self.strongest(frame)
                && self.best.is_none_or(|best| best.energy() < found.energy())
            {
                self.best = Some(found);
            }
        }
        self.samples.push(rest);
    }

    /// Ends what is open: nothing more comes.
    pub fn finish(&mut self, clock: &SampleClock) -> Option<Heard> {
        let best = self.best.take()?;
        let stays = self.is_there(best.frame + AFTER, best.cell, best.energy());
        if stays { None } else { self.heard(&best, clock) }
    }

    /// What is judged of one burst within `seconds`, but for what its bits add.
    pub fn judged(&self, seconds: f64) -> Judged {
        Judged {
            count: 1.0,
            level: self.threshold,
            correlation: 0.0,
            excess_per_hz: KNOWN_S,
            tries: u32::from(seconds >= BURST_S),
            shared: 0.0,
            seconds: BURST_S,
        }
    }

    /// A new stream.
    pub fn restart(&mut self) {
        self.best = None;
        self.rows.iter_mut().for_each(|row| row.frame = None);
        self.samples.count = 0;
    }

    fn row(&self, frame: u64) -> Option<&Row> {
        Some(&self.rows[(frame % ROWS) as usize]).filter(|row| row.frame == Some(frame))
    }

    /// Whether something is in a cell in that frame, compared with `energy`; of a frame that is missing nothing is.
    fn is_there(&self, frame: u64, cell: usize, energy: f64) -> bool {
        self.row(frame).is_some_and(|Row { cells, noise_per_hz, .. }| {
            let near = &cells[cell.saturating_sub(BESIDE)..(cell + BESIDE + 1).min(cells.len())];
            let comes = |own: &f32| f64::from(*own) * noise_per_hz * CONTRAST_MIN > energy;
            near.iter().any(|own| *own > NOISE_MAX && comes(own))
        })
    }

    /// The strongest cell that may be a burst's and was empty before.
    fn strongest(&self, frame: u64) -> Option<Candidate> {
        let Row { cells, noise_per_hz, .. } = self.row(frame)?;
        // Nearly always it finds nothing.
        let largest = kernel::largest(cells);
        if largest < CANDIDATE_MIN {
            return None;
        }
        let is_old = |cell: usize, power: f32| {
            frame >= BEFORE && self.is_there(frame - BEFORE, cell, f64::from(power) * noise_per_hz)
        };
        let loudest = cells.iter().position(|cell| *cell == largest).filter(|cell| is_old(*cell, largest));
        let skirt = |cell: usize| {
            loudest.map_or(0.0, |loudest| {
                let apart = loudest.abs_diff(cell).max(1) as f32 * self.fine.cell_hz() as f32;
                largest * (SKIRT_HZ / apart).powi(2).min(1.0)
            })
        };
        let mut best: Option<(usize, f32)> = None;
        for (cell, &power) in cells.iter().enumerate().filter(|(_, power)| **power >= CANDIDATE_MIN) {
            let is_stronger = best.is_none_or(|(_, strongest)| strongest < power);
            if is_stronger && power > skirt(cell) && !is_old(cell, power) {
                best = Some((cell, power));
            }
        }
        let (cell, power) = best?;
        let noise_per_hz = f64::from(self.fine.noise_per_hz(cell as f64));
        Some(Candidate { frame, cell, power, noise_per_hz })
    }

    fn heard(&mut self, best: &Candidate, clock: &SampleClock) -> Option<Heard> {
        let before = best.frame.checked_sub(BEFORE).and_then(|frame| self.row(frame));
        let quiet_per_hz = before.map_or(f64::INFINITY, |row| row.noise_per_hz);
        let BurstListener { place, fine, demodulator, .. } = self;
        let cell = best.cell as f64 + self.rows[(best.frame % ROWS) as usize].offset_of(best);
        let first = (best.frame * fine.hop() as u64) as i64 - (SLACK_S * place.rate.sps) as i64;
        let count = (Demodulator::span_s() * place.rate.sps) as usize;
        let samples = &self.samples;
        demodulator.take(samples.range(first, count), fine.offset_hz(cell));
        let score = demodulator.score(best.noise_per_hz).filter(|score| score.ln_ratio >= self.threshold)?;
        // What is keyed lifts all cells: of noise counts what was there before.
        let looks_right = demodulator.is_burst(best.noise_per_hz.min(quiet_per_hz));
        let received = if score.cn0_hz >= READABLE_HZ { demodulator.receive() } else { None };
        if !looks_right && received.is_none() {
            return None;
        }
        let begin = first as f64 + received.map_or(demodulator.begin_of(&score), |received| received.begin);
        let cn0_hz = received.map_or(score.cn0_hz, |received| received.cn0_hz);
        let power = received.map_or(demodulator.power_of(&score), |received| received.power);
        let offset_hz =
            received.map_or(demodulator.frequency_of_hz(&score), |received| received.frequency_hz);
        let is_long = received.is_some_and(|received| received.message.is_long());
        let length_s = CARRIER_S + f64::from(if is_long { LONG_BITS } else { SHORT_BITS }) / BIT_RATE_HZ;
        let hearing = Hearing {
            until_us: clock.at((begin + length_s * place.rate.sps) * place.rate.step as f64),
            span_us: (length_s * 1e6) as u32,
            channel: place.number,
            kind: HearingKind::Burst,
            frequency_hz: place.frequency_hz + offset_hz,
            drift_hz_s: 0.0,
            period_us: None,
            pulse_count: 1,
            width_us: (length_s * 1e6) as u32,
            cn0: centi(cn0_hz),
            cn0_sigma: sigma_db(f64::from(best.power) - 1.0, 1.0),
            power: centi(power),
            statistic: score.ln_ratio,
            threshold: self.threshold,
            ln_false_alarms_per_hour: self.law.ln_false_alarms_per_hour(score.ln_ratio),
            message: received.map(|received| received.message),
        };
        Some(Heard { hearing, power, noise_per_hz: power / cn0_hz, width_hz: 0.0 })
    }
}

impl Row {
    /// How far a candidate's line is from the middle of its cell, cells; nothing is known of a row that was taken over.
    fn offset_of(&self, candidate: &Candidate) -> f64 {
        if self.frame == Some(candidate.frame) { between(&self.cells, candidate.cell) } else { 0.0 }
    }
}

/// The noise in one cell.
fn noise(fine: &Fine) -> NoiseSum {
    NoiseSum { count: 1, correlation: 0.0, level_error: fine.noise_error() }
}
