//! From our words to MAVLink 2 frames.
//!
//! Setpoints follow the type mask of mavlink.io's POSITION_TARGET_TYPEMASK and ArduPilot's "Velocity + Yaw Rate"
//! (0x05C7): position, acceleration and yaw ignored, velocity and yaw rate used, never a force; frame MAV_FRAME_LOCAL_NED.

use mavlink::dialects::ardupilotmega as dialect;
use mavlink::{MAVLinkV2MessageRaw, MavHeader, MessageData};
use skyhound::command::Velocity;
use skyhound::record::Severity;
use skyhound::time::TimeUs;

use super::framing::MAGIC_2;
use super::mission;
use super::post::Reply;
use super::zones::ZoneRequest;

/// Ignore x, y, z (bits 0–2), acceleration (6–8) and yaw (10).
const VELOCITY_AND_YAW_RATE: u16 = 0b0101_1100_0111;
/// Name of the value that tells us from a rival.
pub const MARK_NAME: &str = "SKY_MARK";
const MISSION_ACCEPTED: u8 = 0;
/// Bytes of a STATUSTEXT chunk.
pub const CHUNK_BYTES: usize = 50;

/// The streams of REQUEST_DATA_STREAM, by what we want of them.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Stream {
    /// GLOBAL_POSITION_INT.
    Position,
    /// ATTITUDE: EXTRA1.
    Attitude,
    /// SYS_STATUS, GPS_RAW_INT: EXTENDED_STATUS.
    Status,
    /// RC_CHANNELS.
    Rc,
    /// SYSTEM_TIME, BATTERY_STATUS, EKF_STATUS_REPORT: EXTRA3.
    Slow,
}

/// A frame ready for the line.
pub struct Packet {
    raw: MAVLinkV2MessageRaw,
}

impl Packet {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.raw.raw_bytes()
    }
}

/// Whom we speak as, and to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Encoder {
    /// The vehicle's system, and so ours.
    pub system: u8,
    /// Our component.
    pub component: u8,
    /// The autopilot's component.
    pub target_component: u8,
    /// Sequence number of the next frame.
    pub sequence: u8,
}

impl Encoder {
    fn packet<M: MessageData>(&self, message: &M) -> Packet {
        let header = MavHeader {
            system_id: u32::from(self.system),
            component_id: self.component,
            sequence: self.sequence,
        };
        let mut raw = MAVLinkV2MessageRaw::new();
        raw.serialize_message_data(header, message);
        Packet { raw }
    }

    /// A message whose payload is at hand.
    pub fn reply(&self, reply: &Reply) -> Packet {
        let mut raw = MAVLinkV2MessageRaw::new();
        let frame = raw.as_mut_slice();
        let [id_0, id_1, id_2, _] = reply.id.to_le_bytes();
        let flags_none = 0;
        frame[..10].copy_from_slice(&[
            MAGIC_2,
            0,
            flags_none,
            flags_none,
            self.sequence,
            self.system,
            self.component,
            id_0,
            id_1,
            id_2,
        ]);
        extended(Packet { raw }, reply.payload(), reply.seed)
    }

    /// HEARTBEAT of an onboard computer; `mark` tells ours from a rival's.
    pub fn heartbeat(&self, mark: u32) -> Packet {
        self.packet(&dialect::HEARTBEAT_DATA {
            custom_mode: mark,
            mavtype: dialect::MavType::MAV_TYPE_ONBOARD_CONTROLLER,
            autopilot: dialect::MavAutopilot::MAV_AUTOPILOT_INVALID,
            base_mode: dialect::MavModeFlag::empty(),
            system_status: dialect::MavState::MAV_STATE_ACTIVE,
            mavlink_version: 3,
        })
    }

