//! MAVLink in and out: our framing with the listener, and our encoder, against the crate's bare reader and writer on the
//! same messages. Goal: at least 5 M messages/s each way.
//!
//! "Bare" is what the `mavlink` crate does alone: find the frame, check its CRC, decode it. Ours also counts, binds,
//! watches sequence numbers and keeps the vehicle.

use std::hint::black_box;

use mavlink::dialects::ardupilotmega::{self as dialect, MavMessage};
use mavlink::{MAVLinkV2MessageRaw, MavHeader, MavlinkReader, Message};
use skyhound::command::Velocity;
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use skyhound_benches::{compare, print_head, print_row};
use skyhound_host::autopilot::framing::Framer;
use skyhound_host::autopilot::listener::Listener;
use skyhound_host::autopilot::outbound::Encoder;

/// One second of an autopilot's telemetry, many times over: 2 MB, as it comes at 10 Hz position and attitude.
const MESSAGES: usize = 50_000;
/// What one read of a line gives.
const CHUNK_BYTES: usize = 1024;

fn telemetry() -> (Vec<u8>, usize) {
    let heartbeat = dialect::HEARTBEAT_DATA {
        autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
        mavtype: dialect::MavType::MAV_TYPE_QUADROTOR,
        ..Default::default()
    };

    let attitude =
        dialect::ATTITUDE_DATA { roll: 0.1, pitch: 0.2, yaw: 0.3, yawspeed: 0.4, ..Default::default() };
    let position = dialect::GLOBAL_POSITION_INT_DATA {
        lat: 470_000_000,
        lon: 80_000_000,
        hdg: 9_000,
        ..Default::default()
    };
    let mix = [
        MavMessage::HEARTBEAT(heartbeat),
        MavMessage::ATTITUDE(attitude.clone()),
        MavMessage::GLOBAL_POSITION_INT(position.clone()),
        MavMessage::GPS_RAW_INT(dialect::GPS_RAW_INT_DATA { satellites_visible: 12, ..Default::default() }),
        MavMessage::ATTITUDE(attitude),
        MavMessage::GLOBAL_POSITION_INT(position),
        MavMessage::SYS_STATUS(dialect::SYS_STATUS_DATA { battery_remaining: 80, ..Default::default() }),
        MavMessage::RC_CHANNELS(dialect::RC_CHANNELS_DATA {
            chan1_raw: 1500,
            rssi: 200,
            ..Default::default()
        }),
    ];
    let mut bytes = Vec::new();
    for index in 0..MESSAGES {
        let mut raw = MAVLinkV2MessageRaw::new();
        let header = MavHeader { system_id: 1, component_id: 1, sequence: index as u8 };
        raw.serialize_message(header, &mix[index % mix.len()]);
        bytes.extend_from_slice(raw.raw_bytes());
    }
    let count = bytes.len();
    (bytes, count)
}

fn bench_parse() {
    let (bytes, byte_count) = telemetry();
    let mut kept = Vehicle::default();
    let ours = || {
        let (mut framer, mut listener) = (Framer::new(), Listener::new(None, 191, 0));
        let mut vehicle = Vehicle::default();
        for (index, chunk) in bytes.chunks(CHUNK_BYTES).enumerate() {
            framer.push(chunk, |frame| {
                listener.take(&frame, TimeUs(index as u64), &mut vehicle, &mut |_| ());
            });
        }
        assert_eq!(framer.totals().received_total, MESSAGES as u64);
        kept = black_box(vehicle);
    };
    let bare = || {
        let mut reader = MavlinkReader::new(&bytes[..]);
        for _ in 0..MESSAGES {
            let (_, message) = reader.read_any_message::<MavMessage>().expect("a good frame");
            black_box(message.message_id());
        }
    };
    let got = compare(MESSAGES as u64, ours, MESSAGES as u64, bare);
    row("parse, bind, keep the vehicle", got.ours_ns, "mavlink::MavlinkReader", got.peer_ns, got.ratio);
    println!("  ({:.0} bytes a message on average)", byte_count as f64 / MESSAGES as f64);
    assert!(kept.position.is_some() && kept.rc.is_some());
}

fn bench_encode() {
    let encoder = Encoder { system: 1, component: 191, target_component: 1, sequence: 0 };
    let ours = || {
        for index in 0..MESSAGES {
            let encoder = Encoder { sequence: index as u8, ..encoder };
            let velocity = Velocity { north_mps: index as f64, ..Velocity::default() };
            let packet = encoder.setpoint(TimeUs(index as u64), &velocity).expect("finite");
            black_box(packet.bytes());
        }
    };
    let bare = || {
        let mut out = Vec::with_capacity(300);
        for index in 0..MESSAGES {
            let header = MavHeader { system_id: 1, component_id: 191, sequence: index as u8 };
            let setpoint =
                dialect::SET_POSITION_TARGET_LOCAL_NED_DATA { vx: index as f32, ..Default::default() };
            out.clear();
            let message = MavMessage::SET_POSITION_TARGET_LOCAL_NED(setpoint);
            mavlink::write_v2_msg(&mut out, header, &message).expect("a vector takes it");
            black_box(out.len());
        }
    };
    let got = compare(MESSAGES as u64, ours, MESSAGES as u64, bare);
    row("encode a setpoint", got.ours_ns, "mavlink::write_v2_msg", got.peer_ns, got.ratio);
}

fn row(what: &str, ours_ns: f64, peer: &str, peer_ns: f64, ratio: f64) {
    let rate = |ns: f64| format!("{:.2} M msg/s", 1e3 / ns);
    print_row(what, &rate(ours_ns), peer, &rate(peer_ns), ratio, "≥ 5 M msg/s");
}

fn main() {
    print_head("MAVLink, one thread, CPU time");
    bench_parse();
    bench_encode();
}
