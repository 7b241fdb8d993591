//! Random flights: invariants 1 to 5 and 8 after every pass, whatever arrives.

use super::*;
use crate::homing::interlock::STOP_PASSES;
use proptest::prelude::*;

/// What may happen before a pass.
#[derive(Copy, Clone, Debug)]
enum Happening {
    Nothing,
    Act(OperatorAct),
    Late(u64),
    Shift(f64, f64),
    Drift(f64, f64),
    Yaw(f64),
    Bearing(f64, f64),
    Snr(f64),
    Heard(bool),
    Mode(u32),
    Stick(usize, u16),
    Number(u8, f64),
    Forget(u8),
    Heal,
}

fn odd_number() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(f64::MAX),
        -1e3..1e3f64,
        -1.0..1.0f64,
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        60 => Just(Happening::Nothing),
        12 => Just(Happening::Act(OperatorAct::HomingOn)),
        1 => Just(Happening::Act(OperatorAct::HomingOff)),
        1 => (0..400_000u64).prop_map(Happening::Late),
        1 => (-30.0..30.0, -30.0..30.0).prop_map(|(n, e)| Happening::Shift(n, e)),
        4 => (-6.0..6.0, -6.0..6.0).prop_map(|(n, e)| Happening::Drift(n, e)),
        4 => (-3.1..3.1).prop_map(Happening::Yaw),
        4 => (-3.1..3.1, 0.0..1.0).prop_map(|(b, s)| Happening::Bearing(b, s)),
        4 => (-10.0..60.0).prop_map(Happening::Snr),
        2 => any::<bool>().prop_map(Happening::Heard),
        1 => (3..6u32).prop_map(Happening::Mode),
        1 => (0..4usize, prop_oneof![Just(0), Just(65_535), 1_000..2_000u16])
            .prop_map(|(stick, us)| Happening::Stick(stick, us)),
        2 => (0..12u8, odd_number()).prop_map(|(which, value)| Happening::Number(which, value)),
        1 => (0..9u8).prop_map(Happening::Forget),
        12 => Just(Happening::Heal),
    ]
}

fn spoil_number(world: &mut World, which: u8, value: f64) {
    let vehicle = &mut world.vehicle;
    let (Some(attitude), Some(position), Some(battery)) =
        (vehicle.attitude.as_mut(), vehicle.position.as_mut(), vehicle.battery.as_mut())
    else {
        return;
    };
    match which {
        0 => attitude.value.roll_rad = value,
        1 => attitude.value.yaw_rad = value,
        2 => position.value.north_mps = value,
        3 => position.value.alt_rel_m = value,
        4 => position.value.place.lat_deg = value,
        5 => position.value.place.lon_deg = value,
        6 => battery.value.remaining_ratio = Some(value),
        7 => battery.value.voltage_v = Some(value),
        8 => world.facts[0].snr_db = Some(value),
        9 => world.facts[0].trend = Some(Trend { slope_db_s: value, r2: None }),
        10 => world.facts[0].gradient.iter_mut().for_each(|gradient| gradient.bearing_rad = value),
        _ => world.facts[0].gradient.iter_mut().for_each(|gradient| gradient.bearing_sigma_rad = value),
    }
}

fn forget(world: &mut World, which: u8) {
    match which {
        0 => world.vehicle.heartbeat = None,
        1 => world.vehicle.attitude = None,
        2 => world.vehicle.position = None,
        3 => world.vehicle.gps = None,
        4 => world.vehicle.battery = None,
        5 => world.vehicle.rc = None,
        6 => world.vehicle.home = None,
        7 => world.facts.clear(),
        _ => world.newest_reading_us = None,
    }
}

/// Does what happens; the act it brings, and how late the pass is.
fn happen(world: &mut World, happening: Happening) -> (Option<OperatorAct>, u64) {
    let fresh = World::new();
    match happening {
        Happening::Nothing => {}
        Happening::Act(act) => return (Some(act), PASS_US),
        Happening::Late(late_us) => return (None, late_us),
        Happening::Shift(north_m, east_m) => world.shift(north_m, east_m),
        Happening::Drift(north_mps, east_mps) => {
            if let Some(position) = world.vehicle.position.as_mut() {
                (position.value.north_mps, position.value.east_mps) = (north_mps, east_mps);
            }
        }
        Happening::Yaw(yaw_rad) => {
            world.vehicle.attitude.iter_mut().for_each(|attitude| attitude.value.yaw_rad = yaw_rad);
        }
        Happening::Bearing(bearing_rad, sigma_rad) => {
            for gradient in world.facts.iter_mut().flat_map(|facts| facts.gradient.iter_mut()) {
                (gradient.bearing_rad, gradient.bearing_sigma_rad) = (bearing_rad, sigma_rad);
            }
        }
        Happening::Snr(snr_db) => world.facts.iter_mut().for_each(|facts| facts.snr_db = Some(snr_db)),
        Happening::Heard(heard) => world.facts.iter_mut().for_each(|facts| facts.heard = heard),
        Happening::Mode(custom) => {
            world.vehicle.heartbeat.iter_mut().for_each(|heard| heard.value.mode.custom = custom);
        }
        Happening::Stick(stick, us) => {
            world.vehicle.rc.iter_mut().for_each(|rc| rc.value.channels_us[stick] = us);
        }
        Happening::Number(which, value) if !world.facts.is_empty() => spoil_number(world, which, value),
        Happening::Number(..) => {}
        Happening::Forget(which) => forget(world, which),
        Happening::Heal => {
            (world.vehicle, world.facts) = (fresh.vehicle, fresh.facts);
        }
    }
    (None, PASS_US)
}

