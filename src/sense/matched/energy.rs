//! A channel's energy: emissions of any modulation over the noise beside the channel, over 0.1 to 10 s. Times shorter than the longest pulse tell no
//! carrier.
//!
//! A channel is taken out of the band with as much on either side as tells its noise; one that is too wide for that is looked at in spectra of the
//! whole band. What a line tells already is not told again.

use super::judged::Judged;
use super::{Frame, Heard, Place, centi, ratio, relative_db};
use crate::analytics::chance::NoiseRatio;
use crate::config::{ChannelConfig, SenseConfig};
use crate::dsp::energy::beside::{Layout, Where};
use crate::dsp::energy::steps::Steps;
use crate::dsp::energy::{EnergySearch, Found};
use crate::dsp::frames::Piece;
use crate::dsp::tuner::{Block, RATE_RATIO_OF_WIDE, Tuner, rate_for};
use crate::sense::clock::SampleClock;
use crate::signal::{Hearing, HearingKind};
use crate::time::TimeUs;
use rustfft::num_complex::Complex32;

/// Longest time that is summed, s, and how often it is halved.
const SPAN_MAX_S: f64 = 10.0;
const LEVELS: i32 = 7;
/// Cells are so wide that a channel has so many, but no narrower than this, unless it has but a few.
const CELLS: f64 = 256.0;
const CELL_MIN_HZ: f64 = 50.0;
const CELLS_MIN: f64 = 16.0;
/// Width that is taken out of the band, in widths of the channel.
const HELD: f64 = 4.0;
/// A tuner whose rate is less than so many times lower than the band's costs more than it saves.
const STEP_MIN: usize = 4;
/// Noise of the receiver's own about 0 Hz reaches so far, of the sample rate.
const ZERO_SHARE: f64 = 1e-3;
/// And in cells.
const ZERO_CELLS: f64 = 2.5;
/// Windows of so many neighbouring widths hold the same noise.
const ALIKE_WIDTHS: f64 = 3.0;
/// Stretches of the channel whose mirror images are followed, in a bin of the sense pass.
const MIRRORS_OF_BIN: f64 = 2.0;
/// For so long a line may still be told for what it is, µs.
const LINE_WAIT_US: u64 = 350_000;
/// A line with this share of the power is what was heard.
const LINE_SHARE: f64 = 0.3;

/// One channel's.
pub(super) struct EnergyListener {
    place: Place,
    /// `None`: the whole band is looked at.
    tuner: Option<Tuner>,
    /// Samples of the band per sample that is looked at.
    step: u64,
    /// Absolute frequency of the middle of what is looked at, Hz.
    middle_hz: f64,
    cell_hz: f64,
    /// Where the mirror images of the channel's stretches are, Hz.
    mirrors_hz: Vec<f64>,
    mirror_bin_hz: f64,
    steps: Steps,
    search: EnergySearch,
    /// By level and width.
    laws: Vec<Vec<Law>>,
    thresholds: Vec<Vec<f64>>,
    /// Rate at which it looks, samples/s.
    sps: f64,
    wall: f64,
    /// Step up to which something was told, by the shortest sums that show it.
    told: Option<(u64, usize)>,
    /// What the steps of the frame being taken showed, and the newest of them.
    found: Option<Found>,
    newest: Option<u64>,
    /// Samples of the band that bear on one that is looked at.
    reach: u64,
    /// What waits for a line to tell it.
    waits: Option<Heard>,
    line: Option<Hearing>,
}

/// In how many ways a window could pass in an hour, and by which chance.
#[derive(Copy, Clone)]
struct Law {
    noise: NoiseRatio,
    ln_ways_per_hour: f64,
}

