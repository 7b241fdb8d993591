//! What we send, read back by the crate's own parser.

use mavlink::dialects::ardupilotmega::{MavFrame, MavMessage};
use mavlink::{MavlinkVersion, Message};

use super::super::framing::Framer;
use super::super::payload::Payload;
use super::*;

const OURS: Encoder = Encoder { system: 7, component: 191, target_component: 1, sequence: 42 };

/// What our own framer and the dialect's decoder make of it.
fn decoded(packet: &Packet) -> MavMessage {
    let mut got = None;
    Framer::new().push(packet.bytes(), |frame| {
        assert!(frame.is_mavlink_2);
        assert_eq!((frame.system, frame.component, frame.sequence), (7, 191, 42));
        got = MavMessage::parse(MavlinkVersion::V2, frame.id, frame.payload).ok();
    });
    got.expect("a good frame")
}

#[test]
fn a_setpoint_is_velocity_and_yaw_rate_in_local_ned() {
    let velocity = Velocity { north_mps: 1.5, east_mps: -2.0, down_mps: 0.25, yaw_rate_rad_s: -0.5 };
    let packet = OURS.setpoint(TimeUs(12_345_678), &velocity).unwrap();
    let MavMessage::SET_POSITION_TARGET_LOCAL_NED(sent) = decoded(&packet) else { panic!() };
    assert_eq!((sent.vx, sent.vy, sent.vz, sent.yaw_rate), (1.5, -2.0, 0.25, -0.5));
    assert_eq!(sent.type_mask.bits(), 0x05C7);
    assert_eq!(sent.coordinate_frame, MavFrame::MAV_FRAME_LOCAL_NED);
    assert_eq!((sent.target_system, sent.target_component), (7, 1));
    assert_eq!(sent.time_boot_ms, 12_345);
}

#[test]
fn what_is_not_finite_is_never_sent() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
        for axis in 0..4 {
            let mut values = [0.0; 4];
            values[axis] = bad;
            let [north_mps, east_mps, down_mps, yaw_rate_rad_s] = values;
            let velocity = Velocity { north_mps, east_mps, down_mps, yaw_rate_rad_s };
            assert!(OURS.setpoint(TimeUs(0), &velocity).is_none());
        }
    }
}

#[test]
fn texts_carry_their_chunk() {
    for (text, id, sequence) in [("HOMING", 0, 0), (&*"x".repeat(50), 300, 0), ("", 300, 1), ("end", 1, 2)] {
        let packet = OURS.status_text(Severity::Warning, text.as_bytes(), id, sequence);
        let MavMessage::STATUSTEXT(sent) = decoded(&packet) else { panic!() };
        assert_eq!((sent.severity as u8, sent.text.to_str().unwrap()), (4, text));
        Framer::new().push(packet.bytes(), |frame| {
            let payload = Payload(frame.payload);
            assert_eq!((payload.u16(51), payload.u8(53)), (id, sequence));
        });
    }
}

#[test]
#[allow(deprecated)] // REQUEST_DATA_STREAM, for autopilots that know no other way.
fn requests_name_what_they_want() {
    let MavMessage::PARAM_REQUEST_READ(sent) = decoded(&OURS.param_request("GUID_TIMEOUT")) else { panic!() };
    assert_eq!((sent.param_index, sent.param_id.to_str().unwrap()), (-1, "GUID_TIMEOUT"));
    let MavMessage::PARAM_REQUEST_READ(sent) = decoded(&OURS.param_request("SIXTEEN_BYTES_XX")) else {
        panic!()
    };
    assert_eq!(&sent.param_id[..], b"SIXTEEN_BYTES_XX");

    let MavMessage::COMMAND_LONG(sent) = decoded(&OURS.message_interval(33, 100_000)) else { panic!() };
    assert_eq!((sent.command as u32, sent.param1, sent.param2), (511, 33.0, 100_000.0));
    for (is_old, command, param1) in [(false, 512, 242.0), (true, 410, 0.0)] {
        let MavMessage::COMMAND_LONG(sent) = decoded(&OURS.home_request(is_old)) else { panic!() };
        assert_eq!((sent.command as u32, sent.param1), (command, param1));
        assert_eq!((sent.target_system, sent.target_component), (7, 1));
    }
    let MavMessage::REQUEST_DATA_STREAM(sent) = decoded(&OURS.stream_request(Stream::Slow, 2)) else {
        panic!()
    };
    assert_eq!((sent.req_stream_id as u8, sent.req_message_rate, sent.start_stop), (12, 2, 1));

    let MavMessage::NAMED_VALUE_FLOAT(sent) = decoded(&OURS.named_value(TimeUs(0), "snr_db_longer", 12.5))
    else {
        panic!()
    };
    assert_eq!((sent.name.to_str().unwrap(), sent.value), ("snr_db_lon", 12.5));
    let MavMessage::HEARTBEAT(sent) = decoded(&OURS.heartbeat(77)) else { panic!() };
    assert_eq!((sent.custom_mode, sent.mavtype as u8, sent.autopilot as u8), (77, 18, 8));
    let MavMessage::TIMESYNC(sent) = decoded(&OURS.time_sync(0, 5_000)) else { panic!() };
    assert_eq!((sent.tc1, sent.ts1), (0, 5_000));
}

#[test]
fn the_fence_is_asked_for_with_its_type() {
    for (request, id, payload) in [
        (ZoneRequest::List, 43, vec![7, 1, 1]),
        (ZoneRequest::Item(300), 51, vec![44, 1, 7, 1, 1]),
        (ZoneRequest::Thanks, 47, vec![7, 1, 0, 1]),
    ] {
        let packet = OURS.mission_request(request, 1);
        decoded(&packet);
        Framer::new().push(packet.bytes(), |frame| {
            assert_eq!((frame.id, frame.payload), (id, payload.as_slice()));
        });
    }
}
