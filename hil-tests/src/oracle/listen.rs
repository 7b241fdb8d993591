//! What the oracle hears of a flight: the readings of the beacon's channel, each at its true place, as segments of the way.
//!
//! Power over what the noise alone would be, averaged over the hops in which the beacon sent (the oracle knows when), and over a stretch
//! of the way: fading averages out in power, and nothing that tells the place is lost as long as a segment is short beside height and
//! decorrelation; nor as long as it turns by little where the antenna is a beam. Power is averaged first over steps of a third of a wavelength or so, so that who hovers hears one fade, not many.

use crate::invariants::{Sky, Step as Pass, Witness};
use crate::scenario::Scenario;
use crate::scenario::world::Antenna;
use crate::truth::TruePose;
use crate::world::Air;
use skyhound::config::SenseConfig;
use skyhound::geo::wrap_pi;
use skyhound::signal::{Flags, Reading};
use skyhound::units::{db_from_ratio, ratio_from_db};
use std::collections::VecDeque;
use std::f64::consts::LN_10;

/// Length of a step, m.
const STEP_M: f64 = 0.2;
/// Poses are kept this long: a reading comes later than that no more.
const POSES_US: u64 = 1_000_000;
/// A hop counts from this share of it on in which the beacon sent.
const SENT_MIN: f64 = 0.3;
/// A segment is heard when its power is this many standard deviations of the noise's over it.
const HEARD_SIGMAS: f64 = 5.0;
/// Shortest segment, m, and how far a beam turns in one, rad.
const SEGMENT_M: f64 = 4.0;
const SEGMENT_RAD: f64 = 0.17;

/// Sums over hops.
#[derive(Copy, Clone, Debug, Default)]
struct Sums {
    /// Of the channel's power, the noise's, and the share of the hop in which the beacon sent.
    power: f64,
    noise: f64,
    sent: f64,
    hops: f64,
}

/// A stretch of way over which fading hardly changes.
#[derive(Copy, Clone, Debug)]
struct Step {
    pose: TruePose,
    sums: Sums,
}

/// A stretch of way with what was heard on it.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Poses of its steps; at least one.
    pub poses: Vec<TruePose>,
    /// Mean power of the beacon, dB of full scale.
    pub power_db: f64,
    /// Variance of it that noise makes, dB².
    pub noise_db2: f64,
}

/// Watches a flight.
pub struct Listener {
    air: Air,
    has_beam: bool,
    channel: u8,
    hop_us: f64,
    /// Independent samples of the channel's noise in a hop.
    samples: f64,
    poses: VecDeque<TruePose>,
    steps: Vec<Step>,
}

impl Listener {
    /// Of the first beacon of `scenario` flown with `seed`.
    pub fn new(scenario: &Scenario, config: &SenseConfig, seed: u64) -> Listener {
        let frequency_hz = scenario.world.beacon[0].frequency_hz;
        let away_hz = |index: &usize| (config.channels[*index].frequency_hz - frequency_hz).abs();
        let nearest = (0..config.channels.len()).min_by(|a, b| away_hz(a).total_cmp(&away_hz(b)));
        let channel = nearest.unwrap_or(0);
        let hop_us = f64::from(config.hop_us);
        Listener {
            air: Air::new(scenario, seed),
            has_beam: scenario.world.receiver.antenna == Antenna::Beam,
            channel: channel as u8,
            hop_us,
            samples: config.channels[channel].bandwidth_hz * hop_us * 1e-6,
            poses: VecDeque::new(),
            steps: Vec::new(),
        }
    }

    /// Where the aircraft truly is now.
    pub(super) fn at(&mut self, pose: TruePose) {
        while self.poses.front().is_some_and(|old| old.at_us + POSES_US < pose.at_us) {
            self.poses.pop_front();
        }
        self.poses.push_back(pose);
    }

