//! A baseline in homing's place: led from `homing on` to `homing off`, in the same flight at depth a as Skyhound's.
//!
//! Detection, SNR, trend, the readings' places and hearings are the engine's own, so that only steering differs. A velocity is cut to the
//! speed limit, to the slew limit, and to nothing where it would lead out of the fence's radius by v·T + v²/2a.

use super::{Policy, Sample, Seen, Steer, Wish};
use crate::scenario::Scenario;
use crate::trace::EstimateRow;
use skyhound::command::{OperatorAct, Reason, State, StateChange, Velocity};
use skyhound::config::{Config, Emission};
use skyhound::decide::PassInputs;
use skyhound::facts::Facts;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::record::PlacedReading;
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;
use std::collections::VecDeque;

/// What was heard on the way is known to who begins to steer.
const HISTORY_US: u64 = 20_000_000;
/// A hearing tells of a place that was flown over this long ago at most.
const PLACES_US: u64 = 5_000_000;

/// Leads the aircraft by a policy.
pub struct Leader {
    policy: Policy,
    config: Config,
    until_us: u64,
    origin: Origin,
    target: Option<usize>,
    /// Of the last window by channel until somebody steers, then of the pass.
    samples: Vec<(u8, Sample)>,
    /// Where it believed itself, and when.
    places: VecDeque<(TimeUs, NorthEast)>,
    steer: Option<Box<dyn Steer>>,
    said: Vec<EstimateRow>,
    state: State,
    /// When the state last changed.
    since_us: u64,
    sent: Velocity,
    passed_us: u64,
}

impl Leader {
    /// Not asked yet.
    pub fn new(scenario: &Scenario, config: &Config, policy: Policy) -> Leader {
        let home = Wgs84 { lat_deg: scenario.place.lat_deg, lon_deg: scenario.place.lon_deg };
        Leader {
            policy,
            config: config.clone(),
            until_us: (scenario.duration_s * 1e6) as u64,
            origin: Origin::new(home),
            target: None,
            samples: Vec::new(),
            places: VecDeque::new(),
            steer: None,
            said: Vec::new(),
            state: State::Idle,
            since_us: 0,
            sent: Velocity::default(),
            passed_us: 0,
        }
    }

    /// Its state, by the names of Skyhound's.
    pub fn state(&self) -> State {
        self.state
    }

    /// Where it said that the beacon is, each time that it moved; `None` of who asks our estimator.
    pub fn into_said(self) -> Option<Vec<EstimateRow>> {
        (!self.policy.asks_our_estimator()).then_some(self.said)
    }

    /// What it commands, if it does, from the pass's inputs, the engine's facts and the readings that got their places.
    pub fn pass(
        &mut self,
        inputs: &PassInputs<'_>,
        facts: &[Facts],
        placed: &[PlacedReading],
        changed: &mut dyn FnMut(&StateChange),
    ) -> Option<Velocity> {
        let (now_us, was) = (inputs.now.0, self.state);
        match self.steer {
            Some(_) => self.samples.clear(),
            None => self.samples.retain(|(_, sample)| sample.at_us + HISTORY_US > now_us),
        }
        self.take(placed);
        self.take_hearings(inputs);
        if self.target.is_none() {
            let heard = facts.iter().filter(|facts| facts.heard);
            let snr_db = |facts: &&Facts| facts.snr_db.unwrap_or(f64::NEG_INFINITY);
            let strongest = heard.max_by(|a, b| snr_db(a).total_cmp(&snr_db(b)));
            self.target = strongest.map(|facts| usize::from(facts.channel));
        }
        let is_held =
            was == State::Holding && now_us >= self.since_us + u64::from(self.config.homing.holding_us);
        let (state, reason, wish) = match inputs.act {
            Some(act @ OperatorAct::HomingOff) => (State::Idle, Reason::Operator(act), None),
            Some(act) if was == State::Idle => (State::Searching, Reason::Operator(act), None),
            _ if is_held => (State::Idle, Reason::HeldLongEnough, None),
            _ if was == State::Idle => return None,
            _ => match self.wish(inputs, facts) {
                Some(Wish::Hold) => (State::Holding, Reason::Peak, None),
                Some(Wish::Fly(velocity)) => (State::Homing, Reason::Confirmed, Some(velocity)),
                None => (was, Reason::Lost, None),
            },
        };
        if state == State::Idle {
            self.steer = None;
        }
        if state != was {
            (self.state, self.since_us) = (state, now_us);
            changed(&StateChange { at: inputs.now, from: was, to: state, reason });
        }
        let pass_s = inputs.now.seconds_since(TimeUs(self.passed_us));
        self.passed_us = now_us;
        let at = self.place(inputs).unwrap_or_default();
        self.sent = wish.map_or(Velocity::default(), |wish| self.bounded(wish, at, pass_s));
        (state != State::Idle).then_some(self.sent)
    }

