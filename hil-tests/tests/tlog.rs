//! Real flights through the host's framing and listener, and over a real socket into its link.
//! Needs the recordings of `SKYHOUND_DATA` (default `../shared/data` beside the workspace); ignored without.

use skyhound::record::{Event, LinkReport};
use skyhound::time::TimeUs;
use skyhound::vehicle::parameter::index;
use skyhound::vehicle::{Firmware, Identity, Vehicle};
use skyhound_host::autopilot::framing::{Framer, FramingTotals};
use skyhound_host::autopilot::line::Line;
use skyhound_host::autopilot::listener::{Listener, ListenerTotals};
use skyhound_host::autopilot::tlog::Entries;
use skyhound_host::autopilot::{Address, Link};
use skyhound_host::clock::Clock;
use skyhound_host::settings::{Flags, Settings};
use skyhound_rig::needs;
use skyhound_rig::tlog;

fn recording(name: &str) -> Option<Vec<u8>> {
    needs::recorded(&format!("tlog/{name}")).map(|file| tlog::read(&file).unwrap())
}

struct Flight {
    framing: FramingTotals,
    listening: ListenerTotals,
    vehicle: Vehicle,
    events: Vec<(&'static str, String)>,
    frame_count: u64,
}

impl Flight {
    fn texts(&self, kind: &str) -> Vec<&str> {
        self.events.iter().filter(|(known, _)| *known == kind).map(|(_, text)| text.as_str()).collect()
    }
}

fn listen(recording: &[u8]) -> Flight {
    let (mut framer, mut listener) = (Framer::new(), Listener::new(None, 191, 0));
    let (mut vehicle, mut events, mut frame_count) = (Vehicle::default(), Vec::new(), 0);
    let mut entries = Entries::new(recording);
    let mut first_us = None;
    for entry in entries.by_ref() {
        let at = TimeUs(entry.recorded_us - *first_us.get_or_insert(entry.recorded_us));
        frame_count += 1;
        framer.push(entry.frame, |frame| {
            listener.take(&frame, at, &mut vehicle, &mut |event: Event| {
                events.push((event.kind, event.text.as_str().to_owned()));
            });
        });
    }
    assert_eq!(entries.skipped_bytes, 0);
    let (framing, listening) = (framer.totals(), listener.totals());
    Flight { framing, listening, vehicle, events, frame_count }
}

#[test]
fn every_frame_of_every_flight_comes_out() {
    // Frames, and those of the bound autopilot lost by sequence number: as pymavlink 2.4.50 counts them.
    // What is no multirotor or helicopter is never bound, and its numbers are nobody's.
    for (name, frame_count, sequence_lost, is_bound) in [
        ("phoenix_mission2_2018-09-25.tlog", 53_446, 103, true),
        ("eaics_flight_bench.tlog", 8_164, 0, false),
        ("magfit_bench.tlog", 2_632, 0, true),
        ("SITL_gitman_v2.tlog", 6_948, 0, true),
        ("SITL_khanfar_copter_v2.tlog", 10_277, 146, true),
        ("SITL_uavlogviewer_vtol.tlog", 23_894, 0, false),
    ] {
        let Some(recording) = recording(name) else { return };
        let flight = listen(&recording);
        assert_eq!(flight.frame_count, frame_count, "{name}");
        assert_eq!(flight.framing.received_total, frame_count, "{name}");
        let FramingTotals { crc_error_total, unknown_total, garbage_bytes_total, .. } = flight.framing;
        assert_eq!((crc_error_total, unknown_total, garbage_bytes_total), (0, 0, 0), "{name}");
        assert_eq!(flight.listening.sequence_lost_total, sequence_lost, "{name}");
        let identity = Identity { system: 1, component: 1, firmware: Firmware::ArduCopter };
        assert_eq!(flight.vehicle.identity, is_bound.then_some(identity), "{name}");
    }
}

#[test]
fn the_phoenix_flight_tells_its_modes_and_glitches() {
    let Some(recording) = recording("phoenix_mission2_2018-09-25.tlog") else { return };
    let flight = listen(&recording);
    let glitches = flight.texts("gps_glitch");
    assert_eq!(glitches.iter().filter(|text| **text == "GPS Glitch").count(), 3);
    assert_eq!(glitches.iter().filter(|text| **text == "GPS Glitch cleared").count(), 3);
    let mut modes = vec!["STABILIZE -> LOITER", "LOITER -> AUTO", "AUTO -> STABILIZE"];
    for _ in 0..7 {
        modes.extend(["STABILIZE -> AUTO", "AUTO -> STABILIZE"]);
    }
    let told: Vec<_> =
        flight.texts("mode_change").iter().map(|text| text.trim_start_matches("mode ")).collect();
    assert_eq!(told, modes);
    assert_eq!((flight.texts("armed").len(), flight.texts("disarmed").len()), (6, 6));
    assert_eq!(flight.texts("autopilot_reboot").len(), 0);
    let vehicle = flight.vehicle;
    assert!((vehicle.position.unwrap().value.place.lat_deg - 49.257).abs() < 0.001);
    assert_eq!(vehicle.gps.unwrap().value.satellites, Some(9));
    assert!(vehicle.ground_station.is_some() && vehicle.attitude.is_some() && vehicle.rc.is_some());
    assert_eq!(vehicle.utc_us, None, "a clock of 2018 is none");
}

#[test]
fn simulated_flights_of_mavlink_2_fill_the_vehicle() {
    let Some(recording) = recording("SITL_khanfar_copter_v2.tlog") else { return };
    let vehicle = listen(&recording).vehicle;
    assert_eq!(vehicle.heartbeat.unwrap().value.mode.name(), "GUIDED");
    assert!(vehicle.heartbeat.unwrap().value.armed);
    assert_eq!(vehicle.position.unwrap().value.alt_rel_m, 59.996);
    assert_eq!(vehicle.battery.unwrap().value.voltage_v, Some(12.6));
    assert!(!vehicle.ekf.unwrap().value.degraded);
    let Some(recording) = self::recording("magfit_bench.tlog") else { return };
    let vehicle = listen(&recording).vehicle;
    assert_eq!(vehicle.position, None, "0/0 before a fix is no position");
    let told = |name: &str| vehicle.parameters.told(index(name)).map(|told| told.value);
    assert_eq!((told("FENCE_ENABLE"), told("SYSID_MYGCS")), (Some(0.0), Some(255.0)));
}

/// Plays a whole recording to a link on this thread.
async fn played_to_a_link(
    recording: &[u8],
    speed: f64,
) -> (Vehicle, Vec<(&'static str, String)>, LinkReport) {
    let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let clock = Clock::start();
    let address = format!("autopilot.address=udpin:127.0.0.1:{free}");
    let settings = Settings::load(None, &[address], &Flags::default()).unwrap().autopilot;
    let mut link = Link::open(&settings, clock).unwrap();
    link.ready().await;
    let to: Address = format!("udpout:127.0.0.1:{free}").parse().unwrap();
    let mut line = Line::open(&to).await.unwrap();
    let (mut vehicle, mut events) = (Vehicle::default(), Vec::new());
    let mut playing = std::pin::pin!(tlog::play(recording, &mut line, speed));
    let mut passes = tokio::time::interval(std::time::Duration::from_millis(50));
    let played = loop {
        let done = tokio::select! {
            played = &mut playing => Some(played.unwrap()),
            () = link.ready() => None,
            _ = passes.tick() => None,
        };
        let now = clock.now();
        for _ in 0..if done.is_some() { 50 } else { 1 } {
            link.drain(now, &mut vehicle, &mut |event: Event| {
                events.push((event.kind, event.text.as_str().to_owned()));
            });
        }
        link.tick(now, &mut vehicle);
        if let Some(played) = done {
            break played;
        }
    };
    assert_eq!(played.refused_total, 0);
    assert!(played.answered_bytes_total > 0, "the link asked for things");
    (vehicle, events, link.report())
}

#[tokio::test]
async fn a_flight_played_over_udp_is_heard_whole() {
    let Some(recording) = recording("phoenix_mission2_2018-09-25.tlog") else { return };
    let (vehicle, events, report) = played_to_a_link(&recording, 200.0).await;
    // Loopback may drop datagrams of a receiver that is starved for longer than its buffer.
    assert!(report.received_total > 53_000, "{report:?}");
    assert_eq!((report.crc_error_total, report.garbage_bytes_total, report.unknown_total), (0, 0, 0));
    assert!(report.sequence_lost_total < 103 + 446);
    assert_eq!(vehicle.identity.unwrap().system, 1);
    assert!(events.iter().filter(|(kind, _)| *kind == "gps_glitch").count() >= 3);
    assert!(events.iter().filter(|(kind, _)| *kind == "mode_change").count() >= 10);
    assert!(report.sent_total > 10);
}

#[test]
fn the_command_plays_and_says_what_it_did() {
    let Some(file) = needs::recorded("tlog/magfit_bench.tlog") else { return };
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = format!("udpout:{}", socket.local_addr().unwrap());
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_skyhound-rig"))
        .args(["play-tlog", file.to_str().unwrap(), "--to", &to, "--speed", "1000"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("played 2632 frames (76559 bytes)"), "{said}");
    assert!(said.contains("refused 0, skipped 0 bytes"), "{said}");
}
