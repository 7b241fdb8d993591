//! The disk fills up in flight, on a small disk of our own: the recorder stops cleanly and says so on every door, the flight
//! goes on, and the file is good.

use super::aircraft::{Aircraft, free_port};
use super::daemon::{Field, is_clean, number, rows};
use skyhound_rig::sample_flight;
use std::path::{Path, PathBuf};
use std::process::Command;

const READINGS: &str = "select count(*) from reading";

/// A disk in memory; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, size_mb: u32) -> Result<Disk, String> {
        std::fs::create_dir_all(at).map_err(|error| error.to_string())?;
        let size = format!("size={size_mb}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => Ok(Disk(at.to_owned())),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(format!("mount: {error}")),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a daemon that is being killed may still hold a file.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_stops_the_recorder_and_nothing_else() {
    let field = Field::new();
    let disk = match Disk::mount(&field.flights(), 64) {
        Ok(disk) => disk,
        Err(why) => return println!("ignored, needs root: {why}"),
    };
    let made = field.folder().join("made");
    sample_flight::write(&made, 3.0).unwrap();
    let log = field.folder().join("flight.tlog");
    sample_flight::write_log(&log, 60.0).unwrap();
    let port = free_port();
    let (sdr, autopilot) =
        (format!("file:{}", made.join("iq.sigmf-meta").display()), format!("udpin:127.0.0.1:{port}"));
    let mut daemon = field.start(&[
        "--sdr",
        &sdr,
        "--autopilot",
        &autopilot,
        "--set",
        "sdr.file.repeat=true",
        "--set",
        "recorder.disk_reserve_mb=24",
        "--set",
        "beacon.0.offset_hz=40000",
        "--set",
        "beacon.0.bandwidth_hz=4000",
    ]);
    let aircraft = Aircraft::fly(std::fs::read(log).unwrap(), port, 1.0);
    daemon.recorded(READINGS, 100.0);
    daemon.status_until("the autopilot is heard", |status| status["vehicle"]["system"] == 1);
    // Somebody else fills the disk below the reserve.
    let ballast = disk.0.join("ballast");
    std::fs::write(&ballast, vec![1; 48 << 20]).unwrap();
    let status =
        daemon.status_until("the recorder has stopped", |status| status["recorder"]["state"] != "recording");
    let why = status["recorder"]["state"].as_str().unwrap();
    assert!(why.starts_with("STOPPED: disk reserve: "), "{why}");
    daemon.until("the ground station is told", |_| {
        let texts = aircraft.texts();
        texts.iter().any(|text| text.starts_with("recorder stopped: disk reserve")).then_some(())
    });
    // The flight itself goes on.
    let uptime_s = status["uptime_s"].as_f64().unwrap();
    let later =
        daemon.status_until("it flies on", |status| status["uptime_s"].as_f64().unwrap() > uptime_s + 1.0);
    assert_eq!((later["sdr"]["alive"].as_bool(), later["vehicle"]["system"].as_u64()), (Some(true), Some(1)));

    let file = daemon.file();
    assert_eq!(daemon.ctl(&["stop"]).code, Some(0));
    let (_, said) = daemon.ended();
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
    let last = said.err.lines().last().unwrap();
    for word in [file.to_str().unwrap(), "recording stopped early", "disk reserve"] {
        assert!(last.contains(word), "{last}");
    }
    is_clean(&file);
    assert!(number(&file, READINGS) >= 100.0);
    let events = rows(&file, "select severity, text from event where kind = 'recorder_stopped'");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["severity"], "critical");
    let (_, said) = {
        let mut again = field.start(&["--sdr", &sdr, "--set", "recorder.disk_reserve_mb=24"]);
        again.ended()
    };
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("recorder.disk_reserve_mb") && said.err.contains("24"), "{}", said.err);
    assert_eq!(field.left_behind().len(), 2, "{:?}", field.left_behind());
}
