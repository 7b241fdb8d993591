//! The ground station inside: the operator's and the pilot's hands.

use super::client::{Client, flown};
use skyhound_rig::aircraft::{Aircraft, plan};
use skyhound_rig::autopilot::Autopilot;
use skyhound_rig::scenario::{self, Flavour, Kind, Place};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(90), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// From the ground: parameters, mission, arming, take-off, modes.
fn flies(flavour: Flavour, mission_mode: &str) {
    let settings = scenario::Aircraft { flavour, ..Default::default() };
    let aircraft = Arc::new(Mutex::new(Aircraft::new(&settings, &Place::default(), 3)));
    let autopilot = Autopilot::start(Arc::clone(&aircraft), &[]).unwrap();
    let station = autopilot.ground_station();
    let (name, value) = if flavour == Flavour::Px4 { ("COM_OBL_RC_ACT", 5.0) } else { ("RTL_ALT", 2_000.0) };
    station.set_parameter(name, value).unwrap();
    assert_eq!(aircraft.lock().unwrap().parameters().value(name), Some(value));
    assert!(station.set_parameter("NO_SUCH", 1.0).is_err());
    let mission = plan(flavour, &Place::default(), true, 5.0, &[[40.0, 0.0, 12.0], [40.0, 40.0, 12.0]]);
    station.upload(&mission).unwrap();
    assert_eq!(aircraft.lock().unwrap().mission().len(), mission.len());
    if flavour == Flavour::ArduCopter {
        station.set_mode("GUIDED").unwrap();
    }
    until("it arms", || station.arm(true).is_ok());
    station.take_off(10.0).unwrap();
    until("it is up", || aircraft.lock().unwrap().truth().up_m > 8.0);
    station.set_mode(mission_mode).unwrap();
    until("it flies its mission", || aircraft.lock().unwrap().truth().north_m > 15.0);
    assert!(station.set_mode("NO_SUCH").is_err());
    let rows = autopilot.truth_rows();
    assert!(rows.windows(2).all(|two| two[1].pose.at_us >= two[0].pose.at_us + 100_000), "10 Hz at most");
    assert_eq!(rows.last().unwrap().mode, mission_mode);
}

#[test]
fn it_flies_an_ardupilot() {
    flies(Flavour::ArduCopter, "AUTO");
}

#[test]
fn it_flies_a_px4() {
    flies(Flavour::Px4, "AUTO.MISSION");
}

/// Sticks by RC_CHANNELS_OVERRIDE, and the heartbeat that stops, as a companion on another line sees them.
#[test]
fn its_sticks_and_its_silence_are_seen() {
    let autopilot = flown(Flavour::ArduCopter, &["udpin:127.0.0.1:0"]);
    let mut client = Client::meet(&autopilot.lines()[0], (1, 191));
    client.command(511, &[65.0, 50_000.0]);
    let stick = |us: i64| {
        move |_, message: &skyhound_rig::autopilot::wire::Message| {
            (message.name() == "RC_CHANNELS" && message.whole("chan1_raw") == us).then_some(())
        }
    };
    let rests_at = client.told("RC_CHANNELS").whole("chan1_raw");
    autopilot.ground_station().hold_stick(1, Some(1_777));
    client.until("the stick moves", stick(1_777));
    autopilot.ground_station().hold_stick(1, None);
    client.until("the stick is let go", stick(rests_at));
    let beats = |client: &mut Client| {
        client.hear(Duration::from_millis(300));
        client.heard.clear();
        client.hear(Duration::from_millis(2_300));
        client.heard.iter().filter(|heard| heard.0 == (255, 190) && heard.2.name() == "HEARTBEAT").count()
    };
    assert!(beats(&mut client) > 0);
    autopilot.fault(&Kind::GcsLost, true).unwrap();
    assert_eq!(beats(&mut client), 0);
    autopilot.fault(&Kind::GcsLost, false).unwrap();
    assert!(beats(&mut client) > 0);
}

/// Without a clock of its own, time is the caller's.
#[test]
fn unpaced_it_goes_by_steps() {
    let aircraft = super::client::aloft(Flavour::Px4);
    let autopilot = Autopilot::start_unpaced(Arc::clone(&aircraft), &[]).unwrap();
    for _ in 0..300 {
        autopilot.step();
    }
    assert_eq!((autopilot.now_us(), aircraft.lock().unwrap().now_us()), (3_000_000, 3_000_000));
    assert_eq!(autopilot.truth_rows().len(), 30);
    let pose = autopilot.poses().pose();
    assert_eq!(pose, aircraft.lock().unwrap().truth(), "nothing is extrapolated");
}
