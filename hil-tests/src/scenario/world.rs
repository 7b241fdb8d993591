//! What is on the air in a scenario: emitters, the way from them to the antenna, and the receiver.

use super::Ground;
use super::distress::DistressMessage;
use super::draw::{Draw, Orientation, Range};
pub use super::propagation::{Fading, PathLoss, Propagation};
use crate::random::{self, Random};
use serde::Deserialize;
use std::f64::consts::TAU;

/// What is on the air and how it arrives.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// Emitters sought. Which channel hears them is up to their frequency.
    pub beacon: Vec<Beacon>,
    /// Emitters that disturb. Same form.
    #[serde(default)]
    pub interferer: Vec<Beacon>,
    #[serde(default)]
    pub propagation: Propagation,
    #[serde(default)]
    pub receiver: Receiver,
    #[serde(default)]
    pub ground: Ground,
}

impl World {
    /// Beacons, then interferers.
    pub fn emitters(&self) -> impl Iterator<Item = &Beacon> {
        self.beacon.iter().chain(&self.interferer)
    }

    /// As it is with `seed`.
    pub(super) fn draw(&mut self, seed: u64) {
        for (index, emitter) in self.beacon.iter_mut().chain(&mut self.interferer).enumerate() {
            emitter.draw(&mut random::source(seed, &format!("draw of emitter {index}")), &self.ground);
        }
    }
}

/// An emitter.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beacon {
    #[serde(default = "beacon")]
    pub name: String,
    #[serde(default = "unsaid")]
    pub north_m: f64,
    #[serde(default = "unsaid")]
    pub east_m: f64,
    /// Height above home's ground.
    #[serde(default = "one_metre")]
    pub height_m: f64,
    pub frequency_hz: f64,
    /// Power into its antenna while on.
    #[serde(default = "unsaid")]
    pub power_dbm: f64,
    #[serde(default)]
    pub waveform: Waveform,
    #[serde(default)]
    pub antenna: Antenna,
    /// Tilt of its antenna from upright, towards the bearing `lean_deg`.
    #[serde(default)]
    pub tilt_deg: f64,
    #[serde(default)]
    pub lean_deg: f64,
    /// It moves so fast from the begin on, level, towards the bearing `course_deg`.
    #[serde(default)]
    pub speed_mps: f64,
    #[serde(default)]
    pub course_deg: f64,
    /// On at the begin.
    #[serde(default = "yes")]
    pub on: bool,
    /// What of it the flight's seed draws ([`super::Scenario::drawn`]).
    #[serde(default)]
    pub draw: Option<Draw>,
}

impl Beacon {
    /// Where it is, m north and east.
    pub fn at_m(&self, at_us: u64) -> [f64; 2] {
        let way_m = self.speed_mps * at_us as f64 * 1e-6;
        let (sin, cos) = self.course_deg.to_radians().sin_cos();
        [self.north_m + way_m * cos, self.east_m + way_m * sin]
    }

    fn draw(&mut self, random: &mut Random, ground: &Ground) {
        let Some(draw) = self.draw.take() else { return };
        if let Some(Range { min, max }) = draw.distance_m {
            let away_m = Range { min: min * min, max: max * max }.drawn(random).sqrt();
            let (sin, cos) = Range { min: 0.0, max: TAU }.drawn(random).sin_cos();
            (self.north_m, self.east_m) = (away_m * cos, away_m * sin);
            self.height_m += ground.height_m(self.north_m, self.east_m);
        }
        if let Some(power_dbm) = draw.power_dbm {
            self.power_dbm = power_dbm.drawn(random);
        }
        if let Some(Orientation::Random) = draw.orientation {
            self.tilt_deg = (Range { min: 0.0, max: 1.0 }).drawn(random).acos().to_degrees();
            self.lean_deg = (Range { min: 0.0, max: 360.0 }).drawn(random);
        }
    }
}

/// Not a number until it is drawn: who forgets to draw is told so by whatever he counts.
fn unsaid() -> f64 {
    f64::NAN
}

fn beacon() -> String {
    "beacon".into()
}
fn one_metre() -> f64 {
    1.0
}
fn yes() -> bool {
    true
}

