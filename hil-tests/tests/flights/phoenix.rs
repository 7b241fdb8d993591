//! A real flight's telemetry, played over UDP fifty times as fast as it was flown, with a real recording as SDR over and
//! over: what the autopilot said and did is in the flight file, and each reading has the pose of its own moment.

use super::aircraft::free_port;
use super::daemon::{Field, REPEAT, count, number, recording, texts};
use super::homing::is_placed;
use std::process::Command;

#[test]
fn glitches_and_modes_of_a_real_flight_are_events() {
    let Some(log) = recording("tlog/phoenix_mission2_2018-09-25.tlog") else { return };
    let Some(iq) = recording("iq/rtl433t_brennstuhl_gfile015_433.92M_250k.cu8") else { return };
    let field = Field::new();
    let (port, autopilot) = free_port();
    let beacon = "beacon.0.offset_hz=40800 beacon.0.bandwidth_hz=30000";
    let mut daemon =
        field.start(&format!("file:{}", iq.display()), &format!("{autopilot} {REPEAT} {beacon}"));
    daemon.status();
    let played = Command::new(env!("CARGO_BIN_EXE_skyhound-rig"))
        .args(["play-tlog", log.to_str().unwrap(), "--speed", "50", "--to"])
        .arg(format!("udpout:127.0.0.1:{port}"))
        .output()
        .unwrap();
    assert!(played.status.success(), "{played:?}");
    let file = daemon.stopped();
    let events = texts(&file, "select kind || ': ' || text from event order by at_us");
    let glitches = events.iter().filter(|event| event.to_lowercase().contains("glitch"));
    assert!(glitches.count() >= 2, "{events:#?}");
    for mode in ["STABILIZE", "AUTO"] {
        let is_told =
            |event: &String| event.starts_with("mode_change: ") && event.to_uppercase().contains(mode);
        assert!(events.iter().any(is_told), "{mode}: {events:#?}");
    }
    assert!(number(&file, "select count(distinct position_us) from vehicle") > 100.0);
    is_placed(&file);
    assert!(count(&file, "detections where kind = 'pulse_train'") >= 1.0);
}
