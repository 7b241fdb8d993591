//! The disk fills up in flight, on a small disk of our own: the recorder pauses and says so on every door, the flight goes on,
//! and when there is room again a next file does. A flight that begins without room is flown all the same.

use super::aircraft::{Aircraft, free_port};
use super::daemon::{Field, REPEAT, SAMPLE_BEACON, count, is_clean, rows};
use skyhound_rig::machine::SmallDisk;

const RESERVE: &str = "recorder.disk_reserve_mb=24";

/// A disk of 64 MB below the flights folder; `None`, said aloud, where nobody may mount one.
fn small_disk(field: &Field) -> Option<SmallDisk> {
    let disk = SmallDisk::mount(&field.flights(), 64);
    disk.map_err(|why| println!("ignored, needs root: {why}")).ok()
}

#[test]
fn a_full_disk_pauses_the_recorder_and_nothing_else() {
    let field = Field::new();
    let Some(disk) = small_disk(&field) else { return };
    let (port, autopilot) = free_port();
    let mut daemon =
        field.start(&field.sample(3.0), &format!("{autopilot} {REPEAT} {RESERVE} {SAMPLE_BEACON}"));
    let aircraft = Aircraft::fly(60.0, port);
    daemon.recorded("reading", 100.0);
    daemon.status_until("the autopilot is heard", |status| status["vehicle"]["system"] == 1);
    // Somebody else fills the disk below the reserve.
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 48 << 20]).unwrap();
    let status =
        daemon.status_until("the recorder pauses", |status| status["recorder"]["state"] != "recording");
    let why = status["recorder"]["state"].as_str().unwrap();
    assert!(why.starts_with("NOT RECORDING: disk reserve: "), "{why}");
    let told = |text: &'static str| {
        let texts = aircraft.texts();
        texts.iter().any(|told| told.starts_with(text)).then_some(())
    };
    daemon.until("the ground station is told", |_| told("NOT RECORDING: disk reserve"));
    // The flight itself goes on.
    let uptime_s = status["uptime_s"].as_f64().unwrap();
    let later =
        daemon.status_until("it flies on", |status| status["uptime_s"].as_f64().unwrap() > uptime_s + 1.0);
    assert_eq!((later["sdr"]["alive"].as_bool(), later["vehicle"]["system"].as_u64()), (Some(true), Some(1)));
    let first = daemon.file();
    std::fs::remove_file(&ballast).unwrap();
    daemon.status_until("it records again", |status| status["recorder"]["state"] == "recording");
    daemon.until("the ground station is told", |_| told("recording again: "));
    daemon.recorded("reading", 100.0);
    let second = daemon.file();

    daemon.stop();
    let (_, said) = daemon.ended();
    assert_eq!(said.code, Some(1), "the flight is not whole: {}", said.err);
    assert_eq!(said.out, format!("{}\n{}\n", first.display(), second.display()));
    assert!(said.err.contains("were not recorded"), "{}", said.err);
    for file in [&first, &second] {
        is_clean(file);
        assert!(count(file, "reading") >= 100.0);
    }
    let events = rows(&first, "select severity from event where kind = 'recorder_paused'");
    assert_eq!((events.len(), events[0]["severity"].as_str()), (1, Some("critical")), "{events:?}");
    // The second file stands for itself: it knows the aircraft from its first row on, and where it is missing what.
    let known = "event, flight where kind = 'recorder_resumed' and unrecorded_since_us < opened_us
        and (select arg_min(system, at_us) from vehicle) = 1";
    assert_eq!(count(&second, known), 1.0);
}

#[test]
fn a_flight_that_begins_without_room_is_flown_unrecorded() {
    let field = Field::new();
    let Some(disk) = small_disk(&field) else { return };
    std::fs::write(disk.path().join("ballast"), vec![1; 48 << 20]).unwrap();
    let mut daemon = field.start(&field.sample(3.0), &format!("{RESERVE} {REPEAT}"));
    daemon.status_until("it flies unrecorded", |status| {
        let state = status["recorder"]["state"].as_str().unwrap_or_default();
        state.starts_with("NOT RECORDING: ") && status["sdr"]["alive"] == true
    });
    daemon.stop();
    let (_, said) = daemon.ended();
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
    assert!(said.err.contains("disk reserve"), "{}", said.err);
    assert_eq!(field.left_behind(), ["ballast"]);
}
