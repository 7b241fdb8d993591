//! The receiver: power at its input in dBm, in; samples of its converter, of full scale, out.
//!
//! ```text
//! antenna ─→ + noise ─→ gain ─→ mixer (offset, LO error, IQ imbalance) ─→ + DC ─→ clip ─→ round to adc_bits
//! ```
//! Full scale is |x| = 1.0 in I and in Q; a carrier of amplitude 1 is 0 dBFS. The converter's codes are
//! `−2^(b−1) ..= 2^(b−1) − 1` over `2^(b−1)`, mid-tread. Bands are cut by an ideal filter: an emitter outside of
//! ± half the rate is not heard, and nothing aliases. Not modelled: intermodulation, phase noise, filter droop, ageing.
//! Budget: all steps together ≤ 20 ns a sample, so that 20 MS/s stay below half a core; loops without branches.

use crate::codes::nearest;
use crate::scenario;
use std::f64::consts::FRAC_1_SQRT_2;

/// Below this, a DC offset is none.
const NO_DC_DBFS: f64 = -199.0;
/// Carriers stepped side by side: no step waits for the one before it.
const LANES: usize = 8;
/// Samples after which carriers begin anew from their exact phase: single precision drifts by 1e-5 until then.
const EXACT_EVERY: usize = 2_048;

/// A receiver as set.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Gain in force.
    pub gain_db: f64,
    full_scale_dbm: f64,
    oscillator_ppm: f64,
    /// Codes on either side of zero.
    half: f32,
    /// Q out of I and Q; I stays.
    q_of_i: f32,
    q_of_q: f32,
    /// DC of each of I and Q.
    dc: f32,
}

impl Receiver {
    /// As the scenario describes it. Converters have 1 to 20 bits.
    pub fn new(receiver: &scenario::Receiver) -> Receiver {
        let (gain, phase_rad) = (ratio(receiver.iq_gain_db), receiver.iq_phase_deg.to_radians());
        let dc = if receiver.dc_offset_dbfs > NO_DC_DBFS { ratio(receiver.dc_offset_dbfs) } else { 0.0 };
        Receiver {
            gain_db: receiver.gain_db,
            full_scale_dbm: receiver.full_scale_dbm,
            oscillator_ppm: receiver.oscillator_ppm,
            half: f32::from(receiver.adc_bits.clamp(1, 20) - 1).exp2(),
            q_of_i: (gain * phase_rad.sin()) as f32,
            q_of_q: (gain * phase_rad.cos()) as f32,
            dc: (dc * FRAC_1_SQRT_2) as f32,
        }
    }

    /// Level of `power_dbm` at the input.
    pub fn dbfs(&self, power_dbm: f64) -> f64 {
        power_dbm - self.full_scale_dbm + self.gain_db
    }

    /// Amplitude of a carrier of `power_dbm`.
    pub fn amplitude(&self, power_dbm: f64) -> f64 {
        ratio(self.dbfs(power_dbm))
    }

    /// Standard deviation of each of I and Q for white noise of `noise_dbm_hz`, sampled at `rate_sps`.
    pub fn noise_sigma(&self, noise_dbm_hz: f64, rate_sps: f64) -> f64 {
        self.amplitude(noise_dbm_hz + 10.0 * rate_sps.log10()) * FRAC_1_SQRT_2
    }

    /// Frequency that the receiver is really on when `center_hz` is asked for.
    pub fn true_center_hz(&self, center_hz: f64) -> f64 {
        center_hz * (1.0 + self.oscillator_ppm * 1e-6)
    }

    /// What the mixer's imbalance, DC, clipping and the converter make of `samples`. The mixer's Q is `g·sin(ωt + φ)`
    /// against I's `cos(ωt)` (Razavi, RF Microelectronics, 4.2.1), hence
    /// `I' = I, Q' = g·(Q·cos φ + I·sin φ)` and the image rejection `(1 + 2g·cos φ + g²) / (1 − 2g·cos φ + g²)`.
    pub fn convert(&self, samples: &mut [[f32; 2]]) {
        let Receiver { half, q_of_i, q_of_q, dc, .. } = *self;
        let (low, high) = (-half, half - 1.0);
        let step = half.recip();
        for sample in samples {
            let [i, q] = *sample;
            let level = [i + dc, q * q_of_q + i * q_of_i + dc];
            *sample = level.map(|level| nearest((level * half).clamp(low, high)) * step);
        }
    }
}

