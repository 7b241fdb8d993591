//! An emitter: where it stands, what it sends and when; its power over any stretch of time, and its samples.
//!
//! Two views of one transmission, kept together by tests: the power that one Hann-windowed FFT frame finds inside a channel
//! (`frame_power`, for readings), and the samples ([`Emitter::baseband`]), which are of the envelope as it is: where the rate is
//! under a chirp's bandwidth it folds, as in a receiver without filter.

use super::waveform::{
    AM_FACTOR, BURST_CARRIER_US, BURST_PHASE_RAD, Sent, Span, am_scale, am_tone, sweep_us, symbol_us,
};
use super::waves::cos_turns;
use crate::scenario::{Beacon, Waveform};
use std::f64::consts::PI;

/// One beacon or interferer.
#[derive(Clone, Debug)]
pub struct Emitter {
    /// As the scenario has it.
    pub beacon: Beacon,
    /// Whether it is switched on.
    pub on: bool,
    pub(super) sent: Sent,
}

/// How much of an emitter's power a channel takes, by the part of its spectrum. Ratios of the emitter's power.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Share {
    /// Of what lies at the carrier.
    pub carrier: f64,
    /// Of what lies beside it: AM's sidebands, a burst's keying.
    pub sides: f64,
    /// Edges of the channel from the carrier, for what sweeps through it.
    pub edges_hz: [f64; 2],
    /// The most of it that can be in the channel at any time.
    pub most: f64,
}

impl Share {
    pub const ALL: Share =
        Share { carrier: 1.0, sides: 1.0, edges_hz: [f64::NEG_INFINITY, f64::INFINITY], most: 1.0 };
}

impl Emitter {
    /// The emitter `beacon`; `seed` draws its schedule and its bits.
    pub fn new(beacon: &Beacon, seed: u64) -> Emitter {
        Emitter { on: beacon.on, sent: Sent::new(beacon.waveform, seed), beacon: beacon.clone() }
    }

    /// Whether it sends at any time of `span` by its schedule, and is switched on.
    pub(super) fn sends(&mut self, span: Span) -> bool {
        let Some((first, last)) = self.sent.slots(span) else { return self.on };
        let touches = |sent: Span| sent.from_us < span.to_us && sent.to_us > span.from_us;
        self.on && (first..=last).any(|slot| self.sent.transmission(slot).is_some_and(touches))
    }

    /// Power that a channel's `share` finds in one frame under a Hann window.
    #[inline]
    pub(super) fn frame_power(&mut self, frame: Span, share: &Share) -> f64 {
        match self.sent.waveform {
            Waveform::Continuous => share.carrier,
            Waveform::Fsk { .. } => share.sides,
            Waveform::AmSweep { rate_hz } => am_frame(frame, sweep_us(rate_hz), share),
            _ => self.keyed(frame, share),
        }
    }

    /// Power over `frame` of a waveform that comes and goes.
    fn keyed(&mut self, frame: Span, share: &Share) -> f64 {
        let length_us = frame.to_us - frame.from_us;
        let place = |at_us: f64| ((at_us - frame.from_us) / length_us).clamp(0.0, 1.0);
        let weight = |from_us: f64, to_us: f64| match (place(from_us), place(to_us)) {
            (from, to) if to <= from => 0.0,
            (0.0, 1.0) => 1.0,
            (from, to) => hann_energy(to) - hann_energy(from),
        };
        let Some((first, last)) = self.sent.slots(frame) else { return share.carrier };
        let mut sum = 0.0;
        for slot in first..=last {
            let Some(span) = self.sent.transmission(slot) else { continue };
            if span.to_us <= frame.from_us || span.from_us >= frame.to_us {
                continue;
            }
            sum += match self.sent.waveform {
                Waveform::Burst406 { .. } => {
                    let keyed_us = span.from_us + BURST_CARRIER_US;
                    let at_carrier = BURST_PHASE_RAD.cos().powi(2);
                    let keyed = at_carrier * share.carrier + (1.0 - at_carrier) * share.sides;
                    share.carrier * weight(span.from_us, keyed_us) + keyed * weight(keyed_us, span.to_us)
                }
                Waveform::Chirps { spreading, bandwidth_hz, .. } => {
                    let edges = share.edges_hz.map(|hz| (hz / bandwidth_hz + 0.5).clamp(0.0, 1.0));
                    match edges == [0.0, 1.0] {
                        true => weight(span.from_us, span.to_us),
                        false => self.swept(slot, span, frame, (spreading, bandwidth_hz), edges, &weight),
                    }
                }
                _ => share.carrier * weight(span.from_us, span.to_us),
            };
        }
        sum
    }

