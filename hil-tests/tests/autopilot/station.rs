//! The ground station inside, and the one outside: sticks, and heartbeats that stop.

use super::client::{Client, flown};
use skyhound_rig::autopilot::messages::rc_override;
use skyhound_rig::autopilot::wire::Message;
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
    let roll = |us: i64| {
        move |_: (u8, u8), message: &Message| {
            (message.name() == "RC_CHANNELS" && message.whole("chan1_raw") == us).then_some(())
        }
    };
    let sticks =
        |us: u16| rc_override([us, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535]).to((1, 1));
    stranger.say(sticks(1_222));
    companion.hear(Duration::from_millis(300));
    let is_moved = |heard: &((u8, u8), u8, Message)| roll(1_222)(heard.0, &heard.2).is_some();
    assert!(!companion.heard.iter().any(is_moved), "a stranger's override is taken");
    station.say(sticks(1_777));
    companion.until("the stick moves", roll(1_777));
    station.say(sticks(0));
    companion.until("the stick is let go", roll(1_500));
}

#[test]
fn its_silence_is_seen() {
    let autopilot = flown(Flavour::ArduCopter, &["udpin:127.0.0.1:0"]);
    let mut client = Client::meet(&autopilot.lines()[0], (1, 191));
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
    let rows = autopilot.truth_rows();
    assert!(rows.windows(2).all(|two| two[1].pose.at_us >= two[0].pose.at_us + 100_000), "10 Hz at most");
}
