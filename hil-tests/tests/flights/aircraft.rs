//! An autopilot of the air: plays the sample flight's log over UDP, with another mode or other sticks on demand, and keeps what
//! it is told. Frames that need no change are sent as they were recorded.

use skyhound_host::autopilot::framing::Framer;
use skyhound_host::autopilot::tlog::Entries;
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::sample_flight;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub const GUIDED: u32 = 4;
pub const LOITER: u32 = 5;

/// A port of loopback that was free a moment ago, and what makes a daemon listen there.
pub fn free_port() -> (u16, String) {
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    (port, format!("--autopilot udpin:127.0.0.1:{port}"))
}

/// A message that came, in order of arrival.
#[derive(Clone, Debug)]
pub struct Heard {
    pub component: u8,
    /// `None` = one of which the rig has no layout.
    pub message: Option<Message>,
}

/// What is changed in the log on its way, and what came.
struct Air {
    mode: u32,
    roll_stick_us: u16,
    heard: Vec<Heard>,
}

pub struct Aircraft {
    socket: Arc<UdpSocket>,
    air: Arc<Mutex<Air>>,
    landed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Aircraft {
    /// Takes off: flies for `seconds` before the daemon that listens at `port`.
    pub fn fly(seconds: f64, port: u16) -> Aircraft {
        let log = tempfile::NamedTempFile::new().unwrap();
        sample_flight::write_log(log.path(), seconds).unwrap();
        let log = std::fs::read(log.path()).unwrap();
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let air = Arc::new(Mutex::new(Air { mode: GUIDED, roll_stick_us: 1_500, heard: Vec::new() }));
        let landed = Arc::new(AtomicBool::new(false));
        let own = (Arc::clone(&socket), Arc::clone(&air), Arc::clone(&landed));
        let thread = std::thread::spawn(move || play(&log, &own.0, &own.1, &own.2));
        Aircraft { socket, air, landed, thread: Some(thread) }
    }

    /// The pilot takes another mode: a heartbeat says so at once, as ArduPilot's does.
    pub fn take_mode(&self, mode: u32) {
        // The player waits meanwhile: no older heartbeat follows this one.
        let mut air = self.air.lock().unwrap();
        air.mode = mode;
        // A quadrotor of ArduPilot, armed, with a mode of its own, active.
        let beat = Message::new("HEARTBEAT").with("custom_mode", mode).with("type", 2u8);
        let beat = beat.with("autopilot", 3u8).with("base_mode", 0x81u8).with("system_status", 4u8);
        send(&self.socket, &beat.with("mavlink_version", 3u8).frame((1, 1), 0));
    }

    /// The pilot moves the roll stick; the following RC_CHANNELS say so.
    pub fn move_stick(&self, roll_stick_us: u16) {
        self.air.lock().unwrap().roll_stick_us = roll_stick_us;
    }

    /// All that came so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.air.lock().unwrap().heard.clone()
    }

    fn named(&self, name: &str) -> Vec<Message> {
        let messages = self.heard().into_iter().filter_map(|heard| heard.message);
        messages.filter(|message| message.name() == name).collect()
    }

    /// The setpoints among it.
    pub fn setpoints(&self) -> Vec<Message> {
        self.named("SET_POSITION_TARGET_LOCAL_NED")
    }

    /// The texts among it. A long one comes in pieces.
    pub fn texts(&self) -> Vec<String> {
        self.named("STATUSTEXT").iter().map(|text| text.text("text").to_owned()).collect()
    }
}

impl Drop for Aircraft {
    fn drop(&mut self) {
        self.landed.store(true, Ordering::Release);
        // Its panic has already been printed, and this may run during another one.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Plays the log, and listens meanwhile and after it.
fn play(log: &[u8], socket: &UdpSocket, air: &Mutex<Air>, landed: &AtomicBool) {
    let (begun, mut framer, mut first_us) = (Instant::now(), Framer::new(), None);
    for entry in Entries::new(log) {
        let at_us = entry.recorded_us.saturating_sub(*first_us.get_or_insert(entry.recorded_us));
        while begun.elapsed() < Duration::from_micros(at_us) {
            if landed.load(Ordering::Acquire) {
                return;
            }
            listen(socket, air, &mut framer);
        }
        let air = air.lock().unwrap();
        send(socket, &altered(entry.frame, &air));
    }
    while !landed.load(Ordering::Acquire) {
        listen(socket, air, &mut framer);
    }
}

fn send(socket: &UdpSocket, frame: &[u8]) {
    // Refused while nobody listens yet, or any more: what an antenna does.
    let _ = socket.send(frame);
}

/// The frame with this pilot's mode and stick, where it tells of them; else as it is.
fn altered(recorded: &[u8], air: &Air) -> Vec<u8> {
    let mut altered = recorded.to_vec();
    Framer::new().push(recorded, |frame| {
        let Some(message) = Message::read(frame.id, frame.payload) else { return };
        let message = match message.name() {
            "HEARTBEAT" => message.with("custom_mode", air.mode),
            "RC_CHANNELS" => message.with("chan1_raw", air.roll_stick_us),
            _ => return,
        };
        altered = message.frame((frame.system as u8, frame.component), frame.sequence);
    });
    altered
}

fn listen(socket: &UdpSocket, air: &Mutex<Air>, framer: &mut Framer) {
    let mut datagram = [0; 2_048];
    // A time-out, or a daemon that is not there (yet).
    let Ok(length) = socket.recv(&mut datagram) else { return };
    framer.push(&datagram[..length], |frame| {
        let message = Message::read(frame.id, frame.payload);
        air.lock().unwrap().heard.push(Heard { component: frame.component, message });
    });
    let totals = framer.totals();
    let is_whole = framer.waiting_bytes() == 0 && totals.crc_error_total + totals.garbage_bytes_total == 0;
    assert!(is_whole, "whole frames only: {totals:?}");
}