    fn take(&mut self, placed: &[PlacedReading]) {
        for PlacedReading { reading, pose } in placed {
            let Some(pose) = pose else { continue };
            let (at, power) = (self.origin.ned_from_wgs84(pose.place), self.beacon_power(reading));
            let sample = Sample { at_us: reading.acquired_us.0, at, power, is_hearing: false };
            self.samples.push((reading.channel, sample));
        }
    }

    fn take_hearings(&mut self, inputs: &PassInputs<'_>) {
        while self.places.front().is_some_and(|(at, _)| inputs.now.since_us(*at) > PLACES_US) {
            self.places.pop_front();
        }
        self.places.extend(self.place(inputs).map(|at| (inputs.now, at)));
        for hearing in inputs.hearings {
            let then = hearing.power_at_us();
            let after = self.places.partition_point(|(at, _)| *at <= then);
            let Some((_, at)) = after.checked_sub(1).and_then(|newest| self.places.get(newest)) else {
                continue;
            };
            let power = Some(i32::from(hearing.power.hundredths()));
            let sample = Sample { at_us: then.0, at: *at, power, is_hearing: true };
            self.samples.push((hearing.channel, sample));
        }
    }

    /// Of a carrier the hop's mean over the drop level; of pulses the strongest frame, over the level where one begins.
    fn beacon_power(&self, reading: &Reading) -> Option<i32> {
        let channel = &self.config.sense.channels[usize::from(reading.channel)];
        let (power, over_db) = match channel.emission {
            Emission::Continuous | Emission::Chirp(_) => (reading.mean, self.config.analytics.drop_db),
            Emission::Pulsed(_) | Emission::Any(_) | Emission::CospasSarsat => {
                (reading.peak, channel.pulse_trigger_db)
            }
        };
        let is_on = power.db() - reading.quiet.db() >= over_db;
        let is_usable = !reading.flags.any(Flags::UNUSABLE.with(Flags::NO_QUIET));
        (is_on && is_usable).then(|| i32::from(power.hundredths()))
    }

    /// Where the autopilot believes itself, about home.
    fn place(&self, inputs: &PassInputs<'_>) -> Option<NorthEast> {
        inputs.vehicle.position.map(|position| self.origin.ned_from_wgs84(position.value.place))
    }

    /// The policy's, once something was heard and the aircraft is handed over.
    fn wish(&mut self, inputs: &PassInputs<'_>, facts: &[Facts]) -> Option<Wish> {
        let (at, target) = (self.place(inputs)?, self.target?);
        inputs.vehicle.heartbeat.filter(|beat| beat.value.mode.accepts_commands())?;
        let facts = facts.get(target)?;
        let of_target = self.samples.iter().filter(|(channel, _)| usize::from(*channel) == target);
        let samples: Vec<Sample> = of_target.map(|(_, sample)| *sample).collect();
        let seen = Seen {
            now_us: inputs.now.0,
            until_us: self.until_us,
            at,
            yaw_rad: inputs.vehicle.attitude?.value.yaw_rad,
            samples: &samples,
            heard: facts.heard,
            snr_db: facts.snr_db,
            slope_db_s: facts.trend.map(|trend| trend.slope_db_s),
        };
        let (homing, limits, policy) = (&self.config.homing, &self.config.interlock, self.policy);
        let steer = self.steer.get_or_insert_with(|| policy.begin(homing, limits, &seen));
        let wish = steer.steer(&seen);
        if let Some(NorthEast { north_m, east_m }) = steer.place()
            && self.said.last().is_none_or(|last| (last.north_m, last.east_m) != (north_m, east_m))
        {
            self.said.push(EstimateRow { at_us: seen.now_us, north_m, east_m, radius_95_m: f64::NAN });
        }
        Some(wish)
    }

    fn bounded(&self, wish: Velocity, at: NorthEast, pass_s: f64) -> Velocity {
        let limits = &self.config.interlock;
        let speed_mps = wish.north_mps.hypot(wish.east_mps);
        let cut = (limits.speed_max_mps / speed_mps.max(1e-9)).min(1.0);
        let (north, east) =
            (wish.north_mps * cut - self.sent.north_mps, wish.east_mps * cut - self.sent.east_mps);
        let share = (limits.slew_max_mps2 * pass_s / north.hypot(east).max(1e-9)).min(1.0);
        let velocity = Velocity {
            north_mps: self.sent.north_mps + north * share,
            east_mps: self.sent.east_mps + east * share,
            ..wish
        };
        let speed_mps = velocity.north_mps.hypot(velocity.east_mps);
        let stop_s = f64::from(limits.reaction_us) / 1e6 + speed_mps / (2.0 * limits.brake_mps2);
        let north_m = at.north_m + velocity.north_mps * stop_s;
        let east_m = at.east_m + velocity.east_mps * stop_s;
        let leads_out =
            north_m.hypot(east_m) > limits.fence.radius_m.max(at.distance_m(NorthEast::default()));
        if leads_out {
            return Velocity { yaw_rate_rad_s: wish.yaw_rate_rad_s, ..Velocity::default() };
        }
        velocity
    }
}
