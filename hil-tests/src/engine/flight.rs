//! One flight in virtual time: script, aircraft, hearing, control passes, wire; step by step of the aircraft's 10 ms.
//!
//! Order within a step: what is due by the script is done; what has come over the wire reaches the aircraft; it moves; the
//! receiver hears what was on the air meanwhile; the link tells what the autopilot reports; then, when one is due or something
//! hurries, a control pass. Passes stand on the host's grid and come up to a millisecond late, drawn from the seed. Where a
//! baseline leads, the operator's acts are its, and what it wants is sent in place of the engine's command.

use super::Level;
use super::book::{Book, Unread, state_row};
use super::hearing::Hearing;
use super::machine::Machine;
use super::telemetry::Telemetry;
use super::wire::Wire;
use crate::aircraft::{Aircraft, Request};
use crate::baseline::Leader;
use crate::invariants::{Sky, Step, Witness};
use crate::random::{self, Random};
use crate::scenario::{Kind, Scenario};
use crate::script::{self, Do, Script, Seen};
use crate::trace::{DeedRow, Trace};
use rand::Rng;
use skyhound::command::{Command, OperatorAct, StateChange};
use skyhound::config::Config;
use skyhound::decide::{Decide, PassInputs};
use skyhound::geo::Wgs84;
use skyhound::sense::Gathered;
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use skyhound_host::settings::Settings;
use std::collections::VecDeque;

/// A ground station's heartbeats.
const BEAT_US: u64 = 1_000_000;
/// Its system id.
const GROUND_STATION: u8 = 255;
/// A pass begins at most this much after its time.
const PASS_LATE_US: u64 = 1_000;
/// The operator of the second daemon enables homing this long after its start.
const SECOND_ASKS_US: u64 = 3_000_000;

/// A process: from its start to its kill.
struct Life {
    decider: Decide,
    telemetry: Telemetry,
    vehicle: Vehicle,
    due_us: u64,
}

/// A second daemon on the same aircraft.
struct Second {
    decider: Decide,
    wire: Wire,
    since_us: u64,
    has_asked: bool,
}

fn decide(config: &Config) -> Decide {
    Decide::new(config).expect("a loaded scenario's settings fit the engine")
}

pub(super) struct Flight<'a> {
    config: Config,
    settings: Settings,
    witness: &'a mut dyn Witness,
    script: Script,
    aircraft: Aircraft,
    hearing: Hearing,
    wire: Wire,
    book: Book,
    machine: Machine,
    life: Option<Life>,
    leader: Option<Leader>,
    second: Option<Second>,
    lives: u32,
    acts: VecDeque<OperatorAct>,
    beat_due_us: u64,
    heard_us: u64,
    period_us: u64,
    seed: u64,
    lateness: Random,
    site: Wgs84,
    arrived: Gathered,
}

