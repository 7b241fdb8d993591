//! Truth for the judge: the real engine, flown by hand, breaks nothing; each way of tampering with what it gives, or of
//! hiding from it what the judge sees, is told under its number.

mod heard;
mod searching;
mod sky;

use super::*;
use crate::scenario::{self, Flavour};
use skyhound::command::{Aim, Course, Fault, Interlock, OperatorAct};
use skyhound::decide::Decide;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::record::Sink;
use skyhound::signal::{Flags, Reading};
use skyhound::time::{Aged, TimeUs};
use skyhound::units::CentiDb;
use skyhound::vehicle::parameter::{self, index};
use skyhound::vehicle::*;
use skyhound_host::settings::{Flags as CliFlags, Settings};

const PASS_US: u64 = 50_000;
const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

pub(super) fn config() -> Config {
    let sets = ["homing.hold_radius_m=0".to_string()];
    let settings = Settings::load(None, &sets, &CliFlags::default()).unwrap();
    let mut config = settings.engine(250e3, 433.92e6).unwrap();
    config.sense.channels[0].emission = skyhound::config::Emission::Continuous;
    config
}

#[derive(Default)]
struct Sunk {
    readings: Vec<PlacedReading>,
    records: Vec<Record>,
}

impl Sink for Sunk {
    fn reading(&mut self, reading: &PlacedReading) {
        self.readings.push(*reading);
    }

    fn record(&mut self, record: &Record) {
        self.records.push(*record);
    }
}

/// What the judge will be told of a pass, to be tampered with.
struct Pass {
    command: Command,
    state: State,
    latched: Option<Trip>,
    sunk: Sunk,
}

struct Flight {
    decide: Decide,
    judge: Invariants,
    now: u64,
    at: NorthEast,
    firmware: Firmware,
    custom: u32,
    latest: Command,
    /// No beacon is on.
    is_silent: bool,
}

impl Flight {
    fn new() -> Flight {
        Flight::with(&config())
    }

    fn with(config: &Config) -> Flight {
        Flight {
            decide: Decide::new(config).unwrap(),
            judge: Invariants::new(config),
            now: 0,
            at: NorthEast::default(),
            firmware: Firmware::ArduCopter,
            custom: 4,
            latest: Command::Stop,
            is_silent: false,
        }
    }

    /// Flown until it homes.
    fn homing() -> Flight {
        let mut flight = Flight::new();
        flight.passes(20);
        flight.act(OperatorAct::HomingOn);
        flight.passes(60);
        assert_eq!(flight.decide.state(), State::Homing);
        assert!(flight.judge.violations().is_empty(), "{:?}", flight.judge.violations());
        flight
    }

    fn passes(&mut self, count: u32) {
        (0..count).for_each(|_| self.pass(None, |_| {}, |_| {}));
    }

    fn act(&mut self, act: OperatorAct) {
        self.pass(Some(act), |_| {}, |_| {});
    }

    /// A pass of which only the judge is shown another aircraft.
    fn hidden(&mut self, hide: impl FnOnce(&mut Vehicle)) {
        self.pass(None, hide, |_| {});
    }

    /// A pass of which the judge is told something else than it was.
    fn tampered(&mut self, tamper: impl FnOnce(&mut Pass)) {
        self.pass(None, |_| {}, tamper);
    }

    fn pass(
        &mut self,
        act: Option<OperatorAct>,
        hide: impl FnOnce(&mut Vehicle),
        tamper: impl FnOnce(&mut Pass),
    ) {
        self.now += PASS_US;
        let now = TimeUs(self.now);
        let readings: Vec<Reading> =
            (0..5).map(|hop| self.reading(self.now - PASS_US + hop * 10_000)).collect();
        if let Command::Velocity(velocity) = self.latest {
            self.at.north_m += velocity.north_mps * 0.05;
            self.at.east_m += velocity.east_mps * 0.05;
        }
        let known = self.vehicle(now);
        let mut vehicle = known;
        let inputs = PassInputs {
            now,
            readings: &readings,
            pulses: &[],
            hearings: &[],
            vehicle: &known,
            act,
            sdr_alive: true,
        };
        let mut sunk = Sunk::default();
        let command = self.decide.pass(&inputs, &mut sunk);
        self.latest = command;
        let mut pass = Pass { command, state: self.decide.state(), latched: self.decide.latched(), sunk };
        let facts = self.decide.facts().to_vec();
        hide(&mut vehicle);
        let inputs = PassInputs { vehicle: &vehicle, ..inputs };
        tamper(&mut pass);
        self.judge.pass(&Step {
            at_us: self.now,
            life: 1,
            inputs: &inputs,
            command: pass.command,
            state: pass.state,
            facts: &facts,
            latched: pass.latched,
            kept_readings: &pass.sunk.readings,
            kept: &pass.sunk.records,
        });
    }

