//! A channel's chirps: preambles of LoRa of each spreading factor that is sought, in sums over some chirps.

use super::judged::Judged;
use super::{Heard, Place, centi, sigma_db};
use crate::analytics::chance::NoiseSum;
use crate::config::Spreading;
use crate::dsp::chirp::{Chirps, Preamble, WINDOWS, chirp_s};
use crate::dsp::frames::Piece;
use crate::sense::clock::SampleClock;
use crate::signal::{Hearing, HearingKind};

/// Chirps that are summed: of a preamble of eight, seven are whole in any case.
const CHIRPS: [u32; 3] = [4, 7, 14];
/// Chirps of a preamble.
const PREAMBLE: f64 = 8.0;
/// Room for the frequency offset, in bandwidths.
pub(super) const HELD: f64 = 1.25;

/// One channel's, of one spreading factor.
pub(super) struct ChirpListener {
    place: Place,
    chirps: Chirps,
    laws: Vec<(NoiseSum, f64)>,
    ln_ways_per_hour: f64,
}

impl ChirpListener {
    /// For all of `spreading`, in samples at the place's rate.
    pub fn all(place: Place, spreading: Spreading, false_alarms_per_hour: f64) -> Vec<ChirpListener> {
        let each = false_alarms_per_hour / f64::from(spreading.max - spreading.min + 1) / CHIRPS.len() as f64;
        (spreading.min..=spreading.max).map(|factor| ChirpListener::new(place, factor, each)).collect()
    }

    fn new(place: Place, factor: u8, allowed: f64) -> ChirpListener {
        let plain = Chirps::new(place.rate.sps, place.width_hz, factor, &[]);
        let windows_per_hour = 3_600.0 * WINDOWS as f64 / chirp_s(place.width_hz, factor);
        let ways = plain.cells().1 * windows_per_hour;
        let law = |chirps: u32| {
            let noise = NoiseSum { count: chirps, correlation: 0.0, level_error: plain.noise_error() };
            (noise, noise.at((allowed / ways).ln()))
        };
        let laws = CHIRPS.map(law).to_vec();
        let lengths: Vec<(u32, f64)> =
            CHIRPS.into_iter().zip(&laws).map(|(chirps, law)| (chirps, law.1)).collect();
        let chirps = Chirps::new(place.rate.sps, place.width_hz, factor, &lengths);
        ChirpListener { place, chirps, laws, ln_ways_per_hour: ways.ln() }
    }

    /// Takes samples of the channel; gives what they complete.
    pub fn push(&mut self, piece: Piece<'_>, clock: &SampleClock, mut out: impl FnMut(Heard)) {
        for (number, sample) in (piece.number..).zip(piece.samples) {
            if let Some(found) = self.chirps.push(number, [sample.re, sample.im]) {
                out(self.heard(&found, clock));
            }
        }
    }

    /// The sums that are judged within `seconds`: of one preamble.
    pub fn judged(&self, seconds: f64) -> impl Iterator<Item = Judged> {
        let chirp_s = self.chirps.chirp_s();
        let sent = (seconds / chirp_s).min(PREAMBLE) as u32;
        CHIRPS.into_iter().zip(&self.laws).map(move |(chirps, (_, threshold))| Judged {
            count: f64::from(chirps),
            level: threshold / f64::from(chirps),
            correlation: 0.0,
            excess_per_hz: self.chirps.cn0_hz(1.0).recip(),
            tries: (sent + 1).saturating_sub(chirps),
            shared: 1.0 - f64::from(chirps).recip(),
            seconds: f64::from(chirps) * chirp_s,
        })
    }

    /// A new stream.
    pub fn restart(&mut self) {
        self.chirps.restart();
    }

    fn heard(&self, found: &Preamble, clock: &SampleClock) -> Heard {
        let ChirpListener { place, chirps, laws, .. } = self;
        let (noise, threshold) = laws[found.sum];
        let count = f64::from(found.chirp_count);
        let chirp_us = chirps.chirp_s() * 1e6;
        let end = chirps.begin(found.last_window + WINDOWS) * place.rate.step as u64;
        let power = found.cn0_hz * found.noise_per_hz;
        let hearing = Hearing {
            until_us: clock.at(end as f64),
            span_us: (count * chirp_us) as u32,
            channel: place.number,
            kind: HearingKind::Chirp,
            frequency_hz: place.frequency_hz + found.offset_hz,
            drift_hz_s: 0.0,
            period_us: None,
            pulse_count: found.chirp_count as u16,
            width_us: chirp_us as u32,
            cn0: centi(found.cn0_hz),
            cn0_sigma: sigma_db(f64::from(found.power) / count - 1.0, count),
            power: centi(power),
            statistic: f64::from(found.power) / count,
            threshold: threshold / count,
            ln_false_alarms_per_hour: self.ln_ways_per_hour + noise.ln_tail(f64::from(found.power)),
            message: None,
        };
        Heard { hearing, power, noise_per_hz: found.noise_per_hz, width_hz: place.width_hz }
    }
}