impl<'a> Flight<'a> {
    pub(super) fn new(
        scenario: &Scenario,
        seed: u64,
        level: Level,
        leader: Option<Leader>,
        witness: &'a mut dyn Witness,
    ) -> Result<Flight<'a>, String> {
        let settings = scenario.settings()?;
        let config = scenario.config()?;
        let hop_us = f64::from(config.sense.hop_us);
        let reading_hz = config.sense.channels.len() as f64 * 1e6 / hop_us;
        let site = Wgs84 { lat_deg: scenario.place.lat_deg, lon_deg: scenario.place.lon_deg };
        let lane_capacity = f64::from(settings.recorder.stall_bridge_s) * reading_hz;
        Ok(Flight {
            script: Script::new(scenario),
            hearing: Hearing::new(scenario, &config.sense, &settings.sdr, seed, level),
            wire: Wire::new(settings.autopilot.setpoint_hz, scenario.aircraft.system, seed),
            book: Book::new(lane_capacity as u64, hop_us, site),
            machine: Machine::default(),
            life: None,
            leader,
            second: None,
            lives: 0,
            acts: VecDeque::new(),
            beat_due_us: 0,
            heard_us: 0,
            period_us: (1e6 / settings.daemon.control_hz) as u64,
            seed,
            lateness: random::source(seed, "passes"),
            site,
            arrived: Gathered::default(),
            config,
            settings,
            witness,
            aircraft: script::aircraft(scenario, seed),
        })
    }

    /// To the end.
    pub(super) fn fly(mut self) -> Trace {
        self.start();
        while !self.script.is_over(self.aircraft.now_us()) {
            self.follow_script();
            self.step();
        }
        let mut trace = self.book.close();
        if let Some(said) = self.leader.and_then(Leader::into_said) {
            (trace.estimates, trace.regions) = (said, Vec::new());
        }
        trace
    }

    /// A process begins.
    fn start(&mut self) {
        let now_us = self.aircraft.now_us();
        let rates = &self.settings.autopilot;
        self.life = Some(Life {
            decider: decide(&self.config),
            telemetry: Telemetry::new(&self.aircraft, rates.position_hz, rates.attitude_hz, rates.status_hz),
            vehicle: Vehicle::default(),
            due_us: now_us,
        });
        self.hearing.restart(now_us);
        self.lives += 1;
    }

    fn follow_script(&mut self) {
        let now_us = self.aircraft.now_us();
        let seen = self.seen();
        for deed in self.script.step(now_us, &seen) {
            self.book.trace.deeds.push(DeedRow { at_us: now_us, what: deed.to_string() });
            match deed {
                Do::Begin(kind) => self.fault(&kind, true),
                Do::End(kind) => self.fault(&kind, false),
                Do::HomingOn => self.acts.push_back(OperatorAct::HomingOn),
                Do::HomingOff => self.acts.push_front(OperatorAct::HomingOff),
                deed => {
                    if let Some(request) = deed.request(self.aircraft.flavour()) {
                        self.ground_station(&request);
                    }
                }
            }
        }
    }

    fn seen(&self) -> Seen<'static> {
        let decider = self.life.as_ref().map(|life| &life.decider);
        let leads = self.leader.as_ref().map(Leader::state);
        Seen {
            state: leads.or(decider.map(Decide::state)).unwrap_or_default(),
            heard: decider.is_some_and(|decider| decider.facts().iter().any(|facts| facts.heard)),
            locked: decider.is_some_and(|decider| decider.locked().is_some()),
            latched: decider.is_some_and(|decider| decider.latched().is_some()),
            answers: decider.is_some(),
            ..Seen::of(&self.aircraft)
        }
    }

    /// What the operator's ground station asks reaches the autopilot only while its own link is whole.
    fn ground_station(&mut self, request: &Request) {
        if !self.machine.gcs_is_lost {
            self.aircraft.request(request);
        }
    }

    fn fault(&mut self, kind: &Kind, begins: bool) {
        let now_us = self.aircraft.now_us();
        match kind {
            Kind::Kill if begins => {
                self.life = None;
                self.book.killed(now_us);
                self.wire.forget();
                self.acts.clear();
            }
            Kind::Kill => self.start(),
            Kind::SecondDaemon => self.second = begins.then(|| self.second_daemon()),
            _ => {}
        }
        // A fault may be of several: a lost ground station is silent here, and its failsafe is the aircraft's.
        self.hearing.fault(kind, begins, now_us);
        self.aircraft.fault(kind, begins);
        self.book.fault(kind, begins);
        self.machine.fault(kind, begins, now_us);
        if let Some(life) = &mut self.life {
            life.telemetry.fault(kind, begins);
        }
    }

    fn second_daemon(&mut self) -> Second {
        Second {
            decider: decide(&self.config),
            wire: Wire::new(self.settings.autopilot.setpoint_hz, self.aircraft.system(), !self.seed),
            since_us: self.aircraft.now_us(),
            has_asked: false,
        }
    }

    fn step(&mut self) {
        let from = self.aircraft.truth();
        if from.at_us >= self.beat_due_us {
            self.ground_station(&Request::GroundStation(GROUND_STATION));
            self.beat_due_us = from.at_us + BEAT_US;
        }
        let received = &mut self.book.trace.setpoints;
        let before = received.len();
        self.wire.deliver(from.at_us, &mut self.aircraft, received);
        if let Some(second) = &mut self.second {
            second.wire.deliver(from.at_us, &mut self.aircraft, received);
        }
        let moves = received[before..].iter().filter(|row| row.moves()).map(|row| row.at_us).max();
        self.heard_us = moves.unwrap_or(self.heard_us);
        self.aircraft.step();
        let pose = self.aircraft.truth();
        let starved_until_us = self.machine.starved_until_us(pose.at_us);
        self.hearing.held_until_us = starved_until_us.unwrap_or(0);
        self.hearing.step(&from, &pose);
        let belief = self.aircraft.belief();
        self.witness.sky(&Sky {
            pose,
            custom_mode: belief.custom_mode,
            armed: belief.armed,
            navigates: belief.gps.fix >= 3,
            believed: belief.position.map(|position| position.place),
            site: self.site,
            ground_m: self.aircraft.ground_m(),
            heard_us: self.heard_us,
            has_power: belief.battery.remaining_ratio > 0.0,
            alive: self.life.is_some(),
        });
        self.book.truth(|| self.aircraft.truth_row(), pose.at_us);
        if starved_until_us.is_none() {
            self.control(pose.at_us);
        }
        // STATUSTEXTs are the ground station's to read.
        drop(self.aircraft.texts());
    }

    /// The control thread's turn: takes in what the link brought, and passes when it is time or something hurries.
    fn control(&mut self, at_us: u64) {
        let Some(life) = &mut self.life else { return };
        let now_us = at_us + self.lateness.next_u64() % PASS_LATE_US;
        let now = TimeUs(now_us);
        life.vehicle = *life.telemetry.vehicle(&self.aircraft, TimeUs(at_us));
        self.machine.change(&mut life.vehicle, now_us);
        let sdr_alive = self.hearing.receiver.is_alive;
        let hurries = life.decider.hurries(now, &life.vehicle, sdr_alive);
        if at_us < life.due_us && !hurries && self.acts.is_empty() {
            return;
        }
        let on_grid = at_us >= life.due_us && at_us - life.due_us < self.period_us;
        life.due_us = if on_grid { life.due_us } else { at_us } + self.period_us;
        self.hearing.take(now_us, &mut self.arrived);
        let act = self.acts.pop_front();
        let inputs = PassInputs {
            now,
            readings: &self.arrived.readings,
            pulses: &self.arrived.pulses,
            hearings: &self.arrived.hearings,
            vehicle: &life.vehicle,
            act: act.filter(|_| self.leader.is_none()),
            sdr_alive,
        };
        self.book.readings.clear();
        self.book.records.clear();
        self.book.channel = life.decider.target().unwrap_or(self.book.channel);
        let mut command = life.decider.pass(&inputs, &mut self.book);
        if let Some(leader) = &mut self.leader {
            let inputs = PassInputs { act, ..inputs };
            let Book { readings, trace, .. } = &mut self.book;
            let mut changed = |change: &StateChange| trace.states.push(state_row(change));
            let led = leader.pass(&inputs, life.decider.facts(), readings, &mut changed);
            command = led.map_or(command, Command::Velocity);
        }
        self.wire.command(now_us, &command, life.telemetry.passes());
        self.witness.pass(&Step {
            at_us: now_us,
            life: self.lives,
            inputs: &inputs,
            command,
            state: life.decider.state(),
            facts: life.decider.facts(),
            latched: life.decider.latched(),
            kept_readings: &self.book.readings,
            kept: &self.book.records,
        });
        if let Some(second) = &mut self.second {
            let asks = !second.has_asked && at_us >= second.since_us + SECOND_ASKS_US;
            second.has_asked |= asks;
            let inputs = PassInputs { act: asks.then_some(OperatorAct::HomingOn), ..inputs };
            let command = second.decider.pass(&inputs, &mut Unread);
            second.wire.command(now_us, &command, life.telemetry.passes());
        }
    }
}
