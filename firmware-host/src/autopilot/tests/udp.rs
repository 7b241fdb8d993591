//! The link over real UDP sockets: who is answered, who is not.

use mavlink::MavHeader;
use skyhound::time::Aged;
use skyhound::vehicle::parameter::{self, index};
use tokio::net::UdpSocket;

use super::*;

async fn peer() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

fn listen(ears: &mut Ears, socket: &UdpSocket) {
    let mut buffer = [0; 2048];
    while let Ok(count) = socket.try_recv(&mut buffer) {
        ears.take(&buffer[..count]);
    }
}

/// Waits until the pilot's socket is bound, so that the first datagram is not lost.
async fn open(pilot: &mut Pilot) {
    pilot.pass_until("open", |pilot| pilot.happened("line_open") == 1).await;
}

#[tokio::test]
async fn hears_and_answers_the_autopilots_peer_alone() {
    let (port, autopilot, stranger) = (free_port(), peer().await, peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    let to = ("127.0.0.1", port);
    autopilot.connect(to).await.unwrap();
    stranger.connect(to).await.unwrap();
    stranger.send(&framed(&position(1))).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("bound", |pilot| pilot.link.is_up()).await;
    assert_eq!(pilot.vehicle.position, None, "a stranger speaks before any heartbeat");

    stranger.send(&framed(&heartbeat(9))).await.unwrap();
    stranger.send(&framed(&position(2))).await.unwrap();
    autopilot.send(&encoded(false, 1, &position(470_000_000))).await.unwrap();
    pilot.pass_until("position", |pilot| pilot.vehicle.position.is_some()).await;
    assert_eq!(pilot.vehicle.position.unwrap().value.place.lat_deg, 47.0);
    assert_eq!(pilot.vehicle.heartbeat.unwrap().value.mode.name(), "GUIDED");
    assert_eq!(pilot.link.report().foreign_total, 3);

    let (mut ears, mut others) = (Ears::default(), Ears::default());
    pilot
        .pass_until("requests", |_| {
            listen(&mut ears, &autopilot);
            listen(&mut others, &stranger);
            ears.count(76) >= 2 && ears.count(0) >= 1 && ears.count(20) >= 3 && ears.count(111) >= 1
        })
        .await;
    assert_eq!(others.heard.len(), 0);
    assert!(pilot.link.report().sent_total >= 7);
}

#[tokio::test]
async fn udpout_speaks_first_and_survives_nobody_there() {
    let port = free_port();
    let mut pilot = Pilot::new(&settings(&format!("udpout:127.0.0.1:{port}")));
    open(&mut pilot).await;
    pilot.pass_until("heartbeats into nothing", |pilot| pilot.link.port.dropped_total >= 1).await;
    let autopilot = UdpSocket::bind(("127.0.0.1", port)).await.unwrap();
    let mut buffer = [0; 2048];
    let mut from = None;
    pilot
        .pass_until("a heartbeat", |_| {
            from = autopilot.try_recv_from(&mut buffer).ok().map(|(_, from)| from);
            from.is_some()
        })
        .await;
    autopilot.connect(from.unwrap()).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    assert_eq!(pilot.happened("line_lost"), 0);
    assert_eq!(pilot.link.report().reconnect_total, 0);
}

#[tokio::test]
async fn garbage_costs_the_garbage() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    let mut sent = 0;
    for round in 0..50u8 {
        // The head of a long frame, then a good frame.
        let mut bytes = vec![0xFD, 200, 0, 0, round, 1, 1, 147, 0, 0, 0xFE, round];
        bytes.extend(framed(&position(400_000_000 + i32::from(round))));
        autopilot.send(&bytes).await.unwrap();
        sent += 12;
    }
    let last = 40.0 + 49.0 / 1e7;
    let done = |pilot: &mut Pilot| {
        pilot.vehicle.position.is_some_and(|position| (position.value.place.lat_deg - last).abs() < 1e-9)
    };
    pilot.pass_until("the last position", done).await;
    let report = pilot.link.report();
    assert_eq!((report.received_total, report.garbage_bytes_total), (51, sent));
    assert_eq!(report.resync_total, 50);
}

#[tokio::test]
async fn silence_takes_the_link_down_and_forgets_the_failsafes() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    let known = |pilot: &Pilot| pilot.vehicle.parameters.told(index("GUID_TIMEOUT")).is_some();
    pilot.vehicle.parameters.keep(index("GUID_TIMEOUT"), Some(Aged::new(1.0, TimeUs(1))));
    let heard = pilot.vehicle.heartbeat.unwrap().received_us;
    pilot.drain_at(heard.plus_us(5_000_000));
    assert!(pilot.link.is_up());
    pilot.drain_at(heard.plus_us(5_000_001));
    assert!(!pilot.link.is_up() && !known(&pilot));
    assert_eq!(pilot.happened("link_down"), 1);
}

#[tokio::test]
async fn the_time_received_is_never_later_than_the_pass() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    let begun = pilot.clock.now();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.link.ready().await;
    pilot.drain_at(begun);
    assert_eq!(pilot.vehicle.heartbeat.unwrap().received_us, begun);
}