/// What an emitter sends. Times are of its own clock, which starts at a random phase of its period.
#[derive(Copy, Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum Waveform {
    /// A carrier.
    #[default]
    Continuous,
    /// The swept tone of 121.5 MHz beacons (ICAO Annex 10 Vol. III, 5.2: AM, sweeping down over at least 700 Hz within
    /// 1600..300 Hz, 2 to 4 times a second, modulation factor ≥ 0.85).
    AmSweep {
        #[serde(default = "three")]
        rate_hz: f64,
    },
    /// A pulse train, as of wildlife tags.
    Pulses {
        width_ms: f64,
        /// Start to start.
        period_ms: f64,
        /// Standard deviation of each start.
        #[serde(default)]
        jitter_ms: f64,
        #[serde(default)]
        missing_ratio: f64,
    },
    /// A 406 MHz distress beacon (C/S T.001: 160 ms carrier, then 400 bit/s biphase-L of ±1.1 rad; about 0.5 s every 50 s ± 2.5 s).
    Burst406 {
        /// Start to start; 50 in the standard, shorter for quick tests.
        period_s: f64,
        /// What it says, in hexadecimal.
        #[serde(default)]
        message: DistressMessage,
    },
    /// Continuous tones of a balloon or telemetry sender: symbols of `tones` frequencies, of which chance takes one after the other.
    Fsk {
        /// 2..=64.
        tones: u32,
        /// From one tone to the next; a whole multiple of `baud`, so that the phase goes on.
        spacing_hz: f64,
        /// Symbols a second.
        baud: f64,
    },
    /// LoRa-like chirps: packets of up-chirps of `2^spreading / bandwidth` each.
    Chirps {
        /// Spreading factor 7..=12.
        spreading: u8,
        bandwidth_hz: f64,
        symbols: u32,
        /// Packet to packet.
        period_s: f64,
    },
}

fn three() -> f64 {
    3.0
}

/// Antenna pattern with its gain.
#[derive(Copy, Clone, Debug, Default, PartialEq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Antenna {
    /// 0 dBi all round, no polarisation of its own.
    Isotropic,
    /// Half-wave dipole, upright unless tilted (Balanis, Antenna Theory, 4.6): 2.15 dBi abeam, a null along its axis,
    /// linear polarisation along it.
    #[default]
    Dipole,
    /// Half-wave dipole on an airframe, of which a share of the power scatters all round and in every polarisation, and which makes lobes
    /// of a few decibels about it: neither a null nor a cross polarisation is deep, and turning in place changes the level.
    Whip,
    /// HB9CV on an airframe (R. Baumgartner, 1957; J. D. Kraus, *Antennas*, 4-6: two half-wave dipoles an eighth of a wavelength apart, fed 225°
    /// apart): hears best ahead, its elements lie across. Of the power a share scatters as with the whip.
    Beam,
}

/// The receiver and its antenna on the drone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Receiver {
    pub center_hz: f64,
    pub sample_rate_sps: f64,
    pub noise_figure_db: f64,
    /// Gain of the SDR as set.
    pub gain_db: f64,
    /// Power at the antenna that drives the converter to full scale at 0 dB of gain.
    pub full_scale_dbm: f64,
    pub adc_bits: u8,
    /// DC offset, of full scale; −200 = none.
    pub dc_offset_dbfs: f64,
    /// Gain of Q over I.
    pub iq_gain_db: f64,
    /// Error of the 90°.
    pub iq_phase_deg: f64,
    /// The oscillator runs fast by this.
    pub oscillator_ppm: f64,
    /// Noise of the drone itself over the receiver's own; 0 = as much again.
    pub drone_noise_db: f64,
    pub antenna: Antenna,
}

impl Default for Receiver {
    /// A 12-bit SDR whose noise is half a step of its converter: with less gain or fewer bits (8 bits want 24 dB more) weak
    /// signals are lost between the steps; with more gain, strong ones over −42 dBm clip sooner. The antenna is one without nulls: a
    /// second upright dipole would make levels fall towards the beacon from 45° of elevation on, which no real track shows.
    fn default() -> Receiver {
        Receiver {
            center_hz: 433.92e6,
            sample_rate_sps: 250e3,
            noise_figure_db: 6.0,
            gain_db: 30.0,
            full_scale_dbm: -12.0,
            adc_bits: 12,
            dc_offset_dbfs: -50.0,
            iq_gain_db: 0.1,
            iq_phase_deg: 0.5,
            oscillator_ppm: 0.5,
            drone_noise_db: 3.0,
            antenna: Antenna::Isotropic,
        }
    }
}