    fn reading(&self, at_us: u64) -> Reading {
        let loud = reading(at_us);
        let quiet = Reading { mean: loud.quiet, peak: loud.quiet, ..loud };
        if self.is_silent { quiet } else { loud }
    }

    fn vehicle(&self, now: TimeUs) -> Vehicle {
        let (north_mps, east_mps) = match self.latest {
            Command::Velocity(velocity) => (velocity.north_mps, velocity.east_mps),
            Command::Stop | Command::Silence(_) => (0.0, 0.0),
        };
        let mode = Mode { firmware: self.firmware, custom: self.custom };
        let position = Position {
            place: Origin::new(HOME).wgs84_from_ned(self.at),
            alt_amsl_m: 440.0,
            alt_rel_m: 40.0,
            north_mps,
            east_mps,
            down_mps: 0.0,
        };
        let ekf = Ekf {
            attitude_ok: true,
            velocity_horizontal_ok: true,
            position_horizontal_ok: true,
            position_vertical_ok: true,
            degraded: false,
            variance_max: 0.1,
        };
        let battery = Battery { voltage_v: Some(15.0), current_a: None, remaining_ratio: Some(0.8) };
        Vehicle {
            identity: Some(Identity { system: 1, component: 1, firmware: self.firmware }),
            heartbeat: at(now, Heartbeat { mode, armed: true, system_status: 4 }),
            attitude: at(now, Attitude { roll_rad: 0.0, pitch_rad: 0.0, yaw_rad: 0.5, yaw_rate_rad_s: 0.0 }),
            position: at(now, position),
            gps: at(now, Gps { fix: 3, satellites: Some(12), hdop: Some(0.8) }),
            ekf: at(now, ekf),
            battery: at(now, battery),
            rc: at(now, Rc { channels_us: [1500; 18], channel_count: 8, rssi: None }),
            health: at(now, Health { rc_receiver: PartHealth::Good, fence: PartHealth::Good }),
            landed: at(now, Landed::InAir),
            height_terrain_m: at(now, 40.0),
            zones: at(now, Zones::default()),
            ground_station: at(now, 255),
            parameters: parameters(self.firmware, now),
            home: at(now, Home { place: HOME, alt_amsl_m: 400.0 }),
            ..Vehicle::default()
        }
    }
}

fn at<T>(now: TimeUs, value: T) -> Option<Aged<T>> {
    Some(Aged::new(value, now))
}

const SICK: Health = Health { rc_receiver: PartHealth::Bad, fence: PartHealth::Good };

/// As a scenario's aircraft has them.
fn parameters(firmware: Firmware, now: TimeUs) -> Parameters {
    let flavour = if firmware == Firmware::Px4 { Flavour::Px4 } else { Flavour::ArduCopter };
    let aircraft = scenario::Aircraft { flavour, ..scenario::Aircraft::default() };
    let own = crate::aircraft::Parameters::new(&aircraft);
    let mut told = Parameters::default();
    for (number, row) in parameter::of(firmware) {
        told.keep(number, own.value(row.name).and_then(|value| at(now, value)));
    }
    told
}

fn reading(at_us: u64) -> Reading {
    Reading {
        acquired_us: TimeUs(at_us),
        sample_index: at_us / 4,
        channel: 0,
        flags: Flags::NONE,
        frame_count: 9,
        clipping_e4: 0,
        mean: CentiDb::from_hundredths(-5_000),
        peak: CentiDb::from_hundredths(-4_900),
        quiet: CentiDb::from_hundredths(-8_000 + (at_us / 10_000 % 7) as i16),
    }
}

