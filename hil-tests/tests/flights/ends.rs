//! How a flight ends, and who may read meanwhile: by signal, by the operator, by time, by the recording's end, by SIGKILL;
//! `query`, `report` and `flights` work on older files, on the one being recorded and on a killed daemon's.

use super::daemon::{Daemon, Field, REPEAT, SAMPLE_BEACON, count, number, run, state_of, told};
use rustix::process::Signal;
use std::path::Path;

/// A flight from a made recording of 3 s, by the clock.
fn started<'a>(field: &'a Field, line: &str) -> Daemon<'a> {
    field.start(&field.sample(3.0), &format!("{SAMPLE_BEACON} {line}"))
}

fn is_readable(file: &Path) {
    let path = file.display();
    assert!(count(file, "reading") > 0.0);
    assert!(told(&format!("report {path}")).contains("readings"));
    let report: serde_json::Value = serde_json::from_str(&told(&format!("report {path} --json"))).unwrap();
    assert!(report.is_object(), "{report}");
}

#[test]
fn a_flight_ends_cleanly_by_signal_operator_time_and_recording() {
    let field = Field::new();
    for signal in [Some(Signal::TERM), Some(Signal::INT), None] {
        let mut daemon = started(&field, REPEAT);
        daemon.recorded("reading", 50.0);
        match signal {
            Some(signal) => daemon.signal(signal),
            None => daemon.stop(),
        }
        is_readable(&daemon.landed());
        assert!(!field.socket().exists(), "the operator's socket goes with the daemon");
    }
    let file = started(&field, &format!("{REPEAT} --for 3s")).landed();
    // 100 readings a second, less what the start took of the three.
    assert!((1.0..=302.0).contains(&count(&file, "reading")), "{}", count(&file, "reading"));

    let file = started(&field, "").landed();
    assert_eq!(count(&file, "reading"), 300.0, "all of the recording, and nothing else");
    assert_eq!(count(&file, "pulse"), 6.0);
    assert_eq!(field.left_behind().len(), 5);
}

#[test]
fn files_are_read_while_a_flight_runs_and_after_it_was_killed() {
    let field = Field::new();
    let older = started(&field, "").landed();
    let mut daemon = started(&field, REPEAT);
    let live = daemon.file();
    daemon.recorded("reading", 100.0);
    for file in [&older, &live] {
        is_readable(file);
    }
    assert_eq!((state_of(&older).as_str(), state_of(&live).as_str()), ("clean", "open"));
    // It grows while being read.
    let first = count(&live, "reading");
    daemon.recorded("reading", first + 50.0);

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
    assert_ne!(started(&field, "--for 2s").landed(), live);
    assert_eq!(run(&format!("ctl --socket {} status", field.socket().display())).code, Some(1));
}
