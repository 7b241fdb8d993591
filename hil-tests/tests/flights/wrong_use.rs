//! Wrong use and missing things: the exit code, a message that names the file, key or device and the mend, and no flight
//! file left behind.

use super::aircraft::{Aircraft, free_port};
use super::daemon::{Field, REPEAT, Said, run};
use std::net::UdpSocket;

fn is_refused(field: &Field, sdr: &str, line: &str, code: i32, names: &[&str]) {
    let said: Said = field.fly(sdr, line).output().unwrap().into();
    let told = format!("{sdr} {line}: {}", said.err);
    assert_eq!((said.code, said.out.as_str()), (Some(code), ""), "{told}");
    for name in names {
        assert!(said.err.contains(name), "{name} in {told}");
    }
    assert!(!said.err.contains("panicked"), "{told}");
    assert!(said.err.lines().last().is_some_and(|last| !last.is_empty()), "{told}");
    assert_eq!(field.left_behind(), Vec::<String>::new(), "{told}");
}

#[test]
fn wrong_use_says_what_and_how_to_mend_it() {
    let field = Field::new();
    let sdr = &field.sample(1.0);
    let text = format!("file:{}", field.write("notes.txt", "no samples"));
    let mut rows: Vec<(&str, &str, i32, &[&str])> = vec![
        ("file:/nowhere/at/all.cu8", "", 1, &["/nowhere/at/all.cu8", "No such file"]),
        ("file:", "", 2, &["file:", "file:PATH"]),
        ("hackrf", "", 2, &["hackrf", "soapy:", "file:"]),
        (&text, "", 1, &["notes.txt", "cu8"]),
        (sdr, "homing.sped_mps=1", 2, &["homing.sped_mps", "homing.speed_mps"]),
        (sdr, "homing.speed_mps=99", 2, &["homing.speed_mps", "0.1 to 20"]),
        (sdr, "beacon.0.frequency_hz=1e9", 2, &["beacon.0.frequency_hz", "outside the band"]),
        (sdr, "--config /nowhere/skyhound.toml", 2, &["/nowhere/skyhound.toml"]),
        (sdr, "--autopilot usb:1", 2, &["usb:1", "udpin:"]),
        (sdr, "--autopilot udpin:127.0.0.1", 2, &["autopilot.address", "udpin:127.0.0.1", "port is missing"]),
        (sdr, "--pace max --autopilot udpin:127.0.0.1:14550", 2, &["--pace realtime"]),
        (sdr, "--for soon", 2, &["soon", "60s"]),
        (sdr, "recorder.disk_reserve_mb=99999999", 2, &["recorder.disk_reserve_mb"]),
        ("soapy:driver=nosuch", "", 1, &["driver=nosuch", "skyhound probe"]),
    ];
    // Places that cannot be written are named.
    let socket = format!("daemon.ctl_socket={}/nowhere/ctl.sock", field.folder().display());
    rows.push((sdr, &socket, 1, &["nowhere/ctl.sock"]));
    // It flew, and nothing of it was recorded.
    let free = rustix::fs::statvfs(field.folder()).unwrap();
    if free.f_bavail * free.f_frsize < 100_000 << 20 {
        rows.push((sdr, "recorder.disk_reserve_mb=100000", 1, &["recorder.disk_reserve_mb", "100000"]));
    }
    for (sdr, line, code, names) in rows {
        is_refused(&field, sdr, line, code, names);
    }
    // The last --flights would be the second: so it is written out.
    let inside = field.write("a_file", "") + "/flights";
    let said = run(&format!("fly --sdr {sdr} --pace max --flights {inside}"));
    assert!(said.code == Some(1) && said.err.contains(&inside), "{}", said.err);
}

#[test]
fn a_second_daemon_is_refused_and_the_first_flies_on() {
    let (field, others) = (Field::new(), Field::new());
    let sdr = field.sample(1.0);
    let mut first = field.start(&sdr, REPEAT);
    let file = first.file();
    let pid = first.status()["pid"].to_string();
    let second = format!("{REPEAT} daemon.ctl_socket={}", field.socket().display());
    is_refused(&others, &sdr, &second, 1, &["another skyhound is flying", &pid, "daemon.ctl_socket"]);
    assert_eq!(first.status()["state"], "IDLE");
    assert_eq!(first.stopped(), file);
}

#[test]
fn a_port_that_is_taken_is_waited_for() {
    let field = Field::new();
    let (port, autopilot) = free_port();
    let taken = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let line = format!("{autopilot} {REPEAT} autopilot.reconnect_wait_max_s=0.5");
    let mut daemon = field.start(&field.sample(1.0), &line);
    // An absent line is no reason not to fly: it is told, and tried again.
    let file = daemon.file();
    daemon.recorded("event where text like '%in use%'", 1.0);
    drop(taken);
    let aircraft = Aircraft::fly(60.0, port);
    daemon.status_until("the autopilot is heard", |status| status["vehicle"]["system"] == 1);
    drop(aircraft);
    assert_eq!(daemon.stopped(), file);
}
