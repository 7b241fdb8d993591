//! The ground station inside, and the one outside: sticks, and heartbeats that stop.

use super::client::{Client, Heard, flown, met};
use skyhound_rig::autopilot::messages::rc_override;
use skyhound_rig::scenario::{Flavour, Kind};
use std::time::Duration;

/// RC_CHANNELS_OVERRIDE of the ground station that counts, and no other, as a companion on another line sees it.
#[test]
fn sticks_are_overridden_by_the_ground_station_that_counts() {
    let autopilot = flown(Flavour::ArduCopter, &["udpin:127.0.0.1:0", "tcp:127.0.0.1:0"]);
    let mut companion = Client::meet(&autopilot.lines()[0], (1, 191));
    let mut station = Client::meet(&autopilot.lines()[1], (255, 190));
    let mut stranger = Client::meet(&autopilot.lines()[1], (254, 190));
    companion.command(511, &[65.0, 50_000.0]);
    let sticks =
        |us: u16| rc_override([us, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535]).to((1, 1));
    stranger.say(sticks(1_222));
    companion.hear(Duration::from_millis(300));
    let is_moved = |heard: &Heard| heard.2.name() == "RC_CHANNELS" && heard.2.whole("chan1_raw") == 1_222;
    assert!(!companion.heard.iter().any(is_moved), "a stranger's override is taken");
    for (asked_us, seen_us) in [(1_777, 1_777), (0, 1_500)] {
        station.say(sticks(asked_us));
        companion.until_so("RC_CHANNELS", |told| told.whole("chan1_raw") == seen_us);
    }
}

#[test]
fn its_silence_is_seen() {
    let (autopilot, mut client) = met(Flavour::ArduCopter);
    let beats = |client: &mut Client| {
        client.hear(Duration::from_millis(300));
        let is_beat = |heard: &Heard| heard.0 == (255, 190) && heard.2.name() == "HEARTBEAT";
        client.heard_within(Duration::from_millis(2_300), is_beat).len()
    };
    assert!(beats(&mut client) > 0);
    autopilot.fault(&Kind::GcsLost, true).unwrap();
    assert_eq!(beats(&mut client), 0);
    autopilot.fault(&Kind::GcsLost, false).unwrap();
    assert!(beats(&mut client) > 0);
    let rows = autopilot.truth_rows();
    assert!(rows.windows(2).all(|two| two[1].pose.at_us >= two[0].pose.at_us + 100_000), "10 Hz at most");
}