/// A pass that is late makes nothing look fresh.
#[tokio::test]
async fn the_time_received_is_when_it_was_read() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.link.ready().await;
    let read = pilot.clock.now();
    tokio::time::sleep(Duration::from_millis(20)).await;
    pilot.drain();
    assert!(pilot.vehicle.heartbeat.unwrap().received_us <= read);
}

#[tokio::test]
async fn a_pass_that_never_comes_fills_a_bounded_channel_and_the_reader_reads_on() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    let begun = tokio::time::Instant::now();
    while pilot.link.report().unread_total == 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "never full");
        let _ = autopilot.try_send(&framed(&position(1)));
        tokio::task::yield_now().await;
    }
    // It makes room by passes alone, and what is read then is fresh.
    pilot
        .pass_until("heard", |pilot| {
            let _ = autopilot.try_send(&framed(&heartbeat(4)));
            pilot.link.is_up()
        })
        .await;
    assert!(pilot.link.report().unread_total > 0);
}

#[tokio::test]
async fn each_reading_thread_asks_the_system_first() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let settings = settings(&format!("udpin:127.0.0.1:{}", free_port()));
    let ask = move || {
        counted.fetch_add(1, Ordering::SeqCst);
    };
    let mut link = Link::open_as(&settings, Clock::start(), ask).unwrap();
    link.ready().await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_uploaded_fence_is_read_once_the_parameters_are_settled() {
    use mavlink::MessageData;
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    for (at, _) in parameter::of(Firmware::ArduCopter) {
        pilot.vehicle.parameters.keep(at, Some(Aged::new(1.0, TimeUs(1))));
    }
    let mut item = [0; 38];
    item[0..4].copy_from_slice(&25.0f32.to_le_bytes());
    item[16..20].copy_from_slice(&470_000_000i32.to_le_bytes());
    item[20..24].copy_from_slice(&80_000_000i32.to_le_bytes());
    item[30..32].copy_from_slice(&5004u16.to_le_bytes());
    (item[32], item[33], item[37]) = (1, 191, 1);
    let (mut ears, mut answered) = (Ears::default(), 0);
    pilot
        .pass_until("the fence", |pilot| {
            listen(&mut ears, &autopilot);
            for message in &ears.heard[answered..] {
                let answer = match message {
                    MavMessage::MISSION_REQUEST_LIST(_) => {
                        made(44, 0, &[1, 0, 1, 191, 1], dialect::MISSION_COUNT_DATA::EXTRA_CRC)
                    }
                    MavMessage::MISSION_REQUEST_INT(_) => {
                        made(73, 0, &item, dialect::MISSION_ITEM_INT_DATA::EXTRA_CRC)
                    }
                    _ => continue,
                };
                autopilot.try_send(&answer).unwrap();
            }
            answered = ears.heard.len();
            pilot.vehicle.zones.is_some() && ears.count(47) == 1
        })
        .await;
    let zones = pilot.vehicle.zones.unwrap().value;
    let place = skyhound::geo::Wgs84 { lat_deg: 47.0, lon_deg: 8.0 };
    let disc = skyhound::vehicle::Zone::Circle { inside: false, center: place, radius_m: 25.0 };
    assert_eq!((zones.iter().collect::<Vec<_>>(), zones.is_cut), (vec![disc], false));
}

#[tokio::test]
async fn an_autopilot_that_hears_nothing_is_told_as_such() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    pilot
        .pass_until("told", |pilot| {
            let _ = autopilot.try_send(&framed(&heartbeat(4)));
            pilot.vehicle.contested.is_some_and(|why| why.contains("answers none of our questions"))
        })
        .await;
    let question = pilot.link.listener.time_sync.ask(pilot.clock.now());
    let answer = MavMessage::TIMESYNC(dialect::TIMESYNC_DATA { tc1: 5, ts1: question });
    autopilot.send(&framed(&answer)).await.unwrap();
    pilot.pass_until("cleared", |pilot| pilot.vehicle.contested.is_none()).await;
}

