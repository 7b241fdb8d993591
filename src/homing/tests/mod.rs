//! A small world for homing's tests, and the way of one flight through it.
mod believing;
mod combinations;
mod guidance;
mod holes;
mod led;
mod machine;
mod parameters;
mod random;
mod searching;
mod steering;
mod turning;
mod worth;

use super::{Homing, Inputs};
use crate::belief::Belief;
use crate::command::{Command, Fault, Interlock, OperatorAct, Reason, State, StateChange, Velocity};
use crate::config::{Antenna, FenceConfig, HomingConfig, InterlockConfig, Samples, TerrainRule};
use crate::facts::{Facts, Floor, Gradient, Pattern, Trend};
use crate::geo::{NorthEast, Origin, Wgs84};
use crate::time::{Aged, TimeUs};
use crate::vehicle::*;
pub(crate) use parameters::PARAMETERS;

pub(crate) const PASS_US: u64 = 50_000;
const HOME: Wgs84 = Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };

pub(crate) fn homing_config() -> HomingConfig {
    HomingConfig {
        speed_mps: 4.0,
        hold_radius_m: 10.0,
        refine_us: 60_000_000,
        yaw_rate_max_rad_s: 0.5,
        height_min_m: None,
        beacon_speed_mps: 0.0,
        detecting_us: 500_000,
        lost_us: 3_000_000,
        recover_us: 4_000_000,
        holding_us: 5_000_000,
    }
}

/// The polygon reaches 200 m south, west and north, and 40 m east of home.
pub(crate) fn interlock_config() -> InterlockConfig {
    let origin = Origin::new(HOME);
    let corner = |north_m, east_m| origin.wgs84_from_ned(NorthEast { north_m, east_m });
    InterlockConfig {
        speed_max_mps: 5.0,
        climb_max_mps: 1.0,
        yaw_rate_max_rad_s: 0.8,
        slew_max_mps2: 2.5,
        heartbeat_age_max_us: 2_500_000,
        pose_age_max_us: 500_000,
        status_age_max_us: 3_000_000,
        reading_age_max_us: 500_000,
        facts_age_max_us: 500_000,
        pass_gap_max_us: 150_000,
        fix_min: 3,
        satellites_min: 8,
        hdop_max: 2.0,
        jump_max_m: 10.0,
        jump_lock_us: 5_000_000,
        battery_min_ratio: 0.3,
        battery_min_v: 0.0,
        stick_ratio_max: 0.10,
        stick_us: 150_000,
        rc_interval_max_us: 250_000,
        homing_max_us: 600_000_000,
        reaction_us: 1_000_000,
        brake_mps2: 2.5,
        fence: FenceConfig {
            radius_m: 300.0,
            polygon: vec![
                corner(200.0, -200.0),
                corner(200.0, 40.0),
                corner(-200.0, 40.0),
                corner(-200.0, -200.0),
            ],
            alt_rel_min_m: 10.0,
            alt_rel_max_m: 60.0,
        },
        ground_clearance_min_m: 10.0,
        terrain: TerrainRule::Known,
        samples: Samples::Live,
    }
}

/// Sticks at rest.
fn rc() -> Rc {
    let mut channels_us = [1500; RC_CHANNELS_MAX];
    channels_us[2] = 1320;
    Rc { channels_us, channel_count: 8, rssi: Some(200) }
}

/// An aircraft with which nothing is wrong, a beacon north of it, and Homing.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) homing: Homing,
    pub(crate) now: TimeUs,
    pub(crate) vehicle: Vehicle,
    pub(crate) facts: Vec<Facts>,
    pub(crate) newest_reading_us: Option<TimeUs>,
    pub(crate) sdr_alive: bool,
    pub(crate) search: Option<(f64, f64)>,
    pub(crate) belief: Option<Belief>,
    pub(crate) changes: Vec<StateChange>,
}

pub(crate) fn guided() -> Heartbeat {
    let mode = Mode { firmware: Firmware::ArduCopter, custom: 4 };
    Heartbeat { mode, armed: true, system_status: 4 }
}

