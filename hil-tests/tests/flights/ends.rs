//! How a flight ends, and who may read meanwhile: by signal, by the operator, by time, by the recording's end, by SIGKILL;
//! `query`, `report` and `flights` work on older files, on the one being recorded and on a killed daemon's.

use super::daemon::{Daemon, Field, is_clean, number, run, state_of, told};
use rustix::process::Signal;
use skyhound_rig::sample_flight;
use std::path::Path;

const READINGS: &str = "select count(*) from reading";

/// A flight from a made recording, by the clock; `args` besides.
fn started(field: &Field, seconds: f64, args: &[&str]) -> Daemon {
    let sdr = sample_flight::write(&field.folder().join("made"), seconds).unwrap();
    let mut all =
        vec!["--sdr", &sdr, "--set", "beacon.0.offset_hz=40000", "--set", "beacon.0.bandwidth_hz=4000"];
    all.extend(args);
    field.start(&all)
}

fn is_readable(file: &Path) {
    let path = file.to_str().unwrap();
    assert!(number(file, READINGS) > 0.0);
    assert!(told(&["report", path]).contains("readings"));
    let report: serde_json::Value = serde_json::from_str(&told(&["report", path, "--json"])).unwrap();
    assert!(report.is_object(), "{report}");
}

#[test]
fn a_flight_ends_cleanly_by_signal_operator_time_and_recording() {
    let field = Field::new();
    let over_and_over = ["--set", "sdr.file.repeat=true"];
    for signal in [Signal::TERM, Signal::INT] {
        let mut daemon = started(&field, 3.0, &over_and_over);
        daemon.recorded(READINGS, 50.0);
        daemon.signal(signal);
        let file = daemon.landed();
        is_readable(&file);
        assert!(!field.socket().exists(), "the operator's socket goes with the daemon");
    }
    let mut daemon = started(&field, 3.0, &over_and_over);
    daemon.recorded(READINGS, 50.0);
    assert_eq!(daemon.ctl(&["stop"]).code, Some(0));
    is_readable(&daemon.landed());

    let file = started(&field, 3.0, &["--set", "sdr.file.repeat=true", "--for", "3s"]).landed();
    // 100 readings a second, less what the start took of the three.
    assert!((1.0..=302.0).contains(&number(&file, READINGS)), "{}", number(&file, READINGS));

    let file = started(&field, 3.0, &[]).landed();
    assert_eq!(number(&file, READINGS), 300.0, "all of the recording, and nothing else");
    assert_eq!(number(&file, "select count(*) from pulse"), 6.0);
    assert_eq!(field.left_behind().len(), 5);
}

#[test]
fn files_are_read_while_a_flight_runs_and_after_it_was_killed() {
    let field = Field::new();
    let older = started(&field, 3.0, &[]).landed();
    let mut daemon = started(&field, 3.0, &["--set", "sdr.file.repeat=true"]);
    let live = daemon.file();
    daemon.recorded(READINGS, 100.0);
    for file in [&older, &live] {
        is_readable(file);
    }
    assert_eq!((state_of(&older).as_str(), state_of(&live).as_str()), ("clean", "open"));
    let first = number(&live, READINGS);
    daemon.until("it grows while being read", |_| (number(&live, READINGS) >= first + 50.0).then_some(()));

    let status = daemon.status();
    assert_eq!(status["recorder"]["state"], "recording", "{status}");
    assert_eq!(status["recorder"]["file"].as_str(), live.to_str());
    assert!(status["recorder"]["rows_total"].as_u64().unwrap() > 100, "{status}");
    let uptime_us = status["uptime_s"].as_f64().unwrap() * 1e6;
    daemon.signal(Signal::KILL);
    assert_eq!(daemon.ended().0.code(), None);
    assert!(["unclean", "clean"].contains(&state_of(&live).as_str()), "{}", state_of(&live));
    is_readable(&live);
    let last_us = number(&live, "select max(acquired_us) from reading");
    assert!(
        last_us > uptime_us - 2.5e6,
        "the last reading is of {last_us}, the daemon lived past {uptime_us}"
    );
    // In order and without holes up to there.
    let steps = "select count(distinct step) from (select sample_index - lag(sample_index) over (order by acquired_us) as step
                 from reading)";
    assert_eq!(number(&live, steps), 1.0);

    // The next flight is not disturbed by what the killed one left: its lock and its socket.
    let mut next = started(&field, 3.0, &["--for", "2s"]);
    let next = next.landed();
    is_clean(&next);
    assert_ne!(next, live);
    assert_eq!(run(&["ctl", "--socket", field.socket().to_str().unwrap(), "status"]).code, Some(1));
}
