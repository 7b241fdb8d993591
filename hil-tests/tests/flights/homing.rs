//! A flight by the clock with an autopilot on a real socket: readings get the pose of their own moment, the operator's act
//! leads to setpoints on the wire, and the pilot's mode or sticks end them until the operator acts again.

use super::aircraft::{Aircraft, GUIDED, LOITER, free_port};
use super::daemon::{Daemon, Field, count, number, rows, texts};
use serde_json::Value;
use skyhound_rig::autopilot::wire::Message;
use std::path::Path;
use std::time::Duration;

const FLIGHT_S: f64 = 75.0;
/// Every input may be as old as the settings allow, because tests share their machine; HOLDING is far off.
pub const PATIENT: &str = "interlock.pass_gap_max_s=1 interlock.heartbeat_age_max_s=5 interlock.pose_age_max_s=2 \
    interlock.status_age_max_s=10 interlock.reading_age_max_s=5 interlock.facts_age_max_s=5 \
    interlock.fence.radius_m=2000 homing.hold_radius_m=0 homing.refine_s=1800 analytics.hold_s=5";
const BEACON: &str = "beacon.0.frequency_hz=433960000 beacon.0.bandwidth_hz=4000";

/// Enables homing as soon as nothing keeps it locked, and waits until it commands.
pub fn home(daemon: &mut Daemon) {
    daemon.until("homing is allowed", |daemon| (daemon.ctl(&["homing", "on"]).code == Some(0)).then_some(()));
    daemon.status_until("it homes", |status| status["state"] == "HOMING");
}

/// It is idle, homing stays locked by `why`; after `mend` nothing comes back by itself.
fn is_taken_over(daemon: &mut Daemon, why: &str, mend: impl Fn()) {
    daemon.status_until("it is idle", |status| status["state"] == "IDLE");
    assert!(daemon.ctl(&["homing", "on"]).err.contains(why));
    mend();
    daemon.status_until("it would be allowed", |status| status["locked"].is_null());
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(daemon.status()["state"], "IDLE");
}

#[test]
fn a_flight_homes_until_the_pilot_takes_over() {
    let field = Field::new();
    let (port, autopilot) = free_port();
    let mut daemon = field.start(&field.sample(FLIGHT_S), &format!("--bench {autopilot} {BEACON} {PATIENT}"));
    daemon.status();
    let refused = daemon.ctl(&["homing", "on"]);
    assert_eq!(refused.code, Some(1), "nothing is known of the aircraft yet");
    assert!(refused.err.contains("identity unknown"), "{}", refused.err);

    let aircraft = Aircraft::fly(FLIGHT_S, port);
    home(&mut daemon);
    daemon.until("30 setpoints came", |_| (aircraft.setpoints().len() >= 30).then_some(()));
    aircraft.take_mode(LOITER);
    // The mode alone gives nothing back: that takes the operator.
    is_taken_over(&mut daemon, "mode refused", || aircraft.take_mode(GUIDED));
    home(&mut daemon);
    let before = aircraft.setpoints().len();
    daemon.until("10 setpoints came", |_| (aircraft.setpoints().len() >= before + 10).then_some(()));
    aircraft.move_stick(1_800);
    is_taken_over(&mut daemon, "sticks refused", || aircraft.move_stick(1_500));
    home(&mut daemon);
    let file = daemon.stopped();

    is_placed(&file);
    is_the_path_flown(&file);
    is_explained(&file, &aircraft);
    is_silent_when_told(&file, &aircraft.setpoints());
}