pub(crate) fn facts(channel: u8, at: TimeUs) -> Facts {
    let gradient = Gradient {
        north_db_m: 0.2,
        east_db_m: 0.0,
        north_variance: 1e-4,
        east_variance: 1e-4,
        covariance: 0.0,
        bearing_rad: 0.0,
        bearing_sigma_rad: 0.1,
        r2: 0.9,
    };
    Facts {
        at,
        newest_reading_us: at,
        channel,
        reading_count: 1000,
        power_dbfs: Some(-60.0),
        floor_temporal_dbfs: Some(-90.0),
        floor_spectral_dbfs: Some(-90.0),
        snr_db: Some(20.0),
        snr_floor: Floor::Spectral,
        rolling_mean_dbfs: Some(-60.0),
        volatility_db: Some(1.0),
        delta_db: Some(0.5),
        ewma_dbfs: Some(-60.0),
        trend: Some(Trend { slope_db_s: 0.5, r2: Some(0.5) }),
        gradient: Ok(gradient),
        pattern: Pattern::default(),
        heard: true,
    }
}

impl World {
    pub(crate) fn new() -> World {
        World::with(&homing_config(), &interlock_config())
    }

    pub(crate) fn with(homing: &HomingConfig, interlock: &InterlockConfig) -> World {
        World::hearing(homing, interlock, &Antenna::Omni)
    }
    pub(crate) fn hearing(homing: &HomingConfig, interlock: &InterlockConfig, antenna: &Antenna) -> World {
        let now = TimeUs(10_000_000);
        let mut world = World {
            homing: Homing::new(homing, interlock, antenna),
            now,
            vehicle: Vehicle::default(),
            facts: vec![facts(0, now)],
            newest_reading_us: Some(now),
            sdr_alive: true,
            search: None,
            belief: None,
            changes: Vec::new(),
        };
        world.vehicle.identity = Some(Identity { system: 1, component: 1, firmware: Firmware::ArduCopter });
        // How often the sticks are told takes two of them.
        for before_us in [2 * PASS_US, PASS_US] {
            world.now = now.minus_us(before_us);
            world.vehicle.rc = Some(Aged::new(rc(), world.now));
            world.pass(None);
        }
        world.now = now;
        world.vehicle.heartbeat = Some(Aged::new(guided(), now));
        let attitude = Attitude { roll_rad: 0.02, pitch_rad: -0.05, yaw_rad: 0.0, yaw_rate_rad_s: 0.0 };
        world.vehicle.attitude = Some(Aged::new(attitude, now));
        let position = Position {
            place: HOME,
            alt_amsl_m: 430.0,
            alt_rel_m: 30.0,
            north_mps: 0.0,
            east_mps: 0.0,
            down_mps: 0.0,
        };
        world.vehicle.position = Some(Aged::new(position, now));
        world.vehicle.gps = Some(Aged::new(Gps { fix: 3, satellites: Some(12), hdop: Some(0.8) }, now));
        let ekf = Ekf {
            attitude_ok: true,
            velocity_horizontal_ok: true,
            position_horizontal_ok: true,
            position_vertical_ok: true,
            degraded: false,
            variance_max: 0.1,
        };
        world.vehicle.ekf = Some(Aged::new(ekf, now));
        let battery = Battery { voltage_v: Some(15.0), current_a: Some(12.0), remaining_ratio: Some(0.8) };
        world.vehicle.battery = Some(Aged::new(battery, now));
        world.vehicle.rc = Some(Aged::new(rc(), now));
        let health = Health { rc_receiver: PartHealth::Good, fence: PartHealth::Good };
        world.vehicle.health = Some(Aged::new(health, now));
        world.vehicle.landed = Some(Aged::new(Landed::InAir, now));
        world.vehicle.height_terrain_m = Some(Aged::new(30.0, now));
        world.vehicle.zones = Some(Aged::new(Zones::default(), now));
        world.vehicle.ground_station = Some(Aged::new(255, now));
        world.vehicle.home = Some(Aged::new(Home { place: HOME, alt_amsl_m: 400.0 }, now));
        for (name, value) in PARAMETERS {
            world.set_parameter(name, value);
        }
        world
    }

    /// The autopilot tells a parameter.
    pub(crate) fn set_parameter(&mut self, name: &str, value: f64) {
        self.vehicle.parameters.keep(parameter::index(name), Some(Aged::new(value, self.now)));
    }

    /// A stick, by its place among roll, pitch, throttle and yaw.
    pub(crate) fn stick(&mut self, place: usize) -> &mut u16 {
        &mut self.vehicle.rc.as_mut().unwrap().value.channels_us[place]
    }