    /// A reading of any channel, made since.
    pub(super) fn hear(&mut self, reading: &Reading) {
        let at_us = reading.acquired_us.0;
        let after = self.poses.partition_point(|pose| pose.at_us <= at_us);
        let Some(pose) = after.checked_sub(1).and_then(|newest| self.poses.get(newest)) else { return };
        let sent = self.air.sent(0, at_us as f64 - self.hop_us / 2.0, at_us as f64 + self.hop_us / 2.0);
        if reading.channel != self.channel
            || sent < SENT_MIN
            || reading.flags.any(Flags::UNUSABLE.with(Flags::NO_QUIET))
        {
            return;
        }
        let pose = pose.carried(at_us, self.hop_us as u64);
        let (power, noise) = (ratio_from_db(reading.mean.db()), ratio_from_db(reading.quiet.db()));
        let is_apart = |step: &Step| apart_m(&step.pose, &pose) > STEP_M || self.turns(step, &pose);
        if self.steps.last().is_none_or(is_apart) {
            self.steps.push(Step { pose, sums: Sums::default() });
        }
        if let Some(step) = self.steps.last_mut() {
            step.sums.add(&Sums { power, noise, sent, hops: 1.0 });
        }
    }

    /// What was heard until `until_us`, in segments of about equal length, `most` at most where the aircraft does not hover.
    pub fn segments(&self, until_us: u64, most: usize) -> Vec<Segment> {
        let until = self.steps.partition_point(|step| step.pose.at_us <= until_us);
        let steps = &self.steps[..until];
        let way_m: f64 = steps.windows(2).map(|pair| apart_m(&pair[0].pose, &pair[1].pose)).sum();
        let length_m = SEGMENT_M.max(way_m / most as f64);
        let (mut segments, mut from) = (Vec::new(), 0);
        for at in 1..=steps.len() {
            let is_over = |to: &Step| {
                apart_m(&steps[from].pose, &to.pose) > length_m || self.turns(&steps[from], &to.pose)
            };
            if steps.get(at).is_none_or(is_over) {
                segments.extend(self.segment(&steps[from..at]));
                from = at;
            }
        }
        segments
    }

    fn turns(&self, from: &Step, to: &TruePose) -> bool {
        self.has_beam && wrap_pi(from.pose.yaw_rad - to.yaw_rad).abs() > SEGMENT_RAD
    }

    fn segment(&self, steps: &[Step]) -> Option<Segment> {
        // Each step counts alike, however long it took: so its fade is averaged with the others'.
        let mut sums = Sums::default();
        steps.iter().for_each(|step| sums.add(&step.sums));
        let over = |step: &Step| (step.sums.power - step.sums.noise) / step.sums.sent;
        let count = steps.len() as f64;
        let power = steps.iter().map(over).sum::<f64>() / count;
        let (noise, samples) = (sums.noise / sums.hops, self.samples * sums.hops);
        // Of a carrier in noise, the noise's own level being measured as well as its power is (Kay, *Detection Theory*, 2.2).
        let variance = (2.0 * power.max(0.0) * noise + 2.0 * noise * noise) / samples;
        let is_heard = power > HEARD_SIGMAS * noise * (2.0 / samples).sqrt();
        is_heard.then(|| Segment {
            poses: steps.iter().map(|step| step.pose).collect(),
            power_db: db_from_ratio(power),
            noise_db2: (10.0 / LN_10 / power).powi(2) * variance,
        })
    }
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.power += other.power;
        self.noise += other.noise;
        self.sent += other.sent;
        self.hops += other.hops;
    }
}

pub(super) fn apart_m(a: &TruePose, b: &TruePose) -> f64 {
    a.distance_m(b.north_m, b.east_m).hypot(a.up_m - b.up_m)
}

impl Witness for Listener {
    fn pass(&mut self, pass: &Pass<'_>) {
        pass.inputs.readings.iter().for_each(|reading| self.hear(reading));
    }

    fn sky(&mut self, sky: &Sky) {
        self.at(sky.pose);
    }
}
