//! Edges of pulses on one channel, from the power of frames of about 1 ms.
//!
//! A pulse begins where the channel's power is `trigger` over the floor of *the same frame* (the quiet bins beside it), so
//! a step of wideband noise, which lifts both, is no pulse. It ends when the power stays under `release` (3 dB less) for
//! `bridge_samples`. Where no bin is quiet, the floor is the 10th percentile of the channel's own frames, tracked slowly.
//! Frames in which the receiver was gated tell edges and no floor; where there was none before a pulse, it stands on the floor of
//! its own frames.
//!
//! Edges lie within a frame: the share that the first (last) frame holds of the strongest of the first (last) four says
//! how much of it the pulse covered, through the energy of the Hann window (∫w²). Four, because a keyed burst may begin
//! with a short bit. Pulses of fewer than three frames have no full level to compare with: their width is good to ± one
//! frame. Nothing is allocated; a pulse is reported when it ended.

use crate::signal::Flags;

/// Frames over which the floor a pulse stands on is averaged.
const FLOOR_FRAMES: f32 = 32.0;
/// How far under the trigger a pulse ends, as a power ratio: 3 dB.
const HYSTERESIS: f32 = 0.501_187;
/// Frames at each end of a pulse whose strongest stands for its full level.
const EDGE_FRAMES: usize = 4;
/// Steps of the tracked percentile per frame: up 0.05 dB, down 0.45 dB: in balance where one frame in ten is under it.
const TRACK_UP: f32 = 1.011_58;
/// See [`TRACK_UP`].
const TRACK_DOWN: f32 = 0.901_57;

/// What makes a pulse, in samples and power ratios.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct PulseRule {
    /// Samples of a frame as the finder sees it.
    pub frame_samples: u64,
    /// FFT frames averaged in it.
    pub fft_frames: u32,
    /// Rise over the floor at which a pulse begins, as a power ratio.
    pub trigger: f32,
    /// Shorter pulses are discarded.
    pub width_min_samples: f64,
    /// Longer pulses are cut, once they are so by more than what their first and last frame may lack.
    pub width_max_samples: f64,
    /// Dips shorter than this do not end a pulse.
    pub bridge_samples: f64,
}

/// A pulse as found: places in samples since the stream's start, powers of the collected bins.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct FoundPulse {
    /// Where it begins.
    pub start_sample: f64,
    /// How long it is.
    pub width_samples: f64,
    /// `START_UNSEEN`, `END_UNSEEN`.
    pub flags: Flags,
    /// Mean power of its frames.
    pub mean: f64,
    /// Power of its strongest frame.
    pub peak: f32,
    /// Floor before it began.
    pub floor: f32,
}

/// Finds the pulses of one channel.
pub struct PulseFinder {
    rule: PulseRule,
    /// Smoothed floor; `None` before the first frame.
    floor: Option<f32>,
    /// A frame has been seen since the start or the last gap.
    is_running: bool,
    /// Powers of the newest frames.
    recent: [f32; EDGE_FRAMES],
    state: State,
}

enum State {
    Idle,
    On(OpenPulse),
    /// On for longer than the longest pulse, since the last frame over the release level.
    Overlong(u64),
}

#[derive(Copy, Clone)]
struct OpenPulse {
    first: u64,
    last: u64,
    flags: Flags,
    first_power: f32,
    last_power: f32,
    /// Strongest of the frames at the beginning, and at the end so far.
    first_level: f32,
    last_level: f32,
    /// Sum of powers from the first to the last frame, and of the frames of the dip since.
    sum: f64,
    dip_sum: f64,
    peak: f32,
    floor: f32,
    own_floor: Option<OwnFloor>,
}

/// The floor of a pulse's own frames, for want of one before it.
#[derive(Copy, Clone, Default)]
struct OwnFloor {
    sum: f64,
    count: u32,
}

impl PulseFinder {
    /// Finds pulses by `rule`.
    pub fn new(rule: PulseRule) -> PulseFinder {
        PulseFinder { rule, floor: None, is_running: false, recent: [0.0; EDGE_FRAMES], state: State::Idle }
    }