    /// Time goes on and everything arrives anew with the values it has.
    pub(crate) fn refresh(&mut self, elapsed_us: u64) {
        self.now = self.now.plus_us(elapsed_us);
        let now = self.now;
        let vehicle = &mut self.vehicle;
        vehicle.heartbeat.iter_mut().for_each(|part| part.received_us = now);
        vehicle.attitude.iter_mut().for_each(|part| part.received_us = now);
        vehicle.position.iter_mut().for_each(|part| part.received_us = now);
        vehicle.gps.iter_mut().for_each(|part| part.received_us = now);
        vehicle.ekf.iter_mut().for_each(|part| part.received_us = now);
        vehicle.battery.iter_mut().for_each(|part| part.received_us = now);
        vehicle.rc.iter_mut().for_each(|part| part.received_us = now);
        vehicle.home.iter_mut().for_each(|part| part.received_us = now);
        vehicle.health.iter_mut().for_each(|part| part.received_us = now);
        vehicle.landed.iter_mut().for_each(|part| part.received_us = now);
        vehicle.mode_told.iter_mut().for_each(|part| part.received_us = now);
        vehicle.height_rangefinder_m.iter_mut().for_each(|part| part.received_us = now);
        vehicle.height_terrain_m.iter_mut().for_each(|part| part.received_us = now);
        vehicle.zones.iter_mut().for_each(|part| part.received_us = now);
        for at in 0..parameter::PARAMETERS.len() {
            let told = vehicle.parameters.told(at).map(|told| Aged::new(told.value, now));
            vehicle.parameters.keep(at, told);
        }
        self.facts.iter_mut().for_each(|facts| facts.at = now);
        self.newest_reading_us = Some(now);
    }

    /// One pass as things are.
    pub(crate) fn pass(&mut self, act: Option<OperatorAct>) -> Command {
        let inputs = Inputs {
            now: self.now,
            vehicle: &self.vehicle,
            act,
            facts: &self.facts,
            beliefs: &[self.belief.as_ref()],
            origin: Some(Origin::new(HOME)),
            newest_reading_us: self.newest_reading_us,
            sdr_alive: self.sdr_alive,
            search: self.search,
        };
        let changes = &mut self.changes;
        self.homing.pass(&inputs, &mut |change| changes.push(*change))
    }

    /// A pass 50 ms later, all fresh.
    pub(crate) fn step(&mut self) -> Command {
        self.refresh(PASS_US);
        self.pass(None)
    }

    pub(crate) fn steps(&mut self, count: usize) -> Command {
        for _ in 1..count {
            self.step();
        }
        self.step()
    }

    pub(crate) fn switch_on(&mut self) -> Command {
        self.refresh(PASS_US);
        self.pass(Some(OperatorAct::HomingOn))
    }

    pub(crate) fn switch_off(&mut self) -> Command {
        self.refresh(PASS_US);
        self.pass(Some(OperatorAct::HomingOff))
    }

    /// Until the beacon is homed on and the aircraft is commanded at speed.
    pub(crate) fn homing() -> World {
        World::homing_with(&homing_config(), &interlock_config())
    }

    pub(crate) fn homing_with(homing: &HomingConfig, interlock: &InterlockConfig) -> World {
        let mut world = World::with(homing, interlock);
        world.switch_on();
        world.steps(60);
        assert_eq!(world.homing.state(), State::Homing, "{:?}", world.changes);
        world.changes.clear();
        world
    }

    /// In `state`, by the way that leads there.
    pub(crate) fn in_state(state: State, homing: &HomingConfig, interlock: &InterlockConfig) -> World {
        let mut world = World::with(homing, interlock);
        world.facts[0].heard = false;
        world.step();
        if state != State::Idle {
            world.switch_on();
        }
        if matches!(state, State::Detecting | State::Homing | State::Holding) {
            world.facts[0].heard = true;
            world.step();
        }
        if state.commands() {
            world.steps(40);
        }
        if state == State::Holding {
            world.believe(world.at(), 5.0);
            world.step();
        }
        assert_eq!(world.homing.state(), state);
        world.changes.clear();
        world
    }

    /// Led by a route, which nobody planned within the fences, at full speed.
    pub(crate) fn searching(north_mps: f64, east_mps: f64) -> World {
        let mut world = World::new();
        (world.facts[0].heard, world.search) = (false, Some((north_mps, east_mps)));
        world.switch_on();
        world.steps(60);
        world.changes.clear();
        world
    }