    /// Weight of the time within `frame` in which the chirps of transmission `slot` are between `low` and `high` of their band.
    fn swept(
        &self,
        slot: i64,
        span: Span,
        frame: Span,
        (spreading, bandwidth_hz): (u8, f64),
        [low, high]: [f64; 2],
        weight: &impl Fn(f64, f64) -> f64,
    ) -> f64 {
        let symbol_us = symbol_us(spreading, bandwidth_hz);
        let from_us = span.from_us.max(frame.from_us);
        let to_us = span.to_us.min(frame.to_us);
        let symbol_of = |at_us: f64| ((at_us - span.from_us) / symbol_us).floor().max(0.0) as u32;
        let mut sum = 0.0;
        for symbol in symbol_of(from_us)..=symbol_of(to_us) {
            let begin_us = span.from_us + f64::from(symbol) * symbol_us;
            let start = self.sent.chirp_start(slot, symbol, spreading);
            // The sweep passes [start, 1] first, then [0, start].
            for (lowest, highest, after) in [(start, 1.0, -start), (0.0, start, 1.0 - start)] {
                let (enters, leaves) = (low.clamp(lowest, highest), high.clamp(lowest, highest));
                let at_us = |place: f64| begin_us + (place + after) * symbol_us;
                sum += weight(at_us(enters), at_us(leaves).min(span.to_us));
            }
        }
        sum
    }

    /// Its complex envelope about its own carrier: mean power 1 while it sends, zeros while not. The first sample stands at
    /// `from_us`. Whether it is switched [`on`](Emitter::on) is the caller's to mind.
    pub fn baseband(&mut self, from_us: f64, rate_sps: f64, out: &mut [[f32; 2]]) {
        let step_us = 1e6 / rate_sps;
        let at_us = |n: usize| from_us + n as f64 * step_us;
        let Some((first, last)) = self.sent.slots(Span { from_us, to_us: at_us(out.len()) }) else {
            return self.fill(0, 0.0, from_us, step_us, out);
        };
        out.fill([0.0; 2]);
        // The first sample at or after a moment.
        let count = out.len();
        let index = |us: f64| (((us - from_us) / step_us).ceil().max(0.0) as usize).min(count);
        for slot in first..=last {
            let Some(span) = self.sent.transmission(slot) else { continue };
            let (from, to) = (index(span.from_us), index(span.to_us));
            if from < to {
                self.fill(slot, span.from_us, at_us(from), step_us, &mut out[from..to]);
            }
        }
    }

    /// Samples of transmission `number`, begun at `begin_us`, from `from_us` on.
    fn fill(&self, number: i64, begin_us: f64, from_us: f64, step_us: f64, out: &mut [[f32; 2]]) {
        if matches!(self.sent.waveform, Waveform::Continuous | Waveform::Pulses { .. }) {
            return out.fill([1.0, 0.0]);
        }
        for (n, sample) in out.iter_mut().enumerate() {
            *sample = self.sent.envelope(number, from_us + n as f64 * step_us - begin_us);
        }
    }
}

/// Share of a Hann window's energy before `x` of its length (0..=1): ∫w² normalised.
#[inline]
pub(super) fn hann_energy(x: f64) -> f64 {
    let (sin, cos) = (2.0 * PI * x).sin_cos();
    x - sin * 2.0 / (3.0 * PI) + sin * cos / (6.0 * PI)
}

/// The AM tone under the window: 1 + ½m² + 2m·W(f)·cos φ + ½m²·W(2f)·cos 2φ, φ the tone's phase in the frame's middle.
fn am_frame(frame: Span, sweep_us: f64, share: &Share) -> f64 {
    let square = am_scale() * am_scale();
    let sides = 0.5 * AM_FACTOR * AM_FACTOR;
    if share.sides < 0.99 * share.carrier {
        return square * (share.carrier + sides * share.sides);
    }
    if (frame.from_us / sweep_us).floor() != (frame.to_us / sweep_us).floor() {
        return share.carrier * am_frame_by_quadrature(frame, sweep_us);
    }
    let (tone, turns, tone_hz) = am_tone((frame.from_us + frame.to_us) / 2.0, sweep_us);
    let in_frame = tone_hz * (frame.to_us - frame.from_us) * 1e-6;
    let ripple = 2.0 * AM_FACTOR * hann_square_at(in_frame) * tone
        + sides * hann_square_at(2.0 * in_frame) * cos_turns(2.0 * turns);
    square * (share.carrier + sides * share.sides + share.carrier * ripple)
}

/// The same where a sweep ends in the frame and the tone jumps: rare.
fn am_frame_by_quadrature(frame: Span, sweep_us: f64) -> f64 {
    const POINTS: u32 = 256;
    let length_us = frame.to_us - frame.from_us;
    let power = |n: u32| {
        let x = (f64::from(n) + 0.5) / f64::from(POINTS);
        let tone = am_tone(frame.from_us + x * length_us, sweep_us).0;
        let window = 0.5 - 0.5 * cos_turns(x);
        (window * am_scale() * (1.0 + AM_FACTOR * tone)).powi(2) / (0.375 * f64::from(POINTS))
    };
    (0..POINTS).map(power).sum()
}

/// Fourier transform of a centred w² (w Hann) at `x` turns a frame, 1 at 0.
fn hann_square_at(x: f64) -> f64 {
    let sine = (PI * x).sin() / PI;
    let sinc = |n: f64, sign: f64| if (x + n).abs() < 1e-6 { 1.0 } else { sign * sine / (x + n) };
    sinc(0.0, 1.0)
        + (sinc(-1.0, -1.0) + sinc(1.0, -1.0)) * 2.0 / 3.0
        + (sinc(-2.0, 1.0) + sinc(2.0, 1.0)) / 6.0
}

#[cfg(test)]
mod tests;