#[test]
fn the_engine_breaks_nothing_from_enabling_to_stopping_and_again() {
    for (firmware, custom) in [(Firmware::ArduCopter, 4), (Firmware::Px4, 6 << 16)] {
        let mut flight = Flight::new();
        (flight.firmware, flight.custom) = (firmware, custom);
        for other in [5, 3 << 16] {
            flight.passes(20);
            flight.act(OperatorAct::HomingOn);
            flight.passes(100);
            assert!(matches!(flight.latest, Command::Velocity(_)));
            flight.act(OperatorAct::HomingOff);
            flight.passes(30);
            flight.act(OperatorAct::HomingOn);
            flight.passes(100);
            flight.custom = other;
            flight.passes(10);
            assert!(matches!(flight.latest, Command::Silence(_)));
            flight.act(OperatorAct::HomingOn);
            flight.passes(20);
            flight.custom = custom;
            flight.passes(60);
            flight.act(OperatorAct::HomingOff);
            flight.passes(60);
        }
        assert!(flight.judge.violations().is_empty(), "{:?}", flight.judge.violations());
    }
}

fn now(vehicle: &Vehicle) -> TimeUs {
    vehicle.rc.unwrap().received_us
}

#[test]
fn a_velocity_while_something_fails_is_invariant_1() {
    let spoils: [fn(&mut Vehicle); 23] = [
        |v| v.heartbeat.as_mut().unwrap().value.mode.custom = 5,
        |v| v.heartbeat.as_mut().unwrap().received_us = TimeUs(0),
        |v| v.heartbeat.as_mut().unwrap().value.armed = false,
        |v| v.attitude.as_mut().unwrap().value.roll_rad = f64::NAN,
        |v| v.position.as_mut().unwrap().received_us.0 -= 500_001,
        |v| v.position.as_mut().unwrap().received_us.0 += 1,
        |v| v.position.as_mut().unwrap().value.place.lat_deg += 0.1,
        |v| v.battery.as_mut().unwrap().value.remaining_ratio = Some(0.29),
        |v| v.rc = None,
        |v| v.parameters.keep(index("GUID_TIMEOUT"), at(now(v), 3.0)),
        |v| v.gps.as_mut().unwrap().value.fix = 2,
        |v| v.left_total += 1,
        |v| v.rc.as_mut().unwrap().value.rssi = Some(0),
        |v| v.rc.as_mut().unwrap().value.channel_count = 3,
        |v| v.health = at(now(v), SICK),
        |v| v.landed = at(now(v), Landed::Landing),
        |v| v.height_terrain_m = None,
        |v| v.height_terrain_m.as_mut().unwrap().value = 9.9,
        |v| v.zones = None,
        |v| v.zones.as_mut().unwrap().value.push_circle(false, HOME, 100.0),
        |v| v.mode_told = at(now(v), Mode { firmware: Firmware::ArduCopter, custom: 5 }),
        |v| v.parameters.keep(index("FENCE_RADIUS"), at(now(v), 1.0)),
        |v| v.ground_station = None,
    ];
    for (index, spoil) in spoils.into_iter().enumerate() {
        let mut flight = Flight::homing();
        flight.hidden(spoil);
        assert!(flight.judge.broken()[1] > 0, "{index}: {:?}", flight.judge.violations());
    }
}

#[test]
fn a_stick_moved_for_60_ms_is_seen() {
    let mut flight = Flight::homing();
    let moved = |v: &mut Vehicle| v.rc.as_mut().unwrap().value.channels_us[0] = 1560;
    flight.hidden(moved);
    assert_eq!(flight.judge.broken()[1], 0, "{:?}", flight.judge.violations());
    flight.hidden(moved);
    assert!(flight.judge.broken()[1] > 0);
}

#[test]
fn what_the_fence_predicts_is_seen() {
    let mut flight = Flight::homing();
    // Homing goes away from home.
    let far_m = |flight: &Flight| flight.at.distance_m(NorthEast::default());
    let Command::Velocity(velocity) = flight.latest else { panic!("not homing") };
    let speed_mps = velocity.north_mps.hypot(velocity.east_mps);
    let stop_m = speed_mps * (1.0 + speed_mps / 5.0);
    flight.judge.config.interlock.fence.radius_m = far_m(&flight) + stop_m + 1.5;
    flight.passes(1);
    assert_eq!(flight.judge.broken()[1], 0, "{:?}", flight.judge.violations());
    let inside_m = flight.judge.config.interlock.fence.radius_m - 0.3 * stop_m;
    while far_m(&flight) < inside_m {
        flight.passes(1);
    }
    let fence = flight.judge.violations().iter().any(|told| told.contains("fence_radius"));
    assert!(fence, "{:?}", flight.judge.violations());
}

fn velocity(pass: &mut Pass) -> &mut Velocity {
    let Command::Velocity(velocity) = &mut pass.command else { panic!("not homing") };
    velocity
}

