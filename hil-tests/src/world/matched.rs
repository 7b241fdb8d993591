//! The matched detectors without samples: what arrives over the hops into the hearings that `skyhound::sense` would report.
//!
//! Of each emitter within a channel the one cell that it is in is drawn, frame by frame or pulse by pulse: |√e + n|² with noise n of
//! mean 1 and the excess e of its power now (which is what the cell holds; Marcum 1947), n of neighbouring frames correlated as their
//! windows are. Sums, thresholds and times are the engine's own (`skyhound::sense::reach`), and so is what they must last through.
//! Level: that of the readings. Not here: what noise alone tells, drift and Doppler within a sum, beats between emitters.

use super::emitter::Emitter;
use super::waveform::{AM_FACTOR, BURST_CARRIER_US, BURST_PHASE_RAD, Span};
use crate::random::{self, Random};
use crate::scenario::{Beacon, Scenario, Waveform};
use rand_distr::{Distribution, StandardNormal};
use skyhound::config::{Emission, PulseTrain, SenseConfig};
use skyhound::sense::reach::{Judged, Sent, judged};
use skyhound::signal::{Hearing, HearingKind};
use skyhound::time::TimeUs;
use skyhound::units::CentiDb;
use std::collections::VecDeque;

/// Time of listening over which the engine is asked what it judges, s: more than its longest sum.
const JUDGED_S: f64 = 600.0;
/// a of a moving average of two whose neighbours correlate by a sixth, a/(1 + a²), as two Hann windows that share a half do.
const AVERAGE: f64 = 0.171_573;

/// One emitter as one channel's detectors meet it.
pub(super) struct Pair {
    channel: u8,
    emitter: usize,
    frequency_hz: f64,
    /// Share of its power that is in one line, or in one pulse's filter.
    share: f64,
    random: Random,
    way: Way,
}

enum Way {
    Line(Line),
    Train(Train),
}

/// What arrives of it over one hop.
#[derive(Copy, Clone, Debug)]
pub(super) struct Arrived {
    /// From when to when, µs of the world.
    pub span: (f64, f64),
    /// Mean power while it sends, and noise per Hz; full scale² = 1.
    pub power: f64,
    pub noise_hz: f64,
}

impl Pair {
    /// All pairs of which a channel's settings seek the emission.
    pub fn all(scenario: &Scenario, config: &SenseConfig, seed: u64) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (emitter, beacon) in scenario.world.emitters().enumerate() {
            for number in 0..config.channels.len() {
                let source =
                    random::source(seed, &format!("emitter {emitter} in fine spectra of channel {number}"));
                pairs.extend(Pair::new(beacon, emitter, config, number, source));
            }
        }
        pairs
    }

    fn new(
        beacon: &Beacon,
        emitter: usize,
        config: &SenseConfig,
        number: usize,
        random: Random,
    ) -> Option<Pair> {
        let channel = &config.channels[number];
        let is_within = (beacon.frequency_hz - channel.frequency_hz).abs() < channel.bandwidth_hz / 2.0;
        let sent = sent_of(&beacon.waveform);
        if !is_within || matches!(beacon.waveform, Waveform::Chirps { .. }) {
            return None;
        }
        let (lines, trains) = judged(config, number, sent, JUDGED_S);
        let way = match (sent, channel.emission) {
            (None, _) if !lines.is_empty() => Way::Line(Line::new(lines)),
            (Some(sent), Emission::Pulsed(train) | Emission::Any(train)) if !trains.is_empty() => {
                let width_us = sent.width_s * 1e6;
                let widths = f64::from(channel.pulse_width_min_us)..=f64::from(channel.pulse_width_max_us);
                if !widths.contains(&width_us) {
                    return None;
                }
                Way::Train(Train::new(trains, train, width_us))
            }
            _ => return None,
        };
        let share = share_of(&beacon.waveform);
        Some(Pair { channel: number as u8, emitter, frequency_hz: beacon.frequency_hz, share, random, way })
    }

    /// Which emitter it is of.
    pub fn emitter(&self) -> usize {
        self.emitter
    }

    /// Takes a hop; what is heard with it.
    pub fn hop(&mut self, arrived: &Arrived, emitter: &mut Emitter, out: &mut Vec<Hearing>) {
        let cn0_hz = if emitter.on { self.share * arrived.power / arrived.noise_hz } else { 0.0 };
        let Pair { random, way, .. } = self;
        let heard = match way {
            Way::Line(line) => line.hop(arrived.span, cn0_hz, random),
            Way::Train(train) => train.hop(arrived.span, cn0_hz, emitter, random),
        };
        let Some(heard) = heard else { return };
        let cn0_hz = heard.excess / heard.by.excess_per_hz;
        let centi = |power: f64| CentiDb::from_power(power).unwrap_or(CentiDb::LOWEST);
        let excess = heard.excess.max(0.1);
        let sigma = ((1.0 + 2.0 * excess) / heard.shape).sqrt() / excess;
        out.push(Hearing {
            until_us: TimeUs(heard.until_us as u64),
            span_us: (heard.by.seconds * 1e6) as u32,
            channel: self.channel,
            kind: if heard.train.is_some() { HearingKind::Train } else { HearingKind::Line },
            frequency_hz: self.frequency_hz,
            drift_hz_s: 0.0,
            period_us: heard.train.map(|(period_us, _)| period_us as u32),
            pulse_count: heard.train.map_or(0, |_| heard.by.count as u16),
            width_us: heard.train.map_or(0, |(_, width_us)| width_us as u32),
            cn0: centi(cn0_hz),
            cn0_sigma: CentiDb::from_db((4.343 * sigma) as f32).unwrap_or(CentiDb::HIGHEST),
            power: centi(cn0_hz * arrived.noise_hz),
            statistic: heard.mean,
            threshold: heard.by.level,
            // As if it just passed: what it is more is of no account to the rig.
            ln_false_alarms_per_hour: heard.ln_allowed,
        });
    }

    /// Hops are missing here.
    pub fn cut(&mut self) {
        match &mut self.way {
            Way::Line(line) => line.cut(),
            Way::Train(train) => train.pulses.clear(),
        }
    }
}

