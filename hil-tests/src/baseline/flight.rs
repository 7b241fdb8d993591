//! A baseline's flight, from the scenario's begin to its end, in virtual time: world and aircraft as at depth a, the search of
//! the scenario's operator until the beacon is heard, then the policy's velocities in GUIDED or OFFBOARD.
//!
//! Passes at 20 Hz as the engine's; hearing, SNR and trend are the engine's own (`skyhound::analytics`), so that only steering
//! differs. A velocity is cut to the speed limit, to the slew limit, and to nothing where it would lead out of the fence's
//! radius by v·T + v²/2a. Trace: truth at 10 Hz and states; setpoints are not kept.

use super::{Policy, Sample, Seen, Steer, Wish};
use crate::aircraft::{Aircraft, Request, STEP_US, Setpoint, custom_mode_of};
use crate::scenario::{Flavour, Scenario};
use crate::script::{self, Do, Script};
use crate::trace::{StateRow, Trace};
use crate::world::{Heard, World};
use skyhound::analytics::Analytics;
use skyhound::command::{State, Velocity};
use skyhound::config::{Config, Emission};
use skyhound::facts::Facts;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::signal::{Flags, Reading};
use skyhound::time::TimeUs;

const PASS_US: u64 = 50_000;
const TRUTH_US: u64 = 100_000;
/// PX4 takes OFFBOARD only after a second of setpoints.
const STREAM_US: u64 = 1_200_000;
/// What was heard on the way is known to who begins to steer.
const HISTORY_US: u64 = 20_000_000;

/// Flies `policy` through `scenario`; `config`: the engine's settings of the scenario.
pub fn fly(scenario: &Scenario, config: &Config, seed: u64, policy: Policy) -> Trace {
    let mut flight = Flight::new(scenario, config, seed, policy);
    let until_us = (scenario.duration_s * 1e6) as u64;
    while flight.now_us < until_us && !flight.is_over {
        flight.pass();
    }
    flight.trace
}

struct Flight<'a> {
    scenario: &'a Scenario,
    config: &'a Config,
    policy: Policy,
    world: World,
    aircraft: Aircraft,
    script: Script,
    analytics: Analytics,
    heard: Heard,
    heard_until_us: u64,
    origin: Origin,
    facts: Vec<Facts>,
    target: Option<usize>,
    /// Of the last window by channel until somebody steers, then of the pass and the target.
    samples: Vec<(u8, Sample)>,
    steer: Option<Box<dyn Steer>>,
    asked_us: Option<u64>,
    state: State,
    first_held_us: Option<u64>,
    held_us: Option<u64>,
    sent: Velocity,
    now_us: u64,
    is_over: bool,
    trace: Trace,
}

