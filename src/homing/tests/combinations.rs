//! Every combination of up to five interlocks that do not hold × what is remembered × every state, with real inputs: a million
//! passes.
//!
//! 20 interlocks are made to fail by what a pass knows, three by what is remembered (a late pass, the time limit, a
//! steering beyond the limits), and operator enable by IDLE. Expected is what follows from the definition: a velocity
//! only where all hold, else the first in order that does not is the one recorded cause.

use super::*;
use crate::homing::interlock::STOP_PASSES;
use crate::homing::steering::Steering;

type Spoil = fn(&mut World);

/// As many are made to fail at once at most: what masks what is a matter of pairs.
const BAD_MAX: usize = 5;

/// In the order of judging. Each makes exactly its own interlock fail.
pub(super) const SPOILS: [(Interlock, Spoil); 20] = [
    (Interlock::Identity, |w| w.vehicle.identity.as_mut().unwrap().component = 2),
    (Interlock::Heartbeat, |w| w.vehicle.heartbeat.as_mut().unwrap().received_us = TimeUs(0)),
    (Interlock::Mode, |w| w.vehicle.heartbeat.as_mut().unwrap().value.mode.custom = 5),
    (Interlock::Armed, |w| w.vehicle.heartbeat.as_mut().unwrap().value.armed = false),
    (Interlock::Failsafes, |w| w.set_parameter("FENCE_ENABLE", 0.0)),
    (Interlock::Sticks, |w| *w.stick(0) = 0),
    (Interlock::Attitude, |w| w.vehicle.attitude.as_mut().unwrap().value.roll_rad = f64::INFINITY),
    (Interlock::Position, |w| w.vehicle.position.as_mut().unwrap().value.down_mps = f64::NAN),
    (Interlock::Airborne, |w| w.vehicle.landed.as_mut().unwrap().value = Landed::Landing),
    (Interlock::Gps, |w| w.vehicle.gps.as_mut().unwrap().value.hdop = None),
    (Interlock::Ekf, |w| w.vehicle.ekf.as_mut().unwrap().value.degraded = true),
    (Interlock::Jump, |w| w.shift(-11.0, 0.0)),
    (Interlock::Battery, |w| w.vehicle.battery.as_mut().unwrap().value.remaining_ratio = Some(0.1)),
    (Interlock::FenceRadius, |w| {
        let home = &mut w.vehicle.home.as_mut().unwrap().value;
        home.place.lat_deg += 0.01;
    }),
    (Interlock::FencePolygon, |w| w.shift(0.0, 6.0)),
    (Interlock::FenceAltitude, |w| w.vehicle.position.as_mut().unwrap().value.alt_rel_m += 7.0),
    (Interlock::FenceAutopilot, |w| w.vehicle.zones = None),
    (Interlock::Terrain, |w| w.vehicle.height_terrain_m = None),
    (Interlock::Sdr, |w| w.sdr_alive = false),
    (Interlock::Facts, |w| w.facts[0].at = TimeUs(0)),
];

/// The polygon's eastern edge 5 m away, the band's upper one 5 m: so near that crossing them is no jump.
pub(super) fn near_edges() -> InterlockConfig {
    let mut limits = interlock_config();
    limits.fence.alt_rel_max_m = 35.0;
    for east_corner in &mut limits.fence.polygon[1..3] {
        east_corner.lon_deg =
            Origin::new(HOME).wgs84_from_ned(NorthEast { north_m: 0.0, east_m: 5.0 }).lon_deg;
    }
    limits
}

/// What is remembered: bit 0 a late pass, bit 1 the time limit, bit 2 steering beyond the limits.
fn prepared(state: State, remembered: u32) -> World {
    let mut limits = near_edges();
    let mut steering = homing_config();
    steering.holding_us = 600_000_000;
    if remembered & 2 != 0 {
        // What is used up so far; the next pass is beyond.
        limits.homing_max_us = if state == State::Holding { 1_550_000 } else { 1_500_000 };
    }
    let mut world = World::in_state(state, &steering, &limits);
    if remembered & 4 != 0 {
        let beyond = HomingConfig { yaw_rate_max_rad_s: 3.0, ..steering };
        world.homing.steering = Steering::new(&beyond, 1.0);
        world.vehicle.attitude.as_mut().unwrap().value.yaw_rad = 1.5;
        let at = world.at();
        world.believe(NorthEast { north_m: at.north_m + 6.0, ..at }, 5.0);
    }
    world.refresh(if remembered & 1 != 0 { 150_001 } else { PASS_US });
    world
}

