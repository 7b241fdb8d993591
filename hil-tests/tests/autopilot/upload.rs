//! A search route is brought to the autopilot: whole, on a bad line too, and not over what must stay.

use super::client::{Client, flown};
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound_host::autopilot::upload::{Order, Uploaded, upload};
use skyhound_host::clock::Clock;
use skyhound_host::settings::{AutopilotSettings, Flags, Settings};
use skyhound_rig::aircraft::Aircraft;
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::autopilot::{Autopilot, Line};
use skyhound_rig::scenario::{self, Flavour, Place};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// On the ground, disarmed.
fn standing(flavour: Flavour, line: &str) -> Autopilot {
    let settings = scenario::Aircraft { flavour, ..Default::default() };
    let lines: [Line; 1] = [line.parse().unwrap()];
    Autopilot::start(Aircraft::new(&settings, &Place::default(), 7), &lines).unwrap()
}

fn order() -> Order {
    let origin = Origin::new(Wgs84 { lat_deg: 47.397_742, lon_deg: 8.545_594 });
    let corners = [(0.0, 0.0), (80.0, 0.0), (80.0, 40.0), (0.0, 40.0)];
    let place = |(north_m, east_m)| (origin.wgs84_from_ned(NorthEast { north_m, east_m }), 35.0);
    let waypoints = corners.map(place).to_vec();
    Order { waypoints, speed_mps: 6.0, may_replace: false, may_be_armed: false }
}

fn to(address: &str) -> AutopilotSettings {
    let flags = Flags { autopilot: Some(address.into()), ..Flags::default() };
    Settings::load(None, &["sdr.source=\"soapy:driver=null\"".into()], &flags).unwrap().autopilot
}

fn brought(address: &str, order: &Order) -> Result<Uploaded, String> {
    upload(&to(address), order, Clock::start())
}

/// The mission as somebody else reads it: command, latitude, height of each item.
fn aboard(autopilot: &Autopilot) -> Vec<(i64, i64, f64)> {
    let mut client = Client::meet(&autopilot.lines()[0], (255, 190));
    client.say(Message::new("MISSION_REQUEST_LIST").to((1, 1)));
    let count = client.told("MISSION_COUNT").whole("count") as u16;
    let mut item = |seq: u16| {
        client.say(Message::new("MISSION_REQUEST_INT").with("seq", seq).to((1, 1)));
        let told = client.told("MISSION_ITEM_INT");
        (told.whole("command"), told.whole("x"), told.real("z"))
    };
    (0..count).map(&mut item).collect()
}

fn is_the_route(aboard: &[(i64, i64, f64)]) {
    let places: Vec<_> = aboard.iter().filter(|item| item.0 == 16 && item.2 == 35.0).collect();
    let want: Vec<i64> = order().waypoints.iter().map(|(at, _)| (at.lat_deg * 1e7).round() as i64).collect();
    assert_eq!(places.iter().map(|item| item.1).collect::<Vec<_>>(), want, "{aboard:?}");
    assert!(aboard.iter().any(|item| item.0 == 178), "{aboard:?}");
}

#[test]
fn a_route_goes_up_and_over_another_only_when_told() {
    for flavour in [Flavour::ArduCopter, Flavour::Px4] {
        let autopilot = standing(flavour, "tcp:127.0.0.1:0");
        let address = autopilot.lines()[0].for_daemon();
        let own_count = usize::from(flavour == Flavour::ArduCopter);
        assert_eq!(brought(&address, &order()).unwrap().item_count, own_count + 5);
        is_the_route(&aboard(&autopilot));
        let other = Order { waypoints: order().waypoints[..2].to_vec(), ..order() };
        let why = brought(&address, &other).unwrap_err();
        assert!(why.contains("5 items is aboard") && why.contains("--replace"), "{why}");
        is_the_route(&aboard(&autopilot));
        brought(&address, &Order { may_replace: true, ..other }).unwrap();
        assert_eq!(aboard(&autopilot).len(), own_count + 3);
        assert!(autopilot.setpoints().is_empty());
    }
}

#[test]
fn an_armed_aircraft_keeps_what_it_has() {
    let autopilot = flown(Flavour::ArduCopter, &["tcp:127.0.0.1:0"]);
    let address = autopilot.lines()[0].for_daemon();
    let why = brought(&address, &order()).unwrap_err();
    assert!(why.contains("armed") && why.contains("--while-armed"), "{why}");
    assert!(aboard(&autopilot).is_empty());
    brought(&address, &Order { may_be_armed: true, ..order() }).unwrap();
    is_the_route(&aboard(&autopilot));
}

/// A line that loses and doubles a third of the mission protocol's messages each way.
struct Bad {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<(usize, usize)>>,
}

impl Bad {
    fn before(autopilot: &Autopilot) -> Bad {
        let Line::UdpIn(to) = autopilot.lines()[0] else { panic!() };
        let (near, far) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        far.connect(to).unwrap();
        for socket in [&near, &far] {
            socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        }
        let (address, over) = (near.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let is_over = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let (mut peer, mut bytes, mut counts) = (None, [0; 2_048], [0, 0]);
            while !is_over.load(Ordering::Acquire) {
                if let Ok((count, from)) = near.recv_from(&mut bytes) {
                    peer = Some(from);
                    pass(&bytes[..count], &mut counts[0], |bytes| drop(far.send(bytes)));
                }
                if let (Ok(count), Some(peer)) = (far.recv(&mut bytes), peer) {
                    pass(&bytes[..count], &mut counts[1], |bytes| drop(near.send_to(bytes, peer)));
                }
            }
            (counts[0], counts[1])
        });
        Bad { address, over, thread: Some(thread) }
    }
}

/// A datagram is one MAVLink 2 frame here.
fn pass(bytes: &[u8], count: &mut usize, send: impl Fn(&[u8])) {
    let is_mission = bytes.len() > 9 && bytes[8] == 0 && matches!(bytes[7], 40..=51 | 73);
    *count += usize::from(is_mission);
    match (is_mission, *count % 3) {
        (true, 2) => {}
        (true, 1) => (0..2).for_each(|_| send(bytes)),
        _ => send(bytes),
    }
}

#[test]
fn lost_and_doubled_messages_cost_time_alone() {
    for flavour in [Flavour::ArduCopter, Flavour::Px4] {
        let autopilot = standing(flavour, "udpin:127.0.0.1:0");
        let mut bad = Bad::before(&autopilot);
        brought(&format!("udpout:{}", bad.address), &order()).unwrap();
        bad.over.store(true, Ordering::Release);
        let (up, down) = bad.thread.take().unwrap().join().unwrap();
        assert!(up > 12 && down > 12, "{up} {down}: nothing was lost");
        is_the_route(&aboard(&autopilot));
    }
}
