//! A flight made by hand, for tests: 20 s of search to the east, a beacon 100 m north of where it is heard, homing at
//! 5 m/s, holding over it, then the pilot takes over.

use super::{Flown, Verdict, verdict};
use crate::rig::{Depth, Rig};
use crate::scenario::{Bounds, Scenario};
use crate::trace::{
    DeedRow, EstimateRow, EventRow, RegionRow, SetpointRow, SignalRow, StateRow, Trace, TruthRow,
};
use crate::truth::TruePose;

/// Begin of each part.
pub const HEARD_US: u64 = 20_000_000;
pub const HOMING_US: u64 = 22_000_000;
pub const HOLDING_US: u64 = 42_000_000;
pub const MODE_US: u64 = 45_000_000;
/// When the daemon saw the changed mode.
pub const STOP_US: u64 = 45_060_000;
pub const END_US: u64 = 50_000_000;

/// The scenario: the repository's sample with its beacon 100 m north and 100 m east of home.
pub fn scenario() -> Scenario {
    let mut scenario: Scenario = toml::from_str(include_str!("../../scenarios/open_carrier.toml")).unwrap();
    scenario.name = "open_carrier".into();
    scenario.world.beacon[0].north_m = 100.0;
    scenario.world.beacon[0].east_m = 100.0;
    scenario.fault.clear();
    scenario.expect = Default::default();
    scenario.duration_s = 240.0;
    let settings = "[homing]\nspeed_mps = 5.0\n[interlock.fence]\nradius_m = 300.0";
    scenario.skyhound = toml::from_str(settings).unwrap();
    scenario
}

/// It, judged so, on the rig `engine`.
pub fn flown(verdict: Verdict) -> Flown {
    let repeat = "skyhound-rig run open_carrier --seed 7".into();
    Flown { took_s: 0.25, ..Flown::new(&scenario(), &Rig::find("engine").unwrap(), 7, verdict, repeat) }
}

/// It, as it is.
pub fn passed() -> Flown {
    flown(verdict(&scenario(), &trace(), Depth::A))
}

/// It, where 1 m were wanted, and an invariant was violated.
pub fn failed() -> Flown {
    let (mut scenario, mut trace) = (scenario(), trace());
    trace.violations.push("at 3.2 s: <speed> & slew".into());
    for (name, min, max) in [("final_error_m", None, Some(1.0)), ("found", Some(0.0), None)] {
        scenario.expect.number.insert(name.into(), Bounds { min, max });
    }
    flown(verdict(&scenario, &trace, Depth::A))
}

/// It, on a rig without this.
pub fn ignored() -> Flown {
    flown(Verdict::ignored("root"))
}

/// What it left.
pub fn trace() -> Trace {
    let state = |at_us, from: &str, to: &str, reason: &str, interlock: Option<&str>| StateRow {
        at_us,
        from: from.into(),
        to: to.into(),
        reason: reason.into(),
        interlock: interlock.map(str::to_string),
    };
    let deed = |at_us, what: &str| DeedRow { at_us, what: what.into() };
    Trace {
        truth: (0..=END_US / 100_000).map(|step| truth(step * 100_000)).collect(),
        signal: (0..=END_US / 100_000).map(|step| signal(step * 100_000)).collect(),
        states: vec![
            state(1_000_000, "IDLE", "SEARCHING", "operator: homing on", None),
            state(HEARD_US, "SEARCHING", "DETECTING", "beacon heard", None),
            state(HOMING_US, "DETECTING", "HOMING", "beacon confirmed", None),
            state(HOLDING_US, "HOMING", "HOLDING", "the beacon is believed to be here", None),
            state(STOP_US, "HOLDING", "IDLE", "interlock: mode refused", Some("mode")),
        ],
        estimates: (HEARD_US / 1_000_000..END_US / 1_000_000)
            .map(|second| estimate(second * 1_000_000))
            .collect(),
        regions: [(95, 20.0), (50, 10.0)].map(|(percent, size_m)| region(percent, size_m)).to_vec(),
        setpoints: (HOMING_US / 50_000..=STOP_US / 50_000).map(|pass| setpoint(pass * 50_000)).collect(),
        events: vec![EventRow {
            at_us: MODE_US,
            kind: "mode_change".into(),
            text: "GUIDED to LOITER".into(),
        }],
        deeds: vec![deed(HEARD_US + 500_000, "operator: homing on"), deed(MODE_US, "mode LOITER")],
        ..Trace::default()
    }
}

fn truth(at_us: u64) -> TruthRow {
    let at_s = at_us as f64 / 1e6;
    let homing_s = (at_s - 22.0).clamp(0.0, 20.0);
    let pose = TruePose {
        at_us,
        north_m: 4.9 * homing_s,
        east_m: (5.0 * at_s).min(100.0),
        up_m: 40.0,
        north_mps: if (22.0..42.0).contains(&at_s) { 4.9 } else { 0.0 },
        east_mps: if at_s < 20.0 { 5.0 } else { 0.0 },
        ..TruePose::default()
    };
    let mode = if at_us < MODE_US { "GUIDED" } else { "LOITER" };
    TruthRow { pose, mode, armed: true, battery_ratio: 0.9 }
}

/// 60 m off, and nearer each second.
fn estimate(at_us: u64) -> EstimateRow {
    let off_m = 60.0 / (1.0 + (at_us - HEARD_US) as f64 / 1e6);
    EstimateRow { at_us, north_m: 100.0 + off_m, east_m: 100.0, radius_95_m: 2.0 * off_m + 5.0 }
}

/// Two squares about the beacon.
fn region(percent: u8, size_m: f64) -> RegionRow {
    RegionRow { at_us: HOLDING_US, percent, north_m: 100.0, east_m: 100.0 - size_m / 2.0, size_m, count: 2 }
}

fn signal(at_us: u64) -> SignalRow {
    let heard = at_us >= HEARD_US;
    let pose = truth(at_us).pose;
    let power_dbfs = -40.0 - 20.0 * (pose.distance_m(100.0, 100.0).hypot(40.0)).log10();
    SignalRow {
        at_us,
        power_dbfs: Some(power_dbfs),
        floor_dbfs: (at_us > 1_000_000).then_some(-90.0),
        snr_db: (at_us > 1_000_000).then_some(power_dbfs + 90.0),
        heard,
    }
}

/// 2.5 m/s² up to 5 m/s, zero from HOLDING on.
fn setpoint(at_us: u64) -> SetpointRow {
    let since_s = (at_us - HOMING_US) as f64 / 1e6;
    let north_mps = if at_us < HOLDING_US { (2.5 * since_s).min(5.0) } else { 0.0 };
    moving(at_us, north_mps)
}

/// A setpoint of ours with this speed north.
pub fn moving(at_us: u64, north_mps: f64) -> SetpointRow {
    let velocity_mps = [north_mps, 0.0, 0.0];
    SetpointRow { at_us, velocity_mps, yaw_rate_rad_s: 0.0, taken: true, from: (1, 191) }
}
