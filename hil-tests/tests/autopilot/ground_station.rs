//! A ground station that nobody here wrote speaks with the daemon over the autopilot's own line: pymavlink on another link of the aircraft.

use super::client::flown;
use super::witness::python;
use skyhound_rig::daemon::{Daemon, Site};
use skyhound_rig::sample_flight;
use skyhound_rig::scenario::Flavour;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const RECORDED_S: f64 = 180.0;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn it_is_answered_refused_and_obeyed() {
    let Some(python) = python() else { return };
    let autopilot = flown(Flavour::ArduCopter, &["udpin:127.0.0.1:0", "tcp:127.0.0.1:0"]);
    let site = Site::temporary().unwrap();
    let sdr = sample_flight::write(&site.root().join("made"), RECORDED_S).unwrap();
    let (ours, theirs) = (autopilot.lines()[0].for_daemon(), autopilot.lines()[1].for_daemon());
    let station = theirs.replacen("tcpout:", "tcp:", 1);
    let mut daemon =
        site.start(site.fly(&["--bench", "--sdr", &sdr, "--autopilot", &ours]).unwrap()).unwrap();
    let is_enabled = |daemon: &Daemon| daemon.status().map(|status| status.homing_enabled);
    let mut story = Command::new(python)
        .args(["tests/autopilot/ground_station.py", &station])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(story.stdout.take().unwrap()).lines().map_while(Result::ok);
    let printed = |daemon: &Daemon| daemon.printed();
    assert_eq!(said.next().as_deref(), Some("locked"), "{}", printed(&daemon));
    assert_eq!(is_enabled(&daemon), Some(false));
    assert_eq!(said.next().as_deref(), Some("enabled"), "{:#?}", daemon.status());
    daemon.until("it is enabled", PATIENCE, |daemon| is_enabled(daemon).filter(|is| *is)).unwrap();
    story.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert_eq!(said.next().as_deref(), Some("flown"), "{:#?}", daemon.status());
    daemon.until("it is stopped", PATIENCE, |daemon| is_enabled(daemon).filter(|is| !*is)).unwrap();
    assert!(story.wait().unwrap().success());
    daemon.stop(Duration::from_secs(30)).unwrap();
}