impl EnergyListener {
    /// `None` where nothing beside the channel tells its noise.
    pub fn new(
        place: Place,
        config: &SenseConfig,
        channel: &ChannelConfig,
        false_alarms_per_hour: f64,
    ) -> Option<EnergyListener> {
        let sample_rate_sps = config.sample_rate_sps;
        let bin_hz = sample_rate_sps / config.fft_len as f64;
        let held_hz = HELD * place.width_hz;
        let rate = rate_for(sample_rate_sps, held_hz, RATE_RATIO_OF_WIDE);
        let is_tuned = rate.step >= STEP_MIN;
        let (sps, step) = if is_tuned { (rate.sps, rate.step as u64) } else { (sample_rate_sps, 1) };
        let cell_hz = (place.width_hz / CELLS).max(CELL_MIN_HZ).min(place.width_hz / CELLS_MIN);
        let len = ((sps / cell_hz).ceil() as usize).next_power_of_two();
        let cell_hz = sps / len as f64;
        let layout = Layout::new(
            &Where {
                channel_hz: if is_tuned { 0.0 } else { place.offset_hz },
                width_hz: place.width_hz,
                zero_hz: if is_tuned { -place.offset_hz } else { 0.0 },
                zero_half_hz: place.dc_hz.max(ZERO_SHARE * sample_rate_sps).max(ZERO_CELLS * cell_hz),
                half_band_hz: sample_rate_sps / 2.0,
                half_held_hz: if is_tuned { held_hz / 2.0 } else { sample_rate_sps / 2.0 },
            },
            cell_hz,
        )?;
        // The image of the channel's lower edge is the highest.
        let center_hz = place.frequency_hz - place.offset_hz;
        let mirrors = (MIRRORS_OF_BIN * place.width_hz / bin_hz).ceil().max(1.0);
        let mirror_hz =
            |n: u32| center_hz - place.offset_hz + place.width_hz * (0.5 - (f64::from(n) + 0.5) / mirrors);
        let mirrors_hz: Vec<f64> = (0..mirrors as u32).map(mirror_hz).collect();
        let step_s = SPAN_MAX_S / f64::from(1 << LEVELS);
        let steps = Steps::new(&layout, sps, len, step_s, mirrors_hz.len());
        let step_s = steps.step_samples() as f64 / sps;
        let laws = laws(&layout, steps.frames_per_step(), step_s);
        let pulse_s = f64::from(channel.longest_pulse_us()) * 1e-6;
        let is_usable = |level: usize| (1_u64 << level) as f64 * step_s > pulse_s;
        let tests = (0..laws.len()).filter(|level| is_usable(*level)).count() as f64
            * (laws[0].len() as f64 / ALIKE_WIDTHS).max(1.0);
        let ln_allowed = (false_alarms_per_hour / tests.max(1.0)).ln();
        let threshold = |level: usize, law: &Law| {
            if is_usable(level) { law.noise.at(ln_allowed - law.ln_ways_per_hour) } else { f64::INFINITY }
        };
        let thresholds = laws.iter().enumerate();
        let thresholds: Vec<Vec<f64>> =
            thresholds.map(|(level, laws)| laws.iter().map(|law| threshold(level, law)).collect()).collect();
        let block = super::block(config);
        let mirrors = (mirrors_hz.len(), bin_hz);
        Some(EnergyListener {
            tuner: is_tuned.then(|| Tuner::new(sample_rate_sps, place.offset_hz, held_hz, rate, block)),
            reach: if is_tuned { block as u64 } else { 0 },
            step,
            middle_hz: if is_tuned { place.frequency_hz } else { center_hz },
            cell_hz,
            mirrors_hz,
            mirror_bin_hz: bin_hz,
            search: EnergySearch::new(&layout, steps.frames_per_step(), mirrors, thresholds.clone()),
            steps,
            laws,
            thresholds,
            sps,
            wall: layout.wall,
            told: None,
            found: None,
            newest: None,
            waits: None,
            line: None,
            place,
        })
    }

    /// The sums that are judged within `seconds`, of an emission that fills the channel and is on throughout.
    pub fn judged(&self, seconds: f64) -> impl Iterator<Item = Judged> {
        let step_s = self.steps.step_samples() as f64 / self.sps;
        let heard = (seconds / step_s).floor();
        self.laws.iter().zip(&self.thresholds).zip(0..).map(move |((laws, thresholds), level)| {
            let (steps, NoiseRatio { shape, level_shape }) = (f64::from(1_u32 << level), laws[0].noise);
            let half = (steps / 2.0).max(1.0);
            Judged {
                count: (shape.recip() + level_shape.recip()).recip(),
                level: thresholds[0] * (1.0 + self.wall),
                correlation: 0.0,
                excess_per_hz: self.place.width_hz.recip(),
                tries: ((heard - steps) / half).floor().max(0.0) as u32,
                shared: 1.0 - half / steps,
                seconds: steps * step_s,
            }
        })
    }

    /// Hears nothing so far from the channel's middle, Hz.
    pub fn mask(&mut self, (low_hz, high_hz): (f64, f64)) {
        let cell = |hz: f64| (self.place.frequency_hz + hz - self.middle_hz) / self.cell_hz;
        self.steps.mask(cell(low_hz), cell(high_hz));
    }

    /// Takes its samples as `other` does, and the other way round.
    pub fn exchange_tuners(&mut self, other: &mut EnergyListener) {
        std::mem::swap(&mut self.tuner, &mut other.tuner);
        std::mem::swap(&mut self.reach, &mut other.reach);
    }

    /// A line was told in the channel.
    pub fn take_line(&mut self, line: &Hearing) {
        self.line = Some(*line);
    }

    /// The stream's newest frame; of its samples it takes those of the whole band, where it looks at that. `power_at_hz` tells the power of
    /// the sense pass's bin at a frequency.
    pub fn begin_frame(&mut self, samples: &[Complex32], frame: Frame, power_at_hz: impl Fn(f64) -> f32) {
        if frame.is_clipped {
            self.steps.spoil((frame.first_sample + samples.len() as u64 + self.reach) / self.step + 1);
        }
        let EnergyListener { steps, mirrors_hz, mirror_bin_hz, .. } = self;
        steps.mirror(|n| power_at_hz(mirrors_hz[n]) / *mirror_bin_hz as f32);
        if self.tuner.is_none() {
            self.take(Piece { number: frame.first_sample, samples });
        }
    }

