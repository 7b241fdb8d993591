//! The mission protocol where it does not go well.

use super::client::{Client, aloft, flown};
use skyhound_rig::autopilot::Autopilot;
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::scenario::{self, Flavour, Zone};

fn count(items: u16) -> Message {
    Message::new("MISSION_COUNT").with("count", items).to((1, 1))
}

fn item(index: u16, param1: f64) -> Message {
    let place = Message::new("MISSION_ITEM_INT").with("x", 473_977_420).with("y", 85_455_940).with("z", 20.0);
    place.with("seq", index).with("command", 16u16).with("frame", 6u8).with("param1", param1).to((1, 1))
}

fn result(client: &mut Client) -> i64 {
    client.told("MISSION_ACK").whole("type")
}

#[test]
fn an_ardupilot_takes_one_uploader_and_asks_again() {
    let autopilot = flown(Flavour::ArduCopter, &["tcp:127.0.0.1:0"]);
    let mut one = Client::meet(&autopilot.lines()[0], (255, 1));
    let mut two = Client::meet(&autopilot.lines()[0], (254, 1));
    one.say(count(2));
    assert_eq!(one.told("MISSION_REQUEST").whole("seq"), 0);
    two.say(count(1));
    assert_eq!(result(&mut two), 14, "somebody else is at it");
    two.say(Message::new("MISSION_REQUEST_LIST").to((1, 1)));
    assert_eq!(result(&mut two), 14);
    one.say(item(1, 0.0));
    assert_eq!(result(&mut one), 13, "item 0 was asked for");
    one.say(item(0, 0.0));
    assert_eq!(one.told("MISSION_REQUEST").whole("seq"), 1);
    assert_eq!(one.told("MISSION_REQUEST").whole("seq"), 1, "asked again");
    assert_eq!(result(&mut one), 15, "and given up");
    two.say(Message::new("MISSION_REQUEST_LIST").to((1, 1)));
    assert_eq!(two.told("MISSION_COUNT").whole("count"), 0, "half a mission is none");
}

#[test]
fn what_cannot_be_flown_is_refused() {
    let autopilot = flown(Flavour::ArduCopter, &["udpin:127.0.0.1:0"]);
    let mut client = Client::meet(&autopilot.lines()[0], (255, 1));
    let spoilt = [
        item(0, f64::NAN),
        item(0, 0.0).with("x", i32::MAX),
        item(0, 0.0).with("z", f64::INFINITY),
        item(0, 0.0).with("frame", 10u8),
    ];
    for spoilt in spoilt {
        client.say(count(2));
        client.told("MISSION_REQUEST");
        client.say(spoilt);
        assert_eq!(result(&mut client), 5);
    }
    for (count, why) in [(count(9_999), 4), (count(3).with("mission_type", 1u8), 3), (item(0, 0.0), 1)] {
        client.say(count);
        assert_eq!(result(&mut client), why);
    }
}

#[test]
fn a_px4_asks_in_its_own_way_and_has_no_home_item() {
    let autopilot = flown(Flavour::Px4, &["udpin:127.0.0.1:0"]);
    let mut client = Client::meet(&autopilot.lines()[0], (255, 1));
    client.say(count(1));
    client.told("MISSION_REQUEST_INT");
    client.say(item(0, f64::NAN));
    assert_eq!(result(&mut client), 0, "NaN is `as you think best`");
    client.say(Message::new("MISSION_REQUEST_INT").with("seq", 0u16).to((1, 1)));
    let told = client.told("MISSION_ITEM_INT");
    assert_eq!((told.whole("x"), told.real("z"), told.whole("frame")), (473_977_420, 20.0, 3));
    client.say(Message::new("MISSION_REQUEST_INT").with("seq", 1u16).to((1, 1)));
    assert_eq!(result(&mut client), 13);
}

#[test]
fn the_scenarios_fence_is_told_corner_by_corner() {
    let zone = |inside, corners_m| Zone { inside, corners_m, center_m: [10.0, 0.0], radius_m: 30.0 };
    let corners_m = vec![[0.0, 0.0], [0.0, 50.0], [50.0, 0.0]];
    let settings = scenario::Aircraft {
        zone: vec![zone(false, corners_m), zone(true, Vec::new())],
        ..scenario::Aircraft::default()
    };
    let lines = ["udpin:127.0.0.1:0".parse().unwrap()];
    let autopilot = Autopilot::start(aloft(&settings), &lines).unwrap();
    let mut client = Client::meet(&autopilot.lines()[0], (1, 191));
    let fence = |message: Message| message.with("mission_type", 1u8).to((1, 1));
    client.say(fence(Message::new("MISSION_REQUEST_LIST")));
    let count = client.told("MISSION_COUNT");
    assert_eq!((count.whole("count"), count.byte("mission_type")), (4, 1));
    let mut told = Vec::new();
    for seq in 0..4u16 {
        client.say(fence(Message::new("MISSION_REQUEST_INT").with("seq", seq)));
        let item = client.told("MISSION_ITEM_INT");
        assert_eq!((item.whole("seq"), item.byte("mission_type")), (i64::from(seq), 1));
        told.push((item.whole("command"), item.real("param1")));
    }
    assert_eq!(told, [(5002, 3.0), (5002, 3.0), (5002, 3.0), (5003, 30.0)]);
    client.say(fence(Message::new("MISSION_REQUEST_INT").with("seq", 4u16)));
    assert_eq!(result(&mut client), 1);
}