/// What a sum told.
#[derive(Copy, Clone)]
struct Told {
    by: Judged,
    until_us: f64,
    mean: f64,
    /// Of what its C/N0 is told, over noise, and of how many frames that is the mean.
    excess: f64,
    shape: f64,
    /// Mean period and width, µs.
    train: Option<(f64, f64)>,
    ln_allowed: f64,
}

fn sent_of(waveform: &Waveform) -> Option<Sent> {
    match *waveform {
        Waveform::Pulses { width_ms, period_ms, .. } => {
            Some(Sent { width_s: width_ms * 1e-3, period_s: period_ms * 1e-3 })
        }
        Waveform::Burst406 { period_s } => Some(Sent { width_s: 0.52, period_s }),
        Waveform::Continuous | Waveform::AmSweep { .. } | Waveform::Chirps { .. } => None,
    }
}

fn share_of(waveform: &Waveform) -> f64 {
    match waveform {
        Waveform::AmSweep { .. } => 1.0 / (1.0 + AM_FACTOR * AM_FACTOR / 2.0),
        // Its bare carrier and what of the keyed one is left, over all of it.
        Waveform::Burst406 { .. } => {
            let bare = BURST_CARRIER_US / 520e3;
            (bare + (1.0 - bare) * BURST_PHASE_RAD.cos()).powi(2)
        }
        _ => 1.0,
    }
}

fn drawn(excess: f64, noise: [f64; 2]) -> f64 {
    (excess.sqrt() + noise[0]).powi(2) + noise[1].powi(2)
}

fn noise(random: &mut Random) -> [f64; 2] {
    [(); 2].map(|()| {
        let half: f64 = StandardNormal.sample(random);
        half * std::f64::consts::FRAC_1_SQRT_2
    })
}

/// The line of a carrier.
struct Line {
    levels: Vec<Judged>,
    frame_us: f64,
    /// Frames so far, and the newest, as many as the longest sum has.
    count: u64,
    frames: VecDeque<f64>,
    /// C/N0 times time since the last frame, that time, and the mean of the stretch before.
    gathered: (f64, f64),
    before_hz: f64,
    noise: [f64; 2],
    told: Option<(u64, u64)>,
}

impl Line {
    fn new(levels: Vec<Judged>) -> Line {
        let frame_us = levels[0].seconds / (levels[0].count + 1.0) * 1e6;
        Line {
            levels,
            frame_us,
            count: 0,
            frames: VecDeque::new(),
            gathered: (0.0, 0.0),
            before_hz: 0.0,
            noise: [0.0; 2],
            told: None,
        }
    }

    fn cut(&mut self) {
        self.frames.clear();
        (self.count, self.gathered, self.told) = (0, (0.0, 0.0), None);
    }

