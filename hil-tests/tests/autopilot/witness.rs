//! pymavlink, which nobody here wrote, flies it: over UDP, TCP and a pseudo-terminal, both flavours.

use skyhound_rig::aircraft::Aircraft;
use skyhound_rig::autopilot::{Autopilot, Line};
use skyhound_rig::scenario::{self, Flavour, Place};
use std::process::{Command, Stdio};

pub fn python() -> Option<String> {
    let python = std::env::var("SKYHOUND_PYTHON").ok().filter(|path| !path.is_empty());
    let python = python.unwrap_or_else(|| "python3".to_owned());
    let asked = Command::new(&python).args(["-c", "import pymavlink"]).stderr(Stdio::null()).status();
    let found = asked.is_ok_and(|status| status.success());
    if !found {
        println!("ignored, needs pymavlink");
    }
    found.then_some(python)
}

/// What pymavlink must be told to meet a line.
fn address(line: &Line) -> String {
    match line {
        Line::UdpIn(at) => format!("udpout:{at}"),
        Line::UdpOut(to) => format!("udpin:{to}"),
        Line::Tcp(at) => format!("tcp:{at}"),
        Line::Pty { path, baud } => format!("serial:{}:{baud}", path.display()),
    }
}

fn flies(flavour: Flavour, name: &str, line: &str) {
    let Some(python) = python() else { return };
    let mut settings = scenario::Aircraft { flavour, ..Default::default() };
    // Down without the minute that the defaults take for the last metres.
    let quick: &[(&str, f64)] = match flavour {
        Flavour::ArduCopter => &[("LAND_SPEED", 150.0)],
        Flavour::Px4 => &[("MPC_LAND_SPEED", 1.5), ("RTL_RETURN_ALT", 15.0)],
    };
    settings.parameters.extend(quick.iter().map(|(name, value)| ((*name).to_owned(), *value)));
    let aircraft = Aircraft::new(&settings, &Place::default(), 11);
    let autopilot = Autopilot::start(aircraft, &[line.parse().unwrap()]).unwrap();
    let flown = Command::new(python)
        .args(["tests/autopilot/witness.py", &address(&autopilot.lines()[0]), name])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&flown.stdout);
    println!("{name} on {line}:\n{said}");
    let why = String::from_utf8_lossy(&flown.stderr);
    assert!(flown.status.success() && said.ends_with("flown\n"), "{name} on {line}: {said}{why}");
}

#[test]
fn layouts_are_pymavlinks() {
    let Some(python) = python() else { return };
    let arguments = ["tests/autopilot/layouts.py", "src/autopilot/fields.txt"];
    let compared = Command::new(python).args(arguments).output().unwrap();
    let why = String::from_utf8_lossy(&compared.stderr);
    assert!(compared.status.success(), "{why}");
}

#[test]
fn pymavlink_flies_an_ardupilot_over_udp() {
    flies(Flavour::ArduCopter, "ardu_copter", "udpin:127.0.0.1:0");
}

#[test]
fn pymavlink_flies_an_ardupilot_over_serial() {
    flies(Flavour::ArduCopter, "ardu_copter", "pty:115200");
}

#[test]
fn pymavlink_flies_a_px4_over_tcp() {
    flies(Flavour::Px4, "px4", "tcp:127.0.0.1:0");
}

#[test]
fn pymavlink_flies_a_px4_over_udp() {
    flies(Flavour::Px4, "px4", "udpin:127.0.0.1:0");
}
