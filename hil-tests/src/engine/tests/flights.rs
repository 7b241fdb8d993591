//! Whole flights.

use crate::engine::{Level, fly, fly_with};
use crate::invariants::{Step, Witness};
use crate::judge::{self, Outcome};
use crate::rig::{Depth, Rig};
use crate::scenario::{Act, Fault, Flavour, Kind, Trigger, load};
use crate::trace::Trace;
use skyhound::command::Command;

/// Seeds that each scenario is flown with here, beside its own.
const SEEDS: [u64; 2] = [11, 12];

fn every_bit(trace: &Trace) -> String {
    // Debug prints the shortest text that reads back as the same f64: equal texts are equal bits.
    format!("{trace:?}")
}

#[test]
fn the_same_seed_is_the_same_flight_and_another_is_another() {
    for name in
        ["default", "px4", "sdr_lies", "sdr_overflows_silently", "killed", "two_daemons", "absurd_huge"]
    {
        let scenario = load::find(name).unwrap();
        let first = every_bit(&fly(&scenario, 7, Level::Readings));
        assert!(first == every_bit(&fly(&scenario, 7, Level::Readings)), "{name} differs from itself");
        assert!(first != every_bit(&fly(&scenario, 8, Level::Readings)), "{name} knows no seed");
    }
    let mut scenario = load::find("near_carrier").unwrap();
    scenario.duration_s = 8.0;
    let first = every_bit(&fly(&scenario, 7, Level::Iq));
    assert!(first == every_bit(&fly(&scenario, 7, Level::Iq)), "samples differ");
    assert!(first != every_bit(&fly(&scenario, 8, Level::Iq)));
}

fn judged(name: &str, seed: u64, level: Level) -> Result<(), String> {
    let scenario = load::find(name).unwrap().drawn(seed);
    let verdict = judge::verdict(&scenario, &fly(&scenario, seed, level), Depth::A);
    if verdict.outcome == Outcome::Passed {
        return Ok(());
    }
    let told = verdict.failures().map(|c| format!("{} is {}, wanted {}", c.name, c.measured, c.wanted));
    Err(format!("{name}, seed {seed}, {level:?}: {}", told.collect::<Vec<_>>().join("; ")))
}