/// On every door: the answer to `homing on`, the status for programs and for people, the flight file.
#[test]
fn a_recording_leads_no_aircraft_unless_it_is_a_bench() {
    let field = Field::new();
    let sdr = field.sample(FLIGHT_S);
    for is_bench in [false, true] {
        let (port, autopilot) = free_port();
        let bench = if is_bench { "--bench" } else { "" };
        let mut daemon = field.start(&sdr, &format!("{bench} {autopilot} {BEACON} {PATIENT}"));
        let aircraft = Aircraft::fly(FLIGHT_S, port);
        let is_only_sdr = |status: &Value| {
            let missing = status["missing"].as_array().unwrap();
            let is_of_the_sdr = |why: &Value| why.as_str().unwrap().contains("recording");
            missing.len() == usize::from(!is_bench) && missing.iter().all(is_of_the_sdr)
        };
        let status = daemon.status_until("nothing else is missing", is_only_sdr);
        assert_eq!(status["is_bench"], is_bench);
        let (asked, shown) = (daemon.ctl(&["homing", "on"]), daemon.ctl(&["status"]));
        let said = if is_bench { &shown.out } else { &asked.err };
        assert!(said.to_lowercase().contains("bench"), "{said}");
        assert_eq!(asked.code == Some(0), is_bench, "{said}");
        assert!(is_bench || shown.out.contains("--bench"), "{}", shown.out);
        if is_bench {
            daemon.status_until("it homes", |status| status["state"] == "HOMING");
        } else {
            assert!(aircraft.setpoints().is_empty());
        }
        let events = texts(&daemon.stopped(), "select kind from event");
        assert_eq!(events.iter().any(|kind| kind == "bench"), is_bench, "{events:?}");
    }
}

/// Every reading between two positions that are near enough has the place between them at its own moment.
pub fn is_placed(file: &Path) {
    let joined = "with told as (select position_us, lat_deg, lon_deg, max(position_us)
            over (order by at_us rows between unbounded preceding and 1 preceding) as before_us
            from vehicle where position_us is not null),
        known as (select distinct position_us, lat_deg, lon_deg from told
            where before_us is null or position_us > before_us),
        legs as (select position_us as from_us, lat_deg as lat, lon_deg as lon,
            lead(position_us) over (order by position_us) as to_us, lead(lat_deg) over (order by position_us) as lat_to,
            lead(lon_deg) over (order by position_us) as lon_to from known),
        places as (select r.acquired_us, r.lat_deg, r.lon_deg,
            lat + (lat_to - lat) * (r.acquired_us - from_us) / (to_us - from_us) as lat_own,
            lon + (lon_to - lon) * (r.acquired_us - from_us) / (to_us - from_us) as lon_own
            from reading r join legs on r.acquired_us > from_us and r.acquired_us <= to_us
            where to_us - from_us < 1500000)";
    let asked = |what: &str| number(file, &format!("{joined} select {what} from places"));
    assert!(asked("count(*)") > 500.0, "{} readings", asked("count(*)"));
    assert_eq!(asked("count(*) - count(lat_deg)"), 0.0, "without a pose");
    let off_m =
        "max(111319.5 * sqrt((lat_deg - lat_own) ** 2 + ((lon_deg - lon_own) * cos(radians(lat_own))) ** 2))";
    assert!(asked(off_m) < 0.5, "{} m off", asked(off_m));
}

/// The path is the one flown: 6 m/s north.
fn is_the_path_flown(file: &Path) {
    // Metres per degree at 47.4° north, WGS84.
    let north_mps = "select regr_slope(lat_deg * 111178, acquired_us / 1e6) from reading";
    assert!((number(file, north_mps) - 6.0).abs() < 0.3, "{} m/s", number(file, north_mps));
}

/// Each change of state has its reason, in the file and on the ground station's screen.
fn is_explained(file: &Path, aircraft: &Aircraft) {
    let changes = texts(file, "select to_state || ': ' || reason from state_change order by at_us");
    let home = ["SEARCHING: operator: homing on", "DETECTING: beacon heard", "HOMING: beacon confirmed"];
    let ends =
        ["IDLE: interlock: mode refused", "IDLE: interlock: sticks refused", "IDLE: operator: homing off"];
    let expected: Vec<_> = ends.iter().flat_map(|end| home.iter().chain([end])).collect();
    assert_eq!(changes.len(), expected.len(), "{changes:#?}");
    for (change, expected) in changes.iter().zip(expected) {
        assert!(change.starts_with(expected), "{change}, not {expected}");
    }
    assert!(count(file, "operator where act = 'homing_on'") >= 3.0);
    let said = aircraft.texts();
    assert!(said.iter().any(|text| text.starts_with("DETECTING -> HOMING: beacon confirmed")), "{said:#?}");
    assert!(said.iter().any(|text| text.contains("heard: pulse_train")), "{said:#?}");
    assert!(aircraft.heard().iter().all(|heard| heard.component == 191));
}