#[test]
fn every_combination_in_every_state() {
    let mut pass_count = 0u64;
    for state in State::ALL {
        for remembered in 0..8 {
            let world = prepared(state, remembered);
            for act in [None, Some(OperatorAct::HomingOn)] {
                if act.is_some() && state != State::Idle {
                    continue;
                }
                let mut late: Vec<Interlock> = Vec::new();
                if remembered & 1 != 0 {
                    late.push(Interlock::PassLate);
                }
                if remembered & 2 != 0 && state.commands() {
                    late.push(Interlock::HomingTime);
                }
                if remembered & 4 != 0 && state == State::Homing {
                    late.push(Interlock::CommandLimits);
                }
                let late = late.first().copied();
                Descent { late, act }.descend(&world, 0, 0, None, &mut pass_count);
            }
        }
    }
    // 1 + 20 + 190 + 1 140 + 4 845 + 15 504 sets of up to five of 20.
    assert_eq!(pass_count, 6 * 8 * 21_700);
}

struct Descent {
    late: Option<Interlock>,
    act: Option<OperatorAct>,
}

impl Descent {
    /// Each further interlock good, then bad.
    fn descend(
        &self,
        world: &World,
        place: usize,
        bad_count: usize,
        first: Option<Interlock>,
        pass_count: &mut u64,
    ) {
        let Some(&(interlock, spoil)) = SPOILS.get(place) else {
            *pass_count += 1;
            return expect(world.clone(), first.or(self.late), self.act);
        };
        self.descend(world, place + 1, bad_count, first, pass_count);
        if bad_count < BAD_MAX {
            let mut bad = world.clone();
            spoil(&mut bad);
            self.descend(&bad, place + 1, bad_count + 1, first.or(Some(interlock)), pass_count);
        }
    }
}

fn expect(mut world: World, cause: Option<Interlock>, act: Option<OperatorAct>) {
    let before = world.homing.state();
    let command = world.pass(act);
    let after = world.homing.state();
    if before == State::Idle {
        assert!(is_silent(command));
        assert_eq!(world.homing.locked().map(|trip| trip.interlock), cause);
        let enabled = act.is_some() && cause.is_none();
        assert_eq!(after, if enabled { State::Searching } else { State::Idle });
        assert_eq!(world.changes.len(), usize::from(enabled));
        return;
    }
    let Some(cause) = cause else {
        assert_eq!(matches!(command, Command::Velocity(_)), after.commands(), "{command:?}");
        assert_eq!((world.homing.latched(), world.homing.locked()), (None, None));
        return;
    };
    let trip = world.homing.latched().expect("latched");
    assert_eq!((trip.interlock, after), (cause, State::Idle));
    assert_eq!(world.changes.len(), 1);
    assert_eq!(world.changes[0].reason, Reason::Interlock(trip));
    let ours = !matches!(cause, Interlock::Identity | Interlock::Heartbeat | Interlock::Mode);
    let expected = if before.commands() && ours { Command::Stop } else { Command::Silence(trip) };
    assert_eq!(command, expected);
}

/// After every pair of causes: zeros, then silence with the first cause, until the operator acts.
#[test]
fn after_every_pair_of_causes_zeros_then_silence() {
    for state in [State::Homing, State::Holding] {
        for (index, (first, spoil)) in SPOILS.iter().enumerate() {
            for (second, other) in &SPOILS[index..] {
                let good = World::in_state(state, &homing_config(), &near_edges());
                let mut world = good.clone();
                world.refresh(PASS_US);
                spoil(&mut world);
                if first != second {
                    other(&mut world);
                }
                let mut stop_count = usize::from(world.pass(None) == Command::Stop);
                let homing = world.homing.clone();
                world = World { homing, changes: Vec::new(), now: world.now, ..good };
                for _ in 0..150 {
                    match world.step() {
                        Command::Stop => stop_count += 1,
                        Command::Silence(trip) => assert_eq!(trip.interlock, *first),
                        Command::Velocity(velocity) => panic!("{first:?} {velocity:?}"),
                    }
                }
                let ours = !matches!(first, Interlock::Identity | Interlock::Heartbeat | Interlock::Mode);
                assert_eq!(stop_count, if ours { usize::from(STOP_PASSES) } else { 0 }, "{first:?}");
                assert_eq!((world.changes.len(), world.homing.locked()), (0, None));
                world.switch_on();
                velocity(world.steps(40));
            }
        }
    }
}
