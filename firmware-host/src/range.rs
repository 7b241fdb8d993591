//! `range`: from how far a beacon is heard, before a search is flown: what its detectors need, the noise, and how power falls with
//! distance, into a distance, the space between lanes, and what was taken for granted.
//!
//! Pure: settings and numbers in, a plan out. What the detectors need is the engine's own (`skyhound::sense::reach`), and so are the
//! laws of distance (`skyhound::propagation`), which the rig's world is made of too.

mod floor;
mod written;

pub use floor::{Floor, flown, measured};

use crate::failure::Failure;
use skyhound::config::{ChannelConfig, Config};
use skyhound::propagation::{LIGHT_MPS, Loss, Model, horizon_m};
use skyhound::search::Link;
use skyhound::sense::reach::{HeardBy, Limit, PROBABILITY, limits};
use skyhound::units::ratio_from_db;

/// Normal quantile of [`PROBABILITY`].
const SIGMAS: f64 = 1.2816;
/// Times of listening that are tried where the one asked for is too short, s.
const LONGER_S: [f64; 9] = [10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1_800.0];

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// Power of the beacon while it is on, into its antenna, dBm.
    pub power_dbm: f64,
    /// Gain of both antennas together, with their cables and polarisations, dB.
    pub antenna_gain_db: f64,
    /// Heights over the ground, m.
    pub height_m: f64,
    /// See `height_m`.
    pub beacon_height_m: f64,
    /// Time of listening within reach, s.
    pub seconds: f64,
    /// Ground speed meanwhile, m/s.
    pub speed_mps: f64,
    /// How power falls with distance.
    pub model: Model,
    /// Deviation of the shadowing about that, dB.
    pub sigma_db: f64,
    /// The noise.
    pub floor: Floor,
}

/// One detector's distance.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Heard {
    /// What it needs.
    pub limit: Limit,
    /// Gain of the way that is left for that, dB (< 0).
    pub loss_db: f64,
    /// The farthest over the ground, m; 0: nowhere.
    pub farthest_m: f64,
    /// Up to here it is heard everywhere, m.
    pub first_gap_m: f64,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What was asked.
    pub question: Question,
    /// The beacon's channel.
    pub channel: ChannelConfig,
    /// Its detectors, the farthest first.
    pub heard: Vec<Heard>,
    /// How far the heights see each other, m.
    pub horizon_m: f64,
    /// Between lanes, m; `None` where it is passed too fast to be heard.
    pub lanes_m: Option<f64>,
    /// At which the lanes would be half as wide as the reach, m/s.
    pub speed_max_mps: f64,
    /// Change of the Doppler shift while it is summed, at most (passing overhead), Hz.
    pub doppler_hz: f64,
}

/// The place of beacon `name` among the channels; of one alone without a name.
///
/// # Errors
/// No such name, or none where there are several.
pub fn place_of(config: &Config, name: Option<&str>) -> Result<usize, Failure> {
    let channels = &config.sense.channels;
    let names = || channels.iter().map(|channel| channel.name.as_str()).collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => channels.iter().position(|channel| channel.name == name).ok_or_else(|| {
            Failure::Usage(format!("--beacon {name}: there is no such beacon; the settings have {}", names()))
        }),
        None if channels.len() == 1 => Ok(0),
        None => Err(Failure::Usage(format!("--beacon: say which of {}", names()))),
    }
}

/// The distance of channel `number`.
///
/// # Errors
/// Where none of its detectors can hear in the time given.
pub fn plan(config: &Config, number: usize, question: Question) -> Result<Plan, Failure> {
    let channel = config.sense.channels[number].clone();
    let of = |seconds: f64| limits(&config.sense, &config.analytics, number, seconds);
    let limits = of(question.seconds);
    if limits.is_empty() {
        let longer =
            LONGER_S.iter().find(|seconds| **seconds > question.seconds && !of(**seconds).is_empty());
        let mend = longer.map_or("its settings hear nothing at all".into(), |s| format!("write --for {s}s"));
        let seconds = question.seconds;
        let why = format!("{} is not heard within {seconds} s, however strong: {mend}", channel.name);
        return Err(Failure::Usage(why));
    }
    let horizon_m = horizon_m(question.height_m, question.beacon_height_m);
    let loss = Loss::new(question.model, channel.frequency_hz);
    let mut heard: Vec<Heard> = limits
        .into_iter()
        .map(|limit| {
            let least_db = limit.cn0_db_hz + question.floor.dbm_hz + SIGMAS * question.sigma_db
                - question.power_dbm
                - question.antenna_gain_db;
            let reach =
                loss.reach(ratio_from_db(least_db), question.beacon_height_m, question.height_m, horizon_m);
            Heard { limit, loss_db: least_db, farthest_m: reach.farthest_m, first_gap_m: reach.first_gap_m }
        })
        .collect();
    heard.sort_by(|a, b| b.first_gap_m.total_cmp(&a.first_gap_m));
    let best = heard[0];
    let half_way_m = question.speed_mps * question.seconds / 2.0;
    let lanes_m = (best.first_gap_m > half_way_m)
        .then(|| 2.0 * (best.first_gap_m * best.first_gap_m - half_way_m * half_way_m).sqrt());
    let above_m = (question.height_m - question.beacon_height_m).abs().max(1.0);
    let turn_hz_s = question.speed_mps.powi(2) * channel.frequency_hz / (LIGHT_MPS * above_m);
    Ok(Plan {
        horizon_m,
        lanes_m,
        // Of a lane √3/2 of the reach on either side: half of the reach ahead and behind.
        speed_max_mps: best.first_gap_m / question.seconds,
        doppler_hz: if best.limit.by == HeardBy::Lines { turn_hz_s * best.limit.seconds } else { 0.0 },
        question,
        channel,
        heard,
    })
}

impl Plan {
    /// The way of its farthest detector, for the engine's search theory; `unsure_db` is the deviation of what is not known of the beacon.
    /// Of the shadowing's variance half is taken to last: that of a place seen from two sides correlates by 0.5 (3GPP TR 36.814,
    /// annex A.2.1, between sites).
    pub fn link(&self, unsure_db: f64) -> Link {
        let asked = &self.question;
        let half_db = asked.sigma_db * std::f64::consts::FRAC_1_SQRT_2;
        Link {
            loss: Loss::new(asked.model, self.channel.frequency_hz),
            least_gain_db: self.heard[0].loss_db - SIGMAS * asked.sigma_db,
            beacon_height_m: asked.beacon_height_m,
            height_m: asked.height_m,
            spread_db: half_db,
            lasting_db: half_db.hypot(unsure_db),
        }
    }
}

/// Probability that the plan is made for.
pub fn probability() -> f64 {
    PROBABILITY
}

#[cfg(test)]
mod tests;