/// What must be true after each pass, kept by itself, without asking the interlocks.
#[derive(Default)]
struct Watch {
    last: Option<Velocity>,
    commanded: TimeUs,
    stops_left: u8,
    operator_on: bool,
}

impl Watch {
    fn check(&mut self, world: &World, command: Command, act: Option<OperatorAct>, elapsed_us: u64) {
        match act {
            Some(act) => self.operator_on = act == OperatorAct::HomingOn,
            None => self.operator_on &= world.homing.latched().is_none(),
        }
        match command {
            Command::Velocity(v) => {
                let from = self.last.unwrap_or_default();
                let step_mps = (v.north_mps - from.north_mps).hypot(v.east_mps - from.east_mps);
                let elapsed_s = elapsed_us as f64 / 1e6;
                assert!(step_mps <= 2.5 * elapsed_s + 1e-9, "slew {step_mps} in {elapsed_s}");
                assert!(v.north_mps.hypot(v.east_mps) <= 5.0 && v.yaw_rate_rad_s.abs() <= 0.8, "{v:?}");
                assert!(self.operator_on && world.homing.state().commands());
                assert!(world.homing.locked().is_none() && world.homing.latched().is_none());
                let heartbeat = world.vehicle.heartbeat.unwrap();
                assert!(heartbeat.value.armed && heartbeat.value.mode.accepts_commands());
                assert!(world.vehicle.battery.unwrap().value.remaining_ratio.is_none_or(|r| r >= 0.3));
                let position = world.vehicle.position.unwrap();
                let at = Origin::new(HOME).ned_from_wgs84(position.value.place);
                assert!(at.east_m < 40.0 && at.distance_m(NorthEast::default()) < 300.0);
                if self.last.is_some() {
                    assert!(world.now.since_us(self.commanded) <= 300_000, "gap");
                }
                self.last = Some(v);
                self.commanded = world.now;
                self.stops_left = STOP_PASSES;
            }
            Command::Stop => {
                assert!(self.stops_left > 0, "a zero without a velocity before");
                assert!(world.vehicle.heartbeat.unwrap().value.mode.accepts_commands());
                self.stops_left -= 1;
                self.last = None;
            }
            Command::Silence(_) => {
                if self.stops_left > 0 {
                    let heartbeat = world.vehicle.heartbeat;
                    let ours = heartbeat.is_some_and(|heartbeat| heartbeat.value.mode.accepts_commands());
                    assert!(!ours, "silence before the zeros");
                }
                self.stops_left = 0;
                self.last = None;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_breaks_an_invariant(happenings in prop::collection::vec(happening(), 1..400)) {
        let quick =
            HomingConfig { detecting_us: 100_000, lost_us: 300_000, holding_us: 1_000_000, ..homing_config() };
        let mut world = World::with(&quick, &interlock_config());
        // The same flight on a clock that shows a day more: what a clock shows changes no decision.
        let mut replay = world.clone();
        replay.now = replay.now.plus_us(86_400_000_000);
        for _ in 0..20 {
            world.step();
            replay.step();
        }
        let mut watch = Watch::default();
        world.switch_on();
        replay.switch_on();
        watch.operator_on = true;
        let mut change_count = 0;
        for happening in happenings {
            let (act, elapsed_us) = happen(&mut world, happening);
            world.refresh(elapsed_us);
            let before = world.homing.state();
            let command = world.pass(act);
            watch.check(&world, command, act, elapsed_us);
            happen(&mut replay, happening);
            replay.refresh(elapsed_us);
            let again = replay.pass(act);
            // (5) each stop has exactly one recorded cause.
            let stopped = before.commands() && !world.homing.state().commands();
            prop_assert!(!stopped || world.changes.len() == change_count + 1);
            change_count = world.changes.len();
            prop_assert_eq!(format!("{command:?}"), format!("{again:?}"));
        }
    }
}
