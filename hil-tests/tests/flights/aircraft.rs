//! An autopilot of the air: plays a flight log over UDP, with another mode or other sticks on demand, and keeps what it is
//! told. Frames that need no change are sent as they were recorded.

use mavlink::dialects::ardupilotmega::{
    HEARTBEAT_DATA, MavAutopilot, MavMessage, MavModeFlag, MavState, MavType, RC_CHANNELS_DATA,
    SET_POSITION_TARGET_LOCAL_NED_DATA,
};
use mavlink::{MavHeader, MavlinkVersion, Message, calculate_crc, write_v2_msg};
use skyhound_rig::tlog::Entries;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub const GUIDED: u32 = 4;
pub const LOITER: u32 = 5;

/// A port of loopback that was free a moment ago.
pub fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What is changed in the log on its way.
struct Hands {
    mode: u32,
    roll_stick_us: u16,
}

/// A message that came, in order of arrival.
#[derive(Clone, Debug)]
pub struct Heard {
    pub component: u8,
    pub message: MavMessage,
}

pub struct Aircraft {
    socket: UdpSocket,
    hands: Arc<Mutex<Hands>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    landed: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Aircraft {
    /// Takes off: plays `log` to the daemon that listens at `port`, `speed` times as fast as it was recorded.
    pub fn fly(log: Vec<u8>, port: u16, speed: f64) -> Aircraft {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let hands = Arc::new(Mutex::new(Hands { mode: GUIDED, roll_stick_us: 1_500 }));
        let (heard, landed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let player = {
            let (socket, hands) = (socket.try_clone().unwrap(), Arc::clone(&hands));
            let landed = Arc::clone(&landed);
            std::thread::spawn(move || play(&log, &socket, &hands, &landed, speed))
        };
        let listener = {
            let (socket, heard) = (socket.try_clone().unwrap(), Arc::clone(&heard));
            let landed = Arc::clone(&landed);
            std::thread::spawn(move || listen(&socket, &heard, &landed))
        };
        Aircraft { socket, hands, heard, landed, threads: vec![player, listener] }
    }

    /// The pilot takes another mode: a heartbeat says so at once, as ArduPilot's does.
    pub fn take_mode(&self, mode: u32) {
        // The player waits meanwhile: no older heartbeat follows this one.
        let mut hands = self.hands.lock().unwrap();
        hands.mode = mode;
        let message = MavMessage::HEARTBEAT(HEARTBEAT_DATA {
            custom_mode: mode,
            mavtype: MavType::MAV_TYPE_QUADROTOR,
            autopilot: MavAutopilot::MAV_AUTOPILOT_ARDUPILOTMEGA,
            base_mode: MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED
                | MavModeFlag::MAV_MODE_FLAG_CUSTOM_MODE_ENABLED,
            system_status: MavState::MAV_STATE_ACTIVE,
            mavlink_version: 3,
        });
        let header = MavHeader { system_id: 1, component_id: 1, sequence: 0 };
        send(&self.socket, &framed(header, &message));
    }

    /// The pilot moves the roll stick; the following RC_CHANNELS say so.
    pub fn move_stick(&self, roll_stick_us: u16) {
        self.hands.lock().unwrap().roll_stick_us = roll_stick_us;
    }

    /// All that came so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The setpoints among it.
    pub fn setpoints(&self) -> Vec<SET_POSITION_TARGET_LOCAL_NED_DATA> {
        let only = |heard: Heard| match heard.message {
            MavMessage::SET_POSITION_TARGET_LOCAL_NED(setpoint) => Some(setpoint),
            _ => None,
        };
        self.heard().into_iter().filter_map(only).collect()
    }

    /// The texts among it. A long one comes in pieces.
    pub fn texts(&self) -> Vec<String> {
        let only = |heard: Heard| match heard.message {
            MavMessage::STATUSTEXT(text) => Some(text.text.to_str().unwrap_or_default().to_owned()),
            _ => None,
        };
        self.heard().into_iter().filter_map(only).collect()
    }
}

impl Drop for Aircraft {
    fn drop(&mut self) {
        self.landed.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            // Its panic has already been printed, and this may run during another one.
            let _ = thread.join();
        }
    }
}

fn play(log: &[u8], socket: &UdpSocket, hands: &Mutex<Hands>, landed: &AtomicBool, speed: f64) {
    let begun = Instant::now();
    let mut first_us = None;
    for entry in Entries::new(log) {
        let at_us = entry.recorded_us.saturating_sub(*first_us.get_or_insert(entry.recorded_us));
        let due = begun + Duration::from_secs_f64(at_us as f64 / 1e6 / speed);
        while let Some(wait) = due.checked_duration_since(Instant::now()) {
            if landed.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(wait.min(Duration::from_millis(50)));
        }
        let hands = hands.lock().unwrap();
        match altered(entry.frame, &hands) {
            Some(frame) => send(socket, &frame),
            None => send(socket, entry.frame),
        }
    }
}

fn send(socket: &UdpSocket, frame: &[u8]) {
    // Refused while nobody listens yet, or any more: what an antenna does.
    let _ = socket.send(frame);
}

/// The frame with this pilot's mode and stick, if it tells of them.
fn altered(frame: &[u8], hands: &Hands) -> Option<Vec<u8>> {
    let (header, message, _) = first(frame)?;
    let message = match message {
        MavMessage::HEARTBEAT(heartbeat) => {
            MavMessage::HEARTBEAT(HEARTBEAT_DATA { custom_mode: hands.mode, ..heartbeat })
        }
        MavMessage::RC_CHANNELS(sticks) => {
            MavMessage::RC_CHANNELS(RC_CHANNELS_DATA { chan1_raw: hands.roll_stick_us, ..sticks })
        }
        _ => return None,
    };
    Some(framed(header, &message))
}

/// The whole MAVLink 2 frame that `bytes` begin with, and its length. One that is cut or whose CRC is wrong is none.
fn first(bytes: &[u8]) -> Option<(MavHeader, MavMessage, usize)> {
    let [0xFD, payload, _, _, sequence, system, component_id, low, middle, high] = *bytes.first_chunk()?
    else {
        return None;
    };
    let id = u32::from_le_bytes([low, middle, high, 0]);
    let end = 10 + usize::from(payload);
    let crc = calculate_crc(bytes.get(1..end)?, MavMessage::extra_crc(id));
    if bytes.get(end..end + 2)? != crc.to_le_bytes() {
        return None;
    }
    let message = MavMessage::parse(MavlinkVersion::V2, id, &bytes[10..end]).ok()?;
    Some((MavHeader { system_id: system.into(), component_id, sequence }, message, end + 2))
}

fn framed(header: MavHeader, message: &MavMessage) -> Vec<u8> {
    let mut frame = Vec::new();
    write_v2_msg(&mut frame, header, message).unwrap();
    frame
}

fn listen(socket: &UdpSocket, heard: &Mutex<Vec<Heard>>, landed: &AtomicBool) {
    let mut datagram = [0; 2_048];
    while !landed.load(Ordering::Acquire) {
        // A time-out, or a daemon that is not there (yet).
        let Ok(length) = socket.recv(&mut datagram) else { continue };
        let mut rest = &datagram[..length];
        while let Some((header, message, length)) = first(rest) {
            heard.lock().unwrap().push(Heard { component: header.component_id, message });
            rest = &rest[length..];
        }
        assert!(rest.is_empty(), "whole frames only: {rest:?}");
    }
}