    /// SET_POSITION_TARGET_LOCAL_NED; `None` when a value is not finite: such a thing is never sent.
    pub fn setpoint(&self, now: TimeUs, velocity: &Velocity) -> Option<Packet> {
        let values = [velocity.north_mps, velocity.east_mps, velocity.down_mps, velocity.yaw_rate_rad_s]
            .map(|v| v as f32);
        if !values.iter().all(|value| value.is_finite()) {
            return None;
        }
        let [vx, vy, vz, yaw_rate] = values;
        Some(self.packet(&dialect::SET_POSITION_TARGET_LOCAL_NED_DATA {
            time_boot_ms: boot_ms(now),
            vx,
            vy,
            vz,
            yaw_rate,
            type_mask: dialect::PositionTargetTypemask::from_bits_retain(VELOCITY_AND_YAW_RATE),
            target_system: self.system,
            target_component: self.target_component,
            coordinate_frame: dialect::MavFrame::MAV_FRAME_LOCAL_NED,
            ..Default::default()
        }))
    }

    /// One chunk of a STATUSTEXT; `id` 0 = the only one. The dialect's encoder knows no extension fields, so the payload
    /// is put together here.
    pub fn status_text(&self, severity: Severity, chunk: &[u8], id: u16, sequence: u8) -> Packet {
        let plain = dialect::STATUSTEXT_DATA::default();
        let packet = self.packet(&plain);
        let mut payload = [0; 54];
        payload[0] = severity as u8;
        payload[1..1 + chunk.len()].copy_from_slice(chunk);
        payload[51..53].copy_from_slice(&id.to_le_bytes());
        payload[53] = sequence;
        extended(packet, &payload, dialect::STATUSTEXT_DATA::EXTRA_CRC)
    }

    /// NAMED_VALUE_FLOAT; a name longer than 10 bytes is cut.
    pub fn named_value(&self, now: TimeUs, name: &str, value: f32) -> Packet {
        self.packet(&dialect::NAMED_VALUE_FLOAT_DATA {
            time_boot_ms: boot_ms(now),
            value,
            name: padded(name).into(),
        })
    }

    /// NAMED_VALUE_INT with the mark of [`Encoder::heartbeat`], by which a rival behind a router is told: routers keep heartbeats
    /// of ids that they heard on two lines from both of these, and pass everything else.
    pub fn mark(&self, now: TimeUs, mark: u32) -> Packet {
        self.packet(&dialect::NAMED_VALUE_INT_DATA {
            time_boot_ms: boot_ms(now),
            value: mark.cast_signed(),
            name: padded(MARK_NAME).into(),
        })
    }

    /// PARAM_REQUEST_READ by name.
    pub fn param_request(&self, name: &str) -> Packet {
        self.packet(&dialect::PARAM_REQUEST_READ_DATA {
            param_index: -1,
            target_system: self.system,
            target_component: self.target_component,
            param_id: padded(name).into(),
        })
    }

    /// The mission protocol, reading a list of type `kind`. The dialect's encoder knows no extension fields, and the type is one.
    pub fn mission_request(&self, request: ZoneRequest, kind: u8) -> Packet {
        let (system, component) = (self.system, self.target_component);
        match request {
            ZoneRequest::List => {
                let packet = self.packet(&dialect::MISSION_REQUEST_LIST_DATA::default());
                extended(packet, &[system, component, kind], dialect::MISSION_REQUEST_LIST_DATA::EXTRA_CRC)
            }
            ZoneRequest::Item(seq) => {
                let packet = self.packet(&dialect::MISSION_REQUEST_INT_DATA::default());
                let [low, high] = seq.to_le_bytes();
                let payload = [low, high, system, component, kind];
                extended(packet, &payload, dialect::MISSION_REQUEST_INT_DATA::EXTRA_CRC)
            }
            ZoneRequest::Thanks => {
                let packet = self.packet(&dialect::MISSION_ACK_DATA::default());
                let payload = [system, component, MISSION_ACCEPTED, kind];
                extended(packet, &payload, dialect::MISSION_ACK_DATA::EXTRA_CRC)
            }
        }
    }

    /// MISSION_COUNT: so many items of a mission are to go up.
    pub fn mission_count(&self, count: u16) -> Packet {
        let packet = self.packet(&dialect::MISSION_COUNT_DATA::default());
        let [low, high] = count.to_le_bytes();
        let payload = [low, high, self.system, self.target_component, mission::TYPE_MISSION];
        extended(packet, &payload, dialect::MISSION_COUNT_DATA::EXTRA_CRC)
    }