impl<'a> Flight<'a> {
    fn new(scenario: &'a Scenario, config: &'a Config, seed: u64, policy: Policy) -> Flight<'a> {
        let mut alone = scenario.clone();
        // Who enables homing, what goes wrong with link, SDR and machine, is not steering's.
        alone.operator.homes = false;
        let place = Wgs84 { lat_deg: scenario.place.lat_deg, lon_deg: scenario.place.lon_deg };
        Flight {
            scenario,
            config,
            policy,
            world: World::new(scenario, &config.sense, seed),
            aircraft: script::aircraft(scenario, seed),
            script: Script::new(&alone),
            analytics: Analytics::new(&config.analytics, &config.sense.channels, config.sense.hop_us),
            heard: Heard::default(),
            heard_until_us: 0,
            origin: Origin::new(place),
            facts: Vec::new(),
            target: None,
            samples: Vec::new(),
            steer: None,
            asked_us: None,
            state: State::Searching,
            first_held_us: None,
            held_us: None,
            sent: Velocity::default(),
            now_us: 0,
            is_over: false,
            trace: Trace::default(),
        }
    }

    fn pass(&mut self) {
        self.now_us += PASS_US;
        self.listen();
        self.follow_script();
        if self.target.is_some() {
            self.lead();
        }
    }

    /// The aircraft and the air until now.
    fn listen(&mut self) {
        match self.steer {
            Some(_) => self.samples.clear(),
            None => self.samples.retain(|(_, sample)| sample.at_us + HISTORY_US > self.now_us),
        }
        let hop_us = u64::from(self.config.sense.hop_us);
        while self.aircraft.now_us() < self.now_us {
            self.aircraft.step();
            let at_us = self.aircraft.now_us();
            if at_us % TRUTH_US < STEP_US {
                self.trace.truth.push(self.aircraft.truth_row());
            }
            while self.heard_until_us + hop_us <= at_us {
                self.heard.readings.clear();
                self.heard.pulses.clear();
                self.world.hop(&self.aircraft.truth(), self.heard_until_us, &mut self.heard);
                self.heard_until_us += hop_us;
                self.take();
            }
        }
        let now = TimeUs(self.now_us);
        self.analytics.detections(now, &mut |_| {});
        if self.now_us.is_multiple_of(TRUTH_US) {
            self.facts.clear();
            let channels = self.config.sense.channels.len() as u8;
            self.facts.extend((0..channels).map(|channel| self.analytics.facts(channel, now)));
        }
    }

    fn take(&mut self) {
        let Some(at) = self.place() else { return };
        for reading in &self.heard.readings {
            self.analytics.reading(reading);
            let power = self.beacon_power(reading);
            self.samples.push((reading.channel, Sample { at_us: reading.acquired_us.0, at, power }));
        }
        self.heard.pulses.iter().for_each(|pulse| self.analytics.pulse(pulse));
    }

    /// Where the autopilot believes itself, about home.
    fn place(&self) -> Option<NorthEast> {
        self.aircraft.belief().position.map(|position| self.origin.ned_from_wgs84(position.place))
    }

    /// Of a carrier the hop's mean over the drop level; of pulses the strongest frame, over the level where one begins.
    fn beacon_power(&self, reading: &Reading) -> Option<i32> {
        let channel = &self.config.sense.channels[usize::from(reading.channel)];
        let (power, over_db) = match channel.emission {
            Emission::Continuous => (reading.mean, self.config.analytics.drop_db),
            Emission::Pulsed(_) | Emission::Any(_) => (reading.peak, channel.pulse_trigger_db),
        };
        let is_on = power.db() - reading.quiet.db() >= over_db;
        let is_usable = !reading.flags.any(Flags::UNUSABLE.with(Flags::NO_QUIET));
        (is_on && is_usable).then(|| i32::from(power.hundredths()))
    }

    fn follow_script(&mut self) {
        let strongest = self.facts.iter().filter(|facts| facts.heard && self.target.is_none());
        let strongest =
            strongest.max_by(|a, b| a.snr_db.unwrap_or(-300.0).total_cmp(&b.snr_db.unwrap_or(-300.0)));
        if let Some(facts) = strongest {
            self.target = Some(usize::from(facts.channel));
        }
        let up_m = self.aircraft.truth().up_m;
        let seen = script::Seen {
            state: self.state,
            heard: self.target.is_some(),
            answers: true,
            airborne: up_m > 1.0,
            up_m,
            ..script::Seen::of(&self.aircraft)
        };
        for deed in self.script.step(self.now_us, &seen) {
            self.carry_out(deed);
        }
        self.is_over = self.script.is_over(self.now_us) || self.is_done();
    }

    /// Where Skyhound's flight would end: the operator takes the aircraft home, or it was held for long enough.
    fn is_done(&self) -> bool {
        let held_us = |since_us: Option<u64>| since_us.map_or(0, |since_us| self.now_us - since_us);
        let lands_s = self.scenario.operator.lands_after_s.unwrap_or(f64::INFINITY);
        let is_home_time = held_us(self.first_held_us) as f64 / 1e6 >= lands_s;
        is_home_time || held_us(self.held_us) >= u64::from(self.config.homing.holding_us)
    }

    fn carry_out(&mut self, deed: Do) {
        match deed {
            // Faults that are not the world's change nothing here.
            Do::Begin(kind) => {
                self.world.apply(&kind, true);
            }
            Do::End(kind) => {
                self.world.apply(&kind, false);
            }
            // The aircraft is led: its mode is no longer the operator's.
            Do::SetMode(_) if self.target.is_some() => {}
            deed => {
                if let Some(request) = deed.request(self.aircraft.flavour()) {
                    self.aircraft.request(&request);
                }
            }
        }
    }

    /// One velocity of the policy, once the aircraft is handed over.
    fn lead(&mut self) {
        let asked_us = *self.asked_us.get_or_insert(self.now_us);
        let name = match self.scenario.aircraft.flavour {
            Flavour::ArduCopter => "GUIDED",
            Flavour::Px4 => "OFFBOARD",
        };
        if self.aircraft.mode_name() != name {
            self.send(Velocity::default());
            let is_streamed = self.now_us >= asked_us + STREAM_US;
            let custom_mode = custom_mode_of(self.scenario.aircraft.flavour, name);
            if let Some(custom_mode) = custom_mode.filter(|_| is_streamed || name == "GUIDED") {
                self.aircraft.request(&Request::Mode(custom_mode));
            }
            return;
        }
        let (Some(at), Some(target)) = (self.place(), self.target) else { return };
        let facts = self.facts.get(target);
        let of_target = self.samples.iter().filter(|(channel, _)| usize::from(*channel) == target);
        let samples: Vec<Sample> = of_target.map(|(_, sample)| *sample).collect();
        let seen = Seen {
            now_us: self.now_us,
            until_us: (self.scenario.duration_s * 1e6) as u64,
            at,
            yaw_rad: self.aircraft.belief().attitude.yaw_rad,
            samples: &samples,
            heard: facts.is_some_and(|facts| facts.heard),
            snr_db: facts.and_then(|facts| facts.snr_db),
            slope_db_s: facts.and_then(|facts| facts.trend).map(|trend| trend.slope_db_s),
        };
        let (homing, limits, policy) = (&self.config.homing, &self.config.interlock, self.policy);
        let wish = self.steer.get_or_insert_with(|| policy.begin(homing, limits, &seen)).steer(&seen);
        let (state, velocity) = match wish {
            Wish::Hold => (State::Holding, Velocity::default()),
            Wish::Fly(velocity) => (State::Homing, velocity),
        };
        self.change_to(state);
        let bounded = self.bounded(velocity, at);
        self.send(bounded);
    }

    fn change_to(&mut self, to: State) {
        if to != self.state {
            self.trace.states.push(StateRow {
                at_us: self.now_us,
                from: self.state.name().into(),
                to: to.name().into(),
                reason: self.policy.name().into(),
                interlock: None,
            });
            self.state = to;
            self.held_us = (to == State::Holding).then_some(self.now_us);
            self.first_held_us = self.first_held_us.or(self.held_us);
        }
    }

    fn bounded(&self, wish: Velocity, at: NorthEast) -> Velocity {
        let limits = &self.config.interlock;
        let speed_mps = wish.north_mps.hypot(wish.east_mps);
        let cut = (limits.speed_max_mps / speed_mps.max(1e-9)).min(1.0);
        let (north, east) =
            (wish.north_mps * cut - self.sent.north_mps, wish.east_mps * cut - self.sent.east_mps);
        let step_max_mps = limits.slew_max_mps2 * PASS_US as f64 / 1e6;
        let share = (step_max_mps / north.hypot(east).max(1e-9)).min(1.0);
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

    fn send(&mut self, velocity: Velocity) {
        self.sent = velocity;
        let Velocity { north_mps, east_mps, down_mps, yaw_rate_rad_s } = velocity;
        let setpoint = Setpoint { velocity_mps: [north_mps, east_mps, down_mps], yaw_rate_rad_s };
        self.aircraft.request(&Request::Setpoint(setpoint));
    }
}