/// What came over the wire, by the daemon's own stamps: 10 to 20 setpoints a second while homing, none once the mode is not
/// ours, zeros and then none once the sticks moved.
fn is_silent_when_told(file: &Path, setpoints: &[Message]) {
    let velocity_mps = |setpoint: &Message| ["vx", "vy", "vz"].map(|name| setpoint.real(name));
    for setpoint in setpoints {
        let [vx, vy, vz] = velocity_mps(setpoint);
        assert!(vx.hypot(vy) <= 5.0 && vz.abs() <= 1.0, "{setpoint:?}");
        // Only velocity and yaw rate count: bits 0-2 position, 6-8 acceleration, 10 yaw.
        assert_eq!(setpoint.whole("type_mask"), 0b0101_1100_0111, "{setpoint:?}");
        // MAV_FRAME_LOCAL_NED.
        assert_eq!(setpoint.whole("coordinate_frame"), 1);
        assert_eq!((setpoint.whole("target_system"), setpoint.whole("target_component")), (1, 1));
    }
    let stamp_us = |setpoint: &Message| setpoint.real("time_boot_ms") * 1e3;
    let spans = rows(
        file,
        "select at_us, lead(at_us) over (order by at_us) as end_us from state_change
         qualify to_state = 'HOMING' order by at_us",
    );
    for span in &spans[..2] {
        let (from_us, to_us) = (span["at_us"].as_f64().unwrap(), span["end_us"].as_f64().unwrap());
        let within: Vec<_> =
            setpoints.iter().map(stamp_us).filter(|us| (from_us..to_us).contains(us)).collect();
        let mut gaps: Vec<_> = within.windows(2).map(|two| two[1] - two[0]).collect();
        gaps.sort_by(f64::total_cmp);
        let median_us = gaps[gaps.len() / 2];
        assert!((45e3..=110e3).contains(&median_us), "{median_us} µs between setpoints");
    }

    let on_us = |nth: usize| {
        let acts = texts(file, "select at_us from state_change where to_state = 'SEARCHING' order by at_us");
        acts[nth].parse::<f64>().unwrap()
    };
    let between = |from_us: f64, to_us: f64| -> Vec<_> {
        setpoints.iter().filter(|setpoint| (from_us..to_us).contains(&stamp_us(setpoint))).collect()
    };
    let loiter_us = number(file, "select min(heartbeat_us) from vehicle where mode ilike 'loiter'");
    let late = between(loiter_us + 20e3, on_us(1));
    assert!(late.is_empty(), "{} setpoints after LOITER at {loiter_us}: {late:?}", late.len());
    assert!(!between(loiter_us - 1e6, loiter_us + 20e3).is_empty(), "it homed until then");

    let sticks_us = number(file, "select at_us from state_change where interlock = 'sticks'");
    let after = between(sticks_us, on_us(2));
    assert!(!after.is_empty(), "a stop is commanded");
    assert!(after.iter().all(|stop| velocity_mps(stop) == [0.0; 3]), "{after:?}");
    assert!(between(sticks_us + 2e6, on_us(2)).is_empty(), "and then there is silence");
    let during = format!("at_us >= {sticks_us} and at_us < {}", on_us(2));
    let kinds = texts(file, &format!("select kind from command where {during} order by at_us"));
    assert_eq!((kinds[0].as_str(), kinds[kinds.len() - 1].as_str()), ("stop", "silence"), "{kinds:?}");
    let last = setpoints.last().unwrap();
    assert!(velocity_mps(last)[..2] == [0.0; 2], "the daemon leaves a standing aircraft: {last:?}");
}