    /// MISSION_ITEM_INT: item `seq` of a mission that goes up.
    pub fn mission_item(&self, item: &mission::Item, seq: u16) -> Packet {
        let packet = self.packet(&dialect::MISSION_ITEM_INT_DATA::default());
        let payload = item.payload(seq, (self.system, self.target_component));
        extended(packet, &payload, dialect::MISSION_ITEM_INT_DATA::EXTRA_CRC)
    }

    /// TIMESYNC: a question when `tc1_ns` is 0, else an answer.
    pub fn time_sync(&self, tc1_ns: i64, ts1_ns: i64) -> Packet {
        self.packet(&dialect::TIMESYNC_DATA { tc1: tc1_ns, ts1: ts1_ns })
    }

    /// MAV_CMD_SET_MESSAGE_INTERVAL.
    pub fn message_interval(&self, id: u32, interval_us: u32) -> Packet {
        let params = [id as f32, interval_us as f32, 0.0, 0.0, 0.0, 0.0, 0.0];
        self.command(dialect::MavCmd::MAV_CMD_SET_MESSAGE_INTERVAL, params)
    }

    /// MAV_CMD_REQUEST_MESSAGE for HOME_POSITION, or, for older autopilots, MAV_CMD_GET_HOME_POSITION.
    pub fn home_request(&self, is_old: bool) -> Packet {
        const HOME_POSITION: f32 = 242.0;
        #[allow(deprecated)] // ArduPilot before 4.1 knows no other way.
        let old = dialect::MavCmd::MAV_CMD_GET_HOME_POSITION;
        if is_old {
            return self.command(old, [0.0; 7]);
        }
        let params = [HOME_POSITION, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        self.command(dialect::MavCmd::MAV_CMD_REQUEST_MESSAGE, params)
    }

    /// REQUEST_DATA_STREAM, for autopilots without message intervals.
    #[allow(deprecated)] // Such autopilots know no other way.
    pub fn stream_request(&self, stream: Stream, rate_hz: u16) -> Packet {
        let req_stream_id = match stream {
            Stream::Position => dialect::MavDataStream::MAV_DATA_STREAM_POSITION,
            Stream::Attitude => dialect::MavDataStream::MAV_DATA_STREAM_EXTRA1,
            Stream::Status => dialect::MavDataStream::MAV_DATA_STREAM_EXTENDED_STATUS,
            Stream::Rc => dialect::MavDataStream::MAV_DATA_STREAM_RC_CHANNELS,
            Stream::Slow => dialect::MavDataStream::MAV_DATA_STREAM_EXTRA3,
        };
        self.packet(&dialect::REQUEST_DATA_STREAM_DATA {
            req_message_rate: rate_hz,
            target_system: self.system,
            target_component: self.target_component,
            req_stream_id,
            start_stop: 1,
        })
    }

    fn command(&self, command: dialect::MavCmd, params: [f32; 7]) -> Packet {
        let [param1, param2, param3, param4, param5, param6, param7] = params;
        self.packet(&dialect::COMMAND_LONG_DATA {
            param1,
            param2,
            param3,
            param4,
            param5,
            param6,
            param7,
            command,
            target_system: self.system,
            target_component: self.target_component,
            confirmation: 0,
        })
    }
}

/// The packet with another payload, zeros at its end cut off as MAVLink 2 does.
fn extended(mut packet: Packet, payload: &[u8], seed: u8) -> Packet {
    let length = payload.iter().rposition(|&byte| byte != 0).map_or(1, |last| last + 1);
    let frame = packet.raw.as_mut_slice();
    frame[1] = length as u8;
    frame[10..10 + length].copy_from_slice(&payload[..length]);
    let crc = mavlink::calculate_crc(&frame[1..10 + length], seed);
    frame[10 + length..12 + length].copy_from_slice(&crc.to_le_bytes());
    packet
}

fn boot_ms(now: TimeUs) -> u32 {
    // Wraps after 49 days, as the field does by definition.
    (now.0 / 1000) as u32
}

pub(super) fn padded<const N: usize>(name: &str) -> [u8; N] {
    let mut field = [0; N];
    let count = name.len().min(N);
    field[..count].copy_from_slice(&name.as_bytes()[..count]);
    field
}

#[cfg(test)]
mod tests;