fn course(pass: &mut Pass) -> &mut Option<Course> {
    let command = pass.sunk.records.iter_mut().find_map(|record| match record {
        Record::Command(_, _, course) => Some(course),
        _ => None,
    });
    command.expect("a command")
}

fn is_change(record: &Record) -> bool {
    matches!(record, Record::StateChange(_))
}

const SILENCE: Command =
    Command::Silence(Trip { interlock: Interlock::Facts, fault: Fault::Stale, detail: "" });

#[test]
fn what_is_done_to_a_pass_is_told_by_its_number() {
    type Deed = fn(&mut Flight);
    let deeds: [(usize, Deed); 21] = [
        (2, |f| f.tampered(|pass| velocity(pass).north_mps = f64::NAN)),
        (2, |f| f.tampered(|pass| velocity(pass).north_mps += 5.1)),
        (2, |f| f.tampered(|pass| velocity(pass).down_mps = 1.1)),
        (2, |f| f.tampered(|pass| velocity(pass).yaw_rate_rad_s = -0.9)),
        (2, |f| f.tampered(|pass| velocity(pass).north_mps -= 0.252 * velocity(pass).north_mps.signum())),
        // No zero at the stop, zeros for ever, a velocity after it, and no stop at all.
        (3, |f| f.pass(Some(OperatorAct::HomingOff), |_| {}, |pass| pass.command = SILENCE)),
        (3, |f| {
            f.act(OperatorAct::HomingOff);
            (0..30).for_each(|_| f.tampered(|pass| pass.command = Command::Stop));
        }),
        (3, |f| {
            f.act(OperatorAct::HomingOff);
            f.passes(30);
            f.tampered(|pass| pass.command = Command::Velocity(Velocity::default()));
        }),
        (3, |f| f.hidden(|v| v.battery = None)),
        (4, |f| (0..8).for_each(|_| f.tampered(|pass| pass.command = SILENCE))),
        // The mode is left: no cause, two causes, one that is not there.
        (5, |f| {
            f.custom = 5;
            f.tampered(|pass| pass.sunk.records.retain(|record| !is_change(record)));
        }),
        (5, |f| {
            f.custom = 5;
            f.tampered(|pass| {
                pass.sunk.records.extend(pass.sunk.records.clone().into_iter().find(is_change))
            });
        }),
        (5, |f| {
            f.custom = 5;
            f.hidden(|v| v.heartbeat.as_mut().unwrap().value.mode.custom = 4);
        }),
        (6, |f| {
            f.tampered(|pass| pass.sunk.readings.truncate(1));
            f.passes(1);
        }),
        (6, |f| f.tampered(|pass| pass.sunk.records.retain(|r| !matches!(r, Record::Command(..))))),
        (6, |f| f.tampered(|pass| pass.sunk.records.retain(|r| !matches!(r, Record::Vehicle(..))))),
        (11, |f| f.tampered(|pass| *course(pass) = None)),
        (11, |f| f.tampered(|pass| *course(pass) = Some(Course { aim: Aim::Search, to: None }))),
        (11, |f| f.tampered(|pass| velocity(pass).down_mps = 0.1)),
        (11, |f| {
            f.judge.config.homing.height_min_m = Some(10.0);
            f.tampered(|pass| velocity(pass).down_mps = 0.1);
        }),
        (11, |f| {
            f.judge.config.homing.height_min_m = Some(100.0);
            f.tampered(|pass| {
                velocity(pass).down_mps = 0.1;
                *course(pass) = Some(Course { aim: Aim::Place, to: None });
            });
        }),
    ];
    for (index, (number, deed)) in deeds.into_iter().enumerate() {
        let mut flight = Flight::homing();
        deed(&mut flight);
        let told = flight.judge.violations();
        assert!(flight.judge.broken()[number] > 0, "deed {index}: {number} was not told: {told:?}");
    }
}

#[test]
fn flights_that_part_are_told_where() {
    let fly = |from: u64| {
        let mut decisions = Decisions::default();
        for pass in 0..10 {
            let velocity =
                Velocity { north_mps: if pass >= from { -0.0 } else { 0.0 }, ..Velocity::default() };
            decisions.0.push((pass * PASS_US, Command::Velocity(velocity), State::Homing));
        }
        decisions
    };
    assert_eq!(fly(10).parts_from(&fly(10)), None);
    let parted = fly(7).parts_from(&fly(10)).unwrap();
    assert!(parted.starts_with("0.350 s"), "{parted}");
}