    /// Takes frame number `frame` (counted from the stream's start) with the channel's power and, where bins are quiet,
    /// the floor in the same bandwidth; the pulse that ended with it.
    pub fn push(&mut self, frame: u64, power: f32, quiet_floor: Option<f32>) -> Option<FoundPulse> {
        self.advance(frame, power, quiet_floor, true)
    }

    /// The same of a frame in which the receiver was gated: in all of it (no power) or in a part. It tells edges and no floor.
    pub fn push_gated(&mut self, frame: u64, power: f32, quiet_floor: Option<f32>) -> Option<FoundPulse> {
        self.advance(frame, power, quiet_floor, false)
    }

    fn advance(
        &mut self,
        frame: u64,
        power: f32,
        quiet_floor: Option<f32>,
        tells_floor: bool,
    ) -> Option<FoundPulse> {
        let floor = quiet_floor.or(self.floor).unwrap_or(power);
        let begins = power > 0.0 && power >= self.rule.trigger * floor;
        let stays = power > 0.0 && power >= self.rule.trigger * HYSTERESIS * floor;
        self.recent.rotate_right(1);
        self.recent[0] = power;
        let is_first = !std::mem::replace(&mut self.is_running, true);
        let mut found = None;
        match &mut self.state {
            State::Idle if begins => {
                let mut pulse = OpenPulse::begin(frame, power, self.floor, floor, is_first);
                if tells_floor {
                    pulse.take_floor(floor);
                }
                self.state = State::On(pulse);
            }
            State::Idle if tells_floor => self.track(power, quiet_floor),
            State::Idle => {}
            State::On(pulse) => {
                pulse.take(frame, power, &self.recent, stays);
                if stays && tells_floor {
                    pulse.take_floor(floor);
                }
                if self.rule.is_overlong(pulse.samples(&self.rule)) {
                    found = Some(pulse.cut(&self.rule));
                    self.state = State::Overlong(pulse.last);
                } else if !stays && self.rule.is_over(frame, pulse.last) {
                    found = pulse.end(&self.rule);
                    self.state = State::Idle;
                }
            }
            State::Overlong(last) => {
                if stays {
                    *last = frame;
                } else if self.rule.is_over(frame, *last) {
                    self.state = State::Idle;
                }
                if tells_floor {
                    self.track(power, quiet_floor);
                }
            }
        }
        found
    }

    /// The samples end here, or some are missing: the pulse that was open, its end unseen. What follows is a new start.
    pub fn cut(&mut self) -> Option<FoundPulse> {
        self.is_running = false;
        match std::mem::replace(&mut self.state, State::Idle) {
            State::On(pulse) => Some(pulse.cut(&self.rule)),
            State::Idle | State::Overlong(_) => None,
        }
    }

    fn track(&mut self, power: f32, quiet_floor: Option<f32>) {
        let next = match (self.floor, quiet_floor) {
            (Some(floor), Some(quiet)) => floor + (quiet - floor) / FLOOR_FRAMES,
            (Some(floor), None) if power < floor => floor * TRACK_DOWN,
            (Some(floor), None) => floor * TRACK_UP,
            (None, quiet) => quiet.unwrap_or(power),
        };
        self.floor = Some(next.max(f32::MIN_POSITIVE));
    }
}

impl PulseRule {
    /// Whether the dip from after frame `last` up to `frame` ends a pulse.
    fn is_over(&self, frame: u64, last: u64) -> bool {
        ((frame - last) * self.frame_samples) as f64 >= self.bridge_samples
    }

    /// Whether a pulse in this many samples of frames is surely longer than the longest. Whoever takes pulses judges the width
    /// of those that ended.
    fn is_overlong(&self, samples: f64) -> bool {
        samples >= self.width_max_samples + 2.0 * self.frame_samples as f64
    }

    /// Share of a frame (0..=1) that a pulse covers from one side, when the frame holds `ratio` of the full level.
    fn covered(&self, ratio: f64) -> f64 {
        let fft_frames = f64::from(self.fft_frames);
        let whole = (ratio.clamp(0.0, 1.0) * fft_frames).floor().min(fft_frames);
        let rest = ratio.clamp(0.0, 1.0) * fft_frames - whole;
        (whole + covered_of_window(rest)) / fft_frames
    }
}

