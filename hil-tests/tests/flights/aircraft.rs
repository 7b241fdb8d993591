//! An autopilot of the air: plays the sample flight's log over UDP, with another mode or other sticks on demand, and keeps what
//! it is told. Frames that need no change are sent as they were recorded.

use skyhound_host::autopilot::framing::Framer;
use skyhound_rig::autopilot::wire::Message;
use skyhound_rig::sample_flight;
use skyhound_rig::tlog::Entries;
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

/// What is changed in the log on its way.
struct Hands {
    mode: u32,
    roll_stick_us: u16,
}

/// A message that came, in order of arrival.
#[derive(Clone, Debug)]
pub struct Heard {
    pub component: u8,
    /// `None` = one of which the rig has no layout.
    pub message: Option<Message>,
}

pub struct Aircraft {
    socket: Arc<UdpSocket>,
    hands: Arc<Mutex<Hands>>,
    heard: Arc<Mutex<Vec<Heard>>>,
    landed: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Aircraft {
    /// Takes off: flies for `seconds` before the daemon that listens at `port`.
    pub fn fly(seconds: f64, port: u16) -> Aircraft {
        let log = tempfile::NamedTempFile::new().unwrap();
        sample_flight::write_log(log.path(), seconds).unwrap();
        let log = std::fs::read(log.path()).unwrap();
        let socket = Arc::new(UdpSocket::bind("127.0.0.1:0").unwrap());
        socket.connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let hands = Arc::new(Mutex::new(Hands { mode: GUIDED, roll_stick_us: 1_500 }));
        let (heard, landed) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let player = {
            let (socket, hands, landed) = (Arc::clone(&socket), Arc::clone(&hands), Arc::clone(&landed));
            std::thread::spawn(move || play(&log, &socket, &hands, &landed))
        };
        let listener = {
            let (socket, heard, landed) = (Arc::clone(&socket), Arc::clone(&heard), Arc::clone(&landed));
            std::thread::spawn(move || listen(&socket, &heard, &landed))
        };
        Aircraft { socket, hands, heard, landed, threads: vec![player, listener] }
    }

    /// The pilot takes another mode: a heartbeat says so at once, as ArduPilot's does.
    pub fn take_mode(&self, mode: u32) {
        // The player waits meanwhile: no older heartbeat follows this one.
        let mut hands = self.hands.lock().unwrap();
        hands.mode = mode;
        // A quadrotor of ArduPilot, armed, with a mode of its own, active.
        let beat = Message::new("HEARTBEAT").with("custom_mode", mode).with("type", 2u8);
        let beat = beat.with("autopilot", 3u8).with("base_mode", 0x81u8).with("system_status", 4u8);
        send(&self.socket, &beat.with("mavlink_version", 3u8).frame((1, 1), 0));
    }

    /// The pilot moves the roll stick; the following RC_CHANNELS say so.
    pub fn move_stick(&self, roll_stick_us: u16) {
        self.hands.lock().unwrap().roll_stick_us = roll_stick_us;
    }

    /// All that came so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
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
        for thread in self.threads.drain(..) {
            // Its panic has already been printed, and this may run during another one.
            let _ = thread.join();
        }
    }
}

fn play(log: &[u8], socket: &UdpSocket, hands: &Mutex<Hands>, landed: &AtomicBool) {
    let begun = Instant::now();
    let mut first_us = None;
    for entry in Entries::new(log) {
        let at_us = entry.recorded_us.saturating_sub(*first_us.get_or_insert(entry.recorded_us));
        let due = begun + Duration::from_micros(at_us);
        while let Some(wait) = due.checked_duration_since(Instant::now()) {
            if landed.load(Ordering::Acquire) {
                return;
            }
            std::thread::sleep(wait.min(Duration::from_millis(50)));
        }
        let hands = hands.lock().unwrap();
        send(socket, &altered(entry.frame, &hands));
    }
}

fn send(socket: &UdpSocket, frame: &[u8]) {
    // Refused while nobody listens yet, or any more: what an antenna does.
    let _ = socket.send(frame);
}

/// The frame with this pilot's mode and stick, where it tells of them; else as it is.
fn altered(recorded: &[u8], hands: &Hands) -> Vec<u8> {
    let mut altered = recorded.to_vec();
    Framer::new().push(recorded, |frame| {
        let Some(message) = Message::read(frame.id, frame.payload) else { return };
        let message = match message.name() {
            "HEARTBEAT" => message.with("custom_mode", hands.mode),
            "RC_CHANNELS" => message.with("chan1_raw", hands.roll_stick_us),
            _ => return,
        };
        altered = message.frame((frame.system as u8, frame.component), frame.sequence);
    });
    altered
}

fn listen(socket: &UdpSocket, heard: &Mutex<Vec<Heard>>, landed: &AtomicBool) {
    let (mut datagram, mut framer) = ([0; 2_048], Framer::new());
    while !landed.load(Ordering::Acquire) {
        // A time-out, or a daemon that is not there (yet).
        let Ok(length) = socket.recv(&mut datagram) else { continue };
        framer.push(&datagram[..length], |frame| {
            let message = Message::read(frame.id, frame.payload);
            heard.lock().unwrap().push(Heard { component: frame.component, message });
        });
        let totals = framer.totals();
        let is_whole =
            framer.waiting_bytes() == 0 && totals.crc_error_total + totals.garbage_bytes_total == 0;
        assert!(is_whole, "whole frames only: {totals:?}");
    }
}