    fn hop(&mut self, (from_us, to_us): (f64, f64), cn0_hz: f64, random: &mut Random) -> Option<Told> {
        self.gathered.0 += cn0_hz * (to_us - from_us);
        self.gathered.1 += to_us - from_us;
        if self.gathered.1 < self.frame_us {
            return None;
        }
        let mean_hz = self.gathered.0 / self.gathered.1;
        self.gathered = (0.0, 0.0);
        let excess = (mean_hz + self.before_hz) / 2.0 * self.levels[0].excess_per_hz;
        self.before_hz = mean_hz;
        let (fresh, old) = (noise(random), self.noise);
        self.noise = fresh;
        let scale = (1.0 + AVERAGE * AVERAGE).sqrt();
        let both: [f64; 2] = std::array::from_fn(|n| (fresh[n] + AVERAGE * old[n]) / scale);
        self.frames.push_front(drawn(excess, both));
        let most = self.levels.iter().map(|level| level.count as usize).max().unwrap_or(1);
        self.frames.truncate(most);
        self.count += 1;
        self.levels.iter().find_map(|level| self.judge(level, to_us)).inspect(|told| {
            self.told = Some((self.count, told.by.count as u64));
        })
    }

    /// As the engine's search: at each half of a sum, unless a shorter one has told it, and through all quarters.
    fn judge(&self, level: &Judged, until_us: f64) -> Option<Told> {
        let frames = level.count as u64;
        let is_due = self.count.is_multiple_of((frames / 2).max(1)) && self.frames.len() >= frames as usize;
        let is_known = self.told.is_some_and(|(last, by)| by < frames && last + frames / 2 > self.count);
        if !is_due || is_known {
            return None;
        }
        let newest = || self.frames.iter().take(frames as usize);
        let mean = newest().sum::<f64>() / level.count;
        let excess = mean - 1.0;
        let each = (frames / 4) as usize;
        let spread = 2.0 * ((1.0 + 2.0 * excess) / each.max(1) as f64).sqrt();
        let is_through = frames < 4
            || (0..4).all(|quarter| {
                let sum: f64 = newest().skip(quarter * each).take(each).sum();
                sum / each as f64 - 1.0 >= 0.5 * excess - spread
            });
        (mean >= level.level && is_through).then_some(Told {
            by: *level,
            until_us,
            mean,
            excess,
            shape: level.count,
            train: None,
            ln_allowed: LN_ALLOWED,
        })
    }
}

/// ln of what a hearing is told to be as a false alarm an hour: the share of one of several sums in 0.05.
const LN_ALLOWED: f64 = -5.0;

/// A train of pulses.
struct Train {
    lengths: Vec<Judged>,
    sought: PulseTrain,
    width_us: f64,
    /// Begin of each of the newest pulses with its noise and C/N0, newest first.
    pulses: VecDeque<(f64, [f64; 2], f64)>,
}

impl Train {
    fn new(lengths: Vec<Judged>, sought: PulseTrain, width_us: f64) -> Train {
        Train { lengths, sought, width_us, pulses: VecDeque::new() }
    }

    fn hop(
        &mut self,
        (from_us, to_us): (f64, f64),
        cn0_hz: f64,
        emitter: &mut Emitter,
        random: &mut Random,
    ) -> Option<Told> {
        let (first, last) = emitter.sent.slots(Span { from_us, to_us })?;
        let ended = (first - 1..=last).find_map(|slot| {
            emitter.sent.transmission(slot).filter(|span| span.to_us > from_us && span.to_us <= to_us)
        })?;
        if cn0_hz == 0.0 {
            return None;
        }
        let interval_us = self.pulses.front().map(|(at_us, ..)| ended.from_us - at_us);
        let slack = self.sought.jitter_ratio_max;
        let (least_us, most_us) =
            (f64::from(self.sought.period_min_us), f64::from(self.sought.period_max_us));
        let is_next = |us: f64| us >= least_us * (1.0 - slack) && us <= most_us * (1.0 + slack);
        if !interval_us.is_some_and(is_next) {
            self.pulses.clear();
        }
        self.pulses.push_front((ended.from_us, noise(random), cn0_hz));
        self.pulses.truncate(PULSES_MAX);
        self.lengths.iter().find_map(|length| self.judge(length, ended.to_us))
    }

    fn judge(&self, length: &Judged, until_us: f64) -> Option<Told> {
        let count = length.count as usize;
        if self.pulses.len() < count || !length.level.is_finite() {
            return None;
        }
        let power = |(_, noise, cn0_hz): &(f64, [f64; 2], f64)| drawn(cn0_hz * length.excess_per_hz, *noise);
        let mean = self.pulses.iter().take(count).map(power).sum::<f64>() / length.count;
        let period_us = (self.pulses[0].0 - self.pulses[count - 1].0) / (length.count - 1.0).max(1.0);
        (mean >= length.level).then_some(Told {
            by: *length,
            until_us,
            mean,
            excess: (power(&self.pulses[0]) - 1.0).max(0.0),
            shape: 1.0,
            train: Some((period_us, self.width_us)),
            ln_allowed: LN_ALLOWED,
        })
    }
}

/// Pulses of the longest chain.
const PULSES_MAX: usize = 32;