/// An antenna tracker on another address is no peer, and is named.
#[tokio::test]
async fn a_tracker_takes_nobodys_place() {
    let (port, tracker, autopilot) = (free_port(), peer().await, peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    tracker.connect(("127.0.0.1", port)).await.unwrap();
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    let MavMessage::HEARTBEAT(beat) = heartbeat(0) else { unreachable!() };
    let beat = dialect::HEARTBEAT_DATA { mavtype: dialect::MavType::MAV_TYPE_ANTENNA_TRACKER, ..beat };
    let header = MavHeader { system_id: 2, component_id: 1, sequence: 0 };
    let mut raw = mavlink::MAVLinkV2MessageRaw::new();
    raw.serialize_message(header, &MavMessage::HEARTBEAT(beat));
    tracker.send(raw.raw_bytes()).await.unwrap();
    pilot.pass_until("told", |pilot| pilot.vehicle.contested.is_some()).await;
    assert!(pilot.vehicle.contested.unwrap().contains("no multirotor or helicopter"));
    let now = pilot.clock.now();
    let others: Vec<_> = pilot.link.others(now).collect();
    assert_eq!(others, ["system 2 component 1: antenna tracker (ArduPilot)"]);
    assert_eq!((pilot.vehicle.identity, pilot.happened("peer")), (None, 0));
    autopilot.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("bound", |pilot| pilot.link.is_up()).await;
    assert_eq!(pilot.vehicle.identity.unwrap().system, 1);
}

#[tokio::test]
async fn the_autopilot_may_move_after_silence_and_is_told_the_time() {
    let (port, before, after) = (free_port(), peer().await, peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    before.connect(("127.0.0.1", port)).await.unwrap();
    after.connect(("127.0.0.1", port)).await.unwrap();
    before.send(&framed(&heartbeat(4))).await.unwrap();
    pilot.pass_until("up", |pilot| pilot.link.is_up()).await;
    let heard = pilot.vehicle.heartbeat.unwrap().received_us;
    // Another system's autopilot never takes over, nor a bare position, nor the right one too early.
    let stranger = MavHeader { system_id: 2, component_id: 1, sequence: 0 };
    let mut raw = mavlink::MAVLinkV2MessageRaw::new();
    raw.serialize_message(stranger, &heartbeat(9));
    for (bytes, at_us) in [
        (raw.raw_bytes().to_vec(), 4_000_000),
        (framed(&position(1)), 4_000_000),
        (framed(&heartbeat(9)), 2_900_000),
    ] {
        after.send(&bytes).await.unwrap();
        pilot.link.ready().await;
        pilot.drain_at(heard.plus_us(at_us));
        assert_eq!(pilot.vehicle.heartbeat.unwrap().value.mode.name(), "GUIDED");
    }
    after.send(&framed(&heartbeat(5))).await.unwrap();
    pilot.link.ready().await;
    pilot.drain_at(heard.plus_us(3_100_000));
    assert_eq!(pilot.vehicle.heartbeat.unwrap().value.mode.name(), "LOITER");
    assert_eq!(pilot.happened("peer"), 2);

    let question = MavMessage::TIMESYNC(dialect::TIMESYNC_DATA { tc1: 0, ts1: 77 });
    after.send(&framed(&question)).await.unwrap();
    let mut ears = Ears::default();
    let is_answer =
        |message: &MavMessage| matches!(message, MavMessage::TIMESYNC(t) if t.ts1 == 77 && t.tc1 > 0);
    pilot
        .pass_until("the time", |_| {
            listen(&mut ears, &after);
            ears.heard.iter().any(is_answer)
        })
        .await;
    let mut silence = Ears::default();
    listen(&mut silence, &before);
    let late = silence.heard.iter().any(is_answer);
    assert!(!late, "nothing more goes to the old peer");
}

#[tokio::test]
async fn failsafes_and_home_are_asked_for_again_after_a_reboot() {
    let (port, autopilot) = (free_port(), peer().await);
    let mut pilot = Pilot::new(&settings(&format!("udpin:127.0.0.1:{port}")));
    open(&mut pilot).await;
    autopilot.connect(("127.0.0.1", port)).await.unwrap();
    for (reboots, boot_ms) in [(0, 90_000), (1, 3_000)] {
        let (begun, mut sequence) = (pilot.clock.now(), 0u8);
        pilot
            .pass_until("heard", |pilot| {
                let since_ms = pilot.clock.now().since_us(begun) / 1_000;
                let time_boot_ms = boot_ms + since_ms as u32;
                let attitude = dialect::ATTITUDE_DATA { time_boot_ms, ..Default::default() };
                for message in [heartbeat(4), MavMessage::ATTITUDE(attitude)] {
                    autopilot.try_send(&encoded(true, sequence, &message)).unwrap();
                    sequence = sequence.wrapping_add(1);
                }
                pilot.link.is_up() && pilot.happened("autopilot_reboot") == reboots
            })
            .await;
        let (mut ears, mut answered) = (Ears::default(), 0);
        pilot
            .pass_until("all failsafes", |pilot| {
                listen(&mut ears, &autopilot);
                for message in &ears.heard[answered..] {
                    if let MavMessage::PARAM_REQUEST_READ(asked) = message {
                        let value = dialect::PARAM_VALUE_DATA {
                            param_value: 1.0,
                            param_index: 65_535,
                            param_id: asked.param_id,
                            ..Default::default()
                        };
                        let value = encoded(true, sequence, &MavMessage::PARAM_VALUE(value));
                        autopilot.try_send(&value).unwrap();
                        sequence = sequence.wrapping_add(1);
                    }
                }
                answered = ears.heard.len();
                let firmware = pilot.vehicle.identity.unwrap().firmware;
                parameter::of(firmware).all(|(index, _)| pilot.vehicle.parameters.told(index).is_some())
            })
            .await;
        assert!(ears.count(76) >= 2, "rates and home are asked for: {}", ears.count(76));
    }
}