    /// A block of the stream.
    pub fn block(&mut self, block: &Block<'_>) {
        let Some(mut tuner) = self.tuner.take() else { return };
        self.take(tuner.take(block));
        self.tuner = Some(tuner);
    }

    fn take(&mut self, piece: Piece<'_>) {
        let EnergyListener { steps, search, told, found, newest, .. } = self;
        steps.push(piece, |number, step| {
            *newest = Some(number);
            search.push(number, step, |energy| {
                // Longer sums say again, later and of a longer time, what a shorter one has told.
                let half = (1_u64 << energy.level) / 2;
                let is_known =
                    told.is_some_and(|(last, level)| level < energy.level && last + half > energy.last_step);
                if !is_known {
                    *told = Some((energy.last_step, energy.level));
                    *found = Some(*energy);
                }
            });
        });
    }

    /// The frame has been taken; gives what it completes.
    pub fn end_frame(&mut self, clock: &SampleClock, out: impl FnOnce(Heard)) {
        let Some(newest) = self.newest.take() else { return };
        if let Some(found) = self.found.take() {
            let heard = self.heard(&found, clock);
            self.waits.get_or_insert(heard);
        }
        let now = self.at(newest + 1, clock);
        let is_due = |heard: &mut Heard| now.since_us(heard.hearing.until_us) >= LINE_WAIT_US;
        if let Some(heard) = self.waits.take_if(is_due).filter(|heard| !self.is_line(heard)) {
            out(heard);
        }
    }

    /// A new stream.
    pub fn restart(&mut self) {
        self.steps.restart();
        self.search.restart();
        (self.told, self.found, self.newest, self.waits, self.line) = (None, None, None, None, None);
    }

    /// When a step begins.
    fn at(&self, step: u64, clock: &SampleClock) -> TimeUs {
        clock.at((step * self.steps.step_samples() * self.step) as f64)
    }

    /// Whether a line tells it already.
    fn is_line(&self, heard: &Heard) -> bool {
        let own = &heard.hearing;
        self.line.is_some_and(|line| {
            let is_then = line.until_us >= own.until_us.minus_us(u64::from(own.span_us) / 2);
            let is_there = (line.frequency_hz - own.frequency_hz).abs() <= heard.width_hz;
            is_then && is_there && ratio(line.cn0) >= LINE_SHARE * ratio(own.cn0)
        })
    }

    fn heard(&self, found: &Found, clock: &SampleClock) -> Heard {
        let steps = 1_u64 << found.level;
        let until_us = self.at(found.last_step + 1, clock);
        let law = self.laws[found.level][found.width];
        let ln_tail = law.noise.ln_tail(found.ratio / (1.0 + self.wall));
        let power = found.cn0_hz * found.noise_per_hz;
        let hearing = Hearing {
            until_us,
            span_us: until_us.since_us(self.at(found.last_step + 1 - steps, clock)) as u32,
            channel: self.place.number,
            kind: HearingKind::Energy,
            frequency_hz: self.middle_hz + found.at_hz,
            drift_hz_s: 0.0,
            period_us: None,
            pulse_count: 0,
            width_us: 0,
            cn0: centi(found.cn0_hz),
            cn0_sigma: relative_db(found.cn0_error),
            power: centi(power),
            statistic: found.ratio,
            threshold: found.threshold,
            ln_false_alarms_per_hour: law.ln_ways_per_hour + ln_tail,
            message: None,
        };
        Heard {
            hearing,
            power,
            noise_per_hz: found.noise_per_hz,
            width_hz: found.cells as f64 * self.cell_hz,
        }
    }
}

/// Of each level and width.
fn laws(layout: &Layout, frames_per_step: u64, step_s: f64) -> Vec<Vec<Law>> {
    let top = (SPAN_MAX_S / step_s).log2().round().max(0.0) as usize;
    let cells = layout.channel.len() as f64;
    let law = |level: usize, width: usize| {
        let steps = (1_u64 << level) as f64;
        let (shape, level_shape) = EnergySearch::shapes(layout, width, steps * frames_per_step as f64);
        let sums_per_hour = 3_600.0 / step_s / (steps / 2.0).max(1.0);
        // Windows that share more than half are alike.
        let ways = (2.0 * cells / width as f64 - 1.0) * sums_per_hour;
        Law { noise: NoiseRatio { shape, level_shape }, ln_ways_per_hour: ways.ln() }
    };
    let widths = EnergySearch::widths(layout);
    (0..=top).map(|level| widths.iter().map(|width| law(level, *width)).collect()).collect()
}
