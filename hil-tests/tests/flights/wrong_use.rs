//! Wrong use and missing things: the exit code, a message that names the file, key or device and the mend, and no flight
//! file left behind.

use super::aircraft::{Aircraft, free_port};
use super::daemon::{Field, Said, run};
use skyhound_rig::sample_flight;
use std::net::UdpSocket;
use std::process::Command;

/// A folder with a made recording of a second.
fn field() -> (Field, String) {
    let field = Field::new();
    let sdr = sample_flight::write(&field.folder().join("made"), 1.0).unwrap();
    (field, sdr)
}

fn is_refused(field: &Field, mut command: Command, code: i32, names: &[&str]) {
    let said: Said = command.output().unwrap().into();
    assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{command:?}: {}", said.err);
    let last = said.err.lines().last().unwrap_or_default();
    for name in names {
        assert!(said.err.contains(name), "{command:?} does not name {name}: {}", said.err);
    }
    assert!(!said.err.contains("panicked"), "{}", said.err);
    assert!(!last.is_empty());
    assert_eq!(field.left_behind(), Vec::<String>::new(), "{command:?}");
}

#[test]
fn wrong_use_says_what_and_how_to_mend_it() {
    let (field, sdr) = field();
    let refused = |args: &[&str], code: i32, names: &[&str]| is_refused(&field, field.fly(args), code, names);
    refused(&["--sdr", "file:/nowhere/at/all.cu8"], 1, &["/nowhere/at/all.cu8", "No such file"]);
    refused(&["--sdr", "file:"], 2, &["file:", "file:PATH"]);
    refused(&["--sdr", "hackrf"], 2, &["hackrf", "soapy:", "file:"]);
    let text = field.folder().join("notes.txt");
    std::fs::write(&text, "no samples").unwrap();
    refused(&["--sdr", &format!("file:{}", text.display())], 1, &["notes.txt", "cu8"]);
    refused(&["--sdr", &sdr, "--set", "homing.sped_mps=1"], 2, &["homing.sped_mps", "homing.speed_mps"]);
    refused(&["--sdr", &sdr, "--set", "homing.speed_mps=99"], 2, &["homing.speed_mps", "0.1 to 20"]);
    refused(
        &["--sdr", &sdr, "--set", "beacon.0.frequency_hz=1e9"],
        2,
        &["beacon.0.frequency_hz", "outside the band"],
    );
    refused(&["--sdr", &sdr, "--config", "/nowhere/skyhound.toml"], 2, &["/nowhere/skyhound.toml"]);
    refused(&["--sdr", &sdr, "--autopilot", "usb:1"], 2, &["usb:1", "udpin:"]);
    refused(
        &["--sdr", &sdr, "--autopilot", "udpin:127.0.0.1"],
        2,
        &["autopilot.address", "udpin:127.0.0.1", "port is missing"],
    );
    let max = ["--sdr", &sdr, "--pace", "max", "--autopilot", "udpin:127.0.0.1:14550"];
    refused(&max, 2, &["--pace realtime"]);
    refused(&["--sdr", &sdr, "--for", "soon"], 2, &["soon", "60s"]);
    refused(&["--sdr", &sdr, "--set", "recorder.disk_reserve_mb=99999999"], 2, &["recorder.disk_reserve_mb"]);
    refused(&["--sdr", "soapy:driver=nosuch"], 1, &["driver=nosuch", "skyhound probe"]);
}

#[test]
fn places_that_cannot_be_written_are_named() {
    let (field, sdr) = field();
    let file = field.folder().join("a_file");
    std::fs::write(&file, "").unwrap();
    let inside = file.join("flights");
    // The last --flights would be the second: so it is written out.
    let line = ["fly", "--sdr", &sdr, "--pace", "max", "--flights", inside.to_str().unwrap()];
    let said = run(&line);
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains(inside.to_str().unwrap()), "{}", said.err);
    let socket = field.folder().join("nowhere/ctl.sock");
    let mut command = field.fly(&["--sdr", &sdr]);
    command.arg("--set").arg(format!("daemon.ctl_socket={}", socket.display()));
    is_refused(&field, command, 1, &["nowhere/ctl.sock"]);
    // It flew, and nothing of it was recorded.
    let reserve = field.fly(&["--sdr", &sdr, "--set", "recorder.disk_reserve_mb=100000"]);
    let free = rustix::fs::statvfs(field.folder()).unwrap();
    if free.f_bavail * free.f_frsize < 100_000 << 20 {
        is_refused(&field, reserve, 1, &["recorder.disk_reserve_mb", "100000"]);
    }
}

#[test]
fn a_second_daemon_is_refused_and_the_first_flies_on() {
    let (field, sdr) = field();
    let over_and_over = ["--sdr", &sdr, "--set", "sdr.file.repeat=true"];
    let mut first = field.start(&over_and_over);
    let file = first.file();
    let pid = first.status()["pid"].to_string();
    let others = Field::new();
    let mut second = others.fly(&over_and_over);
    second.arg("--set").arg(format!("daemon.ctl_socket={}", field.socket().display()));
    is_refused(&others, second, 1, &["another skyhound is flying", &pid, "daemon.ctl_socket"]);
    assert_eq!(first.status()["state"], "IDLE");
    assert_eq!(first.ctl(&["stop"]).code, Some(0));
    assert_eq!(first.landed(), file);
}

#[test]
fn a_port_that_is_taken_is_waited_for() {
    let (field, sdr) = field();
    let port = free_port();
    let taken = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let autopilot = format!("udpin:127.0.0.1:{port}");
    let mut daemon = field.start(&[
        "--sdr",
        &sdr,
        "--set",
        "sdr.file.repeat=true",
        "--autopilot",
        &autopilot,
        "--set",
        "autopilot.reconnect_wait_max_s=0.5",
    ]);
    // An absent line is no reason not to fly: it is told, and tried again.
    let file = daemon.file();
    let told = "select count(*) from event where text like '%in use%'";
    daemon.recorded(told, 1.0);
    drop(taken);
    let log = field.folder().join("flight.tlog");
    sample_flight::write_log(&log, 60.0).unwrap();
    let aircraft = Aircraft::fly(std::fs::read(log).unwrap(), port, 1.0);
    daemon.status_until("the autopilot is heard", |status| status["vehicle"]["system"] == 1);
    drop(aircraft);
    assert_eq!(daemon.ctl(&["stop"]).code, Some(0));
    assert_eq!(daemon.landed(), file);
}