/// An amplitude's ratio of `db`.
fn ratio(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// A carrier's phase, continuous from block to block.
#[derive(Copy, Clone, Debug, Default)]
pub struct Carrier {
    /// 0..1 of a turn at the next sample.
    turns: f64,
}

impl Carrier {
    /// Adds `envelope`, moved up by `turns_per_sample`, to `out`. Its complex gain goes from `from` at the first sample in a
    /// straight line to `to` at the one after the last, so that a fading channel has no steps.
    pub fn add(
        &mut self,
        envelope: &[[f32; 2]],
        turns_per_sample: f64,
        from: [f32; 2],
        to: [f32; 2],
        out: &mut [[f32; 2]],
    ) {
        let slope = [0, 1].map(|part| (to[part] - from[part]) / out.len() as f32);
        let stretches = envelope.chunks(EXACT_EVERY).zip(out.chunks_mut(EXACT_EVERY));
        for (stretch, (envelope, out)) in stretches.enumerate() {
            let done = (stretch * EXACT_EVERY) as f32;
            let gain = [0, 1].map(|part| from[part] + slope[part] * done);
            add_stretch(envelope, self.turns, turns_per_sample, gain, slope, out);
            self.skip(turns_per_sample * out.len() as f64);
        }
    }

    /// Goes on by so many turns.
    pub fn skip(&mut self, turns: f64) {
        self.turns = (self.turns + turns).rem_euclid(1.0);
    }
}

fn add_stretch(
    envelope: &[[f32; 2]],
    turns: f64,
    turns_per_sample: f64,
    mut gain: [f32; 2],
    slope: [f32; 2],
    out: &mut [[f32; 2]],
) {
    let unit = |turns: f64| {
        let (sin, cos) = (std::f64::consts::TAU * turns.fract()).sin_cos();
        [cos as f32, sin as f32]
    };
    let mut carrier: [[f32; LANES]; 2] = [[0.0; LANES]; 2];
    let mut ramp = [[0.0f32; LANES]; 2];
    for lane in 0..LANES {
        let start = unit(turns + turns_per_sample * lane as f64);
        for part in 0..2 {
            carrier[part][lane] = start[part];
            ramp[part][lane] = slope[part] * lane as f32;
        }
    }
    let step = unit(turns_per_sample * LANES as f64);
    let (blocks, rest) = envelope.as_chunks::<LANES>();
    let (outs, out_rest) = out.as_chunks_mut::<LANES>();
    for (envelope, out) in blocks.iter().zip(outs) {
        for lane in 0..LANES {
            let [re, im] = [carrier[0][lane], carrier[1][lane]];
            add_one(
                envelope[lane],
                [re, im],
                [gain[0] + ramp[0][lane], gain[1] + ramp[1][lane]],
                &mut out[lane],
            );
            carrier[0][lane] = re * step[0] - im * step[1];
            carrier[1][lane] = re * step[1] + im * step[0];
        }
        gain = [0, 1].map(|part| gain[part] + slope[part] * LANES as f32);
    }
    for (lane, (envelope, out)) in rest.iter().zip(out_rest).enumerate() {
        let gain = [gain[0] + ramp[0][lane], gain[1] + ramp[1][lane]];
        add_one(*envelope, [carrier[0][lane], carrier[1][lane]], gain, out);
    }
}

#[inline(always)]
fn add_one(envelope: [f32; 2], carrier: [f32; 2], gain: [f32; 2], out: &mut [f32; 2]) {
    let turned = [carrier[0] * gain[0] - carrier[1] * gain[1], carrier[0] * gain[1] + carrier[1] * gain[0]];
    out[0] += envelope[0] * turned[0] - envelope[1] * turned[1];
    out[1] += envelope[0] * turned[1] + envelope[1] * turned[0];
}

#[cfg(test)]
mod tests;