#[test]
fn every_built_in_scenario_holds_what_it_expects() {
    let mut broken = Vec::new();
    let engine = Rig::find("engine").unwrap();
    for name in load::list() {
        let scenario = load::find(name).unwrap();
        if engine.lacks(&scenario).is_some() {
            continue;
        }
        let seeds = [scenario.seed].into_iter().chain(SEEDS);
        broken.extend(seeds.filter_map(|seed| judged(name, seed, Level::Readings).err()));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn samples_lead_to_the_beacon_too() {
    let names = ["near_carrier", "strong_interferer", "sdr_unplugged", "sdr_stuck", "sdr_lies", "beacon_off"];
    let broken: Vec<String> = names.iter().filter_map(|name| judged(name, 1, Level::Iq).err()).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What is shown of the posterior is not what it was: regions are told anew when they have become others.
#[test]
fn regions_keep_up_with_the_estimate() {
    let trace = fly(&load::find("open_carrier").unwrap(), 3, Level::Readings);
    let mut told: Vec<u64> = trace.regions.iter().map(|row| row.at_us).collect();
    told.dedup();
    assert!(told.len() > 3, "{told:?}");
    let radius_m = |at_us: u64| {
        let after = trace.estimates.partition_point(|row| row.at_us <= at_us);
        trace.estimates[after.saturating_sub(1)].radius_95_m
    };
    for estimate in &trace.estimates {
        let Some(&region_us) = told.iter().rev().find(|told_us| **told_us <= estimate.at_us) else {
            continue;
        };
        let (age_s, ratio) =
            ((estimate.at_us - region_us) as f64 / 1e6, estimate.radius_95_m / radius_m(region_us));
        assert!(
            age_s < 7.0 || (0.6..1.7).contains(&ratio),
            "{estimate:?} beside a region of {age_s} s, {ratio} ×"
        );
    }
}

/// What was decided, and where that led.
fn course(trace: &Trace) -> String {
    format!("{:?} {:?} {:?}", trace.states, trace.setpoints, trace.truth)
}

#[test]
fn disks_and_clocks_change_nothing() {
    let scenario = load::find("near_carrier").unwrap();
    let plain = course(&fly(&scenario, 3, Level::Readings));
    let faults = [Kind::DiskFull, Kind::DiskStall, Kind::ClockStep { hours: -5.0 }, Kind::Clock1970];
    for kind in faults {
        let mut spoilt = scenario.clone();
        let trigger = Trigger { on: Act::Homing, after_s: 1.0 };
        spoilt.fault.push(Fault { trigger, for_s: Some(3.0), kind: kind.clone() });
        assert!(course(&fly(&spoilt, 3, Level::Readings)) == plain, "{kind} changed the flight");
    }
}

#[test]
fn a_disk_that_hangs_for_longer_than_is_bridged_loses_readings_and_nothing_else() {
    let mut scenario = load::find("disk_stalled").unwrap();
    scenario.fault[0].for_s = Some(30.0);
    let trace = fly(&scenario, 1, Level::Readings);
    let dropped = trace.numbers["dropped_readings_total"];
    assert!((dropped - 2_000.0).abs() < 50.0, "20 s of 100 Hz beyond the 10 s that are bridged: {dropped}");
}

/// Counts passes and looks at their distances.
#[derive(Default)]
struct Passes {
    at_us: Vec<u64>,
    lives: Vec<u32>,
    moved_after_kill: bool,
}

impl Witness for Passes {
    fn pass(&mut self, step: &Step<'_>) {
        self.at_us.push(step.at_us);
        self.lives.push(step.life);
        self.moved_after_kill |=
            step.life > 1 && matches!(step.command, Command::Velocity(_) | Command::Stop);
    }
}

#[test]
fn passes_stand_on_their_grid() {
    let mut scenario = load::find("near_carrier").unwrap();
    scenario.duration_s = 20.0;
    let mut seen = Passes::default();
    fly_with(&scenario, 1, Level::Readings, &mut seen);
    let gaps_us: Vec<u64> = seen.at_us.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps_us.iter().all(|gap_us| *gap_us <= 51_000), "{gaps_us:?}");
    assert!((400..440).contains(&seen.at_us.len()), "20 Hz and what the operator did: {}", seen.at_us.len());
}

#[test]
fn a_new_life_is_never_enabled_by_itself() {
    let scenario = load::find("killed").unwrap();
    let mut seen = Passes::default();
    fly_with(&scenario, 1, Level::Readings, &mut seen);
    assert_eq!((seen.lives.first(), seen.lives.last()), (Some(&1), Some(&2)));
    let pause_us = seen.at_us.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!((3_000_000..3_100_000).contains(&pause_us), "dead for 3 s: {pause_us}");
    assert!(!seen.moved_after_kill);
}

/// What leaves the aircraft without one of its own failsafes, each by itself; nothing of it may be homed with.
#[test]
fn an_empty_failsafe_keeps_homing_locked() {
    // Nobody speaks as ground station 252: its failsafe was never armed.
    const COPTER: &str = "GUID_TIMEOUT 3, FENCE_ENABLE 0, FENCE_ACTION 0, FENCE_TYPE 0, FENCE_TYPE 1, \
        FS_GCS_ENABLE 0, FS_THR_ENABLE 0, FS_OPTIONS 4, FS_EKF_ACTION 0, BATT_MONITOR 0, \
        BATT_FS_LOW_ACT 0 BATT_FS_CRT_ACT 0, BATT_LOW_MAH 0 BATT_CRT_MAH 0, BATT_FS_LOW_ACT 0 BATT_CRT_MAH 0, \
        SYSID_MYGCS 252, RCMAP_ROLL 0";
    const PX4: &str = "COM_OF_LOSS_T 3, COM_OBL_RC_ACT 0, COM_RCL_EXCEPT 4, NAV_RCL_ACT 0, NAV_DLL_ACT 0, \
        GF_ACTION 0, GF_MAX_HOR_DIST 0, COM_LOW_BAT_ACT 0, BAT_CRIT_THR 0";
    let mut scenario = load::find("fence").unwrap();
    scenario.duration_s = 9.0;
    let mut homes = |flavour, set: &str, absent: &[&str]| {
        scenario.aircraft.flavour = flavour;
        let words: Vec<&str> = set.split_whitespace().collect();
        let named = words.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].parse().unwrap()));
        scenario.aircraft.parameters = named.collect();
        scenario.aircraft.absent = absent.iter().map(|&name| name.to_owned()).collect();
        fly(&scenario, 3, Level::Readings).setpoints.iter().any(crate::trace::SetpointRow::moves)
    };
    for (flavour, sets) in [(Flavour::ArduCopter, COPTER), (Flavour::Px4, PX4)] {
        assert!(homes(flavour, "", &[]), "{flavour:?} as it should be");
        for set in sets.split(", ") {
            assert!(!homes(flavour, set, &[]), "{flavour:?} with {set}");
        }
    }
    for (flavour, absent) in [(Flavour::ArduCopter, "FENCE_TYPE"), (Flavour::Px4, "NAV_RCL_ACT")] {
        assert!(!homes(flavour, "", &[absent]), "{flavour:?} without {absent}");
    }
}