/// Which share of a Hann window, from one end, holds `energy` of its ∫w²: the inverse of
/// (⅜f − sin(2πf)/4π + sin(4πf)/32π)/⅜, by bisection to 1e-6 (some 20 steps, once per edge).
fn covered_of_window(energy: f64) -> f64 {
    use std::f64::consts::PI;
    let held =
        |f: f64| (0.375 * f - (2.0 * PI * f).sin() / (4.0 * PI) + (4.0 * PI * f).sin() / (32.0 * PI)) / 0.375;
    if energy <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..20 {
        let middle = (low + high) / 2.0;
        if held(middle) < energy { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

impl OpenPulse {
    fn begin(frame: u64, power: f32, before: Option<f32>, floor: f32, is_first: bool) -> OpenPulse {
        OpenPulse {
            first: frame,
            last: frame,
            flags: if is_first { Flags::START_UNSEEN } else { Flags::NONE },
            first_power: power,
            last_power: power,
            first_level: power,
            last_level: power,
            sum: f64::from(power),
            dip_sum: 0.0,
            peak: power,
            floor: before.unwrap_or(floor),
            own_floor: before.is_none().then(OwnFloor::default),
        }
    }

    fn take_floor(&mut self, floor: f32) {
        if let Some(own) = &mut self.own_floor {
            own.sum += f64::from(floor);
            own.count += 1;
            self.floor = (own.sum / f64::from(own.count)) as f32;
        }
    }

    fn take(&mut self, frame: u64, power: f32, recent: &[f32; EDGE_FRAMES], stays: bool) {
        if frame - self.first < EDGE_FRAMES as u64 {
            self.first_level = self.first_level.max(power);
        }
        self.dip_sum += f64::from(power);
        if stays {
            self.last = frame;
            self.last_power = power;
            let inside = self.frame_count().min(EDGE_FRAMES as u64) as usize;
            self.last_level = recent[..inside].iter().copied().fold(power, f32::max);
            self.sum += std::mem::take(&mut self.dip_sum);
            self.peak = self.peak.max(power);
        }
    }

    fn frame_count(&self) -> u64 {
        self.last - self.first + 1
    }

    fn samples(&self, rule: &PulseRule) -> f64 {
        (self.frame_count() * rule.frame_samples) as f64
    }

    /// Share of the frame of power `edge` that the pulse covers, `level` being its full level.
    fn covered(&self, rule: &PulseRule, edge: f32, level: f32) -> f64 {
        let over = |power: f32| f64::from(power - self.floor).max(0.0);
        if self.frame_count() < 2 || over(level) == 0.0 {
            1.0
        } else {
            rule.covered(over(edge) / over(level))
        }
    }

    fn start_sample(&self, rule: &PulseRule) -> f64 {
        let is_seen = !self.flags.any(Flags::START_UNSEEN);
        let covered = if is_seen { self.covered(rule, self.first_power, self.first_level) } else { 1.0 };
        ((self.first + 1) as f64 - covered) * rule.frame_samples as f64
    }

    fn end(&self, rule: &PulseRule) -> Option<FoundPulse> {
        let covered = self.covered(rule, self.last_power, self.last_level);
        let pulse = self.found(rule, (self.last as f64 + covered) * rule.frame_samples as f64, self.flags);
        (pulse.width_samples >= rule.width_min_samples).then_some(pulse)
    }

    fn cut(&self, rule: &PulseRule) -> FoundPulse {
        let end_sample = ((self.last + 1) * rule.frame_samples) as f64;
        self.found(rule, end_sample, self.flags.with(Flags::END_UNSEEN))
    }

    fn found(&self, rule: &PulseRule, end_sample: f64, flags: Flags) -> FoundPulse {
        let start_sample = self.start_sample(rule);
        FoundPulse {
            start_sample,
            width_samples: end_sample - start_sample,
            flags,
            mean: self.sum / self.frame_count() as f64,
            peak: self.peak,
            floor: self.floor,
        }
    }
}

#[cfg(test)]
mod tests;