    /// Moves the aircraft, in metres, if its position is known.
    pub(crate) fn shift(&mut self, north_m: f64, east_m: f64) {
        if let Some(position) = self.vehicle.position.as_mut() {
            let origin = Origin::new(position.value.place);
            position.value.place = origin.wgs84_from_ned(NorthEast { north_m, east_m });
        }
    }
}

pub(crate) fn velocity(command: Command) -> Velocity {
    match command {
        Command::Velocity(velocity) => velocity,
        other => panic!("{other:?} is no velocity"),
    }
}

pub(crate) fn is_silent(command: Command) -> bool {
    matches!(command, Command::Silence(_))
}

#[test]
fn the_way_from_idle_to_the_beacon() {
    let mut world = World::new();
    world.facts[0].heard = false;
    assert!(is_silent(world.steps(3)) && world.homing.locked().is_none());
    assert!(is_silent(world.switch_on()));
    assert!(is_silent(world.steps(5)));
    world.facts[0].heard = true;
    world.step();
    assert_eq!((world.homing.state(), world.homing.target()), (State::Detecting, Some(0)));
    assert!(is_silent(world.steps(9)));
    let first = velocity(world.step());
    assert!(first.north_mps <= 2.5 * 0.05 + 1e-12, "{first:?}");
    let cruise = velocity(world.steps(40));
    assert!((cruise.north_mps - 4.0).abs() < 1e-9 && cruise.east_mps.abs() < 1e-9, "{cruise:?}");
    let ahead = NorthEast { north_m: 5.0, east_m: 0.0 };
    world.believe(ahead, 8.0);
    let slower = velocity(world.steps(40));
    assert!((slower.north_mps - 2.5).abs() < 1e-9, "half a metre a second for each: {slower:?}");
    world.believe(NorthEast { north_m: 3.0, east_m: 0.0 }, 8.0);
    let still = velocity(world.steps(20));
    assert_eq!((still, world.homing.state()), (Velocity::default(), State::Holding));
    for _ in 0..80 {
        velocity(world.step());
    }
    let mut last = world.step();
    for _ in 0..super::interlock::STOP_PASSES {
        assert_eq!(last, Command::Stop);
        last = world.step();
    }
    let Command::Silence(trip) = last else { panic!("{last:?}") };
    assert_eq!((trip.interlock, world.homing.latched()), (Interlock::OperatorEnable, None));
    let ways: Vec<_> = world.changes.iter().map(|change| (change.to, change.reason)).collect();
    let on = Reason::Operator(OperatorAct::HomingOn);
    assert_eq!(
        ways,
        [
            (State::Searching, on),
            (State::Detecting, Reason::Heard),
            (State::Homing, Reason::Confirmed),
            (State::Holding, Reason::Peak),
            (State::Idle, Reason::HeldLongEnough),
        ]
    );
}

#[test]
fn a_stop_is_zeros_then_silence_until_the_operator_acts() {
    let mut world = World::homing();
    world.vehicle.battery = None;
    for _ in 0..super::interlock::STOP_PASSES {
        assert_eq!(world.step(), Command::Stop);
    }
    world.vehicle = World::new().vehicle;
    for _ in 0..400 {
        let Command::Silence(trip) = world.step() else { panic!() };
        assert_eq!((trip.interlock, trip.fault), (Interlock::Battery, Fault::Unknown));
    }
    assert_eq!((world.changes.len(), world.homing.locked()), (1, None));
    world.switch_on();
    velocity(world.steps(40));
    assert_eq!(world.homing.latched(), None);
}

#[test]
fn a_pass_allocates_nothing() {
    let mut world = World::homing();
    world.believe(NorthEast { north_m: -40.0, east_m: -60.0 }, 60.0);
    let mut ended_count = 0;
    let mut run = |world: &mut World, count: usize| {
        for _ in 0..count {
            world.refresh(PASS_US);
            let inputs = Inputs {
                now: world.now,
                vehicle: &world.vehicle,
                act: None,
                facts: &world.facts,
                beliefs: &[world.belief.as_ref()],
                origin: Some(Origin::new(HOME)),
                newest_reading_us: world.newest_reading_us,
                sdr_alive: world.sdr_alive,
                search: None,
            };
            world.homing.pass(&inputs, &mut |_| ended_count += 1);
        }
    };
    let ((), allocation_count) = crate::allocation::count(|| {
        run(&mut world, 50);
        world.vehicle.rc = None;
        run(&mut world, 50);
    });
    assert_eq!((allocation_count, ended_count), (0, 1));
}
